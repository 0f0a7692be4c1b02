package org.jtrace.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.jtrace.dump.Deadlocks;
import org.jtrace.dump.DumpedThread;
import org.jtrace.dump.DumpedVirtualThread;
import org.jtrace.dump.FrameLock;
import org.jtrace.dump.FrameLock.Kind;
import org.jtrace.dump.LockObject;
import org.jtrace.dump.LockWait;
import org.jtrace.dump.ThreadDump;
import org.jtrace.dump.ThreadLocks;
import org.jtrace.dump.ThreadState;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;
import org.jtrace.profile.Markers;
import org.junit.jupiter.api.Test;

class ThreadDumpTest {
    private static final Instant TIME =
            LocalDateTime.of(2026, 11, 22, 23, 45, 1).atZone(ZoneId.systemDefault()).toInstant();
    private static final DumpedThread MAIN = new DumpedThread("main",
            new DumpedThread.Kernel(500, 42, 'S', 0, 47_034_000L, 1_430L, "futex_wait_queue"),
            new DumpedThread.Java(0x7f0012345678L, 1L, false, 5, ThreadState.PARKED, "waiting on condition",
                    0x7f00abcdef18L, 77L),
            List.of(new Frame("a.B.park", Frame.NO_LINE, FrameKind.NATIVE, "B.java"),
                    new Frame("a.B.go", 12, FrameKind.INLINED, "B.java"),
                    new Frame("a.B.generated", Frame.NO_LINE, FrameKind.C2, "B.java"),
                    new Frame("a.C.run", Frame.NO_LINE, FrameKind.INTERPRETED)), null, null);
    /** Of which nothing is known but that it is there. */
    private static final DumpedThread UNKNOWN = new DumpedThread("Thread-1",
            new DumpedThread.Kernel(501, null, 'R', null, null, null, null),
            new DumpedThread.Java(0x7f0012340000L, null, null, null, null, null, null, null),
            List.of(Markers.VM, new Frame("a.B.go", 12, FrameKind.C1, "B.java")), "unknown_code", null);
    private static final DumpedThread COLLECTOR = new DumpedThread("GC Thread#0",
            new DumpedThread.Kernel(502, 44, 'S', -5, 1_000_000L, 2_000L, null), null, List.of(), null, null);

    @Test
    void jstacksLayout() throws IOException {
        assertEquals("""
                2026-11-22 23:45:01
                Full thread dump OpenJDK 64-Bit Server VM (17.0.9+9):

                "main" #1 prio=5 os_prio=0 cpu=47.03ms elapsed=1.43s tid=0x00007f0012345678 nid=0x2a waiting on condition  \
                [0x00007f00abcde000]
                   java.lang.Thread.State: WAITING (parking)
                   Carrying virtual thread #77
                   Kernel wait channel: futex_wait_queue
                \tat a.B.park(Native Method)
                \tat a.B.go(B.java:12)
                \tat a.B.generated(B.java)
                \tat a.C.run(Unknown Source)
                \t- (locks not known)

                "Thread-1" tid=0x00007f0012340000
                \tat a.B.go(B.java:12)
                \t- (stack not complete: unknown_code)
                \t- (locks not known)

                "GC Thread#0" os_prio=-5 cpu=1.00ms elapsed=2.00s nid=0x2c sleeping

                """, text(dump("OpenJDK 64-Bit Server VM", false, MAIN, UNKNOWN, COLLECTOR)));
    }

    private static LockObject object(long address, String className) {
        return new LockObject(address, className, null);
    }

    private static DumpedThread thread(String name, long address, ThreadLocks locks) {
        return new DumpedThread(name, new DumpedThread.Kernel((int) address, null, 'S', null, null, null, null),
                new DumpedThread.Java(address, null, null, null, null, null, null, null),
                List.of(new Frame("a.B.enter", 3, FrameKind.INTERPRETED, "B.java"),
                        new Frame("a.B.run", 4, FrameKind.C1, "B.java")), null, locks);
    }

    private static ThreadLocks locks(LockWait wait, FrameLock... frames) {
        return new ThreadLocks(List.of(frames), wait, List.of(), true);
    }

