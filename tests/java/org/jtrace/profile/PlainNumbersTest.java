package org.jtrace.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Locale;
import org.junit.jupiter.api.Test;

class PlainNumbersTest {
    @Test
    void groupsThousands() {
        for (long value : new long[] {0, 7, 999, 1000, 123_456, 1_000_000, -1, -999, -1000, -123_456}) {
            assertEquals(String.format(Locale.ROOT, "%,d", value), PlainNumbers.grouped(value));
        }
    }

    @Test
    void roundsHalfUp() {
        assertEquals("0.00", PlainNumbers.decimal(0, 1_000_000, 2));
        assertEquals("0.01", PlainNumbers.decimal(5_000, 1_000_000, 2));
        assertEquals("0.00", PlainNumbers.decimal(4_999, 1_000_000, 2));
        assertEquals("12.35", PlainNumbers.decimal(12_345_000, 1_000_000, 2));
        assertEquals("2.00", PlainNumbers.decimal(1_999, 1000, 2));
        assertEquals("1.0", PlainNumbers.decimal(999, 1000, 1));
    }

    @Test
    void addressesHaveAllDigits() {
        assertEquals("0x00007f1234567890", PlainNumbers.address(0x7f1234567890L));
        assertEquals("0xffffffffffffffff", PlainNumbers.address(-1));
    }
}
