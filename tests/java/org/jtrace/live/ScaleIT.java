package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jtrace.testing.BinomialInterval;
import org.jtrace.testing.Collapsed;
import org.jtrace.testing.Command;
import org.jtrace.testing.Jdk;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Many threads that want a CPU: far more than there are. */
class ScaleIT {
    private static final int THREADS = 500;
    private static final int BUSY = 100;
    private static final int MANY_THREADS = 2000;
    private static final int MANY_BUSY = 200;

    /** Of each of them: a right program is beyond that once in 5,000 runs. */
    private static final double CONFIDENCE = 0.999999;
    private static final Pattern CPU = Pattern.compile("CPU seen .* \\((\\d+) %\\)");
    private static final int TOLERANCE_PERCENT = 5;

    /**
     * At a pause most threads wait for the last one, which waits for a CPU: up to JDK 17 the VM makes one each second, and
     * up to 14 another when locks may be biased. Compilers make some, too.
     */
    private static final List<String> NO_PAUSES =
            List.of("-Xint", "-XX:+UnlockDiagnosticVMOptions", "-XX:GuaranteedSafepointInterval=0");
    private static final String BIASED_AT_ONCE = "-XX:BiasedLockingStartupDelay=0";

    private static Stream<VmSetup> newest() {
        return VmSetup.oldestAndNewest().reduce((older, newer) -> newer).stream();
    }

    /** A stop waits until the thread gets a CPU, and yet a tick ends, and each thread has its one sample for it. */
    @ParameterizedTest
    @MethodSource("newest")
    void eachThreadIsAccountedForAtEachTick(VmSetup setup) {
        try (TargetJvm target = start(setup, List.of(), THREADS, BUSY)) {
            Command.Result result = Jtrace.run("--engine", "ptrace", "-p", target.pid(), "-s", "2", "--threads", "-n");
            assertEquals(0, result.exit(), result::toString);
            System.out.printf("%-24s %s", setup, result.stderr());
            Map<String, Long> samples = byThread(Collapsed.parse(result.stdout()).stacks().stream());
            long ticks = samples.get("parked-" + (THREADS - 1));
            assertTrue(ticks > 0);
            for (int i = 0; i < THREADS; i++) {
                String name = (i < BUSY ? "busy-" : "parked-") + i;
                assertEquals(ticks, samples.get(name), () -> name + ": " + result.stderr());
            }
        }
    }

    /** A tick waits until each thread has got a CPU once, and not until each has after the other. */
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#oldestAndNewest")
    void eachBusyThreadIsSeenForItsShare(VmSetup setup) {
        try (TargetJvm target = start(setup, noPauses(setup.jdk()), MANY_THREADS, MANY_BUSY)) {
            target.awaitLine("GOING");
            Command.Result result = Jtrace.run("--engine", "ptrace", "-p", target.pid(), "-s", "5", "--threads", "-n");
            assertEquals(0, result.exit(), result::toString);
            System.out.printf("%-24s %s", setup, result.stderr());
            Map<String, Long> samples = byThread(Collapsed.parse(result.stdout()).stacks().stream()
                    .filter(Collapsed.Stack::runningJava));
            long all = samples.values().stream().mapToLong(Long::longValue).sum();
            for (int i = 0; i < MANY_BUSY; i++) {
                String name = "busy-" + i;
                long own = samples.getOrDefault(name, 0L);
                assertTrue(own > 0, () -> name + " was not seen: " + result.stderr());
                assertTrue(BinomialInterval.of(own, all, CONFIDENCE).contains(1.0 / MANY_BUSY),
                        () -> name + " has " + own + " of " + all + " samples: " + result.stderr());
            }
            assertEquals(100, percentOfCpuSeen(result), TOLERANCE_PERCENT, result::stderr);
        }
    }

    private static int percentOfCpuSeen(Command.Result result) {
        Matcher cpu = CPU.matcher(result.stderr());
        assertTrue(cpu.find(), result::toString);
        return Integer.parseInt(cpu.group(1));
    }

    private static List<String> noPauses(Jdk jdk) {
        List<String> options = new ArrayList<>(NO_PAUSES);
        if (jdk.accepts(List.of(BIASED_AT_ONCE))) {
            options.add(BIASED_AT_ONCE);
        }
        return options;
    }

    /** With the least claim to a CPU, so that whoever else works on this machine gets on. */
    private static TargetJvm start(VmSetup setup, List<String> options, int threads, int busy) {
        List<String> command = new ArrayList<>(List.of("nice", "-n", "19"));
        List<String> all = new ArrayList<>(setup.options());
        all.addAll(options);
        command.addAll(TargetJvm.command(setup.jdk(), all, "Crowd", String.valueOf(threads),
                String.valueOf(busy)));
        return TargetJvm.start(command);
    }

    private static Map<String, Long> byThread(Stream<Collapsed.Stack> stacks) {
        Map<String, Long> samples = new HashMap<>();
        stacks.forEach(stack -> stack.frames().stream()
                .filter(frame -> frame.startsWith("busy-") || frame.startsWith("parked-")).findFirst()
                .ifPresent(name -> samples.merge(name, stack.count(), Long::sum)));
        return samples;
    }
}
