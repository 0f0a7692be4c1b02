package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jtrace.testing.BinomialInterval;
import org.jtrace.testing.Collapsed;
import org.jtrace.testing.Collapsed.Stack;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.jtrace.testing.VmSetup.Mode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Profiles of programs whose shares are known by construction. */
class SharesIT {
    private static final double CONFIDENCE = 0.999;
    private static final double NEARLY_ALL = 0.95;
    private static final int MIN_SAMPLES = 3_000;
    private static final List<String> DEBUG_NON_SAFEPOINTS =
            List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:+DebugNonSafepoints");
    private static final String TARGETS = "org.jtrace.targets.";

    private static final Set<Mode> ONE_COMPILER = EnumSet.of(Mode.C1, Mode.C2);

    /** One compiler alone on the installed JDKs only: these tests take long, and SingleStepIT has it on all. */
    private static Stream<VmSetup> in(Set<Mode> modes) {
        return VmSetup.modes().filter(setup -> modes.contains(setup.mode())
                || ONE_COMPILER.contains(setup.mode()) && setup.jdk().installed());
    }

    static Stream<VmSetup> modes() {
        return in(EnumSet.of(Mode.XINT, Mode.TIERED));
    }

    static Stream<VmSetup> compilingModes() {
        return in(EnumSet.of(Mode.TIERED));
    }

    /** C1 leaves a poll in each loop. */
    static Stream<VmSetup> c2() {
        return VmSetup.modes().filter(setup -> setup.mode() == Mode.C2);
    }

    /**
     * Of 54 intervals at 99.9 % one misses the truth in every 19th run of a right program. So a miss must repeat, in
     * profiles of their own, to count: a wrong share does, as the interval narrows with the number of samples.
     */
    @ParameterizedTest
    @MethodSource("modes")
    void fiftyThirtyTwenty(VmSetup setup) {
        try (TargetJvm target = startFiftyThirtyTwenty(setup)) {
            assertFiftyThirtyTwenty(setup, "ptrace", () -> new Looks(profile(target, Stack::runningJava), 1));
        }
    }

    static TargetJvm startFiftyThirtyTwenty(VmSetup setup) {
        List<String> options = dontInline("Shares::kernel");
        // Else what is between the calls, all inlined into one loop, may count for a call: in 8 a twentieth of the time.
        options.addAll(DEBUG_NON_SAFEPOINTS);
        return TargetJvm.start(setup, options, "Shares");
    }

    /**
     * @param samplesPerLook more than one when a look stands for time that the thread waited for a CPU, too: an interval
     *         is made of looks
     */
    record Looks(Collapsed profile, double samplesPerLook) {
        long count(Predicate<Stack> which) {
            return Math.round(profile.samples(which) / samplesPerLook);
        }
    }

    static void assertFiftyThirtyTwenty(VmSetup setup, String engine, Supplier<Looks> looks) {
        List<String> misses = sharesOutside(setup, engine, looks.get());
        if (!misses.isEmpty()) {
            misses = sharesOutside(setup, engine, looks.get());
        }
        assertEquals(List.of(), misses, () -> setup + ": outside of the interval of 99.9 %, twice");
    }

    private static List<String> sharesOutside(VmSetup setup, String engine, Looks looks) {
        List<String> methods = List.of("fivePart", "threePart", "twoPart");
        double[] truth = {0.5, 0.3, 0.2};
        long[] hits = methods.stream().mapToLong(method -> looks.count(runs("Shares." + method))).toArray();
        long all = hits[0] + hits[1] + hits[2];
        List<String> outside = new ArrayList<>();
        for (int i = 0; i < truth.length; i++) {
            BinomialInterval interval = BinomialInterval.of(hits[i], all, CONFIDENCE);
            System.out.printf("%-22s %-6s %-9s %5.1f %% of %5d samples, 99.9 %%: %.1f to %.1f, truth %.0f%n", setup,
                    engine, methods.get(i), 100.0 * hits[i] / all, all, 100 * interval.low(), 100 * interval.high(),
                    100 * truth[i]);
            if (!interval.contains(truth[i])) {
                outside.add(methods.get(i));
            }
        }
        return outside;
    }

