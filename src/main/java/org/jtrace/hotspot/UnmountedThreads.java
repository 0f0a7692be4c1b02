package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtrace.dump.ThreadState;

/**
 * Finds virtual threads (21 and later) where the JDK itself keeps them for its own dumps: those that were started one by
 * one in the root container, those of executors and task scopes in theirs.
 */
public final class UnmountedThreads {
    private static final String CONTAINERS = "jdk/internal/vm/ThreadContainers";
    private static final String ROOT = "jdk/internal/vm/ThreadContainers$RootContainer$TrackingRootContainer";
    private static final String VIRTUAL_THREAD = "java/lang/VirtualThread";
    /** 21 calls it by the second one. */
    private static final List<String> ROOT_SETS = List.of("VTHREADS", "THREADS");
    /** Of ThreadPerTaskExecutor and ThreadFlock, and of SharedThreadContainer. */
    private static final List<String> CONTAINER_SETS = List.of("threads", "virtualThreads");
    /** The states in which nobody carries a thread, by the constants of VirtualThread; 21 has RUNNABLE for three of them. */
    private static final Map<String, ThreadState> STATES = Map.ofEntries(
            Map.entry("STARTED", ThreadState.RUNNABLE), Map.entry("RUNNABLE", ThreadState.RUNNABLE),
            Map.entry("UNPARKED", ThreadState.RUNNABLE), Map.entry("YIELDED", ThreadState.RUNNABLE),
            Map.entry("UNBLOCKED", ThreadState.RUNNABLE), Map.entry("PARKED", ThreadState.PARKED),
            Map.entry("TIMED_PARKED", ThreadState.PARKED_TIMED),
            Map.entry("BLOCKED", ThreadState.BLOCKED_ON_MONITOR_ENTER), Map.entry("WAIT", ThreadState.IN_OBJECT_WAIT),
            Map.entry("TIMED_WAIT", ThreadState.IN_OBJECT_WAIT_TIMED));
    private static final int SUSPENDED = 1 << 8;
    /** What ConcurrentHashMap has in place of the hash of a node that is a tree's, or leads to the next table. */
    private static final int TREE = -2;
    private static final int MOVED = -1;
    private static final int MAX_NODES = 1 << 20;
    private static final int MAX_TABLE = 1 << 22;
    private static final int MAX_TABLES = 4;

    private final Memory memory;
    private final HotSpotLayout layout;
    private final KlassFields klassFields;
    private final ObjectFields fields;
    private final ThreadNames names;
    private final BootClasses classes;
    private Map<String, Long> klasses;
    private Map<Integer, ThreadState> states;

    UnmountedThreads(Memory memory, HotSpotLayout layout, Symbols symbols) {
        this.memory = memory;
        this.layout = layout;
        this.klassFields = new KlassFields(layout, symbols);
        this.fields = new ObjectFields(klassFields);
        this.names = new ThreadNames(memory, layout, symbols);
        this.classes = new BootClasses(memory, layout, symbols);
    }

    /** Whether the VM has virtual threads, and they can be found. */
    public boolean available() {
        return layout.has(JAVA_THREAD_VIRTUAL) && VmFeature.VIRTUAL_THREADS.availableIn(layout)
                && VmFeature.THREAD_NAMES.availableIn(layout) && BootClasses.areIn(layout);
    }

    /**
     * Those that nobody carries; null when they cannot be told now: a collection is moving objects. The names of those
     * behind the first {@code named} ones are not read.
     */
    public List<UnmountedThread> find(int named) {
        TargetReader reader = new TargetReader(memory);
        JavaHeap heap = available() ? names.heap(reader) : null;
        if (heap == null) {
            return null;
        }
        long collections = heap.collections(reader);
        memory.keepReads(true);
        List<UnmountedThread> found = find(reader, heap);
        memory.keepReads(false);
        List<UnmountedThread> all = new ArrayList<>();
        for (int i = 0; i < found.size(); i++) {
            UnmountedThread one = found.get(i);
            String name = i < named ? names.nameOf(one.object()) : null;
            all.add(new UnmountedThread(one.object(), one.id(), name, one.state()));
        }
        return heap.collections(reader) == collections && !reader.failed() ? all : null;
    }

    private List<UnmountedThread> find(TargetReader reader, JavaHeap heap) {
        if (klasses == null) {
            klasses = classes.find(Set.of(CONTAINERS, ROOT, VIRTUAL_THREAD));
        }
        Set<Long> objects = new LinkedHashSet<>();
        if (klasses.containsKey(VIRTUAL_THREAD)) {
            addRoots(reader, heap, objects);
            addContainers(reader, heap, objects);
        }
        List<UnmountedThread> found = new ArrayList<>();
        for (long object : objects) {
            UnmountedThread one = read(new TargetReader(memory), heap, object);
            if (one != null) {
                found.add(one);
            }
        }
        found.sort((a, b) -> Long.compare(a.id(), b.id()));
        return found;
    }

