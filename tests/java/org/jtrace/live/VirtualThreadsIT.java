package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jtrace.testing.BinomialInterval;
import org.jtrace.testing.CallGraph;
import org.jtrace.testing.Collapsed.Stack;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Virtual threads, most of whose frames are in the heap while they run: their stacks must be whole, be such as the
 * program can have, and stand under their own names.
 */
class VirtualThreadsIT {
    /**
     * Of running threads. It is more than 99.9 % over all setups, but samples of one pause go together: in one of a full
     * collection frozen frames cannot be read, and threads that wait there for a CPU are running to the kernel.
     */
    private static final double MIN_COMPLETE = 0.995;
    /**
     * Of running threads, where objects move at any time: when frames are found elsewhere each time they are looked for
     * again, which is likely where the threads of the program and jtrace's have to wait for a CPU.
     */
    private static final double MIN_COMPLETE_CONCURRENTLY = 0.98;
    /**
     * Of those that wait: frames in the heap cannot be read in pauses in which objects may slide, and with Shenandoah in
     * none. Which share of the time those take is the collector's business, and that of who else wants a CPU.
     */
    private static final double MAX_FROZEN_IDLE = 0.33;
    /** In a pause of the collector, and right before and after, a name cannot be read. */
    private static final double MAX_NAMED_BY_ID = 0.02;
    private static final int MIN_SAMPLES = 600;
    private static final int FEATURE = 21;
    private static final int DEPTH = 300;
    private static final int TURN = 30;
    private static final String FROZEN = "(frozen)";
    private static final String TARGETS = "org.jtrace.targets.VirtualThreads$";
    private static final String CARRIER = "ForkJoinPool-1-worker-";
    /** Its name in a collection that stops the world: cut, or from JDK 26 on shortened in the middle. */
    private static final String CARRIER_TO_THE_KERNEL = "ForkJoi";
    private static final String UNNAMED = "without a name";
    /** Stands for one whose object could not be read. */
    private static final String UNKNOWN = "(virtual)";
    private static final Map<String, String> BODIES = Map.of("deep 0", "Deep", "deep 1", "Deep", "busy", "BusyForEver",
            "pinned busy", "PinnedBusy", "pinned waiting", "PinnedWaiting", UNNAMED, "Yielding");

    static Stream<VmSetup> all() {
        return VmSetup.all().filter(setup -> setup.jdk().feature() >= FEATURE);
    }

