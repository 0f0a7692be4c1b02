package org.jtrace.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;

/**
 * Many threads that wait, 20 frames deep, and one that does nothing but look at the clock. For each line of its input it
 * prints GAP and the longest time, in ns, between two looks since the last line. Ends with its input.
 */
public final class ParkedThreads {
    private static final int DEPTH = 20;
    private static final int STACK_BYTES = 256 << 10;

    private static volatile long longestGapNanos;

    private ParkedThreads() {}

    public static void main(String[] args) throws IOException {
        for (int i = 1; i < Integer.parseInt(args[0]); i++) {
            start("parked " + i, () -> park(DEPTH));
        }
        start("clock", ParkedThreads::watchClock);
        System.out.println("READY");
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        while (input.readLine() != null) {
            System.out.println("GAP " + longestGapNanos);
            longestGapNanos = 0;
        }
    }

    private static void start(String name, Runnable work) {
        Thread thread = new Thread(null, work, name, STACK_BYTES);
        thread.setDaemon(true);
        thread.start();
    }

    private static void park(int depth) {
        if (depth > 0) {
            park(depth - 1);
        }
        while (true) {
            LockSupport.park(ParkedThreads.class);
        }
    }

    private static void watchClock() {
        long last = System.nanoTime();
        while (true) {
            long now = System.nanoTime();
            if (now - last > longestGapNanos) {
                longestGapNanos = now - last;
            }
            last = now;
        }
    }
}
