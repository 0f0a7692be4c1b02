package org.jtrace.sampling;

import java.util.ArrayList;
import java.util.List;

/** Makes parts of ticks as native/sampler.h lays them out. */
final class TickWords {
    static final int UNCHANGED = 1;
    static final int AT_SAFEPOINT = 2;
    static final int NEW = 4;

    private final List<Long> words = new ArrayList<>();
    private int threads;

    TickWords(long beginNanos, long endNanos, long cpuNanos) {
        words.addAll(List.of(beginNanos, endNanos, cpuNanos, 0L, 0L, 0L, 0L));
    }

    /** Another part follows. */
    TickWords more() {
        words.set(4, 1L);
        return this;
    }

    /** @param frames as {@link #frame} makes them, leaf first */
    TickWords thread(int tid, char state, WalkStatus status, int flags, long javaThread, long cpuNanos, long stopNanos,
            long[]... frames) {
        words.add((long) tid);
        words.add(state | (long) status.ordinal() << 8 | (long) flags << 16 | (long) frames.length << 32);
        words.addAll(List.of(javaThread, cpuNanos, stopNanos, 0L, 1L));
        for (long[] frame : frames) {
            words.add(frame[0]);
            words.add(frame[1]);
            words.add(0L);
        }
        threads++;
        return this;
    }

    /** The virtual thread that is mounted on the thread added last. */
    TickWords mounted(long virtualThread, int frames) {
        words.set(words.size() - 3 * frames - 2, virtualThread);
        return this;
    }

    /** How many samples the thread added last is; it has so many frames. */
    TickWords samples(long samples, int frames) {
        words.set(words.size() - 3 * frames - 1, samples);
        return this;
    }

    /** Samples that the kernel took and did not keep. */
    TickWords lost(long samples) {
        return thread(0, 'R', WalkStatus.SAMPLE_LOST, NEW, 0, 0, 0).samples(samples, 0);
    }

    TickWords throttled(long times) {
        words.set(5, times);
        return this;
    }

    static long[] frame(PhysicalFrameKind kind, long address, int identity, int position) {
        return new long[] {(long) kind.ordinal() << 56 | address, (long) identity << 32 | position & 0xffffffffL};
    }

    long[] words() {
        long[] array = words.stream().mapToLong(Long::longValue).toArray();
        array[3] = threads;
        return array;
    }
}
