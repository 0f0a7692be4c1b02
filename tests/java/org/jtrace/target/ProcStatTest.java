package org.jtrace.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProcStatTest {
    private static final String NUMBERS =
            " T 1 2 3 0 -1 4194560 100 0 1 0 250 50 0 0 20 -5 7 0 123456 8000 300 18446744073709551615 1 1 0\n";

    @Test
    void theNumbersStandBehindTheName() {
        ProcStat expected = new ProcStat('T', 300, -5, 123456);
        assertEquals(expected, parse("42 (java)" + NUMBERS));
        assertEquals(expected, parse("42 (a) R 1 (b c))" + NUMBERS));
    }

    @Test
    void otherFormsAreRefused() {
        assertNull(parse(""));
        assertNull(parse("42 (java) R 1"));
        assertNull(parse("42 (java)" + NUMBERS.replace("123456", "x")));
        assertNull(parse("42 (java)" + NUMBERS.replace(" T ", " TT ")));
    }

    private static ProcStat parse(String text) {
        return ProcStat.parse(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
