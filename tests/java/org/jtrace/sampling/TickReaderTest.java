package org.jtrace.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jtrace.error.JtraceException;
import org.jtrace.profile.CallTree;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;
import org.jtrace.profile.ProfileInfo.CpuTime;
import org.jtrace.profile.ProfileInfo.Samples;
import org.jtrace.target.Target;
import org.junit.jupiter.api.Test;

class TickReaderTest {
    private static final long[] LEAF = TickWords.frame(PhysicalFrameKind.COMPILED_LEAF, 0x10, 1, 4);
    private static final long[] BOTTOM = TickWords.frame(PhysicalFrameKind.INTERPRETED, 0x20, 2, 8);
    private static final long[] NATIVE = TickWords.frame(PhysicalFrameKind.NATIVE_WRAPPER, 0x30, 3, 0);
    private static final long[] VM = TickWords.frame(PhysicalFrameKind.VM, 0, 0, 0);
    private static final long[] CODE = TickWords.frame(PhysicalFrameKind.NATIVE_CODE, 0x40, 7, 0);
    private static final long[] LOST = TickWords.frame(PhysicalFrameKind.NATIVE_LOST, 0, 0, 0);
    private static final long SECOND = 1_000_000_000;

    private final NamedTarget target = new NamedTarget();

    @Test
    void eachKindHasItsPlaceInTheTree() {
        TickReader reader = new TickReader(target, true, false, false);
        reader.read(tick(1)
                .thread(1, 'R', WalkStatus.COMPLETE, TickWords.NEW, 0x1, 0, 0, LEAF, BOTTOM)
                .thread(2, 'R', WalkStatus.COMPLETE, TickWords.NEW, 0x2, 0, 0, VM, BOTTOM)
                .thread(3, 'S', WalkStatus.COMPLETE, TickWords.NEW, 0x3, 0, 0, VM, NATIVE, BOTTOM)
                .thread(4, 'R', WalkStatus.NO_JAVA_FRAMES, TickWords.NEW, 0, 0, 0)
                .thread(5, 'S', WalkStatus.NO_JAVA_FRAMES, TickWords.NEW, 0x5, 0, 0)
                .thread(6, 'R', WalkStatus.BROKEN_FRAME, TickWords.NEW, 0x6, 0, 0, LEAF)
                .thread(7, 'S', WalkStatus.STACK_MOVED, TickWords.NEW, 0x7, 0, 0)
                .words());
        assertEquals(Map.of(
                "i20;i20@8;c10@5", 1L,
                "i20;i20@8;(vm)", 1L,
                "(idle);i20;i20@8;n30", 1L,
                "(non-java);GC;GC Thread", 1L,
                "(idle);(non-java);C2;C2 CompilerThread", 1L,
                "(failed);broken_frame;c10@5", 1L,
                "(failed);stack_moved", 1L), stacks(reader));
        assertEquals(new Samples(2, 1, 2, 2), reader.ledger().samples());
        assertEquals(Map.of(WalkStatus.BROKEN_FRAME, 1L, WalkStatus.STACK_MOVED, 1L), reader.ledger().failures());
    }

    @Test
    void nativeFramesStandBetweenTheNativeMethodAndTheLeaf() {
        TickReader reader = new TickReader(target, true, false, false);
        reader.read(tick(1)
                .thread(1, 'R', WalkStatus.COMPLETE, TickWords.NEW, 0x1, 0, 0, CODE, CODE, VM, BOTTOM)
                .thread(2, 'S', WalkStatus.COMPLETE, TickWords.NEW, 0x2, 0, 0, CODE, LOST, VM, NATIVE, BOTTOM)
                .thread(4, 'R', WalkStatus.NO_JAVA_FRAMES, TickWords.NEW, 0, 0, 0, CODE, CODE)
                .thread(5, 'S', WalkStatus.NO_JAVA_FRAMES, TickWords.NEW, 0x5, 0, 0, CODE, LOST)
                .thread(6, 'R', WalkStatus.BROKEN_FRAME, TickWords.NEW, 0x6, 0, 0, CODE, LEAF)
                .words());
        assertEquals(Map.of(
                "i20;i20@8;(vm);x40@7;x40@7", 1L,
                "(idle);i20;i20@8;n30;(native frames missing);x40@7", 1L,
                "(non-java);GC;GC Thread;x40@7;x40@7", 1L,
                "(idle);(non-java);C2;C2 CompilerThread;(native frames missing);x40@7", 1L,
                "(failed);broken_frame;c10@5;x40@7", 1L), stacks(reader));
        assertEquals(new Samples(1, 1, 2, 1), reader.ledger().samples());
    }

