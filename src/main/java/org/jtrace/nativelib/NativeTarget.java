package org.jtrace.nativelib;

import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import org.jtrace.hotspot.HeapReader;
import org.jtrace.hotspot.Memory;
import org.jtrace.hotspot.VmStructs;

/**
 * A target process with a HotSpot JVM in it, as the C side holds it: its memory, its structure tables and its sampler.
 *
 * <p>For one thread only: the kernel ties ptrace to the OS thread that uses it.
 */
public final class NativeTarget implements Memory, VmStructs, AutoCloseable {
    private final int pid;
    private long handle;

    private NativeTarget(int pid, long handle) {
        this.pid = pid;
        this.handle = handle;
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
     * Running threads are sampled by the kernel from now on, nobody is stopped. Before the first tick.
     *
     * @param periodNanos CPU time of a thread between two of its samples
     * @return whether time in the kernel is sampled, too
     * @throws org.jtrace.error.NotPermittedException when the kernel refuses, and why
     */
    public boolean usePerf(long periodNanos) {
        return usePerf0(open(), periodNanos);
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

    @Override
    public boolean read(long address, byte[] into, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, into.length);
        return length == 0 || read0(open(), address, into, offset, length) == 0;
    }

    @Override
    public Field field(String type, String name) {
        long[] isStaticAndOffset = new long[2];
        String[] typeString = new String[1];
        if (!field0(open(), type, name, isStaticAndOffset, typeString)) {
            return null;
        }
        String text = Objects.requireNonNullElse(typeString[0], "");
        return new Field(text, isStaticAndOffset[0] != 0, isStaticAndOffset[1]);
    }

    @Override
    public OptionalLong typeSize(String type) {
        long size = typeSize0(open(), type);
        return size < 0 ? OptionalLong.empty() : OptionalLong.of(size);
    }

    @Override
    public OptionalLong constant(String name) {
        long[] value = new long[1];
        return constant0(open(), name, value) ? OptionalLong.of(value[0]) : OptionalLong.empty();
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

    @Override
    public void close() {
        long open = handle;
        handle = 0;
        if (open != 0) {
            close0(open);
        }
    }

    private long open() {
        if (handle == 0) {
            throw new IllegalStateException("target " + pid + " was closed");
        }
        return handle;
    }

    private static native long open0(int pid);

    private static native void close0(long handle);

    private static native boolean usePerf0(long handle, long periodNanos);

    private static native long[] tick0(long handle, long slots, boolean ofAll, HeapReader heapReader);

    private static native long[] more0(long handle, HeapReader heapReader);

    private static native long[] lookAgain0(long handle, HeapReader heapReader);

    private static native long[] settle0(long handle);

    private static native boolean undisturbed0(long handle);

    private static native void watch0(long handle);

    private static native boolean isJavaThread0(long handle, int tid, long javaThread);

    /** 0 or an errno. */
    private static native int read0(long handle, long address, byte[] into, int offset, int length);

    private static native boolean field0(
            long handle, String type, String name, long[] isStaticAndOffset, String[] typeString);

    /** -1 when absent. */
    private static native long typeSize0(long handle, String type);

    private static native boolean constant0(long handle, String name, long[] value);

    /** null when gone. */
    private static native byte[] comm0(long handle, int tid);

    /** -1 when gone. */
    private static native long cpuNanos0(long handle);

    private static native boolean alive0(long handle);

    private static native String[] frameKinds0();

    private static native String[] walkStatuses0();
}
