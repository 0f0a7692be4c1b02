package org.jtrace.profile;

/** Frames that stand for what a thread was doing, not for code. */
public final class Markers {
    /** Root of the stacks of threads that are off CPU. */
    public static final Frame IDLE = of("(idle)");
    /** Below {@link #IDLE}: root of the stacks of threads that wait for a safepoint. */
    public static final Frame SAFEPOINT = of("(safepoint)");
    /** Above the thread group of threads without Java frames. */
    public static final Frame NON_JAVA = of("(non-java)");
    /** Root of stacks that could not be walked; the reason is the next frame. */
    public static final Frame FAILED = of("(failed)");
    /** Leaf of a thread that was in the VM's own code. */
    public static final Frame VM = of("(vm)");
    /** In place of a virtual thread's frames that are frozen in the heap, and were not read. */
    public static final Frame FROZEN = of("(frozen)");

    /** In place of native frames that could not be unwound, below those that were. */
    public static final Frame NATIVE_LOST = of("(native frames missing)");

    /** In place of the rest of a stack that had no room in the call tree any more. */
    public static final Frame FULL = of("(profile full)");

    private Markers() {}

    /** Whether a frame stands above a thread's Java frames, and is none of Java's. */
    public static boolean isOutsideJava(Frame frame) {
        return frame.kind() == FrameKind.NATIVE_CODE || frame.kind() == FrameKind.KERNEL || frame.equals(VM) || frame.equals(NATIVE_LOST);
    }

    public static Frame of(String name) {
        return new Frame(name, Frame.NO_LINE, FrameKind.MARKER);
    }
}