    @Test
    void whoWaitsForASafepointIsMarkedUntilItRuns() {
        TickReader reader = new TickReader(target, true, true, false);
        reader.read(tick(1).thread(3, 'S', WalkStatus.COMPLETE, TickWords.NEW | TickWords.AT_SAFEPOINT, 0x3, 0, 0, LEAF)
                .words());
        reader.read(tick(2).thread(3, 'S', WalkStatus.COMPLETE, TickWords.UNCHANGED, 0x3, 0, 0).words());
        reader.read(tick(3).thread(3, 'R', WalkStatus.COMPLETE, 0, 0x3, 0, 0, LEAF).words());
        reader.read(tick(4).thread(3, 'S', WalkStatus.COMPLETE, 0, 0x3, 0, 0, LEAF).words());
        assertEquals(Map.of("(idle);(safepoint);java-3;c10@5", 2L, "java-3;c10@5", 1L, "(idle);java-3;c10@5", 1L),
                stacks(reader));
    }

    @Test
    void lostSamplesAreAllCounted() {
        TickReader reader = new TickReader(target, true, true, false);
        reader.read(tick(1).thread(1, 'R', WalkStatus.COMPLETE, TickWords.NEW, 0x1, 0, 0, LEAF).lost(40).throttled(2)
                .words());
        reader.read(tick(2).lost(2).throttled(1).words());
        assertEquals(new Samples(1, 0, 0, 42), reader.ledger().samples());
        assertEquals(Map.of(WalkStatus.SAMPLE_LOST, 42L), reader.ledger().failures());
        assertEquals(3, reader.ledger().throttled());
        assertEquals(42L, stacks(reader).get("(failed);sample_lost;GC Thread#0"));
    }

    @Test
    void aThreadThatWasLeftOutHasItsTicksLater() {
        TickReader reader = new TickReader(target, true, false, false);
        reader.read(tick(1).thread(3, 'S', WalkStatus.COMPLETE, TickWords.NEW, 0x3, 0, 0, LEAF).words());
        reader.read(tick(2).words());
        reader.read(tick(3)
                .thread(3, 'S', WalkStatus.COMPLETE, TickWords.UNCHANGED, 0x3, 0, 0).samples(4, 0)
                .thread(3, 'R', WalkStatus.COMPLETE, 0, 0x3, 0, 0, BOTTOM)
                .words());
        target.parts.add(tick(3).thread(3, 'S', WalkStatus.COMPLETE, 0, 0x3, 0, 0, LEAF).samples(2, 1).words());
        reader.settle();
        assertEquals(new Samples(1, 0, 7, 0), reader.ledger().samples());
        assertEquals(7L, stacks(reader).get("(idle);c10@5"));
    }

    @Test
    void withThreadsTheNameStandsBetweenMarkersAndStack() {
        TickReader reader = new TickReader(target, true, true, false);
        reader.read(tick(1)
                .thread(1, 'R', WalkStatus.COMPLETE, TickWords.NEW, 0x1, 0, 0, LEAF)
                .thread(3, 'S', WalkStatus.COMPLETE, TickWords.NEW, 0x3, 0, 0, LEAF)
                .thread(4, 'R', WalkStatus.NO_JAVA_FRAMES, TickWords.NEW, 0, 0, 0)
                .thread(6, 'R', WalkStatus.BROKEN_FRAME, TickWords.NEW, 0x6, 0, 0, LEAF)
                .words());
        assertEquals(Map.of(
                "java-1;c10@5", 1L,
                "(idle);java-3;c10@5", 1L,
                "(non-java);GC;GC Thread;GC Thread#4", 1L,
                "(failed);broken_frame;java-6;c10@5", 1L), stacks(reader));
    }

    @Test
    void anUnchangedThreadKeepsItsStackWithoutBeingResolved() {
        TickReader reader = new TickReader(target, true, false, false);
        reader.read(tick(1).thread(3, 'S', WalkStatus.COMPLETE, TickWords.NEW, 0x3, 5, 0, LEAF).words());
        int resolved = target.resolved;
        for (int i = 2; i <= 1000; i++) {
            reader.read(tick(i).thread(3, 'S', WalkStatus.COMPLETE, TickWords.UNCHANGED, 0x3, 0, 0).words());
        }
        reader.read(tick(1001).thread(3, 'R', WalkStatus.COMPLETE, TickWords.UNCHANGED, 0x3, 0, 0).words());
        assertEquals(resolved, target.resolved);
        assertEquals(Map.of("(idle);c10@5", 1000L, "c10@5", 1L), stacks(reader));
        assertEquals(new Samples(1, 0, 1000, 0), reader.ledger().samples());
    }

