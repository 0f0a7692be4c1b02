package org.jtrace.hotspot;

/**
 * HotSpot's variable-length integers, in which debug info, line tables and field streams are written: one to five
 * bytes, each but the last at least {@code 256 - 64}. 8292758 (JDK 20) made every byte one larger, so that none is
 * zero.
 */
enum Unsigned5 {
    PLAIN(0),
    WITHOUT_ZERO(1);

    private static final int LOG2_HIGH_CODES = 6;
    private static final int MAX_BYTES = 5;

    private final int excess;
    private final int lowCodes;

    Unsigned5(int excess) {
        this.excess = excess;
        this.lowCodes = 256 - (1 << LOG2_HIGH_CODES) - excess;
    }

    static Unsigned5 of(HotSpotLayout layout, Memory memory) {
        // No row tells the encoding. The field stream came with JDK 21, one release after it, so 20 goes by its number.
        return layout.has(VmItem.KLASS_FIELD_STREAM) || majorVersion(layout, memory) == 20 ? WITHOUT_ZERO : PLAIN;
    }

    private static int majorVersion(HotSpotLayout layout, Memory memory) {
        return layout.has(VmItem.MAJOR_VERSION)
                ? new TargetReader(memory).i4(layout.value(VmItem.MAJOR_VERSION))
                : 0;
    }

    Cursor cursor(byte[] bytes, int position, int end) {
        return new Cursor(bytes, position, end);
    }

    /** Reads one integer after the other. Past the end, or at a byte that no encoder writes, it gives 0 and fails. */
    final class Cursor {
        private final byte[] bytes;
        private final int end;
        private int position;
        private boolean failed;

        private Cursor(byte[] bytes, int position, int end) {
            this.bytes = bytes;
            this.position = position;
            this.end = Math.min(end, bytes.length);
            this.failed = position < 0;
        }

        boolean failed() {
            return failed;
        }

        int nextByte() {
            if (failed || position >= end) {
                failed = true;
                return 0;
            }
            return bytes[position++] & 0xFF;
        }

        int next() {
            int sum = 0;
            for (int i = 0; i < MAX_BYTES; i++) {
                int code = nextByte() - excess;
                if (failed || code < 0) {
                    failed = true;
                    return 0;
                }
                sum += code << (LOG2_HIGH_CODES * i);
                if (code < lowCodes) {
                    break;
                }
            }
            return sum;
        }

        int nextSigned() {
            int value = next();
            return (value >>> 1) ^ -(value & 1);
        }
    }
}
