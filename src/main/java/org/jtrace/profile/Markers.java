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

    private Markers() {}

    public static Frame of(String name) {
        return new Frame(name, Frame.NO_LINE, FrameKind.MARKER);
    }
}
