package org.jtrace.sampling;

import java.util.random.RandomGenerator;

/**
 * When ticks are due. Time is divided into slots of one interval, and each slot has one tick at a random instant in it:
 * the rate is exact, and no periodic program can run in step with the ticks. A slot that ends before its tick could
 * begin is missed; it is counted, and not made up for. A look may stand for several ticks: then a slot is as long as
 * all of them.
 *
 * <p>Instants are nanoseconds since the profile's start.
 */
public final class Schedule {
    private final long intervalNanos;
    private final long ticksPerLook;
    private final long slotNanos;
    private final long durationNanos;
    private final long slots;
    private final RandomGenerator random;

    private long slot = -1;
    private long dueNanos;
    private long made;
    private long late;
    private long missed;
    private long skipped;

    private Schedule(
            long intervalNanos, long ticksPerLook, long durationNanos, long slots, RandomGenerator random) {
        this.intervalNanos = intervalNanos;
        this.ticksPerLook = ticksPerLook;
        this.slotNanos = intervalNanos * ticksPerLook;
        this.durationNanos = durationNanos;
        this.slots = slots;
        this.random = random;
    }

    /** One tick, at once. */
    public static Schedule once() {
        return new Schedule(Long.MAX_VALUE, 1, 1, 1, () -> 0);
    }

    /** Ticks until the duration is over; at least one. */
    public static Schedule lasting(long durationNanos, long intervalNanos, RandomGenerator random) {
        long slots = Math.max(1, Math.round((double) durationNanos / intervalNanos));
        return new Schedule(intervalNanos, 1, durationNanos, slots, random);
    }

    /** Ticks until somebody ends it. */
    public static Schedule endless(long intervalNanos, RandomGenerator random) {
        return new Schedule(intervalNanos, 1, Long.MAX_VALUE, Long.MAX_VALUE, random);
    }

    /** The same, before its first tick, with so many ticks per look that looks are this far apart; ten at least. */
    public Schedule withLooksApart(long nanos) {
        long most = Math.max(1, slots / 10);
        long together = Math.min(most, Math.max(1, nanos / intervalNanos));
        return new Schedule(intervalNanos, together, durationNanos, slots / together, random);
    }

    /** Mean time between ticks; 0 when there is only one. */
    public long intervalNanos() {
        return slots == 1 ? 0 : intervalNanos;
    }

    /** Goes to the next tick; false when there is none left. */
    boolean advance(long nowNanos) {
        long next = Math.max(slot + 1, nowNanos / slotNanos);
        skipped = Math.min(next, slots) - (slot + 1);
        missed += skipped;
        slot = next;
        if (slot >= slots) {
            return false;
        }
        // The first at once: when a profile starts is random enough.
        long begin = slot * slotNanos;
        dueNanos = slot == 0 ? 0 : begin + random.nextLong(Math.max(1, Math.min(slotNanos, durationNanos - begin)));
        return true;
    }

    /** Ticks from the last look up to the one that {@link #advance} went to, with those that were missed. */
    long ticksSinceLast() {
        return (1 + skipped) * ticksPerLook;
    }

    /** When the tick that {@link #advance} went to is due. */
    long dueNanos() {
        return dueNanos;
    }

    /** The look was made. Its ticks are late when it began more than a slot after it was due. */
    void made(long beginNanos) {
        made++;
        if (beginNanos - dueNanos > slotNanos) {
            late++;
        }
    }

    /** Ticks whose slot was reached: made and missed ones. */
    public long planned() {
        return (made + missed) * ticksPerLook;
    }

    public long made() {
        return made * ticksPerLook;
    }

    public long late() {
        return late * ticksPerLook;
    }

    public long missed() {
        return missed * ticksPerLook;
    }
}
