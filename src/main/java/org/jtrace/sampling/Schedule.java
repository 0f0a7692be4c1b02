package org.jtrace.sampling;

import java.util.random.RandomGenerator;

/**
 * When ticks are due. Time is divided into slots of one interval, and each slot has one tick at a random instant in it:
 * the rate is exact, and no periodic program can run in step with the ticks. A slot that ends before its tick could
 * begin is missed; it is counted, and not made up for.
 *
 * <p>Instants are nanoseconds since the profile's start.
 */
public final class Schedule {
    private final long intervalNanos;
    private final long durationNanos;
    private final long slots;
    private final RandomGenerator random;

    private long slot = -1;
    private long dueNanos;
    private long made;
    private long late;
    private long missed;
    private long skipped;

    private Schedule(long intervalNanos, long durationNanos, long slots, RandomGenerator random) {
        this.intervalNanos = intervalNanos;
        this.durationNanos = durationNanos;
        this.slots = slots;
        this.random = random;
    }

    /** One tick, at once. */
    public static Schedule once() {
        return new Schedule(Long.MAX_VALUE, 1, 1, () -> 0);
    }

    /** Ticks until the duration is over; at least one. */
    public static Schedule lasting(long durationNanos, long intervalNanos, RandomGenerator random) {
        long slots = Math.max(1, Math.round((double) durationNanos / intervalNanos));
        return new Schedule(intervalNanos, durationNanos, slots, random);
    }

    /** Ticks until somebody ends it. */
    public static Schedule endless(long intervalNanos, RandomGenerator random) {
        return new Schedule(intervalNanos, Long.MAX_VALUE, Long.MAX_VALUE, random);
    }

    /** Mean time between ticks; 0 when there is only one. */
    public long intervalNanos() {
        return slots == 1 ? 0 : intervalNanos;
    }

    /** Goes to the next tick; false when there is none left. */
    boolean advance(long nowNanos) {
        long next = Math.max(slot + 1, nowNanos / intervalNanos);
        skipped = Math.min(next, slots) - (slot + 1);
        missed += skipped;
        slot = next;
        if (slot >= slots) {
            return false;
        }
        // The first at once: when a profile starts is random enough.
        long begin = slot * intervalNanos;
        dueNanos = slot == 0 ? 0 : begin + random.nextLong(Math.max(1, Math.min(intervalNanos, durationNanos - begin)));
        return true;
    }

    /** Slots that were missed right before the one that {@link #advance} went to. */
    long skipped() {
        return skipped;
    }

    /** When the tick that {@link #advance} went to is due. */
    long dueNanos() {
        return dueNanos;
    }

    /** The tick was made. It is late when it began more than one interval after it was due. */
    void made(long beginNanos) {
        made++;
        if (beginNanos - dueNanos > intervalNanos) {
            late++;
        }
    }

    /** Ticks whose slot was reached: made and missed ones. */
    public long planned() {
        return made + missed;
    }

    public long made() {
        return made;
    }

    public long late() {
        return late;
    }

    public long missed() {
        return missed;
    }
}
