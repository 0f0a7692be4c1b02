package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jtrace.output.JsonReader;
import org.jtrace.testing.Command;
import org.jtrace.testing.JavaDump;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.ProcStatus;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Thread dumps of one instant, for which all threads are stopped together. */
class ConsistentDumpIT {
    private static final int DUMPS = 5;
    private static final int KILLS = 6;
    /** A start of jtrace and its dump take about as long. */
    private static final int MAX_DELAY_MICROS = 400_000;

    /** Of threads that do nothing it says what a dump without a stop says. */
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void waitingThreadsAreAsInTheOtherDump(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "BlockedThreads")) {
            Map<String, JavaDump.DumpThread> expected = JavaDump.parse(dump(target).stdout()).threads();
            Command.Result result = dump(target, "--consistent");
            assertTrue(result.stderr().contains("; all stopped together for "), result::stderr);
            Map<String, JavaDump.DumpThread> seen = JavaDump.parse(result.stdout()).threads();
            for (String name : target.linesBeforeReady("THREAD ")) {
                assertEquals(expected.get(name).stack(), seen.get(name).stack(), name);
                assertEquals(expected.get(name).line("java.lang.Thread.State:"),
                        seen.get(name).line("java.lang.Thread.State:"), name);
            }
        }
    }

    /** Interpreted, as a thread that is stopped in compiled code may seem to be in the next call already. */
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#oldestAndNewest")
    void oneThreadAtATimeHasItsTurn(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, List.of("-Xint"), "TakeTurns")) {
            int seen = 0;
            for (int i = 0; i < DUMPS; i++) {
                JavaDump dump = JavaDump.parse(dump(target, "--consistent").stdout());
                List<String> inTurn = dump.threads().values().stream().filter(ConsistentDumpIT::isInTurn)
                        .map(JavaDump.DumpThread::name).toList();
                assertTrue(inTurn.size() <= 1, () -> inTurn + " of " + dump.threads());
                seen += inTurn.size();
            }
            assertTrue(seen > 0, "nobody's turn was seen");
            assertEquals(List.of(), held(target));
        }
    }

    private static boolean isInTurn(JavaDump.DumpThread thread) {
        return thread.frames().stream().anyMatch(frame -> frame.contains(".TakeTurns.turn("));
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#oldestAndNewest")
    void jsonTellsHowLong(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "Idle")) {
            Map<?, ?> dump = (Map<?, ?>) JsonReader.read(dump(target, "--consistent", "--json").stdout());
            Map<?, ?> standstill = (Map<?, ?>) dump.get("standstill");
            assertTrue(((Number) standstill.get("nanos")).longValue() > 0, standstill::toString);
            assertTrue(((Number) standstill.get("stops")).intValue() > 0, standstill::toString);
            assertEquals(0, ((Number) dump.get("stops")).intValue());
        }
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#oldestAndNewest")
    void stoppedProcessStaysStopped(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "TakeTurns")) {
            Command.of("kill", "-STOP", String.valueOf(target.pid())).run();
            Jtrace.await(() -> ProcStatus.tasksOf(target.pid()), ConsistentDumpIT::allStopped);
            JavaDump seen = JavaDump.parse(dump(target, "--consistent").stdout());
            assertTrue(seen.threads().get("player 2").frames().size() > 1, () -> seen.threads().toString());
            assertTrue(allStopped(ProcStatus.tasksOf(target.pid())));
            Command.of("kill", "-CONT", String.valueOf(target.pid())).run();
            assertProgress(target);
        }
    }

    private static boolean allStopped(List<ProcStatus> tasks) {
        return tasks.stream().allMatch(task -> task.state() == 'T');
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#oldestAndNewest")
    void killedDumpLeavesTheProcessRunning(VmSetup setup) throws Exception {
        SplittableRandom random = new SplittableRandom();
        try (TargetJvm target = TargetJvm.start(setup, "TakeTurns")) {
            for (int i = 0; i < KILLS; i++) {
                try (Command.Running jtrace = Jtrace.command("-d", "--consistent", "-p", target.pid()).start()) {
                    TimeUnit.MICROSECONDS.sleep(random.nextInt(MAX_DELAY_MICROS));
                    jtrace.kill();
                    jtrace.await();
                }
                assertEquals(List.of(), held(target), "after kill " + i);
                assertProgress(target);
            }
        }
    }

    private static List<ProcStatus> held(TargetJvm target) {
        return ProcStatus.tasksOf(target.pid()).stream().filter(ProcStatus::stoppedOrTraced).toList();
    }

    /** Hangs, until the harness gives up, if a thread does. */
    private static void assertProgress(TargetJvm target) {
        long before = turns(target);
        while (turns(target) == before) {
            assertTrue(target.isAlive());
            Thread.onSpinWait();
        }
    }

    private static long turns(TargetJvm target) {
        target.tell("turns?");
        return Long.parseLong(target.awaitLine("TURNS "));
    }

    private static Command.Result dump(TargetJvm target, String... options) {
        Object[] args = new Object[options.length + 3];
        System.arraycopy(options, 0, args, 0, options.length);
        args[options.length] = "-d";
        args[options.length + 1] = "-p";
        args[options.length + 2] = target.pid();
        Command.Result result = Jtrace.run(args);
        assertEquals(0, result.exit(), result::toString);
        return result;
    }
}
