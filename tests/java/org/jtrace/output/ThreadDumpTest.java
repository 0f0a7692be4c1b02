package org.jtrace.output;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.jtrace.dump.DumpedThread;
import org.jtrace.dump.ThreadDump;
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
                    new Frame("a.C.run", Frame.NO_LINE, FrameKind.INTERPRETED)), null);
    /** Of which nothing is known but that it is there. */
    private static final DumpedThread UNKNOWN = new DumpedThread("Thread-1",
            new DumpedThread.Kernel(501, null, 'R', null, null, null, null),
            new DumpedThread.Java(0x7f0012340000L, null, null, null, null, null, null, null),
            List.of(Markers.VM, new Frame("a.B.go", 12, FrameKind.C1, "B.java")), "unknown_code");
    private static final DumpedThread COLLECTOR = new DumpedThread("GC Thread#0",
            new DumpedThread.Kernel(502, 44, 'S', -5, 1_000_000L, 2_000L, null), null, List.of(), null);

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

                "Thread-1" tid=0x00007f0012340000
                \tat a.B.go(B.java:12)
                \t- (stack not complete: unknown_code)

                "GC Thread#0" os_prio=-5 cpu=1.00ms elapsed=2.00s nid=0x2c sleeping

                """, text(dump("OpenJDK 64-Bit Server VM", false, MAIN, UNKNOWN, COLLECTOR)));
    }

    @Test
    void kernelIdsAsTheReleaseWritesThem() throws IOException {
        assertEquals("\"main\" #1 [42] prio=5 os_prio=0 cpu=47.03ms elapsed=1.43s tid=0x00007f0012345678 nid=42 "
                + "waiting on condition  [0x00007f00abcde000]", text(dump("VM", true, MAIN)).lines().toList().get(3));
    }

    @Test
    void anObjectForPrograms() throws IOException {
        StringBuilder text = new StringBuilder();
        ThreadDumpJson.write(dump("", false, MAIN, UNKNOWN), text);
        Map<?, ?> object = (Map<?, ?>) JsonReader.read(text.toString());
        assertEquals(List.of("schema", "version", "time", "pid", "release", "stops", "longestStopNanos", "threads"),
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

    private static ThreadDump dump(String vmName, boolean decimalIds, DumpedThread... threads) {
        return new ThreadDump(7, TIME, vmName, "17.0.9+9", decimalIds, List.of(threads), 1, 42_000);
    }

    private static String text(ThreadDump dump) throws IOException {
        StringBuilder text = new StringBuilder();
        ThreadDumpText.write(dump, text);
        return text.toString();
    }
}
