package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

/**
 * ZGC with generations (21 and later): a reference is an address with a colour below it. One of four colour bits says
 * which relocations of the young and of the old generation it has caught up with.
 */
final class GenerationalZReferences implements References {
    private static final VmItem[] NEEDED = {Z_GLOBALS, Z_LOAD_GOOD_MASK, Z_LOAD_BAD_MASK, Z_OFFSET_MASK};
    private static final VmItem[] NEEDED_TO_FORWARD = {Z_HEAP, Z_HEAP_SIZE, Z_PAGE_ALLOCATOR, Z_PAGE_TABLE};

    /** From zAddress.hpp: not exported. */
    private static final int REMAPPED_SHIFT = 12;
    private static final int REMAPPED_BITS = 0xF;
    private static final int REMEMBERED_BITS = 0x30;
    /** Which of the four bits it is: its number's bit 0 flips with young relocations, bit 1 with old ones. */
    private static final int YOUNG = 1;
    private static final int OLD = 2;

    private final HotSpotLayout layout;
    private final ZForwardings forwardings;
    private final boolean knowsForwardings;
    private long youngTable;
    private long oldTable;

    GenerationalZReferences(Memory memory, HotSpotLayout layout) {
        this.layout = layout;
        this.forwardings = new ZForwardings(memory, layout, Z_FORWARDING_SIZE);
        this.knowsForwardings = layout.hasAll(NEEDED_TO_FORWARD) && layout.hasAll(ZForwardings.NEEDED);
    }

    static boolean areIn(HotSpotLayout layout) {
        return layout.hasAll(NEEDED);
    }

    @Override
    public long target(TargetReader reader, long reference) {
        int colour = colour(reference);
        if (Integer.bitCount(colour) != 1) {
            return 0; // null before it was ever coloured, or no reference at all
        }
        // x86: the address is shifted less the lower the colour bit, so that the bits below the address are zero.
        long address = reference >>> (REMAPPED_SHIFT + Integer.SIZE - Integer.numberOfLeadingZeros(colour));
        long globals = reader.pointer(layout.value(Z_GLOBALS));
        if (address == 0 || !knowsForwardings || (reference & global(reader, globals, Z_LOAD_BAD_MASK)) == 0) {
            return address;
        }
        int goodColour = colour(global(reader, globals, Z_LOAD_GOOD_MASK));
        long offsetMask = global(reader, globals, Z_OFFSET_MASK);
        long moved = newOffset(reader, reference, number(colour) ^ number(goodColour), address & offsetMask);
        return moved >= 0 ? address & ~offsetMask | moved : address;
    }

    /** On the stack they have no colour: they are brought up to date before the thread runs on. */
    @Override
    public long targetOnStack(TargetReader reader, long reference) {
        return reference;
    }

    /** As ZBarrier::remap_generation decides; the tables of the other generation may have reused the same addresses. */
    private long newOffset(TargetReader reader, long reference, int stale, long offset) {
        if (!findTables(reader)) {
            return -1;
        }
        if (stale == YOUNG) {
            return forwardings.newOffset(youngTable, offset);
        }
        boolean isOldToOld = (reference & REMEMBERED_BITS) == REMEMBERED_BITS;
        if (stale == OLD || isOldToOld) {
            return forwardings.newOffset(oldTable, offset);
        }
        long moved = forwardings.newOffset(youngTable, offset);
        return moved >= 0 ? moved : forwardings.newOffset(oldTable, offset);
    }

    /**
     * The forwarding tables are not exported. In each ZGeneration, a part of ZHeap, the table follows pointers to the
     * heap's page allocator and page table, and before these stands the generation's id: 0 young, 1 old.
     */
    private boolean findTables(TargetReader reader) {
        if (youngTable != 0 && oldTable != 0) {
            return true;
        }
        long heap = reader.pointer(layout.value(COLLECTED_HEAP)) + layout.offset(Z_HEAP);
        TargetReader.Block words = reader.block(heap, layout.offset(Z_HEAP_SIZE));
        long pageAllocator = heap + layout.offset(Z_PAGE_ALLOCATOR);
        long pageTable = heap + layout.offset(Z_PAGE_TABLE);
        int last = words.bytes.length - 3 * Long.BYTES;
        for (int i = Long.BYTES; i <= last; i += Long.BYTES) {
            if (words.pointer(i) == pageAllocator && words.pointer(i + Long.BYTES) == pageTable) {
                long id = words.unsigned(i - Long.BYTES, 1);
                youngTable = id == 0 ? heap + i + 2 * Long.BYTES : youngTable;
                oldTable = id == 1 ? heap + i + 2 * Long.BYTES : oldTable;
            }
        }
        return youngTable != 0 && oldTable != 0;
    }

    private static int colour(long reference) {
        return (int) (reference >>> REMAPPED_SHIFT) & REMAPPED_BITS;
    }

    private static int number(int colour) {
        return Integer.numberOfTrailingZeros(colour);
    }

    private long global(TargetReader reader, long globals, VmItem field) {
        return reader.pointer(reader.pointer(globals + layout.offset(field)));
    }
}