    /**
     * The method has no frame of its own: its name comes from the debug information of its caller's code. Without
     * DebugNonSafepoints the compilers keep that for calls and polls only, and what is inlined between them is counted
     * where the next of these belongs to: that is no more exact than the JVM is.
     */
    @ParameterizedTest
    @MethodSource("compilingModes")
    void tinyInlinedMethod(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, DEBUG_NON_SAFEPOINTS, "TinyHot")) {
            assertNearlyAll(setup, target, "TinyHot.tiny", leafIs("TinyHot.tiny"));
        }
    }

    @ParameterizedTest
    @MethodSource("compilingModes")
    void methodAroundInlinedOnes(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "TinyHot")) {
            assertNearlyAll(setup, target, "TinyHot.repeat", runs("TinyHot.repeat"));
        }
    }

    /** Without safepoint polls in the loop, its instructions are all that can be seen of it. */
    @ParameterizedTest
    @MethodSource("c2")
    void loopWithoutPoll(VmSetup setup) {
        List<String> options = dontInline("NoPoll::loop");
        options.addAll(DEBUG_NON_SAFEPOINTS);
        options.addAll(List.of("-XX:-UseCountedLoopSafepoints", "-XX:LoopStripMiningIter=0",
                "-XX:+IgnoreUnrecognizedVMOptions"));
        try (TargetJvm target = TargetJvm.start(setup, options, "NoPoll")) {
            int first = Integer.parseInt(target.linesBeforeReady("LOOP ").get(0));
            List<String> lines = IntStream.rangeClosed(first + 1, first + 4)
                    .mapToObj(line -> TARGETS + "NoPoll.loop:" + line).toList();
            assertNearlyAll(setup, target, "NoPoll.loop", stack -> lines.contains(stack.leaf()));
        }
    }

    /** By construction the rest is a few cycles in a hundred. */
    private static void assertNearlyAll(VmSetup setup, TargetJvm target, String what, Predicate<Stack> hit) {
        Collapsed profile = profile(target, Stack::runningJava);
        long all = profile.samples(Stack::runningJava);
        long hits = profile.samples(stack -> stack.runningJava() && hit.test(stack));
        BinomialInterval interval = BinomialInterval.of(hits, all, CONFIDENCE);
        System.out.printf("%-22s %-18s %5.1f %% of %5d samples, 99.9 %%: %.1f to %.1f%n", setup, what,
                100.0 * hits / all, all, 100 * interval.low(), 100 * interval.high());
        assertTrue(interval.low() >= NEARLY_ALL, () -> setup + " " + what + ": " + interval + "\n" + mostFrequent(profile));
    }

    private static String mostFrequent(Collapsed profile) {
        StringBuilder text = new StringBuilder();
        profile.stacks().stream().sorted((a, b) -> Long.compare(b.count(), a.count())).limit(8)
                .forEach(stack -> text.append(stack.count()).append(' ').append(stack.frames()).append('\n'));
        return text.toString();
    }

    /** Profiles until there are enough samples, on a slow machine too. */
    private static Collapsed profile(TargetJvm target, Predicate<Stack> counted) {
        Collapsed profile = new Collapsed(List.of());
        while (profile.samples(counted) < MIN_SAMPLES) {
            profile = profile.plus(Jtrace.profile("-p", target.pid(), "-s", "4", "-r", "0.001", "-x"));
        }
        return profile;
    }

    private static List<String> dontInline(String method) {
        return new ArrayList<>(List.of("-XX:CompileCommand=quiet",
                "-XX:CompileCommand=dontinline," + TARGETS + method));
    }

    private static Predicate<Stack> runs(String method) {
        String beginning = TARGETS + method + ":";
        return stack -> stack.runningJava()
                && stack.frames().stream().anyMatch(frame -> frame.startsWith(beginning));
    }

    private static Predicate<Stack> leafIs(String method) {
        return stack -> {
            // C1 divides in the VM.
            List<String> code = stack.code();
            return code.get(code.size() - 1).startsWith(TARGETS + method);
        };
    }
}
