package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtrace.testing.Command;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A program that counts its own signals, waits and null checks sees under sampling what it sees alone. */
class UnharmedIT {
    private static final int SECONDS = 20;
    /**
     * What a wait may be repeated less often than alone. Stopping blocked threads makes a select of 200 ms last 350
     * and more under 1 kHz; a machine shared with the profiler costs a few per cent.
     */
    private static final double MIN_SHARE_OF_WAITS = 0.75;

    /** Rounds done, waits that ended before their time, outcomes that were wrong. */
    private record Count(long rounds, long early, long wrong) {
        static Count parse(String text) {
            String[] numbers = text.split(" ");
            return new Count(Long.parseLong(numbers[0]), Long.parseLong(numbers[1]), Long.parseLong(numbers[2]));
        }
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#oldestAndNewest")
    void countsAndTimingsAreAsAlone(VmSetup setup) {
        // C1 leaves null checks to SIGSEGV for good; C2 writes explicit ones where they fail too often.
        List<String> options = List.of("-XX:TieredStopAtLevel=1", "-XX:-OmitStackTraceInFastThrow");
        try (TargetJvm target = TargetJvm.start(setup, options, "Sensitive")) {
            Map<String, Count> alone = countsDuring(target, List.of("sleep", String.valueOf(SECONDS)));
            Map<String, Count> sampled = countsDuring(target, Jtrace.commandLine("-p", target.pid(), "-s", SECONDS,
                    "-r", "1000hz", "-x", "-o", "/dev/null"));
            List<String> harms = new ArrayList<>();
            alone.forEach((name, count) -> harms.addAll(harms(setup, name, count, sampled.get(name))));
            assertEquals(List.of(), harms);
        }
    }

    private static Map<String, Count> countsDuring(TargetJvm target, List<String> command) {
        target.tell("begin");
        Command.Result result = Command.of(command).run();
        target.tell("end");
        assertEquals(0, result.exit(), result::toString);
        result.stderr().lines().forEach(System.out::println);
        Map<String, Count> counts = new LinkedHashMap<>();
        for (String line : target.linesUntil("END")) {
            assertTrue(line.startsWith("COUNT "), line);
            String[] parts = line.substring("COUNT ".length()).split(": ");
            counts.put(parts[0], Count.parse(parts[1]));
        }
        return counts;
    }

    private static List<String> harms(VmSetup setup, String name, Count alone, Count sampled) {
        System.out.printf("%-20s %-16s alone %7d rounds, %d early, %d wrong; sampled %7d rounds, %d early, %d wrong%n",
                setup, name, alone.rounds, alone.early, alone.wrong, sampled.rounds, sampled.early, sampled.wrong);
        List<String> harms = new ArrayList<>();
        if (sampled.wrong != alone.wrong || sampled.wrong != 0) {
            harms.add(name + ": " + sampled.wrong + " wrong outcomes");
        }
        if (sampled.early > alone.early) {
            harms.add(name + ": " + sampled.early + " waits ended early");
        }
        boolean waits = name.matches(".*\\d");
        if (waits && sampled.rounds < MIN_SHARE_OF_WAITS * alone.rounds) {
            harms.add(name + ": " + sampled.rounds + " rounds instead of " + alone.rounds);
        }
        if (sampled.rounds == 0) {
            harms.add(name + ": stands still");
        }
        return harms;
    }
}
