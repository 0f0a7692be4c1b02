package org.jtrace.targets;

/**
 * Threads that go down to a depth of their own, stay there for a while, come up and go down again: {@code deep N} has N
 * frames of this class's {@code down} methods when it is at its {@code bottom}. Every fourth call is of a method with a
 * large frame. Depths are the arguments.
 */
public final class DeepStacks implements Runnable {
    private static final long STACK_BYTES = 64L << 20;
    private static final int BOTTOM_TURNS = 20_000;
    private static final int WARM_UP_ROUNDS = 200;

    private static volatile long sink;

    private final int depth;

    private DeepStacks(int depth) {
        this.depth = depth;
    }

    public static void main(String[] args) {
        for (String call : new String[] {
            "DeepStacks.run > DeepStacks.down0", "DeepStacks.down0 > DeepStacks.down1",
            "DeepStacks.down1 > DeepStacks.down2", "DeepStacks.down2 > DeepStacks.down3",
            "DeepStacks.down3 > DeepStacks.down0", "DeepStacks.down0 > DeepStacks.bottom",
            "DeepStacks.down1 > DeepStacks.bottom", "DeepStacks.down2 > DeepStacks.bottom",
            "DeepStacks.down3 > DeepStacks.bottom",
        }) {
            Target.say("CALL " + call);
        }
        for (int round = 0; round < WARM_UP_ROUNDS; round++) {
            sink += down0(100);
        }
        for (String depth : args) {
            Thread thread =
                    new Thread(null, new DeepStacks(Integer.parseInt(depth)), "deep " + depth, STACK_BYTES);
            thread.setDaemon(true);
            thread.start();
        }
        Target.endWithInput();
        Target.ready();
        Block.forever();
    }

    @Override
    public void run() {
        while (true) {
            sink += down0(depth);
        }
    }

    private static long down0(int left) {
        return left <= 1 ? bottom(left) : 1 + down1(left - 1);
    }

    private static long down1(int left) {
        return left <= 1 ? bottom(left) : 2 ^ down2(left - 1);
    }

    private static long down2(int left) {
        return left <= 1 ? bottom(left) : 3 + down3(left - 1);
    }

    private static long down3(int left) {
        long a = left;
        long b = a * 3;
        long c = b ^ a;
        long d = c + sink;
        long e = d * 5;
        long f = e ^ b;
        long g = f + c;
        long h = g * 7;
        long result = left <= 1 ? bottom(left) : down0(left - 1);
        return a + b + c + d + e + f + g + h + result;
    }

    private static long bottom(int seed) {
        long x = seed;
        for (int i = 0; i < BOTTOM_TURNS; i++) {
            x = x * 6364136223846793005L + 1442695040888963407L;
        }
        return x;
    }
}
