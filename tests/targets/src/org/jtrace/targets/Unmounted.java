package org.jtrace.targets;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Virtual threads that wait, at various depths: started one by one, and by an executor. With an argument another thread
 * allocates all the time. For 21 and later; compiled for 8.
 */
final class Unmounted {
    private static final int PARKED = 40;
    private static final int ALLOCATION = 1 << 16;

    private static final ReentrantLock LOCK = new ReentrantLock();
    private static final List<Thread> WAITING = Collections.synchronizedList(new ArrayList<>());
    private static volatile Object garbage;

    private Unmounted() {
    }

    public static void main(String[] args) throws Exception {
        LOCK.lock();
        for (int i = 0; i < PARKED; i++) {
            int depth = i;
            start("parked " + i, () -> deep(depth, Unmounted::park));
        }
        start("sleeping", Unmounted::sleep);
        start("wants a lock", LOCK::lock);
        start("takes", Unmounted::take);
        ExecutorService executor =
                (ExecutorService) Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        executor.submit(() -> run(() -> deep(7, Unmounted::park)));
        while (WAITING.size() < PARKED + 4 || !allWait()) {
            Thread.sleep(1);
        }
        if (args.length > 0) {
            Target.daemon("allocates", Unmounted::allocate);
        }
        Target.endWithInput();
        Target.ready();
        Thread.sleep(Long.MAX_VALUE);
    }

    private static boolean allWait() {
        synchronized (WAITING) {
            return WAITING.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING
                    || thread.getState() == Thread.State.TIMED_WAITING);
        }
    }

    private static void start(String name, Runnable body) throws ReflectiveOperationException {
        Class<?> type = Class.forName("java.lang.Thread$Builder$OfVirtual");
        Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
        builder = type.getMethod("name", String.class).invoke(builder, name);
        type.getMethod("start", Runnable.class).invoke(builder, (Runnable) () -> run(body));
    }

    private static void run(Runnable body) {
        WAITING.add(Thread.currentThread());
        body.run();
    }

    private static void deep(int depth, Runnable body) {
        if (depth > 0) {
            deep(depth - 1, body);
        } else {
            body.run();
        }
    }

    private static void park() {
        while (true) {
            LockSupport.park();
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(Long.MAX_VALUE);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void take() {
        try {
            new LinkedBlockingQueue<>().take();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void allocate() {
        while (true) {
            garbage = new byte[ALLOCATION];
        }
    }
}
