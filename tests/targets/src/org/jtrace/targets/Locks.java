package org.jtrace.targets;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/** Monitors and locks that the two threads now and then contend for. */
final class Locks implements Busy.Work {
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicLong atomic = new AtomicLong();
    private long count;

    @Override
    public List<String> calls() {
        return Arrays.asList("Locks.go > Locks.monitor", "Locks.go > Locks.block", "Locks.go > Locks.locked",
                "Locks.block > jdk", "Locks.locked > jdk", "Locks.locked > Locks.inner", "Locks.monitor > Locks.inner");
    }

    @Override
    public void go(int seed) {
        for (int i = 0; i < 20; i++) {
            monitor(i);
            block(i);
            locked(i);
        }
    }

    private synchronized void monitor(int x) {
        inner(x);
    }

    private void block(int x) {
        synchronized (atomic) {
            atomic.addAndGet(x);
        }
    }

    private void locked(int x) {
        lock.lock();
        try {
            inner(x);
        } finally {
            lock.unlock();
        }
    }

    private void inner(int x) {
        count += x;
    }
}
