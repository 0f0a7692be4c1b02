package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jtrace.testing.BlockedStacks;
import org.jtrace.testing.Collapsed;
import org.jtrace.testing.Command;
import org.jtrace.testing.Jdk;
import org.jtrace.testing.Jdks;
import org.jtrace.testing.Jstack;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.ProcStatus;
import org.jtrace.testing.TargetJvm;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * JVMs that a native program starts (tests/launcher), whose first thread has ended: by the process's own number neither
 * memory nor maps nor command line are there any more.
 */
class FirstThreadEndedIT {
    static Stream<Jdk> jdks() {
        return Jdks.installed().stream();
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("jdks")
    void stacksEqualJstacks(Jdk jdk) {
        try (TargetJvm target = TargetJvm.start(command(jdk, "BlockedThreads"))) {
            assertFirstThreadEnded(target);
            BlockedStacks.assertEqualToJstack(target, () -> Jstack.threads(jdk, target.pid()),
                    () -> Jtrace.profile("-p", target.pid(), "-s", "0", "--threads"));
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("jdks")
    void runningThreadsAreSeenToTheEnd(Jdk jdk) {
        try (TargetJvm target = TargetJvm.start(command(jdk, "Busy"));
                Command.Running jtrace =
                        Jtrace.command("-p", target.pid(), "-s", "100000", "-r", "1ms", "--threads").start()) {
            assertFirstThreadEnded(target);
            Jtrace.awaitWholeTicks(jtrace, target);
            target.kill();
            Command.Result result = jtrace.await();
            assertEquals(0, result.exit(), result::toString);
            assertTrue(result.stderr().contains("process " + target.pid() + " ended"), result::toString);
            assertTrue(Collapsed.parse(result.stdout()).samples(stack -> stack.root().startsWith("busy ")
                    && stack.frames().stream().anyMatch(frame -> frame.startsWith("org.jtrace.targets.Busy.run:")))
                    > 0, result::toString);
        }
    }

    private static List<String> command(Jdk jdk, String mainClass) {
        Path launcher = Jtrace.launcher().resolveSibling("native").resolve("thread_launcher");
        return List.of(launcher.toString(), library(jdk.home()).toString(), TargetJvm.classes().toString(),
                "org/jtrace/targets/" + mainClass, "-Xmx256m", "-XX:-UsePerfData");
    }

    private static Path library(Path home) {
        try (Stream<Path> files = Files.walk(home)) {
            return files.filter(file -> file.endsWith("server/libjvm.so")).findFirst().orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void assertFirstThreadEnded(TargetJvm target) {
        assertTrue(ProcStatus.tasksOf(target.pid()).stream()
                .anyMatch(task -> task.tid() == target.pid() && task.state() == 'Z'));
    }
}
