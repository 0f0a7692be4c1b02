package org.jtrace.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jtrace.testing.Jdk;
import org.jtrace.testing.Jdks;

/**
 * How long the requests of a busy server take while it is profiled. They are sent at a fixed rate, and each is timed from
 * when it was due, whatever became of those before it. Windows with a profiler have one without right before and after;
 * what is compared are the medians of their percentiles.
 */
public final class Latency {
    private static final int WARM_UP_SECONDS = 15;
    private static final int REQUESTS_PER_SECOND = 400;
    private static final List<String> RATES = List.of("10ms", "1ms");

    private final Path directory;
    private final int seconds;
    private final int windows;

    private Latency(Path directory, int seconds, int windows) {
        this.directory = directory;
        this.seconds = seconds;
        this.windows = windows;
    }

    /** Arguments: directory with libasyncProfiler.so, seconds per window, windows of each profiler at each rate. */
    public static void main(String[] args) throws Exception {
        Latency latency = new Latency(
                Path.of(args[0]).toAbsolutePath(), Integer.parseInt(args[1]), Integer.parseInt(args[2]));
        System.out.println("| JDK | profiler | every | half, us | without | ratio | 99 %, us | without | ratio |");
        System.out.println("|---|---|---|---|---|---|---|---|---|");
        for (Jdk jdk : Jdks.installed()) {
            latency.measure(jdk);
        }
        System.exit(0); // the client's threads
    }

    private void measure(Jdk jdk) throws IOException, InterruptedException {
        Path classes = Path.of(System.getProperty("java.class.path")).toAbsolutePath();
        List<String> arguments = new ArrayList<>(List.of("-Xmx256m", "-XX:+UseSerialGC"));
        if (jdk.feature() >= 21) {
            arguments.add("-XX:+EnableDynamicAgentLoading");
        }
        arguments.addAll(List.of("-cp", classes.toString(), RequestServer.class.getName()));
        Process server = new ProcessBuilder(jdk.command("java", List.of(classes), arguments))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try {
            Client client = new Client(port(server.inputReader()));
            client.window(WARM_UP_SECONDS);
            for (String rate : RATES) {
                for (Profiler profiler : Profiler.all(directory, jdk, server.pid())) {
                    measure(jdk, client, profiler, rate);
                }
            }
        } finally {
            server.destroyForcibly();
        }
    }

    private static int port(BufferedReader output) throws IOException {
        String line = output.readLine();
        if (line == null || !line.startsWith("PORT ")) {
            throw new IOException("the server did not start");
        }
        return Integer.parseInt(line.substring("PORT ".length()));
    }

    private void measure(Jdk jdk, Client client, Profiler profiler, String rate)
            throws IOException, InterruptedException {
        List<long[]> without = new ArrayList<>(List.of(client.window(seconds)));
        List<long[]> with = new ArrayList<>();
        for (int i = 0; i < windows; i++) {
            profiler.start(rate);
            with.add(client.window(seconds));
            profiler.stop();
            without.add(client.window(seconds));
        }
        System.out.printf(Locale.ROOT, "| %s | %s | %s | %s | %s |%n", jdk, profiler.name(), rate,
                compared(with, without, 0.5), compared(with, without, 0.99));
    }

    private static String compared(List<long[]> with, List<long[]> without, double share) {
        double its = median(with, share);
        double bare = median(without, share);
        return String.format(Locale.ROOT, "%.0f | %.0f | %.2f", its, bare, its / bare);
    }

    /** Of the windows' percentiles, in us. */
    private static double median(List<long[]> windows, double share) {
        double[] percentiles = windows.stream().mapToDouble(sorted -> at(sorted, share) / 1e3).sorted().toArray();
        return percentiles[percentiles.length / 2];
    }

    private static long at(long[] sorted, double share) {
        return sorted[(int) Math.round(share * (sorted.length - 1))];
    }

    private static final class Client {
        private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        private final HttpRequest request;

        Client(int port) {
            this.request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/")).build();
        }

        /** The times of all requests of so many seconds, in ns, ascending. */
        long[] window(int seconds) throws InterruptedException {
            int count = seconds * REQUESTS_PER_SECOND;
            long interval = TimeUnit.SECONDS.toNanos(1) / REQUESTS_PER_SECOND;
            long[] nanos = new long[count];
            List<CompletableFuture<Void>> open = new ArrayList<>();
            long begin = System.nanoTime();
            for (int i = 0; i < count; i++) {
                int number = i;
                long due = begin + i * interval;
                TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
                open.add(http.sendAsync(request, BodyHandlers.discarding())
                        .thenAccept(response -> nanos[number] = System.nanoTime() - due));
            }
            CompletableFuture.allOf(open.toArray(CompletableFuture[]::new)).join();
            Arrays.sort(nanos);
            return nanos;
        }
    }
}
