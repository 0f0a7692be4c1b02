package org.jtrace.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jtrace.testing.Jdk;
import org.jtrace.testing.Jdks;

/**
 * How much slower a program on two CPU-bound threads is while it is profiled. Windows with and without a profiler
 * alternate in one run; each with one is compared with the mean of its two neighbours without, as the machine's speed
 * drifts by more than is to be measured.
 */
public final class Slowdown {
    private static final int WARM_UP_SECONDS = 15;
    private static final List<String> RATES = List.of("10ms", "1ms");

    private final Path directory;
    private final int seconds;
    private final int pairs;

    private Slowdown(Path directory, int seconds, int pairs) {
        this.directory = directory;
        this.seconds = seconds;
        this.pairs = pairs;
    }

    /** Arguments: directory with libasyncProfiler.so, seconds per window, windows of each profiler at each rate. */
    public static void main(String[] args) throws Exception {
        Slowdown slowdown = new Slowdown(
                Path.of(args[0]).toAbsolutePath(), Integer.parseInt(args[1]), Integer.parseInt(args[2]));
        System.out.println("| JDK | profiler | every | slowdown, median % | middle 80 %, % | its CPU, % of one |");
        System.out.println("|---|---|---|---|---|---|");
        for (Jdk jdk : Jdks.installed()) {
            slowdown.measure(jdk);
        }
    }

    private void measure(Jdk jdk) throws IOException, InterruptedException {
        Path classes = Path.of(System.getProperty("java.class.path")).toAbsolutePath();
        List<String> arguments = new ArrayList<>(List.of("-Xmx256m", "-XX:+UseSerialGC"));
        if (jdk.feature() >= 21) {
            arguments.add("-XX:+EnableDynamicAgentLoading");
        }
        arguments.addAll(List.of("-cp", classes.toString(), FixedWork.class.getName()));
        Process process = new ProcessBuilder(jdk.command("java", List.of(classes), arguments))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (AskedProgram work = new AskedProgram(process)) {
            TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);
            for (String rate : RATES) {
                for (Profiler profiler : Profiler.all(directory, jdk, process.pid())) {
                    measure(jdk, work, profiler, rate);
                }
            }
        }
    }

    private void measure(Jdk jdk, AskedProgram work, Profiler profiler, String rate) throws IOException, InterruptedException {
        List<Double> slowdowns = new ArrayList<>();
        List<Double> cpu = new ArrayList<>();
        double before = rate(work, seconds);
        for (int i = 0; i < pairs; i++) {
            profiler.start(rate);
            double cpuBefore = profiler.cpuSeconds();
            double with = rate(work, seconds);
            cpu.add(100 * (profiler.cpuSeconds() - cpuBefore) / seconds);
            profiler.stop();
            double after = rate(work, seconds);
            slowdowns.add(100 * (1 - with / ((before + after) / 2)));
            before = after;
        }
        slowdowns.sort(null);
        cpu.sort(null);
        System.out.printf(Locale.ROOT, "| %s | %s | %s | %.2f | %.2f to %.2f | %s |%n", jdk, profiler.name(), rate,
                at(slowdowns, 0.5), at(slowdowns, 0.1), at(slowdowns, 0.9),
                Double.isNaN(cpu.get(0)) ? "in the target" : String.format(Locale.ROOT, "%.1f", at(cpu, 0.5)));
    }

    private static double at(List<Double> sorted, double share) {
        return sorted.get((int) Math.round(share * (sorted.size() - 1)));
    }

    /** Pieces per second, over so many seconds. */
    private static double rate(AskedProgram work, int seconds) throws IOException, InterruptedException {
        String[] from = work.ask("PIECES");
        TimeUnit.SECONDS.sleep(seconds);
        String[] to = work.ask("PIECES");
        return (Long.parseLong(to[1]) - Long.parseLong(from[1])) * 1e9
                / (Long.parseLong(to[2]) - Long.parseLong(from[2]));
    }
}
