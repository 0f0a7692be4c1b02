package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.jtrace.testing.Collapsed;
import org.jtrace.testing.Collapsed.Stack;
import org.jtrace.testing.Command;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The engine that nobody asked for: the kernel's samples, and stops for whom it does not sample yet. */
class AutoEngineIT {
    private static final int BUSY = 8;
    private static final int PARKED = 12;

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#oldestAndNewest")
    void isTheDefault(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "Busy")) {
            PerfEngineIT.requirePermission(target);
            Command.Result result = Command.of(Jtrace.launcher().toString(), "-p",
                    String.valueOf(target.pid()), "-s", "2").run();
            assertEquals(0, result.exit(), result::toString);
            assertTrue(result.stderr().contains("; engine perf, "), result::toString);
            assertTrue(Collapsed.parse(result.stdout()).samples(Stack::runningJava) > 0, result::toString);
        }
    }

    /** One look has no time to be sampled in, and native frames take registers that the kernel's samples lack. */
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#oldestAndNewest")
    void leavesToStopsWhatIsTheirs(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "Busy")) {
            for (String more : List.of("-s 0", "-s 0.5 --native")) {
                List<Object> arguments = new ArrayList<>(List.of("--engine", "auto", "-p", target.pid()));
                arguments.addAll(List.of(more.split(" ")));
                Command.Result result = Jtrace.run(arguments.toArray());
                assertEquals(0, result.exit(), result::toString);
                assertFalse(result.stderr().contains("; engine perf, "), result::toString);
            }
        }
    }

    /** A thread that is ready to run is running, whether it has a CPU or not. */
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#oldestAndNewest")
    void waitingForACpuIsSeen(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "Crowd", String.valueOf(PARKED + BUSY),
                String.valueOf(BUSY))) {
            PerfEngineIT.requirePermission(target);
            Collapsed seen = Jtrace.profile("--engine", "auto", "-p", target.pid(), "-s", "4", "--threads");
            long ticks = seen.samples(stack -> stack.contains("parked-" + BUSY));
            long running = seen.samples(stack -> !stack.idle() && stack.frames().get(0).startsWith("busy-"));
            double perThread = (double) running / BUSY / ticks;
            System.out.printf("%-24s %d ticks, %.3f samples of a busy thread for each%n", setup, ticks, perThread);
            assertEquals(1, perThread, 0.15, setup::toString);
        }
    }
}
