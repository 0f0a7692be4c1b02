package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jtrace.testing.Collapsed;
import org.jtrace.testing.Command;
import org.jtrace.testing.Jdk;
import org.jtrace.testing.Jdks;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.ProcStatus;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** jtrace as scripts use it: bare environments, loops, pipes, signals, exit codes. */
class ScriptUseIT {
    private static final Jdk JDK = Jdks.any();
    private static final VmSetup DEFAULTS = VmSetup.defaultsOf(JDK);
    private static final String FOREVER = "100000";
    private static final int SIGINT = 2;

    @TempDir
    private Path directory;

    static Stream<Jdk> jdks() {
        return Jdks.all().stream();
    }

    @Test
    void bareEnvironmentAndClosedInput() {
        try (TargetJvm target = TargetJvm.start(DEFAULTS, "Busy")) {
            Command.Result result = Command.of("sh", "-c", "exec \"$0\" -p \"$1\" -s 0.5 <&-",
                    Jtrace.launcher().toString(), String.valueOf(target.pid())).bareEnvironment().run();
            assertEquals(0, result.exit(), result::toString);
            assertTrue(Collapsed.parse(result.stdout()).samples(Collapsed.Stack::runningJava) > 0, result::toString);
            assertOnlyOurWords(result);
        }
    }

    @Test
    void optionsForOtherJvmsAreNotOurs() {
        try (TargetJvm target = TargetJvm.start(DEFAULTS, "Idle")) {
            Command.Result result = Jtrace.command("-p", target.pid(), "-s", "0").environment(Map.of(
                    "JAVA_TOOL_OPTIONS", "-Dx=y", "_JAVA_OPTIONS", "-Dx=y", "JDK_JAVA_OPTIONS", "-Dx=y")).run();
            assertEquals(0, result.exit(), result::toString);
            assertOnlyOurWords(result);
        }
    }

    @Test
    void snapshotsInALoop() throws IOException, InterruptedException {
        int rounds = 8;
        try (TargetJvm target = TargetJvm.start(DEFAULTS, "Idle")) {
            for (int i = 0; i < rounds; i++) {
                Command.Result result = Jtrace.run("-p", target.pid(), "-s", "0", "-q",
                        "-o", directory.resolve("%p-%n.txt"));
                assertEquals(0, result.exit(), result::toString);
                assertEquals("", result.stdout() + result.stderr());
                TimeUnit.MILLISECONDS.sleep(500);
            }
            for (int i = 1; i <= rounds; i++) {
                Collapsed snapshot =
                        Collapsed.parse(Files.readString(directory.resolve(target.pid() + "-" + i + ".txt")));
                assertTrue(snapshot.samples(stack -> stack.idle() && stack.contains("(idle)")) > 0);
            }
        }
        assertEquals(rounds, fileNames().size(), () -> fileNames().toString());
    }

    @Test
    void timeInTheName() {
        try (TargetJvm target = TargetJvm.start(DEFAULTS, "Idle")) {
            Command.Result result = Jtrace.run("-p", target.pid(), "-s", "0", "-o", directory.resolve("at-%t.txt"));
            assertEquals(0, result.exit(), result::toString);
            assertTrue(fileNames().get(0).matches("at-\\d{8}-\\d{6}\\.txt"), () -> fileNames().toString());
        }
    }

