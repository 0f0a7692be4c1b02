package org.jtrace.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class BinomialIntervalTest {
    @Test
    void knownInterval() {
        BinomialInterval interval = BinomialInterval.of(7, 20, 0.95);
        assertEquals(0.1539092, interval.low(), 1e-7);
        assertEquals(0.5921885, interval.high(), 1e-7);
    }

    @Test
    void noneAndAllHaveClosedForms() {
        double bound = Math.pow(0.0005, 1.0 / 1000);
        assertEquals(new BinomialInterval(0, 1 - bound).high(), BinomialInterval.of(0, 1000, 0.999).high(), 1e-12);
        assertEquals(0, BinomialInterval.of(0, 1000, 0.999).low());
        assertEquals(bound, BinomialInterval.of(1000, 1000, 0.999).low(), 1e-12);
        assertEquals(1, BinomialInterval.of(1000, 1000, 0.999).high());
    }

    @Test
    void largeCountsAreCloseToTheNormalApproximation() {
        double half = 3.2905 * Math.sqrt(0.3 * 0.7 / 20_000);
        BinomialInterval interval = BinomialInterval.of(6_000, 20_000, 0.999);
        assertEquals(0.3 - half, interval.low(), 1e-4);
        assertEquals(0.3 + half, interval.high(), 1e-4);
        assertTrue(interval.contains(0.3));
        // Half the interval is 0.0107 wide.
        assertTrue(interval.contains(0.29));
        assertFalse(interval.contains(0.289));
    }

    @Test
    void probabilitiesSumToOne() {
        assertEquals(1, BinomialInterval.cumulative(5_000, 5_000, 0.37), 1e-9);
        assertEquals(0.5, BinomialInterval.cumulative(499, 999, 0.5), 1e-9);
    }

    @Test
    void impossibleCountsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> BinomialInterval.of(1, 0, 0.9));
        assertThrows(IllegalArgumentException.class, () -> BinomialInterval.of(6, 5, 0.9));
    }
}
