package org.jtrace.sampling;

import java.util.ArrayList;
import java.util.List;
import org.jtrace.error.JtraceException;

/** How a walk ended: enum jt_walk_status of native/hotspot/frame_walker.h, in its order. */
public enum WalkStatus {
    COMPLETE("complete"),
    NO_JAVA_FRAMES("no_java_frames"),
    NO_ANCHOR("no_anchor"),
    UNKNOWN_CODE("unknown_code"),
    BROKEN_FRAME("broken_frame"),
    STACK_UNREADABLE("stack_unreadable"),
    STACK_TRUNCATED("stack_truncated"),
    TOO_MANY_FRAMES("too_many_frames"),
    GUESSED("guessed"),
    DEOPTIMIZING("deoptimizing"),
    STACK_MOVED("stack_moved"),
    STOP_TIMED_OUT("stop_timed_out"),
    STOP_REFUSED("stop_refused"),
    CODE_CHANGED("code_changed"),
    SAMPLE_LOST("sample_lost"),
    NO_EVENT("no_event");

    private static final WalkStatus[] BY_NUMBER = values();

    private final String label;

    WalkStatus(String label) {
        this.label = label;
    }

    static WalkStatus of(int number) {
        return BY_NUMBER[number];
    }

    /** The frame that stands for it below {@code (failed)}. */
    public String label() {
        return label;
    }

    public boolean isFailure() {
        return this != COMPLETE && this != NO_JAVA_FRAMES;
    }

    /** Whether the walk may have failed because code was unloaded while it was read. */
    boolean mayComeOfChangedCode() {
        return this == UNKNOWN_CODE || this == BROKEN_FRAME || this == GUESSED || this == CODE_CHANGED;
    }

    /** Both sides are built apart: a mismatch would give samples false reasons. */
    static void requireSameAs(List<String> nativeLabels) {
        List<String> ours = new ArrayList<>();
        for (WalkStatus status : BY_NUMBER) {
            ours.add(status.label);
        }
        if (!ours.equals(nativeLabels)) {
            throw new JtraceException("the native library is of another build: walk statuses " + nativeLabels
                    + " instead of " + ours);
        }
    }
}
