package org.jtrace.sampling;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtrace.error.JtraceException;
import org.jtrace.profile.CallTree;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;
import org.jtrace.target.Target;

/**
 * Puts ticks into the call tree and the ledger. Names are looked up at once, while the code that a frame lies in is
 * still there. A thread that did not run since the last tick costs a map lookup and some counting.
 */
final class TickReader {
    /** Pools rename their threads; reading the name at each sample would cost more than the sample. */
    private static final long NAME_LIFETIME_NANOS = 1_000_000_000L;
    /** How many ticks a thread may be unseen before it is forgotten; more than pass until it is a quiet one's turn. */
    private static final long FORGET_TICKS = 1024;

    private final Target target;
    private final boolean includeIdle;
    private final boolean byThread;
    private final boolean withCarriers;
    private final CallTree tree = new CallTree();
    private final Ledger ledger = new Ledger();
    private final TickRecord tick = new TickRecord();
    private final Map<Integer, ThreadTrack> tracks = new HashMap<>();
    private final List<Frame> leafFirst = new ArrayList<>();
    private final FrameReader frames;
    private ThreadTrack current;
    private long tickNumber;

    TickReader(Target target, boolean includeIdle, boolean byThread, boolean withCarriers) {
        this.target = target;
        this.includeIdle = includeIdle;
        this.byThread = byThread;
        this.withCarriers = withCarriers;
        this.frames = new FrameReader(target, tick, leafFirst) {
            @Override
            void named() {
                setStack(current);
            }

            @Override
            void discarded() {
                ledger.discardedLook(tick);
            }
        };
    }

    CallTree tree() {
        return tree;
    }

    Ledger ledger() {
        return ledger;
    }

    /** Reads a tick from its first part on. */
    void read(long[] firstPart) {
        tick.reset(firstPart);
        tickNumber++;
        ledger.tick(tick);
        readThreads();
        while (tick.hasMore()) {
            tick.reset(target.more());
            ledger.part(tick);
            readThreads();
        }
        if (tickNumber % FORGET_TICKS == 0) {
            tracks.values().removeIf(track -> tickNumber - track.lastSeenTick >= FORGET_TICKS);
        }
    }

    /** Ends the account of threads that the last ticks left out. */
    void settle() {
        tick.reset(target.settle());
        readThreads();
    }

    private void readThreads() {
        while (tick.nextThread()) {
            readThread();
        }
    }

    private void readThread() {
        ThreadTrack track = track();
        if (!tick.isUnchanged()) {
            readStack(track);
        } else if (track.leafFirst == null) {
            throw new JtraceException("the native library left out the stack of thread " + tick.tid());
        }
        SampleKind kind = track.kind(tick.isRunning());
        ledger.thread(tick, kind, track.status, tick.samples());
        if (kind != SampleKind.IDLE || includeIdle) {
            node(track, kind).record(tick.samples(), tick.threadCpuNanos());
        }
    }

    private void setStack(ThreadTrack track) {
        track.atSafepoint = tick.isAtSafepoint();
        MountedStack mounted = MountedStack.of(leafFirst);
        if (mounted == null) {
            boolean isPart = tick.walkStatus().isFailure() && tick.virtualThread() != 0;
            track.stackIs(List.copyOf(leafFirst), tick.walkStatus(), isPart ? virtualName() : null);
        } else if (withCarriers) {
            track.stackIs(withCarrier(mounted), tick.walkStatus(), null);
        } else {
            track.stackIs(mounted.own(), tick.walkStatus(), virtualName());
        }
    }

    private String virtualName() {
        return tick.virtualThread() == 0 ? "(virtual)" : target.virtualThreadName(tick.virtualThread());
    }

    /** The virtual thread on its carrier: with threads told apart, each part stands under its own name. */
    private List<Frame> withCarrier(MountedStack mounted) {
        List<Frame> all = new ArrayList<>(mounted.own());
        all.addAll(mounted.between());
        if (byThread) {
            all.add(new Frame(virtualName(), Frame.NO_LINE, FrameKind.THREAD));
        }
        all.addAll(mounted.carrier());
        return all;
    }

    private ThreadTrack track() {
        ThreadTrack track = tick.isNew() ? null : tracks.get(tick.tid());
        if (track == null) {
            track = new ThreadTrack(tick.javaThread());
            tracks.put(tick.tid(), track);
        } else if (track.javaThread != tick.javaThread()) {
            track.javaThread = tick.javaThread();
            track.name = null;
        }
        track.lastSeenTick = tickNumber;
        return track;
    }

    private CallTree.Node node(ThreadTrack track, SampleKind kind) {
        if (track.node == null || track.kind != kind || track.nameIsMakeshift) {
            boolean needsName = byThread || !SampleStack.hasJavaFrames(track.leafFirst);
            String name = !needsName ? "" : track.virtualName != null ? track.virtualName : name(track);
            track.node = tree.node(SampleStack.of(
                    kind, track.status, track.atSafepoint, name, byThread ? name : null, track.leafFirst));
            track.kind = kind;
        }
        return track.node;
    }

    /** A Java name that cannot be read now leaves the one known before, or the kernel's until it can be read. */
    private String name(ThreadTrack track) {
        long now = tick.beginNanos();
        if (track.name != null && !track.nameIsMakeshift && now - track.nameReadNanos <= NAME_LIFETIME_NANOS) {
            return track.name;
        }
        String name = track.javaThread == 0 ? target.kernelThreadName(tick.tid())
                : target.javaThreadName(tick.tid(), track.javaThread);
        if (name != null) {
            track.name = name;
            track.nameReadNanos = now;
            track.nameIsMakeshift = false;
        } else if (track.name == null) {
            track.name = target.kernelThreadName(tick.tid());
            track.nameIsMakeshift = true;
        }
        return track.name;
    }

    private void readStack(ThreadTrack track) {
        current = track;
        if (!frames.read()) {
            track.stackIs(List.of(), WalkStatus.CODE_CHANGED, null);
        }
    }
}
