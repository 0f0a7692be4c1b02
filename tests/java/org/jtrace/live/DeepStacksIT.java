package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jtrace.testing.BinomialInterval;
import org.jtrace.testing.CallGraph;
import org.jtrace.testing.Collapsed.Stack;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Deep recursion: every frame of it is read, whatever runs it, and each in its place. */
class DeepStacksIT {
    private static final List<Integer> DEPTHS = List.of(5_000, 10_000, 20_000);
    private static final double MIN_COMPLETE = 0.995;
    private static final double MIN_COMPLETE_BY_DEFAULT = 0.97;
    private static final int MIN_SAMPLES = 300;
    /** Where it is inlined, it may be shown a little before it is reached: positions within a method are approximate. */
    private static final List<String> NO_INLINING =
            List.of("-XX:CompileCommand=dontinline,org.jtrace.targets.DeepStacks::bottom");
    /**
     * Of the recursion's methods inlined where the top frame is between two calls, those of the next call are shown, be it
     * made or not (docs/how-it-works.md). There are four of them, and each is inlined into the others at most twice.
     */
    private static final int SHOWN_AHEAD = 7;
    private static final String TARGET = "org.jtrace.targets.DeepStacks.";
    private static final List<List<String>> ROOTS = List.of(
            List.of("java.lang.Thread.run", TARGET + "run"),
            List.of("java.lang.Thread.run", "java.lang.Thread.runWith", TARGET + "run"));

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#modes")
    void everyFrameIsRead(VmSetup setup) {
        assertEveryFrameIsRead(setup, "ptrace", MIN_COMPLETE);
    }

    /** The kernel's samples have 64 KB of a stack at most: those that have less than all tell who is to be stopped. */
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#oldestAndNewest")
    void everyFrameIsReadByDefault(VmSetup setup) {
        assertEveryFrameIsRead(setup, "auto", MIN_COMPLETE_BY_DEFAULT);
    }

    private static void assertEveryFrameIsRead(VmSetup setup, String engine, double minComplete) {
        String[] depths = DEPTHS.stream().map(String::valueOf).toArray(String[]::new);
        try (TargetJvm target = TargetJvm.start(setup, NO_INLINING, "DeepStacks", depths)) {
            Tally tally = new Tally(new CallGraph("org.jtrace.targets.", target.linesBeforeReady("CALL ")));
            while (tally.all() < MIN_SAMPLES || tally.atBottom.size() < DEPTHS.size()) {
                Jtrace.profile("--engine", engine, "-p", target.pid(), "-s", "3", "-r", "0.005", "-x", "-n",
                        "--threads").stacks().forEach(tally::add);
            }
            System.out.printf("%-24s %-6s %s%n", setup, engine, tally);
            assertEquals(List.of(), tally.wrong);
            assertTrue(BinomialInterval.mayBeAtLeast(minComplete, tally.complete, tally.all()),
                    () -> setup + ": " + tally);
        }
    }

    private static final class Tally {
        private final CallGraph graph;
        private long complete;
        /** Samples at full depth, by depth. */
        private final Map<Integer, Long> atBottom = new TreeMap<>();
        private final Map<String, Long> failures = new HashMap<>();
        private final List<String> wrong = new ArrayList<>();

        Tally(CallGraph graph) {
            this.graph = graph;
        }

        void add(Stack stack) {
            int depth = DEPTHS.stream().filter(d -> stack.frames().contains("deep " + d)).findFirst().orElse(0);
            if (depth == 0 || stack.contains("(non-java)")) {
                return;
            }
            if (stack.failed()) {
                failures.merge(stack.frames().get(1), stack.count(), Long::sum);
                return;
            }
            complete += stack.count();
            List<String> frames = stack.code().subList(1, stack.code().size());
            graph.violation(frames, ROOTS).ifPresent(what -> wrong.add(what));
            long down = frames.stream().filter(frame -> frame.startsWith(TARGET + "down")).count();
            boolean bottom = frames.contains(TARGET + "bottom");
            if (bottom ? down != depth : down > depth + SHOWN_AHEAD) {
                wrong.add(down + " frames instead of " + depth);
            }
            if (bottom) {
                atBottom.merge(depth, stack.count(), Long::sum);
            }
        }

        long all() {
            return complete + failures.values().stream().mapToLong(Long::longValue).sum();
        }

        @Override
        public String toString() {
            return String.format("%5d samples, %6.2f %% complete %s, at full depth %s", all(), 100.0 * complete / all(),
                    failures, atBottom);
        }
    }
}
