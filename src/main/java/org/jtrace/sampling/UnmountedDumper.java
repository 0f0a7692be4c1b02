package org.jtrace.sampling;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.jtrace.dump.DumpedVirtualThread;
import org.jtrace.dump.ThreadDump;
import org.jtrace.hotspot.UnmountedThread;
import org.jtrace.profile.Frame;
import org.jtrace.target.DumpTarget;

/**
 * Dumps virtual threads that nobody carries. They are objects in the heap: where a collection moves them, or they run
 * meanwhile, those that are left are looked for anew.
 */
final class UnmountedDumper {
    private static final int MAX_THREADS = 10_000;
    private static final int ROUNDS = 20;
    private static final long PAUSE_NANOS = 5_000_000L;

    private final DumpTarget target;
    private final Map<Long, DumpedVirtualThread> read = new TreeMap<>();
    private final TickRecord stack = new TickRecord();
    private final List<Frame> leafFirst = new ArrayList<>();
    private final FrameReader frames;

    UnmountedDumper(DumpTarget target) {
        this.target = target;
        this.frames = new FrameReader(target, stack, leafFirst) {
            @Override
            void named() {}

            @Override
            void discarded() {}
        };
    }

    /** @param rounds looks at most; null when none could be taken */
    private ThreadDump.Unmounted dump(int rounds) {
        List<UnmountedThread> all = null;
        boolean complete = false;
        for (int round = 0; round < rounds && !complete; round++) {
            if (round > 0) {
                LockSupport.parkNanos(this, PAUSE_NANOS);
            }
            List<UnmountedThread> found = target.unmountedThreads(MAX_THREADS);
            all = found == null ? all : found;
            complete = found != null && readStacks(found.subList(0, Math.min(found.size(), MAX_THREADS)));
        }
        return all == null ? null : dumped(all);
    }

    /** Null when they cannot be told. What is in a process that stands still is the same at each look. */
    static ThreadDump.Unmounted dump(DumpTarget target, boolean standsStill) {
        return target.findsUnmounted() ? new UnmountedDumper(target).dump(standsStill ? 1 : ROUNDS) : null;
    }

    /** Whether all were read. */
    private boolean readStacks(List<UnmountedThread> found) {
        boolean complete = true;
        for (UnmountedThread thread : found) {
            DumpedVirtualThread known = read.get(thread.id());
            if (known == null || known.problem() != null) {
                complete &= readStack(thread);
            }
        }
        return complete;
    }

    private boolean readStack(UnmountedThread thread) {
        long[] words = target.unmountedStack(thread);
        if (words == null) {
            return false;
        }
        stack.reset(words);
        stack.nextThread();
        if (!frames.readOnce()) {
            return false;
        }
        WalkStatus status = stack.walkStatus();
        read.put(thread.id(), new DumpedVirtualThread(thread.id(), thread.name(), thread.state(),
                List.copyOf(leafFirst), status.isFailure() ? status.label() : null));
        return !status.isFailure();
    }

    private ThreadDump.Unmounted dumped(List<UnmountedThread> found) {
        int shown = Math.min(found.size(), MAX_THREADS);
        for (UnmountedThread thread : found.subList(0, shown)) {
            read.putIfAbsent(thread.id(), new DumpedVirtualThread(thread.id(), thread.name(), thread.state(), List.of(),
                    WalkStatus.STACK_MOVED.label()));
        }
        return new ThreadDump.Unmounted(List.copyOf(read.values()), found.size() - shown);
    }
}
