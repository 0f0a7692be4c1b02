package org.jtrace.targets;

import java.lang.reflect.Method;
import java.util.concurrent.CountDownLatch;

/**
 * Virtual threads (JDK 21 and later) that share one carrier and yield in the depth of their calls: frames are frozen
 * all the time, and thawed a few at a time as the calls return.
 */
public final class Yields implements Runnable {
    private static final int THREADS = 3;
    private static final int DEPTH = 12;

    private static final CountDownLatch STARTED = new CountDownLatch(THREADS);

    private static volatile long sink;

    private final int seed;

    private Yields(int seed) {
        this.seed = seed;
    }

    public static void main(String[] args) throws ReflectiveOperationException, InterruptedException {
        System.setProperty("jdk.virtualThreadScheduler.parallelism", "1");
        System.setProperty("jdk.virtualThreadScheduler.maxPoolSize", "1");
        Method start = Thread.class.getMethod("startVirtualThread", Runnable.class);
        for (int i = 0; i < THREADS; i++) {
            start.invoke(null, new Yields(i));
        }
        Target.endWithInput();
        STARTED.await();
        Target.ready();
        Block.forever();
    }

    @Override
    public void run() {
        STARTED.countDown();
        for (int turn = seed;; turn++) {
            sink += descend(turn % DEPTH, turn);
        }
    }

    private static long descend(int depth, int turn) {
        if (depth == 0) {
            Thread.yield();
            return turn;
        }
        return (turn & 1) == 0 ? descend(depth - 1, turn) + depth : detour(depth, turn, 1L, 2.0) - depth;
    }

    private static long detour(int depth, int turn, long more, double evenMore) {
        synchronized (Thread.currentThread()) {
            sink += turn;
        }
        return descend(depth - 1, turn) + more + (long) evenMore;
    }
}
