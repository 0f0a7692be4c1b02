package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jtrace.testing.Command;
import org.jtrace.testing.JavaDump;
import org.jtrace.testing.JavaDump.DumpThread;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Thread dumps of core files, beside those of the process that the core was made of. */
class CoreDumpIT {
    private static final int NO_TARGET = 3;
    /** Service threads come and go in the first seconds; the threads of the test do not. */
    private static final int ATTEMPTS = 5;
    /** For small cores. */
    private static final List<String> SMALL =
            List.of("-Xmx32m", "-XX:ReservedCodeCacheSize=16m", "-XX:CompressedClassSpaceSize=8m");
    /** What the kernel writes by default. HotSpot from 11 on has it write pages of files as well. */
    private static final String WITHOUT_FILES = "0x33";
    private static final String WITH_FILES = "0x37";
    private static final List<String> NEEDED_FILES = List.of(".so", ".jsa", "/java");
    private static final List<String> NOT_IN_A_CORE = List.of("os_prio", "cpu", "elapsed");
    private static final Pattern UNREAD =
            Pattern.compile("Memory read failed for corefile section, \\d+ bytes at 0x([0-9a-f]+)");

    @TempDir
    private Path directory;

    @BeforeAll
    static void gdbIsInstalled() {
        boolean installed = Command.of("sh", "-c", "command -v gdb").run().exit() == 0;
        assertTrue(installed || System.getenv("CI") == null, "gdb has to be installed for CI");
        assumeTrue(installed, "gdb is not installed");
    }

    /** A core and what was seen of the process before. */
    private record Case(Path core, Map<String, List<String>> live, List<String> maps, List<String> unread) {
        /**
         * Whether gdb left the thread's stack out: it gives up a segment at the first page that it cannot read, as are
         * guard pages of stacks that are no mappings of their own (glibc 2.42).
         */
        boolean isUnread(DumpThread thread) {
            Matcher stack = Pattern.compile("\\[0x([0-9a-f]+)]").matcher(thread.heading());
            return stack.find() && unread.stream().anyMatch(address -> maps.stream()
                    .anyMatch(range -> holds(range, address) && holds(range, stack.group(1))));
        }

        private static boolean holds(String range, String address) {
            String[] ends = range.split("-");
            long at = Long.parseUnsignedLong(address, 16);
            return Long.compareUnsigned(at, Long.parseUnsignedLong(ends[0], 16)) >= 0
                    && Long.compareUnsigned(at, Long.parseUnsignedLong(ends[1], 16)) < 0;
        }
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void gcoresDumpEqualsTheProcesss(VmSetup setup) throws IOException {
        try (TargetJvm target = start(setup)) {
            Case made = takeCore(target, WITHOUT_FILES);
            assertEquals("", differences(made, dump("--core", made.core), true));
            Files.delete(made.core);
        }
    }

    @Test
    void noFileIsNeededWhereTheCoreHasAll() throws IOException {
        try (TargetJvm target = start(VmSetup.defaults().findFirst().orElseThrow())) {
            Case made = takeCore(target, WITH_FILES);
            Path empty = Files.createDirectory(directory.resolve("empty"));
            assertEquals("", differences(made, dump("--core", made.core, "--sysroot", empty), true));
        }
    }

