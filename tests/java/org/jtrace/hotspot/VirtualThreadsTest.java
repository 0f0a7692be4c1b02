package org.jtrace.hotspot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A virtual thread with two chunks of frozen frames, in fake memory laid out as in 25, with compressed oops. */
class VirtualThreadsTest {
    private static final long HEAP = 0x8_0000_0000L;
    private static final long KLASSES = 0x7f00_0000_0000L;
    private static final long THREAD = HEAP + 0x100;
    private static final long CONTINUATION = HEAP + 0x200;
    private static final long NEW_CHUNK = HEAP + 0x300;
    private static final long OLD_CHUNK = HEAP + 0x400;
    private static final long TASK = HEAP + 0x600;
    private static final int CHUNK_HEADER = 48;
    private static final int CONT = 40;
    private static final int TID = 48;
    private static final int TARGET = 12;
    private static final int TAIL = 16;
    private static final int PARENT = 12;
    private static final int SP = 16;
    private static final int SIZE = 20;
    private static final int BOTTOM = 24;
    /** The fourth of the fields that the VM adds. */
    private static final int THAWING_SIZE = 36;
    private static final String INJECTED = "";
    /** Of a plan, as native/hotspot/frozen_stack.h has it. */
    private static final int HEADER = 6;
    private static final int COMPLETE = 1;
    private static final int STAYS = 2;
    private static final long ID = 27;
    private static final String COUNT = "CollectedHeap::_total_collections";
    private static final String ACTIVE = "CollectedHeap::_is_stw_gc_active";

    private final FakeVm fake = new FakeVm(25);
    private final Map<String, Long> klasses = new HashMap<>();
    private long root;
    private long collected;

    @BeforeEach
    void buildHeap() {
        collected = fake.allocate(0x100);
        fake.setStatic("Universe::_collectedHeap", 8, collected);
        fake.set(collected, COUNT, 8, 5);
        fake.setStatic("CompressedOops::_base", 8, HEAP);
        fake.setStatic("CompressedOops::_shift", 4, 3);
        fake.setStatic("CompressedKlassPointers::_base", 8, KLASSES);
        fake.setStatic("CompressedKlassPointers::_shift", 4, 3);
        flags("UseCompressedOops", "UseCompressedClassPointers");
        fake.memory.write(HEAP, new byte[0x1000]);
        setWellKnown("Thread_klass_knum",
                klass("java/lang/Thread", 0, "name", "Ljava/lang/String;", 28, "tid", "J", TID));
        setWellKnown("String_klass_knum", klass("java/lang/String", 0, "value", "[B", 20, "coder", "B", 16));
        klass("java/lang/VirtualThread", klasses.get("java/lang/Thread"), "cont", "Ljdk/internal/vm/Continuation;",
                CONT);
        klass("jdk/internal/vm/Continuation", 0, "target", "Ljava/lang/Runnable;", TARGET, "tail",
                "Ljdk/internal/vm/StackChunk;", TAIL);
        klass("java/lang/VirtualThread$VThreadContinuation", klasses.get("jdk/internal/vm/Continuation"));
        klass("java/lang/VirtualThread$VThreadContinuation$1", 0, "val$vthread", "Ljava/lang/VirtualThread;", 12);
        klass("jdk/internal/vm/StackChunk", 0, "parent", "Ljdk/internal/vm/StackChunk;", PARENT, "sp", "I", SP, "size",
                "I", SIZE, "bottom", "I", BOTTOM, INJECTED, "", 28, INJECTED, "", 32, INJECTED, "", 40,
                INJECTED, "", THAWING_SIZE);
        fake.set(klasses.get("jdk/internal/vm/StackChunk"), "Klass::_layout_helper", 4, CHUNK_HEADER | 1);
        object(THREAD, "java/lang/VirtualThread");
        refer(THREAD + CONT, CONTINUATION);
        fake.memory.writeNumber(THREAD + TID, 8, ID);
        object(CONTINUATION, "java/lang/VirtualThread$VThreadContinuation");
        refer(CONTINUATION + TARGET, TASK);
        refer(CONTINUATION + TAIL, NEW_CHUNK);
        object(TASK, "java/lang/VirtualThread$VThreadContinuation$1");
        refer(TASK + 12, THREAD);
        chunk(NEW_CHUNK, OLD_CHUNK, 4, 10);
        chunk(OLD_CHUNK, 0, 2, 8);
        root = fake.allocate(8);
        fake.memory.writeNumber(root, 8, THREAD);
    }

