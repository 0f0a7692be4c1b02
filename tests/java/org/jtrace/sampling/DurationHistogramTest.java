package org.jtrace.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jtrace.sampling.DurationHistogram.Octave;
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

    @Test
    void percentilesAreOfAllValuesBelow() {
        DurationHistogram histogram = new DurationHistogram();
        for (int i = 1; i <= 1000; i++) {
            histogram.add(i * 1000L);
        }
        for (double share : new double[] {0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1}) {
            assertNear(Math.round(share * 1_000_000), histogram.percentile(share));
        }
        assertEquals(1000, histogram.percentile(0), 1000 / 64);
        assertEquals(500_500_000, histogram.sum());
    }

    @Test
    void octavesHaveEveryValueOnce() {
        DurationHistogram histogram = new DurationHistogram();
        assertEquals(List.of(), histogram.octaves());
        for (long value : new long[] {0, 1, 2, 3, 4, 31, 100, 127, 128, 1L << 40, (1L << 41) - 1}) {
            histogram.add(value);
        }
        List<Octave> octaves = histogram.octaves();
        assertEquals(new Octave(0, 2, 2), octaves.get(0));
        assertEquals(new Octave(2, 4, 2), octaves.get(1));
        assertEquals(new Octave(4, 8, 1), octaves.get(2));
        assertEquals(new Octave(8, 16, 0), octaves.get(3));
        assertEquals(new Octave(64, 128, 2), octaves.get(6));
        assertEquals(new Octave(1L << 40, 1L << 41, 2), octaves.get(octaves.size() - 1));
        assertEquals(11, octaves.stream().mapToLong(Octave::count).sum());
        DurationHistogram late = new DurationHistogram();
        late.add(1500);
        assertEquals(List.of(new Octave(1024, 2048, 1)), late.octaves());
    }

    private static void assertNear(long expected, long actual) {
        assertTrue(Math.abs(actual - expected) <= expected / 64, expected + " is not near " + actual);
    }
}
