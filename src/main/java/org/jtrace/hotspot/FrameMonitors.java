package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

import java.util.ArrayList;
import java.util.List;

/** The objects whose monitors a frame on a thread's stack holds, or is about to enter. */
final class FrameMonitors {
    /**
     * Words from fp to where an interpreted frame's monitors end, below its fixed part, and to the pointer to its
     * locals: frame_x86.hpp. A slot for the class mirror came with 9.
     */
    private static final int MONITORS = -9;
    private static final int LOCALS = -7;
    private static final int BEFORE_MIRROR = 1;
    /** From 22 on these are words from fp (8300197 and others); no address is that small. */
    private static final long MAX_RELATIVE = 1 << 20;
    private static final long MAX_MONITOR_BYTES = 1 << 16;
    private static final int MAX_CONSTANTS = 1 << 16;
    /** Below a compiled frame's sp: the return address, and then the rbp that the called method has saved. */
    private static final int SAVED_FP = 16;
    private static final int ACC_SYNCHRONIZED = 0x20;

    private final HotSpotLayout layout;
    private final JavaHeap heap;
    private final StackResolver stacks;

    FrameMonitors(HotSpotLayout layout, JavaHeap heap, StackResolver stacks) {
        this.layout = layout;
        this.heap = heap;
        this.stacks = stacks;
    }

    /** @param frame the number of the frame that it is in */
    record Held(int frame, long object, boolean eliminated) {}

    /**
     * Newest first, null when they cannot be told.
     *
     * @param called the next younger frame, null when there is none
     */
    List<Held> read(TargetReader reader, LockFrame frame, LockFrame called) {
        return switch (frame.kind()) {
            case INTERPRETED -> frame.base() == 0 ? null : interpreted(reader, frame);
            case COMPILED -> frame.base() == 0 ? null : compiled(reader, frame, savedFramePointer(frame, called));
            case NATIVE_WRAPPER -> isSynchronized(reader, frame.address()) ? null : List.of();
            case NO_FRAME -> List.of();
            case OTHER -> null;
        };
    }

    private int slot(int slot) {
        return Long.BYTES * (layout.has(OLD_FLAG_SIZE) ? slot + BEFORE_MIRROR : slot);
    }

    private static long fromFrame(long fp, long value) {
        return Math.abs(value) < MAX_RELATIVE ? fp + Long.BYTES * value : value;
    }

    private List<Held> interpreted(TargetReader reader, LockFrame frame) {
        long end = frame.base() + slot(MONITORS);
        long begin = fromFrame(frame.base(), reader.pointer(end));
        int size = layout.offset(BASIC_OBJECT_LOCK_SIZE);
        if (begin > end || end - begin > MAX_MONITOR_BYTES || (end - begin) % Math.max(size, 1) != 0) {
            reader.fail();
        }
        List<Held> all = new ArrayList<>();
        for (long at = begin; at < end && !reader.failed(); at += size) {
            long object = heap.objectOnStack(reader, reader.pointer(at + layout.offset(BASIC_OBJECT_LOCK_OBJECT)));
            if (object != 0) {
                all.add(new Held(frame.first(), object, false));
            }
        }
        return all;
    }

    /** The object that an interpreted instance method was called on; null when there is no such frame. */
    Long receiver(TargetReader reader, LockFrame frame) {
        if (frame.kind() != LockFrame.Kind.INTERPRETED || frame.base() == 0) {
            return null;
        }
        long locals = fromFrame(frame.base(), reader.pointer(frame.base() + slot(LOCALS)));
        return heap.objectOnStack(reader, reader.pointer(locals));
    }

    /** Where a called method has saved the frame's rbp; an interpreted one may have moved its caller's sp. */
    private static long savedFramePointer(LockFrame frame, LockFrame called) {
        boolean interpreted = called != null && called.kind() == LockFrame.Kind.INTERPRETED;
        return interpreted ? called.base() : frame.base() - SAVED_FP;
    }

    private List<Held> compiled(TargetReader reader, LockFrame frame, long savedFramePointer) {
        List<MonitorValue[]> scopes = stacks.monitors(frame.address(), frame.identity(), frame.position(),
                (int) layout.value(LOCATION_NARROW_OOP));
        if (scopes == null) {
            return null;
        }
        List<Held> all = new ArrayList<>();
        for (int scope = 0; scope < scopes.size(); scope++) {
            MonitorValue[] monitors = scopes.get(scope);
            for (int i = monitors.length - 1; i >= 0; i--) {
                long object = object(reader, frame, savedFramePointer, monitors[i]);
                if (object != 0) {
                    all.add(new Held(frame.first() + scope, object, monitors[i].eliminated()));
                }
            }
        }
        return all;
    }

    private long object(TargetReader reader, LockFrame frame, long savedFramePointer, MonitorValue monitor) {
        return switch (monitor.place()) {
            case ON_STACK -> objectAt(reader, frame.base() + monitor.offset(), monitor.narrow());
            case IN_FRAME_POINTER -> objectAt(reader, savedFramePointer, monitor.narrow());
            case CONSTANT -> constant(reader, frame.address(), monitor.offset());
            case SCALAR_REPLACED, NOWHERE -> 0;
        };
    }

    private long objectAt(TargetReader reader, long slot, boolean narrow) {
        return narrow ? heap.decodeField(reader, reader.unsigned(slot, Integer.BYTES))
                : heap.objectOnStack(reader, reader.pointer(slot));
    }

    /** Of the nmethod's constants that are objects; 0 is null. */
    private long constant(TargetReader reader, long nmethod, int index) {
        if (index <= 0 || index > MAX_CONSTANTS) {
            return 0;
        }
        VmItem begin = layout.has(NMETHOD_OOPS_OFFSET) ? NMETHOD_OOPS_OFFSET : CODE_BLOB_DATA_OFFSET;
        long oops = nmethod + reader.i4(nmethod + layout.offset(begin));
        return heap.objectOnStack(reader, reader.pointer(oops + (index - 1L) * Long.BYTES));
    }

    private boolean isSynchronized(TargetReader reader, long nmethod) {
        long method = reader.pointer(nmethod + layout.offset(NMETHOD_METHOD));
        long flags = reader.unsigned(method + layout.offset(METHOD_ACCESS_FLAGS), layout.width(METHOD_ACCESS_FLAGS));
        return (flags & ACC_SYNCHRONIZED) != 0;
    }
}
