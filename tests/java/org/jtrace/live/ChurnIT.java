package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jtrace.testing.BinomialInterval;
import org.jtrace.testing.CallGraph;
import org.jtrace.testing.Collapsed.Stack;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Programs that load, compile, run and unload classes without pause: code and methods are gone soon after their frames
 * are, and others take their addresses. The stacks tell by themselves which class ran: frames that stay spell its
 * number. So a name that is read too late does not only miss, it shows.
 */
class ChurnIT {
    private static final double MIN_NAMED = 0.99;
    private static final double MIN_COMPLETE = 0.995;
    private static final int MIN_SAMPLES = 1_000;
    private static final String TARGETS = "org.jtrace.targets.";
    private static final Pattern DIGIT = Pattern.compile("Digits\\.digit(\\d)");
    private static final Pattern NUMBER = Pattern.compile("N(\\d{4})");
    private static final int DIGITS = 4;
    private static final List<List<String>> ROOTS = List.of(
            List.of("java.lang.Thread.run", TARGETS + "Churn.run"),
            List.of("java.lang.Thread.run", "java.lang.Thread.runWith", TARGETS + "Churn.run"));

    /** How classes are unloaded is the collector's business. */
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#collectors")
    void classesThatComeAndGoAreNamed(VmSetup setup) {
        profile(setup, List.of(), "HotN0000");
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void codeThatIsDeoptimisedAllTheTime(VmSetup setup) {
        profile(setup, List.of(), "ShiftN0000");
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void loopsThatAreReplacedOnStack(VmSetup setup) {
        profile(setup, List.of(), "LoopN0000");
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void aCodeCacheThatIsAlwaysFull(VmSetup setup) {
        profile(setup, List.of("-XX:ReservedCodeCacheSize=5m", "-XX:InitialCodeCacheSize=4m"), "HotN0000");
    }

    private static void profile(VmSetup setup, List<String> options, String template) {
        try (TargetJvm target = TargetJvm.start(setup, options, "Churn", template)) {
            Tally tally = new Tally(new CallGraph(TARGETS, target.linesBeforeReady("CALL ")));
            long before = classes(target);
            while (tally.all() < MIN_SAMPLES) {
                Jtrace.profile("-p", target.pid(), "-s", "2", "-r", "0.001", "-x", "--threads").stacks()
                        .forEach(tally::add);
            }
            long defined = classes(target) - before;
            System.out.printf("%-24s %s, %d classes: %s%n", setup, template, defined, tally);
            assertTrue(defined > 0, "the target stands still");
            assertEquals(List.of(), tally.wrong);
            assertTrue(tally.named >= MIN_NAMED * tally.all(), () -> setup + ": " + tally);
            assertTrue(BinomialInterval.mayBeAtLeast(MIN_COMPLETE, tally.complete, tally.all()),
                    () -> setup + ": " + tally);
        }
    }

    private static long classes(TargetJvm target) {
        target.tell("how many");
        return Long.parseLong(target.awaitLine("CLASSES "));
    }

    /** What became of the samples of the churning threads. */
    private static final class Tally {
        private final CallGraph graph;
        private long complete;
        private long named;
        private final TreeMap<String, Long> failures = new TreeMap<>();
        private final List<String> wrong = new ArrayList<>();

        Tally(CallGraph graph) {
            this.graph = graph;
        }

        void add(Stack stack) {
            boolean ofChurn = stack.frames().stream().anyMatch(frame -> frame.startsWith("churn "));
            if (!ofChurn || stack.idle() || stack.contains("(non-java)")) {
                return;
            }
            boolean unknown = stack.frames().stream().anyMatch(frame -> frame.contains("(unknown method)"));
            named += stack.failed() || unknown ? 0 : stack.count();
            if (stack.failed() || unknown) {
                failures.merge(unknown ? "unnamed" : stack.frames().get(1), stack.count(), Long::sum);
                return;
            }
            complete += stack.count();
            violation(stack.code().subList(1, stack.code().size()))
                    .ifPresent(what -> wrong.add(what + ": " + String.join(";", stack.frames())));
        }

        private Optional<String> violation(List<String> frames) {
            List<String> spelled = all(DIGIT, frames);
            List<String> numbers = all(NUMBER, frames).stream().distinct().toList();
            boolean runs = frames.stream().anyMatch(frame -> frame.matches(".*N\\d{4}\\.go.*"));
            if (runs && spelled.size() != DIGITS || numbers.size() > 1
                    || spelled.size() == DIGITS && !numbers.isEmpty()
                            && !numbers.get(0).equals(String.join("", spelled))) {
                return Optional.of(spelled + " runs " + numbers);
            }
            return graph.violation(frames.stream().map(frame -> NUMBER.matcher(frame).replaceAll("N0000")).toList(),
                    ROOTS);
        }

        private static List<String> all(Pattern pattern, List<String> frames) {
            List<String> found = new ArrayList<>();
            for (String frame : frames) {
                Matcher matcher = pattern.matcher(frame);
                while (matcher.find()) {
                    found.add(matcher.group(1));
                }
            }
            return found;
        }

        long all() {
            return complete + failures.values().stream().mapToLong(Long::longValue).sum();
        }

        @Override
        public String toString() {
            return String.format("%5d samples, %6.2f %% named, %6.2f %% complete %s, %d wrong", all(),
                    100.0 * named / all(), 100.0 * complete / all(), failures, wrong.size());
        }
    }
}
