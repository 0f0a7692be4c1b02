package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

/**
 * {@link ZForwardings} as JDK 11 keeps them: each page that is being emptied has its own, and stays in the table of
 * pages until no reference to it is left.
 */
final class ZPageForwardings {
    static final VmItem[] NEEDED = {
        COLLECTED_HEAP, Z_PAGE_MAP, Z_PAGE_MAP_ENTRIES, Z_PAGE_MIN_SHIFT, Z_PAGE_TYPE, Z_PAGE_TYPE_SMALL,
        Z_PAGE_VIRTUAL, Z_PAGE_FORWARDING, Z_VIRTUAL_START, Z_FORWARDING_TABLE_SLOTS, Z_FORWARDING_TABLE_SIZE,
        Z_SMALL_ALIGNMENT_SHIFT
    };

    /** From zPageTableEntry.hpp and zForwardingTableEntry.hpp of 11: not exported. */
    private static final long RELOCATING = 1;
    private static final long EMPTY = -1;
    private static final int FROM_INDEX_SHIFT = 42;

    private static final long MAX_ENTRIES = 1 << 24;
    private static final int MAX_PROBES = 1024;

    private final Memory memory;
    private final HotSpotLayout layout;

    ZPageForwardings(Memory memory, HotSpotLayout layout) {
        this.memory = memory;
        this.layout = layout;
    }

    /**
     * The offset that the object moved to, -1 if it did not. Objects of medium and large pages, which no name of a
     * thread fills, are not looked for.
     */
    long newOffset(long heap, long globals, long offset) {
        TargetReader reader = new TargetReader(memory);
        long map = reader.pointer(heap + layout.offset(Z_PAGE_MAP) + layout.offset(Z_PAGE_MAP_ENTRIES));
        long entry = reader.pointer(map + (offset >>> layout.value(Z_PAGE_MIN_SHIFT)) * Long.BYTES);
        long page = entry & ~RELOCATING;
        boolean isSmall = page != 0
                && reader.unsigned(page + layout.offset(Z_PAGE_TYPE), 1) == layout.value(Z_PAGE_TYPE_SMALL);
        if (!isSmall || (entry & RELOCATING) == 0) {
            return -1;
        }
        long start = reader.pointer(page + layout.offset(Z_PAGE_VIRTUAL) + layout.offset(Z_VIRTUAL_START));
        int alignmentShift = reader.i4(reader.pointer(globals + layout.offset(Z_SMALL_ALIGNMENT_SHIFT)));
        return find(reader, page + layout.offset(Z_PAGE_FORWARDING), (offset - start) >>> alignmentShift);
    }

    private long find(TargetReader reader, long table, long fromIndex) {
        long slots = reader.pointer(table + layout.offset(Z_FORWARDING_TABLE_SLOTS));
        long size = reader.pointer(table + layout.offset(Z_FORWARDING_TABLE_SIZE));
        if (reader.failed() || Long.bitCount(size) != 1 || size > MAX_ENTRIES) {
            return -1;
        }
        long slot = ZForwardings.hash((int) fromIndex) & (size - 1);
        for (int probe = 0; probe < MAX_PROBES; probe++) {
            long entry = reader.pointer(slots + slot * Long.BYTES);
            if (entry == EMPTY || reader.failed()) {
                return -1;
            }
            if (entry >>> FROM_INDEX_SHIFT == fromIndex) {
                return entry & ((1L << FROM_INDEX_SHIFT) - 1);
            }
            slot = (slot + 1) & (size - 1);
        }
        return -1;
    }
}
