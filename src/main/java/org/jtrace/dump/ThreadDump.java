package org.jtrace.dump;

import java.time.Instant;
import java.util.List;

/**
 * All threads of a JVM.
 *
 * @param vmName and {@code release} as the VM calls itself; empty when it does not tell
 * @param decimalIds whether this release's own dumps give kernel ids in decimal
 * @param threads Java's first, then the VM's and others; each group by kernel id
 * @param tellsLocks whether locks were looked for
 * @param deadlocks each as the threads that wait for one another in a circle
 * @param stops how many threads had to be stopped, and {@code longestStopNanos} the longest of these stops
 * @param ofCore whether a core was read; {@code time} is when that was written then
 * @param unmounted null when they were not asked for, or cannot be told
 * @param standstill null when each thread was read at an instant of its own
 */
public record ThreadDump(
        int pid,
        Instant time,
        String vmName,
        String release,
        boolean decimalIds,
        List<DumpedThread> threads,
        boolean tellsLocks,
        List<List<DumpedThread>> deadlocks,
        int stops,
        long longestStopNanos,
        boolean ofCore,
        Standstill standstill,
        Unmounted unmounted) {
    /**
     * Virtual threads that nobody carried.
     *
     * @param threads by id
     * @param more that were found beyond what is shown
     */
    public record Unmounted(List<DumpedVirtualThread> threads, int more) {}

    /**
     * All threads were stopped together.
     *
     * @param nanos how long
     * @param stops how often it was done; the last counts
     * @param latePages that were read after the stop, as nobody knew before that they would be needed
     */
    public record Standstill(long nanos, int stops, int latePages) {}

    /** Java threads whose stack was not read to its end. */
    public long incomplete() {
        return threads.stream().filter(thread -> thread.problem() != null).count();
    }

    public long javaThreads() {
        return threads.stream().filter(thread -> thread.java() != null).count();
    }
}
