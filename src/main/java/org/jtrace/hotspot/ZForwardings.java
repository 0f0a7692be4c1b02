package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

/**
 * ZGC's record of where it moved objects to. References to them stay as they were until someone uses them, and the
 * memory that they point to has been given back or reused long since.
 */
final class ZForwardings {
    static final VmItem[] NEEDED = {
        COLLECTED_HEAP, Z_GRANULE_SHIFT, Z_GRANULE_MAP, Z_FORWARDING_SIZE, LEGACY_Z_FORWARDING_SIZE, Z_FORWARDING_START,
        Z_FORWARDING_ALIGNMENT_SHIFT, Z_FORWARDING_ENTRIES
    };

    /** From zForwarding.hpp: not exported. A slot is a bit that says it is used, the new offset and the old index. */
    private static final int TO_OFFSET_SHIFT = 1;
    private static final int TO_OFFSET_BITS = 45;
    private static final int FROM_INDEX_SHIFT = 46;

    private static final long MAX_ENTRIES = 1 << 24;
    /** Half of the slots are free, so runs are short. */
    private static final int MAX_PROBES = 1024;

    private final Memory memory;
    private final HotSpotLayout layout;
    private final VmItem size;

    /** @param size the row of the collector's own ZForwarding: 21 has two collectors */
    ZForwardings(Memory memory, HotSpotLayout layout, VmItem size) {
        this.memory = memory;
        this.layout = layout;
        this.size = size;
    }

    /** The offset that the object moved to, -1 if it did not. {@code table} is the address of a ZForwardingTable. */
    long newOffset(long table, long offset) {
        TargetReader reader = new TargetReader(memory);
        long map = reader.pointer(table + layout.offset(Z_GRANULE_MAP));
        long forwarding = reader.pointer(map + (offset >>> layout.value(Z_GRANULE_SHIFT)) * Long.BYTES);
        TargetReader.Block header = reader.block(forwarding, layout.offset(size));
        long start = header.pointer(layout.offset(Z_FORWARDING_START));
        long alignmentShift = header.pointer(layout.offset(Z_FORWARDING_ALIGNMENT_SHIFT));
        long length = header.pointer(layout.offset(Z_FORWARDING_ENTRIES));
        boolean isSound = Long.bitCount(length) == 1 && length <= MAX_ENTRIES && alignmentShift >= 0
                && alignmentShift < Long.SIZE && offset >= start;
        if (reader.failed() || !isSound) {
            return -1;
        }
        long entries = forwarding + (layout.offset(size) + 7 & ~7);
        return find(reader, entries, length - 1, (offset - start) >>> alignmentShift);
    }

    private static long find(TargetReader reader, long entries, long mask, long fromIndex) {
        long slot = hash((int) fromIndex) & mask;
        for (int probe = 0; probe < MAX_PROBES; probe++) {
            long entry = reader.pointer(entries + slot * Long.BYTES);
            if ((entry & 1) == 0) {
                return -1;
            }
            if (entry >>> FROM_INDEX_SHIFT == fromIndex) {
                return (entry >>> TO_OFFSET_SHIFT) & ((1L << TO_OFFSET_BITS) - 1);
            }
            slot = (slot + 1) & mask;
        }
        return -1;
    }

    /** ZHash::uint32_to_uint32. */
    static int hash(int key) {
        int hash = ~key + (key << 15);
        hash ^= hash >>> 12;
        hash += hash << 2;
        hash ^= hash >>> 4;
        hash *= 2057;
        return hash ^ (hash >>> 16);
    }
}
