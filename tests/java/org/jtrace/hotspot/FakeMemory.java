package org.jtrace.hotspot;

import java.util.HashMap;
import java.util.Map;

/** Memory with holes: pages exist where something was written, and reads that touch no other succeed. */
final class FakeMemory implements Memory {
    private static final int PAGE = 4096;

    private final Map<Long, byte[]> pages = new HashMap<>();
    private int reads;

    @Override
    public boolean read(long address, byte[] into, int offset, int length) {
        reads++;
        for (int i = 0; i < length; i++) {
            byte[] page = pages.get(Math.floorDiv(address + i, (long) PAGE));
            if (page == null) {
                return false;
            }
            into[offset + i] = page[(int) Math.floorMod(address + i, (long) PAGE)];
        }
        return true;
    }

    /** How often it was asked so far. */
    int reads() {
        return reads;
    }

    void write(long address, byte... bytes) {
        for (int i = 0; i < bytes.length; i++) {
            pages.computeIfAbsent(Math.floorDiv(address + i, (long) PAGE), key -> new byte[PAGE])
                    [(int) Math.floorMod(address + i, (long) PAGE)] = bytes[i];
        }
    }

    void writeNumber(long address, int width, long value) {
        byte[] bytes = new byte[width];
        for (int i = 0; i < width; i++) {
            bytes[i] = (byte) (value >>> (Byte.SIZE * i));
        }
        write(address, bytes);
    }

    void unmap(long address) {
        pages.remove(Math.floorDiv(address, (long) PAGE));
    }
}