    @Test
    void anUnchangedFailureIsAFailureAgain() {
        TickReader reader = new TickReader(target, true, false, false);
        reader.read(tick(1).thread(3, 'S', WalkStatus.NO_ANCHOR, TickWords.NEW, 0x3, 0, 0).words());
        reader.read(tick(2).thread(3, 'S', WalkStatus.COMPLETE, TickWords.UNCHANGED, 0x3, 0, 0).words());
        assertEquals(Map.of("(failed);no_anchor", 2L), stacks(reader));
    }

    @Test
    void aReusedThreadIdHasNothingOfItsPredecessor() {
        TickReader reader = new TickReader(target, true, true, false);
        reader.read(tick(1).thread(3, 'S', WalkStatus.COMPLETE, TickWords.NEW, 0x3, 0, 0, LEAF).words());
        reader.read(tick(2).thread(3, 'S', WalkStatus.COMPLETE, TickWords.NEW, 0x9, 0, 0, BOTTOM).words());
        assertEquals(Map.of("(idle);java-3;c10@5", 1L, "(idle);java-9;i20;i20@8", 1L), stacks(reader));
    }

    @Test
    void excludedIdleSamplesAreCountedAllTheSame() {
        TickReader reader = new TickReader(target, false, false, false);
        reader.read(tick(1)
                .thread(3, 'S', WalkStatus.COMPLETE, TickWords.NEW, 0x3, 0, 0, LEAF)
                .thread(6, 'S', WalkStatus.BROKEN_FRAME, TickWords.NEW, 0x6, 0, 0, LEAF).words());
        assertEquals(Map.of("(failed);broken_frame;c10@5", 1L), stacks(reader));
        assertEquals(new Samples(0, 0, 1, 1), reader.ledger().samples());
    }

    @Test
    void namesAreReadAboutOnceASecond() {
        TickReader reader = new TickReader(target, true, true, false);
        for (int i = 0; i < 100; i++) {
            reader.read(new TickWords(i * SECOND / 100, 0, 0)
                    .thread(1, 'R', WalkStatus.COMPLETE, i == 0 ? TickWords.NEW : 0, 0x1, 0, 0, LEAF).words());
        }
        assertEquals(1, target.namesRead);
        target.renamed.put(0x1L, "renamed");
        reader.read(new TickWords(2 * SECOND, 0, 0)
                .thread(1, 'R', WalkStatus.COMPLETE, 0, 0x1, 0, 0, LEAF).words());
        assertEquals(Map.of("java-1;c10@5", 100L, "renamed;c10@5", 1L), stacks(reader));
    }

    @Test
    void aNameThatCannotBeReadNowLeavesTheOneKnownBefore() {
        TickReader reader = new TickReader(target, true, true, false);
        reader.read(new TickWords(0, 0, 0)
                .thread(1, 'R', WalkStatus.COMPLETE, TickWords.NEW, 0x1, 0, 0, LEAF).words());
        target.collecting = true;
        reader.read(new TickWords(2 * SECOND, 0, 0)
                .thread(1, 'R', WalkStatus.COMPLETE, 0, 0x1, 0, 0, LEAF).words());
        assertEquals(Map.of("java-1;c10@5", 2L), stacks(reader));
    }

    @Test
    void theKernelsNameStandsInUntilJavasCanBeRead() {
        TickReader reader = new TickReader(target, true, true, false);
        target.collecting = true;
        reader.read(tick(1).thread(1, 'S', WalkStatus.COMPLETE, TickWords.NEW, 0x1, 0, 0, LEAF).words());
        target.collecting = false;
        reader.read(tick(2).thread(1, 'S', WalkStatus.COMPLETE, TickWords.UNCHANGED, 0x1, 0, 0).words());
        assertEquals(Map.of("(idle);GC Thread#1;c10@5", 1L, "(idle);java-1;c10@5", 1L), stacks(reader));
    }

