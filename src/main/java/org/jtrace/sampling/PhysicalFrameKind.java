package org.jtrace.sampling;

import java.util.ArrayList;
import java.util.List;
import org.jtrace.error.JtraceException;

/** What a frame on the target's stack is: enum jt_frame_kind of native/hotspot/frame_walker.h, in its order. */
enum PhysicalFrameKind {
    NONE,
    INTERPRETED,
    COMPILED,
    COMPILED_LEAF,
    NATIVE_WRAPPER,
    VM,
    FROZEN,
    NATIVE_CODE,
    NATIVE_LOST,
    KERNEL;

    private static final PhysicalFrameKind[] BY_NUMBER = values();

    static PhysicalFrameKind of(int number) {
        return BY_NUMBER[number];
    }

    /** Both sides are built apart: a mismatch would turn frames into others. */
    static void requireSameAs(List<String> nativeNames) {
        List<String> ours = new ArrayList<>();
        for (PhysicalFrameKind kind : BY_NUMBER) {
            ours.add(kind.name());
        }
        if (!ours.equals(nativeNames)) {
            throw new JtraceException("the native library is of another build: frame kinds " + nativeNames
                    + " instead of " + ours);
        }
    }
}
