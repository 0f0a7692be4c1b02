package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

import java.util.HashMap;
import java.util.Map;

/** Fields of objects by name, whatever their class: it and its superclasses are searched. */
final class ObjectFields {
    private static final int MAX_SUPERS = 16;
    private static final int NOT_THERE = -1;

    private final HotSpotLayout layout;
    private final KlassFields fields;
    private final Map<Key, Integer> offsets = new HashMap<>();

    ObjectFields(HotSpotLayout layout, KlassFields fields) {
        this.layout = layout;
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
            known = search(reader, klass, field);
            if (!reader.failed()) {
                offsets.put(key, known);
            }
        }
        return known;
    }

    private int search(TargetReader reader, long klass, String field) {
        long declaring = klass;
        for (int i = 0; declaring != 0 && i < MAX_SUPERS && !reader.failed(); i++) {
            KlassFields.Field found = fields.find(reader, declaring, field);
            if (found != null) {
                return found.offset();
            }
            declaring = reader.pointer(declaring + layout.offset(KLASS_SUPER));
        }
        return NOT_THERE;
    }
}
