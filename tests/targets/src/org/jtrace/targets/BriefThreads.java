package org.jtrace.targets;

/**
 * Threads that start and end by the thousand, each with a number that its name says and its frames spell. Prints its call
 * graph as {@link Busy} does, and answers each line of input with {@code THREADS} and how many have ended so far.
 */
public final class BriefThreads implements Runnable {
    private static final int AT_ONCE = 8;
    private static final int TURNS = 40_000;
    private static final String[] CALLS = {
        "BriefThreads.run > BriefThreads.work", "BriefThreads.work > HotN0000.<init>",
        "BriefThreads.work > Digits.<init>", "BriefThreads.work > Digits.go", "HotN0000.<init> > jdk",
        "Digits.<init> > jdk", "Digits.go > Digits.next", "Digits.next > jdk", "Digits.next > HotN0000.go",
        "HotN0000.go > HotN0000.stepN0000", "HotN0000.stepN0000 > HotN0000.mixN0000",
        "HotN0000.stepN0000 > HotN0000.descendN0000", "HotN0000.mixN0000 > HotN0000.leafN0000",
        "HotN0000.descendN0000 > HotN0000.leafN0000", "HotN0000.descendN0000 > HotN0000.descendN0000",
    };

    private static volatile int sink;
    private static volatile long ended;

    private final int number;

    private BriefThreads(int number) {
        this.number = number;
    }

    public static void main(String[] args) throws InterruptedException {
        for (String call : CALLS) {
            Target.say("CALL " + call);
        }
        for (int digit = 0; digit < 10; digit++) {
            Target.say("CALL Digits.next > Digits.digit" + digit);
            Target.say("CALL Digits.digit" + digit + " > Digits.next");
        }
        Target.onInput(line -> Target.say("THREADS " + ended));
        Thread starter = Target.daemon("starter", BriefThreads::startThreads);
        while (ended < FreshClasses.NUMBERS / 100) {
            Thread.sleep(10);
        }
        Target.ready();
        starter.join();
    }

    private static void startThreads() {
        Thread[] threads = new Thread[AT_ONCE];
        for (int number = 0; true; number = (number + 1) % FreshClasses.NUMBERS) {
            int slot = number % AT_ONCE;
            try {
                if (threads[slot] != null) {
                    threads[slot].join();
                    ended++;
                }
            } catch (InterruptedException e) {
                return;
            }
            threads[slot] = Target.daemon(String.format("brief %04d", number), new BriefThreads(number));
        }
    }

    @Override
    public void run() {
        sink = work(number);
    }

    private static int work(int number) {
        return new Digits(number, new HotN0000()).go(TURNS, 1);
    }
}
