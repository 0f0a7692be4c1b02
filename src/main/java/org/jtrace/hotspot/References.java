package org.jtrace.hotspot;

/** What a full-size reference, in the heap or in the VM's own memory, refers to. Depends on the collector. */
sealed interface References permits PlainReferences, ShenandoahReferences, LegacyZReferences, GenerationalZReferences {
    /** The object's address; 0 for null. */
    long target(TargetReader reader, long reference);

    /** What a reference in a thread's stack refers to. */
    default long targetOnStack(TargetReader reader, long reference) {
        return target(reader, reference);
    }
}