    @Test
    void theLedgerHoldsTheSamplesCpuTimeAgainstTheKernels() {
        TickReader reader = new TickReader(target, true, false, false);
        reader.read(new TickWords(1000, 1100, 500)
                .thread(1, 'R', WalkStatus.COMPLETE, TickWords.NEW, 0x1, 70, 30, LEAF).words());
        reader.read(new TickWords(2000, 2100, 900)
                .thread(1, 'R', WalkStatus.COMPLETE, 0, 0x1, 250, 50, LEAF)
                .thread(2, 'S', WalkStatus.COMPLETE, TickWords.NEW, 0x2, 100, 0, LEAF).words());
        assertEquals(new CpuTime(400, 350), reader.ledger().cpu());
        assertEquals(1100, reader.ledger().durationNanos());
        assertEquals(2, reader.ledger().stops().count());
        assertEquals(50, reader.ledger().stops().maxNanos());
        assertEquals(320, reader.tree().root().children().iterator().next().selfCpuNanos());
    }

    @Test
    void aTickIsReadPartByPart() {
        TickReader reader = new TickReader(target, true, false, false);
        target.parts.add(tick(1).thread(2, 'S', WalkStatus.COMPLETE, TickWords.NEW, 0x2, 0, 0, NATIVE).more().words());
        target.parts.add(new TickWords(1000, 1500, 0).words());
        reader.read(tick(1).thread(1, 'R', WalkStatus.COMPLETE, TickWords.NEW, 0x1, 0, 0, LEAF).more().words());
        assertEquals(Map.of("c10@5", 1L, "(idle);n30", 1L), stacks(reader));
        assertEquals(500, reader.ledger().durationNanos());
    }

    @Test
    void aStackWhoseNamesMayBeAnothersIsReadAgain() {
        TickReader reader = new TickReader(target, true, false, false);
        target.uncertain = 2;
        target.again.add(tick(1).thread(1, 'R', WalkStatus.COMPLETE, 0, 0x1, 20, 7, NATIVE).words());
        target.again.add(tick(1).thread(1, 'R', WalkStatus.COMPLETE, 0, 0x1, 30, 8, BOTTOM).words());
        reader.read(tick(1).thread(1, 'R', WalkStatus.COMPLETE, TickWords.NEW, 0x1, 10, 6, LEAF).words());
        assertEquals(Map.of("i20;i20@8", 1L), stacks(reader));
        assertEquals(new Samples(1, 0, 0, 0), reader.ledger().samples());
        assertEquals(3, reader.ledger().stops().count());
        assertEquals(30, reader.tree().root().children().iterator().next().children().iterator().next().selfCpuNanos());
    }

    @Test
    void aFailureIsReadAgainOnlyIfCodeMayHaveChanged() {
        TickReader reader = new TickReader(target, true, false, false);
        reader.read(tick(1).thread(1, 'R', WalkStatus.BROKEN_FRAME, TickWords.NEW, 0x1, 0, 0, LEAF).words());
        target.disturbed = true;
        target.again.add(tick(2).thread(1, 'R', WalkStatus.COMPLETE, 0, 0x1, 0, 0, LEAF).words());
        reader.read(tick(2).thread(1, 'R', WalkStatus.BROKEN_FRAME, 0, 0x1, 0, 0, LEAF).words());
        reader.read(tick(3).thread(1, 'R', WalkStatus.NO_ANCHOR, 0, 0x1, 0, 0).words());
        assertEquals(Map.of("(failed);broken_frame;c10@5", 1L, "c10@5", 1L, "(failed);no_anchor", 1L), stacks(reader));
    }

    @Test
    void aThreadThatDidNotRunWhileItWasNamedIsNamedRight() {
        TickReader reader = new TickReader(target, true, false, false);
        target.uncertain = 1;
        target.again.add(tick(1).thread(1, 'S', WalkStatus.COMPLETE, TickWords.UNCHANGED, 0x1, 0, 0).words());
        reader.read(tick(1).thread(1, 'S', WalkStatus.COMPLETE, TickWords.NEW, 0x1, 0, 0, LEAF).words());
        assertEquals(Map.of("(idle);c10@5", 1L), stacks(reader));
    }

    @Test
    void namesThatNeverBecomeCertainAreAFailure() {
        TickReader reader = new TickReader(target, true, false, false);
        target.uncertain = Integer.MAX_VALUE;
        for (int i = 0; i < 100; i++) {
            target.again.add(tick(1).thread(1, 'R', WalkStatus.COMPLETE, 0, 0x1, 0, 0, LEAF).words());
        }
        reader.read(tick(1).thread(1, 'R', WalkStatus.COMPLETE, TickWords.NEW, 0x1, 0, 0, LEAF).words());
        assertEquals(Map.of("(failed);code_changed", 1L), stacks(reader));
    }

