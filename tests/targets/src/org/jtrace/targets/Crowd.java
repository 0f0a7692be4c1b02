package org.jtrace.targets;

import java.util.concurrent.CountDownLatch;

/**
 * As many threads as the first argument says. As many of them as the second one says compute all the time, far more than
 * there are CPUs; the others are parked.
 */
public final class Crowd {
    private static final int STACK_BYTES = 256 * 1024;

    private Crowd() {
    }

    public static void main(String[] args) throws InterruptedException {
        int threads = Integer.parseInt(args[0]);
        int busy = Integer.parseInt(args[1]);
        CountDownLatch all = new CountDownLatch(threads);
        CountDownLatch start = new CountDownLatch(1);
        for (int i = 0; i < threads; i++) {
            boolean computes = i < busy;
            Thread thread = new Thread(null, () -> live(all, start, computes), (computes ? "busy-" : "parked-") + i,
                    STACK_BYTES);
            thread.setDaemon(true);
            thread.start();
        }
        all.await();
        Target.endWithInput();
        Target.ready();
        start.countDown(); // before, so many would keep this thread from its CPU
        Block.forever();
    }

    private static void live(CountDownLatch all, CountDownLatch start, boolean computes) {
        all.countDown();
        if (!computes) {
            Block.forever();
        }
        try {
            start.await();
            Pauses.compute();
        } catch (InterruptedException e) {
            Target.say(e.toString());
        }
    }
}
