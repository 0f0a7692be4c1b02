package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jtrace.testing.BinomialInterval;
import org.jtrace.testing.Collapsed;
import org.jtrace.testing.Collapsed.Stack;
import org.jtrace.testing.Command;
import org.jtrace.testing.Jdk;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.jtrace.testing.VmSetup.Collector;
import org.jtrace.testing.VmSetup.Mode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Threads that a pause of the collector holds are marked, for as long as it lasts, and no others. */
class SafepointIT {
    private static final int NOT_PERMITTED = 4;
    private static final int COLLECTIONS = 5;
    private static final double TICK_SECONDS = 0.004;
    private static final double CONFIDENCE = 0.999;
    private static final List<String> WAITING = List.of("waits parked", "waits asleep", "waits for a notification",
            "waits for a monitor", "waits in native code", "waits to be seen");
    private static final Pattern TICKS = Pattern.compile("([0-9,]+) of ([0-9,]+) ticks");
    private static final Pattern STOPPED = Pattern.compile(
            "application threads were stopped: ([0-9.]+) seconds, Stopping threads took: ([0-9.]+) seconds");
    private static final Pattern SAFEPOINT = Pattern.compile(
            "Safepoint .*Reaching safepoint: (\\d+) ns,.* Total: (\\d+) ns");
    private static final double NANOS = 1e-9;

    private static Stream<VmSetup> serial() {
        return VmSetup.defaults().map(setup -> new VmSetup(setup.jdk(), Collector.SERIAL, Mode.TIERED));
    }

    private static Stream<VmSetup> oldestAndNewest() {
        return VmSetup.oldestAndNewest().map(setup -> new VmSetup(setup.jdk(), Collector.SERIAL, Mode.TIERED));
    }

    /** Time of pauses, in seconds: from when all threads had come to them, and from when they were asked to. */
    private record Paused(double reached, double all) {
        static Paused in(List<String> log) {
            double reached = 0;
            double all = 0;
            for (String line : log) {
                Matcher stopped = STOPPED.matcher(line);
                Matcher safepoint = SAFEPOINT.matcher(line);
                if (stopped.find()) {
                    all += Double.parseDouble(stopped.group(1));
                    reached += Double.parseDouble(stopped.group(1)) - Double.parseDouble(stopped.group(2));
                } else if (safepoint.find()) {
                    all += Long.parseLong(safepoint.group(2)) * NANOS;
                    reached += (Long.parseLong(safepoint.group(2)) - Long.parseLong(safepoint.group(1))) * NANOS;
                }
            }
            return new Paused(reached, all);
        }
    }

    /**
     * A tick in a pause has its mark, and none outside has one. How many of the ticks that were missed, on a busy machine,
     * would have been in a pause nobody knows: none to all of them.
     */
    @ParameterizedTest
    @MethodSource("serial")
    void asLongAsThePausesLast(VmSetup setup) {
        List<String> log = new ArrayList<>();
        Command.Result result = profile(setup, log, "--engine", "ptrace");
        Collapsed profile = Collapsed.parse(result.stdout());
        assertMarked(profile, result);
        Paused paused = Paused.in(log);
        Matcher ticks = TICKS.matcher(result.stderr());
        assertTrue(ticks.find(), result::toString);
        long due = number(ticks.group(2));
        long missed = due - number(ticks.group(1));
        double seconds = due * TICK_SECONDS;
        for (String busy : List.of("busy 1", "busy 2")) {
            long marked = profile.samples(stack -> atSafepoint(stack) && stack.contains(busy));
            double least = seconds * BinomialInterval.of(marked, due, CONFIDENCE).low();
            double most = seconds * BinomialInterval.of(marked + missed, due, CONFIDENCE).high();
            System.out.printf("%-24s %s: %d of %d ticks, %d missed, 99.9 %%: %.3f to %.3f s; paused %.3f to %.3f s%n",
                    setup, busy, marked, due, missed, least, most, paused.reached(), paused.all());
            assertTrue(least <= paused.all() && most >= paused.reached(),
                    () -> setup + ": " + busy + ", " + marked + " of " + due + " ticks, " + missed + " missed, " + paused
                            + " in " + log + "\n" + result.stderr());
        }
    }

