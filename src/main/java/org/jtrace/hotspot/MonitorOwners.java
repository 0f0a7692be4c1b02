package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which thread has a monitor. An ObjectMonitor calls its owner by the JavaThread's address or by its number; by the
 * address of a lock in its stack, where stack locking was used before the monitor was needed; or by nothing, where the
 * object stands in the owner's own list of what it has locked (LockStack).
 */
final class MonitorOwners {
    static final long NOBODY = 0;
    static final long NOT_KNOWN = -1;

    private static final int LOCK_BITS = 3;
    private static final int HAS_MONITOR = 2;
    private static final int MAX_LOCK_STACK = 4096;

    private final HotSpotLayout layout;
    private final JavaHeap heap;
    private final List<Owner> owners = new ArrayList<>();
    private final Map<Long, Owner> byId = new HashMap<>();
    private final Map<Long, Owner> byAddress = new HashMap<>();

    private record Owner(long javaThread, long stackLow, long stackBase, long[] lockStack) {
        boolean hasOnStack(long address) {
            return Long.compareUnsigned(address, stackLow) >= 0 && Long.compareUnsigned(address, stackBase) < 0;
        }
    }

    MonitorOwners(HotSpotLayout layout, JavaHeap heap) {
        this.layout = layout;
        this.heap = heap;
    }

    void add(TargetReader reader, LockStack thread) {
        long at = thread.javaThread();
        long base = reader.pointer(at + layout.offset(JAVA_THREAD_STACK_BASE));
        long size = reader.pointer(at + layout.offset(JAVA_THREAD_STACK_SIZE));
        Owner owner = new Owner(at, base - size, base, lockStack(reader, at));
        Long id = layout.has(JAVA_THREAD_MONITOR_OWNER_ID)
                ? Long.valueOf(reader.pointer(at + layout.offset(JAVA_THREAD_MONITOR_OWNER_ID)))
                : thread.ownerId();
        if (reader.failed()) {
            return;
        }
        owners.add(owner);
        byAddress.put(at, owner);
        if (id != null) {
            byId.put(id, owner);
        }
    }

    private long[] lockStack(TargetReader reader, long javaThread) {
        if (!layout.has(JAVA_THREAD_LOCK_STACK) || !layout.has(LOCK_STACK_TOP) || !layout.has(LOCK_STACK_BASE)) {
            return new long[0];
        }
        long begin = layout.offset(JAVA_THREAD_LOCK_STACK) + layout.offset(LOCK_STACK_BASE);
        long top = reader.i4(javaThread + layout.offset(JAVA_THREAD_LOCK_STACK) + layout.offset(LOCK_STACK_TOP));
        if (top <= begin || top - begin > MAX_LOCK_STACK) {
            return new long[0];
        }
        TargetReader.Block block = reader.block(javaThread + begin, (int) (top - begin));
        long[] objects = new long[(int) (top - begin) / Long.BYTES];
        for (int i = 0; i < objects.length; i++) {
            objects[i] = heap.objectOnStack(reader, block.pointer(i * Long.BYTES));
        }
        return objects;
    }

    /** The object that a monitor belongs to; 0 when it has none. */
    long object(TargetReader reader, long monitor) {
        long slot = monitor + layout.offset(MONITOR_OBJECT);
        // WeakHandle came with 16, as OopHandle for threads did.
        boolean direct = !layout.type(JAVA_THREAD_OBJECT).equals("OopHandle");
        return heap.objectAtRoot(reader, direct ? slot : reader.pointer(slot));
    }

    /** The monitor that an object's mark leads to; 0 when it does not, as where monitors are kept in a table. */
    long monitorOf(long object, Memory memory) {
        TargetReader reader = new TargetReader(memory);
        long mark = reader.pointer(object);
        long monitor = mark & ~(long) LOCK_BITS;
        boolean leads = (mark & LOCK_BITS) == HAS_MONITOR && object(reader, monitor) == object;
        return leads && !reader.failed() ? monitor : 0;
    }

    /** The JavaThread's address, {@link #NOBODY} or {@link #NOT_KNOWN}. */
    long owner(TargetReader reader, long monitor, long object) {
        long owner = reader.pointer(monitor + layout.offset(MONITOR_OWNER));
        if (owner == NOBODY) {
            return NOBODY;
        }
        if (layout.has(MONITOR_ANONYMOUS_OWNER) && owner == layout.value(MONITOR_ANONYMOUS_OWNER)) {
            return anonymousOwner(reader, monitor, object);
        }
        Owner found = layout.type(MONITOR_OWNER).equals("int64_t") ? byId.get(owner) : byAddress.get(owner);
        return found != null ? found.javaThread : ownerOfStackLock(owner);
    }

    private long anonymousOwner(TargetReader reader, long monitor, long object) {
        for (Owner owner : owners) {
            for (long locked : owner.lockStack) {
                if (locked == object) {
                    return owner.javaThread;
                }
            }
        }
        return layout.has(MONITOR_STACK_LOCKER)
                ? ownerOfStackLock(reader.pointer(monitor + layout.offset(MONITOR_STACK_LOCKER)))
                : NOT_KNOWN;
    }

    private long ownerOfStackLock(long lock) {
        for (Owner owner : owners) {
            if (owner.hasOnStack(lock)) {
                return owner.javaThread;
            }
        }
        return NOT_KNOWN;
    }
}
