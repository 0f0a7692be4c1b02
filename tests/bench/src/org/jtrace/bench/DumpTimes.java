package org.jtrace.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jtrace.testing.Jdk;
import org.jtrace.testing.Jdks;
import org.jtrace.testing.Jtrace;

/**
 * How long a thread dump takes, start-up included, how much of that is CPU time of the command, and how long a thread
 * that only looks at the clock was kept from it. The commands take turns, so that a change of the machine's mood meets
 * all of them; one of them does nothing for as long as jstack usually takes, and shows what gaps there are anyway.
 */
public final class DumpTimes {
    private static final int WARM_UP_ROUNDS = 1;

    private DumpTimes() {}

    /** Arguments: rounds, then numbers of threads. */
    public static void main(String[] args) throws Exception {
        System.out.println("| JDK | threads | command | takes, median ms | middle 80 %, ms | to jstack's | CPU, median ms | to jstack's | longest gap, median ms |"
                + " middle 80 %, ms |");
        System.out.println("|---|---|---|---|---|---|---|---|---|---|");
        for (Jdk jdk : Jdks.installed()) {
            for (int i = 1; i < args.length; i++) {
                measure(jdk, args[i], Integer.parseInt(args[0]));
            }
        }
    }

    private static void measure(Jdk jdk, String threads, int rounds) throws IOException, InterruptedException {
        Path classes = Path.of(System.getProperty("java.class.path")).toAbsolutePath();
        Process process = new ProcessBuilder(jdk.command("java", List.of(classes),
                List.of("-Xmx64m", "-cp", classes.toString(), ParkedThreads.class.getName(), threads)))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (AskedProgram target = new AskedProgram(process)) {
            List<Times> all = commands(jdk, String.valueOf(process.pid()));
            for (int i = -WARM_UP_ROUNDS; i < rounds; i++) {
                for (Times times : all) {
                    times.measure(target, i >= 0);
                }
            }
            double jstack = at(all.get(1).millis, 0.5);
            double jstackCpu = at(all.get(1).cpuMillis, 0.5);
            for (Times times : all) {
                System.out.printf(Locale.ROOT, "| %s | %s | %s | %.0f | %.0f to %.0f | %.2f | %.0f | %.2f | %.2f | %.2f to %.2f |%n", jdk,
                        threads, times.name, at(times.millis, 0.5), at(times.millis, 0.1), at(times.millis, 0.9),
                        at(times.millis, 0.5) / jstack, at(times.cpuMillis, 0.5),
                        at(times.cpuMillis, 0.5) / jstackCpu, at(times.gaps, 0.5), at(times.gaps, 0.1), at(times.gaps, 0.9));
            }
        }
    }

    private static List<Times> commands(Jdk jdk, String pid) {
        return List.of(
                new Times("jtrace -d", Jtrace.commandLine("-d", "-p", pid)),
                new Times("jstack", jdk.command("jstack", List.of(), List.of(pid))),
                new Times("jcmd Thread.print", jdk.command("jcmd", List.of(), List.of(pid, "Thread.print"))),
                new Times("jhsdb jstack", jdk.command("jhsdb", List.of(), List.of("jstack", "--pid", pid))),
                new Times("sleep 0.3", List.of("sleep", "0.3")));
    }

    private static double at(List<Double> values, double share) {
        return values.stream().sorted().toList().get((int) Math.round(share * (values.size() - 1)));
    }

    /** A command, and what was measured of it. */
    private static final class Times {
        private static final double NANOS_PER_MILLI = 1e6;

        private final String name;
        private final List<String> command;
        private final List<Double> millis = new ArrayList<>();
        private final List<Double> cpuMillis = new ArrayList<>();
        private final List<Double> gaps = new ArrayList<>();

        Times(String name, List<String> command) {
            this.name = name;
            this.command = command;
        }

        /** By a shell, which prints what CPU time the command took. */
        private static List<String> timed(List<String> command) {
            List<String> all = new ArrayList<>(
                    List.of("bash", "-c", "TIMEFORMAT='%U %S'; time \"$@\" 2>/dev/null", "bash"));
            all.addAll(command);
            return all;
        }

        void measure(AskedProgram target, boolean counts) throws IOException, InterruptedException {
            target.ask("GAP");
            long begin = System.nanoTime();
            Process process = new ProcessBuilder(timed(command))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            String[] userAndSystem =
                    new String(process.getErrorStream().readAllBytes(), StandardCharsets.US_ASCII).trim().split(" ");
            int exit = process.waitFor();
            long end = System.nanoTime();
            if (exit != 0) {
                throw new IOException(name + " ended with status " + exit);
            }
            double gap = Long.parseLong(target.ask("GAP")[1]) / NANOS_PER_MILLI;
            if (counts) {
                millis.add((end - begin) / NANOS_PER_MILLI);
                cpuMillis.add(1e3 * (Double.parseDouble(userAndSystem[0]) + Double.parseDouble(userAndSystem[1])));
                gaps.add(gap);
            }
        }
    }
}
