package org.jtrace.targets;

/** Nearly all its time goes into one method of five divisions, which the compilers inline into the loop around it. */
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
        for (int i = 1; i < 100_000; i++) {
            x = tiny(x, i);
        }
        return x;
    }

    /** Each division waits for the last one: tens of cycles, beside which the loop is nothing. */
    private static long tiny(long x, long i) {
        long a = (x | 1L << 62) / i;
        long b = (a | 1L << 61) / (i | 3);
        long c = (b | 1L << 60) / (i | 7);
        long d = (c | 1L << 59) / (i | 15);
        long e = (d | 1L << 58) / (i | 31);
        return (e ^ e << 7) + x;
    }
}
