package org.jtrace.hotspot;

import java.util.HashMap;
import java.util.Map;

/** Fields of objects by name, whatever their class: it and its superclasses are searched. */
final class ObjectFields {
    private static final int NOT_THERE = -1;

    private final KlassFields fields;
    private final Map<Key, Integer> offsets = new HashMap<>();

    ObjectFields(KlassFields fields) {
        this.fields = fields;
    }

    private record Key(long klass, String field) {}

    boolean has(TargetReader reader, JavaHeap heap, long object, String field) {
        return offset(reader, heap.klass(reader, object), field) != NOT_THERE;
    }

    /** What a field refers to; the reader fails when there is no such field. */
    long follow(TargetReader reader, JavaHeap heap, long object, String field) {
        int offset = offset(reader, heap.klass(reader, object), field);
        if (offset == NOT_THERE) {
            reader.fail();
        }
        return reader.failed() ? 0 : heap.objectInField(reader, object, offset);
    }

    /** A field of type int; the reader fails when there is none of that name. */
    int number(TargetReader reader, JavaHeap heap, long object, String field) {
        int offset = offset(reader, heap.klass(reader, object), field);
        if (offset == NOT_THERE) {
            reader.fail();
        }
        return reader.failed() ? 0 : reader.i4(object + offset);
    }

    /** The same of type long. */
    long wide(TargetReader reader, JavaHeap heap, long object, String field) {
        int offset = offset(reader, heap.klass(reader, object), field);
        if (offset == NOT_THERE) {
            reader.fail();
        }
        return reader.failed() ? 0 : reader.pointer(object + offset);
    }

    private int offset(TargetReader reader, long klass, String field) {
        Key key = new Key(klass, field);
        Integer known = offsets.get(key);
        if (known == null) {
            KlassFields.Field found = fields.findInherited(reader, klass, field);
            known = found == null ? NOT_THERE : found.offset();
            if (!reader.failed()) {
                offsets.put(key, known);
            }
        }
        return known;
    }
}
