package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jtrace.testing.BlockedStacks;
import org.jtrace.testing.Collapsed;
import org.jtrace.testing.Command;
import org.jtrace.testing.InstallationCopy;
import org.jtrace.testing.Jdks;
import org.jtrace.testing.Jstack;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.Namespaces;
import org.jtrace.testing.Namespaces.Container;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * JVMs in namespaces, chroots and on files that are not there any more. Their stacks have to be those that jstack sees
 * from inside.
 */
class ContainersIT {
    private static final int FAILED = 1;
    private static final int NO_TARGET = 3;
    private static final int NOT_PERMITTED = 4;
    /** Drops a capability for good, as containers do. */
    private static final List<String> WITHOUT_PTRACE =
            List.of("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace");

    /** For a jtrace that shares the target's pid namespace, but not its files. */
    private static final List<String> OWN_PROC = List.of("unshare", "--mount", "--mount-proc");

    @TempDir
    private Path directory;

    static Stream<Arguments> containers() {
        return installed().flatMap(setup -> Stream.of(Container.values())
                .map(container -> Arguments.of(setup, container)));
    }

    /** JDKs on this machine's files. Those in roots of their own run in a mount namespace and a chroot everywhere. */
    static Stream<VmSetup> installed() {
        return Jdks.installed().stream().map(VmSetup::defaultsOf);
    }

    /* ---- jtrace outside ---- */

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("containers")
    void blockedThreadsInAContainer(VmSetup setup, Container container) {
        Namespaces.require(container.around(List.of()));
        try (TargetJvm target = TargetJvm.start(container.around(command(setup, "BlockedThreads")))) {
            BlockedStacks.assertEqualToJstack(target, () -> jstack(container, setup, target),
                    () -> profile(snapshotOf(target.jvmPid())));
        }
    }

    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void runningThreadsInAContainer(VmSetup setup) {
        Namespaces.require(Container.PIDS.around(List.of()));
        try (TargetJvm target = TargetJvm.start(Container.PIDS.around(command(setup, "Busy")))) {
            assertSeesBusyThreads(Jtrace.profile("-p", target.jvmPid(), "-s", "1", "-x", "--threads"));
        }
    }

    /** Its user has no number there. jstack cannot attach to it, and the JVM cannot answer. */
    @Test
    void runningThreadsOfNobody() {
        List<String> wrapper = List.of("unshare", "--user");
        Namespaces.require(wrapper);
        try (TargetJvm target = TargetJvm.start(Namespaces.around(wrapper, command(setup(), "Busy")))) {
            assertSeesBusyThreads(Jtrace.profile("-p", target.jvmPid(), "-s", "1", "-x", "--threads"));
        }
    }

    /** Its files are not where its maps say. */
    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("installed")
    void chroot(VmSetup setup) {
        String home = setup.jdk().home().toString();
        List<String> command = new ArrayList<>(List.of("chroot", directory.toString()));
        command(setup, "BlockedThreads").forEach(part -> command.add(part.replace(home, "/elsewhere/jdk")));
        List<String> wrapper = Namespaces.afterScript("""
                mount -t tmpfs tmpfs "$1"
                bind() { mkdir -p "$root$2"; mount --rbind "$1" "$root$2"; }
                root=$1 home=$2 classes=$3
                mkdir "$root/tmp"
                for part in /usr /lib /lib64 /bin /etc /proc /dev; do [ ! -e "$part" ] || bind "$part" "$part"; done
                bind "$home" /elsewhere/jdk
                bind "$classes" "$classes"
                shift 3
                """, List.of(directory.toString(), home, TargetJvm.classes().toString()));
        Namespaces.require(wrapper);
        try (TargetJvm target = TargetJvm.start(Namespaces.around(wrapper, command))) {
            List<String> jstack = Namespaces.inside(target.jvmPid(), "--mount --root --wd",
                    List.of("/elsewhere/jdk/bin/jstack"));
            BlockedStacks.assertEqualToJstack(target, () -> Jstack.threads(jstack, target.jvmPid()),
                    () -> profile(snapshotOf(target.jvmPid())));
        }
    }

