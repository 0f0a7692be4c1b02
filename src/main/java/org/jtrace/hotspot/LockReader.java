package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jtrace.dump.FrameLock;
import org.jtrace.dump.LockObject;
import org.jtrace.dump.LockWait;
import org.jtrace.dump.ThreadLocks;

/**
 * Reads which locks threads hold and wait for, all in one go, so that an object has one address. What is read counts
 * only of threads that did not run meanwhile: that is for the caller to see.
 */
public final class LockReader {
    /** Objects are not read in collections; see {@link JavaThreadReader}. All reads together wait no longer. */
    private static final long PATIENCE_NANOS = 1_000_000_000L;
    private static final long PAUSE_NANOS = 100_000L;
    /** Between two looks: what came to a moved object's place does not stay as it was for so long, most likely. */
    private static final long LOOKS_APART_NANOS = 10_000_000L;
    /** Of one thread: as many as frames, or more, is no thread's doing. */
    private static final int MAX_MONITORS = 1 << 16;
    private static final int FIRST_WITHOUT_RELOCK_OF_OUTER_FRAMES = 12;

    private final HotSpotVm vm;
    private final HotSpotLayout layout;
    private final ThreadNames names;
    private final StackResolver stacks;
    private final boolean available;
    private final boolean tellsRelockOfOuterFrames;
    private LockObjects objects;
    private long patienceNanos = PATIENCE_NANOS;

    LockReader(HotSpotVm vm, ThreadNames names, StackResolver stacks) {
        this.vm = vm;
        this.layout = vm.layout();
        this.names = names;
        this.stacks = stacks;
        this.available = VmFeature.LOCKS.availableIn(layout) && VmFeature.THREAD_NAMES.availableIn(layout);
        this.tellsRelockOfOuterFrames = !isOld() && major() < FIRST_WITHOUT_RELOCK_OF_OUTER_FRAMES;
    }

    /** 8. */
    private boolean isOld() {
        return layout.has(OLD_FLAG_SIZE);
    }

    private int major() {
        return layout.has(MAJOR_VERSION) ? new TargetReader(vm.memory()).i4(layout.value(MAJOR_VERSION)) : 0;
    }

    /** Whether this VM's locks can be read. */
    public boolean available() {
        return available;
    }

    /**
     * One for each thread, null where its locks cannot be told. Null when none can be told now: a collection is moving
     * objects.
     */
    public List<ThreadLocks> read(List<LockStack> threads) {
        List<ThreadLocks> read = readSurely(threads);
        while (available && read == null && patienceNanos > 0 && !vm.memory().standsStill()) {
            long begin = System.nanoTime();
            LockSupport.parkNanos(this, PAUSE_NANOS);
            read = readSurely(threads);
            patienceNanos -= System.nanoTime() - begin;
        }
        return read;
    }

    private List<ThreadLocks> readSurely(List<LockStack> threads) {
        List<ThreadLocks> first = readOnce(threads);
        // Where objects move at any time, two looks that are the same have seen none of them move.
        if (first == null || objects.heap().movesInPausesOnly()) {
            return first;
        }
        if (!vm.memory().standsStill()) {
            LockSupport.parkNanos(this, LOOKS_APART_NANOS);
        }
        return first.equals(readOnce(threads)) ? first : null;
    }

    private List<ThreadLocks> readOnce(List<LockStack> threads) {
        TargetReader reader = new TargetReader(vm.memory());
        if (!available || !findObjects(reader)) {
            return null;
        }
        JavaHeap heap = objects.heap();
        long collections = heap.collections(reader);
        vm.memory().keepReads(true);
        List<ThreadLocks> all = readKept(threads, heap);
        vm.memory().keepReads(false);
        return heap.collections(reader) == collections && !reader.failed() ? all : null;
    }

    /** Reads no memory twice: all of it is of the time between two collections, and of threads that do not run. */
    private List<ThreadLocks> readKept(List<LockStack> threads, JavaHeap heap) {
        MonitorOwners owners = new MonitorOwners(layout, heap);
        for (LockStack thread : threads) {
            owners.add(new TargetReader(vm.memory()), thread);
        }
        FrameMonitors monitors = new FrameMonitors(layout, heap, stacks);
        List<OneThread> stacksRead = new ArrayList<>();
        Map<Long, Long> moved = new HashMap<>();
        for (LockStack thread : threads) {
            OneThread one = new OneThread(thread, owners, monitors);
            one.readStack();
            stacksRead.add(one);
            if (!heap.movesInPausesOnly()) {
                one.addMoved(moved);
            }
        }
        List<ThreadLocks> all = new ArrayList<>();
        for (OneThread one : stacksRead) {
            all.add(one.locks(moved));
        }
        if (!heap.movesInPausesOnly()) {
            forgetMoved(stacksRead, all);
        }
        addSynchronizers(threads, all);
        return all;
    }

