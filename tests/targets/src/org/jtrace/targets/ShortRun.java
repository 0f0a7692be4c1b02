package org.jtrace.targets;

import java.io.IOException;
import java.io.InputStream;

/** Computes for a moment, copies its input to its output, writes a line to stderr, and ends with a given status. */
public final class ShortRun {
    private static final int ROUNDS = 3_000;

    private static volatile long sink;

    private ShortRun() {
    }

    public static void main(String[] args) throws IOException {
        for (int i = 0; i < ROUNDS; i++) {
            sink = compute(sink + i);
        }
        copy(System.in);
        System.err.println("written to stderr");
        System.exit(Integer.parseInt(args[0]));
    }

    private static long compute(long seed) {
        long x = seed | 1;
        for (int i = 0; i < 100_000; i++) {
            x = x * 6_364_136_223_846_793_005L + 1;
        }
        return x;
    }

    private static void copy(InputStream in) throws IOException {
        byte[] buffer = new byte[1000];
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            System.out.write(buffer, 0, read);
        }
        System.out.flush();
    }
}
