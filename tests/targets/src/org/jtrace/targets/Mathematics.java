package org.jtrace.targets;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;

/** Functions that the compilers replace by stubs and intrinsics. */
final class Mathematics implements Busy.Work {
    private static volatile double sink;

    private final BigInteger big = BigInteger.ONE.shiftLeft(700).subtract(BigInteger.TEN);

    @Override
    public List<String> calls() {
        return Arrays.asList("Mathematics.go > Mathematics.functions", "Mathematics.functions > jdk",
                "Mathematics.go > Mathematics.bigIntegers", "Mathematics.bigIntegers > jdk", "Mathematics.go > jdk");
    }

    @Override
    public void go(int seed) {
        sink = functions(seed) + bigIntegers(seed);
    }

    private static double functions(int seed) {
        double x = seed / 1e6;
        for (int i = 0; i < 20; i++) {
            x += Math.sin(x) + Math.exp(-Math.abs(x)) + Math.log(2 + x * x) + Math.pow(1.01, i);
        }
        return x;
    }

    private double bigIntegers(int seed) {
        return big.multiply(big.add(BigInteger.valueOf(seed))).mod(BigInteger.valueOf(1_000_003)).intValue();
    }
}
