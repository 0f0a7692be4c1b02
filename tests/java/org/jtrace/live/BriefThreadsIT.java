package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jtrace.testing.BinomialInterval;
import org.jtrace.testing.CallGraph;
import org.jtrace.testing.Collapsed;
import org.jtrace.testing.Collapsed.Stack;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Threads that start and end by the thousand: each stack is whole, and under the name of its own thread. */
class BriefThreadsIT {
    private static final double MIN_COMPLETE = 0.995;
    private static final int MIN_SAMPLES = 500;
    private static final int MIN_THREADS = 100;
    private static final int MIN_SHARED_SAMPLES = 800;
    private static final double SHARE_TOLERANCE = 0.12; // 6 sigma, and what starting takes
    private static final String TARGET = "org.jtrace.targets.BriefThreads.";
    private static final Pattern DIGIT = Pattern.compile("Digits\\.digit(\\d)");
    private static final List<List<String>> ROOTS = List.of(
            List.of("java.lang.Thread.run", TARGET + "run"),
            List.of("java.lang.Thread.run", "java.lang.Thread.runWith", TARGET + "run"));

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void threadsThatStartAndEnd(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "BriefThreads")) {
            Tally tally = new Tally(new CallGraph("org.jtrace.targets.", target.linesBeforeReady("CALL ")));
            long before = ended(target);
            while (tally.all() < MIN_SAMPLES || ended(target) - before < MIN_THREADS) {
                Jtrace.profile("-p", target.pid(), "-s", "2", "-r", "0.001", "-x", "--threads").stacks()
                        .forEach(tally::add);
            }
            System.out.printf("%-24s %d threads: %s%n", setup, ended(target) - before, tally);
            assertEquals(List.of(), tally.wrong);
            assertTrue(BinomialInterval.mayBeAtLeast(MIN_COMPLETE, tally.complete, tally.all()),
                    () -> setup + ": " + tally);
        }
    }

    /** Of threads that take each other's place between two ticks none may be passed over. */
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#oldestAndNewest")
    void haveTheirShareWithStops(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "HalfBrief")) {
            assertShare(setup, target, "ptrace");
        }
    }

    /** The kernel samples none of them before it has ended, or almost. */
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#oldestAndNewest")
    void haveTheirShareByDefault(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "HalfBrief")) {
            PerfEngineIT.requirePermission(target);
            assertShare(setup, target, "auto");
        }
    }

    private static void assertShare(VmSetup setup, TargetJvm target, String engine) {
        long[] before = cpuNanos(target);
        long brief = 0;
        long lasting = 0;
        while (brief + lasting < MIN_SHARED_SAMPLES) {
            Collapsed seen = Jtrace.profile("--engine", engine, "-p", target.pid(), "-s", "3", "-x", "--threads");
            brief += seen.samples(BriefThreadsIT::isBrief);
            lasting += seen.samples(stack -> stack.root().equals("lasting"));
        }
        long[] after = cpuNanos(target);
        double used = after[0] - before[0];
        double expected = used / (used + after[1] - before[1]);
        double share = (double) brief / (brief + lasting);
        System.out.printf("%-24s %-6s brief threads: %.3f of the CPU time, %.3f of %d samples%n", setup, engine,
                expected, share, brief + lasting);
        assertEquals(expected, share, SHARE_TOLERANCE, () -> setup + " " + engine);
    }

    /** One that is just starting has no name of its own yet, for the VM or for the kernel, and no Java frames. */
    private static boolean isBrief(Stack stack) {
        return stack.root().equals("brief") || stack.root().equals("(unnamed thread)") || stack.contains("other");
    }

    /** Of the brief threads and the lasting one. */
    private static long[] cpuNanos(TargetJvm target) {
        target.tell("how much");
        String[] nanos = target.awaitLine("CPU ").split(" ");
        return new long[] {Long.parseLong(nanos[0]), Long.parseLong(nanos[1])};
    }

    private static long ended(TargetJvm target) {
        target.tell("how many");
        return Long.parseLong(target.awaitLine("THREADS "));
    }

    private static final class Tally {
        private final CallGraph graph;
        private long complete;
        private final Map<String, Long> failures = new TreeMap<>();
        private final List<String> wrong = new ArrayList<>();

        Tally(CallGraph graph) {
            this.graph = graph;
        }

        /** A thread that starts or ends has no Java frames for a part of its short life. */
        void add(Stack stack) {
            String name = stack.frames().stream().filter(frame -> frame.startsWith("brief ")).findFirst().orElse(null);
            if (name == null || stack.contains("(non-java)") || stack.idle()) {
                return;
            }
            if (stack.failed()) {
                failures.merge(stack.frames().get(1), stack.count(), Long::sum);
                return;
            }
            complete += stack.count();
            // Callers are exact; the innermost frame may be one that the method would inline a little later.
            boolean isSpelled = stack.frames().stream().anyMatch(frame -> frame.contains(".HotN0000.go"));
            if (isSpelled && !name.equals("brief " + spelled(stack))) {
                wrong.add(name + " runs " + spelled(stack));
            }
            List<String> frames = stack.code().subList(1, stack.code().size());
            if (frames.stream().anyMatch(frame -> frame.startsWith(TARGET))) {
                graph.violation(frames, ROOTS).ifPresent(what -> wrong.add(what + " " + frames));
            }
        }

        private static String spelled(Stack stack) {
            Matcher matcher = DIGIT.matcher(String.join(";", stack.frames()));
            StringBuilder digits = new StringBuilder();
            while (matcher.find()) {
                digits.append(matcher.group(1));
            }
            return digits.toString();
        }

        long all() {
            return complete + failures.values().stream().mapToLong(Long::longValue).sum();
        }

        @Override
        public String toString() {
            return String.format("%5d samples, %6.2f %% complete %s, %d wrong", all(), 100.0 * complete / all(),
                    failures, wrong.size());
        }
    }
}
