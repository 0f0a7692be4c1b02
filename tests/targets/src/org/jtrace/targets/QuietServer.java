package org.jtrace.targets;

import java.io.IOException;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;

/**
 * As many parked threads as the first argument says, and the sleeper, which computes from the line {@code work} to the
 * line {@code rest}. With {@code select} there is also the selector, which waits for nothing 200 ms at a time: it prints
 * {@code SELECTOR} and its kernel id, and {@code selects?} is answered with {@code SELECTS} and how often it has waited.
 */
public final class QuietServer {
    private static final int STACK_BYTES = 256 * 1024;
    private static final int SELECT_MILLIS = 200;

    private static final Semaphore WORK = new Semaphore(0);
    private static final CountDownLatch SELECTING = new CountDownLatch(1);
    private static volatile boolean working;
    private static volatile long sink;
    private static volatile long selects;

    private QuietServer() {
    }

    public static void main(String[] args) throws InterruptedException {
        Thread[] parked = new Thread[Integer.parseInt(args[0])];
        for (int i = 0; i < parked.length; i++) {
            parked[i] = new Thread(null, QuietServer::park, "parked-" + i, STACK_BYTES);
            parked[i].setDaemon(true);
            parked[i].start();
        }
        for (Thread thread : parked) {
            while (thread.getState() != Thread.State.WAITING) {
                Thread.sleep(1);
            }
        }
        Target.daemon("sleeper", QuietServer::workAndRest);
        if (args.length > 1) {
            Target.daemon("selector", QuietServer::select);
            SELECTING.await();
        }
        Target.onInput(QuietServer::answer);
        Target.ready();
        Block.forever();
    }

    private static void park() {
        while (true) {
            LockSupport.park();
        }
    }

    private static void answer(String line) {
        if (line.equals("work")) {
            working = true;
            WORK.release();
        } else if (line.equals("rest")) {
            working = false;
        } else {
            Target.say("SELECTS " + selects);
        }
    }

    private static void workAndRest() {
        while (true) {
            WORK.acquireUninterruptibly();
            long value = 0;
            while (working) {
                value += value * 31 + 7;
            }
            sink = value;
            Target.say("RESTING");
        }
    }

    private static void select() {
        try (Selector selector = Selector.open()) {
            Target.say("SELECTOR " + Files.readSymbolicLink(Paths.get("/proc/thread-self")).getFileName());
            SELECTING.countDown();
            while (true) {
                selector.select(SELECT_MILLIS);
                selects++;
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
