package org.jtrace.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a command to its end and keeps what it wrote. */
public final class Command {
    /** Far beyond anything that a test runs: only a hang gets there. */
    private static final long HANG_SECONDS = 300;

    private final List<String> command;
    private boolean bareEnvironment;
    private boolean defaultSignals;
    private Map<String, String> environment = Map.of();
    private Path directory;
    private ProcessBuilder.Redirect stdin = ProcessBuilder.Redirect.from(new File("/dev/null"));

    private Command(List<String> command) {
        this.command = command;
    }

    public static Command of(String... command) {
        return new Command(List.of(command));
    }

    public static Command of(List<String> command) {
        return new Command(List.copyOf(command));
    }

    /** How a command ended; {@code exit} is 128 + number for a death by signal, as a shell has it. */
    public record Result(int exit, String stdout, String stderr) {
        public List<String> lines() {
            return stdout.lines().toList();
        }

        @Override
        public String toString() {
            return "exit " + exit + "\nstdout: " + abbreviate(stdout) + "\nstderr: " + abbreviate(stderr);
        }

        private static String abbreviate(String text) {
            return text.length() <= 4000 ? text : text.substring(0, 4000) + " ... (" + text.length() + " characters)";
        }
    }

    /** Nothing of this process's environment, as under {@code env -i}. */
    public Command bareEnvironment() {
        bareEnvironment = true;
        return this;
    }

    /** Signals do what they do by default, also where our caller ignores some, as nohup and background jobs do. */
    public Command defaultSignals() {
        defaultSignals = true;
        return this;
    }

    public Command environment(Map<String, String> added) {
        environment = Map.copyOf(added);
        return this;
    }

    public Command in(Path workingDirectory) {
        directory = workingDirectory;
        return this;
    }

    public Command stdin(Path file) {
        stdin = ProcessBuilder.Redirect.from(file.toFile());
        return this;
    }

    public Result run() {
        try (Running running = start()) {
            return running.await();
        }
    }

    public Running start() {
        try {
            return new Running(this);
        } catch (IOException e) {
            throw new UncheckedIOException(String.join(" ", command), e);
        }
    }

    private ProcessBuilder builder() {
        List<String> words = new ArrayList<>();
        if (defaultSignals) {
            words.addAll(List.of("env", "--default-signal=INT,TERM,HUP"));
        }
        words.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(words).redirectInput(stdin);
        if (bareEnvironment) {
            builder.environment().clear();
        }
        builder.environment().putAll(environment);
        if (directory != null) {
            builder.directory(directory.toFile());
        }
        return builder;
    }

    /** A command under way. Its output goes to files, so that it never waits for a reader. */
    public static final class Running implements AutoCloseable {
        private final List<Path> files = new ArrayList<>();
        private final Process process;
        private final String description;

        private Running(Command command) throws IOException {
            files.add(Files.createTempFile("jtrace-test", ".out"));
            files.add(Files.createTempFile("jtrace-test", ".err"));
            description = String.join(" ", command.command);
            process = command.builder()
                    .redirectOutput(files.get(0).toFile()).redirectError(files.get(1).toFile()).start();
        }

        public long pid() {
            return process.pid();
        }

        public boolean isAlive() {
            return process.isAlive();
        }

        public String stdoutSoFar() {
            return content(files.get(0));
        }

        public String stderrSoFar() {
            return content(files.get(1));
        }

        /** SIGKILL, from one instant to the next. */
        public void kill() {
            process.destroyForcibly();
        }

        /** Ends the processes that it started, which outlive it otherwise. */
        public void killDescendants() {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
        }

        /** Sends a signal by its name, such as INT. */
        public void signal(String name) {
            Command.of("kill", "-" + name, String.valueOf(pid())).run();
        }

        public Result await() {
            try {
                if (!process.waitFor(HANG_SECONDS, TimeUnit.SECONDS)) {
                    throw new IllegalStateException(description + " hangs; stderr: " + stderrSoFar());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(description, e);
            }
            return new Result(process.exitValue(), stdoutSoFar(), stderrSoFar());
        }

        @Override
        public void close() {
            process.destroyForcibly();
            try {
                process.waitFor();
                for (Path file : files) {
                    Files.deleteIfExists(file);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static String content(Path file) {
            try {
                return Files.readString(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
