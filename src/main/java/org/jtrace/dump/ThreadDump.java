package org.jtrace.dump;

import java.time.Instant;
import java.util.List;

/**
 * All threads of a JVM, each at one instant of its own.
 *
 * @param vmName and {@code release} as the VM calls itself; empty when it does not tell
 * @param decimalIds whether this release's own dumps give kernel ids in decimal
 * @param threads Java's first, then the VM's and others; each group by kernel id
 * @param tellsLocks whether locks were looked for
 * @param deadlocks each as the threads that wait for one another in a circle
 * @param stops how many threads had to be stopped, and {@code longestStopNanos} the longest of these stops
 * @param ofCore whether a core was read; {@code time} is when that was written then
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
        boolean ofCore) {
    /** Java threads whose stack was not read to its end. */
    public long incomplete() {
        return threads.stream().filter(thread -> thread.problem() != null).count();
    }

    public long javaThreads() {
        return threads.stream().filter(thread -> thread.java() != null).count();
    }
}
