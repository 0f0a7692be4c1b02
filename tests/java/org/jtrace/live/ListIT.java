package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jtrace.output.JsonReader;
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
import org.junit.jupiter.params.provider.MethodSource;

/** {@code jtrace list} on this machine, whatever else runs on it. */
class ListIT {
    private static final VmSetup DEFAULTS = VmSetup.defaultsOf(Jdks.all().get(0));

    @TempDir
    private Path directory;

    /** The targets write no hsperfdata. */
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void aRowForEachJvm(VmSetup setup) throws IOException {
        try (TargetJvm target = TargetJvm.start(setup, "Idle")) {
            Map<?, ?> row = rowOf(target, Jtrace.run("list", "--json"));
            assertEquals("org.jtrace.targets.Idle", row.get("program"));
            assertEquals(Files.getOwner(Path.of("/proc/" + target.pid())).getName(), row.get("user"));
            assertEquals(vmRelease(setup), row.get("release"));
            assertEquals((double) target.pid(), row.get("innerPid"));
            assertEquals(ProcStatus.tasksOf(target.pid()).size(), ((Double) row.get("threads")).intValue());
            assertTrue((Double) row.get("uptimeMillis") >= 0 && (Double) row.get("cpuMillis") > 0, row::toString);
            assertNull(row.get("note"));
            String line = Jtrace.run("list").lines().stream()
                    .filter(text -> text.trim().startsWith(target.pid() + " ")).findFirst().orElseThrow();
            assertTrue(line.contains(" " + row.get("release") + " ") && line.endsWith(" org.jtrace.targets.Idle"), line);
        }
    }

    @Test
    void stoppedOnesToo() {
        try (TargetJvm target = TargetJvm.start(DEFAULTS, "Idle")) {
            Command.of("kill", "-STOP", String.valueOf(target.pid())).run();
            Jtrace.await(() -> ProcStatus.tasksOf(target.pid()),
                    tasks -> tasks.stream().allMatch(task -> task.state() == 'T'));
            assertEquals(vmRelease(DEFAULTS), rowOf(target, Jtrace.run("list", "--json")).get("release"));
            assertTrue(ProcStatus.tasksOf(target.pid()).stream().allMatch(task -> task.state() == 'T'));
        }
    }

    @Test
    void othersJvmsAreSeenByNameAndItIsSaidWhyNotMoreIsKnown() throws IOException {
        assumeTrue(System.getProperty("user.name").equals("root"), "only root can become somebody else");
        InstallationCopy readable = InstallationCopy.in(directory);
        try (TargetJvm target = TargetJvm.start(DEFAULTS, "Idle")) {
            Map<?, ?> row = rowOf(target, readable.runAsNobody("list", "--json"));
            assertEquals("org.jtrace.targets.Idle", row.get("program"));
            assertEquals("root", row.get("user"));
            assertNull(row.get("release"));
            assertTrue(Pattern.compile("uid 0.*root").matcher((String) row.get("note")).find(), row::toString);
        }
    }

    @Test
    void processesWithoutJvmAreNotListed() {
        try (Command.Running sleep = Command.of("sleep", "1000").start()) {
            assertTrue(rows(Jtrace.run("list", "--json")).stream()
                    .noneMatch(row -> row.get("pid").equals((double) sleep.pid())));
        }
    }

    private static Map<?, ?> rowOf(TargetJvm target, Command.Result result) {
        return rows(result).stream().filter(row -> row.get("pid").equals((double) target.pid())).findFirst()
                .orElseThrow(() -> new AssertionError(result.toString()));
    }

    private static List<Map<?, ?>> rows(Command.Result result) {
        assertEquals(0, result.exit(), result::toString);
        List<?> rows = (List<?>) ((Map<?, ?>) JsonReader.read(result.stdout())).get("jvms");
        return rows.stream().<Map<?, ?>>map(row -> (Map<?, ?>) row).toList();
    }

    /** As the JVM itself gives it: 8 has a version of its own for the VM. */
    private static String vmRelease(VmSetup setup) {
        Command.Result settings = setup.jdk().tool("java", "-XshowSettings:properties", "-version").run();
        return settings.stderr().lines().map(String::trim).filter(line -> line.startsWith("java.vm.version = "))
                .map(line -> line.substring("java.vm.version = ".length())).findFirst().orElseThrow();
    }
}
