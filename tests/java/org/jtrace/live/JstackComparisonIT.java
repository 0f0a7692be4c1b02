package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jtrace.testing.BlockedStacks;
import org.jtrace.testing.Jstack;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Blocked threads' stacks, frame by frame: class, method and line as the JDK's own jstack has them. */
class JstackComparisonIT {
    /** A JVM's service threads come and go in the first seconds; the threads of the test do not. */
    private static final int ATTEMPTS = 5;

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#all")
    void stacksEqualJstacks(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "BlockedThreads")) {
            List<String> named = namesOf(target);
            Map<String, List<String>> expected = Map.of();
            Map<String, List<String>> seen = Map.of();
            // one that waits for a monitor looks after it now and then, and runs for a moment
            for (int i = 0; i < ATTEMPTS && !(expected.keySet().containsAll(named) && seen.keySet().containsAll(named));
                    i++) {
                Map<String, List<String>> before = Jstack.threads(setup.jdk(), target.pid());
                seen = BlockedStacks.idle(Jtrace.profile("-p", target.pid(), "-s", "0", "--threads"));
                expected = equalIn(before, Jstack.threads(setup.jdk(), target.pid()));
            }
            assertTrue(expected.keySet().containsAll(named), "threads did not rest: " + missing(named, expected));
            assertEquals("", BlockedStacks.differences(expected, seen), setup::toString);
            System.out.printf("%-24s %3d threads, %5d frames equal jstack's%n", setup, expected.size(),
                    expected.values().stream().mapToInt(List::size).sum());
        }
    }

    private static List<String> namesOf(TargetJvm target) {
        List<String> names = new ArrayList<>(target.linesBeforeReady("THREAD "));
        assertTrue(names.size() > 80, names::toString);
        return names;
    }

    private static Map<String, List<String>> equalIn(Map<String, List<String>> before,
            Map<String, List<String>> after) {
        Map<String, List<String>> same = new HashMap<>(after);
        same.entrySet().removeIf(thread -> !thread.getValue().equals(before.get(thread.getKey())));
        return same;
    }

    private static TreeSet<String> missing(List<String> named, Map<String, List<String>> expected) {
        TreeSet<String> missing = new TreeSet<>(named);
        missing.removeAll(expected.keySet());
        return missing;
    }
}
