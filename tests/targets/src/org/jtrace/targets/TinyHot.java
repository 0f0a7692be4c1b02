package org.jtrace.targets;

/** Nearly all its time goes into one method of a hundred divisions, which the compilers inline into the loop around it. */
public final class TinyHot {
    private static volatile long sink;

    private TinyHot() {
    }

    public static void main(String[] args) {
        Target.endWithInput();
        Target.daemon("tiny", TinyHot::work);
        Target.ready();
        Block.forever();
    }

    private static void work() {
        while (true) {
            sink = repeat(sink);
        }
    }

    private static long repeat(long seed) {
        long x = seed;
        for (int i = 1; i < 5_000; i++) {
            x = tiny(x, i);
        }
        return x;
    }

    /**
     * Each division waits for the last one: a thousand cycles, beside which the loop around is nothing. Five of them are
     * not enough: a processor that divides quickly is in the instructions of that loop for a tenth of the time. The rounds
     * are counted by a long, as JDK 8 unrolls loops counted by an int, and does not inline what has become large.
     */
    private static long tiny(long x, long i) {
        long e = x;
        for (long round = 0; round < 20; round++) {
            long a = (e | 1L << 62) / i;
            long b = (a | 1L << 61) / (i | 3);
            long c = (b | 1L << 60) / (i | 7);
            long d = (c | 1L << 59) / (i | 15);
            e = (d | 1L << 58) / (i | 31);
        }
        return (e ^ e << 7) + x;
    }
}
