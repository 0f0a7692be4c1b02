package org.jtrace.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jtrace.testing.Command;
import org.jtrace.testing.Jdk;
import org.jtrace.testing.Jdks;
import org.jtrace.testing.Jtrace;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The launcher where it is hard: odd environments and places, Javas that do not fit, code that others may write. */
class LauncherIT {
    private static final String VERSION = "jtrace \\S+\n";
    private static final boolean ROOT = System.getProperty("user.name").equals("root");

    @TempDir
    private Path directory;
    private String launcher;

    @BeforeEach
    void findLauncher() {
        launcher = Jtrace.launcher().toString();
    }

    static Stream<Jdk> suitableJdks() {
        return Jdks.installed().stream().filter(jdk -> jdk.feature() >= 17);
    }

    @ParameterizedTest
    @MethodSource("suitableJdks")
    void takesItsClassesFromTheArchiveOfEachJava(Jdk jdk) {
        assumeFalse(launcher.contains(" "), "JDK 17 finds no classes of paths with spaces in its archive");
        Command.Result result = Jtrace.command("-V").environment(Map.of("JTRACE_JAVA", jdk.home().toString(),
                "JTRACE_OPTS", "-Xlog:class+load")).run();
        List<String> ours = result.lines().stream()
                .filter(line -> line.contains(" org.jtrace.") || line.contains(" picocli.")).toList();
        assertTrue(ours.size() > 50, result::toString);
        long archived = ours.stream().filter(line -> line.contains("shared objects file")).count();
        // The archive holds what a profile needed; printing the version may need a class or two that it did not.
        assertTrue(archived > ours.size() * 0.9, () -> archived + " of " + ours.size() + " classes, " + result);
    }

    @ParameterizedTest
    @MethodSource("suitableJdks")
    void allStreamsButOutputClosed(Jdk jdk) {
        assertVersion(shell("exec \"$0\" -V <&- 2>&-").bareEnvironment()
                .environment(Map.of("JTRACE_JAVA", jdk.home().toString())).run());
    }

    @Test
    void closedOutputIsAnError() {
        Command.Result result = shell("exec \"$0\" -V >&-").run();
        assertEquals(1, result.exit(), result::toString);
        assertTrue(result.stderr().contains("cannot write to standard output"), result::toString);
    }

    @Test
    void deletedWorkingDirectory() {
        Command.Result result = shell("mkdir gone && cd gone && rmdir ../gone && exec \"$0\" -V").in(directory).run();
        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.stdout().matches(VERSION), result::toString);
    }

    @Test
    void relativeLinkInAPathWithSpaces() throws IOException {
        Path place = Files.createDirectory(directory.resolve("a  place"));
        Files.createSymbolicLink(place.resolve("first link"), Jtrace.launcher());
        Files.createSymbolicLink(place.resolve("link"), Path.of("first link"));
        assertVersion(Command.of("./a  place/link", "-V").in(directory).run());
    }

    @Test
    void foundThroughPath() throws IOException {
        Files.createSymbolicLink(directory.resolve("jtrace-link"), Jtrace.launcher());
        assertVersion(Command.of("env", "PATH=" + directory + ":" + System.getenv("PATH"), "jtrace-link", "-V").run());
    }

    @Test
    void runsFromAnyPlaceThatItIsCopiedTo() throws IOException {
        assertVersion(Command.of(copyTo("a place for \"it\"").resolve("jtrace").toString(), "-V").run());
    }

    @Test
    void oldJavasArePassedOver() throws IOException {
        Path old = fakeJava("old", "exit 99");
        Files.writeString(old.resolve("release"), "JAVA_VERSION=\"11.0.2\"\nMODULES=\"java.base\"\n");
        assertVersion(Jtrace.command("-V").environment(Map.of("JAVA_HOME", old.toString(),
                "PATH", old.resolve("bin") + ":" + System.getenv("PATH"))).run());
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.8.0_402", "11.0.2", "9-internal"})
    void namedJavaMustFit(String version) throws IOException {
        Path old = fakeJava("old", "echo 'openjdk version \"" + version + "\"' >&2");
        Command.Result result = Jtrace.command("-V").environment(Map.of("JTRACE_JAVA", old.toString())).run();
        assertEquals(1, result.exit(), result::toString);
        assertEquals("jtrace: JTRACE_JAVA=" + old + " is no Java of 17 or later\n", result.stderr());
    }

    @Test
    void javaThatHasNoReleaseFileIsAsked() throws IOException {
        Path wrapper = fakeJava("wrapper", "exec '" + suitableJdks().findFirst().orElseThrow().home() + "/bin/java' \"$@\"");
        assertVersion(Jtrace.command("-V")
                .environment(Map.of("JTRACE_JAVA", wrapper.resolve("bin/java").toString())).run());
    }

    @ParameterizedTest
    @ValueSource(strings = {".", "lib", "native/libjtrace.so", "jtrace.jar", "jtrace"})
    void rootRunsNothingThatEverybodyMayWrite(String writable) throws IOException {
        assumeTrue(ROOT, "only root is kept from it");
        Path copy = copyTo("copy");
        Files.setPosixFilePermissions(copy.resolve(writable), PosixFilePermissions.fromString("rwxrwxrwx"));
        Command.Result result = Command.of(copy.resolve("jtrace").toString(), "-V").run();
        assertEquals(1, result.exit(), result::toString);
        String expected = "everybody may write " + copy.resolve(writable).normalize() + "\n";
        assertTrue(result.stderr().startsWith("jtrace: will not run as root") && result.stderr().endsWith(expected),
                result::toString);
    }

    @Test
    void argumentsArriveAsGiven() {
        // The shell makes the letter beyond ASCII: this JVM can hand it on in some locales only.
        Command.Result result =
                shell("exec \"$0\" -p \"a  b * \\$HOME $(printf '\\303\\274')\"").bareEnvironment().run();
        assertEquals(2, result.exit(), result::toString);
        assertTrue(result.stderr().contains("not 'a  b * $HOME \u00fc'"), result::toString);
    }

    private Command shell(String script) {
        return Command.of("sh", "-c", script, launcher);
    }

    private static void assertVersion(Command.Result result) {
        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.stdout().matches(VERSION), result::toString);
        assertEquals("", result.stderr());
    }

    private Path fakeJava(String name, String script) throws IOException {
        Path home = directory.resolve(name);
        Path java = Files.createDirectories(home.resolve("bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        return home;
    }

    /** The launcher with what it needs beside it: an installation. */
    private Path copyTo(String name) throws IOException {
        Path copy = Files.createDirectory(directory.resolve(name));
        Path built = Jtrace.launcher().getParent();
        Files.createDirectory(copy.resolve("native"));
        Files.copy(built.resolve("native/libjtrace.so"), copy.resolve("native/libjtrace.so"));
        for (String part : List.of("jtrace", "jtrace.jar", "lib")) {
            Command.of("cp", "-rp", built.resolve(part).toString(), copy.toString()).run();
        }
        return copy;
    }
}
