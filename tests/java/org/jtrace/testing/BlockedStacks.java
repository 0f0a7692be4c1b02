package org.jtrace.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The stacks of the target BlockedThreads: jtrace's, held against jstack's. */
public final class BlockedStacks {
    /** A thread that blocks in a native method may not have come to its end when the target is ready. */
    private static final int ATTEMPTS = 5;

    private BlockedStacks() {
    }

    /** Frame by frame, for all threads that the target names. The other ones come and go. */
    public static void assertEqualToJstack(TargetJvm target, Supplier<Map<String, List<String>>> jstack,
            Supplier<Collapsed> profile) {
        List<String> names = target.linesBeforeReady("THREAD ");
        assertTrue(names.size() > 80, names::toString);
        String differences = differences(of(names, jstack.get()), idle(profile.get()));
        for (int i = 1; i < ATTEMPTS && !differences.isEmpty(); i++) {
            differences = differences(of(names, jstack.get()), idle(profile.get()));
        }
        assertEquals("", differences);
    }

    private static Map<String, List<String>> of(List<String> names, Map<String, List<String>> threads) {
        assertTrue(threads.keySet().containsAll(names), () -> names + " in " + threads.keySet());
        Map<String, List<String>> named = new HashMap<>(threads);
        named.keySet().retainAll(names);
        return named;
    }

    /** Idle threads' stacks by their names. */
    public static Map<String, List<String>> idle(Collapsed profile) {
        Map<String, List<String>> stacks = new HashMap<>();
        for (Collapsed.Stack stack : profile.stacks()) {
            boolean java = !stack.contains("(non-java)");
            if (java && stack.idle() && stack.threadAndCode().size() > 0) {
                List<String> frames = stack.threadAndCode();
                stacks.put(frames.get(0), frames.subList(1, frames.size()));
            }
        }
        return stacks;
    }

    /** Where the first differ from the second ones, in words; empty when they do not. */
    public static String differences(Map<String, List<String>> jstack, Map<String, List<String>> idle) {
        StringBuilder text = new StringBuilder();
        jstack.forEach((thread, frames) -> {
            List<String> ours = idle.get(asCollapsed(thread));
            if (!frames.equals(ours)) {
                text.append("thread ").append(thread).append('\n').append(difference(frames, ours));
            }
        });
        return text.toString();
    }

    /** Collapsed stacks have a comma for a semicolon, which separates their frames. */
    private static String asCollapsed(String name) {
        return name.replace(';', ',');
    }

    private static String difference(List<String> expected, List<String> seen) {
        if (seen == null) {
            return "  not seen\n";
        }
        int same = 0;
        while (same < Math.min(expected.size(), seen.size()) && expected.get(same).equals(seen.get(same))) {
            same++;
        }
        return "  from frame " + same + " of " + expected.size() + "\n  jstack " + from(expected, same)
                + "\n  jtrace " + from(seen, same) + "\n";
    }

    private static List<String> from(List<String> frames, int first) {
        return frames.subList(first, Math.min(frames.size(), first + 5));
    }
}
