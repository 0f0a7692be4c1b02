package org.jtrace.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jtrace.testing.Collapsed;
import org.jtrace.testing.Collapsed.Stack;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;

/**
 * Which share of the samples of a busy program's two threads begins at the threads' bottom, with async-profiler and
 * then with jtrace, in one run. Whether the frames above are right is not asked: CompleteStacksIT does.
 */
public final class CompleteStacks {
    private static final String BOTTOM = "Thread.run";

    private final Path directory;
    private final int seconds;

    private CompleteStacks(Path directory, int seconds) {
        this.directory = directory;
        this.seconds = seconds;
    }

    /** Arguments: directory with libasyncProfiler.so, seconds with each profiler. */
    public static void main(String[] args) throws Exception {
        CompleteStacks comparison = new CompleteStacks(Path.of(args[0]).toAbsolutePath(), Integer.parseInt(args[1]));
        System.out.println("| setup | jtrace, % | of samples | async-profiler, % | of samples |");
        System.out.println("|---|---|---|---|---|");
        // -Xcomp compiles for longer than async-profiler's window, which begins with the JVM.
        for (VmSetup setup : VmSetup.modes().filter(setup -> setup.mode() != VmSetup.Mode.XCOMP).toList()) {
            comparison.compare(setup);
        }
    }

    private void compare(VmSetup setup) throws IOException, InterruptedException {
        Path output = directory.resolve("async-profiler.collapsed");
        Files.deleteIfExists(output);
        // Started with the JVM: 8 has no command that loads an agent.
        String agent = "-agentpath:" + directory.resolve("libasyncProfiler.so")
                + "=start,event=ctimer,interval=1ms,cstack=no,threads,collapsed,timeout=" + seconds + ",file=" + output;
        List<String> arguments = new ArrayList<>(setup.options());
        arguments.addAll(List.of("-Xmx256m", agent, "-cp", TargetJvm.classes().toString(), "org.jtrace.targets.Busy"));
        List<String> command = setup.jdk().command("java", List.of(directory, TargetJvm.classes()), arguments);
        try (TargetJvm target = TargetJvm.start(command)) {
            Share theirs = await(output);
            Share ours = Share.of(Jtrace.profile("-p", target.pid(), "-s", seconds, "-r", "1ms", "-x", "--threads"),
                    stack -> !stack.failed() && stack.frames().get(1).contains(BOTTOM));
            System.out.println("| " + setup + " | " + ours.cells() + " | " + theirs.cells() + " |");
        }
    }

    private Share await(Path output) throws IOException, InterruptedException {
        for (int i = 0; i < 10 * seconds && !Files.exists(output); i++) {
            TimeUnit.SECONDS.sleep(1);
        }
        if (!Files.exists(output)) {
            return new Share(0, 0);
        }
        return Share.of(Collapsed.parse(Files.readString(output)),
                stack -> stack.frames().size() > 1 && stack.frames().get(1).replace('/', '.').contains(BOTTOM)
                        && stack.frames().stream().skip(1).noneMatch(frame -> frame.startsWith("[")));
    }

    private record Share(long complete, long all) {
        static Share of(Collapsed profile, Predicate<Stack> complete) {
            Predicate<Stack> busy = stack -> stack.frames().stream().anyMatch(frame -> frame.contains("busy "));
            return new Share(profile.samples(busy.and(complete)), profile.samples(busy));
        }

        String cells() {
            return all == 0 ? "none | 0" : String.format(Locale.ROOT, "%.2f | %d", 100.0 * complete / all, all);
        }
    }
}
