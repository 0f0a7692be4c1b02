package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jtrace.output.JsonReader;
import org.jtrace.testing.AttachTool;
import org.jtrace.testing.Command;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Virtual threads that nobody carries, with their stacks, against the JDK's own dump of them. */
class UnmountedThreadsIT {
    private static final int FIRST_WITH_VIRTUAL_THREADS = 21;
    private static final int MOUNTABLE = 44;
    private static final Pattern THEIRS = Pattern.compile("#(\\d+) \"(.*)\" virtual.*");
    private static final Pattern OURS = Pattern.compile("\"(.*)\" #(\\d+) virtual");
    private static final Pattern MODULE = Pattern.compile("^[\\w.]+(?:@[^/]*)?/");
    /** What the JDK hides from its stack traces. */
    private static final Pattern HIDDEN = Pattern.compile("jdk\\.internal\\.vm\\.Continuation\\..*|.*\\$\\$Lambda.*"
            + "|java\\.lang\\.VirtualThread(\\.yieldContinuation|\\$VThreadContinuation).*|java\\.lang\\.Thread\\.runWith.*");

    private static Stream<VmSetup> setups() {
        return VmSetup.collectors().filter(setup -> setup.jdk().feature() >= FIRST_WITH_VIRTUAL_THREADS);
    }

    private static Stream<VmSetup> newest() {
        return VmSetup.oldestAndNewest().skip(1).filter(setup -> setup.jdk().feature() >= FIRST_WITH_VIRTUAL_THREADS);
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("setups")
    void allAreThereWithTheirStacks(VmSetup setup) throws IOException {
        try (TargetJvm target = TargetJvm.start(setup, "Unmounted")) {
            Map<String, List<String>> expected = jdksDump(setup, target);
            assertEquals(MOUNTABLE, expected.size(), expected::toString);
            assertEquals(expected, parse(dump(target).stdout(), OURS, 2, 1));
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("newest")
    void collectionsDoNotHideThem(VmSetup setup) throws IOException {
        try (TargetJvm target = TargetJvm.start(setup, "Unmounted", "collect")) {
            Map<String, List<String>> expected = jdksDump(setup, target);
            assertEquals(expected, parse(dump(target).stdout(), OURS, 2, 1));
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("newest")
    void jsonOfOneInstantHasThem(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "Unmounted")) {
            Map<?, ?> dump = (Map<?, ?>) JsonReader.read(dump(target, "--consistent", "--json").stdout());
            List<?> threads = (List<?>) dump.get("virtualThreads");
            assertEquals(MOUNTABLE, threads.size(), threads::toString);
            for (Object thread : threads) {
                Map<?, ?> members = (Map<?, ?>) thread;
                assertTrue(members.get("problem") == null && ((List<?>) members.get("frames")).size() > 5, members::toString);
            }
        }
    }

    /** By number and name. */
    private static Map<String, List<String>> jdksDump(VmSetup setup, TargetJvm target) throws IOException {
        String file = "/tmp/jtrace-unmounted-" + target.jvmPid() + ".txt";
        Path seen = Path.of("/proc/" + target.jvmPid() + "/root" + file);
        AttachTool.jcmd(setup.jdk(), target.jvmPid(), "Thread.dump_to_file " + file);
        String text = Files.readString(seen);
        Files.delete(seen);
        return parse(text, THEIRS, 1, 2);
    }

    private static Map<String, List<String>> parse(String text, Pattern heading, int id, int name) {
        Map<String, List<String>> threads = new TreeMap<>();
        List<String> current = null;
        for (String line : text.lines().toList()) {
            Matcher matcher = heading.matcher(line);
            if (matcher.matches()) {
                current = threads.computeIfAbsent(matcher.group(id) + " " + matcher.group(name), key -> new ArrayList<>());
            } else if (line.isEmpty()) {
                current = null;
            } else if (current != null && isFrame(line)) {
                current.add(frame(line));
            }
        }
        threads.values().forEach(frames -> frames.removeIf(frame -> HIDDEN.matcher(frame).matches()));
        return threads;
    }

    private static boolean isFrame(String line) {
        return !line.trim().startsWith("- ") && !line.startsWith("   java.lang.Thread.State: ");
    }

    private static String frame(String line) {
        String text = line.trim();
        return MODULE.matcher(text.startsWith("at ") ? text.substring(3) : text).replaceFirst("");
    }

    private static Command.Result dump(TargetJvm target, String... options) {
        List<Object> args = new ArrayList<>(List.of("-d", "--virtual", "-p", target.pid()));
        args.addAll(List.of(options));
        Command.Result result = Jtrace.run(args.toArray());
        assertEquals(0, result.exit(), result::toString);
        return result;
    }
}
