package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

/** The instance fields that a class declares, from its InstanceKlass. */
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
}
