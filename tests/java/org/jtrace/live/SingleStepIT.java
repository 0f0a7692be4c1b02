package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jtrace.testing.Command;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Walks a busy thread's stack at every instruction (tests/step/step_check.c) and holds each against the one of the
 * instruction before.
 */
class SingleStepIT {
    private static final int INSTRUCTIONS = 10_000;
    private static final Pattern TALLY =
            Pattern.compile("(\\w+) checked=(\\d+) wrong=(\\d+) incomplete=(\\d+) scanned=(\\d+) misguided=(\\d+)"
                    + " deoptimizing=(\\d+)");
    /** Of all stacks on the way, in stubs and in native code that Java called without an anchor: those that are not right. */
    private static final double MAX_WRONG = 0.001;

    /**
     * @param scanned stacks that jtrace marks as found by a search, {@code misguided} those of them that were wrong
     * @param deoptimizing stacks that jtrace refuses while a frame is replaced
     */
    private record Tally(String region, long checked, long wrong, long incomplete, long scanned, long misguided,
            long deoptimizing) {
        long notRight() {
            return wrong + incomplete + misguided;
        }
    }

    /** Each mode with the JVM's own collector, and each other collector with its barriers. */
    static Stream<VmSetup> setups() {
        return Stream.concat(VmSetup.modes().filter(setup -> setup.mode() != VmSetup.Mode.TIERED),
                VmSetup.collectors().filter(setup -> setup.collector() != VmSetup.Collector.DEFAULT));
    }

    private static String region(VmSetup setup) {
        return switch (setup.mode()) {
            case XINT -> "interpreted";
            case C1 -> "c1";
            case C2, TIERED, XCOMP -> "c2";
        };
    }

    @ParameterizedTest
    @MethodSource("setups")
    void everyInstruction(VmSetup setup) {
        String region = region(setup);
        try (TargetJvm target = TargetJvm.start(setup, "Busy")) {
            awaitTurn(target);
            Command.Result result = Command.of(stepCheck(), Long.toString(target.pid()), "busy 1", region,
                    Integer.toString(INSTRUCTIONS)).run();
            assertEquals(0, result.exit(), result::toString);
            Map<String, Tally> tallies = tallies(result.lines());
            System.out.printf("%-24s %s%n", setup, tallies.values());
            result.lines().stream().filter(line -> !TALLY.matcher(line).matches()).forEach(System.out::println);
            Tally wanted = tallies.get(region);
            assertTrue(wanted.checked >= INSTRUCTIONS, () -> setup + ": only " + wanted + "; " + result);
            assertEquals(0, wanted.wrong + wanted.incomplete, () -> setup + ": " + result);
            long checked = tallies.values().stream().mapToLong(Tally::checked).sum();
            long wrong = tallies.values().stream().mapToLong(Tally::notRight).sum();
            assertTrue(wrong <= MAX_WRONG * checked, () -> setup + ": " + result);
        }
    }

    /** Until the first of the busy threads has its name and its work. */
    private static void awaitTurn(TargetJvm target) {
        Jtrace.await(() -> {
            target.tell("");
            return target.awaitLine("TURNS");
        }, turns -> !turns.startsWith("0 "));
    }

    private static String stepCheck() {
        return Jtrace.launcher().resolveSibling("native").resolve("step_check").toString();
    }

    private static long number(Matcher match, int group) {
        return Long.parseLong(match.group(group));
    }

    private static Map<String, Tally> tallies(List<String> lines) {
        return lines.stream().map(TALLY::matcher).filter(Matcher::matches)
                .map(match -> new Tally(match.group(1), number(match, 2), number(match, 3), number(match, 4),
                        number(match, 5), number(match, 6), number(match, 7)))
                .collect(Collectors.toMap(Tally::region, Function.identity()));
    }
}
