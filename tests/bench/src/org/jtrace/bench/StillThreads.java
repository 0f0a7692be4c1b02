package org.jtrace.bench;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/** Threads that are parked for ever, and threads that compute at the bottom of a recursion. */
public final class StillThreads {
    private static final int PARKED_STACK_BYTES = 256 << 10;
    private static final int BUSY_STACK_BYTES = 16 << 20;

    private static volatile long sink;

    private StillThreads() {}

    /** Arguments: parked threads, busy threads, depth of their recursion. */
    public static void main(String[] args) throws InterruptedException {
        int parked = Integer.parseInt(args[0]);
        int busy = Integer.parseInt(args[1]);
        int depth = Integer.parseInt(args[2]);
        CountDownLatch started = new CountDownLatch(parked + busy);
        for (int i = 0; i < parked; i++) {
            start("parked-" + i, PARKED_STACK_BYTES, () -> park(started));
        }
        for (int i = 0; i < busy; i++) {
            start("busy-" + i, BUSY_STACK_BYTES, () -> descend(depth, started));
        }
        started.await();
        System.out.println("READY");
        Thread.currentThread().join();
    }

    private static void start(String name, int stackBytes, Runnable body) {
        new Thread(null, body, name, stackBytes).start();
    }

    private static void park(CountDownLatch started) {
        started.countDown();
        while (true) {
            LockSupport.park();
        }
    }

    private static void descend(int depth, CountDownLatch started) {
        if (depth > 0) {
            descend(depth - 1, started);
        }
        started.countDown();
        long value = depth;
        while (true) {
            value = value * 31 + 7;
            sink = value;
        }
    }
}
