package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

/** The fields that a class declares, from its InstanceKlass: where they are in an object, and of what type. */
final class KlassFields {
    /** 21 and later. */
    static final VmItem[] IN_STREAM = {
        KLASS_FIELD_STREAM, FIELD_INITIALIZED_BIT, FIELD_GENERIC_BIT, FIELD_CONTENDED_BIT
    };
    /** Up to 20. */
    static final VmItem[] IN_SLOTS = {
        KLASS_FIELDS, KLASS_FIELD_COUNT, FIELD_SLOTS, FIELD_NAME_SLOT, FIELD_SIGNATURE_SLOT, FIELD_LOW_OFFSET_SLOT,
        FIELD_HIGH_OFFSET_SLOT, FIELD_TAG_BITS
    };

    private static final int MAX_ARRAY_BYTES = 1 << 16;
    private static final int MAX_SUPERS = 16;

    private final HotSpotLayout layout;
    private final Symbols symbols;

    KlassFields(HotSpotLayout layout, Symbols symbols) {
        this.layout = layout;
        this.symbols = symbols;
    }

    record Field(int offset, String signature) {}

    /** null when the class declares no such field. */
    Field find(TargetReader reader, long klass, String name) {
        long pool = reader.pointer(klass + layout.offset(KLASS_CONSTANTS));
        int poolLength = reader.i4(pool + layout.offset(CONSTANT_POOL_LENGTH));
        FieldIterator fields = layout.has(KLASS_FIELD_STREAM) ? stream(reader, klass) : slots(reader, klass);
        while (!reader.failed() && fields.next()) {
            if (symbols.inPool(reader, pool, poolLength, fields.nameIndex()).equals(name)) {
                return new Field(fields.offset(), symbols.inPool(reader, pool, poolLength, fields.signatureIndex()));
            }
        }
        return null;
    }

    /** The field of that name of the class, or of the nearest of its superclasses; null when there is none. */
    Field findInherited(TargetReader reader, long klass, String name) {
        long declaring = klass;
        for (int i = 0; declaring != 0 && i < MAX_SUPERS && !reader.failed(); i++) {
            Field found = find(reader, declaring, name);
            if (found != null) {
                return found;
            }
            declaring = reader.pointer(declaring + layout.offset(KLASS_SUPER));
        }
        return null;
    }

    /**
     * The offset of a field that the VM itself has added; -1 when there is none, or none can be told (up to 20).
     *
     * @param index their order is that of the VM's source (javaClasses.hpp)
     */
    int injectedOffset(TargetReader reader, long klass, int index) {
        if (!layout.has(KLASS_FIELD_STREAM)) {
            return -1;
        }
        StreamIterator fields = stream(reader, klass);
        int position = fields.declared() + index;
        int offset = -1;
        for (int i = 0; i <= position && !reader.failed(); i++) {
            offset = fields.nextOfAll() ? fields.offset() : -1;
        }
        return offset;
    }

    private interface FieldIterator {
        boolean next();

        int nameIndex();

        int signatureIndex();

        int offset();
    }

    private StreamIterator stream(TargetReader reader, long klass) {
        long array = reader.pointer(klass + layout.offset(KLASS_FIELD_STREAM));
        int length = reader.i4(array + layout.offset(ARRAY_LENGTH));
        return new StreamIterator(elements(reader, array + layout.offset(ARRAY_U1_DATA), length).bytes);
    }

    private FieldIterator slots(TargetReader reader, long klass) {
        int count = (int) reader.unsigned(
                klass + layout.offset(KLASS_FIELD_COUNT), layout.width(KLASS_FIELD_COUNT));
        long array = reader.pointer(klass + layout.offset(KLASS_FIELDS));
        int slotBytes = Short.BYTES * (int) layout.value(FIELD_SLOTS);
        return new SlotIterator(elements(reader, array + layout.offset(ARRAY_U2_DATA), count * slotBytes), count);
    }

    private static TargetReader.Block elements(TargetReader reader, long address, int length) {
        if (length < 0 || length > MAX_ARRAY_BYTES) {
            reader.fail();
        }
        return reader.block(address, length);
    }

    /** FieldInfoStream: the number of fields and of injected ones, then per field some numbers, some by its flags. */
    private final class StreamIterator implements FieldIterator {
        private final Unsigned5.Cursor cursor;
        private final int declared;
        private final int all;
        private int read;
        private int nameIndex;
        private int signatureIndex;
        private int offset;

        StreamIterator(byte[] stream) {
            cursor = Unsigned5.WITHOUT_ZERO.cursor(stream, 0, stream.length);
            declared = cursor.next();
            all = declared + cursor.next(); // the injected fields come last and have no name in the constant pool
        }

        int declared() {
            return declared;
        }

        @Override
        public boolean next() {
            return read < declared && nextOfAll();
        }

        boolean nextOfAll() {
            if (read++ >= all) {
                return false;
            }
            nameIndex = cursor.next();
            signatureIndex = cursor.next();
            offset = cursor.next();
            cursor.next(); // access flags
            int flags = cursor.next();
            skipIf(flags, FIELD_INITIALIZED_BIT);
            skipIf(flags, FIELD_GENERIC_BIT);
            skipIf(flags, FIELD_CONTENDED_BIT);
            return !cursor.failed();
        }

        private void skipIf(int flags, VmItem bit) {
            if ((flags >> layout.value(bit) & 1) != 0) {
                cursor.next();
            }
        }

        @Override
        public int nameIndex() {
            return nameIndex;
        }

        @Override
        public int signatureIndex() {
            return signatureIndex;
        }

        @Override
        public int offset() {
            return offset;
        }
    }

    /** FieldInfo: a fixed number of u2 slots per field; two of them are the offset, above tag bits. */
    private final class SlotIterator implements FieldIterator {
        private final TargetReader.Block slots;
        private final int count;
        private int index = -1;

        SlotIterator(TargetReader.Block slots, int count) {
            this.slots = slots;
            this.count = count;
        }

        @Override
        public boolean next() {
            return ++index < count;
        }

        @Override
        public int nameIndex() {
            return slot(FIELD_NAME_SLOT);
        }

        @Override
        public int signatureIndex() {
            return slot(FIELD_SIGNATURE_SLOT);
        }

        @Override
        public int offset() {
            return (slot(FIELD_HIGH_OFFSET_SLOT) << Short.SIZE | slot(FIELD_LOW_OFFSET_SLOT))
                    >>> (int) layout.value(FIELD_TAG_BITS);
        }

        private int slot(VmItem slot) {
            long position = index * layout.value(FIELD_SLOTS) + layout.value(slot);
            return (int) slots.unsigned((int) position * Short.BYTES, Short.BYTES);
        }
    }
}
