package org.jtrace.targets;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/** JVMs in trouble, for thread dumps. The first argument names the trouble. */
public final class Stuck {
    private static volatile int sink;
    private static volatile Object held;

    private Stuck() {
    }

    public static void main(String[] args) throws Exception {
        Target.endWithInput();
        switch (args[0]) {
            case "threads":
                threads(Integer.parseInt(args[1]));
                break;
            case "deep":
                deep(Integer.parseInt(args[1]));
                break;
            case "heap":
                fillHeap();
                break;
            case "loop":
                loopWithoutPoll();
                break;
            case "deadlock":
                deadlock();
                break;
            default:
                throw new IllegalArgumentException(args[0]);
        }
        Target.ready();
        Block.forever();
    }

    private static void threads(int count) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            threads.add(Target.daemon("many-" + i, Block::forever));
        }
        awaitArrival(threads);
    }

    private static void deep(int depth) throws InterruptedException {
        Thread thread = new Thread(null, () -> descend(depth), "deep", 512L << 20);
        thread.setDaemon(true);
        thread.start();
        List<Thread> threads = new ArrayList<>();
        threads.add(thread);
        awaitArrival(threads);
    }

    private static int descend(int depth) {
        return depth == 0 ? Block.forever() : descend(depth - 1) + 1;
    }

    private static void awaitArrival(List<Thread> threads) throws InterruptedException {
        for (Thread thread : threads) {
            while (!Block.hasArrived(thread) || thread.getState() == Thread.State.RUNNABLE) {
                Thread.sleep(5);
            }
        }
    }

    /** Collections without end, and without result. Says itself that it is ready: nobody else can allocate then. */
    private static void fillHeap() {
        Block.arriving();
        Target.daemon("hungry", () -> {
            List<Object> all = new ArrayList<>(1 << 14);
            held = all;
            fill(all);
            // Nothing else would work now: a list's view is an object too.
            for (int i = all.size() / 2; i > 0; i--) {
                all.remove(all.size() - 1);
            }
            Target.ready();
            while (true) {
                fill(all);
            }
        });
        while (true) {
            LockSupport.park();
        }
    }

    private static void fill(List<Object> all) {
        try {
            while (true) {
                all.add(new byte[1 << 12]);
            }
        } catch (OutOfMemoryError e) {
            sink++;
        }
    }

    /** The JVM comes to no safepoint until the loop ends, which takes minutes. */
    private static void loopWithoutPoll() throws InterruptedException {
        for (int i = 0; i < 20_000; i++) {
            sink += spin(100, i | 1);
        }
        CountDownLatch begins = new CountDownLatch(1);
        Target.daemon("loop", () -> {
            begins.countDown();
            sink = spin(Integer.MAX_VALUE, 3);
            Target.say("the loop has ended");
        });
        begins.await();
    }

    private static int spin(int rounds, int divisor) {
        int x = rounds;
        for (int i = 0; i < rounds; i++) {
            x = (x + i) / divisor + 7;
            x = (x * 31 + i) / divisor + 5;
            x = (x * 17 + i) / divisor + 3;
            x = (x * 13 + i) / divisor + 2;
            x = (x * 11 + i) / divisor + 1;
            x = (x * 19 + i) / divisor + 9;
        }
        return x;
    }

    /** Three pairs: two monitors, two locks, and one of each. */
    private static void deadlock() throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        Object first = new Object();
        StringBuilder second = new StringBuilder();
        pair(threads, "monitor", new Monitor(first), new Monitor(second));
        pair(threads, "lock", new Lock(), new Lock());
        pair(threads, "mixed", new Monitor(new ArrayList<String>()), new Lock());
        for (Thread thread : threads) {
            while (thread.getState() == Thread.State.RUNNABLE || !Block.hasArrived(thread)) {
                Thread.sleep(5);
            }
        }
    }

    private interface Exclusive {
        void during(Runnable body);
    }

    private static final class Monitor implements Exclusive {
        private final Object object;

        Monitor(Object object) {
            this.object = object;
        }

        @Override
        public void during(Runnable body) {
            synchronized (object) {
                body.run();
            }
        }
    }

    private static final class Lock implements Exclusive {
        private final ReentrantLock lock = new ReentrantLock();

        @Override
        public void during(Runnable body) {
            lock.lock();
            body.run();
        }
    }

    private static void pair(List<Thread> threads, String name, Exclusive one, Exclusive other) {
        CountDownLatch both = new CountDownLatch(2);
        threads.add(Target.daemon(name + "-1", () -> one.during(() -> takeToo(other, both))));
        threads.add(Target.daemon(name + "-2", () -> other.during(() -> takeToo(one, both))));
    }

    private static void takeToo(Exclusive exclusive, CountDownLatch both) {
        both.countDown();
        try {
            both.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        Block.arriving();
        exclusive.during(() -> Target.say("got what is taken"));
    }
}