    @Test
    void locksBelowTheirFrames() throws IOException {
        LockObject represented = new LockObject(0x10, "java.lang.Class", "a.B");
        DumpedThread owner = thread("owner", 1, new ThreadLocks(
                List.of(new FrameLock(0, Kind.WAITING_ON, null), new FrameLock(0, Kind.PARKING, represented),
                        new FrameLock(1, Kind.LOCKED, represented), new FrameLock(1, Kind.LOCKED, object(0x20, "a.C"))),
                null, List.of(object(0x30, "a.Lock")), false));
        String text = text(dump("VM", false, owner, thread("ran", 2, null)));
        assertEquals("""
                "owner" tid=0x0000000000000001
                \tat a.B.enter(B.java:3)
                \t- waiting on <no object reference available>
                \t- parking to wait for  <0x0000000000000010> (a java.lang.Class)
                \tat a.B.run(B.java:4)
                \t- locked <0x0000000000000010> (a java.lang.Class for a.B)
                \t- locked <0x0000000000000020> (a a.C)
                \t- (locks not complete)

                   Locked ownable synchronizers:
                \t- <0x0000000000000030> (a a.Lock)

                "ran" tid=0x0000000000000002
                \tat a.B.enter(B.java:3)
                \tat a.B.run(B.java:4)
                \t- (locks not known)

                """, text.substring(text.indexOf('"')));
    }

    @Test
    void deadlocksAtTheEnd() throws IOException {
        LockObject monitor = object(0x10, "a.M");
        LockObject lock = object(0x20, "a.L");
        DumpedThread one = thread("one", 1,
                locks(new LockWait(0x99, true, monitor, 2L), new FrameLock(0, Kind.WAITING_TO_LOCK, monitor)));
        DumpedThread other = thread("other", 2, locks(new LockWait(0, true, lock, 1L)));
        DumpedThread third = thread("third", 3, locks(new LockWait(0x99, true, monitor, 2L)));
        List<List<DumpedThread>> deadlocks = Deadlocks.among(List.of(third, one, other));
        assertEquals(List.of(List.of(other, one)), deadlocks);
        ThreadDump dump = new ThreadDump(7, TIME, "VM", "", false, List.of(one, other), true, deadlocks, 0, 0, false,
                null, null);
        String text = text(dump);
        assertEquals("""
                Found one Java-level deadlock:
                =============================
                "other":
                  waiting for ownable synchronizer 0x0000000000000020, (a a.L),
                  which is held by "one"

                "one":
                  waiting to lock monitor 0x0000000000000099 (object 0x0000000000000010, a a.M),
                  which is held by "other"

                Java stack information for the threads listed above:
                ===================================================
                "other":
                \tat a.B.enter(B.java:3)
                \tat a.B.run(B.java:4)
                "one":
                \tat a.B.enter(B.java:3)
                \t- waiting to lock <0x0000000000000010> (a a.M)
                \tat a.B.run(B.java:4)

                Found 1 deadlock.

                """, text.substring(text.indexOf("Found")));
        StringBuilder json = new StringBuilder();
        ThreadDumpJson.write(dump, json);
        Map<?, ?> object = (Map<?, ?>) JsonReader.read(json.toString());
        assertEquals(List.of(List.of(2.0, 1.0)), object.get("deadlocks"));
        Map<?, ?> first = (Map<?, ?>) ((Map<?, ?>) ((List<?>) object.get("threads")).get(0)).get("locks");
        Map<?, ?> described = Map.of("address", "0x10", "class", "a.M");
        assertEquals(Map.of("complete", true, "synchronizers", List.of(),
                "frames", List.of(Map.of("frame", 0.0, "kind", "waiting to lock", "object", described)),
                "waitsFor", Map.of("monitor", "0x99", "object", described, "owner", "0x2")), first);
    }

    @Test
    void nobodyWaitsForOneself() {
        DumpedThread self = thread("self", 1, locks(new LockWait(0x99, true, object(0x10, "a.M"), 1L)));
        DumpedThread stranger = thread("stranger", 2, locks(new LockWait(0x99, true, object(0x10, "a.M"), 77L)));
        DumpedThread nobody = thread("nobody", 3, locks(new LockWait(0x99, true, object(0x10, "a.M"), null)));
        assertEquals(List.of(), Deadlocks.among(List.of(self, stranger, nobody, thread("ran", 4, null))));
    }

    @Test
    void kernelIdsAsTheReleaseWritesThem() throws IOException {
        assertEquals("\"main\" #1 [42] prio=5 os_prio=0 cpu=47.03ms elapsed=1.43s tid=0x00007f0012345678 nid=42 "
                + "waiting on condition  [0x00007f00abcde000]", text(dump("VM", true, MAIN)).lines().toList().get(3));
    }

