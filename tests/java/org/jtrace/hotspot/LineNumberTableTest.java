package org.jtrace.hotspot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.jtrace.profile.Frame;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LineNumberTableTest {
    @ParameterizedTest
    @EnumSource
    void findsTheLineAtOrBefore(Unsigned5 encoding) {
        byte[] table = new Unsigned5Writer(encoding)
                .raw(0xFF).putSigned(0).putSigned(100).raw(4 << 3 | 1).raw(0xFF).putSigned(40).putSigned(-60).raw(0)
                .bytes();
        LineNumberTable lines = LineNumberTable.decode(table, encoding);
        assertEquals(100, lines.line(0));
        assertEquals(100, lines.line(3));
        assertEquals(101, lines.line(4));
        assertEquals(101, lines.line(43));
        assertEquals(41, lines.line(44));
        assertEquals(41, lines.line(60_000));
    }

    @Test
    void pairsNeedNotBeSorted() {
        byte[] table = new Unsigned5Writer(Unsigned5.PLAIN)
                .raw(10 << 3 | 5).raw(0xFF).putSigned(-10).putSigned(1).raw(0).bytes();
        LineNumberTable lines = LineNumberTable.decode(table, Unsigned5.PLAIN);
        assertEquals(6, lines.line(0));
        assertEquals(6, lines.line(9));
        assertEquals(5, lines.line(10));
    }

    @Test
    void noLineBeforeTheFirstPairOrWithoutPairs() {
        byte[] table = {10 << 3 | 5, 0};
        assertEquals(Frame.NO_LINE, LineNumberTable.decode(table, Unsigned5.PLAIN).line(9));
        assertEquals(Frame.NO_LINE, LineNumberTable.decode(new byte[0], Unsigned5.PLAIN).line(0));
        assertEquals(Frame.NO_LINE, LineNumberTable.EMPTY.line(0));
    }

    @Test
    void whatLeavesTheRangeEndsTheTable() {
        byte[] table = new Unsigned5Writer(Unsigned5.PLAIN)
                .raw(1 << 3 | 5).raw(0xFF).putSigned(Integer.MAX_VALUE).putSigned(1).raw(1 << 3 | 1).raw(0).bytes();
        LineNumberTable lines = LineNumberTable.decode(table, Unsigned5.PLAIN);
        assertEquals(1, lines.size());
        assertEquals(5, lines.line(70_000));
    }

    @Test
    void anyBytesAreDecodedWithoutHarm() {
        Random random = new Random(7);
        for (int round = 0; round < 2_000; round++) {
            byte[] table = new byte[random.nextInt(200)];
            random.nextBytes(table);
            for (Unsigned5 encoding : Unsigned5.values()) {
                int line = LineNumberTable.decode(table, encoding).line(random.nextInt(1 << 16));
                assertEquals(line, line == Frame.NO_LINE ? line : line & 0xFFFF);
            }
        }
    }
}