    private boolean findObjects(TargetReader reader) {
        if (objects == null) {
            JavaHeap heap = names.heap(reader);
            objects = heap == null ? null : LockObjects.of(vm, heap, reader);
        }
        return objects != null;
    }

    /** A thread that owns a monitor, but not by its stack: that refers to where objects were. */
    private static void forgetMoved(List<OneThread> stacks, List<ThreadLocks> all) {
        for (ThreadLocks waiting : new ArrayList<>(all)) {
            LockWait wait = waiting == null ? null : waiting.waitsFor();
            boolean owned = wait != null && wait.monitor() != 0 && wait.owner() != null;
            for (int i = 0; owned && i < all.size(); i++) {
                OneThread owner = stacks.get(i);
                if (owner.thread.javaThread() == wait.owner() && !owner.holds(wait.object().address())) {
                    all.set(i, null);
                }
            }
        }
    }

    /** Known are those that others wait for. */
    private static void addSynchronizers(List<LockStack> threads, List<ThreadLocks> all) {
        for (ThreadLocks waiting : all) {
            LockWait wait = waiting == null ? null : waiting.waitsFor();
            for (int i = 0; wait != null && wait.monitor() == 0 && wait.owner() != null && i < all.size(); i++) {
                List<LockObject> owned = all.get(i) == null ? null : all.get(i).synchronizers();
                if (owned != null && threads.get(i).javaThread() == wait.owner()) {
                    addOnce(owned, wait.object());
                }
            }
        }
    }

    private static void addOnce(List<LockObject> owned, LockObject object) {
        for (LockObject known : owned) {
            if (known.address() == object.address()) {
                return;
            }
        }
        owned.add(object);
    }

    private final class OneThread {
        private final LockStack thread;
        private final MonitorOwners owners;
        private final FrameMonitors monitors;
        private final TargetReader reader = new TargetReader(vm.memory());
        private final List<FrameLock> locks = new ArrayList<>();
        private final List<FrameMonitors.Held> held = new ArrayList<>();
        private boolean complete = true;
        private long pending;
        private long pendingObject;
        private boolean fromJava;

        OneThread(LockStack thread, MonitorOwners owners, FrameMonitors monitors) {
            this.thread = thread;
            this.owners = owners;
            this.monitors = monitors;
        }

        /** All that is on the stack. */
        void readStack() {
            pending = reader.pointer(thread.javaThread() + layout.offset(JAVA_THREAD_PENDING_MONITOR));
            pendingObject = pending == 0 ? 0 : owners.object(reader, pending);
            fromJava = !layout.has(JAVA_THREAD_PENDING_FROM_JAVA) || reader.unsigned(
                    thread.javaThread() + layout.offset(JAVA_THREAD_PENDING_FROM_JAVA), 1) != 0;
            LockFrame called = null;
            for (LockFrame frame : thread.frames()) {
                List<FrameMonitors.Held> inFrame =
                        held.size() > MAX_MONITORS ? null : monitors.read(reader, frame, called);
                if (inFrame == null) {
                    complete = false;
                } else {
                    held.addAll(inFrame);
                }
                called = frame;
            }
        }

        /**
         * A stack may refer to where an object was (see {@link References#targetOnStack}), the ObjectMonitor of what is to
         * be entered does not: so it is known where that is now. Other stacks may refer to the same place.
         */
        void addMoved(Map<Long, Long> moved) {
            for (FrameMonitors.Held one : held) {
                if (one.frame() == thread.leaf() && !one.eliminated() && pendingObject != 0 && fromJava) {
                    moved.put(one.object(), pendingObject);
                    return;
                }
            }
        }

