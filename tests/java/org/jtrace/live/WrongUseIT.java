package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jtrace.testing.Command;
import org.jtrace.testing.InstallationCopy;
import org.jtrace.testing.Jdks;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.ProcStatus;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What jtrace says and how it ends when it cannot do what was asked. */
class WrongUseIT {
    private static final int FAILED = 1;
    private static final int USAGE = 2;
    private static final int NO_TARGET = 3;
    private static final int NOT_PERMITTED = 4;
    /** Longer than any test waits: a failure that comes only after the profile shows as a hang. */
    private static final String FOREVER = "100000";
    private static final VmSetup DEFAULTS = VmSetup.defaultsOf(Jdks.any());

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            -p 12x             | number of a process
            -p -5              | number of a process
            -p 1 -s -1         | -s wants seconds, 0 or more, not '-1'
            -p 1 -s abc        | -s wants seconds
            -p 1 -r 0          | -r must be more than 0
            -p 1 -r -1         | -r wants
            -p 1 -r 10parsecs  | -r wants
            -p 1 -t java       | -p and -t exclude each other
            -p 1 --format gif  | unknown format 'gif'
            -p 1 -o flame.gif  | cannot tell the format of 'flame.gif'
            -p 1 -o x%q.txt    | unknown pattern '%q'
            -p 1 --frobnicate  | unknown option
            -p                 | -p
            -x                 | nothing to profile
            """)
    void commandLine(String arguments, String message) {
        assertRefused(USAGE, Pattern.quote(message), Jtrace.run((Object[]) arguments.split(" ")));
    }

    @Test
    void noArgumentsAtAll() {
        assertRefused(USAGE, "nothing to profile: give -p PID", Jtrace.run());
    }

    @Test
    void noSuchProcess() {
        assertRefused(NO_TARGET, "no process 2147483647", Jtrace.run("-p", Integer.MAX_VALUE));
    }

    @Test
    void ownProcess() {
        Command itself = Command.of("sh", "-c", "exec \"$0\" -p $$", Jtrace.launcher().toString());
        assertRefused(NO_TARGET, "jtrace itself", itself.run());
    }

    @Test
    void kernelThread() throws IOException {
        Path comm = Path.of("/proc/2/comm");
        assumeTrue(Files.exists(comm) && Files.readString(comm).trim().equals("kthreadd"),
                "no thread of the kernel is visible here (a container?)");
        assertRefused(NO_TARGET, "thread of the kernel", Jtrace.run("-p", 2));
    }

    @Test
    void zombie() {
        // The shell becomes a sleep, which never looks after the child that it inherits; that ends after it did.
        try (Command.Running parent = Command.of("sh", "-c", "sleep 0.3 & echo $!; exec sleep 1000").start()) {
            String child = Jtrace.await(parent::stdoutSoFar, text -> text.endsWith("\n")).trim();
            Jtrace.await(() -> ProcStatus.tasksOf(Long.parseLong(child)), tasks -> tasks.get(0).state() == 'Z');
            assertRefused(NO_TARGET, "zombie", Jtrace.run("-p", child));
        }
    }

    @Test
    void processWithoutJvm() {
        try (Command.Running sleep = Command.of("sleep", "1000").start()) {
            assertRefused(NO_TARGET, "(?i)jvm", Jtrace.run("-p", sleep.pid()));
        }
    }

    @Test
    void foreignLibraryOfThatName() throws IOException {
        Files.writeString(directory.resolve("jvm.c"), "int JNI_CreateJavaVM(void) { return 0; }\n");
        Files.writeString(directory.resolve("main.c"),
                "#include <unistd.h>\nint main(void) { for (;;) pause(); }\n");
        compile("-shared", "-fPIC", "-o", "libjvm.so", "jvm.c");
        compile("-o", "main", "main.c", "-L.", "-Wl,--no-as-needed", "-ljvm", "-Wl,-rpath," + directory);
        try (Command.Running foreign = Command.of(directory.resolve("main").toString()).start()) {
            Jtrace.await(() -> maps(foreign.pid()), maps -> maps.contains("libjvm.so"));
            assertRefused(NO_TARGET, "gHotSpot|structure tables|symbol", Jtrace.run("-p", foreign.pid()));
        }
    }

    @ParameterizedTest
    @CsvSource({"pause32, not a HotSpot JVM", "libjvm.so, 32-bit"})
    void process32Bit(String name, String message) throws IOException {
        Path program = Elf32.writePauseForever(directory.resolve(name));
        try (Command.Running running = Command.of(program.toString()).start()) {
            Jtrace.await(() -> maps(running.pid()), maps -> maps.contains(name));
            assertRefused(NO_TARGET, message, Jtrace.run("-p", running.pid()));
        } catch (UncheckedIOException cannotExecute) {
            assumeTrue(false, "this kernel does not run 32-bit programs: " + cannotExecute.getCause());
        }
    }

    @Test
    void notPermitted() throws IOException {
        Command.Result result;
        if (System.getProperty("user.name").equals("root")) {
            InstallationCopy readable = InstallationCopy.in(directory);
            try (TargetJvm target = TargetJvm.start(DEFAULTS, "Idle")) {
                result = readable.runAsNobody("-p", target.pid());
            }
        } else {
            result = Jtrace.run("-p", 1);
        }
        assertRefused(NOT_PERMITTED, "uid 0.*root", result);
    }

    @ParameterizedTest
    @ValueSource(strings = {"strace -f -o /dev/null -p %s", "gdb -nx -batch -p %s -ex shell\\ sleep\\ 1000"})
    void tracedAlready(String tracer) {
        String program = tracer.substring(0, tracer.indexOf(' '));
        boolean installed = Command.of("sh", "-c", "command -v " + program).run().exit() == 0;
        assertTrue(installed || System.getenv("CI") == null, program + " has to be installed for CI");
        assumeTrue(installed, program + " is not installed");
        try (TargetJvm target = TargetJvm.start(DEFAULTS, "Idle");
                Command.Running tracing = Command.of("sh", "-c",
                        "exec " + String.format(tracer, target.pid())).start()) {
            Jtrace.await(() -> ProcStatus.tasksOf(target.pid()),
                    tasks -> tasks.stream().allMatch(task -> task.tracerPid() != 0));
            Command.Result refused = Jtrace.run("-p", target.pid());
            tracing.killDescendants();
            assertRefused(NOT_PERMITTED, "traced already, by process " + tracing.pid() + " \\(" + program, refused);
        }
    }

    /** Whatever the instant: either nothing could be seen, or what was seen is written; and it is said. */
    @Test
    void targetEndsDuringStart() throws InterruptedException {
        SplittableRandom random = new SplittableRandom();
        for (int i = 0; i < 15; i++) {
            try (TargetJvm target = TargetJvm.start(DEFAULTS, "Idle");
                    Command.Running jtrace = Jtrace.command("-p", target.pid(), "-s", FOREVER).start()) {
                TimeUnit.MILLISECONDS.sleep(random.nextInt(250));
                target.tell("end");
                target.awaitExit();
                Command.Result result = jtrace.await();
                assertTrue(result.exit() == 0 || result.exit() == NO_TARGET, result::toString);
                assertTrue(result.stderr().contains("process " + target.pid()), result::toString);
                assertNoStackTrace(result);
            }
        }
    }

    @Test
    void targetEndsDuringProfile() throws IOException {
        Path output = directory.resolve("seen.txt");
        try (TargetJvm target = TargetJvm.start(DEFAULTS, "Busy");
                Command.Running jtrace =
                        Jtrace.command("-p", target.pid(), "-s", FOREVER, "-r", "1ms", "-o", output).start()) {
            Jtrace.awaitWholeTicks(jtrace, target);
            target.kill();
            Command.Result result = jtrace.await();
            assertEquals(0, result.exit(), result::toString);
            assertTrue(result.stderr().contains("process " + target.pid() + " ended"), result::toString);
            assertTrue(Files.readString(output).contains("org.jtrace.targets.Busy.run"), result::toString);
        }
    }

    @Test
    void outputThatTakesNothing() {
        try (TargetJvm target = TargetJvm.start(DEFAULTS, "Idle")) {
            assertRefused(FAILED, "cannot write.*[Nn]o space", Jtrace.run("-p", target.pid(), "-o", "/dev/full"));
            assertRefused(FAILED, "cannot write.*[Nn]o space", Command.of(List.of("sh", "-c",
                    "exec \"$0\" -p \"$1\" > /dev/full", Jtrace.launcher().toString(),
                    String.valueOf(target.pid()))).run());
        }
    }

    @Test
    void outputThatCannotBeMade() throws IOException {
        Path existing = Files.createDirectory(directory.resolve("directory.txt"));
        Path missing = directory.resolve("missing").resolve("profile.txt");
        try (TargetJvm target = TargetJvm.start(DEFAULTS, "Idle")) {
            assertRefused(FAILED, "cannot write.*is a directory",
                    Jtrace.run("-p", target.pid(), "-s", FOREVER, "-o", existing));
            assertRefused(FAILED, "cannot write.*no directory.*missing",
                    Jtrace.run("-p", target.pid(), "-s", FOREVER, "-o", missing));
        }
        assertEquals(List.of(existing), filesIn(directory));
    }

    @Test
    void existingOutputStaysWhole() throws IOException {
        Path output = Files.writeString(directory.resolve("profile.txt"), "an earlier profile 1\n");
        assertEquals(NO_TARGET, Jtrace.run("-p", Integer.MAX_VALUE, "-o", output).exit());
        try (TargetJvm target = TargetJvm.start(DEFAULTS, "Busy");
                Command.Running jtrace =
                        Jtrace.command("-p", target.pid(), "-s", FOREVER, "-r", "1ms", "-o", output).start()) {
            Jtrace.awaitSampling(jtrace, target.pid());
            jtrace.kill();
            jtrace.await();
        }
        assertEquals("an earlier profile 1\n", Files.readString(output));
        assertEquals(List.of(output), filesIn(directory));
    }

    @Test
    void commandThatDoesNotExist() {
        Command.Result result = Jtrace.run("-t", directory.resolve("no-such-command").toString());
        assertTrue(result.exit() != 0, result::toString);
        assertTrue(result.stderr().contains("no-such-command"), result::toString);
        assertNoStackTrace(result);
    }

    private static void assertRefused(int exit, String message, Command.Result result) {
        assertEquals(exit, result.exit(), result::toString);
        assertTrue(Pattern.compile(message).matcher(result.stderr()).find(), () -> message + ": " + result);
        assertEquals("", result.stdout());
        assertNoStackTrace(result);
    }

    private static void assertNoStackTrace(Command.Result result) {
        assertTrue(result.stderr().lines().allMatch(line -> line.startsWith("jtrace: ")), result::toString);
    }

    private void compile(String... arguments) {
        String compiler = System.getenv().getOrDefault("CC", "cc");
        Command.Result result =
                Command.of(Stream.concat(Stream.of(compiler), Stream.of(arguments)).toList()).in(directory).run();
        assertEquals(0, result.exit(), result::toString);
    }

    private static String maps(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/maps"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> filesIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }
}
