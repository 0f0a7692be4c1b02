package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jtrace.testing.Command;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.ProcStatus;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** jtrace dies at any instant: the target runs on, and nobody holds it. */
class KillIT {
    private static final int KILLS = 50;
    /** Within some milliseconds each instant of a tick, before, during and after a stop, is as likely as any. */
    private static final int MAX_DELAY_MICROS = 20_000;

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#oldestAndNewest")
    void killedProfilerLeavesTargetRunning(VmSetup setup) throws Exception {
        SplittableRandom random = new SplittableRandom();
        try (TargetJvm target = TargetJvm.start(setup, "Busy")) {
            int heldWhenKilled = 0;
            for (int i = 0; i < KILLS; i++) {
                try (Command.Running jtrace = Jtrace.command("-p", target.pid(), "-s", "600", "-r", "1000hz", "-x",
                        "-o", "/dev/null").start()) {
                    Jtrace.awaitSampling(jtrace, target.pid());
                    TimeUnit.MICROSECONDS.sleep(random.nextInt(MAX_DELAY_MICROS));
                    heldWhenKilled += held(target).isEmpty() ? 0 : 1;
                    jtrace.kill();
                    assertEquals(128 + 9, jtrace.await().exit());
                }
                assertEquals(List.of(), held(target), "after kill " + i);
                assertProgress(target);
            }
            System.out.printf("%s: killed %d times, %d times with a thread in its hands%n", setup, KILLS,
                    heldWhenKilled);
        }
    }

    private static List<ProcStatus> held(TargetJvm target) {
        return ProcStatus.tasksOf(target.pid()).stream().filter(ProcStatus::stoppedOrTraced).toList();
    }

    /** Hangs, until the harness gives up, if a thread does. */
    private static void assertProgress(TargetJvm target) {
        long[] before = turns(target);
        for (long[] now = turns(target); now[0] == before[0] || now[1] == before[1]; now = turns(target)) {
            assertTrue(target.isAlive());
            Thread.onSpinWait();
        }
    }

    private static long[] turns(TargetJvm target) {
        target.tell("turns?");
        String[] turns = target.awaitLine("TURNS ").split(" ");
        return new long[] {Long.parseLong(turns[0]), Long.parseLong(turns[1])};
    }
}