        ThreadLocks locks(Map<Long, Long> moved) {
            for (int i = 0; i < held.size() && !moved.isEmpty(); i++) {
                FrameMonitors.Held one = held.get(i);
                held.set(i, new FrameMonitors.Held(
                        one.frame(), moved.getOrDefault(one.object(), one.object()), one.eliminated()));
            }
            long self = objects.heap().objectAtRoot(
                    reader, names.rootSlot(reader, thread.javaThread(), JAVA_THREAD_OBJECT));
            long blocker = self == 0 ? 0 : objects.blocker(reader, self);
            addLeaf(blocker);
            addMonitors();
            LockWait wait = pendingObject != 0 ? monitorWait() : blockerWait(blocker);
            return reader.failed() ? null : new ThreadLocks(locks, wait, new ArrayList<>(), complete);
        }

        boolean holds(long object) {
            for (FrameMonitors.Held one : held) {
                if (one.object() == object) {
                    return true;
                }
            }
            return false;
        }

        private void add(int frame, FrameLock.Kind kind, long object) {
            LockObject described = objects.describe(reader, object);
            if (!reader.failed()) {
                locks.add(new FrameLock(frame, kind, described));
            }
        }

        /** What the innermost frame waits for, beside the monitors that are to be entered. */
        private void addLeaf(long blocker) {
            if (thread.leaf() < 0) {
                return;
            }
            if (thread.waits()) {
                addWait();
            } else if (blocker != 0) {
                add(thread.leaf(), FrameLock.Kind.PARKING, blocker);
            }
        }

        private void addWait() {
            Long object = null;
            for (LockFrame frame : thread.frames()) {
                if (frame.first() == thread.leaf() && frame.kind() != LockFrame.Kind.NO_FRAME) {
                    object = monitors.receiver(reader, frame);
                    break;
                }
            }
            boolean relocks = thread.blocked() && !isOld() && !tellsRelockOfOuterFrames;
            FrameLock.Kind kind = relocks ? FrameLock.Kind.WAITING_TO_RELOCK : FrameLock.Kind.WAITING_ON;
            if (object != null && object != 0) {
                add(thread.leaf(), kind, object);
            } else if (object == null && !isOld()) {
                locks.add(new FrameLock(thread.leaf(), FrameLock.Kind.WAITING_ON, null));
            }
        }

        private void addMonitors() {
            boolean first = true;
            for (FrameMonitors.Held one : held) {
                if (!one.eliminated() && !isLocked(one.object())) {
                    complete = false;
                } else if (one.eliminated()) {
                    add(one.frame(), FrameLock.Kind.ELIMINATED, one.object());
                } else {
                    boolean isLeaf = one.frame() == thread.leaf();
                    add(one.frame(), isLeaf && !first ? FrameLock.Kind.LOCKED : kind(one, isLeaf),
                            one.object());
                    first = false;
                }
            }
        }

        /**
         * Where objects move at any time, a stack may still refer to where one was: what is there now may be anything,
         * but is not often a locked object.
         */
        private boolean isLocked(long object) {
            JavaHeap heap = objects.heap();
            return heap.movesInPausesOnly() || heap.mayBeLocked(reader, object);
        }

        /** jstack tells of the innermost frame's first monitor whether it is still to be entered; 9 to 11 of others too. */
        private FrameLock.Kind kind(FrameMonitors.Held held, boolean isLeaf) {
            if (!isLeaf && !tellsRelockOfOuterFrames) {
                return FrameLock.Kind.LOCKED;
            }
            boolean missing = held.object() == pendingObject;
            long monitor = missing ? 0 : owners.monitorOf(held.object(), vm.memory());
            if (monitor != 0) {
                missing = owners.owner(reader, monitor, held.object()) != thread.javaThread();
            }
            return !missing ? FrameLock.Kind.LOCKED
                    : isLeaf ? FrameLock.Kind.WAITING_TO_LOCK : FrameLock.Kind.WAITING_TO_RELOCK;
        }

        private LockWait monitorWait() {
            long owner = owners.owner(reader, pending, pendingObject);
            boolean known = owner != MonitorOwners.NOBODY && owner != MonitorOwners.NOT_KNOWN;
            return new LockWait(pending, fromJava, objects.describe(reader, pendingObject), known ? owner : null);
        }

        private LockWait blockerWait(long blocker) {
            if (blocker == 0) {
                return null;
            }
            long owner = objects.owner(reader, blocker);
            return new LockWait(0, true, objects.describe(reader, blocker), owner == 0 ? null : owner);
        }
    }
}
