package org.jtrace.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DurationHistogramTest {
    @Test
    void emptyIsZero() {
        DurationHistogram histogram = new DurationHistogram();
        assertEquals(0, histogram.count());
        assertEquals(0, histogram.median());
        assertEquals(0, histogram.max());
    }

    @Test
    void smallValuesAreExact() {
        DurationHistogram histogram = new DurationHistogram();
        for (long value : new long[] {63, 5, 7, 0, -3}) {
            histogram.add(value);
        }
        assertEquals(5, histogram.median());
        assertEquals(63, histogram.max());
    }

    @Test
    void oneValueIsItsOwnMedianAndMaximum() {
        for (long value : new long[] {64, 65, 127, 128, 51_234, 1L << 40, Long.MAX_VALUE}) {
            DurationHistogram histogram = new DurationHistogram();
            histogram.add(value);
            assertEquals(value, histogram.max());
            assertNear(value, histogram.median());
        }
    }

    @Test
    void medianIsWithinASixtyFourth() {
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 50; round++) {
            DurationHistogram histogram = new DurationHistogram();
            long[] values = random.longs(1 + random.nextInt(200), 1, 1L << (1 + random.nextInt(40))).toArray();
            Arrays.stream(values).forEach(histogram::add);
            Arrays.sort(values);
            assertNear(values[(values.length - 1) / 2], histogram.median());
            assertEquals(values[values.length - 1], histogram.max());
        }
    }

    private static void assertNear(long expected, long actual) {
        assertTrue(Math.abs(actual - expected) <= expected / 64, expected + " is not near " + actual);
    }
}