    /** What the core does not hold is in the JDK's files; where they are not found, that is said. */
    @Test
    void pagesOfFilesAreReadFromThem() throws IOException {
        VmSetup setup = VmSetup.defaults().findFirst().orElseThrow();
        try (TargetJvm target = start(setup)) {
            Path root = copyMappedFiles(target);
            Path java = Path.of("/proc", String.valueOf(target.pid()), "exe").toRealPath();
            Case made = takeCore(target, WITHOUT_FILES);
            assertEquals("", differences(made, dump("--core", made.core), true));
            assertEquals("", differences(made, dump("--core", made.core, "--sysroot", root), true));
            assertEquals("", differences(made, dump("--core", made.core, "--exe", root + java.toString()), true));
            Path empty = Files.createDirectory(directory.resolve("empty"));
            assertRefused("libjvm\\.so, and that file is not here; see --sysroot",
                    Jtrace.run("dump", "--core", made.core, "--sysroot", empty));
            Path libjvm = mappedFiles(target).stream().filter(file -> file.endsWith("libjvm.so")).findFirst()
                    .orElseThrow();
            Files.copy(java, Path.of(root + libjvm.toString()), StandardCopyOption.REPLACE_EXISTING);
            assertRefused("libjvm\\.so, and that file is another build here",
                    Jtrace.run("-d", "--core", made.core, "--sysroot", root));
            truncate(made.core, Files.size(made.core) / 2);
            assertRefused("is cut off", Jtrace.run("dump", "--core", made.core));
            Files.delete(made.core);
        }
    }

    /** Of a process that was killed. */
    /** A JVM in another root has its core written there. */
    private static Stream<VmSetup> inThisRoot() {
        return VmSetup.defaults().filter(setup -> setup.jdk().installed());
    }

    @ParameterizedTest
    @MethodSource("inThisRoot")
    void kernelsDumpEqualsTheProcesss(VmSetup setup) throws IOException {
        String pattern = Files.readString(Path.of("/proc/sys/kernel/core_pattern")).trim();
        assumeTrue(pattern.equals("core"), "the kernel leaves cores to somebody else: " + pattern);
        List<String> command = new ArrayList<>(
                List.of("sh", "-c", "cd \"$0\" && ulimit -c unlimited && exec \"$@\"", directory.toString()));
        command.addAll(TargetJvm.command(setup.jdk(), SMALL, "BlockedThreads"));
        try (TargetJvm target = TargetJvm.start(command)) {
            Map<String, List<String>> live = resting(target);
            Command.of("kill", "-ABRT", String.valueOf(target.pid())).run();
            target.awaitExit();
            try (Stream<Path> files = Files.list(directory)) {
                Path core = files.filter(file -> file.getFileName().toString().startsWith("core")).findFirst()
                        .orElseThrow();
                Case made = new Case(core, live, List.of(), List.of());
                JavaDump seen = dump("--core", core);
                assertEquals("", differences(made, seen, false));
                assertTrue(seen.lines().get(1).startsWith("Core of process " + target.pid()), seen.lines()::toString);
            }
        }
    }

    @Test
    void whatIsNoCoreIsRefused() throws IOException {
        Path text = Files.writeString(directory.resolve("text"), "no core");
        assertRefused("is not a core file", Jtrace.run("dump", "--core", text));
        assertRefused("a program or library", Jtrace.run("dump", "--core", "/proc/self/exe"));
        assertRefused("cannot read the core", Jtrace.run("dump", "--core", directory.resolve("none")));
        Path core = directory.resolve("other");
        try (Command.Running other = Command.of("sleep", "1000").start()) {
            gcore(other.pid(), core);
            assertRefused("is not a HotSpot JVM", Jtrace.run("dump", "--core", core));
        }
    }

    private static TargetJvm start(VmSetup setup) {
        List<String> command = new ArrayList<>(List.of("env", "MALLOC_ARENA_MAX=1"));
        command.addAll(TargetJvm.command(setup.jdk(), SMALL, "BlockedThreads"));
        return TargetJvm.start(command);
    }

    private Case takeCore(TargetJvm target, String filter) throws IOException {
        Files.writeString(Path.of("/proc", String.valueOf(target.pid()), "coredump_filter"), filter);
        Path core = directory.resolve("core");
        Map<String, List<String>> live = resting(target);
        List<String> maps = Files.readAllLines(Path.of("/proc", String.valueOf(target.pid()), "maps")).stream()
                .map(line -> line.substring(0, line.indexOf(' '))).toList();
        Command.Result gdb = gcore(target.pid(), core);
        List<String> unread = UNREAD.matcher(gdb.stderr()).results().map(found -> found.group(1)).toList();
        return new Case(core, live, maps, unread);
    }