    @ParameterizedTest
    @MethodSource("oldestAndNewest")
    void markedByTheOtherEngineToo(VmSetup setup) {
        Command.Result result = profile(setup, new ArrayList<>(), "--engine", "perf");
        assertMarked(Collapsed.parse(result.stdout()), result);
    }

    private static void assertMarked(Collapsed profile, Command.Result result) {
        for (String busy : List.of("busy 1", "busy 2")) {
            assertTrue(profile.samples(stack -> atSafepoint(stack) && stack.contains(busy)
                    && stack.contains("org.jtrace.targets.Pauses.compute")) > 0, result::toString);
        }
        for (String waiting : WAITING) {
            Predicate<Stack> its = stack -> stack.contains(waiting);
            assertTrue(profile.samples(its) > 0, () -> waiting + ": " + result);
            assertEquals(List.of(), profile.stacks().stream().filter(its)
                    .filter(stack -> stack.contains("(safepoint)")).toList(), result::stderr);
        }
        assertEquals(List.of(), profile.stacks().stream()
                .filter(stack -> stack.contains("(safepoint)") && !atSafepoint(stack)).toList(), result::stderr);
    }

    private static boolean atSafepoint(Stack stack) {
        return stack.frames().size() > 2 && stack.frames().subList(0, 2).equals(List.of("(idle)", "(safepoint)"));
    }

    /** Of some collections, all of them within the profile; the JVM's log of them is added to {@code log}. */
    private static Command.Result profile(VmSetup setup, List<String> log, Object... engine) {
        try (TargetJvm target = TargetJvm.start(setup, logOptions(setup.jdk()), "Pauses")) {
            List<Object> arguments = new ArrayList<>(List.of(engine));
            arguments.addAll(List.of("-p", target.pid(), "-s", "600", "-r", TICK_SECONDS, "--threads", "-n", "-o", "-"));
            try (Command.Running jtrace = Jtrace.command(arguments.toArray()).defaultSignals().start()) {
                awaitSecondTick(jtrace, target);
                target.tell("0");
                target.linesUntil("COLLECTED");
                target.tell(String.valueOf(COLLECTIONS));
                log.addAll(target.linesUntil("COLLECTED"));
                jtrace.signal("INT");
                Command.Result result = jtrace.await();
                assumeTrue(result.exit() != NOT_PERMITTED, "the kernel permits no perf events");
                assertEquals(0, result.exit(), result::toString);
                return result;
            }
        }
    }

    private static List<String> logOptions(Jdk jdk) {
        return List.of(jdk.feature() == 8 ? "-XX:+PrintGCApplicationStoppedTime" : "-Xlog:safepoint=info:stdout:none");
    }

    /** A tick has its list of threads before it opens the first of them; a thread that is younger is the next one's. */
    private static void awaitSecondTick(Command.Running jtrace, TargetJvm target) {
        awaitOpened(jtrace, target.pid());
        target.tell("thread");
        awaitOpened(jtrace, Long.parseLong(target.awaitLine("THREAD ")));
    }

    private static void awaitOpened(Command.Running jtrace, long tid) {
        String task = "/task/" + tid + "/";
        Jtrace.await(() -> openFiles(jtrace), files -> files.stream().anyMatch(file -> file.contains(task)));
    }

    private static List<String> openFiles(Command.Running jtrace) {
        List<String> files = new ArrayList<>();
        try (Stream<Path> links = Files.list(Path.of("/proc/" + jtrace.pid() + "/fd"))) {
            for (Path link : links.toList()) {
                try {
                    files.add(Files.readSymbolicLink(link).toString());
                } catch (IOException closed) {
                    continue;
                }
            }
        } catch (IOException e) {
            throw new AssertionError("jtrace ended: " + jtrace.await(), e);
        }
        return files;
    }

    private static long number(String text) {
        return Long.parseLong(text.replace(",", ""));
    }
}
