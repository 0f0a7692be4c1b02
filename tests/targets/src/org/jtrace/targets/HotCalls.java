package org.jtrace.targets;

/**
 * Calls that were hot before they blocked, so that compiled frames with inlined methods lie on the stack. The blocking
 * call is made through {@link Gate}, whose call sites have seen several classes: the compilers neither inline it nor
 * trap there, so that the caller stays compiled. Where a branch is new to the profile, C2 traps, and the frame is an
 * interpreted one made from a compiled one.
 */
final class HotCalls {
    private static final int WARM = 60_000;

    private static volatile int sink;

    private HotCalls() {
    }

    static void addTo(BlockedThreads all) {
        all.add("hot inlined", HotCalls::inlined);
        all.add("hot untaken branch", HotCalls::untakenBranch);
        all.add("hot on-stack replacement", HotCalls::onStackReplacement);
        all.add("hot nested on-stack replacement", HotCalls::nestedOnStackReplacement);
        all.add("hot recursion", HotCalls::hotRecursion);
        all.add("hot synchronized", HotCalls::hotSynchronized);
        all.add("hot constructor", HotCalls::hotConstructor);
        all.add("hot lambda", HotCalls::hotLambda);
        all.add("hot exception", HotCalls::hotException);
        all.add("hot many arguments", HotCalls::hotManyArguments);
        all.add("deoptimised on the stack", HotCalls::invalidated);
    }

    /** Loads a class that invalidates the code under which "deoptimised on the stack" is blocked. */
    static void deoptimise() {
        sink = new SecondStep().step(new Opening(), 1);
    }

    private interface Gate {
        int pass(int x);
    }

    private static final class Opening implements Gate {
        @Override
        public int pass(int x) {
            return x + 1;
        }
    }

    private static final class OpeningToo implements Gate {
        @Override
        public int pass(int x) {
            return x + 2;
        }
    }

    private static final class OpeningAsWell implements Gate {
        @Override
        public int pass(int x) {
            return x + 3;
        }
    }

    private static final class Closed implements Gate {
        @Override
        public int pass(int x) {
            return Block.forever();
        }
    }

    /** Ever changing open gates, and a closed one in the end. */
    private static final class Gates {
        private final Gate[] open = {new Opening(), new OpeningToo(), new OpeningAsWell()};
        private final Gate closed = new Closed();

        Gate at(int i) {
            return i < WARM ? open[i % open.length] : closed;
        }
    }

    private interface Body {
        int call(Gate gate, int i);
    }

    private static void inlined() {
        Gates gates = new Gates();
        for (int i = 0; i <= WARM; i++) {
            sink = outer(gates.at(i), i);
        }
    }

    private static int outer(Gate gate, int i) {
        int first = middle(gate, i);
        return first
                + 1;
    }

    private static int middle(Gate gate, int i) {
        return inner(gate,
                i + 7) * 3;
    }

    private static int inner(Gate gate, int i) {
        int local = i ^ 5;
        return gate.pass(local) - local;
    }

    private static void untakenBranch() {
        for (int i = 0; i <= WARM; i++) {
            sink = rare(i);
        }
    }

    private static int rare(int i) {
        return rarer(i) + 1;
    }

    private static int rarer(int i) {
        if (i == WARM) {
            return Block.forever();
        }
        return i * 3;
    }

    private static void onStackReplacement() {
        Gates gates = new Gates();
        int sum = 0;
        for (int i = 0; i <= WARM; i++) {
            sum += inner(gates.at(i), i);
        }
        sink = sum;
    }

    private static void nestedOnStackReplacement() {
        Gates gates = new Gates();
        int sum = 0;
        for (int i = 0; i < WARM / 100; i++) {
            for (int j = 0; j < 200; j++) {
                boolean last = i == WARM / 100 - 1 && j == 199;
                sum += middle(gates.at(last ? WARM : j), i);
            }
        }
        sink = sum;
    }

    private static void hotRecursion() {
        Gates gates = new Gates();
        for (int i = 0; i <= WARM; i++) {
            sink = descend(gates.at(i), i < WARM ? 10 : 200);
        }
    }

    private static int descend(Gate gate, int depth) {
        return depth == 0 ? gate.pass(depth) : 1 + descend(gate, depth - 1);
    }

    private static void hotSynchronized() {
        Guarded guarded = new Guarded();
        Gates gates = new Gates();
        for (int i = 0; i <= WARM; i++) {
            sink = guarded.enter(gates.at(i), i);
        }
    }

    private static final class Guarded {
        private int count;

        synchronized int enter(Gate gate, int i) {
            count++;
            return again(gate, i);
        }

        private int again(Gate gate, int i) {
            synchronized (this) {
                return gate.pass(i) + count;
            }
        }
    }

    private static void hotConstructor() {
        Gates gates = new Gates();
        for (int i = 0; i <= WARM; i++) {
            sink = new Derived(gates.at(i), i).value;
        }
    }

    private static class Base {
        final int value;

        Base(Gate gate, int i) {
            value = gate.pass(i);
        }
    }

    private static final class Derived extends Base {
        Derived(Gate gate, int i) {
            super(gate,
                    i + 1);
        }
    }

    private static void hotLambda() {
        Gates gates = new Gates();
        Body body = (gate, i) -> inner(gate, i) + 1;
        for (int i = 0; i <= WARM; i++) {
            sink = body.call(gates.at(i), i);
        }
    }

    private static void hotException() {
        Gates gates = new Gates();
        for (int i = 0; i <= WARM; i++) {
            sink = throwing(gates.at(i), i);
        }
    }

    private static int throwing(Gate gate, int i) {
        try {
            if (i % 2 == 0) {
                throw new ArithmeticException();
            }
            return i;
        } catch (ArithmeticException e) {
            return gate.pass(i);
        } finally {
            sink = i;
        }
    }

    private static void hotManyArguments() {
        Gates gates = new Gates();
        for (int i = 0; i <= WARM; i++) {
            sink = (int) manyArguments(gates.at(i), i, 2L, 3.0, 4f, 5, 6L, 7.0, 8, 9, 10, 11.0);
        }
    }

    private static double manyArguments(Gate gate, int a, long b, double c, float d, int e, long f, double g, int h,
            int i, int j, double k) {
        return gate.pass(a) + b + c + d + e + f + g + h + i + j + k;
    }

    private static void invalidated() {
        Gates gates = new Gates();
        FirstStep step = new FirstStep();
        for (int i = 0; i <= WARM; i++) {
            sink = takeStep(step, gates.at(i), i);
        }
    }

    /** While FirstStep has no subclass, its method is inlined here without a check. */
    private static int takeStep(FirstStep step, Gate gate, int i) {
        return step.step(gate, i) + 1;
    }

    private static class FirstStep {
        int step(Gate gate, int i) {
            return gate.pass(i) * 2;
        }
    }

    private static final class SecondStep extends FirstStep {
        @Override
        int step(Gate gate, int i) {
            return gate.pass(i) * 3;
        }
    }
}
