package org.jtrace.sampling;

import java.util.List;
import org.jtrace.profile.CallTree;
import org.jtrace.profile.Frame;

/** What is remembered of a thread from one tick to the next. */
final class ThreadTrack {
    long javaThread;
    /** null until it is asked for. */
    String name;
    long nameReadNanos;
    /** The kernel's name for a thread that has one in Java. */
    boolean nameIsMakeshift;

    /** null until its stack was seen. */
    List<Frame> leafFirst;
    WalkStatus status;
    /** Whether it waited for a safepoint then. */
    boolean atSafepoint;
    /** Whose stack it is when not the thread's own: a virtual thread's; null otherwise. */
    String virtualName;

    /** Where its stack stands in the tree, and as what; null when its stack changed since. */
    CallTree.Node node;
    SampleKind kind;

    long lastSeenTick;

    ThreadTrack(long javaThread) {
        this.javaThread = javaThread;
    }

    void stackIs(List<Frame> newLeafFirst, WalkStatus newStatus, String newVirtualName) {
        leafFirst = newLeafFirst;
        status = newStatus;
        virtualName = newVirtualName;
        node = null;
    }

    SampleKind kind(boolean running) {
        if (status.isFailure()) {
            return SampleKind.FAILED;
        }
        if (!running) {
            return SampleKind.IDLE;
        }
        return SampleStack.hasJavaFrames(leafFirst) ? SampleKind.JAVA : SampleKind.NON_JAVA;
    }
}
