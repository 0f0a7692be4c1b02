package org.jtrace.hotspot;

import java.nio.charset.StandardCharsets;

/**
 * The reads of one resolution. After the first that fails, all give zero without a look at the target, and
 * {@link #failed()} tells: a chain of reads is written, and checked, as one step.
 */
final class TargetReader {
    /** No string of the VM's own that matters is longer. */
    private static final int MAX_C_STRING = 256;

    private final Memory memory;
    private final byte[] word = new byte[Long.BYTES];
    private boolean failed;

    TargetReader(Memory memory) {
        this.memory = memory;
    }

    boolean failed() {
        return failed;
    }

    /** What was read makes no sense. */
    void fail() {
        failed = true;
    }

    long pointer(long address) {
        return unsigned(address, Long.BYTES);
    }

    int i4(long address) {
        return (int) unsigned(address, Integer.BYTES);
    }

    long unsigned(long address, int width) {
        if (failed || address == 0 || !memory.read(address, word, 0, width)) {
            failed = true;
            return 0;
        }
        return littleEndian(word, 0, width);
    }

    /** Bytes in one read; never null. */
    Block block(long address, int length) {
        byte[] bytes = new byte[failed || length < 0 ? 0 : length];
        if (failed || length < 0 || address == 0 || !memory.read(address, bytes, 0, length)) {
            failed = true;
        }
        return new Block(bytes);
    }

    /** A string that ends in a zero byte, cut if it is too long; read so that it does not cross into a page beyond. */
    String cString(long address) {
        byte[] bytes = new byte[MAX_C_STRING];
        int length = 0;
        while (length < bytes.length) {
            int inPiece = (int) Math.min(32 - ((address + length) & 31), bytes.length - length);
            if (failed || address == 0 || !memory.read(address + length, bytes, length, inPiece)) {
                failed = true;
                return "";
            }
            for (int end = length + inPiece; length < end; length++) {
                if (bytes[length] == 0) {
                    return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
                }
            }
        }
        return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    }

    private static long littleEndian(byte[] bytes, int offset, int width) {
        long value = 0;
        for (int i = width - 1; i >= 0; i--) {
            value = value << Byte.SIZE | bytes[offset + i] & 0xFF;
        }
        return value;
    }

    /** A structure read whole. Offsets come from the target's tables, so one that lies outside fails the reader. */
    final class Block {
        final byte[] bytes;

        private Block(byte[] bytes) {
            this.bytes = bytes;
        }

        long pointer(int offset) {
            return unsigned(offset, Long.BYTES);
        }

        int i4(int offset) {
            return (int) unsigned(offset, Integer.BYTES);
        }

        long unsigned(int offset, int width) {
            if (failed || offset < 0 || offset > bytes.length - width) {
                failed = true;
                return 0;
            }
            return littleEndian(bytes, offset, width);
        }
    }
}
