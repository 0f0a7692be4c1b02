package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

import java.util.Map;

/** The VM's -XX flags. */
final class VmFlags {
    /** Twice what any release has. */
    private static final int MAX_FLAGS = 4096;

    private final Memory memory;
    private final HotSpotLayout layout;

    VmFlags(Memory memory, HotSpotLayout layout) {
        this.memory = memory;
        this.layout = layout;
    }

    /** Looks flags up in one pass over the table: puts the address of its value at each name that the VM knows. */
    boolean find(Map<String, Long> addressByName) {
        TargetReader reader = new TargetReader(memory);
        long table = reader.pointer(layout.value(FLAG_TABLE));
        long count = reader.pointer(layout.value(FLAG_COUNT));
        int size = layout.offset(FLAG_SIZE);
        if (count <= 0 || count > MAX_FLAGS) {
            return false;
        }
        TargetReader.Block flags = reader.block(table, (int) count * size);
        for (int i = 0; i < count && !reader.failed(); i++) {
            long name = flags.pointer(i * size + layout.offset(FLAG_NAME));
            if (name == 0) {
                break; // the table's end
            }
            long address = flags.pointer(i * size + layout.offset(FLAG_ADDRESS));
            addressByName.computeIfPresent(reader.cString(name), (key, old) -> address);
        }
        return !reader.failed();
    }
}
