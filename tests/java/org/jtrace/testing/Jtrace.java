package org.jtrace.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** jtrace as its users start it: by its launcher, which the system property {@code jtrace.launcher} names. */
public final class Jtrace {
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
}
