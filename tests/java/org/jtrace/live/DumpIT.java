package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jtrace.output.JsonReader;
import org.jtrace.testing.AttachTool;
import org.jtrace.testing.Command;
import org.jtrace.testing.JavaDump;
import org.jtrace.testing.JavaDump.DumpThread;
import org.jtrace.testing.Jdk;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.ProcStatus;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Thread dumps beside jstack's, and where jstack gives none. What differs from jstack's, and is to, stands in
 * docs/thread-dumps.md.
 */
class DumpIT {
    /** Service threads come and go in the first seconds; the threads of the test do not. */
    private static final int ATTEMPTS = 5;
    /** These are to be equal in each thread that Java knows, where jstack of that release has them. */
    private static final List<String> FIELDS = List.of("prio", "tid", "nid");

    /** Not in the structure tables. */
    private static final String INITIALISATION = "- waiting on the Class initialization monitor for ";

    @TempDir
    private Path directory;

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void fieldsAndFramesEqualJstacks(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "BlockedThreads")) {
            List<String> named = target.linesBeforeReady("THREAD ");
            String differences = "never compared";
            for (int i = 0; i < ATTEMPTS && !differences.isEmpty(); i++) {
                JavaDump before = jstack(setup.jdk(), target);
                JavaDump seen = dump(target);
                JavaDump after = jstack(setup.jdk(), target);
                assertTrue(seen.threads().keySet().containsAll(named), () -> "missing threads of " + named);
                differences = differences(named, before, after, seen, setup.jdk().feature());
            }
            assertEquals("", differences);
        }
    }

    /** Of the threads that were the same to jstack before and after, those that are not in jtrace's. */
    private static String differences(
            List<String> named, JavaDump before, JavaDump after, JavaDump seen, int feature) {
        StringBuilder text = new StringBuilder();
        Set<String> compared = before.threads().keySet().stream().filter(name -> name.equals("main")
                || name.equals("Finalizer") || name.equals("Signal Dispatcher") || named.contains(name))
                .collect(Collectors.toSet());
        assertTrue(compared.containsAll(named) && compared.size() == named.size() + 3, compared::toString);
        for (String name : compared) {
            List<String> first = comparable(before.threads().get(name), feature);
            List<String> theirs = comparable(after.threads().get(name), feature);
            List<String> ours = comparable(seen.threads().get(name), feature);
            if (!first.equals(theirs) || !theirs.equals(ours)) {
                text.append(name).append('\n').append(difference(theirs, ours));
            }
        }
        return text.toString();
    }

    private static String difference(List<String> theirs, List<String> ours) {
        int same = 0;
        while (same < Math.min(theirs.size(), ours.size()) && theirs.get(same).equals(ours.get(same))) {
            same++;
        }
        return "  jstack " + theirs.stream().skip(same).findFirst() + "\n  jtrace "
                + ours.stream().skip(same).findFirst() + "\n";
    }

    /** 8 does not tell it. */
    private static String withoutStateOfRunnable(DumpThread thread) {
        boolean runnable = "   java.lang.Thread.State: RUNNABLE".equals(thread.line("java.lang.Thread.State:"));
        return runnable ? thread.heading().replaceFirst(" (?:runnable|in Object\\.wait\\(\\)|waiting on condition) \\[",
                " [") : thread.heading();
    }

    private static List<String> comparable(DumpThread thread, int feature) {
        List<String> all = new ArrayList<>();
        if (thread == null) {
            return all;
        }
        all.add(thread.name() + " " + (feature == 8 ? withoutStateOfRunnable(thread) : thread.heading()));
        FIELDS.forEach(field -> all.add(field + "=" + thread.fields().get(field)));
        all.add(thread.line("java.lang.Thread.State:"));
        thread.stack().stream().filter(line -> !line.contains(INITIALISATION)).forEach(all::add);
        return all;
    }

    /** Both clocks go on between the dumps. */
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void timesLieBetweenJstacks(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "BlockedThreads")) {
            JavaDump before = jstack(setup.jdk(), target);
            DumpThread seen = dump(target).threads().get("main");
            JavaDump after = jstack(setup.jdk(), target);
            for (String field : List.of("cpu", "elapsed")) {
                if (before.threads().get("main").fields().containsKey(field)) { // not in 8
                    double low = number(before.threads().get("main").fields().get(field));
                    double high = number(after.threads().get("main").fields().get(field));
                    double ours = number(seen.fields().get(field));
                    // The kernel dates a thread's start in hundredths of a second, the VM a little after it.
                    assertTrue(ours >= low - 0.02 && ours <= high + 5, field + " " + low + " " + ours + " " + high);
                }
            }
        }
    }

    /** The kernel's priority, which jstack gives only where the VM was told to set it. */
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void priorityIsTheKernels(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "Idle")) {
            Command.of("renice", "-n", "7", "-p", String.valueOf(target.pid())).run();
            String nice = Command.of("ps", "-o", "ni=", "-p", String.valueOf(target.pid())).run().stdout().trim();
            Map<String, DumpThread> threads = dump(target).threads();
            DumpThread first = threads.values().stream()
                    .filter(thread -> nid(thread) == target.pid()).findFirst().orElseThrow();
            assertEquals(nice, first.fields().get("os_prio"));
        }
    }

    private static long nid(DumpThread thread) {
        return Long.decode(thread.fields().get("nid"));
    }

    private static double number(String withUnit) {
        return Double.parseDouble(withUnit.replaceAll("[a-z]+$", ""));
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void theVmsOwnThreadsAreListed(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "Idle")) {
            JavaDump seen = dump(target);
            DumpThread vmThread = seen.threads().get("VM Thread");
            assertNotNull(vmThread, () -> seen.threads().keySet().toString());
            assertTrue(vmThread.fields().keySet().containsAll(List.of("os_prio", "cpu", "elapsed", "nid")));
            assertTrue(seen.threads().keySet().stream().anyMatch(name -> name.startsWith("C2 CompilerThread")));
            assertEquals(ProcStatus.tasksOf(target.pid()).size(),
                    seen.lines().stream().filter(line -> line.startsWith("\"")).count());
        }
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void jsonHasTheSame(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "BlockedThreads")) {
            Map<String, DumpThread> text = dump(target).threads();
            Map<?, ?> json = (Map<?, ?>) JsonReader.read(run("dump", target.pid(), "--json").stdout());
            assertEquals("jtrace-dump", json.get("schema"));
            assertEquals((double) target.pid(), json.get("pid"));
            for (String name : target.linesBeforeReady("THREAD ")) {
                Map<?, ?> thread = ((List<?>) json.get("threads")).stream().map(one -> (Map<?, ?>) one)
                        .filter(one -> one.get("name").equals(name)).findFirst().orElseThrow();
                Map<?, ?> java = (Map<?, ?>) thread.get("java");
                assertEquals(text.get(name).line("java.lang.Thread.State:"),
                        "   java.lang.Thread.State: " + java.get("state"));
                assertEquals(text.get(name).fields().get("prio"), whole(java.get("priority")));
                assertEquals(text.get(name).frames(),
                        ((List<?>) thread.get("frames")).stream().map(DumpIT::frameText).toList());
            }
        }
    }

    private static String whole(Object number) {
        return String.valueOf(((Double) number).intValue());
    }

    private static String frameText(Object frame) {
        Map<?, ?> of = (Map<?, ?>) frame;
        String file = of.get("file") == null ? "Unknown Source" : (String) of.get("file");
        String place = of.get("kind").equals("native") ? "Native Method"
                : of.get("line") == null ? file : file + ":" + whole(of.get("line"));
        return "\tat " + of.get("method") + "(" + place + ")";
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void stoppedProcessIsDumpedAndStaysStopped(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "BlockedThreads")) {
            JavaDump expected = jstack(setup.jdk(), target);
            Command.of("kill", "-STOP", String.valueOf(target.pid())).run();
            Jtrace.await(() -> ProcStatus.tasksOf(target.pid()), DumpIT::allStopped);
            JavaDump seen = dump(target);
            assertTrue(allStopped(ProcStatus.tasksOf(target.pid())));
            for (String name : target.linesBeforeReady("THREAD ")) {
                assertEquals(expected.threads().get(name).frames(), seen.threads().get(name).frames());
            }
            Command.of("kill", "-CONT", String.valueOf(target.pid())).run();
            assertEquals(seen.threads().keySet(), dump(target).threads().keySet());
        }
    }

    private static boolean allStopped(List<ProcStatus> tasks) {
        return tasks.stream().allMatch(task -> task.state() == 'T');
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void attachIsNotNeeded(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, List.of("-XX:+DisableAttachMechanism"), "Idle")) {
            Command.Result jstack = setup.jdk().tool("jstack", String.valueOf(target.pid())).run();
            assertNotEquals(0, jstack.exit(), jstack::toString);
            assertTrue(dump(target).threads().get("main").frames().size() > 1);
        }
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void deadlockedThreads(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "Stuck", "deadlock")) {
            JavaDump theirs = jstack(setup.jdk(), target);
            JavaDump ours = dump(target);
            for (String name : List.of("monitor-1", "monitor-2", "lock-1", "lock-2", "mixed-1", "mixed-2")) {
                assertEquals(comparable(theirs.threads().get(name), setup.jdk().feature()),
                        comparable(ours.threads().get(name), setup.jdk().feature()));
            }
            assertEquals("   java.lang.Thread.State: BLOCKED (on object monitor)",
                    ours.threads().get("monitor-1").line("java.lang.Thread.State:"));
            assertEquals(parts(theirs.deadlocks()), parts(ours.deadlocks()));
            assertEquals(7, parts(ours.deadlocks()).size());
        }
    }

    /** What is said of each thread twice over, and the conclusion. Who is first in a circle is not determined. */
    private static Map<String, Set<String>> parts(List<String> deadlocks) {
        Map<String, Set<String>> parts = new TreeMap<>();
        String name = "";
        for (String line : deadlocks) {
            boolean rest = line.startsWith("=") || line.startsWith("Found one") || line.startsWith("Java stack");
            name = line.startsWith("\"") ? line : line.startsWith("Found ") ? "" : name;
            if (!rest && !line.startsWith("JNI global")) {
                parts.computeIfAbsent(name, any -> new TreeSet<>()).add(line);
            }
        }
        return parts;
    }

    /** jstack waits for a safepoint that does not come. */
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void loopWithoutPollIsNoObstacle(VmSetup setup) {
        List<String> options = new ArrayList<>(List.of("-Xbatch", "-XX:-UseCountedLoopSafepoints",
                "-XX:CompileCommand=dontinline,org.jtrace.targets.Stuck::spin"));
        if (setup.jdk().accepts(List.of("-XX:LoopStripMiningIter=0"))) {
            options.add("-XX:LoopStripMiningIter=0");
        }
        try (TargetJvm target = TargetJvm.start(setup, options, "Stuck", "loop");
                Command.Running jstack = setup.jdk().tool("jstack", String.valueOf(target.pid())).start()) {
            List<String> frames = dump(target).threads().get("loop").frames();
            assertTrue(frames.get(0).startsWith("\tat org.jtrace.targets.Stuck.spin(Stuck.java:"), frames::toString);
            // As long as it takes jtrace twice.
            assertTrue(dump(target).threads().get("main").frames().size() > 1);
            assertTrue(jstack.isAlive(), () -> "jstack was answered: " + jstack.await());
            assertFalse(jstack.stdoutSoFar().contains("Stuck.spin"));
        }
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void exhaustedHeap(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, List.of("-Xmx16m"), "Stuck", "heap")) {
            JavaDump seen = dump(target);
            assertTrue(seen.threads().containsKey("hungry"), () -> seen.threads().keySet().toString());
            assertEquals("   java.lang.Thread.State: WAITING (parking)",
                    seen.threads().get("main").line("java.lang.Thread.State:"));
        }
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void manyThreads(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, List.of("-Xss256k"), "Stuck", "threads", "2000")) {
            Map<String, DumpThread> threads = dump(target).threads();
            for (int i = 0; i < 2000; i++) {
                List<String> frames = threads.get("many-" + i).frames();
                assertTrue(frames.get(frames.size() - 1).contains("java.lang.Thread.run"), frames::toString);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void deepRecursion(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, List.of("-XX:MaxJavaStackTraceDepth=1000000"), "Stuck", "deep",
                "5000")) {
            List<String> frames = dump(target).threads().get("deep").frames();
            assertEquals(5001, frames.stream().filter(frame -> frame.contains(".Stuck.descend(")).count());
            assertEquals(jstack(setup.jdk(), target).threads().get("deep").frames(), frames);
        }
    }

    /** Nothing is read or written where the process works, nor where jtrace is started. */
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void deletedWorkingDirectories(VmSetup setup) throws IOException {
        Path gone = Files.createDirectory(directory.resolve("gone"));
        List<String> command = TargetJvm.command(setup.jdk(), List.of(), "Idle");
        // The shell hands its input on, and holds it open.
        List<String> inDirectory = new ArrayList<>(List.of("sh", "-c", "tail -f /dev/null | exec \"$@\"", "sh"));
        inDirectory.addAll(command);
        try (Command.Running target = Command.of(inDirectory).in(gone).start()) {
            Jtrace.await(target::stdoutSoFar, text -> text.contains("READY"));
            Files.delete(gone);
            long pid = ProcessHandle.of(target.pid()).orElseThrow().descendants()
                    .filter(child -> child.info().command().orElse("").endsWith("/java")).findFirst().orElseThrow().pid();
            Path mine = Files.createDirectory(directory.resolve("mine"));
            Command.Result result = Command.of("sh", "-c", "rmdir \"$PWD\" && exec \"$0\" -d -p \"$1\"",
                    Jtrace.launcher().toString(), String.valueOf(pid)).in(mine).run();
            ProcessHandle.of(target.pid()).orElseThrow().descendants().forEach(ProcessHandle::destroyForcibly);
            assertEquals(0, result.exit(), result::toString);
            assertTrue(JavaDump.parse(result.stdout()).threads().get("main").frames().size() > 1, result::toString);
        }
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void kernelWait(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "Idle")) {
            DumpThread main = JavaDump.parse(run("dump", "--kernel-wait", "-p", target.pid()).stdout())
                    .threads().get("main");
            String line = main.line("Kernel wait channel: ");
            assertTrue(line != null && line.contains("futex"), main::toString);
        }
    }

    private static JavaDump dump(TargetJvm target) {
        return JavaDump.parse(run("-d", "-p", target.pid()).stdout());
    }

    private static Command.Result run(Object... args) {
        Command.Result result = Jtrace.run(args);
        assertEquals(0, result.exit(), result::toString);
        return result;
    }

    private static JavaDump jstack(Jdk jdk, TargetJvm target) {
        return JavaDump.parse(AttachTool.jstack(jdk, target.pid(), "-l"));
    }
}