    @Test
    void aStackLeftOutThatWasNeverSeenIsABug() {
        TickReader reader = new TickReader(target, true, false, false);
        assertThrows(JtraceException.class, () -> reader.read(
                tick(1).thread(3, 'S', WalkStatus.COMPLETE, TickWords.UNCHANGED, 0x3, 0, 0).words()));
    }

    private static final String RUN = "java.lang.VirtualThread.run";
    private static final List<String> MOUNTED = List.of("shop.Cart.add", RUN,
            "java.lang.VirtualThread$VThreadContinuation$1.run", "jdk.internal.vm.Continuation.enter0",
            "jdk.internal.vm.Continuation.enter", "jdk.internal.vm.Continuation.enterSpecial",
            "jdk.internal.vm.Continuation.run", "java.lang.VirtualThread.runContinuation", "pool.Worker.run");

    /** A stack of interpreted frames with these names, leaf first. */
    private Map<String, Long> stacksOf(
            List<String> names, WalkStatus status, long id, boolean byThread, boolean carrier) {
        long[][] frames = new long[names.size()][];
        for (int i = 0; i < frames.length; i++) {
            target.named.put(0x100L + i, names.get(i));
            PhysicalFrameKind kind = switch (names.get(i)) {
                case "(frozen)" -> PhysicalFrameKind.FROZEN;
                case "(vm)" -> PhysicalFrameKind.VM;
                default -> PhysicalFrameKind.NATIVE_WRAPPER;
            };
            frames[i] = TickWords.frame(kind, 0x100L + i, 1, 0);
        }
        TickReader reader = new TickReader(target, true, byThread, carrier);
        reader.read(tick(1).thread(1, 'R', status, TickWords.NEW, 0x1, 0, 0, frames)
                .mounted(id, frames.length).words());
        return stacks(reader);
    }

    @Test
    void aVirtualThreadHasItsOwnStackUnderItsOwnName() {
        assertEquals(Map.of(RUN + ";shop.Cart.add", 1L), stacksOf(MOUNTED, WalkStatus.COMPLETE, 7, false, false));
        assertEquals(Map.of("virtual-7;" + RUN + ";shop.Cart.add", 1L),
                stacksOf(MOUNTED, WalkStatus.COMPLETE, 7, true, false));
        assertEquals(Map.of("(virtual);" + RUN + ";shop.Cart.add", 1L),
                stacksOf(MOUNTED, WalkStatus.COMPLETE, 0, true, false));
        assertEquals(Map.of("(failed);broken_frame;virtual-7;shop.Cart.add", 1L),
                stacksOf(List.of("shop.Cart.add"), WalkStatus.BROKEN_FRAME, 7, true, false));
    }

    @Test
    void frozenFramesThatWereNotReadAreItsBottom() {
        List<String> frozen = List.of("shop.Cart.add", "(frozen)", "jdk.internal.vm.Continuation.run",
                "java.lang.VirtualThread.runContinuation", "pool.Worker.run");
        assertEquals(Map.of("virtual-7;(frozen);shop.Cart.add", 1L),
                stacksOf(frozen, WalkStatus.COMPLETE, 7, true, false));
    }

    /** The continuation's first frame, from which the VM was called: it has none of its own yet, or no more. */
    @Test
    void aVirtualThreadThatJustBeginsIsNotWithoutFrames() {
        List<String> begins = new ArrayList<>(MOUNTED.subList(4, MOUNTED.size()));
        begins.add(0, "(vm)");
        assertEquals(Map.of("virtual-7;jdk.internal.vm.Continuation.enter;(vm)", 1L),
                stacksOf(begins, WalkStatus.COMPLETE, 7, true, false));
    }

    @Test
    void withCarriersEachPartStandsUnderItsName() {
        List<String> rootFirst = new ArrayList<>(MOUNTED);
        Collections.reverse(rootFirst);
        assertEquals(Map.of(String.join(";", rootFirst), 1L),
                stacksOf(MOUNTED, WalkStatus.COMPLETE, 7, false, true));
        rootFirst.add(rootFirst.indexOf("jdk.internal.vm.Continuation.enter"), "virtual-7");
        assertEquals(Map.of("java-1;" + String.join(";", rootFirst), 1L),
                stacksOf(MOUNTED, WalkStatus.COMPLETE, 7, true, true));
    }

