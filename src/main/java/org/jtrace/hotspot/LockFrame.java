package org.jtrace.hotspot;

/**
 * A frame as the stack has it, for the locks in it.
 *
 * @param address of the Method or nmethod, and {@code identity} as the sampler tells it
 * @param position bci or pc offset
 * @param base fp of an interpreted frame, sp of a compiled one; 0 when it is not known
 * @param first the number of the innermost of the frames that it stands for: compiled ones may have methods inlined
 */
public record LockFrame(Kind kind, long address, int identity, int position, long base, int first) {
    public enum Kind {
        INTERPRETED,
        COMPILED,
        NATIVE_WRAPPER,
        /** A mark that is no frame. */
        NO_FRAME,
        /** Its locks cannot be told. */
        OTHER
    }
}
