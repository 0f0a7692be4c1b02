package org.jtrace.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A running program of tests/targets. Its output lines are read as they come, its input is a pipe: it ends when that is
 * closed, also when this process dies.
 */
public final class TargetJvm implements AutoCloseable {
    private static final String READY = "READY";
    /** Far beyond any target's preparations, on a loaded machine too: only a hang gets there. */
    private static final long HANG_SECONDS = 180;
    private static final String END = new String("end of output");

    private final Process process;
    private final Path stderr;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final List<String> beforeReady = new ArrayList<>();
    private final PrintWriter input;
    private final String description;

    private TargetJvm(List<String> command) throws IOException {
        description = String.join(" ", command);
        stderr = Files.createTempFile("jtrace-target", ".err");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(stderr.toFile());
        builder.environment().keySet().removeAll(
                List.of("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS"));
        process = builder.start();
        input = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        Thread reader = new Thread(this::readLines, "reader of " + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts a target class and waits until it says that it is ready. */
    public static TargetJvm start(VmSetup setup, String mainClass, String... args) {
        return start(setup, List.of(), mainClass, args);
    }

    public static TargetJvm start(VmSetup setup, List<String> moreOptions, String mainClass, String... args) {
        List<String> options = setup.options();
        options.addAll(moreOptions);
        return start(command(setup.jdk(), options, mainClass, args));
    }

    /** Starts a target class by a command of one's own, which may become the JVM or start it. */
    public static TargetJvm start(List<String> command) {
        try {
            TargetJvm target = new TargetJvm(command);
            try {
                target.awaitReady();
            } catch (RuntimeException e) {
                target.close();
                throw e;
            }
            return target;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The command line that runs a target class. */
    public static List<String> command(Jdk jdk, List<String> options, String mainClass, String... args) {
        // A hundred JVMs, one after the other, on a small machine. Without PerfData no file is written for each.
        List<String> arguments = new ArrayList<>(List.of("-Xmx256m", "-XX:-UsePerfData"));
        arguments.addAll(options);
        arguments.addAll(List.of("-cp", classes().toString(), "org.jtrace.targets." + mainClass));
        arguments.addAll(List.of(args));
        return jdk.command("java", List.of(classes()), arguments);
    }

    /** Where the targets are. */
    public static Path classes() {
        Path classes = Path.of(System.getProperty("jtrace.test.targets", "target/test-targets")).toAbsolutePath();
        if (!Files.isDirectory(classes)) {
            throw new IllegalStateException("the targets are not compiled: no directory " + classes);
        }
        return classes;
    }

    public long pid() {
        return process.pid();
    }

    /** Where the command started the JVM: the one that started nobody in turn. */
    public long jvmPid() {
        ProcessHandle last = process.toHandle();
        Optional<ProcessHandle> child = last.children().findFirst();
        while (child.isPresent()) {
            last = child.get();
            child = last.children().findFirst();
        }
        return last.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Writes a line to its standard input. */
    public void tell(String line) {
        input.println(line);
    }

    /** Closes its standard input, which ends a target. */
    public void endInput() {
        input.close();
    }

    private void awaitReady() {
        long limit = hangLimit();
        for (String line = nextLine(limit); !line.equals(READY); line = nextLine(limit)) {
            beforeReady.add(line);
        }
    }

    /** The rest of each line that begins so, of those written before the target was ready. */
    public List<String> linesBeforeReady(String beginning) {
        return beforeReady.stream().filter(line -> line.startsWith(beginning))
                .map(line -> line.substring(beginning.length())).toList();
    }

    /** The rest of the next line that begins so. */
    public String awaitLine(String beginning) {
        long limit = hangLimit();
        while (true) {
            String line = nextLine(limit);
            if (line.startsWith(beginning)) {
                return line.substring(beginning.length()).trim();
            }
        }
    }

    /** The next lines, up to the one that reads so. */
    public List<String> linesUntil(String last) {
        List<String> read = new ArrayList<>();
        long limit = hangLimit();
        for (String line = nextLine(limit); !line.equals(last); line = nextLine(limit)) {
            read.add(line);
        }
        return read;
    }

    /** Ends it as the kernel would, out of memory. */
    public void kill() {
        process.destroyForcibly();
        awaitExit();
    }

    public int awaitExit() {
        try {
            if (!process.waitFor(HANG_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("does not end: " + description);
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
            Files.deleteIfExists(stderr);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long hangLimit() {
        return System.nanoTime() + TimeUnit.SECONDS.toNanos(HANG_SECONDS);
    }

    /** However much the target says that nobody waits for. */
    private String nextLine(long limit) {
        try {
            String line = lines.poll(limit - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (line == null || line == END) {
                throw new IllegalStateException((line == null ? "not what is waited for from " : "ended: ") + description
                        + "\n" + Files.readString(stderr));
            }
            return line;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void readLines() {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
            }
        } catch (IOException closed) {
            // The process was destroyed: its end is reported below.
        }
        lines.add(END);
    }
}
