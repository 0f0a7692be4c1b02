package org.jtrace.profile;

/**
 * How a frame was executed. {@code INLINED}: compiled into its caller. {@code NATIVE}: a native method of Java.
 * {@code NATIVE_CODE}: a function of the VM or another library,
 * {@code KERNEL} of the kernel. {@code MARKER}: "(idle)", "(vm)" and the like.
 */
public enum FrameKind {
    INTERPRETED,
    C1,
    C2,
    INLINED,
    NATIVE,
    NATIVE_CODE,
    KERNEL,
    THREAD,
    MARKER
}
