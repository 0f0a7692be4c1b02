package org.jtrace.hotspot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jtrace.testing.Jdk;
import org.jtrace.testing.Jdks;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Names of a live JVM's threads, which collections have moved and go on moving. */
class ThreadNamesIT {
    private static final int MOVES = 6;
    private static final int LOOKS = 200;
    /** For ZGC up to 14, Shenandoah up to 14 and its generations up to 24. */
    private static final String EXPERIMENTAL = "-XX:+UnlockExperimentalVMOptions";

    /** A JDK with options that decide how objects are laid out and who moves them. */
    record Layout(Jdk jdk, List<String> options) {
        @Override
        public String toString() {
            return jdk + " " + String.join(" ", options);
        }
    }

    static Stream<Layout> layouts() {
        return Jdks.all().stream().flatMap(jdk -> optionSets().stream().map(options -> new Layout(jdk, options)))
                .filter(layout -> layout.jdk.accepts(layout.options));
    }

    private static List<List<String>> optionSets() {
        return List.of(
                List.of("-XX:+UseSerialGC"),
                List.of("-XX:+UseParallelGC"),
                List.of("-XX:+UseConcMarkSweepGC"),
                List.of("-XX:+UseConcMarkSweepGC", "-XX:-UseCompressedOops"),
                List.of("-XX:+UseG1GC"),
                List.of("-XX:+UseG1GC", "-Xmx40g", "-Xms64m"),
                List.of("-XX:+UseG1GC", "-XX:-UseCompressedOops"),
                List.of("-XX:+UseG1GC", "-XX:-UseCompressedOops", "-XX:-UseCompressedClassPointers"),
                List.of("-XX:+UseG1GC", "-XX:+UseCompactObjectHeaders"),
                List.of("-XX:+UseG1GC", "-XX:-UseCompactObjectHeaders"),
                List.of(EXPERIMENTAL, "-XX:+UseShenandoahGC"),
                List.of(EXPERIMENTAL, "-XX:+UseShenandoahGC", "-XX:ShenandoahGCMode=generational"),
                List.of("-XX:+UseShenandoahGC", "-XX:+UseCompactObjectHeaders"),
                List.of(EXPERIMENTAL, "-XX:+UseZGC"),
                List.of("-XX:+UseZGC", "-XX:+ZGenerational"),
                List.of("-XX:+UseZGC", "-XX:-UseCompressedClassPointers"),
                List.of("-XX:+UseZGC", "-XX:+UseCompactObjectHeaders"),
                List.of("-XX:+UseZGC", "-XX:-UseCompactObjectHeaders"));
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void namesSurviveCollections(Layout layout) throws IOException {
        try (TargetJvm target = start(layout); LiveVm live = new LiveVm(target.pid())) {
            Set<String> expected = new TreeSet<>(target.linesBeforeReady("THREAD "));
            assertEquals(60, expected.size());
            ThreadNames names = live.vm.threadNames();
            for (int i = 0; i < MOVES; i++) {
                awaitEqual(expected, () -> moving(names, live.javaThreads()), "after " + i + " moves");
                target.tell("move");
                target.awaitLine("DONE");
            }
            awaitEqual(
                    target.linesBeforeReady("VIRTUAL "), () -> virtual(live), "virtual threads");
            target.tell("churn");
            target.awaitLine("DONE");
            lookWhileTheyMove(names, live, layout);
        }
    }

    /** A collector may still be busy for a while, and names are not read in its pauses. */
    private static void awaitEqual(Object expected, Supplier<?> actual, String message) {
        Object found = actual.get();
        for (int i = 0; i < LOOKS && !found.equals(expected); i++) {
            found = actual.get();
        }
        assertEquals(expected, found, message);
    }

    private static TargetJvm start(Layout layout) {
        return TargetJvm.start(VmSetup.defaultsOf(layout.jdk), layout.options, "MovingNames");
    }

    private static Set<String> moving(ThreadNames names, List<Long> threads) {
        Set<String> found = new TreeSet<>();
        for (long thread : threads) {
            String name = names.name(thread);
            if (name == null || name.startsWith("moving ")) {
                found.add(String.valueOf(name));
            }
        }
        return found;
    }

    /** The virtual threads that are mounted. */
    private static List<String> virtual(LiveVm live) {
        VirtualThreads threads = live.vm.virtualThreads();
        TargetReader reader = new TargetReader(live.vm.memory());
        List<String> found = new ArrayList<>();
        for (long javaThread : threads.available() ? live.javaThreads() : List.<Long>of()) {
            long handle = reader.pointer(javaThread + live.vm.layout().offset(VmItem.JAVA_THREAD_VIRTUAL));
            long id = Math.abs(threads.identify(reader.pointer(handle), false));
            if (id != 0) {
                found.add(threads.name(id));
            }
        }
        return found;
    }

    /** Not each look finds a name, but none finds a wrong one. */
    private static void lookWhileTheyMove(ThreadNames names, LiveVm live, Layout layout) {
        List<Long> threads = live.javaThreads();
        Map<Long, String> known = new HashMap<>();
        int unknown = 0;
        for (int i = 0; i < LOOKS; i++) {
            for (long thread : threads) {
                String name = names.name(thread);
                String before = name == null ? null : known.putIfAbsent(thread, name);
                unknown += name == null ? 1 : 0;
                assertTrue(name == null || before == null || name.equals(before), () -> before + " became " + name);
            }
        }
        int looks = LOOKS * threads.size();
        System.out.printf("%s: %d of %d looks at moving names found none%n", layout, unknown, looks);
        assertEquals(threads.size(), known.size());
    }
}
