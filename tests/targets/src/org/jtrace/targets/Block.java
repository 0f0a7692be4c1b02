package org.jtrace.targets;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/** Where threads end up, and who has got there. */
final class Block {
    private static final Set<Thread> ARRIVED = ConcurrentHashMap.newKeySet();

    private Block() {
    }

    /** The calling thread is about to block for good. */
    static void arriving() {
        ARRIVED.add(Thread.currentThread());
    }

    static boolean hasArrived(Thread thread) {
        return ARRIVED.contains(thread);
    }

    static int forever() {
        arriving();
        while (true) {
            LockSupport.park();
        }
    }
}