    @Test
    void twoAtOnce() {
        try (TargetJvm target = TargetJvm.start(DEFAULTS, "Busy");
                Command.Running first = Jtrace.command("-p", target.pid(), "-s", "3", "-r", "1ms", "-x").start();
                Command.Running second = Jtrace.command("-p", target.pid(), "-s", "3", "-r", "1ms", "-x").start()) {
            for (Command.Result result : List.of(first.await(), second.await())) {
                assertEquals(0, result.exit(), result::toString);
                Collapsed profile = Collapsed.parse(result.stdout());
                long good = profile.samples(Collapsed.Stack::runningJava);
                long failed = profile.samples(Collapsed.Stack::failed);
                System.out.printf("two at once: %d samples, %d failed: %s%n", good, failed, result.stderr());
                // Both want the same thread at the same instant now and then, and the kernel lets one have it.
                assertTrue(good > 100 && failed < good / 2, result::toString);
            }
            assertTrue(ProcStatus.tasksOf(target.pid()).stream().noneMatch(ProcStatus::stoppedOrTraced));
        }
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void commandKeepsItsStreamsAndStatus(Jdk jdk) throws IOException {
        Path output = directory.resolve("profile.txt");
        Path input = Files.writeString(directory.resolve("input"), "line one\nline \u00fc two\n");
        List<Object> arguments = new ArrayList<>(List.of("-q", "-r", "1ms", "-o", output, "-t"));
        arguments.addAll(TargetJvm.command(jdk, List.of(), "ShortRun", "37"));
        Command.Result result = Jtrace.command(arguments.toArray()).stdin(input).run();
        assertEquals(37, result.exit(), result::toString);
        assertEquals(Files.readString(input), result.stdout());
        assertEquals("written to stderr\n", result.stderr());
        Collapsed profile = Collapsed.parse(Files.readString(output));
        assertTrue(profile.samples(runs("ShortRun.compute")) > 5, profile::toString);
        assertTrue(profile.samples(runs("ShortRun.main")) > 5, profile::toString);
    }

    @Test
    void javaStartedByAScript() throws IOException {
        Path output = directory.resolve("profile.txt");
        String java = String.join(" ", TargetJvm.command(JDK, List.of(), "ShortRun", "3"));
        Command.Result result = Jtrace.run("-r", "1ms", "-o", output, "-t", "sh", "-c", java + "; echo $?; exit 4");
        assertEquals(4, result.exit(), result::toString);
        assertEquals("3\n", result.stdout());
        assertTrue(Collapsed.parse(Files.readString(output)).samples(runs("ShortRun.main")) > 5);
    }

    @Test
    void commandKilledByASignal() {
        Command.Result result = Jtrace.run("-q", "-t", "sh", "-c", "kill -TERM $$");
        assertEquals(128 + 15, result.exit(), result::toString);
    }

    @Test
    void interruptWritesWhatThereIs() throws IOException {
        Path output = directory.resolve("profile.txt");
        try (TargetJvm target = TargetJvm.start(DEFAULTS, "Busy");
                Command.Running jtrace =
                        Jtrace.command("-p", target.pid(), "-s", FOREVER, "-r", "1ms", "-o", output).defaultSignals()
                                .start()) {
            Jtrace.awaitWholeTicks(jtrace, target);
            jtrace.signal("INT");
            Command.Result result = jtrace.await();
            assertEquals(0, result.exit(), result::toString);
            assertOnlyOurWords(result);
            assertTrue(Collapsed.parse(Files.readString(output)).samples(Collapsed.Stack::runningJava) > 0);
            assertTrue(ProcStatus.tasksOf(target.pid()).stream().noneMatch(ProcStatus::stoppedOrTraced));
        }
    }

    /** Its output is a pipe that nobody reads: after the first signal jtrace waits there for good. */
    @Test
    void secondInterruptLeavesAtOnce() throws InterruptedException {
        Path pipe = directory.resolve("pipe");
        assertEquals(0, Command.of("mkfifo", pipe.toString()).run().exit());
        try (TargetJvm target = TargetJvm.start(DEFAULTS, "Busy");
                Command.Running jtrace = Jtrace.command("-p", target.pid(), "-s", FOREVER, "-r", "1ms",
                        "--format", "collapsed", "-o", pipe).defaultSignals().start()) {
            Jtrace.awaitSampling(jtrace, target.pid());
            while (jtrace.isAlive()) {
                jtrace.signal("INT");
                TimeUnit.MILLISECONDS.sleep(100);
            }
            assertEquals(128 + SIGINT, jtrace.await().exit());
            assertTrue(ProcStatus.tasksOf(target.pid()).stream().noneMatch(ProcStatus::stoppedOrTraced));
            assertTrue(target.isAlive());
        }
    }

    @Test
    void versionAndHelp() {
        assertTrue(Jtrace.run("-V").stdout().matches("jtrace \\S+\n"));
        Command.Result help = Jtrace.run("-h");
        assertEquals(0, help.exit());
        assertTrue(help.stdout().contains("-p") && help.stdout().contains("--threads"), help::toString);
        assertEquals("", help.stderr());
    }

    private static void assertOnlyOurWords(Command.Result result) {
        assertFalse(result.stderr().isEmpty());
        assertTrue(result.stderr().lines().allMatch(line -> line.startsWith("jtrace: ")), result::toString);
    }

    private static Predicate<Collapsed.Stack> runs(String method) {
        return stack -> stack.frames().stream().anyMatch(frame -> frame.startsWith("org.jtrace.targets." + method));
    }

    private List<String> fileNames() {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
