package org.jtrace.sampling;

import java.util.List;
import java.util.Set;
import org.jtrace.profile.Frame;
import org.jtrace.profile.Markers;

/**
 * Where on a carrier's stack the virtual thread ends that is mounted on it. All frames are leaf first.
 *
 * @param own the virtual thread's frames, down to VirtualThread.run
 * @param between frames of continuations, which the JDK's own stack traces leave out as well
 */
record MountedStack(List<Frame> own, List<Frame> between, List<Frame> carrier) {
    private static final String RUNS_THREAD = "java.lang.VirtualThread.runContinuation";
    private static final String RUNS_CONTINUATION = "jdk.internal.vm.Continuation.run";
    private static final String ENTRY = "jdk.internal.vm.Continuation.enterSpecial";
    private static final String FIRST_INSIDE = "jdk.internal.vm.Continuation.enter";
    private static final Set<String> UNSEEN = Set.of(FIRST_INSIDE, "jdk.internal.vm.Continuation.enter0",
            "java.lang.VirtualThread$VThreadContinuation$1.run");

    /** null when no virtual thread is mounted. */
    static MountedStack of(List<Frame> leafFirst) {
        for (int i = leafFirst.size() - 1; i > 1; i--) {
            if (is(leafFirst, i, RUNS_THREAD) && is(leafFirst, i - 1, RUNS_CONTINUATION)) {
                int carrier = is(leafFirst, i - 2, ENTRY) ? i - 2 : i - 1;
                return carrier > 0 && isInside(leafFirst.get(carrier - 1)) ? split(leafFirst, carrier) : null;
            }
        }
        return null;
    }

    private static boolean is(List<Frame> frames, int index, String name) {
        return frames.get(index).name().equals(name);
    }

    private static boolean isInside(Frame frame) {
        return frame.name().equals(FIRST_INSIDE) || frame == Markers.FROZEN;
    }

    private static MountedStack split(List<Frame> leafFirst, int carrier) {
        int own = carrier;
        while (own > 0 && UNSEEN.contains(leafFirst.get(own - 1).name())) {
            own--;
        }
        if (leafFirst.subList(0, own).stream().allMatch(Markers::isOutsideJava)) {
            own = carrier; // just starting or ending
        }
        return new MountedStack(List.copyOf(leafFirst.subList(0, own)), List.copyOf(leafFirst.subList(own, carrier)),
                List.copyOf(leafFirst.subList(carrier, leafFirst.size())));
    }
}
