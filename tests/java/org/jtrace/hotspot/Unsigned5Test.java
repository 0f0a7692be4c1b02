package org.jtrace.hotspot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class Unsigned5Test {
    private static final int[] VALUES = {
        0, 1, 62, 190, 191, 192, 193, 254, 255, 256, 12_000, 12_415, 12_416, 0xFFFF, 1 << 20, Integer.MAX_VALUE,
        Integer.MIN_VALUE, -1
    };

    @ParameterizedTest
    @EnumSource
    void readsWhatWasWritten(Unsigned5 encoding) {
        byte[] bytes = new Unsigned5Writer(encoding).put(VALUES).bytes();
        Unsigned5.Cursor cursor = encoding.cursor(bytes, 0, bytes.length);
        for (int value : VALUES) {
            assertEquals(value, cursor.next());
        }
        assertFalse(cursor.failed());
        cursor.next();
        assertTrue(cursor.failed());
    }

    @Test
    void encodingsAreHotSpots() {
        // 191 is the largest single byte in the plain encoding; one less, and one larger as a byte, in the other.
        assertEquals(191, Unsigned5.PLAIN.cursor(new byte[] {(byte) 191}, 0, 1).next());
        assertEquals(192, Unsigned5.PLAIN.cursor(new byte[] {(byte) 192, 0}, 0, 2).next());
        assertEquals(190, Unsigned5.WITHOUT_ZERO.cursor(new byte[] {(byte) 191}, 0, 1).next());
        assertEquals(191, Unsigned5.WITHOUT_ZERO.cursor(new byte[] {(byte) 192, 1}, 0, 2).next());
        assertEquals(192 + 64, Unsigned5.PLAIN.cursor(new byte[] {(byte) 192, 1}, 0, 2).next());
    }

    @ParameterizedTest
    @EnumSource
    void readsSignedNumbers(Unsigned5 encoding) {
        int[] values = {0, -1, 1, -64, 300, -70_000, Integer.MIN_VALUE};
        Unsigned5Writer writer = new Unsigned5Writer(encoding);
        for (int value : values) {
            writer.putSigned(value);
        }
        Unsigned5.Cursor cursor = encoding.cursor(writer.bytes(), 0, writer.size());
        for (int value : values) {
            assertEquals(value, cursor.nextSigned());
        }
    }

    @Test
    void aNumberEndsAfterFiveBytes() {
        byte[] bytes = {-1, -1, -1, -1, -1, 7};
        Unsigned5.Cursor cursor = Unsigned5.PLAIN.cursor(bytes, 0, bytes.length);
        cursor.next();
        assertEquals(7, cursor.next());
    }

    @Test
    void failsAtTheEndAndAtAByteThatNoEncoderWrites() {
        assertFails(Unsigned5.PLAIN, -1);
        assertFails(Unsigned5.PLAIN);
        assertFails(Unsigned5.WITHOUT_ZERO, 0);
        assertFails(Unsigned5.WITHOUT_ZERO, -1, 0);
        Unsigned5.Cursor outside = Unsigned5.PLAIN.cursor(new byte[4], -1, 4);
        assertEquals(0, outside.next());
        assertTrue(outside.failed());
    }

    private static void assertFails(Unsigned5 encoding, int... values) {
        byte[] bytes = new Unsigned5Writer(encoding).raw(values).bytes();
        Unsigned5.Cursor cursor = encoding.cursor(bytes, 0, bytes.length);
        assertEquals(0, cursor.next());
        assertTrue(cursor.failed());
    }
}