    private VirtualThreads threads() {
        return fake.open().virtualThreads();
    }

    @Test
    void plansBothChunksAndWhatLedToThem() {
        long[] plan = threads().plan(root, false);
        long frames = NEW_CHUNK + CHUNK_HEADER;
        long older = OLD_CHUNK + CHUNK_HEADER;
        assertArrayEquals(new long[] {
            12, 2, COMPLETE | STAYS,
            frames, 6, 8,
            collected + fake.offset(COUNT), 5, 8,
            collected + fake.offset(ACTIVE), 0, 1,
            root, THREAD, 8,
            THREAD + CONT, narrow(CONTINUATION), 4,
            CONTINUATION + TAIL, narrow(NEW_CHUNK), 4,
            NEW_CHUNK + PARENT, narrow(OLD_CHUNK), 4,
            NEW_CHUNK + SP, 4, 4,
            NEW_CHUNK + BOTTOM, 10, 4,
            NEW_CHUNK + THAWING_SIZE, 9, 4,
            OLD_CHUNK + PARENT, 0, 4,
            OLD_CHUNK + SP, 2, 4,
            OLD_CHUNK + BOTTOM, 8, 4,
            frames, frames + 4 * 8 - 16, frames + 10 * 8,
            older + 2 * 8 - 16, older + 2 * 8 - 16, older + 8 * 8
        }, plan);
    }

    @Test
    void planByTheContinuationItself() {
        fake.memory.writeNumber(root, 8, CONTINUATION);
        long[] plan = threads().plan(root, true);
        assertArrayEquals(new long[] {11, 2, COMPLETE | STAYS}, Arrays.copyOf(plan, 3));
        assertArrayEquals(new long[] {root, CONTINUATION, 8}, slot(plan, 2));
    }

    @Test
    void emptyChunksHaveNoFrames() {
        fake.memory.writeNumber(NEW_CHUNK + SP, 4, 10);
        fake.memory.writeNumber(OLD_CHUNK + SP, 4, 8);
        long[] plan = threads().plan(root, false);
        assertArrayEquals(new long[] {12, 1, COMPLETE | STAYS}, Arrays.copyOf(plan, 3));
        long frames = NEW_CHUNK + CHUNK_HEADER;
        assertArrayEquals(new long[] {frames, frames + 10 * 8, frames + 10 * 8}, slot(plan, 12),
                "those that left it last may be on their way");
        refer(CONTINUATION + TAIL, 0);
        assertArrayEquals(new long[] {5, 0, COMPLETE | STAYS, 0, 0, 0},
                Arrays.copyOf(threads().plan(root, false), HEADER));
    }

    @Test
    void aChainWithoutEndIsCut() {
        refer(OLD_CHUNK + PARENT, NEW_CHUNK);
        long[] plan = threads().plan(root, false);
        assertArrayEquals(new long[] {5 + 3 * 128 + 1, 128, STAYS}, Arrays.copyOf(plan, 3));
    }

    @Test
    void whatIsNoChunkIsNotPlanned() {
        VirtualThreads threads = threads();
        fake.memory.writeNumber(NEW_CHUNK + SP, 4, -1);
        assertNull(threads.plan(root, false), "sp");
        chunk(NEW_CHUNK, OLD_CHUNK, 4, 10);
        fake.memory.writeNumber(NEW_CHUNK + BOTTOM, 4, 1 << 20);
        assertNull(threads.plan(root, false), "bottom");
        chunk(NEW_CHUNK, OLD_CHUNK, 4, 10);
        object(NEW_CHUNK, "java/lang/String");
        assertNull(threads.plan(root, false), "class");
        fake.memory.unmap(HEAP);
        assertNull(threads.plan(root, false), "memory");
        assertNull(threads.plan(8, false), "root");
    }

    /** It writes new places into references before anything is there. */
    @Test
    void nothingIsPlannedInThePauseOfAFullCollection() {
        VirtualThreads threads = threads();
        fake.set(collected, ACTIVE, 1, 1);
        assertNull(threads.plan(root, false), "nothing is known of it");
        fake.set(collected, ACTIVE, 1, 0);
        assertEquals(12, threads.plan(root, false)[0]);
        fake.set(collected, COUNT, 8, 6);
        fake.set(collected, ACTIVE, 1, 1);
        assertEquals(12, threads.plan(root, false)[0], "a young one");
        fake.set(collected, COUNT, 8, 7 | 1L << 32);
        assertNull(threads.plan(root, false), "a full one");
        fake.set(collected, ACTIVE, 1, 0);
        assertEquals(12, threads.plan(root, false)[0]);
        fake.set(collected, ACTIVE, 1, 1);
        assertEquals(12, threads.plan(root, false)[0], "the next young one");
    }