    /** It may know the virtual thread already, or still, but it runs code of its own. */
    @Test
    void aCarrierWithNothingOnItIsItself() {
        for (List<String> carrier : List.of(
                List.of("java.lang.VirtualThread.runContinuation", "pool.Worker.run"),
                List.of("jdk.internal.vm.Continuation.run", "java.lang.VirtualThread.runContinuation",
                        "pool.Worker.run"),
                List.of("shop.Cart.add", "jdk.internal.vm.Continuation.run", "shop.Cart.all"))) {
            List<String> rootFirst = new ArrayList<>(carrier);
            Collections.reverse(rootFirst);
            assertEquals(Map.of("java-1;" + String.join(";", rootFirst), 1L),
                    stacksOf(carrier, WalkStatus.COMPLETE, 7, true, false));
        }
    }

    private static TickWords tick(long number) {
        return new TickWords(number * 1000, number * 1000 + 10, 0);
    }

    private static Map<String, Long> stacks(TickReader reader) {
        Map<String, Long> stacks = new TreeMap<>();
        Deque<CallTree.Node> pending = new ArrayDeque<>(reader.tree().root().children());
        while (!pending.isEmpty()) {
            CallTree.Node node = pending.pop();
            pending.addAll(node.children());
            if (node.selfSamples() > 0) {
                stacks.put(path(node), node.selfSamples());
            }
        }
        return stacks;
    }

    private static String path(CallTree.Node node) {
        String name = node.frame().name();
        return node.parent().frame() == null ? name : path(node.parent()) + ";" + name;
    }

    /** Names frames by their kind, address and position; the interpreted one has an outer frame, as if inlined. */
    private static final class NamedTarget implements Target {
        private final Map<Long, String> renamed = new HashMap<>();
        private final Map<Long, String> named = new HashMap<>();
        private int resolved;
        private int namesRead;
        /** A collection is moving names: none can be read. */
        private boolean collecting;
        /** How often names are not certain from now on. */
        private int uncertain;
        private boolean disturbed;
        private final Deque<long[]> parts = new ArrayDeque<>();
        private final Deque<long[]> again = new ArrayDeque<>();

        @Override
        public int pid() {
            return 1;
        }

        @Override
        public String command() {
            return "command";
        }

        @Override
        public String vm() {
            return "vm";
        }

        @Override
        public List<String> missing() {
            return List.of();
        }

        @Override
        public boolean usePerf(long periodNanos, boolean mayStop) {
            return true;
        }

        @Override
        public long[] tick(long slots) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long[] more() {
            return parts.remove();
        }

        @Override
        public long[] lookAgain() {
            return again.remove();
        }

        @Override
        public long[] settle() {
            return parts.remove();
        }

        @Override
        public boolean undisturbed() {
            return !disturbed;
        }

        @Override
        public boolean namesAreCertain() {
            return uncertain-- <= 0;
        }

        @Override
        public boolean alive() {
            return true;
        }

        @Override
        public String javaThreadName(int tid, long javaThread) {
            namesRead++;
            String name = javaThread == 5 ? "C2 CompilerThread0" : "java-" + javaThread;
            return collecting ? null : renamed.getOrDefault(javaThread, name);
        }

        @Override
        public String virtualThreadName(long id) {
            return "virtual-" + id;
        }

        @Override
        public String kernelThreadName(int tid) {
            return "GC Thread#" + tid;
        }

        @Override
        public void resolveInterpreted(long methodAddress, int identity, int bci, List<Frame> leafFirst) {
            add("i" + Long.toHexString(methodAddress) + "@" + bci, leafFirst);
            add("i" + Long.toHexString(methodAddress), leafFirst);
        }

        @Override
        public void resolveCompiled(long nmethodAddress, int compileId, int pcOffset, List<Frame> leafFirst) {
            add("c" + Long.toHexString(nmethodAddress) + "@" + pcOffset, leafFirst);
        }

        @Override
        public void resolveNativeWrapper(long nmethodAddress, int compileId, List<Frame> leafFirst) {
            add(named.getOrDefault(nmethodAddress, "n" + Long.toHexString(nmethodAddress)), leafFirst);
        }

        @Override
        public void resolveNativeCode(long pc, int identity, List<Frame> leafFirst) {
            leafFirst.add(new Frame("x" + Long.toHexString(pc) + "@" + identity, Frame.NO_LINE, FrameKind.NATIVE_CODE));
        }

        private void add(String name, List<Frame> leafFirst) {
            resolved++;
            leafFirst.add(new Frame(name, Frame.NO_LINE, FrameKind.C2));
        }
    }
}
