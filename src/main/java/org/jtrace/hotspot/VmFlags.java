package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Those of the VM's -XX flags that were asked for. */
final class VmFlags {
    /** Twice what any release has. */
    private static final int MAX_FLAGS = 4096;

    private final Map<String, Long> addresses = new HashMap<>();

    private VmFlags() {}

    /** Finds the flags in one pass over the VM's table. */
    static VmFlags find(TargetReader reader, HotSpotLayout layout, List<String> wanted) {
        long count = reader.pointer(layout.value(FLAG_COUNT));
        if (count <= 0 || count > MAX_FLAGS) {
            reader.fail();
        }
        int size = layout.offset(FLAG_SIZE);
        TargetReader.Block table = reader.block(reader.pointer(layout.value(FLAG_TABLE)), (int) count * size);
        long[] names = new long[(int) (reader.failed() ? 0 : count)];
        for (int i = 0; i < names.length; i++) {
            names[i] = table.pointer(i * size + layout.offset(FLAG_NAME));
        }
        VmFlags found = new VmFlags();
        NameText text = NameText.read(reader, names);
        for (int i = 0; i < names.length && !reader.failed(); i++) {
            String name = names[i] == 0 ? null : text.oneOf(wanted, names[i]); // the last entry is empty
            if (name != null) {
                found.addresses.put(name, table.pointer(i * size + layout.offset(FLAG_ADDRESS)));
            }
        }
        return found;
    }

    /** The part of libjvm's literals that holds all names: one read of some hundred KiB instead of thousands. */
    private static final class NameText {
        private static final int MAX_BYTES = 8 << 20;
        private static final int MAX_NAME = 64;

        private final long start;
        private final byte[] bytes;

        private NameText(long start, byte[] bytes) {
            this.start = start;
            this.bytes = bytes;
        }

        static NameText read(TargetReader reader, long[] names) {
            long first = Long.MAX_VALUE;
            long last = 0;
            for (long name : names) {
                first = name == 0 ? first : Math.min(first, name);
                last = Math.max(last, name);
            }
            long length = last - first + MAX_NAME;
            if (length < 0 || length > MAX_BYTES) {
                reader.fail();
            }
            return new NameText(first, reader.block(first, (int) length).bytes);
        }

        /** The wanted name that stands there, or null. */
        String oneOf(List<String> wanted, long address) {
            for (String name : wanted) {
                if (isAt(name, (int) (address - start))) {
                    return name;
                }
            }
            return null;
        }

        private boolean isAt(String name, int position) {
            for (int i = 0; i < name.length(); i++) {
                if (bytes[position + i] != name.charAt(i)) {
                    return false;
                }
            }
            return bytes[position + name.length()] == 0;
        }
    }

    /** A bool flag's value; what is assumed where the VM has no such flag. */
    boolean bool(TargetReader reader, String name, boolean whenAbsent) {
        Long address = addresses.get(name);
        return address == null ? whenAbsent : reader.unsigned(address, 1) != 0;
    }
}
