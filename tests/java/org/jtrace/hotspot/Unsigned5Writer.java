package org.jtrace.hotspot;

import java.io.ByteArrayOutputStream;

/** Writes what {@link Unsigned5} reads. */
final class Unsigned5Writer {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final int excess;

    Unsigned5Writer(Unsigned5 encoding) {
        this.excess = encoding == Unsigned5.PLAIN ? 0 : 1;
    }

    Unsigned5Writer raw(int... values) {
        for (int value : values) {
            bytes.write(value);
        }
        return this;
    }

    Unsigned5Writer put(int... values) {
        for (int value : values) {
            putOne(value);
        }
        return this;
    }

    Unsigned5Writer putSigned(int value) {
        putOne(value << 1 ^ value >> 31);
        return this;
    }

    int size() {
        return bytes.size();
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    private void putOne(int value) {
        int low = 256 - 64 - excess;
        long rest = value & 0xFFFF_FFFFL;
        for (int i = 0; i < 4 && rest >= low; i++) {
            rest -= low;
            bytes.write((int) (low + excess + rest % 64));
            rest /= 64;
        }
        bytes.write((int) (rest + excess));
    }
}