    static Stream<VmSetup> defaults() {
        return VmSetup.defaults().filter(setup -> setup.jdk().feature() >= FEATURE);
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("all")
    void stacksAreWhole(VmSetup setup) {
        try (TargetJvm target = start(setup)) {
            CallGraph graph = new CallGraph(TARGETS, target.linesBeforeReady("CALL "));
            Tally tally = new Tally(graph, names(target.linesBeforeReady("THREAD ")));
            while (tally.all() < MIN_SAMPLES) {
                Jtrace.profile("-p", target.pid(), "-s", "2", "-r", "0.005", "-n", "--threads").stacks()
                        .forEach(tally::add);
            }
            tally.check(setup);
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("defaults")
    void carriersAreShownWhenAskedFor(VmSetup setup) {
        try (TargetJvm target = start(setup)) {
            List<Stack> stacks = Jtrace.profile(
                    "-p", target.pid(), "-s", "2", "-r", "0.01", "-n", "--threads", "--carrier").stacks();
            List<Stack> mounted = stacks.stream().filter(stack -> stack.contains("pinned waiting")).toList();
            assertTrue(!mounted.isEmpty(), () -> "not seen: " + stacks);
            for (Stack stack : mounted) {
                List<String> frames = stack.threadAndCode();
                int name = frames.indexOf("pinned waiting");
                assertTrue(stack.idle(), frames::toString);
                assertTrue(frames.get(0).startsWith(CARRIER) || frames.get(0).startsWith(CARRIER_TO_THE_KERNEL),
                        () -> "carrier of " + frames);
                assertEquals("java.util.concurrent.ForkJoinWorkerThread.run", frames.get(1));
                assertTrue(frames.indexOf("java.lang.VirtualThread.runContinuation") < name, frames::toString);
                assertTrue(frames.indexOf("java.lang.VirtualThread.run") > name, frames::toString);
            }
        }
    }

    /** From {@code id name} to the name under which a thread without one is shown: its id. */
    private static Map<String, String> names(List<String> threads) {
        Map<String, String> names = new TreeMap<>();
        for (String thread : threads) {
            String[] idAndName = thread.split(" ", 2);
            names.put("(virtual) #" + idAndName[0], idAndName[1].isBlank() ? UNNAMED : idAndName[1]);
        }
        return names;
    }

    /**
     * As many carriers as threads, so that those that never yield leave some to the others, and some are idle. The
     * methods that tell how deep the stack is have frames of their own: which inlined methods a pc between calls is in
     * is an approximation, and it may be those of a branch that was not taken.
     */
    private static TargetJvm start(VmSetup setup) {
        return TargetJvm.start(
                setup,
                List.of("-Xmx256m", "-Djdk.virtualThreadScheduler.parallelism=8", "-XX:CompileCommand=quiet",
                        "-XX:CompileCommand=dontinline," + TARGETS + "Deep::bottom",
                        "-XX:CompileCommand=dontinline," + TARGETS + "Deep::turn"),
                "VirtualThreads");
    }

    /** What became of the samples of virtual threads. */
    private static final class Tally {
        private final CallGraph graph;
        private final Map<String, String> namesById;
        private final Map<String, Long> complete = new TreeMap<>();
        private final Map<String, Long> wrong = new TreeMap<>();
        private final Map<String, Stack> examples = new TreeMap<>();
        private long running;
        private long runningComplete;
        private long frozen;
        private long frozenIdle;
        private final Map<String, Long> frozenStacks = new TreeMap<>();
        private final Map<String, Long> failed = new TreeMap<>();
        private long idleCarriers;
        private long namedById;

        Tally(CallGraph graph, Map<String, String> namesById) {
            this.graph = graph;
            this.namesById = namesById;
        }

        void add(Stack stack) {
            List<String> frames = stack.threadAndCode();
            boolean isVirtual = frames.stream().anyMatch(frame -> frame.startsWith(TARGETS) || isName(frame));
            running += isVirtual && !stack.idle() ? stack.count() : 0;
            if (stack.failed() && isVirtual) {
                failed.merge(frames.get(1), stack.count(), Long::sum);
            } else if (isVirtual) {
                addVirtual(frames, stack);
            } else if (frames.get(0).startsWith(CARRIER)) {
                idleCarriers += stack.count();
            }
        }

        private boolean isName(String frame) {
            return BODIES.containsKey(frame) || frame.startsWith("(virtual)");
        }

        private void addVirtual(List<String> frames, Stack stack) {
            if (frames.contains(FROZEN)) {
                frozen += stack.idle() ? 0 : stack.count();
                frozenIdle += stack.idle() ? stack.count() : 0;
                frozenStacks.merge(String.join(";", shortened(stack.frames())), stack.count(), Long::sum);
                return;
            }
            runningComplete += stack.idle() ? 0 : stack.count();
            List<String> code = frames.subList(1, frames.size()).stream().filter(f -> !f.equals("(vm)")).toList();
            String name = namesById.getOrDefault(frames.get(0), frames.get(0));
            if (name.equals(UNKNOWN) && justBegins(code)) {
                namedById += stack.count(); // by nothing at all
                return;
            }
            if (name.equals(UNKNOWN)) {
                name = ownerOf(code);
            }
            boolean byId = !name.equals(frames.get(0)) && !name.equals(UNNAMED);
            namedById += byId && !stack.idle() ? stack.count() : 0;
            Optional<String> violation = violation(name, code);
            violation.ifPresent(what -> examples.put(what, stack));
            (violation.isEmpty() ? complete : wrong).merge(violation.orElse(name), stack.count(), Long::sum);
        }

        /** Who it must be, by what it does. */
        private static String ownerOf(List<String> code) {
            return BODIES.entrySet().stream().filter(body -> code.contains(TARGETS + body.getValue() + ".run"))
                    .map(Map.Entry::getKey).findFirst().orElse(UNKNOWN);
        }

        private Optional<String> violation(String name, List<String> code) {
            String body = BODIES.get(name);
            if (body == null) {
                return Optional.of("stands under " + name);
            }
            String run = TARGETS + body + ".run";
            if (!code.contains(run)) {
                return justBegins(code) ? Optional.empty() : Optional.of("is not of " + name);
            }
            Optional<String> illegal = graph.violation(code, List.of(
                    List.of("java.lang.VirtualThread.run", run),
                    List.of("java.lang.VirtualThread.run", "java.lang.Thread.runWith", run)));
            return illegal.isPresent() ? illegal : wrongDepth(code);
        }

        private static boolean justBegins(List<String> code) {
            return code.stream().allMatch(frame -> frame.startsWith("java.lang.") || frame.startsWith("jdk.internal."));
        }

        /** How many frames of the recursion there are is known where it turns. */
        private static Optional<String> wrongDepth(List<String> code) {
            long levels = code.stream().filter(frame -> frame.matches(".*Deep\\.[abc]")).count();
            boolean atBottom = code.contains(TARGETS + "Deep.bottom");
            boolean atTurn = code.contains(TARGETS + "Spinner.halfWay");
            long expected = atBottom ? DEPTH + 1 : atTurn ? DEPTH - TURN + 1 : levels;
            return levels == expected ? Optional.empty() : Optional.of(levels + " levels, not " + expected);
        }

        private static List<String> shortened(List<String> frames) {
            List<String> ends = new ArrayList<>(frames.subList(0, Math.min(frames.size(), 12)));
            ends.add("...");
            ends.addAll(frames.subList(Math.max(frames.size() - 12, 0), frames.size()));
            return ends;
        }

        long all() {
            return sum(complete) + sum(wrong) + frozen + frozenIdle + sum(failed);
        }

        private static long sum(Map<String, Long> counts) {
            return counts.values().stream().mapToLong(Long::longValue).sum();
        }

        void check(VmSetup setup) {
            StringBuilder text = new StringBuilder(String.format(
                    "%-24s %5d samples of virtual threads, %5d running, %6.2f %% whole, %d idle and frozen, failed %s,"
                            + " %d named by id, %d of idle carriers",
                    setup, all(), running, 100.0 * runningComplete / running, frozenIdle, failed,
                    namedById, idleCarriers));
            wrong.forEach((what, count) -> text.append("\n  cannot be: ").append(what).append(": ").append(count)
                    .append(", as in ").append(String.join(";", shortened(examples.get(what).frames()))));
            frozenStacks.forEach((stack, count) ->
                    text.append("\n  frozen: ").append(count).append(" of ").append(stack));
            System.out.println(text);
            assertTrue(wrong.isEmpty(), text::toString);
            double least = setup.collector().movesObjectsConcurrently() ? MIN_COMPLETE_CONCURRENTLY : MIN_COMPLETE;
            assertTrue(BinomialInterval.mayBeAtLeast(least, runningComplete, running), text::toString);
            assertTrue(frozenIdle <= MAX_FROZEN_IDLE * all(), text::toString);
            assertTrue(namedById <= MAX_NAMED_BY_ID * all(), text::toString);
            assertEquals(BODIES.keySet(), complete.keySet(), text::toString);
            assertTrue(idleCarriers > 0, text::toString);
        }
    }
}
