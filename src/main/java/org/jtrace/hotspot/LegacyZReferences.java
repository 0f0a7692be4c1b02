package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

/**
 * ZGC without generations (11 to 23): a reference is an offset into the heap and a colour above it, and the heap is
 * mapped once for each colour.
 */
final class LegacyZReferences implements References {
    private static final VmItem[] NEEDED = {LEGACY_Z_GLOBALS, LEGACY_Z_GOOD_MASK};
    private static final VmItem[] NEEDED_TO_FORWARD = {
        LEGACY_Z_WEAK_BAD_MASK, LEGACY_Z_HEAP, LEGACY_Z_FORWARDING_TABLE
    };
    /** In 11. */
    private static final VmItem[] NEEDED_TO_FORWARD_BY_PAGE = {LEGACY_Z_WEAK_BAD_MASK, LEGACY_Z_HEAP};

    private final HotSpotLayout layout;
    private final ZForwardings forwardings;
    private final ZPageForwardings pageForwardings;
    private final boolean knowsForwardings;
    private final boolean knowsPageForwardings;

    LegacyZReferences(Memory memory, HotSpotLayout layout) {
        this.layout = layout;
        this.forwardings = new ZForwardings(memory, layout, LEGACY_Z_FORWARDING_SIZE);
        this.pageForwardings = new ZPageForwardings(memory, layout);
        this.knowsForwardings = layout.hasAll(NEEDED_TO_FORWARD) && layout.hasAll(ZForwardings.NEEDED);
        this.knowsPageForwardings =
                layout.hasAll(NEEDED_TO_FORWARD_BY_PAGE) && layout.hasAll(ZPageForwardings.NEEDED);
    }

    static boolean areIn(HotSpotLayout layout) {
        return layout.hasAll(NEEDED)
                && (layout.has(LEGACY_Z_OFFSET_MASK) || layout.has(LEGACY_Z_OFFSET_MASK_VALUE));
    }

    @Override
    public long target(TargetReader reader, long reference) {
        if (reference == 0) {
            return 0;
        }
        long globals = reader.pointer(layout.value(LEGACY_Z_GLOBALS));
        long offset = reference & offsetMask(reader, globals);
        boolean canFollow = knowsForwardings || knowsPageForwardings;
        if (canFollow && (reference & global(reader, globals, LEGACY_Z_WEAK_BAD_MASK)) != 0) {
            long moved = newOffset(reader, globals, offset);
            offset = moved >= 0 ? moved : offset;
        }
        return offset | global(reader, globals, LEGACY_Z_GOOD_MASK);
    }

    private long newOffset(TargetReader reader, long globals, long offset) {
        long heap = reader.pointer(layout.value(COLLECTED_HEAP)) + layout.offset(LEGACY_Z_HEAP);
        return knowsForwardings
                ? forwardings.newOffset(heap + layout.offset(LEGACY_Z_FORWARDING_TABLE), offset)
                : pageForwardings.newOffset(heap, globals, offset);
    }

    private long offsetMask(TargetReader reader, long globals) {
        return layout.has(LEGACY_Z_OFFSET_MASK)
                ? global(reader, globals, LEGACY_Z_OFFSET_MASK)
                : layout.value(LEGACY_Z_OFFSET_MASK_VALUE);
    }

    /** The structure holds pointers to the collector's variables. */
    private long global(TargetReader reader, long globals, VmItem field) {
        return reader.pointer(reader.pointer(globals + layout.offset(field)));
    }
}
