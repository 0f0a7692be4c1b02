package org.jtrace.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jtrace.testing.Jdk;
import org.jtrace.testing.Jtrace;

/** A profiler that is switched on for a while. */
interface Profiler {
    /** Starting, and what a JVM does in its first seconds, is not what is measured. */
    int START_SECONDS = 6;

    String name();

    /** Returns when it samples. */
    void start(String interval) throws IOException, InterruptedException;

    /** CPU time used so far by a process of its own, in seconds; NaN for one that has none. */
    double cpuSeconds() throws IOException;

    void stop() throws IOException, InterruptedException;

    /**
     * jtrace with each of its engines, and async-profiler.
     *
     * @param directory that has libasyncProfiler.so
     */
    static List<Profiler> all(Path directory, Jdk jdk, long pid) {
        return List.of(new ByJtrace("ptrace", pid), new ByJtrace("perf", pid),
                new ByAsyncProfiler(new AsyncProfiler(directory.resolve("libasyncProfiler.so"), jdk, pid)));
    }

    final class ByJtrace implements Profiler {
        private static final double TICKS_PER_SECOND = 100;

        private final String engine;
        private final long target;
        private Process process;

        private ByJtrace(String engine, long target) {
            this.engine = engine;
            this.target = target;
        }

        @Override
        public String name() {
            return "jtrace " + engine;
        }

        @Override
        public void start(String interval) throws IOException, InterruptedException {
            process = new ProcessBuilder(Jtrace.commandLine(
                    "-p", target, "-s", 3600, "-r", interval, "-x", "--engine", engine, "-q"))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.INHERIT).start();
            TimeUnit.SECONDS.sleep(START_SECONDS);
        }

        /** The launcher becomes jtrace's JVM. */
        @Override
        public double cpuSeconds() throws IOException {
            String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"), StandardCharsets.ISO_8859_1);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
        }

        @Override
        public void stop() throws IOException, InterruptedException {
            process.destroy(); // SIGINT is ignored by what a script starts in the background
            if (process.waitFor() != 0) {
                throw new IOException("jtrace " + engine + " ended with status " + process.exitValue());
            }
        }
    }

    final class ByAsyncProfiler implements Profiler {
        private final AsyncProfiler agent;

        private ByAsyncProfiler(AsyncProfiler agent) {
            this.agent = agent;
        }

        @Override
        public String name() {
            return "async-profiler";
        }

        @Override
        public void start(String interval) throws InterruptedException {
            agent.tell("start,event=ctimer,interval=" + interval);
            TimeUnit.SECONDS.sleep(START_SECONDS);
        }

        @Override
        public double cpuSeconds() {
            return Double.NaN;
        }

        @Override
        public void stop() {
            try {
                Path output = Files.createTempFile("profile", ".collapsed");
                agent.tell("stop,collapsed,file=" + output);
                Files.delete(output);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
