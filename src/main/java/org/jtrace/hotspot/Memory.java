package org.jtrace.hotspot;

/** The target's memory, read only. Live process, core file or test bytes. Not for several threads at once. */
public interface Memory {
    /** Reads exactly {@code length} bytes from {@code address}; false, and nothing promised about {@code into}, otherwise. */
    boolean read(long address, byte[] into, int offset, int length);

    /**
     * While this is on, what was read once is not read again. For steps whose reads need no order among themselves; what
     * must be read anew is read after another {@code keepReads}.
     */
    default void keepReads(boolean on) {}

    /** Whether it cannot change any more: what cannot be read now never can. */
    default boolean standsStill() {
        return false;
    }
}
