package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jtrace.testing.Collapsed;
import org.jtrace.testing.Command;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.ProcStatus;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Threads that do not run are left alone, and yet none that wakes up is missed. */
class QuietThreadsIT {
    private static final int THREADS = 2000;
    private static final int WAKES = 3;
    /** Beyond that many ticks, at 1 kHz, a thread that rests is looked at in its turn only. */
    private static final long REST_MILLIS = 300;
    private static final int QUIET_LOOKS = 5;
    private static final long LOOK_MILLIS = 20;

    static Stream<VmSetup> newest() {
        return VmSetup.oldestAndNewest().reduce((older, newer) -> newer).stream();
    }

    @ParameterizedTest
    @MethodSource("newest")
    void anIdleServerIsNotStoppedAndAllOfItIsSeen(VmSetup setup) throws Exception {
        try (TargetJvm target = TargetJvm.start(setup, "QuietServer", String.valueOf(THREADS))) {
            awaitRest(target);
            Command.Result result = Jtrace.run("-p", target.pid(), "-s", "1", "-r", "10ms", "--threads", "-n");
            assertEquals(0, result.exit(), result::toString);
            assertTrue(result.stderr().contains("nobody was stopped"), result::toString);
            Collapsed profile = Collapsed.parse(result.stdout());
            long ticks = profile.samples(stack -> stack.contains("parked-0"));
            assertTrue(ticks > 0);
            for (int i = 0; i < THREADS; i++) {
                String name = "parked-" + i;
                assertEquals(ticks, profile.samples(stack -> stack.idle() && stack.contains(name)
                        && stack.contains("org.jtrace.targets.QuietServer.park")), name);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#oldestAndNewest")
    void aThreadThatWakesUpIsSeen(VmSetup setup) throws Exception {
        try (TargetJvm target = TargetJvm.start(setup, "QuietServer", "100");
                Command.Running jtrace = Jtrace.command("-p", target.pid(), "-s", "600", "-r", "1ms", "-n", "-o", "-")
                        .defaultSignals().start()) {
            for (int wake = 0; wake < WAKES; wake++) {
                target.tell("work");
                Jtrace.awaitSampling(jtrace, target.pid());
                target.tell("rest");
                target.awaitLine("RESTING");
                TimeUnit.MILLISECONDS.sleep(REST_MILLIS);
            }
            jtrace.signal("INT");
            Command.Result result = jtrace.await();
            assertEquals(0, result.exit(), result::toString);
            assertTrue(Collapsed.parse(result.stdout()).samples(stack -> stack.runningJava()
                    && stack.contains("org.jtrace.targets.QuietServer.workAndRest")) >= WAKES, result::toString);
        }
    }

    /** A stop would end each wait early, and have it begun again: the kernel counts how often the thread gives up its CPU. */
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#oldestAndNewest")
    void aSelectorIsNotWoken(VmSetup setup) throws Exception {
        try (TargetJvm target = TargetJvm.start(setup, "QuietServer", "0", "select")) {
            Path status = Path.of("/proc/" + target.pid() + "/task/" + target.linesBeforeReady("SELECTOR ").get(0) + "/status");
            long selects = selects(target);
            long switches = switches(status);
            Command.Result result = Jtrace.run("-p", target.pid(), "-s", "2", "-r", "1ms");
            assertEquals(0, result.exit(), result::toString);
            long waits = switches(status) - switches;
            long finished = selects(target) - selects;
            System.out.printf("%-24s %d waits for %d selects%n", setup, waits, finished);
            assertTrue(waits <= 3 * (finished + 2), () -> waits + " waits for " + finished + " selects: " + result);
        }
    }

    /** Until nothing runs any more that its start had to do. */
    private static void awaitRest(TargetJvm target) throws InterruptedException {
        for (int quietLooks = 0; quietLooks < QUIET_LOOKS; quietLooks++) {
            if (ProcStatus.tasksOf(target.pid()).stream().anyMatch(task -> task.state() != 'S')) {
                quietLooks = 0;
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        }
    }

    private static long selects(TargetJvm target) {
        target.tell("selects?");
        return Long.parseLong(target.awaitLine("SELECTS"));
    }

    private static long switches(Path status) throws IOException {
        return Files.readAllLines(status).stream().filter(line -> line.startsWith("voluntary_ctxt_switches:"))
                .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).trim())).findFirst().orElseThrow();
    }
}
