package org.jtrace.hotspot;

import java.util.Arrays;

/** The debug info of one nmethod: which bytecodes of which methods its machine code is from. Decoded when asked. */
final class DebugInfo {
    static final DebugInfo NONE = new DebugInfo(Unsigned5.PLAIN, new int[0], new int[0], new byte[0], new long[0]);

    /** Deeper inlining is no compiler's doing, but a cycle or worse in what was read. */
    static final int MAX_DEPTH = 1024;

    private static final int NO_SCOPE = 0;
    private static final int MAX_MONITORS = 256;
    /** ScopeValue and Location (debugInfo.cpp, location.hpp), the same from 8 to 27. */
    private static final int LOCATION = 0;
    private static final int CONSTANT_OOP = 2;
    private static final int OBJECT_ID = 6;
    private static final int TYPE_MASK = 0xF;
    private static final int INVALID = 0;
    private static final int OOP = 2;
    private static final int IN_REGISTER = 0x10;
    private static final int OFFSET_SHIFT = 5;
    private static final int STACK_SLOT_BYTES = 4;
    /** VMReg: two for each register. */
    private static final int RBP = 10;

    private final Unsigned5 encoding;
    private final int[] pcOffsets;
    private final int[] scopeOffsets;
    private final byte[] scopes;
    private final long[] metadata;

    /**
     * @param pcOffsets of the PcDescs, ascending as HotSpot keeps them
     * @param scopeOffsets of the PcDescs: where in scopes the innermost scope stands
     * @param metadata what scopes refer to by index, methods among it
     */
    DebugInfo(Unsigned5 encoding, int[] pcOffsets, int[] scopeOffsets, byte[] scopes, long[] metadata) {
        this.encoding = encoding;
        this.pcOffsets = pcOffsets;
        this.scopeOffsets = scopeOffsets;
        this.scopes = scopes;
        this.metadata = metadata;
    }

    int pcDescCount() {
        return pcOffsets.length;
    }

    int pcOffset(int pcDesc) {
        return pcOffsets[pcDesc];
    }

    int byteSize() {
        return scopes.length + Long.BYTES * (pcOffsets.length + metadata.length);
    }

    /**
     * The PcDesc that describes a pc: the first at or behind it. For a return address it is exact, for the pc that a
     * thread was stopped at it is HotSpot's own choice (nmethod::pc_desc_near). -1 if there is none.
     */
    int pcDescAt(int pcOffset) {
        int found = Arrays.binarySearch(pcOffsets, pcOffset);
        int index = found >= 0 ? found : -found - 1;
        return index < pcOffsets.length && pcOffsets[index] != Integer.MAX_VALUE ? index : -1;
    }

    /** The scopes of a PcDesc, innermost first. */
    ScopeCursor scopesAt(int pcDesc) {
        return new ScopeCursor(scopeOffsets[pcDesc]);
    }

    /** The scope's monitors, oldest first; null when they cannot be told. */
    private MonitorValue[] decodeMonitors(int offset, int narrowOopType) {
        if (offset == 0) {
            return new MonitorValue[0];
        }
        Unsigned5.Cursor cursor = encoding.cursor(scopes, offset, scopes.length);
        int count = cursor.next();
        if (cursor.failed() || count < 0 || count > MAX_MONITORS) {
            return null;
        }
        MonitorValue[] monitors = new MonitorValue[count];
        for (int i = 0; i < count; i++) {
            cursor.next(); // where the lock is
            MonitorValue.Place place = null;
            boolean narrow = false;
            int value = 0;
            switch (cursor.next()) {
                case LOCATION -> {
                    int location = cursor.next();
                    narrow = (location & TYPE_MASK) == narrowOopType;
                    place = placeOf(location, narrow);
                    value = (location >>> OFFSET_SHIFT) * STACK_SLOT_BYTES;
                }
                case CONSTANT_OOP -> {
                    place = MonitorValue.Place.CONSTANT;
                    value = cursor.next();
                }
                case OBJECT_ID -> {
                    place = MonitorValue.Place.SCALAR_REPLACED;
                    value = cursor.next();
                }
                default -> { }
            }
            monitors[i] = place == null ? null : new MonitorValue(place, narrow, value, cursor.nextByte() != 0);
            if (monitors[i] == null || cursor.failed()) {
                return null;
            }
        }
        return monitors;
    }

    /** null for what cannot hold an object across a call. */
    private static MonitorValue.Place placeOf(int location, boolean narrow) {
        int type = location & TYPE_MASK;
        if (type == INVALID) {
            return MonitorValue.Place.NOWHERE;
        }
        if (type != OOP && !narrow) {
            return null;
        }
        if ((location & IN_REGISTER) == 0) {
            return MonitorValue.Place.ON_STACK;
        }
        return location >>> OFFSET_SHIFT == RBP ? MonitorValue.Place.IN_FRAME_POINTER : null;
    }

    /** Each scope is a method and where it is; the last is the nmethod's own, the others are inlined. */
    final class ScopeCursor {
        private int offset;
        private int depth;
        private long method;
        private int bci;
        private int monitors;
        private boolean sound = true;

        private ScopeCursor(int offset) {
            this.offset = offset;
        }

        /** To the next scope; false behind the last, or when what comes is not {@link #sound()}. */
        boolean next() {
            if (offset == NO_SCOPE) {
                return false;
            }
            Unsigned5.Cursor cursor = encoding.cursor(scopes, offset, scopes.length);
            int senderOffset = cursor.next();
            int methodIndex = cursor.next();
            bci = cursor.next() - 1;
            // The recorder writes callers first, so offsets must fall: whatever the bytes are, this ends.
            sound = !cursor.failed() && senderOffset >= NO_SCOPE && senderOffset < offset
                    && methodIndex > 0 && methodIndex <= metadata.length && ++depth <= MAX_DEPTH;
            method = sound ? metadata[methodIndex - 1] : 0;
            offset = sound ? senderOffset : NO_SCOPE;
            cursor.next(); // locals
            cursor.next(); // expressions
            monitors = cursor.next();
            monitors = cursor.failed() ? -1 : monitors;
            return sound;
        }

        /** The monitors that the method holds, oldest first; null when they cannot be told. */
        MonitorValue[] monitors(int narrowOopType) {
            return monitors < 0 ? null : decodeMonitors(monitors, narrowOopType);
        }

        /** Address of its Method. */
        long method() {
            return method;
        }

        int bci() {
            return bci;
        }

        boolean isBottom() {
            return offset == NO_SCOPE;
        }

        boolean sound() {
            return sound;
        }
    }
}
