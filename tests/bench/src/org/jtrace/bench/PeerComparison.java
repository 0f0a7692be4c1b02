package org.jtrace.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleBiFunction;
import org.jtrace.testing.Collapsed;
import org.jtrace.testing.Collapsed.Stack;
import org.jtrace.testing.Jdk;
import org.jtrace.testing.Jdks;
import org.jtrace.testing.Jtrace;

/**
 * Profiles one run of a real program with jtrace and with async-profiler in windows that alternate, and prints how much
 * the two agree by method. What two windows of the same profiler agree is printed beside: more cannot be expected.
 */
public final class PeerComparison {
    private static final List<String> SETTINGS = List.of("", "-XX:+DebugNonSafepoints");
    private static final int WARM_UP_SECONDS = 20;

    private final Path libraries;
    private final int seconds;
    private final int windows;

    private PeerComparison(Path libraries, int seconds, int windows) {
        this.libraries = libraries;
        this.seconds = seconds;
        this.windows = windows;
    }

    /** Arguments: directory with h2.jar and libasyncProfiler.so, seconds per window, windows of each profiler. */
    public static void main(String[] args) throws Exception {
        PeerComparison comparison = new PeerComparison(
                Path.of(args[0]).toAbsolutePath(), Integer.parseInt(args[1]), Integer.parseInt(args[2]));
        for (Jdk jdk : Jdks.all()) {
            for (String setting : SETTINGS) {
                comparison.compare(jdk, setting);
            }
        }
    }

