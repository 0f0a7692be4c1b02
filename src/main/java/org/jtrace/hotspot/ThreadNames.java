package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

/**
 * Names of Java threads, from their java.lang.Thread objects. Where fields are comes from the classes' own
 * descriptions, so no object but a string needs to be what it seems.
 */
public final class ThreadNames {
    private static final long NO_SLOT = 0;

    private final Memory memory;
    private final HotSpotLayout layout;
    private final KlassFields fields;
    private final boolean available;
    private ThreadObjects objects;

    ThreadNames(Memory memory, HotSpotLayout layout, Symbols symbols) {
        this.memory = memory;
        this.layout = layout;
        this.fields = new KlassFields(layout, symbols);
        this.available = VmFeature.THREAD_NAMES.availableIn(layout);
    }

    /** What is settled once the VM has its first thread object. */
    private record ThreadObjects(JavaHeap heap, JavaStrings strings, KlassFields.Field name) {}

    /**
     * Null when it cannot be read now: the thread is just starting or ending, or a collection is moving things. To ask
     * again later is worth it.
     */
    public String name(long javaThreadAddress) {
        if (!available) {
            return null;
        }
        TargetReader reader = new TargetReader(memory);
        return nameAt(reader, rootSlot(reader, javaThreadAddress, JAVA_THREAD_OBJECT));
    }

    /** Where the reference stands: in the JavaThread itself in 8 and 11, behind an OopHandle in 17 and later. */
    long rootSlot(TargetReader reader, long javaThread, VmItem field) {
        long address = javaThread + layout.offset(field);
        return layout.type(field).equals("OopHandle") ? reader.pointer(address) : address;
    }

    /** The name of a thread whose object is known; null when it cannot be read now. */
    String nameOf(long thread) {
        TargetReader reader = new TargetReader(memory);
        ThreadObjects known = available ? objects(reader) : null;
        return known == null ? null : readTwice(reader, known, NO_SLOT, thread);
    }

    /** How objects are laid out; null when that cannot be read. For a VM that has thread objects. */
    JavaHeap heap(TargetReader reader) {
        ThreadObjects known = available ? objects(reader) : null;
        return known == null ? null : known.heap;
    }

    private String nameAt(TargetReader reader, long slot) {
        ThreadObjects known = objects(reader, slot);
        return known == null ? null : readTwice(reader, known, slot, 0);
    }

    /**
     * Of the thread that the slot refers to, if there is one.
     *
     * <p>Reads the name twice: while it is read, a concurrent collector may give its memory away, a field at a time, and a
     * class pointer that is right at first proves nothing about the fields that are read next.
     */
    private static String readTwice(TargetReader reader, ThreadObjects known, long slot, long thread) {
        long collections = known.heap.collections(reader);
        String name = readName(reader, known, slot, thread);
        boolean same = readName(reader, known, slot, thread).equals(name)
                && known.heap.collections(reader) == collections;
        return same && !reader.failed() ? name : null;
    }

    private static String readName(TargetReader reader, ThreadObjects known, long slot, long thread) {
        long object = slot == NO_SLOT ? thread : known.heap.objectAtRoot(reader, slot);
        long name = known.heap.objectInField(reader, object, known.name.offset());
        // In early 8 the name is an array of char.
        return known.name.signature().equals("[C")
                ? known.strings.readArray(reader, name, true)
                : known.strings.read(reader, name);
    }

    /** @param slot of a reference to a thread object: before there is one, flags and classes may not be ready */
    private ThreadObjects objects(TargetReader reader, long slot) {
        return objects != null || reader.pointer(slot) != 0 ? objects(reader) : null;
    }

    private ThreadObjects objects(TargetReader reader) {
        if (objects == null && !reader.failed()) {
            JavaHeap heap = JavaHeap.of(memory, layout, reader);
            JavaStrings strings = JavaStrings.of(layout, heap, fields, reader);
            KlassFields.Field name = fields.find(reader, reader.pointer(layout.value(THREAD_KLASS)), "name");
            objects = reader.failed() || name == null ? null : new ThreadObjects(heap, strings, name);
        }
        return reader.failed() ? null : objects;
    }
}
