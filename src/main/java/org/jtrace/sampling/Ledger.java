package org.jtrace.sampling;

import java.util.EnumMap;
import java.util.Map;
import org.jtrace.profile.ProfileInfo.CpuTime;
import org.jtrace.profile.ProfileInfo.Samples;
import org.jtrace.profile.ProfileInfo.Stops;

/** The account of what was looked at: each thread at each tick, each stop, and the CPU time that samples carry. */
public final class Ledger {
    private final long[] samples = new long[SampleKind.values().length];
    private final long[] failures = new long[WalkStatus.values().length];
    private final DurationHistogram stops = new DurationHistogram();
    private final DurationHistogram rounds = new DurationHistogram();
    private long cpuSeenNanos;
    private long ticks;
    private long throttled;
    private boolean firstTick;
    private long firstCpuNanos;
    private long lastCpuNanos;
    private long firstBeginNanos;
    private long lastEndNanos;

    /** To be called before the threads of the tick's first part are. */
    void tick(TickRecord tick) {
        firstTick = ticks == 0;
        ticks++;
        if (firstTick) {
            firstCpuNanos = tick.cpuNanos();
            firstBeginNanos = tick.beginNanos();
        }
        part(tick);
    }

    /** For each further part of the tick. */
    void part(TickRecord tick) {
        throttled += tick.throttled();
        if (tick.roundNanos() > 0) {
            rounds.add(tick.roundNanos());
        }
        lastCpuNanos = tick.cpuNanos();
        lastEndNanos = tick.endNanos();
    }

    /** A look at a thread that gave no sample: it was done again. */
    void discardedLook(TickRecord tick) {
        stop(tick);
    }

    private void stop(TickRecord tick) {
        if (tick.stopNanos() > 0) {
            stops.add(tick.stopNanos());
        }
    }

    /** @param weight samples that it stands for */
    void thread(TickRecord tick, SampleKind kind, WalkStatus status, long weight) {
        samples[kind.ordinal()] += weight;
        if (kind == SampleKind.FAILED) {
            failures[status.ordinal()] += weight;
        }
        stop(tick);
        if (!firstTick) {
            cpuSeenNanos += tick.threadCpuNanos();
        }
    }

    public Samples samples() {
        return new Samples(count(SampleKind.JAVA), count(SampleKind.NON_JAVA), count(SampleKind.IDLE),
                count(SampleKind.FAILED));
    }

    private long count(SampleKind kind) {
        return samples[kind.ordinal()];
    }

    /** Failed samples by reason, without those that did not occur. */
    public Map<WalkStatus, Long> failures() {
        Map<WalkStatus, Long> byReason = new EnumMap<>(WalkStatus.class);
        for (WalkStatus status : WalkStatus.values()) {
            if (failures[status.ordinal()] > 0) {
                byReason.put(status, failures[status.ordinal()]);
            }
        }
        return byReason;
    }

    /** How often the kernel silenced its sampling because it took too much of the CPU. */
    public long throttled() {
        return throttled;
    }

    /** How long ticks waited until all threads had got a CPU, and stopped, that were stopped in one round. */
    public DurationHistogram roundTimes() {
        return rounds;
    }

    /** How long threads were stopped. */
    public DurationHistogram stopTimes() {
        return stops;
    }

    public Stops stops() {
        return new Stops(stops.count(), stops.median(), stops.max());
    }

    /**
     * Both run from the first tick to the last: what its threads used before the first is not counted. Threads that
     * ended between two ticks are missing in ours.
     */
    public CpuTime cpu() {
        return new CpuTime(Math.max(0, lastCpuNanos - firstCpuNanos), cpuSeenNanos);
    }

    /** From the first tick to the end of the last. */
    public long durationNanos() {
        return lastEndNanos - firstBeginNanos;
    }
}
