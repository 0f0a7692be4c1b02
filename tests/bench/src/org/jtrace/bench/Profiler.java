package org.jtrace.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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

    /** @return samples of running threads that it took in all */
    long stop() throws IOException, InterruptedException;

    /** Of collapsed stacks: {@code frame;frame;... count}. */
    private static long samples(Path collapsed) throws IOException {
        try (Stream<String> lines = Files.lines(collapsed)) {
            return lines.mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1))).sum();
        }
    }

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
        private Path output;
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
            output = Files.createTempFile("profile", ".collapsed");
            process = new ProcessBuilder(Jtrace.commandLine(
                    "-p", target, "-s", 3600, "-r", interval, "-x", "--engine", engine, "-q"))
                    .redirectOutput(output.toFile())
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
        public long stop() throws IOException, InterruptedException {
            process.destroy(); // SIGINT is ignored by what a script starts in the background
            if (process.waitFor() != 0) {
                throw new IOException("jtrace " + engine + " ended with status " + process.exitValue());
            }
            long samples = samples(output);
            Files.delete(output);
            return samples;
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
            // ctimer's timers expire at the kernel's ticks only, every 4 ms mostly, whatever interval they are given
            agent.tell("start,event=cpu,interval=" + interval);
            TimeUnit.SECONDS.sleep(START_SECONDS);
        }

        @Override
        public double cpuSeconds() {
            return Double.NaN;
        }

        @Override
        public long stop() throws IOException {
            Path output = Files.createTempFile("profile", ".collapsed");
            agent.tell("stop,collapsed,file=" + output);
            long samples = samples(output);
            Files.delete(output);
            return samples;
        }
    }
}
