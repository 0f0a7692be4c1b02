package org.jtrace.hotspot;

/** The target's memory, read only. Live process, core file or test bytes. Not for several threads at once. */
public interface Memory {
    /** Reads exactly {@code length} bytes from {@code address}; false, and nothing promised about {@code into}, otherwise. */
    boolean read(long address, byte[] into, int offset, int length);
}
