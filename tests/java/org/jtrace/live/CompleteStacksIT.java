package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jtrace.testing.CallGraph;
import org.jtrace.testing.Collapsed;
import org.jtrace.testing.Collapsed.Stack;
import org.jtrace.testing.Jdk;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Stacks of busy threads: they must reach the thread's bottom by rule, and none may have a call that the program cannot
 * make. All setups are written into one table.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CompleteStacksIT {
    /** Beside the launcher: the build directory. */
    private static final String TABLE = "complete-stacks.md";
    /** Of one setup's samples: three of them are 0.2 %. */
    private static final double MIN_COMPLETE = 0.995;
    /** Of all that a JDK's setups have together, when these are not just one or two. */
    private static final double MIN_COMPLETE_OF_A_JDK = 0.999;
    private static final int MIN_SAMPLES = 1_500;
    private static final int MIN_SAMPLES_OF_A_JDK = 5 * MIN_SAMPLES;
    private static final String TARGETS = "org.jtrace.targets.";
    /** Thread.run calls runWith since JDK 19. */
    private static final List<List<String>> ROOTS = List.of(
            List.of("java.lang.Thread.run", TARGETS + "Busy.run"),
            List.of("java.lang.Thread.run", "java.lang.Thread.runWith", TARGETS + "Busy.run"));

    private final List<String> rows = new ArrayList<>();
    private final Map<Jdk, Tally> byJdk = new LinkedHashMap<>();

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#all")
    void stacksAreComplete(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "Busy")) {
            CallGraph graph = new CallGraph(TARGETS, target.linesBeforeReady("CALL "));
            Tally tally = new Tally();
            while (tally.all() < MIN_SAMPLES) {
                Jtrace.profile("-p", target.pid(), "-s", "2", "-r", "0.001", "-x", "--threads").stacks()
                        .forEach(stack -> tally.add(stack, graph));
            }
            rows.add(tally.row(setup));
            byJdk.computeIfAbsent(setup.jdk(), jdk -> new Tally()).add(tally);
            System.out.printf("%s%n%s", tally.row(setup), tally.violations());
            assertEquals("", tally.violations(), setup::toString);
            assertTrue(tally.completeShare() >= MIN_COMPLETE, () -> setup + ": " + tally.failures);
        }
    }

    @AfterAll
    void writeTable() throws IOException {
        List<String> lines = new ArrayList<>(List.of(
                "| setup | samples | complete by rule, % | found by a search | impossible | not read |",
                "|---|---|---|---|---|---|"));
        lines.addAll(rows);
        Files.write(Jtrace.launcher().resolveSibling(TABLE), lines);
    }

    @AfterAll
    void nearlyAllOfAJdkAreComplete() {
        byJdk.forEach((jdk, tally) -> assertTrue(
                tally.all() < MIN_SAMPLES_OF_A_JDK || tally.completeShare() >= MIN_COMPLETE_OF_A_JDK,
                () -> tally.row(jdk)));
    }

    /** What became of the samples of the busy threads. */
    private static final class Tally {
        private static final String GUESSED = "guessed";

        private long complete;
        private final Map<String, Long> failures = new TreeMap<>();
        private final Map<String, Long> violations = new TreeMap<>();
        private final Map<String, Stack> examples = new TreeMap<>();

        void add(Stack stack, CallGraph graph) {
            boolean ofBusyThread = stack.frames().stream().anyMatch(frame -> frame.startsWith("busy "));
            if (!ofBusyThread) {
                return;
            }
            if (stack.failed()) {
                failures.merge(stack.frames().get(1), stack.count(), Long::sum);
                return;
            }
            if (!stack.root().startsWith("busy ")) {
                failures.merge("no Java frames", stack.count(), Long::sum);
                return;
            }
            Optional<String> violation = graph.violation(stack.code().subList(1, stack.code().size()), ROOTS);
            if (violation.isEmpty()) {
                complete += stack.count();
            } else {
                violations.merge(violation.get(), stack.count(), Long::sum);
                examples.put(violation.get(), stack);
            }
        }

        void add(Tally other) {
            complete += other.complete;
            other.failures.forEach((reason, count) -> failures.merge(reason, count, Long::sum));
            other.violations.forEach((what, count) -> violations.merge(what, count, Long::sum));
        }

        String violations() {
            StringBuilder text = new StringBuilder();
            violations.forEach((what, count) -> text.append("  cannot be: ").append(what).append(": ").append(count)
                    .append(" of ")
                    .append(all()).append(", as in ").append(String.join(";", examples.get(what).frames()))
                    .append('\n'));
            return text.toString();
        }

        String row(Object setup) {
            Map<String, Long> notRead = new TreeMap<>(failures);
            notRead.remove(GUESSED);
            String reasons = notRead.entrySet().stream().map(reason -> reason.getKey() + " " + reason.getValue())
                    .collect(Collectors.joining(", "));
            return String.format(Locale.ROOT, "| %s | %d | %.2f | %d | %d | %s |", setup, all(),
                    100 * completeShare(), guessed(), sum(violations), reasons);
        }

        long all() {
            return complete + sum(failures) + sum(violations);
        }

        private static long sum(Map<String, Long> counts) {
            return counts.values().stream().mapToLong(Long::longValue).sum();
        }

        double completeShare() {
            return (double) complete / all();
        }

        /** Stacks that a search found: they reach the bottom, but jtrace does not vouch for them. */
        private long guessed() {
            return failures.getOrDefault(GUESSED, 0L);
        }
    }
}