    private void addRoots(TargetReader reader, JavaHeap heap, Set<Long> objects) {
        for (String name : ROOT_SETS) {
            long set = staticReference(reader, heap, ROOT, name);
            if (set != 0) {
                addKeys(heap, set, objects);
            }
        }
    }

    private void addContainers(TargetReader reader, JavaHeap heap, Set<Long> objects) {
        long registry = staticReference(reader, heap, CONTAINERS, "CONTAINER_REGISTRY");
        Set<Long> references = new LinkedHashSet<>();
        if (registry != 0) {
            addKeys(heap, registry, references);
        }
        for (long reference : references) {
            TargetReader own = new TargetReader(memory);
            long container = fields.follow(own, heap, reference, "referent");
            if (container != 0 && !own.failed()) {
                addContainer(own, heap, container, objects);
            }
        }
    }

    private void addContainer(TargetReader reader, JavaHeap heap, long container, Set<Long> objects) {
        long owner = fields.has(reader, heap, container, "flock")
                ? fields.follow(reader, heap, container, "flock") : container;
        for (String name : CONTAINER_SETS) {
            long set = fields.has(reader, heap, owner, name) ? fields.follow(reader, heap, owner, name) : 0;
            if (set != 0 && !reader.failed()) {
                addKeys(heap, set, objects);
            }
        }
    }

    /** 0 when there is no such class or field, or it is null. */
    private long staticReference(TargetReader reader, JavaHeap heap, String className, String name) {
        Long klass = klasses.get(className);
        KlassFields.Field field = klass == null ? null : klassFields.find(reader, klass, name);
        return field == null ? 0 : heap.objectInField(reader, classes.mirror(reader, heap, klass), field.offset());
    }

    /** Of a set that is a view of a ConcurrentHashMap's keys. What changes meanwhile may be missed. */
    private void addKeys(JavaHeap heap, long set, Set<Long> keys) {
        TargetReader reader = new TargetReader(memory);
        long map = fields.follow(reader, heap, set, "map");
        long table = fields.follow(reader, heap, map, "table");
        for (int i = 0; i < MAX_TABLES && table != 0 && !reader.failed(); i++) {
            table = addTable(reader, heap, table, keys);
        }
    }

    /** Returns the table to which some of its nodes have moved; 0: none has. */
    private long addTable(TargetReader reader, JavaHeap heap, long table, Set<Long> keys) {
        int length = reader.i4(table + heap.arrayLengthOffset());
        int header = reader.i4(heap.klass(reader, table) + layout.offset(KLASS_LAYOUT_HELPER)) >>> 16 & 0xFF;
        if (length < 0 || length > MAX_TABLE) {
            reader.fail();
        }
        long nextTable = 0;
        for (int i = 0; i < length && keys.size() < MAX_NODES && !reader.failed(); i++) {
            long node = heap.objectInField(reader, table, header + i * heap.fieldWidth());
            int hash = node == 0 ? 0 : fields.number(reader, heap, node, "hash");
            if (hash == MOVED) {
                nextTable = fields.follow(reader, heap, node, "nextTable");
            } else if (node != 0) {
                addBin(reader, heap, hash == TREE ? fields.follow(reader, heap, node, "first") : node, keys);
            }
        }
        return nextTable;
    }

    private void addBin(TargetReader reader, JavaHeap heap, long first, Set<Long> keys) {
        long node = first;
        for (int i = 0; i < MAX_NODES && node != 0 && !reader.failed(); i++) {
            keys.add(fields.follow(reader, heap, node, "key"));
            node = fields.follow(reader, heap, node, "next");
        }
    }

    /** null for a thread that is carried, or has ended. */
    private UnmountedThread read(TargetReader reader, JavaHeap heap, long object) {
        long klass = heap.klass(reader, object);
        if (klass != klasses.get(VIRTUAL_THREAD)) {
            return null;
        }
        ThreadState state = states(reader, heap).get(fields.number(reader, heap, object, "state") & ~SUSPENDED);
        long id = fields.wide(reader, heap, object, "tid");
        return state == null || reader.failed() ? null : new UnmountedThread(object, id, null, state);
    }

    /** Their numbers differ from release to release: the class has them as constants. */
    private Map<Integer, ThreadState> states(TargetReader reader, JavaHeap heap) {
        if (states == null) {
            long klass = klasses.get(VIRTUAL_THREAD);
            long mirror = classes.mirror(reader, heap, klass);
            Map<Integer, ThreadState> read = new HashMap<>();
            STATES.forEach((name, state) -> {
                KlassFields.Field field = klassFields.find(reader, klass, name);
                if (field != null) {
                    read.put(reader.i4(mirror + field.offset()), state);
                }
            });
            if (reader.failed()) {
                return read;
            }
            states = read;
        }
        return states;
    }
}
