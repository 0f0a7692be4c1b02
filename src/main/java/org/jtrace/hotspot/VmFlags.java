package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The VM's -XX flags, those that were asked for. */
final class VmFlags {
    /** Twice what any release has. */
    private static final int MAX_FLAGS = 4096;

    private final Map<String, Long> addresses = new HashMap<>();

    private VmFlags() {}

    /** Finds the flags in one pass over the VM's table, whose entries' names are strings anywhere in libjvm. */
    static VmFlags find(TargetReader reader, HotSpotLayout layout, List<String> names) {
        VmFlags found = new VmFlags();
        long count = reader.pointer(layout.value(FLAG_COUNT));
        if (count <= 0 || count > MAX_FLAGS) {
            reader.fail();
        }
        int size = layout.offset(FLAG_SIZE);
        TargetReader.Block table = reader.block(reader.pointer(layout.value(FLAG_TABLE)), (int) count * size);
        for (int i = 0; i < count && !reader.failed(); i++) {
            long nameAddress = table.pointer(i * size + layout.offset(FLAG_NAME));
            if (nameAddress == 0) {
                break; // the last entry is empty
            }
            String name = reader.cString(nameAddress);
            if (names.contains(name)) {
                found.addresses.put(name, table.pointer(i * size + layout.offset(FLAG_ADDRESS)));
            }
        }
        return found;
    }

    /** A bool flag's value; what is assumed where the VM has no such flag. */
    boolean bool(TargetReader reader, String name, boolean whenAbsent) {
        Long address = addresses.get(name);
        return address == null ? whenAbsent : reader.unsigned(address, 1) != 0;
    }
}