    @Test
    void aThreadWithoutANameIsToldByItsId() {
        VirtualThreads threads = threads();
        assertEquals(-ID, threads.identify(THREAD, false));
        assertEquals(-ID, threads.identify(CONTINUATION, true));
        assertEquals("(virtual) #27", threads.name(ID));
        assertEquals(0, threads.identify(CONTINUATION, false), "no thread");
        assertEquals(0, threads.identify(THREAD, true), "no continuation");
        assertEquals(0, threads.identify(0, false));
        assertEquals(0, threads.identify(HEAP + 0x2000, false), "memory");
    }

    @Test
    void aFieldThatIsNotThereIsReported() {
        VirtualThreads threads = threads();
        klass("java/lang/VirtualThread", klasses.get("java/lang/Thread"));
        object(THREAD, "java/lang/VirtualThread");
        assertNull(threads.missing());
        assertNull(threads.plan(root, false));
        assertEquals("names and frozen frames of virtual threads", threads.missing());
        assertEquals(-ID, threads.identify(THREAD, false));
    }

    @Test
    void beforeVirtualThreadsThereIsNothingToAsk() {
        assertFalse(new FakeVm(17).open().virtualThreads().available());
    }

    /** Three words each; the chunks follow the slots. */
    private static long[] slot(long[] plan, int index) {
        return Arrays.copyOfRange(plan, HEADER + 3 * index, HEADER + 3 * index + 3);
    }

    private static long narrow(long object) {
        return object - HEAP >> 3;
    }

    private void refer(long field, long object) {
        fake.memory.writeNumber(field, 4, object == 0 ? 0 : narrow(object));
    }

    private void object(long address, String klass) {
        fake.memory.writeNumber(address + 8, 4, klasses.get(klass) - KLASSES >> 3);
    }

    private void chunk(long address, long parent, int sp, int bottom) {
        object(address, "jdk/internal/vm/StackChunk");
        refer(address + PARENT, parent);
        fake.memory.writeNumber(address + SP, 4, sp);
        fake.memory.writeNumber(address + SIZE, 4, bottom);
        fake.memory.writeNumber(address + BOTTOM, 4, bottom);
        fake.memory.writeNumber(address + THAWING_SIZE, 4, bottom - sp + 3);
    }

    private void setWellKnown(String id, long klass) {
        fake.setStatic("vmClasses::_klasses[static_cast<int>(vmClassID::" + id + ")]", 8, klass);
    }

    /** @param fields name, signature, offset; injected ones last */
    private long klass(String name, long superKlass, Object... fields) {
        long klass = fake.klass(name);
        fake.set(klass, "Klass::_super", 8, superKlass);
        int injected = Collections.frequency(Arrays.asList(fields), INJECTED) / 2;
        Unsigned5Writer stream = new Unsigned5Writer(fake.encoding).put(fields.length / 3 - injected, injected);
        for (int i = 0; i < fields.length; i += 3) {
            fake.setPoolSymbol(klass, i + 1, (String) fields[i]);
            fake.setPoolSymbol(klass, i + 2, (String) fields[i + 1]);
            stream.put(i + 1, i + 2, (int) fields[i + 2], 0, 0);
        }
        byte[] bytes = stream.bytes();
        long array = fake.allocate(16 + bytes.length);
        fake.set(array, "Array<int>::_length", 4, bytes.length);
        fake.memory.write(array + fake.offset("Array<u1>::_data"), bytes);
        fake.set(klass, "InstanceKlass::_fieldinfo_stream", 8, array);
        klasses.put(name, klass);
        return klass;
    }

    /** Those that are on. */
    private void flags(String... names) {
        int size = fake.size("JVMFlag");
        long table = fake.allocate(size * (names.length + 1));
        long texts = fake.allocate(0x200);
        for (int i = 0; i < names.length; i++) {
            long text = texts + 0x40 * i;
            fake.memory.write(text, names[i].getBytes(StandardCharsets.US_ASCII));
            long value = fake.allocate(1);
            fake.memory.writeNumber(value, 1, 1);
            fake.set(table + (long) i * size, "JVMFlag::_name", 8, text);
            fake.set(table + (long) i * size, "JVMFlag::_addr", 8, value);
        }
        fake.setStatic("JVMFlag::flags", 8, table);
        fake.setStatic("JVMFlag::numFlags", 8, names.length + 1);
    }
}
