package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

import java.util.List;

/** How the target's collector and flags lay objects out. */
final class JavaHeap {
    private static final VmItem[] COLLECTION_STATE = {COLLECTED_HEAP, COLLECTION_COUNT, COLLECTION_ACTIVE};

    private static final int LOCK_BITS = 3;
    private static final int FORWARDED = 3;
    private static final int UNLOCKED = 1;
    /** Up to 17. */
    private static final int BIAS_BITS = 7;
    private static final int BIASED = 5;
    private static final int KLASS_WORD = 8;

    private final HotSpotLayout layout;
    private final References references;
    private final boolean compressedOops;
    private final boolean compressedKlasses;
    private final boolean compactHeaders;
    private final long narrowOopBase;
    private final int narrowOopShift;
    private final long narrowKlassBase;
    private final int narrowKlassShift;

    private JavaHeap(HotSpotLayout layout, References references, VmFlags flags, TargetReader reader) {
        this.layout = layout;
        this.references = references;
        this.compressedOops = flags.bool(reader, "UseCompressedOops", false);
        // 27 has no such flag: klass pointers are always compressed.
        this.compressedKlasses = flags.bool(reader, "UseCompressedClassPointers", true);
        this.compactHeaders =
                layout.has(MARK_KLASS_SHIFT) && flags.bool(reader, "UseCompactObjectHeaders", false);
        this.narrowOopBase = reader.pointer(layout.value(NARROW_OOP_BASE));
        this.narrowOopShift = reader.i4(layout.value(NARROW_OOP_SHIFT));
        this.narrowKlassBase = reader.pointer(layout.value(NARROW_KLASS_BASE));
        this.narrowKlassShift = reader.i4(layout.value(NARROW_KLASS_SHIFT));
    }

    /** Reads the flags. They are settled before the first java.lang.Thread object exists; not earlier. */
    static JavaHeap of(Memory memory, HotSpotLayout layout, TargetReader reader) {
        VmFlags flags = VmFlags.find(
                reader,
                layout,
                List.of("UseCompressedOops", "UseCompressedClassPointers", "UseCompactObjectHeaders", "UseZGC",
                        "ZGenerational", "UseShenandoahGC"));
        return new JavaHeap(layout, references(memory, layout, flags, reader), flags, reader);
    }

    private static References references(Memory memory, HotSpotLayout layout, VmFlags flags, TargetReader reader) {
        if (!flags.bool(reader, "UseZGC", false)) {
            return flags.bool(reader, "UseShenandoahGC", false) ? new ShenandoahReferences() : new PlainReferences();
        }
        // ZGenerational exists only where there is a choice.
        if (GenerationalZReferences.areIn(layout) && flags.bool(reader, "ZGenerational", true)) {
            return new GenerationalZReferences(memory, layout);
        }
        if (!LegacyZReferences.areIn(layout)) {
            reader.fail();
        }
        return new LegacyZReferences(memory, layout);
    }

    /**
     * The number of collections so far; fails while one has the world stopped. Between two that are equal, objects were
     * not moved behind the reader's back (collectors that move them at other times keep the old copies readable).
     */
    long collections(TargetReader reader) {
        if (!tellsOfCollections()) {
            return 0;
        }
        long count = reader.unsigned(collectionCounts(reader), layout.width(COLLECTION_COUNT));
        if (reader.unsigned(collectionActive(reader), 1) != 0) {
            reader.fail();
        }
        return count;
    }

    /** Whether the VM says when a collection has the world stopped. */
    boolean tellsOfCollections() {
        return layout.hasAll(COLLECTION_STATE);
    }

    /**
     * Where the numbers of collections stand, all and full ones, 4 bytes each. The second is not exported, but follows
     * the first (collectedHeap.hpp, 21 to 27).
     */
    long collectionCounts(TargetReader reader) {
        return reader.pointer(layout.value(COLLECTED_HEAP)) + layout.offset(COLLECTION_COUNT);
    }

    /** Where it stands, in one byte, whether a collection has the world stopped. */
    long collectionActive(TargetReader reader) {
        return reader.pointer(layout.value(COLLECTED_HEAP)) + layout.offset(COLLECTION_ACTIVE);
    }

    /** Whether objects stay where they are while any thread is in Java code. */
    boolean movesInPausesOnly() {
        return references instanceof PlainReferences;
    }

    /** Whether the collector leaves old copies as they are in all pauses but those of full collections. */
    boolean slidesInFullCollectionsOnly() {
        return movesInPausesOnly();
    }

    /** The object that a reference in the VM's own memory refers to; those are never compressed. */
    long objectAtRoot(TargetReader reader, long slot) {
        return object(reader, reader.pointer(slot));
    }

    /** The object that a reference from the VM's own memory refers to. */
    long object(TargetReader reader, long reference) {
        return references.target(reader, reference);
    }

    /** The object that a reference from a thread's stack refers to. */
    long objectOnStack(TargetReader reader, long reference) {
        return references.targetOnStack(reader, reference);
    }

    /** The object that a field refers to. */
    long objectInField(TargetReader reader, long object, int offset) {
        return decodeField(reader, reader.unsigned(object + offset, fieldWidth()));
    }

    /** Bytes of a reference in an object. */
    int fieldWidth() {
        return compressedOops ? Integer.BYTES : Long.BYTES;
    }

    /** The object that what a field holds refers to. */
    long decodeField(TargetReader reader, long raw) {
        boolean isNarrow = compressedOops && raw != 0;
        return references.target(reader, isNarrow ? narrowOopBase + (raw << narrowOopShift) : raw);
    }

    /** Whether the object's header is one of a locked object. */
    boolean mayBeLocked(TargetReader reader, long object) {
        long mark = reader.pointer(object);
        boolean biased = (mark & BIAS_BITS) == BIASED;
        return (mark & LOCK_BITS) != UNLOCKED && (mark & LOCK_BITS) != FORWARDED || biased;
    }

    /** The object's class. Fails where a collection has put a forwarding pointer over it: ask again later. */
    long klass(TargetReader reader, long object) {
        if (compactHeaders) {
            long mark = reader.pointer(object);
            if ((mark & LOCK_BITS) == FORWARDED) {
                reader.fail();
            }
            return wideKlass(mark >>> layout.value(MARK_KLASS_SHIFT));
        }
        return compressedKlasses
                ? wideKlass(reader.unsigned(object + KLASS_WORD, Integer.BYTES))
                : reader.pointer(object + KLASS_WORD);
    }

    private long wideKlass(long narrow) {
        return narrowKlassBase + (narrow << narrowKlassShift);
    }

    /** Where an array's length stands: behind the klass pointer, whatever its size. */
    int arrayLengthOffset() {
        if (compactHeaders) {
            return KLASS_WORD;
        }
        return compressedKlasses ? KLASS_WORD + Integer.BYTES : KLASS_WORD + Long.BYTES;
    }
}
