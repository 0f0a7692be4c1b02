package org.jtrace.targets;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Threads that hold locks and wait for them. Prints {@code THREAD name} for each and READY; with the argument
 * {@code churn} collections move the locks from then on.
 */
public final class HeldLocks {
    private static final int PAIRS = 20;
    private static final int WARM = 20_000;

    private static volatile int sink;

    private final List<Thread> threads = new ArrayList<>();
    private final MovingHeap heap = new MovingHeap();

    private HeldLocks() {
    }

    /** What can be interrupted. */
    private interface Body {
        void run() throws InterruptedException;
    }

    /** The locks that are moved. */
    private static final class Key {
    }

    public static void main(String[] args) throws Exception {
        Target.endWithInput();
        HeldLocks all = new HeldLocks();
        all.heap.allocatePart(1);
        all.addPairs();
        all.addMonitors();
        all.addWaits();
        all.addSynchronizers();
        all.addHot();
        for (Thread thread : all.threads) {
            Target.say("THREAD " + thread.getName());
        }
        if (args.length > 0) {
            all.heap.move();
            Target.daemon("churn", () -> all.heap.churn(20));
        }
        Target.ready();
        Block.forever();
    }

    private Thread start(String name, Body body) {
        Thread thread = Target.daemon(name, () -> {
            try {
                body.run();
            } catch (InterruptedException e) {
                Target.say("interrupted: " + e);
            }
        });
        threads.add(thread);
        return thread;
    }

    /** Starts a thread, and returns when it is where it stays. */
    private Thread add(String name, Body body) throws InterruptedException {
        Thread thread = start(name, body);
        while (!Block.hasArrived(thread) || thread.getState() == Thread.State.RUNNABLE) {
            Thread.sleep(1);
        }
        return thread;
    }

    private void addPairs() throws InterruptedException {
        for (int i = 0; i < PAIRS; i++) {
            heap.allocatePart(PAIRS);
            Key key = new Key();
            add("owner " + i, () -> {
                synchronized (key) {
                    Block.forever();
                }
            });
            if (i % 2 == 0) {
                add("entering " + i, () -> {
                    Block.arriving();
                    synchronized (key) {
                        Target.say("entered");
                    }
                });
            }
        }
    }

    private void addMonitors() throws InterruptedException {
        Object one = new Object();
        int[][] other = new int[1][];
        add("nested", () -> {
            synchronized (one) {
                synchronized (other) {
                    synchronized (one) {
                        Block.forever();
                    }
                }
            }
        });
        add("recursive", () -> new HeldLocks().descend(3));
        add("static", HeldLocks::holdClass);
        add("entering static", () -> {
            Block.arriving();
            holdClass();
        });
        Object hashed = new Object();
        sink = System.identityHashCode(hashed);
        add("hashed", () -> {
            synchronized (hashed) {
                Block.forever();
            }
        });
    }

    private synchronized int descend(int depth) {
        synchronized (HeldLocks.class.getName()) {
            return depth == 0 ? Block.forever() : descend(depth - 1) + 1;
        }
    }

    private static synchronized void holdClass() {
        synchronized (Key.class) {
            Block.forever();
        }
    }

    private void addWaits() throws InterruptedException {
        Object held = new Object();
        Object waitedFor = new Object();
        add("waits and holds", () -> {
            synchronized (held) {
                synchronized (waitedFor) {
                    synchronized (waitedFor) {
                        Block.arriving();
                        waitedFor.wait();
                    }
                }
            }
        });
        Object notified = new Object();
        add("notified", () -> {
            synchronized (notified) {
                Block.arriving();
                notified.wait();
            }
        });
        add("notifier", () -> {
            synchronized (notified) {
                notified.notifyAll();
                Block.forever();
            }
        });
    }

    private void addSynchronizers() throws InterruptedException {
        ReentrantLock lock = new ReentrantLock(true);
        ReentrantReadWriteLock readWrite = new ReentrantReadWriteLock();
        Condition condition = lock.newCondition();
        add("awaits", () -> {
            lock.lock();
            Block.arriving();
            condition.await();
        });
        add("signals", () -> {
            lock.lock();
            lock.lock();
            readWrite.writeLock().lock();
            condition.signalAll();
            Block.forever();
        });
        add("locks", () -> {
            Block.arriving();
            lock.lock();
        });
        add("reads", () -> {
            Block.arriving();
            readWrite.readLock().lock();
        });
        add("writes", () -> {
            Block.arriving();
            readWrite.writeLock().lock();
        });
    }

    /** In compiled code, where the setup compiles: one monitor in each frame, all of them also in one that is inlined. */
    private void addHot() throws InterruptedException {
        Key[] keys = {new Key(), new Key(), new Key(), new Key()};
        for (int i = 0; i < WARM; i++) {
            sink += outer(keys, i);
        }
        add("hot", () -> sink += outer(keys, -1));
        add("entering hot", () -> {
            Block.arriving();
            sink += outer(keys, -1);
        });
    }

    private static int outer(Key[] keys, int round) {
        synchronized (keys[0]) {
            synchronized (keys[1]) {
                return inner(keys, round) + 1;
            }
        }
    }

    private static int inner(Key[] keys, int round) {
        synchronized (keys[round & 2]) {
            synchronized (keys[3]) {
                return round < 0 ? Block.forever() : round;
            }
        }
    }
}