    private void compare(Jdk jdk, String setting) throws Exception {
        Process load = startLoad(jdk, setting);
        try {
            TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);
            List<Window> ours = new ArrayList<>();
            List<Window> theirs = new ArrayList<>();
            for (int i = 0; i < windows; i++) {
                ours.add(jtrace(load.pid()));
                theirs.add(asyncProfiler(jdk, load.pid()));
            }
            print(jdk + (setting.isEmpty() ? " default options" : " " + setting), ours, theirs);
        } finally {
            load.destroyForcibly().waitFor();
        }
    }

    private Process startLoad(Jdk jdk, String setting) throws IOException {
        Path classes = Path.of(System.getProperty("java.class.path")).toAbsolutePath();
        List<String> arguments = new ArrayList<>(List.of("-Xmx512m", "-XX:+UnlockDiagnosticVMOptions",
                "-cp", libraries.resolve("h2.jar") + ":" + classes));
        if (!setting.isEmpty()) {
            arguments.add(setting);
        }
        if (jdk.feature() >= 21) {
            arguments.add("-XX:+EnableDynamicAgentLoading");
        }
        arguments.add(SqlLoad.class.getName());
        Process load = new ProcessBuilder(jdk.command("java", List.of(libraries, classes), arguments)).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        BufferedReader output = load.inputReader();
        for (String line = output.readLine(); !"READY".equals(line); line = output.readLine()) {
            if (line == null) {
                throw new IOException("the load did not start");
            }
        }
        return load;
    }

    /** What a profiler saw in one window: complete Java stacks, and what became of the others. */
    private record Window(MethodShares shares, long java, Map<String, Long> broken) {
        static Window of(List<Stack> complete, Map<String, Long> broken) {
            return new Window(MethodShares.of(complete), complete.stream().mapToLong(Stack::count).sum(), broken);
        }

        double brokenShare() {
            long count = broken.values().stream().mapToLong(Long::longValue).sum();
            return (double) count / (java + count);
        }
    }

    private Window jtrace(long pid) {
        Collapsed profile = Jtrace.profile("-p", pid, "-s", seconds, "-r", "1ms", "-x", "-n");
        List<Stack> complete = new ArrayList<>();
        Map<String, Long> broken = new TreeMap<>();
        for (Stack stack : profile.stacks()) {
            if (stack.failed()) {
                broken.merge(stack.frames().get(1), stack.count(), Long::sum);
            } else if (stack.runningJava()) {
                add(stack.code(), stack.count(), complete, broken);
            }
        }
        return Window.of(complete, broken);
    }

    /** Native frames are left out: jtrace has none. */
    private Window asyncProfiler(Jdk jdk, long pid) throws IOException, InterruptedException {
        Path output = Files.createTempFile(libraries, "peer", ".collapsed");
        AsyncProfiler profiler = new AsyncProfiler(libraries.resolve("libasyncProfiler.so"), jdk, pid);
        try {
            profiler.tell("start,event=ctimer,interval=1ms,cstack=no");
            TimeUnit.SECONDS.sleep(seconds);
            profiler.tell("stop,collapsed,file=" + output);
            List<Stack> complete = new ArrayList<>();
            Map<String, Long> broken = new TreeMap<>();
            for (Stack stack : Collapsed.parse(Files.readString(output)).stacks()) {
                addTheirs(stack, complete, broken);
            }
            return Window.of(complete, broken);
        } finally {
            Files.delete(output);
        }
    }

    /** Frames in brackets are its words for what could not be walked, and for threads without Java frames. */
    private static void addTheirs(Stack stack, List<Stack> complete, Map<String, Long> broken) {
        List<String> markers = stack.frames().stream().filter(frame -> frame.startsWith("[")).toList();
        List<String> java = stack.frames().stream().filter(frame -> !frame.startsWith("[")).toList();
        boolean outsideJava = java.isEmpty() && markers.stream().allMatch(PeerComparison::standsForNoJava);
        if (outsideJava) {
            return;
        }
        if (markers.isEmpty()) {
            add(java, stack.count(), complete, broken);
        } else {
            broken.merge(markers.get(0), stack.count(), Long::sum);
        }
    }

    private static boolean standsForNoJava(String marker) {
        return marker.equals("[no_Java_frame]") || marker.equals("[not_walkable_not_Java]")
                || marker.equals("[unknown_not_Java]") || marker.startsWith("[GC") || marker.startsWith("[VM");
    }

    private static void add(List<String> frames, long count, List<Stack> complete, Map<String, Long> broken) {
        String root = frames.get(0).replace('/', '.');
        if (root.equals("java.lang.Thread.run") || root.equals("java.lang.Thread.runWith")) {
            complete.add(new Stack(frames, count));
        } else {
            broken.merge("begins with " + root, count, Long::sum);
        }
    }

    private static void print(String title, List<Window> ours, List<Window> theirs) {
        System.out.printf("%n%s: %d windows each%n", title, ours.size());
        System.out.printf("  %-44s %8s %8s%n", "overlap by method, median, %", "self", "total");
        printOverlap("jtrace and async-profiler", overlaps(ours, theirs, 0));
        printOverlap("jtrace and itself, next window", overlaps(ours, ours, 1));
        printOverlap("async-profiler and itself, next window", overlaps(theirs, theirs, 1));
        printQuality("jtrace", ours);
        printQuality("async-profiler", theirs);
        printLargestDifferences(ours, theirs);
    }

    private record Overlaps(double self, double total) {}

    private static Overlaps overlaps(List<Window> a, List<Window> b, int distance) {
        return new Overlaps(medianOverlap(a, b, distance, MethodShares::overlapOfSelf),
                medianOverlap(a, b, distance, MethodShares::overlapOfTotal));
    }

    private static double medianOverlap(List<Window> a, List<Window> b, int distance,
            ToDoubleBiFunction<MethodShares, MethodShares> overlap) {
        List<Double> values = new ArrayList<>();
        for (int i = 0; i + distance < b.size(); i++) {
            values.add(overlap.applyAsDouble(a.get(i).shares, b.get(i + distance).shares));
        }
        return median(values);
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.isEmpty() ? Double.NaN : sorted.get(sorted.size() / 2);
    }

    private static void printOverlap(String what, Overlaps overlaps) {
        System.out.printf("  %-44s %8.1f %8.1f%n", what, 100 * overlaps.self, 100 * overlaps.total);
    }

    private static void printQuality(String profiler, List<Window> windows) {
        Map<String, Long> broken = new TreeMap<>();
        windows.forEach(window -> window.broken.forEach((reason, count) -> broken.merge(reason, count, Long::sum)));
        System.out.printf("  %-20s %6.0f samples a window, %6.3f %% broken %s%n", profiler,
                median(windows.stream().map(window -> (double) window.java).toList()),
                100 * median(windows.stream().map(Window::brokenShare).toList()), broken);
    }

    private static void printLargestDifferences(List<Window> ours, List<Window> theirs) {
        Map<String, Double> difference = new TreeMap<>();
        ours.forEach(window -> window.shares.self().forEach((m, share) -> difference.merge(m, share, Double::sum)));
        theirs.forEach(window -> window.shares.self().forEach((m, share) -> difference.merge(m, -share, Double::sum)));
        System.out.println("  largest differences of self, jtrace minus async-profiler, % points:");
        difference.entrySet().stream()
                .sorted(Comparator.comparingDouble((Map.Entry<String, Double> e) -> -Math.abs(e.getValue()))).limit(6)
                .forEach(e -> System.out.printf("    %+6.2f  %s%n", 100 * e.getValue() / ours.size(), e.getKey()));
    }
}
