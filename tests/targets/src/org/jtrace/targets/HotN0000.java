package org.jtrace.targets;

import java.util.function.IntUnaryOperator;

/** Template of {@link FreshClasses}: loops that become hot, inlined calls, some recursion, now and then a lambda. */
public final class HotN0000 implements FreshWork {
    private final int[] values = new int[32];

    @Override
    public int go(int turns, int seed) {
        int sum = seed;
        if (seed % 8 == 0) {
            sum += lambdaN0000(turns);
        }
        for (int i = 0; i < turns; i++) {
            sum += stepN0000(sum, i);
        }
        return sum;
    }

    private int stepN0000(int sum, int i) {
        int result = sum;
        for (int k = 0; k < values.length; k++) {
            result += mixN0000(result, k);
            values[k] ^= result;
        }
        return i % 16 == 0 ? result + descendN0000(10, result) : result;
    }

    private static int mixN0000(int x, int k) {
        return leafN0000(x + k) * 31;
    }

    private static int leafN0000(int x) {
        return x ^ x >>> 3;
    }

    private static int descendN0000(int depth, int x) {
        return depth == 0 ? leafN0000(x) : 1 + descendN0000(depth - 1, x * 3);
    }

    private static int lambdaN0000(int turns) {
        IntUnaryOperator operator = x -> mixN0000(x, turns);
        int sum = 0;
        for (int i = 0; i < turns; i++) {
            sum = operator.applyAsInt(sum);
        }
        return sum;
    }
}
