package org.jtrace.targets;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/**
 * As many threads as the first argument says. As many of them as the second one says compute all the time, far more than
 * there are CPUs; the others are parked. {@code GOING}: each of them has begun.
 */
public final class Crowd {
    private static final int STACK_BYTES = 256 * 1024;

    private static volatile boolean started;

    private Crowd() {
    }

    public static void main(String[] args) throws InterruptedException, ClassNotFoundException {
        int threads = Integer.parseInt(args[0]);
        int busy = Integer.parseInt(args[1]);
        CountDownLatch all = new CountDownLatch(threads);
        CountDownLatch going = new CountDownLatch(busy);
        List<Thread> computing = new ArrayList<>();
        Class.forName(Pauses.class.getName()); // else all wait for one to initialize it, and then for each other's turn
        for (int i = 0; i < threads; i++) {
            boolean computes = i < busy;
            Thread thread = new Thread(null, () -> live(all, going, computes), (computes ? "busy-" : "parked-") + i,
                    STACK_BYTES);
            thread.setDaemon(true);
            thread.start();
            if (computes) {
                computing.add(thread);
            }
        }
        all.await();
        Target.endWithInput();
        Target.ready();
        started = true; // before, so many would keep this thread from its CPU
        computing.forEach(LockSupport::unpark); // each by this thread: with a latch it is for one to wake the next
        going.await();
        Target.say("GOING");
        Block.forever();
    }

    private static void live(CountDownLatch all, CountDownLatch going, boolean computes) {
        all.countDown();
        if (!computes) {
            Block.forever();
        }
        while (!started) {
            LockSupport.park();
        }
        going.countDown();
        Pauses.compute();
    }
}
