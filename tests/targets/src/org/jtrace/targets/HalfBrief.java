package org.jtrace.targets;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * Work that is done by turns: a few milliseconds of it by a thread that is started for that and ends, as much by the one
 * that starts it. Answers each line of input with {@code CPU}, and the CPU time in ns that the brief threads and the
 * lasting one have used so far.
 */
public final class HalfBrief {
    private static final long TURN_NANOS = 3_000_000;
    private static final ThreadMXBean TIMES = ManagementFactory.getThreadMXBean();

    private static volatile long briefNanos;
    private static volatile long lastingNanos;
    private static volatile int sink;

    private HalfBrief() {
    }

    public static void main(String[] args) throws InterruptedException {
        Target.onInput(line -> Target.say("CPU " + briefNanos + " " + lastingNanos));
        Thread lasting = Target.daemon("lasting", HalfBrief::takeTurns);
        while (lastingNanos < 100 * TURN_NANOS) {
            Thread.sleep(10);
        }
        Target.ready();
        lasting.join();
    }

    private static void takeTurns() {
        try {
            while (true) {
                Target.daemon("brief", HalfBrief::workBriefly).join();
                burn();
                lastingNanos = TIMES.getCurrentThreadCpuTime();
            }
        } catch (InterruptedException e) {
            Target.say(e.toString());
        }
    }

    private static void workBriefly() {
        burn();
        briefNanos += TIMES.getCurrentThreadCpuTime(); // one at a time
    }

    private static void burn() {
        long end = TIMES.getCurrentThreadCpuTime() + TURN_NANOS;
        while (TIMES.getCurrentThreadCpuTime() < end) {
            for (int i = 0; i < 1000; i++) {
                sink = sink * 31 + i;
            }
        }
    }
}
