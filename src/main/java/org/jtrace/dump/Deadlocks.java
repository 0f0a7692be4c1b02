package org.jtrace.dump;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Threads that wait for one another in a circle. */
public final class Deadlocks {
    private Deadlocks() {}

    /** @param threads those of which {@link DumpedThread#locks()} is set stood still while all locks were read */
    public static List<List<DumpedThread>> among(Iterable<DumpedThread> threads) {
        Map<Long, DumpedThread> byAddress = new HashMap<>();
        for (DumpedThread thread : threads) {
            if (thread.java() != null) {
                byAddress.put(thread.java().address(), thread);
            }
        }
        List<List<DumpedThread>> circles = new ArrayList<>();
        Set<Long> seen = new HashSet<>();
        for (DumpedThread thread : threads) {
            List<DumpedThread> way = new ArrayList<>();
            DumpedThread next = thread;
            while (next != null && next.java() != null && seen.add(next.java().address())) {
                way.add(next);
                next = ownerOfWhat(next, byAddress);
            }
            int begin = next == null ? -1 : indexOf(way, next);
            if (begin >= 0 && way.size() - begin > 1) {
                circles.add(List.copyOf(way.subList(begin, way.size())));
            }
        }
        return circles;
    }

    private static DumpedThread ownerOfWhat(DumpedThread thread, Map<Long, DumpedThread> byAddress) {
        LockWait wait = thread.locks() == null ? null : thread.locks().waitsFor();
        return wait == null || wait.owner() == null ? null : byAddress.get(wait.owner());
    }

    private static int indexOf(List<DumpedThread> way, DumpedThread thread) {
        for (int i = 0; i < way.size(); i++) {
            if (way.get(i) == thread) {
                return i;
            }
        }
        return -1;
    }
}
