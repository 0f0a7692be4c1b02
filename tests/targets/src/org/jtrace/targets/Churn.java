package org.jtrace.targets;

/**
 * Two threads that define classes, run them until they are compiled, and throw them away; a third makes the collector
 * unload them. The first argument names the template of {@link FreshClasses}. Prints its call graph as {@link Busy}
 * does, with the templates' number in all names, and answers each line of input with {@code CLASSES} and how many it
 * has defined so far.
 */
public final class Churn implements Runnable {
    private static final long PAUSE_MILLIS = 20;
    /** Up to 2^13 turns: some classes end interpreted, some compiled by C1, some by C2. */
    private static final int TURN_POWERS = 14;

    private static final String[] CALLS = {
        "Churn.run > jdk", "Churn.run > FreshClasses.work", "Churn.run > Digits.<init>", "Churn.run > Digits.go",
        "Digits.<init> > jdk", "Digits.go > Digits.next", "Digits.next > jdk",
        "FreshClasses.work > jdk", "FreshClasses.work > FreshClasses.<init>", "FreshClasses.<init> > jdk",
        "FreshClasses.work ~ FreshClasses.loadClass",
        "FreshClasses.loadClass > jdk", "FreshClasses.loadClass > FreshClasses.define",
        "FreshClasses.define > FreshClasses.bytesOf", "FreshClasses.define > FreshClasses.matches",
        "FreshClasses.define > jdk", "FreshClasses.define ~ FreshClasses.loadClass", "FreshClasses.bytesOf > jdk",
        "HotN0000.<init> > jdk", "HotN0000.go > HotN0000.stepN0000", "HotN0000.go > HotN0000.lambdaN0000",
        "HotN0000.stepN0000 > HotN0000.mixN0000", "HotN0000.stepN0000 > HotN0000.descendN0000",
        "HotN0000.mixN0000 > HotN0000.leafN0000", "HotN0000.descendN0000 > HotN0000.leafN0000",
        "HotN0000.descendN0000 > HotN0000.descendN0000",
        "HotN0000.lambdaN0000 > jdk", "HotN0000.lambdaN0000 ~ FreshClasses.loadClass",
        "HotN0000.lambdaN0000 > HotN0000$$Lambda.applyAsInt", "HotN0000.lambdaN0000 ~ HotN0000$$Lambda.<init>",
        "HotN0000$$Lambda.<init> > jdk", "HotN0000.lambdaN0000 ~ HotN0000$$Lambda.get$Lambda",
        "HotN0000$$Lambda.get$Lambda > jdk", "HotN0000$$Lambda.get$Lambda > HotN0000$$Lambda.<init>",
        "HotN0000$$Lambda.applyAsInt > HotN0000.lambda$lambdaN0000$0",
        "HotN0000.lambda$lambdaN0000$0 > HotN0000.mixN0000",
        "LoopN0000.<init> > jdk", "LoopN0000.go > LoopN0000.leafN0000", "LoopN0000.go > LoopN0000.chainN0000",
        "LoopN0000.go > LoopN0000.lateN0000", "LoopN0000.chainN0000 > LoopN0000.chainN0000",
        "LoopN0000.chainN0000 > LoopN0000.leafN0000", "LoopN0000.lateN0000 > LoopN0000.leafN0000",
        "ShiftN0000.go > ShiftN0000.next", "ShiftN0000.go > ShapeN0000.outerN0000", "ShiftN0000.go > jdk",
        "ShiftN0000.go ~ FreshClasses.loadClass", "ShiftN0000.next > jdk", "ShiftN0000.next ~ FreshClasses.loadClass",
        "ShiftN0000.next > SquareN0000.<init>", "ShiftN0000.next > CircleN0000.<init>",
        "ShiftN0000.next > TriangleN0000.<init>", "SquareN0000.<init> > ShapeN0000.<init>",
        "CircleN0000.<init> > ShapeN0000.<init>", "TriangleN0000.<init> > ShapeN0000.<init>",
        "ShapeN0000.<init> > jdk", "ShiftN0000.<init> > jdk", "ShapeN0000.outerN0000 > ShapeN0000.middleN0000",
        "ShapeN0000.middleN0000 > ShiftN0000.next", "ShapeN0000.middleN0000 > SquareN0000.area",
        "ShapeN0000.middleN0000 > CircleN0000.area", "ShapeN0000.middleN0000 > TriangleN0000.area",
        "ShiftN0000.go > ShiftN0000.rareBranch", "ShiftN0000.rareBranch > ShiftN0000.leafN0000",
        "ShiftN0000.go > ShiftN0000.nullCheck", "ShiftN0000.nullCheck > jdk",
        "ShiftN0000.go > ShiftN0000.rangeCheck", "ShiftN0000.rangeCheck > jdk",
        "ShiftN0000.go > ShiftN0000.classCheck", "ShiftN0000.classCheck > jdk",
        "ShiftN0000.go > ShiftN0000.division", "ShiftN0000.division > jdk", "ShiftN0000.go > ShiftN0000.<clinit>",
    };

    private static volatile int sink;

    private final Class<? extends FreshWork> template;
    private final int first;
    private volatile long classes;

    private Churn(Class<? extends FreshWork> template, int first) {
        this.template = template;
        this.first = first;
    }

    public static void main(String[] args) throws Exception {
        Class<? extends FreshWork> template =
                Class.forName("org.jtrace.targets." + args[0]).asSubclass(FreshWork.class);
        sayCalls(args[0]);
        Churn odd = new Churn(template, 1);
        Churn even = new Churn(template, 2);
        Target.daemon("churn 1", odd);
        Target.daemon("churn 2", even);
        Target.daemon("collector", Churn::collect);
        Target.onInput(line -> Target.say("CLASSES " + (odd.classes + even.classes)));
        while (odd.classes + even.classes < 20) {
            Thread.sleep(10);
        }
        Target.ready();
        Block.forever();
    }

    private static void sayCalls(String template) {
        for (String call : CALLS) {
            Target.say("CALL " + call);
        }
        Target.say("CALL FreshClasses.work ~ " + template + ".<init>");
        Target.say("CALL FreshClasses.work ~ " + template + ".<clinit>");
        Target.say("CALL Digits.next > " + template + ".go");
        for (int digit = 0; digit < 10; digit++) {
            Target.say("CALL Digits.next > Digits.digit" + digit);
            Target.say("CALL Digits.digit" + digit + " > Digits.next");
        }
    }

    @Override
    public void run() {
        int seed = first;
        for (int number = first; true; number = number + 2 < FreshClasses.NUMBERS ? number + 2 : first) {
            FreshWork work = FreshClasses.work(template, number);
            seed = seed * 1103515245 + 12345;
            sink = new Digits(number, work).go(1 << (seed >>> 16) % TURN_POWERS, seed >>> 8);
            classes++;
        }
    }

    private static void collect() {
        while (true) {
            System.gc();
            try {
                Thread.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }
}
