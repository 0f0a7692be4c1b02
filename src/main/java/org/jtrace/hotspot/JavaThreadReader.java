package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Reads Java threads for a dump: the JavaThread, which lies in the VM's own memory, and its java.lang.Thread object.
 * Where fields are comes from the classes' own descriptions.
 */
public final class JavaThreadReader {
    /** ThreadState of osThread.hpp, in its order (11 to 27). */
    private static final List<String> OS_STATES = List.of("allocated", "initialized", "runnable",
            "waiting for monitor entry", "waiting on condition", "in Object.wait()", "at breakpoint", "sleeping",
            "zombie");
    /**
     * Objects are not read in collections. Where these follow one another, as in a heap that is full, it takes a while
     * to meet the time between two; all threads together wait no longer.
     */
    private static final long PATIENCE_NANOS = 1_000_000_000L;
    private static final long PAUSE_NANOS = 100_000L;

    private final Memory memory;
    private final HotSpotLayout layout;
    private final ThreadNames names;
    private final KlassFields fields;
    private final boolean available;
    private ThreadFields threadFields;
    private long patienceNanos = PATIENCE_NANOS;

    JavaThreadReader(HotSpotVm vm, ThreadNames names) {
        this.memory = vm.memory();
        this.layout = vm.layout();
        this.names = names;
        this.fields = new KlassFields(layout, vm.symbols());
        this.available = VmFeature.THREAD_NAMES.availableIn(layout);
    }

    /** From 19 on the object's own fields are few, the others are in one that it holds. */
    private record ThreadFields(
            JavaHeap heap, int id, int holder, int daemon, int priority, int status) {
        private static final int NO_HOLDER = -1;
    }

    private record ObjectFacts(Long id, Boolean daemon, Integer priority, Integer status, Long mountedId) {
        static final ObjectFacts UNKNOWN = new ObjectFacts(null, null, null, null, null);

        /** A record's own equals is made when it is first called, which takes as long as reading 50 threads. */
        boolean same(ObjectFacts other) {
            return Objects.equals(id, other.id) && Objects.equals(daemon, other.daemon)
                    && Objects.equals(priority, other.priority) && Objects.equals(status, other.status)
                    && Objects.equals(mountedId, other.mountedId);
        }
    }

    public JavaThreadInfo read(long javaThread) {
        String name = attempt(() -> names.name(javaThread));
        ObjectFacts facts = available ? attempt(() -> object(javaThread)) : null;
        facts = facts == null ? ObjectFacts.UNKNOWN : facts;
        return new JavaThreadInfo(name, facts.id, facts.daemon, facts.priority, facts.status, osState(javaThread),
                lastJavaSp(javaThread), innerTid(javaThread), facts.mountedId);
    }

    private <T> T attempt(Supplier<T> read) {
        T value = read.get();
        while (value == null && patienceNanos > 0 && !memory.standsStill()) {
            long begin = System.nanoTime();
            LockSupport.parkNanos(this, PAUSE_NANOS);
            value = read.get();
            patienceNanos -= System.nanoTime() - begin;
        }
        return value;
    }

    private Long osThread(TargetReader reader, long javaThread) {
        return reader.pointer(javaThread + layout.offset(JAVA_THREAD_OSTHREAD));
    }

    private Integer innerTid(long javaThread) {
        if (!layout.has(JAVA_THREAD_OSTHREAD) || !layout.has(OSTHREAD_ID)) {
            return null;
        }
        TargetReader reader = new TargetReader(memory);
        int tid = reader.i4(osThread(reader, javaThread) + layout.offset(OSTHREAD_ID));
        return reader.failed() ? null : tid;
    }

    private String osState(long javaThread) {
        if (!layout.has(JAVA_THREAD_OSTHREAD) || !layout.has(OSTHREAD_STATE)) {
            return null;
        }
        TargetReader reader = new TargetReader(memory);
        int state = reader.i4(osThread(reader, javaThread) + layout.offset(OSTHREAD_STATE));
        return reader.failed() || state < 0 || state >= OS_STATES.size() ? null : OS_STATES.get(state);
    }

    private Long lastJavaSp(long javaThread) {
        if (!layout.has(JAVA_THREAD_ANCHOR) || !layout.has(ANCHOR_SP)) {
            return null;
        }
        TargetReader reader = new TargetReader(memory);
        long sp = reader.pointer(javaThread + layout.offset(JAVA_THREAD_ANCHOR) + layout.offset(ANCHOR_SP));
        return reader.failed() ? null : sp;
    }

    /** Read twice, as a collector may be giving the object's memory away; null when it has to be tried again. */
    private ObjectFacts object(long javaThread) {
        TargetReader reader = new TargetReader(memory);
        long slot = names.rootSlot(reader, javaThread, JAVA_THREAD_OBJECT);
        ThreadFields known = fields(reader, slot);
        if (known == null) {
            return null;
        }
        long collections = known.heap.collections(reader);
        ObjectFacts facts = object(reader, known, javaThread, slot);
        boolean same = object(reader, known, javaThread, slot).same(facts)
                && known.heap.collections(reader) == collections;
        return same && !reader.failed() ? facts : null;
    }

    private ObjectFacts object(TargetReader reader, ThreadFields known, long javaThread, long slot) {
        long thread = known.heap.objectAtRoot(reader, slot);
        long holder = known.holder == ThreadFields.NO_HOLDER ? thread
                : known.heap.objectInField(reader, thread, known.holder);
        return new ObjectFacts(reader.pointer(thread + known.id), reader.unsigned(holder + known.daemon, 1) != 0,
                reader.i4(holder + known.priority), reader.i4(holder + known.status),
                mountedId(reader, known, javaThread, thread));
    }

    private Long mountedId(TargetReader reader, ThreadFields known, long javaThread, long platform) {
        if (!layout.has(JAVA_THREAD_VIRTUAL)) {
            return null;
        }
        long mounted = known.heap.objectAtRoot(reader, names.rootSlot(reader, javaThread, JAVA_THREAD_VIRTUAL));
        return mounted == 0 || mounted == platform ? null : reader.pointer(mounted + known.id);
    }

    /** @param slot of a reference to a thread object: before there is one, classes may not be ready */
    private ThreadFields fields(TargetReader reader, long slot) {
        if (threadFields == null && reader.pointer(slot) != 0 && !reader.failed()) {
            threadFields = findFields(reader);
        }
        return reader.failed() ? null : threadFields;
    }

    private ThreadFields findFields(TargetReader reader) {
        long klass = reader.pointer(layout.value(THREAD_KLASS));
        KlassFields.Field holder =
                layout.has(THREAD_HOLDER_KLASS) ? fields.find(reader, klass, "holder") : null;
        long holderKlass = holder == null ? klass : reader.pointer(layout.value(THREAD_HOLDER_KLASS));
        KlassFields.Field id = fields.find(reader, klass, "tid");
        KlassFields.Field daemon = fields.find(reader, holderKlass, "daemon");
        KlassFields.Field priority = fields.find(reader, holderKlass, "priority");
        KlassFields.Field status = fields.find(reader, holderKlass, "threadStatus");
        if (id == null || daemon == null || priority == null || status == null) {
            reader.fail();
            return null;
        }
        JavaHeap heap = JavaHeap.of(memory, layout, reader);
        int holderOffset = holder == null ? ThreadFields.NO_HOLDER : holder.offset();
        return reader.failed() ? null : new ThreadFields(
                heap, id.offset(), holderOffset, daemon.offset(), priority.offset(), status.offset());
    }
}
