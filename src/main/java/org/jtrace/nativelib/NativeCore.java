package org.jtrace.nativelib;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jtrace.hotspot.HeapReader;

/** A core file of a process with a HotSpot JVM in it. File names are bytes, as the kernel has them. */
public final class NativeCore extends NativeVm {
    private NativeCore(long handle) {
        super(handle);
    }

    /**
     * Opens a core, and the files that its process had mapped where it leaves out their pages.
     *
     * @param sysroot the root directory that those were in; empty: this machine's
     * @param exe stands for the process's executable, and the files beside it for those beside that; empty: none does
     * @throws org.jtrace.error.JtraceException or the subclass that fits: no core, not permitted, unsupported
     */
    public static NativeCore open(byte[] file, byte[] sysroot, byte[] exe) {
        NativeLibrary.load();
        return new NativeCore(open0(new byte[][] {file, sysroot, exe}));
    }

    /** 0 when the core does not tell. */
    public int pid() {
        return pid0(open());
    }

    /** Whether the ids of its threads are those that they had in their own pid namespace. */
    public boolean hasInnerIds() {
        return innerIds0(open());
    }

    /** When the core was last written. */
    public Instant written() {
        return Instant.ofEpochMilli(writtenMillis0(open()));
    }

    /**
     * The first threads, with their stacks. When all threads were read before, they are said to be unchanged.
     *
     * @param heapReader is asked about virtual threads; null: nobody is
     * @return words as native/sampler.h describes them
     */
    public long[] firstPart(HeapReader heapReader) {
        return part0(open(), true, heapReader);
    }

    /** The next threads. */
    public long[] nextPart(HeapReader heapReader) {
        return part0(open(), false, heapReader);
    }

    @Override
    public boolean standsStill() {
        return true;
    }

    /** What was asked for until now and is missing, one line each, of unchecked bytes. */
    public List<byte[]> missing() {
        List<byte[]> lines = new ArrayList<>();
        for (byte[] line = missing0(open(), 0); line != null; line = missing0(open(), lines.size())) {
            lines.add(line);
        }
        return lines;
    }

    private static native long open0(byte[][] names);

    private static native long[] part0(long handle, boolean first, HeapReader heapReader);

    private static native int pid0(long handle);

    private static native boolean innerIds0(long handle);

    private static native long writtenMillis0(long handle);

    /** null when there are no more. */
    private static native byte[] missing0(long handle, int index);
}
