package org.jtrace.targets;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntBinaryOperator;
import java.util.stream.IntStream;

/** Lambdas called by our own code and by the stream library. */
final class Streams implements Busy.Work {
    private static volatile long sink;

    private final IntBinaryOperator[] operators = {(a, b) -> a + b, (a, b) -> a * b, (a, b) -> a ^ b};

    @Override
    public List<String> calls() {
        return Arrays.asList("Streams.go > Streams.direct", "Streams.go > Streams.stream",
                "Streams.direct > Streams$$Lambda.applyAsInt",
                "Streams$$Lambda.applyAsInt > Streams.lambda$new$0",
                "Streams$$Lambda.applyAsInt > Streams.lambda$new$1",
                "Streams$$Lambda.applyAsInt > Streams.lambda$new$2",
                "Streams.stream > jdk",
                "Streams.stream ~ Streams$$Lambda.test", "Streams$$Lambda.test > Streams.odd",
                "Streams.stream ~ Streams$$Lambda.applyAsLong", "Streams$$Lambda.applyAsLong > Streams.square");
    }

    @Override
    public void go(int seed) {
        sink = direct(seed) + stream(seed);
    }

    private long direct(int seed) {
        int sum = seed;
        for (int i = 0; i < 200; i++) {
            sum = operators[i % operators.length].applyAsInt(sum, i);
        }
        return sum;
    }

    private static long stream(int seed) {
        return IntStream.range(seed & 15, 100).filter(Streams::odd).mapToLong(Streams::square).sum();
    }

    private static boolean odd(int x) {
        return (x & 1) == 1;
    }

    private static long square(int x) {
        return (long) x * x;
    }
}
