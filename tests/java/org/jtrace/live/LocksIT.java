package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jtrace.testing.AttachTool;
import org.jtrace.testing.Command;
import org.jtrace.testing.JavaDump;
import org.jtrace.testing.JavaDump.DumpThread;
import org.jtrace.testing.Jdk;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The locks of a thread dump: beside jstack's in each way of locking, and while collections move the objects. */
class LocksIT {
    private static final int ATTEMPTS = 5;
    private static final int PAIRS = 20;
    private static final int LOOKS = 30;

    /** A setup with an option of its own. */
    record Locking(VmSetup setup, List<String> options) {
        @Override
        public String toString() {
            return setup + " " + String.join(" ", options);
        }
    }

    /** Interpreted and compiled frames on each JDK, and each way of locking that one has beside its default. */
    static Stream<Locking> ways() {
        return VmSetup.modes().flatMap(setup -> switch (setup.mode()) {
            case XINT, XCOMP -> Stream.of(new Locking(setup, List.of()));
            case C2 -> optionSets().filter(options -> setup.jdk().accepts(options))
                    .map(options -> new Locking(setup, options));
            default -> Stream.of();
        });
    }

    private static Stream<List<String>> optionSets() {
        String experimental = "-XX:+UnlockExperimentalVMOptions";
        String diagnostic = "-XX:+UnlockDiagnosticVMOptions";
        return Stream.of(
                List.of(experimental, "-XX:LockingMode=0"),
                List.of(experimental, "-XX:LockingMode=1"),
                List.of(experimental, "-XX:LockingMode=2"),
                List.of(diagnostic, "-XX:+UseObjectMonitorTable"),
                List.of(diagnostic, "-XX:-UseObjectMonitorTable"),
                List.of("-XX:BiasedLockingStartupDelay=0"));
    }

    @ParameterizedTest
    @MethodSource("ways")
    void locksEqualJstacks(Locking way) {
        try (TargetJvm target = TargetJvm.start(way.setup, way.options, "HeldLocks")) {
            List<String> named = target.linesBeforeReady("THREAD ");
            Map<String, List<String>> theirs = Map.of();
            Map<String, List<String>> ours = Map.of();
            for (int i = 0; i < ATTEMPTS && (ours.isEmpty() || !theirs.equals(ours)); i++) {
                ours = stacks(dump(target), named);
                theirs = stacks(jstack(way.setup.jdk(), target), named);
            }
            theirs.entrySet().removeAll(Set.copyOf(ours.entrySet()));
            for (Map.Entry<String, List<String>> other : theirs.entrySet()) {
                assertEquals(other.getValue(), ours.get(other.getKey()), () -> way + ", " + other.getKey());
            }
        }
    }

    private static Map<String, List<String>> stacks(JavaDump dump, List<String> named) {
        Map<String, List<String>> stacks = new TreeMap<>();
        for (String name : named) {
            List<String> stack = new ArrayList<>(dump.threads().get(name).stack());
            // jstack knows of all, in the order of the heap; jtrace of those that somebody waits for.
            dump.synchronizers().getOrDefault(name, List.of()).stream().filter(line -> !line.contains("None"))
                    .sorted().forEach(stack::add);
            stacks.put(name, stack);
        }
        return stacks;
    }

    static Stream<VmSetup> collectors() {
        Set<VmSetup.Collector> seen = new HashSet<>();
        // Each collector that moves objects at any time on each JDK; of the others one each.
        return VmSetup.collectors().filter(setup -> setup.collector().movesObjectsConcurrently()
                || seen.add(setup.collector()));
    }

    /** Not each look finds the locks, but none finds wrong ones. */
    @ParameterizedTest
    @MethodSource("collectors")
    void oneAddressWhileCollectionsMoveTheObject(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, List.of("-Xmx256m"), "HeldLocks", "churn")) {
            int known = 0;
            for (int i = 0; i < LOOKS && known < PAIRS; i++) {
                known += knownPairs(dump(target));
            }
            assertTrue(known >= PAIRS, () -> "no locks in " + LOOKS + " looks");
        }
    }

    private static int knownPairs(JavaDump dump) {
        Set<String> addresses = new HashSet<>();
        int known = 0;
        for (int i = 0; i < PAIRS; i++) {
            List<String> owner = locks(dump.threads().get("owner " + i));
            DumpThread entering = dump.threads().get("entering " + i);
            if (owner == null) {
                continue;
            }
            known++;
            assertTrue(owner.size() == 1 && owner.get(0).matches("\t- locked <0x[0-9a-f]+> \\(a .*HeldLocks\\$Key\\)"),
                    owner::toString);
            assertTrue(addresses.add(owner.get(0)), () -> "twice: " + owner);
            if (entering != null && locks(entering) != null) {
                assertEquals(List.of(owner.get(0).replace("locked", "waiting to lock")), locks(entering));
            }
        }
        assertEquals(List.of(), dump.deadlocks());
        return known;
    }

    /** null when they are not known. */
    private static List<String> locks(DumpThread thread) {
        List<String> locks = thread.stack().stream().filter(line -> line.startsWith("\t- ")).toList();
        return locks.stream().anyMatch(line -> line.startsWith("\t- (locks not ")) ? null : locks;
    }

    private static JavaDump dump(TargetJvm target) {
        Command.Result result = Jtrace.run("-d", "-p", target.pid());
        assertEquals(0, result.exit(), result::toString);
        return JavaDump.parse(result.stdout());
    }

    private static JavaDump jstack(Jdk jdk, TargetJvm target) {
        return JavaDump.parse(AttachTool.jstack(jdk, target.pid(), "-l"));
    }
}
