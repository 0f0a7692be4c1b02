package org.jtrace.nativelib;

import java.util.Objects;
import java.util.OptionalLong;
import org.jtrace.hotspot.Memory;
import org.jtrace.hotspot.VmStructs;

/** A HotSpot JVM as the C side holds it: its memory and its structure tables. For one thread only. */
public abstract sealed class NativeVm implements Memory, VmStructs, AutoCloseable permits NativeTarget, NativeCore {
    private long handle;

    NativeVm(long handle) {
        this.handle = handle;
    }

    @Override
    public final boolean read(long address, byte[] into, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, into.length);
        return length == 0 || read0(open(), address, into, offset, length) == 0;
    }

    @Override
    public final void keepReads(boolean on) {
        keepReads0(open(), on);
    }

    /**
     * The frames of a virtual thread that nobody carries, as one thread of a tick. They count if the plan for them is the
     * same afterwards.
     *
     * @param plan as {@link org.jtrace.hotspot.HeapReader#plan} makes it
     */
    public final long[] walkFrozen(long[] plan) {
        return walkFrozen0(open(), plan);
    }

    @Override
    public final Field field(String type, String name) {
        long[] isStaticAndOffset = new long[2];
        String[] typeString = new String[1];
        if (!field0(open(), type, name, isStaticAndOffset, typeString)) {
            return null;
        }
        String text = Objects.requireNonNullElse(typeString[0], "");
        return new Field(text, isStaticAndOffset[0] != 0, isStaticAndOffset[1]);
    }

    @Override
    public final OptionalLong typeSize(String type) {
        long size = typeSize0(open(), type);
        return size < 0 ? OptionalLong.empty() : OptionalLong.of(size);
    }

    @Override
    public final OptionalLong constant(String name) {
        long[] value = new long[1];
        return constant0(open(), name, value) ? OptionalLong.of(value[0]) : OptionalLong.empty();
    }

    @Override
    public final void close() {
        long open = handle;
        handle = 0;
        if (open != 0) {
            close0(open);
        }
    }

    final long open() {
        if (handle == 0) {
            throw new IllegalStateException("the target was closed");
        }
        return handle;
    }

    private static native void close0(long handle);

    /** 0 or an errno. */
    private static native int read0(long handle, long address, byte[] into, int offset, int length);

    private static native void keepReads0(long handle, boolean on);

    private static native long[] walkFrozen0(long handle, long[] plan);

    private static native boolean field0(
            long handle, String type, String name, long[] isStaticAndOffset, String[] typeString);

    /** -1 when absent. */
    private static native long typeSize0(long handle, String type);

    private static native boolean constant0(long handle, String name, long[] value);
}