    private static Command.Result gcore(long pid, Path core) {
        Command.Result gdb = Command.of("gdb", "-nx", "-batch", "-p", String.valueOf(pid), "-ex",
                "generate-core-file " + core).run();
        assertTrue(Files.exists(core), gdb::toString);
        return gdb;
    }

    /** The threads of the test, and main, once two dumps find them the same. */
    private static Map<String, List<String>> resting(TargetJvm target) {
        TreeSet<String> named = new TreeSet<>(target.linesBeforeReady("THREAD "));
        named.addAll(List.of("main", "Reference Handler", "Finalizer", "Signal Dispatcher"));
        assertTrue(named.size() > 80, named::toString);
        Map<String, List<String>> before = comparable(named, dump("-p", target.pid()));
        for (int i = 0; i < ATTEMPTS; i++) {
            Map<String, List<String>> after = comparable(named, dump("-p", target.pid()));
            if (before.equals(after)) {
                return after;
            }
            before = after;
        }
        throw new AssertionError("the threads do not rest");
    }

    private static Map<String, List<String>> comparable(TreeSet<String> named, JavaDump dump) {
        Map<String, List<String>> threads = new LinkedHashMap<>();
        for (String name : named) {
            assertTrue(dump.threads().containsKey(name), name);
            threads.put(name, comparable(dump.threads().get(name)));
        }
        return threads;
    }

    private static List<String> comparable(DumpThread thread) {
        List<String> lines = new ArrayList<>();
        Map<String, String> fields = new LinkedHashMap<>(thread.fields());
        fields.keySet().removeAll(NOT_IN_A_CORE);
        lines.add(thread.name() + " " + thread.heading() + " " + fields);
        lines.addAll(thread.lines());
        return lines;
    }

    private static String differences(Case made, JavaDump seen, boolean mayBeUnread) {
        StringBuilder text = new StringBuilder();
        made.live.forEach((name, live) -> {
            DumpThread thread = seen.threads().get(name);
            boolean excused = mayBeUnread && thread != null && made.isUnread(thread)
                    && thread.lines().contains("\t- (stack not complete: stack_unreadable)");
            if (thread == null || !excused && !comparable(thread).equals(live)) {
                text.append(live).append('\n').append(thread == null ? "missing" : comparable(thread)).append('\n');
            }
        });
        return text.toString();
    }

    /** Those of the files that it has mapped that are needed, under their whole names below another root directory. */
    private Path copyMappedFiles(TargetJvm target) throws IOException {
        Path root = directory.resolve("root");
        for (Path file : mappedFiles(target)) {
            Path copy = Path.of(root + file.toString());
            Files.createDirectories(copy.getParent());
            Files.copy(file, copy);
        }
        return root;
    }

    private static List<Path> mappedFiles(TargetJvm target) throws IOException {
        return Files.readAllLines(Path.of("/proc", String.valueOf(target.pid()), "maps")).stream()
                .filter(line -> line.indexOf('/') > 0).map(line -> Path.of(line.substring(line.indexOf('/'))))
                .filter(file -> NEEDED_FILES.stream().anyMatch(end -> file.toString().endsWith(end)))
                .filter(Files::isRegularFile).distinct().toList();
    }

    private static void truncate(Path file, long length) throws IOException {
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.setLength(length);
        }
    }

    private static JavaDump dump(Object... args) {
        List<Object> all = new ArrayList<>(List.of("-d"));
        all.addAll(List.of(args));
        Command.Result result = Jtrace.run(all.toArray());
        assertEquals(0, result.exit(), result::toString);
        return JavaDump.parse(result.stdout());
    }

    private static void assertRefused(String message, Command.Result result) {
        assertEquals(NO_TARGET, result.exit(), result::toString);
        assertEquals(1, result.stderr().lines().count(), result::toString);
        assertTrue(Pattern.compile(message).matcher(result.stderr()).find(), result::toString);
        assertEquals("", result.stdout());
    }
}
