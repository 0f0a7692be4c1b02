package org.jtrace.sampling;

import java.util.ArrayList;
import java.util.List;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;
import org.jtrace.profile.Markers;

/** The stack that stands for a sample in the call tree: markers for what the thread was doing, then its frames. */
final class SampleStack {
    private SampleStack() {}

    /**
     * @param atSafepoint when idle: whether it waits for a safepoint
     * @param name the thread's, for one without Java frames: it tells its role and its group
     * @param threadName null without {@code --threads}
     * @return root first
     */
    static List<Frame> of(SampleKind kind, WalkStatus status, boolean atSafepoint, String name, String threadName,
                          List<Frame> leafFirst) {
        List<Frame> rootFirst = new ArrayList<>(leafFirst.size() + 4);
        boolean java = hasJavaFrames(leafFirst);
        switch (kind) {
            case IDLE -> {
                rootFirst.add(Markers.IDLE);
                if (atSafepoint) {
                    rootFirst.add(Markers.SAFEPOINT);
                }
            }
            case FAILED -> {
                rootFirst.add(Markers.FAILED);
                rootFirst.add(Markers.of(status.label()));
            }
            case JAVA, NON_JAVA -> { }
        }
        if (kind != SampleKind.FAILED && !java) {
            rootFirst.add(Markers.NON_JAVA);
            rootFirst.add(new Frame(ThreadRole.of(name).label(), Frame.NO_LINE, FrameKind.THREAD));
            rootFirst.add(new Frame(ThreadGroups.groupOf(name), Frame.NO_LINE, FrameKind.THREAD));
        }
        if (threadName != null) {
            rootFirst.add(new Frame(threadName, Frame.NO_LINE, FrameKind.THREAD));
        }
        addRootFirst(leafFirst, kind != SampleKind.FAILED && (kind == SampleKind.IDLE || !java), rootFirst);
        return rootFirst;
    }

    static boolean hasJavaFrames(List<Frame> leafFirst) {
        return !leafFirst.isEmpty() && !Markers.isOutsideJava(leafFirst.get(leafFirst.size() - 1));
    }

    /** An idle thread's stack ends in the method that waits; that it does so inside the VM would only split it. */
    private static void addRootFirst(List<Frame> leafFirst, boolean withoutVm, List<Frame> rootFirst) {
        for (int i = leafFirst.size() - 1; i >= 0; i--) {
            Frame frame = leafFirst.get(i);
            if (!withoutVm || frame != Markers.VM) {
                rootFirst.add(frame);
            }
        }
    }
}
