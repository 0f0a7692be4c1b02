package org.jtrace.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** jtrace as its users start it: by its launcher, which the system property {@code jtrace.launcher} names. */
public final class Jtrace {
    private static final long LOOK_NANOS = 100_000;

    private Jtrace() {
    }

    public static Path launcher() {
        return Path.of(System.getProperty("jtrace.launcher", "jtrace")).toAbsolutePath();
    }

    public static List<String> commandLine(Object... args) {
        Path launcher = launcher();
        if (!Files.isExecutable(launcher)) {
            throw new IllegalStateException("no launcher " + launcher);
        }
        List<String> command = new ArrayList<>();
        command.add(launcher.toString());
        for (Object arg : args) {
            command.add(arg.toString());
        }
        return command;
    }

    public static Command command(Object... args) {
        return Command.of(commandLine(args));
    }

    public static Command.Result run(Object... args) {
        return command(args).run();
    }

    /** Runs jtrace, which must end with status 0, and reads the collapsed stacks of its standard output. */
    public static Collapsed profile(Object... args) {
        Command.Result result = run(args);
        if (result.exit() != 0) {
            throw new AssertionError(List.of(args) + ": " + result);
        }
        return Collapsed.parse(result.stdout());
    }

    /** Looks until it sees what is wanted. */
    public static <T> T await(Supplier<T> look, Predicate<T> wanted) {
        T seen = look.get();
        while (!wanted.test(seen)) {
            LockSupport.parkNanos(LOOK_NANOS);
            seen = look.get();
        }
        return seen;
    }

    /** Until a thread of the target was seen in jtrace's hands. */
    public static void awaitSampling(Command.Running jtrace, long pid) {
        await(() -> {
            if (!jtrace.isAlive()) {
                throw new AssertionError("jtrace ended: " + jtrace.await());
            }
            return ProcStatus.tasksOf(pid);
        }, tasks -> tasks.stream().anyMatch(ProcStatus::stoppedOrTraced));
    }
}
