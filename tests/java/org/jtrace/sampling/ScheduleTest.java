package org.jtrace.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    private static final long INTERVAL = 10_000_000;

    @Test
    void eachSlotHasOneTickAtARandomInstant() {
        Schedule schedule = Schedule.lasting(100 * INTERVAL, INTERVAL, new SplittableRandom(1));
        long now = 0;
        long slot = 0;
        boolean spread = false;
        while (schedule.advance(now)) {
            long offset = schedule.dueNanos() - slot * INTERVAL;
            assertTrue(offset >= 0 && offset < INTERVAL, "offset " + offset);
            spread |= offset > INTERVAL * 9 / 10;
            now = Math.max(now, schedule.dueNanos());
            schedule.made(now);
            slot++;
        }
        assertEquals(100, slot);
        assertEquals(100, schedule.made());
        assertEquals(100, schedule.planned());
        assertEquals(0, schedule.late() + schedule.missed());
        assertTrue(spread, "ticks keep to a part of their slots");
    }

    @Test
    void slotsThatPassedAreMissedAndNotMadeUpFor() {
        Schedule schedule = Schedule.lasting(10 * INTERVAL, INTERVAL, new SplittableRandom(1));
        assertTrue(schedule.advance(0));
        schedule.made(schedule.dueNanos());
        long longTick = 5 * INTERVAL + 1;
        assertTrue(schedule.advance(longTick));
        assertEquals(4, schedule.missed());
        assertEquals(5, schedule.ticksSinceLast());
        assertTrue(schedule.dueNanos() >= 5 * INTERVAL && schedule.dueNanos() < 6 * INTERVAL);
        schedule.made(longTick);
        assertEquals(0, schedule.late(), "a tick in its own slot is not late");
        assertFalse(schedule.advance(20 * INTERVAL));
        assertEquals(8, schedule.missed());
        assertEquals(10, schedule.planned());
    }

    @Test
    void aTickMoreThanAnIntervalAfterItWasDueIsLate() {
        Schedule schedule = Schedule.lasting(10 * INTERVAL, INTERVAL, new SplittableRandom(1));
        assertTrue(schedule.advance(0));
        schedule.made(INTERVAL + 1);
        assertEquals(1, schedule.late());
        assertTrue(schedule.advance(2 * INTERVAL));
        schedule.made(schedule.dueNanos() + INTERVAL);
        assertEquals(1, schedule.late());
    }

    @Test
    void onceIsOneTickAtOnce() {
        Schedule schedule = Schedule.once();
        assertTrue(schedule.advance(12_345));
        assertEquals(0, schedule.dueNanos());
        schedule.made(12_345);
        assertFalse(schedule.advance(20_000));
        assertEquals(1, schedule.planned());
        assertEquals(0, schedule.late());
        assertEquals(0, schedule.intervalNanos());
    }

    @Test
    void aDurationShorterThanTheIntervalIsOneTickAtOnce() {
        Schedule schedule = Schedule.lasting(INTERVAL / 100, INTERVAL, new SplittableRandom(1));
        assertTrue(schedule.advance(0));
        assertEquals(0, schedule.dueNanos());
        schedule.made(0);
        assertFalse(schedule.advance(0));
    }

    @Test
    void theLastTickIsNotAfterTheEnd() {
        for (int seed = 0; seed < 100; seed++) {
            Schedule schedule = Schedule.lasting(2 * INTERVAL + INTERVAL / 2, INTERVAL, new SplittableRandom(seed));
            while (schedule.advance(schedule.dueNanos())) {
                schedule.made(schedule.dueNanos());
                assertTrue(schedule.dueNanos() < 2 * INTERVAL + INTERVAL / 2);
            }
            assertEquals(3, schedule.made());
        }
    }

    @Test
    void aLookMayStandForSeveralTicks() {
        Schedule schedule = Schedule.lasting(100 * INTERVAL, INTERVAL, new SplittableRandom(1))
                .withLooksApart(5 * INTERVAL);
        assertTrue(schedule.advance(0));
        assertEquals(5, schedule.ticksSinceLast());
        schedule.made(0);
        assertTrue(schedule.advance(10 * INTERVAL));
        assertEquals(10, schedule.ticksSinceLast());
        assertTrue(schedule.dueNanos() >= 10 * INTERVAL && schedule.dueNanos() < 15 * INTERVAL);
        schedule.made(schedule.dueNanos());
        assertEquals(10, schedule.made());
        assertEquals(5, schedule.missed());
        assertFalse(schedule.advance(100 * INTERVAL));
        assertEquals(100, schedule.planned());
        assertEquals(INTERVAL, schedule.intervalNanos());
    }

    @Test
    void aShortScheduleHasTenLooks() {
        Schedule schedule = Schedule.lasting(20 * INTERVAL, INTERVAL, new SplittableRandom(1))
                .withLooksApart(1000 * INTERVAL);
        int looks = 0;
        for (long now = 0; schedule.advance(now); now = schedule.dueNanos() + 1) {
            schedule.made(schedule.dueNanos());
            looks++;
        }
        assertEquals(10, looks);
        assertEquals(20, schedule.made());
    }

    @Test
    void anEndlessScheduleGoesOn() {
        Schedule schedule = Schedule.endless(INTERVAL, new SplittableRandom(1));
        long years = 3L * 365 * 24 * 3_600 * 1_000_000_000;
        assertTrue(schedule.advance(years));
        assertTrue(schedule.dueNanos() >= years - INTERVAL);
    }
}
