package org.jtrace.profile;

/** How a frame was executed. {@code INLINED}: compiled into its caller. {@code MARKER}: "(idle)", "(vm)" and the like. */
public enum FrameKind {
    INTERPRETED,
    C1,
    C2,
    INLINED,
    NATIVE,
    THREAD,
    MARKER
}
