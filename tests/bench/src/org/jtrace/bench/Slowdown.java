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
 * drifts by more than is to be measured. For the same reason the profilers take turns, and each is compared with the
 * last one, the peer, turn by turn.
 */
public final class Slowdown {
    private static final int WARM_UP_SECONDS = 15;
    private static final List<String> RATES = List.of("10ms", "1ms");

    /** What one profiler's windows at one rate came to, in the order of the turns, in percent. */
    private record Figures(
            Profiler profiler, String rate, List<Double> slowdowns, List<Double> cpu, List<Double> samplesPerSecond) {
        Figures(Profiler profiler, String rate) {
            this(profiler, rate, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }
    }

    private final Path directory;
    private final int seconds;
    private final int turns;

    private Slowdown(Path directory, int seconds, int turns) {
        this.directory = directory;
        this.seconds = seconds;
        this.turns = turns;
    }

    /** Arguments: directory with libasyncProfiler.so, seconds per window, windows of each profiler at each rate. */
    public static void main(String[] args) throws Exception {
        Slowdown slowdown = new Slowdown(
                Path.of(args[0]).toAbsolutePath(), Integer.parseInt(args[1]), Integer.parseInt(args[2]));
        System.out.println("| JDK | profiler | every | slowdown, median % | middle 80 %, % "
                + "| more than the peer's, median % | middle 80 %, % | its CPU, % of one | samples a second |");
        System.out.println("|---|---|---|---|---|---|---|---|---|");
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
        List<List<Figures>> byRate = new ArrayList<>();
        for (String rate : RATES) {
            byRate.add(Profiler.all(directory, jdk, process.pid()).stream().map(p -> new Figures(p, rate)).toList());
        }
        try (AskedProgram work = new AskedProgram(process)) {
            TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);
            double before = rate(work, seconds);
            for (int turn = 0; turn < turns; turn++) {
                for (List<Figures> ofRate : byRate) {
                    for (Figures figures : ofRate) {
                        before = measure(work, figures, before);
                    }
                }
            }
        }
        for (List<Figures> ofRate : byRate) {
            ofRate.forEach(figures -> print(jdk, figures, ofRate.get(ofRate.size() - 1)));
        }
    }

    /** From the speed before it to the one after it. */
    private double measure(AskedProgram work, Figures figures, double before) throws IOException, InterruptedException {
        Profiler profiler = figures.profiler();
        long startNanos = System.nanoTime();
        profiler.start(figures.rate());
        double cpuBefore = profiler.cpuSeconds();
        double with = rate(work, seconds);
        figures.cpu().add(100 * (profiler.cpuSeconds() - cpuBefore) / seconds);
        double onSeconds = (System.nanoTime() - startNanos) / 1e9;
        figures.samplesPerSecond().add(profiler.stop() / onSeconds);
        double after = rate(work, seconds);
        figures.slowdowns().add(100 * (1 - with / ((before + after) / 2)));
        return after;
    }

    private static void print(Jdk jdk, Figures figures, Figures peer) {
        List<Double> slowdowns = figures.slowdowns();
        List<Double> more = new ArrayList<>();
        for (int turn = 0; turn < slowdowns.size(); turn++) {
            more.add(slowdowns.get(turn) - peer.slowdowns().get(turn));
        }
        double cpu = at(figures.cpu(), 0.5);
        System.out.printf(Locale.ROOT, "| %s | %s | %s | %.2f | %s | %s | %s | %s | %.0f |%n", jdk, figures.profiler().name(),
                figures.rate(), at(slowdowns, 0.5), middle(slowdowns),
                figures == peer ? "the peer" : String.format(Locale.ROOT, "%.2f", at(more, 0.5)),
                figures == peer ? "" : middle(more),
                Double.isNaN(cpu) ? "in the target" : String.format(Locale.ROOT, "%.1f", cpu),
                at(figures.samplesPerSecond(), 0.5));
    }

    private static String middle(List<Double> values) {
        return String.format(Locale.ROOT, "%.2f to %.2f", at(values, 0.1), at(values, 0.9));
    }

    private static double at(List<Double> values, double share) {
        List<Double> sorted = values.stream().sorted().toList();
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
