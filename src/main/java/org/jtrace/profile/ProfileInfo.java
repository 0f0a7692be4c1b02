package org.jtrace.profile;

import java.time.Instant;

/**
 * What was profiled, how, and how well: the profile's own account of itself.
 *
 * @param command main class or command line, cleaned of control characters
 * @param vm name and release, as in {@code OpenJDK 64-Bit Server VM 17.0.15+6}; empty when not known
 * @param start wall-clock time of the first tick
 * @param durationNanos from the first tick to the end of the last
 * @param intervalNanos mean time between ticks, as asked for; 0 for a single tick
 * @param idleIncluded whether idle samples are in the tree (without {@code -x}); they are counted in any case
 */
public record ProfileInfo(
        int pid,
        String command,
        String vm,
        Instant start,
        long durationNanos,
        long intervalNanos,
        boolean idleIncluded,
        Engine engine,
        Ticks ticks,
        Samples samples,
        Stops stops,
        CpuTime cpu) {

    /** Ticks that were due, that were made, and those of them that came late. {@code planned - made} were missed. */
    public record Ticks(long planned, long made, long late) {}

    /** Samples by kind. Each thread seen at each tick is in exactly one. */
    public record Samples(long java, long nonJava, long idle, long failed) {
        public long total() {
            return java + nonJava + idle + failed;
        }

        /** Share of the running threads' samples whose walk failed, 0 to 1. */
        public double failedShare() {
            long running = java + nonJava + failed;
            return running == 0 ? 0 : (double) failed / running;
        }
    }

    /** How often threads were stopped, and for how long. */
    public record Stops(long count, long medianNanos, long maxNanos) {}

    /** CPU time of the process during the profile as the kernel counted it, and the part that samples carry. */
    public record CpuTime(long kernelNanos, long seenNanos) {}
}
