package org.jtrace.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** jtrace as its users start it: by its launcher, which the system property {@code jtrace.launcher} names. */
public final class Jtrace {
    private static final long LOOK_NANOS = 100_000;
    private static final int WHOLE_TICKS = 3;

    private Jtrace() {
    }

    public static Path launcher() {
        return Path.of(System.getProperty("jtrace.launcher", "jtrace")).toAbsolutePath();
    }

    /** With stops, unless it says how to sample: what the default comes to depends on what the kernel permits. */
    public static List<String> commandLine(Object... args) {
        Path launcher = launcher();
        if (!Files.isExecutable(launcher)) {
            throw new IllegalStateException("no launcher " + launcher);
        }
        List<String> command = new ArrayList<>();
        command.add(launcher.toString());
        List<String> arguments = Arrays.stream(args).map(Object::toString).toList();
        if (leavesEngineOpen(arguments)) {
            command.addAll(List.of("--engine", "ptrace"));
        }
        command.addAll(arguments);
        return command;
    }

    /** Whether it profiles, and names no engine and nothing that needs one. */
    private static boolean leavesEngineOpen(List<String> arguments) {
        int trace = arguments.indexOf("-t");
        List<String> own = trace < 0 ? arguments : arguments.subList(0, trace);
        boolean profiles = trace >= 0 || (own.contains("-p") && own.get(0).startsWith("-"));
        return profiles && own.stream().noneMatch(
                argument -> argument.startsWith("--engine") || Set.of("--kernel", "-d", "--dump").contains(argument));
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

    /** Until a thread of the target was seen in jtrace's hands. The first tick may not be over yet, which takes longest. */
    public static void awaitSampling(Command.Running jtrace, long pid) {
        awaitHeld(pid, () -> requireAlive(jtrace), task -> true);
    }

    /** Until the profile has some whole ticks of the target, which must be {@code Busy}. */
    public static void awaitWholeTicks(Command.Running jtrace, TargetJvm busy) {
        awaitWholeTicks(busy, () -> requireAlive(jtrace));
    }

    /**
     * A tick has its list of threads before it holds the first of them. So a thread that is started after one was held,
     * and is held itself, is looked at by a later tick. Several: a single one may fall into a collection.
     *
     * @param check fails when there is nobody any more to wait for
     */
    public static void awaitWholeTicks(TargetJvm busy, Runnable check) {
        long pid = busy.jvmPid();
        awaitHeld(pid, check, task -> true);
        for (int tick = 0; tick < WHOLE_TICKS; tick++) {
            Set<Long> before = ProcStatus.tasksOf(pid).stream().map(ProcStatus::tid).collect(Collectors.toSet());
            busy.tell("more");
            busy.awaitLine("TURNS");
            awaitHeld(pid, check, task -> !before.contains(task.tid()));
        }
    }

    private static void awaitHeld(long pid, Runnable check, Predicate<ProcStatus> which) {
        await(() -> {
            check.run();
            return ProcStatus.tasksOf(pid);
        }, tasks -> tasks.stream().anyMatch(task -> task.stoppedOrTraced() && which.test(task)));
    }

    private static void requireAlive(Command.Running jtrace) {
        if (!jtrace.isAlive()) {
            throw new AssertionError("jtrace ended: " + jtrace.await());
        }
    }
}
