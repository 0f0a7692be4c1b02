package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jtrace.testing.CallGraph;
import org.jtrace.testing.Collapsed;
import org.jtrace.testing.Collapsed.Stack;
import org.jtrace.testing.Command;
import org.jtrace.testing.CpuSeen;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The engine perf: nobody is stopped, and the profile is as true as with stops. */
class PerfEngineIT {
    private static final int NOT_PERMITTED = 4;
    private static final int MIN_SAMPLES = 1_500;
    private static final double PERIOD_SECONDS = 0.001;
    private static final double MIN_COMPLETE = 0.99;
    private static final String TARGETS = "org.jtrace.targets.";
    private static final List<List<String>> ROOTS = List.of(
            List.of("java.lang.Thread.run", TARGETS + "Busy.run"),
            List.of("java.lang.Thread.run", "java.lang.Thread.runWith", TARGETS + "Busy.run"));

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void sharesAreThoseOfTheProgram(VmSetup setup) {
        try (TargetJvm target = SharesIT.startFiftyThirtyTwenty(setup)) {
            requirePermission(target);
            SharesIT.assertFiftyThirtyTwenty(setup, "perf", () -> manyLooks(target));
        }
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void stacksAreComplete(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "Busy")) {
            requirePermission(target);
            CallGraph graph = new CallGraph(TARGETS, target.linesBeforeReady("CALL "));
            Map<String, Long> wrong = new TreeMap<>();
            long all = 0;
            while (all < MIN_SAMPLES) {
                for (Stack stack : profile(target, "--threads").stacks()) {
                    if (stack.frames().stream().noneMatch(frame -> frame.startsWith("busy "))) {
                        continue;
                    }
                    all += stack.count();
                    String fault = fault(stack, graph);
                    if (fault != null) {
                        wrong.merge(fault, stack.count(), Long::sum);
                    }
                }
            }
            double share = 1 - (double) wrong.values().stream().mapToLong(Long::longValue).sum() / all;
            System.out.printf("%-24s perf %5d samples, %6.2f %% complete %s%n", setup, all, 100 * share, wrong);
            assertTrue(share >= MIN_COMPLETE, () -> setup + ": " + wrong);
        }
    }

    /** What the kernel counts is what the samples carry, and nobody was in anybody's hands. */
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void cpuTimeIsSeenAndNobodyIsStopped(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "Busy")) {
            requirePermission(target);
            Command.Result result = Jtrace.run("--engine", "perf", "-p", target.pid(), "-s", "4", "-r", "5ms");
            assertEquals(0, result.exit(), result::toString);
            System.out.printf("%-24s perf %s", setup, result.stderr());
            assertTrue(result.stderr().contains("engine perf, nobody was stopped"), result.stderr());
            CpuSeen cpu = CpuSeen.of(result);
            double share = cpu.seen() / cpu.counted();
            // Late timers make no difference. A compiler's thread may end before there is any record of it.
            assertTrue(share >= 0.95 && share <= 1.01, result.stderr());
            assertTrue(Collapsed.parse(result.stdout()).stacks().stream()
                    .anyMatch(stack -> stack.root().equals("(idle)")));
        }
    }

    static Stream<VmSetup> any() {
        return VmSetup.defaults().limit(1);
    }

    @ParameterizedTest
    @MethodSource("any")
    void saysWhatTheKernelRefuses(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "Busy")) {
            Command.Result perf = runRefused("--engine", "perf", "-p", target.pid(), "-s", "0.2");
            assertEquals(NOT_PERMITTED, perf.exit(), perf::toString);
            assertEquals("", perf.stdout());
            assertTrue(perf.stderr().contains("the engine perf is not permitted"), perf::toString);
            assertEquals(1, perf.stderr().lines().count(), perf::toString);
            Command.Result auto = runRefused("--engine", "auto", "-p", target.pid(), "-s", "0.2");
            assertEquals(0, auto.exit(), auto::toString);
            assertTrue(auto.stderr().contains("engine ptrace: the engine perf is not permitted"), auto::toString);
            assertTrue(auto.stdout().contains("Busy.run"), auto::toString);
        }
    }

    /** In a process that the kernel gives no perf events, whoever its user is (tests/refuse/refuse_perf.c). */
    private static Command.Result runRefused(Object... args) {
        List<String> command = new ArrayList<>();
        command.add(Jtrace.launcher().resolveSibling("native").resolve("refuse_perf").toString());
        command.addAll(Jtrace.commandLine(args));
        return Command.of(command).run();
    }

    /** By the CPU time that they carry, as the kernel takes one for each millisecond of it. */
    private static SharesIT.Looks manyLooks(TargetJvm target) {
        Collapsed all = new Collapsed(List.of());
        double seconds = 0;
        while (seconds < 2 * MIN_SAMPLES * PERIOD_SECONDS) {
            Command.Result result = Jtrace.run(arguments(target));
            assertEquals(0, result.exit(), result::toString);
            all = all.plus(Collapsed.parse(result.stdout()));
            seconds += CpuSeen.of(result).seen();
        }
        double perLook = all.samples(stack -> !stack.idle()) * PERIOD_SECONDS / seconds;
        return new SharesIT.Looks(all, Math.max(1, perLook));
    }

    /** Null when the program can have this stack. */
    private static String fault(Stack stack, CallGraph graph) {
        if (stack.failed()) {
            return stack.frames().get(1);
        }
        return stack.root().startsWith("busy ")
                ? graph.violation(stack.code().subList(1, stack.code().size()), ROOTS).orElse(null) : "no Java frames";
    }

    private static Collapsed profile(TargetJvm target, String... more) {
        return Jtrace.profile(arguments(target, more));
    }

    private static Object[] arguments(TargetJvm target, String... more) {
        List<Object> args = new ArrayList<>(
                List.of("--engine", "perf", "-p", target.pid(), "-s", "2", "-r", PERIOD_SECONDS, "-x"));
        args.addAll(List.of(more));
        return args.toArray();
    }

    /** Where the kernel permits perf events there is no way round these tests. */
    static void requirePermission(TargetJvm target) {
        Command.Result result = Jtrace.run("--engine", "perf", "-p", target.pid(), "-s", "0.1", "-o", "-");
        assumeTrue(result.exit() != NOT_PERMITTED, result.stderr());
    }
}
