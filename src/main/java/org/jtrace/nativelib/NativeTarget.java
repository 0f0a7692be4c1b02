package org.jtrace.nativelib;

import java.util.List;
import org.jtrace.hotspot.HeapReader;

/**
 * A target process with a HotSpot JVM in it, as the C side holds it: its memory, its structure tables and its sampler.
 *
 * <p>For one thread only: the kernel ties ptrace to the OS thread that uses it.
 */
public final class NativeTarget extends NativeVm {
    private final int pid;
    private boolean still;

    private NativeTarget(int pid, long handle) {
        super(handle);
        this.pid = pid;
    }

    /** @throws org.jtrace.error.JtraceException or the subclass that fits: no target, not permitted, unsupported, gone */
    public static NativeTarget open(int pid) {
        NativeLibrary.load();
        return new NativeTarget(pid, open0(pid));
    }

    public int pid() {
        return pid;
    }

    /**
     * Running threads are sampled by the kernel from now on. Before the first tick.
     *
     * @param periodNanos CPU time of a thread between two of its samples
     * @param mayStop threads that run are stopped as long as the kernel does not sample them; else nobody is
     * @return whether time in the kernel is sampled, too
     * @throws org.jtrace.error.NotPermittedException when the kernel refuses, and why; with {@code mayStop} also when it
     *         samples no time in the kernel
     */
    public boolean usePerf(long periodNanos, boolean mayStop) {
        return usePerf0(open(), periodNanos, mayStop);
    }

    /**
     * Native frames are in the ticks from now on. Before the first one.
     *
     * @throws org.jtrace.error.JtraceException when the library for it was not built, or does not load
     */
    public void showNative() {
        showNative0(open(), new byte[][] {NativeLibrary.forNativeFrames()});
    }

    /** Samples by perf show the kernel's frames. Before {@link #usePerf}, which refuses it then where the kernel does. */
    public void showKernel() {
        showKernel0(open());
    }

    /**
     * The function that a pc of a native frame lies in, unchecked bytes; null when no image is there.
     *
     * @param range gets the addresses that have this name: the first, and the one behind the last
     */
    public byte[] nativeName(long pc, long[] range) {
        return nativeName0(open(), pc, range);
    }

    /**
     * Begins to look at every thread once.
     *
     * @param slots ticks that this one is for idle threads
     * @param ofAll whether no thread may be left out
     * @param heapReader is asked about virtual threads; null: nobody is
     * @return the words that native/sampler.h describes, of the first part
     * @throws org.jtrace.error.TargetGoneException when the process ended
     */
    public long[] tick(long slots, boolean ofAll, HeapReader heapReader) {
        return tick0(open(), slots, ofAll, heapReader);
    }

    /** The next part of the tick. */
    public long[] more(HeapReader heapReader) {
        return more0(open(), heapReader);
    }

    /** From now on it is noted which memory is read, for {@link #standStill}. */
    public void noteReads() {
        noteReads0(open());
    }

    /**
     * Stops all threads together, and lets them go when their stacks and all memory that was noted are copied. From now on
     * memory is read as it was then; what was not copied, as it is.
     *
     * @return how long the process was stopped, in ns
     * @throws org.jtrace.error.JtraceException or the subclass that fits; nobody is stopped then
     */
    public long standStill() {
        still = true;
        return standStill0(open());
    }

    /** Threads that stood still, with their stacks, as {@link #tick} gives them; of those that were read before only that. */
    public long[] stillPart(boolean first, HeapReader heapReader) {
        return stillPart0(open(), first, heapReader);
    }

    /** How many pages were read that were not copied while it stood still. */
    public int lateReads() {
        return lateReads0(open());
    }

    @Override
    public boolean standsStill() {
        return still;
    }

    /** Another look at the last thread of the last part. */
    public long[] lookAgain(HeapReader heapReader) {
        return lookAgain0(open(), heapReader);
    }

    /** After the last tick: a part with the samples of threads that were not looked at since. */
    public long[] settle() {
        return settle0(open());
    }

    /** Whether nothing can have been unloaded since the last look at a thread began. */
    public boolean undisturbed() {
        return undisturbed0(open());
    }

    /** From now on {@link #undisturbed()} tells of what is read after this, until the next look. */
    public void watch() {
        watch0(open());
    }

    /** Whether a thread of the last tick still runs and is still this JavaThread. */
    public boolean isJavaThread(int tid, long javaThread) {
        return isJavaThread0(open(), tid, javaThread);
    }

    /** The kernel's name of a thread, unchecked bytes; null when the thread is gone. */
    public byte[] comm(int tid) {
        return comm0(open(), tid);
    }

    /** CPU time of all threads, ended ones included; -1 when the process is gone. */
    public long cpuNanos() {
        return cpuNanos0(open());
    }

    public boolean alive() {
        return alive0(open());
    }

    /** Names of enum jt_frame_kind, in order. */
    public static List<String> frameKinds() {
        NativeLibrary.load();
        return List.of(frameKinds0());
    }

    /** Labels of enum jt_walk_status, in order. */
    public static List<String> walkStatuses() {
        NativeLibrary.load();
        return List.of(walkStatuses0());
    }

    private static native long open0(int pid);

    private static native boolean usePerf0(long handle, long periodNanos, boolean mayStop);

    private static native void showNative0(long handle, byte[][] library);

    private static native void showKernel0(long handle);

    /** null when there is none. */
    private static native byte[] nativeName0(long handle, long pc, long[] range);

    private static native long[] tick0(long handle, long slots, boolean ofAll, HeapReader heapReader);

    private static native void noteReads0(long handle);

    private static native long standStill0(long handle);

    private static native long[] stillPart0(long handle, boolean first, HeapReader heapReader);

    private static native int lateReads0(long handle);

    private static native long[] more0(long handle, HeapReader heapReader);

    private static native long[] lookAgain0(long handle, HeapReader heapReader);

    private static native long[] settle0(long handle);

    private static native boolean undisturbed0(long handle);

    private static native void watch0(long handle);

    private static native boolean isJavaThread0(long handle, int tid, long javaThread);

    /** null when gone. */
    private static native byte[] comm0(long handle, int tid);

    /** -1 when gone. */
    private static native long cpuNanos0(long handle);

    private static native boolean alive0(long handle);

    private static native String[] frameKinds0();

    private static native String[] walkStatuses0();
}
