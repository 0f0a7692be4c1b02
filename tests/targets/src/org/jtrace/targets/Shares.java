package org.jtrace.targets;

/**
 * Spends its time in three methods in the proportion 5:3:2, by construction: each calls the same kernel with the same
 * work, and they are called so often. The order is random, and ten calls take some microseconds, far less than any
 * interval between samples: so samples are close to independent. The test forbids to inline the kernel, or the three
 * copies of it would not cost the same.
 */
public final class Shares {
    private static final int KERNEL_ROUNDS = 100;

    private static volatile long sink;

    private Shares() {
    }

    public static void main(String[] args) {
        Target.endWithInput();
        Target.daemon("shares", Shares::work);
        Target.ready();
        Block.forever();
    }

    private static void work() {
        long state = 42;
        while (true) {
            // An even distribution over 0..9 by the high bits of a linear congruential generator.
            state = state * 6364136223846793005L + 1442695040888963407L;
            choose((int) ((state >>> 33) % 10), state);
        }
    }

    private static void choose(int ticket, long state) {
        if (ticket < 5) {
            fivePart(state);
        } else if (ticket < 8) {
            threePart(state);
        } else {
            twoPart(state);
        }
    }

    private static void fivePart(long seed) {
        sink = kernel(seed);
    }

    private static void threePart(long seed) {
        sink = kernel(seed);
    }

    private static void twoPart(long seed) {
        sink = kernel(seed);
    }

    /** Each round needs the last one's result: the compiler cannot skip or merge any. */
    private static long kernel(long seed) {
        long x = seed;
        for (int i = 0; i < KERNEL_ROUNDS; i++) {
            x ^= x << 13;
            x ^= x >>> 7;
            x ^= x << 17;
        }
        return x;
    }
}