    /** As after an upgrade of the package: the files that are mapped have gone, others have their names. */
    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("installed")
    void libraryReplaced(VmSetup setup) throws IOException {
        changedUnderneath(setup, """
                cd "$0"
                library=$(find . -path '*/server/libjvm.so')
                head -c 1000000 /dev/urandom >new
                mv new "$library"
                """);
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("installed")
    void allOfTheJdkDeleted(VmSetup setup) throws IOException {
        changedUnderneath(setup, "rm -r \"$0\"/*");
    }

    /** On an overlay file system, so that the machine's JDK stays as it is. */
    private void changedUnderneath(VmSetup setup, String change) throws IOException {
        String home = setup.jdk().home().toString();
        String copy = directory.resolve("jdk").toString();
        List<String> wrapper = Namespaces.afterScript("""
                mount -t tmpfs tmpfs "$1"
                mkdir "$1/upper" "$1/work" "$1/jdk"
                mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" overlay "$1/jdk"
                shift 2
                """, List.of(directory.toString(), home));
        Namespaces.require(wrapper);
        List<String> command = command(setup, "BlockedThreads").stream().map(part -> part.replace(home, copy)).toList();
        try (TargetJvm target = TargetJvm.start(Namespaces.around(wrapper, command))) {
            Path maps = Path.of("/proc/" + target.jvmPid() + "/maps");
            assertTrue(Files.readString(maps).contains(copy));
            Map<String, List<String>> before = Jstack.threads(
                    Namespaces.inside(target.jvmPid(), "--mount", List.of(copy + "/bin/jstack")), target.jvmPid());
            Command.Result changed = Command.of(Namespaces.inside(target.jvmPid(), "--mount",
                    List.of("sh", "-e", "-c", change, copy))).run();
            assertEquals(0, changed.exit(), changed::toString);
            assertTrue(Files.readString(maps).contains("libjvm.so (deleted)"));
            BlockedStacks.assertEqualToJstack(target, () -> before, () -> profile(snapshotOf(target.jvmPid())));
        }
    }

    /* ---- jtrace inside ---- */

    /** In the same container, and by the number that the JVM has there. */
    @ParameterizedTest
    @EnumSource(value = Container.class, names = {"PIDS", "NESTED_PIDS", "ALL"})
    void besideTheTarget(Container container) {
        Namespaces.require(container.around(List.of()));
        VmSetup setup = setup();
        try (TargetJvm target = TargetJvm.start(container.around(command(setup, "BlockedThreads")))) {
            BlockedStacks.assertEqualToJstack(target, () -> jstack(container, setup, target),
                    () -> profile(container.inside(target.jvmPid(), snapshotInside(target))));
        }
        try (TargetJvm target = TargetJvm.start(container.around(command(setup, "Busy")))) {
            assertSeesBusyThreads(profile(container.inside(target.jvmPid(), Jtrace.commandLine(
                    "-p", Namespaces.innermostPid(target.jvmPid()), "-s", "1", "-x", "--threads"))));
        }
    }

    /** The pid namespace is the target's, the files are others, as in an ephemeral container that debugs a pod. */
    @Test
    void besideTheTargetWithFilesOfItsOwn() {
        Namespaces.require(Container.PIDS.around(List.of()));
        VmSetup setup = setup();
        try (TargetJvm target = TargetJvm.start(Container.PIDS.around(command(setup, "BlockedThreads")))) {
            List<String> own = Namespaces.around(OWN_PROC, snapshotInside(target));
            BlockedStacks.assertEqualToJstack(target, () -> jstack(Container.PIDS, setup, target),
                    () -> profile(Namespaces.inside(target.jvmPid(), "--pid", own)));
        }
    }

    /** Docker's default: neither has CAP_SYS_PTRACE, and the JVM has no capability that jtrace lacks. */
    @Test
    void besideTheTargetWithoutTheCapability() {
        Namespaces.require(WITHOUT_PTRACE);
        VmSetup setup = setup();
        try (TargetJvm target =
                TargetJvm.start(Namespaces.around(WITHOUT_PTRACE, command(setup, "BlockedThreads")))) {
            BlockedStacks.assertEqualToJstack(target, () -> Jstack.threads(setup.jdk(), target.jvmPid()),
                    () -> profile(Namespaces.around(WITHOUT_PTRACE, snapshotOf(target.jvmPid()))));
        }
    }

    /** Where jtrace is process 1, to which the kernel is not as to others, and in the container of all kinds. */
    @ParameterizedTest
    @EnumSource(value = Container.class, names = {"PIDS", "NESTED_PIDS", "ALL"})
    void commandInAContainer(Container container) throws IOException {
        Namespaces.require(container.around(List.of()));
        Path output = directory.resolve("profile.txt");
        List<Object> arguments = new ArrayList<>(
                List.of("-q", "-r", "1ms", "--threads", "-o", output, "-t", "sh", "-c", "\"$@\"; exit 37", "sh"));
        arguments.addAll(command(setup(), "Busy"));
        try (TargetJvm target = TargetJvm.start(container.around(Jtrace.commandLine(arguments.toArray())))) {
            Jtrace.awaitWholeTicks(target, () -> assertTrue(target.isAlive()));
            target.endInput();
            assertEquals(37, target.awaitExit());
        }
        Collapsed profile = Collapsed.parse(Files.readString(output));
        for (String thread : List.of("busy 1", "busy 2")) {
            assertTrue(profile.samples(stack -> isBusy(thread, stack)) > 0, profile::toString);
        }
    }

    /* ---- what cannot be, and what helps ---- */

    /** The JVM is process 1 in the inner container and 2 in the outer one, where jtrace is. */
    @Test
    void aContainersPidGivenOutside() {
        Namespaces.require(Container.NESTED_PIDS.around(List.of()));
        try (TargetJvm target = TargetJvm.start(Container.NESTED_PIDS.around(command(setup(), "Idle")))) {
            long outer = ProcessHandle.of(target.jvmPid()).flatMap(ProcessHandle::parent).orElseThrow().pid();
            for (List<String> jtrace : List.of(snapshotOf(1), Jtrace.commandLine("dump", "-p", 1))) {
                assertRefused(NO_TARGET, "process 1 is not a HotSpot JVM.*; the JVM that is process 1 in its container "
                        + "is process 2 here", Command.of(
                        Namespaces.inside(outer, "--pid", Namespaces.around(OWN_PROC, jtrace))).run());
            }
        }
    }

    @Test
    void anOutsidePidGivenInAContainer() {
        Namespaces.require(Container.PIDS.around(List.of()));
        assertRefused(NO_TARGET, "there is no process " + Integer.MAX_VALUE + " here; jtrace runs in a container",
                Command.of(Container.PIDS.around(Jtrace.commandLine("-p", Integer.MAX_VALUE))).run());
    }

    @Test
    void procOfAnotherPidNamespace() {
        List<String> wrapper = List.of("unshare", "--pid", "--fork", "--kill-child");
        Namespaces.require(wrapper);
        try (TargetJvm target = TargetJvm.start(setup(), "Idle")) {
            assertRefused(FAILED, "/proc is that of another pid namespace: jtrace is process 1, .*mount -t proc",
                    Command.of(Namespaces.around(wrapper, snapshotOf(target.pid()))).run());
        }
    }

    @Test
    void withoutTheCapabilityThatTheTargetHas() {
        Namespaces.require(WITHOUT_PTRACE);
        try (TargetJvm target = TargetJvm.start(setup(), "Idle")) {
            assertRefused(NOT_PERMITTED, "lacks CAP_SYS_PTRACE.*--cap-add SYS_PTRACE",
                    Command.of(Namespaces.around(WITHOUT_PTRACE, snapshotOf(target.pid()))).run());
        }
    }

    @Test
    void hiddenByProc() throws IOException {
        List<String> wrapper = Namespaces.afterScript("mount -t proc -o hidepid=2 proc /proc", List.of());
        Namespaces.require(wrapper);
        InstallationCopy copy = InstallationCopy.in(directory);
        VmSetup setup = setup();
        try (TargetJvm target = TargetJvm.start(setup, "BlockedThreads")) {
            assertRefused(NOT_PERMITTED, "process " + target.pid() + " is hidden from jtrace, .*hidepid; run jtrace as",
                    Command.of(Namespaces.around(wrapper, copy.asNobody("-p", target.pid()))).run());
            BlockedStacks.assertEqualToJstack(target, () -> Jstack.threads(setup.jdk(), target.pid()),
                    () -> profile(Namespaces.around(wrapper, snapshotOf(target.pid()))));
        }
    }

    private static void assertRefused(int exit, String message, Command.Result result) {
        assertEquals(exit, result.exit(), result::toString);
        assertTrue(Pattern.compile("^jtrace: .*" + message + ".*\n$").matcher(result.stderr()).find(),
                () -> message + ": " + result);
        assertEquals("", result.stdout());
    }

    /* ---- the targets ---- */

    private static VmSetup setup() {
        assumeFalse(Jdks.installed().isEmpty(), "no JDK on this machine's files is among those asked for");
        return VmSetup.defaultsOf(Jdks.any());
    }

    private static List<String> command(VmSetup setup, String mainClass, String... args) {
        return TargetJvm.command(setup.jdk(), setup.options(), mainClass, args);
    }

    private static List<String> snapshotOf(long pid) {
        return Jtrace.commandLine("-p", pid, "-s", "0", "--threads");
    }

    /** The same for a jtrace that runs in the target's container. */
    private static List<String> snapshotInside(TargetJvm target) {
        return snapshotOf(Namespaces.innermostPid(target.jvmPid()));
    }

    private static Collapsed profile(List<String> jtrace) {
        Command.Result result = Command.of(jtrace).run();
        assertEquals(0, result.exit(), result::toString);
        return Collapsed.parse(result.stdout());
    }

    private static Map<String, List<String>> jstack(Container container, VmSetup setup, TargetJvm target) {
        List<String> jstack = List.of(setup.jdk().home().resolve("bin/jstack").toString());
        return Jstack.threads(container.inside(target.jvmPid(), jstack), Namespaces.innermostPid(target.jvmPid()));
    }

    private static boolean isBusy(String thread, Collapsed.Stack stack) {
        return stack.root().equals(thread) && stack.frames().get(1).startsWith("java.lang.Thread.run:")
                && stack.frames().stream().anyMatch(frame -> frame.startsWith("org.jtrace.targets.Busy.run:"));
    }

    private static void assertSeesBusyThreads(Collapsed profile) {
        for (String thread : List.of("busy 1", "busy 2")) {
            List<Collapsed.Stack> read = profile.stacks().stream()
                    .filter(stack -> stack.contains(thread) && !stack.failed()).toList();
            assertFalse(read.isEmpty(), profile::toString);
            read.forEach(stack -> assertTrue(isBusy(thread, stack), stack::toString));
        }
    }
}
