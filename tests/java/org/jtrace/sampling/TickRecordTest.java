package org.jtrace.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.jtrace.error.JtraceException;
import org.junit.jupiter.api.Test;

class TickRecordTest {
    private static final long ADDRESS = 0x00007f12_3456_7890L;

    private final TickRecord tick = new TickRecord();

    @Test
    void readsHeaderThreadsAndFrames() {
        tick.reset(new TickWords(100, 200, 300)
                .thread(7, 'R', WalkStatus.COMPLETE, TickWords.NEW, 0xabcL, 11, 22,
                        TickWords.frame(PhysicalFrameKind.COMPILED_LEAF, ADDRESS, -2, 0x1234),
                        TickWords.frame(PhysicalFrameKind.INTERPRETED, ADDRESS + 8, 5, -1))
                .thread(8, 'S', WalkStatus.NO_ANCHOR, TickWords.UNCHANGED, 0, 0, 0)
                .words());
        assertEquals(100, tick.beginNanos());
        assertEquals(200, tick.endNanos());
        assertEquals(300, tick.cpuNanos());
        assertEquals(2, tick.threadCount());

        assertTrue(tick.nextThread());
        assertEquals(7, tick.tid());
        assertTrue(tick.isRunning() && tick.isNew() && !tick.isUnchanged());
        assertEquals(WalkStatus.COMPLETE, tick.walkStatus());
        assertEquals(0xabcL, tick.javaThread());
        assertEquals(11, tick.threadCpuNanos());
        assertEquals(22, tick.stopNanos());
        assertEquals(2, tick.frameCount());
        assertEquals(PhysicalFrameKind.COMPILED_LEAF, tick.frameKind(0));
        assertEquals(ADDRESS, tick.frameAddress(0));
        assertEquals(-2, tick.frameIdentity(0));
        assertEquals(0x1234, tick.framePosition(0));
        assertEquals(PhysicalFrameKind.INTERPRETED, tick.frameKind(1));
        assertEquals(5, tick.frameIdentity(1));
        assertEquals(-1, tick.framePosition(1));

        assertTrue(tick.nextThread());
        assertTrue(tick.isUnchanged() && !tick.isRunning());
        assertEquals(WalkStatus.NO_ANCHOR, tick.walkStatus());
        assertEquals(0, tick.frameCount());
        assertFalse(tick.nextThread());
    }

    @Test
    void refusesWhatDoesNotFitItsWords() {
        long[] words = new TickWords(1, 2, 3).thread(7, 'R', WalkStatus.COMPLETE, 0, 1, 0, 0,
                TickWords.frame(PhysicalFrameKind.VM, 0, 0, 0)).words();
        assertThrows(JtraceException.class, () -> tick.reset(new long[3]));
        tick.reset(Arrays.copyOf(words, words.length - 1));
        assertThrows(JtraceException.class, tick::nextThread);
        words[3] = 2;
        assertThrows(JtraceException.class, () -> tick.reset(words));
    }

    @Test
    void otherNamesOnTheNativeSideAreRefused() {
        PhysicalFrameKind.requireSameAs(
                List.of("NONE", "INTERPRETED", "COMPILED", "COMPILED_LEAF", "NATIVE_WRAPPER", "VM", "FROZEN",
                        "NATIVE_CODE", "NATIVE_LOST", "KERNEL"));
        assertThrows(JtraceException.class, () -> PhysicalFrameKind.requireSameAs(List.of("NONE", "COMPILED")));
        assertThrows(JtraceException.class, () -> WalkStatus.requireSameAs(List.of("complete")));
    }
}
