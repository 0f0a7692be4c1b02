package org.jtrace.targets;

/**
 * Template of {@link FreshClasses}: one long loop, run once. Its interpreted frame is replaced by C1's and C2's code while
 * it runs (OSR), and that by an interpreted one again when a branch is taken that never was before.
 */
public final class LoopN0000 implements FreshWork {
    private static final int TURNS = 400_000;

    @Override
    public int go(int turns, int seed) {
        int sum = seed;
        for (int i = 0; i < TURNS; i++) {
            sum += i % 512 == 0 ? chainN0000(8, sum) : leafN0000(sum + i);
            if (i == TURNS - TURNS / 8) {
                sum += lateN0000(sum);
            }
        }
        return sum;
    }

    private static int leafN0000(int x) {
        return x ^ x >>> 3;
    }

    private static int chainN0000(int depth, int x) {
        return depth == 0 ? leafN0000(x) : 1 + chainN0000(depth - 1, x * 3);
    }

    private static int lateN0000(int x) {
        return leafN0000(x) * 5;
    }
}