    @Test
    void ofACoreSaysSo() throws IOException {
        DumpedThread thread = new DumpedThread("(unnamed thread)",
                new DumpedThread.Kernel(502, null, null, null, null, null, null), null, List.of(), null, null);
        assertEquals("""
                2026-11-22 23:45:01
                Core of process 7, last written then; which of its threads ran is not known
                Full thread dump VM (17.0.9+9):

                "(unnamed thread)"

                """, text(dump("VM", false, true, thread)));
        StringBuilder text = new StringBuilder();
        ThreadDumpJson.write(dump("VM", false, true, thread), text);
        Map<?, ?> object = (Map<?, ?>) JsonReader.read(text.toString());
        assertEquals(true, object.get("core"));
        Map<?, ?> seen = (Map<?, ?>) ((List<?>) object.get("threads")).get(0);
        assertEquals(List.of("name", "tid", "frames"), List.copyOf(seen.keySet()));
    }

    @Test
    void anObjectForPrograms() throws IOException {
        StringBuilder text = new StringBuilder();
        ThreadDumpJson.write(dump("", false, MAIN, UNKNOWN), text);
        Map<?, ?> object = (Map<?, ?>) JsonReader.read(text.toString());
        assertEquals(List.of("schema", "version", "time", "pid", "release", "stops", "longestStopNanos", "threads",
                        "deadlocks"),
                List.copyOf(object.keySet()));
        List<?> threads = (List<?>) object.get("threads");
        Map<?, ?> main = (Map<?, ?>) threads.get(0);
        assertEquals(Map.of("address", "0x7f0012345678", "id", 1.0, "daemon", false, "priority", 5.0,
                "state", "WAITING (parking)", "osState", "waiting on condition", "stackPointer", "0x7f00abcdef18",
                "carries", 77.0), main.get("java"));
        assertEquals(Map.of("method", "a.B.go", "file", "B.java", "line", 12.0, "kind", "inlined"),
                ((List<?>) main.get("frames")).get(1));
        Map<?, ?> unknown = (Map<?, ?>) threads.get(1);
        assertEquals(List.of("name", "tid", "kernelState", "java", "problem", "frames"),
                List.copyOf(unknown.keySet()));
        assertEquals(Map.of("address", "0x7f0012340000"), unknown.get("java"));
    }

    @Test
    void virtualThreadsThatNobodyCarries() throws IOException {
        DumpedVirtualThread parked = new DumpedVirtualThread(30, "worker", ThreadState.PARKED,
                List.of(new Frame("shop.Order.wait", 7, FrameKind.INTERPRETED, "Order.java")), null);
        DumpedVirtualThread moved =
                new DumpedVirtualThread(31, null, ThreadState.RUNNABLE, List.of(), "stack_moved");
        ThreadDump dump = new ThreadDump(7, TIME, "VM", "", false, List.of(), true, List.of(), 0, 0, false, null,
                new ThreadDump.Unmounted(List.of(parked, moved), 12_345));
        String text = text(dump);
        assertTrue(text.endsWith("""
                "worker" #30 virtual
                   java.lang.Thread.State: WAITING (parking)
                \tat shop.Order.wait(Order.java:7)

                "(name not known)" #31 virtual
                   java.lang.Thread.State: RUNNABLE
                \t- (stack not complete: stack_moved)

                (12,345 more virtual threads)

                """), text);
        StringBuilder json = new StringBuilder();
        ThreadDumpJson.write(dump, json);
        Map<?, ?> read = (Map<?, ?>) JsonReader.read(json.toString());
        List<?> threads = (List<?>) read.get("virtualThreads");
        assertEquals("worker", ((Map<?, ?>) threads.get(0)).get("name"));
        assertEquals(12_345.0, read.get("moreVirtualThreads"));
    }

    private static ThreadDump dump(String vmName, boolean decimalIds, DumpedThread... threads) {
        return dump(vmName, decimalIds, false, threads);
    }

    private static ThreadDump dump(String vmName, boolean decimalIds, boolean ofCore, DumpedThread... threads) {
        return new ThreadDump(
                7, TIME, vmName, "17.0.9+9", decimalIds, List.of(threads), true, List.of(), 1, 42_000, ofCore,
                null, null);
    }

    private static String text(ThreadDump dump) throws IOException {
        StringBuilder text = new StringBuilder();
        ThreadDumpText.write(dump, text);
        return text.toString();
    }
}
