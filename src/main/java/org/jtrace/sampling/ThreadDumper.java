package org.jtrace.sampling;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.jtrace.dump.Deadlocks;
import org.jtrace.dump.DumpedThread;
import org.jtrace.dump.ThreadDump;
import org.jtrace.dump.ThreadLocks;
import org.jtrace.dump.ThreadState;
import org.jtrace.hotspot.JavaThreadInfo;
import org.jtrace.hotspot.LockFrame;
import org.jtrace.hotspot.LockStack;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;
import org.jtrace.target.DumpTarget;
import org.jtrace.target.ProcStat;
import org.jtrace.target.TaskFiles;

/**
 * Takes a thread dump by ticks of the sampler: threads that wait are read without a stop, others are stopped one at a
 * time while their stack is copied.
 *
 * <p>What is told of a thread beside its stack is read a little later. So there are two ticks: a thread that did not
 * run between them is as it was read, and one that did is read anew.
 *
 * <p>Locks are read of all threads together, as an object has one address only until the next collection. They count
 * of the threads that one more tick finds not to have run.
 */
public final class ThreadDumper {
    private static final int TICKS = 2;
    /** At most, of all threads together, and the time between them. */
    private static final int STOPS = 4;
    private static final long PAUSE_NANOS = 2_000_000L;
    /** At most: a collection may come in between, and threads that ran get another chance. */
    private static final int LOCK_LOOKS = 4;
    private static final Set<String> OBJECT_WAIT = Set.of("java.lang.Object.wait", "java.lang.Object.wait0");

    private final DumpTarget target;
    private final boolean withWaitChannel;
    private final boolean withUnmounted;
    private final TickRecord tick = new TickRecord();
    private Map<Integer, DumpedThread> threads = new TreeMap<>();
    private Map<Integer, LockStack> lockStacks = new TreeMap<>();
    private final Set<Integer> unchanged = new HashSet<>();
    private final Map<Integer, Character> statesBefore = new HashMap<>();
    private Double uptime; // when the tick began
    private int stops;
    private long longestStopNanos;

    private ThreadDumper(DumpTarget target, boolean withWaitChannel, boolean withUnmounted) {
        this.target = target;
        this.withWaitChannel = withWaitChannel;
        this.withUnmounted = withUnmounted;
    }

    /** @throws org.jtrace.error.TargetGoneException when the process ended before it could be read */
    public static ThreadDump take(DumpTarget target, boolean withWaitChannel, boolean withUnmounted) {
        ThreadDumper dumper = new ThreadDumper(target, withWaitChannel, withUnmounted);
        Instant time = target.coreWritten() == null ? Instant.now() : target.coreWritten();
        dumper.readOneByOne();
        return dumper.dump(time, dumper.unmounted(target.coreWritten() != null), null);
    }

    /**
     * All threads at one instant: they are stopped together while they are copied, and read afterwards. What memory is
     * needed is seen at a first dump without a stop. Where the program went on to what was not copied by that, it is
     * copied at another stop.
     */
    public static ThreadDump takeConsistent(DumpTarget target, boolean withWaitChannel, boolean withUnmounted) {
        ThreadDumper dumper = new ThreadDumper(target, withWaitChannel, withUnmounted);
        target.prepareToStandStill();
        dumper.readTick();
        if (target.tellsLocks()) {
            target.locks(new ArrayList<>(dumper.lockStacks.values()));
        }
        dumper.unmounted(true);
        dumper.threads.forEach((tid, thread) -> dumper.statesBefore.put(tid, thread.kernel().state()));
        for (int attempt = 1; ; attempt++) {
            Instant time = Instant.now();
            long stopNanos = target.standStill();
            boolean knowsLocks = dumper.readStill();
            ThreadDump.Unmounted unmounted = dumper.unmounted(true);
            if (attempt == STOPS || (target.lateReads() == 0 && knowsLocks)) {
                return dumper.dump(time, unmounted, new ThreadDump.Standstill(stopNanos, attempt, target.lateReads()));
            }
            LockSupport.parkNanos(dumper, PAUSE_NANOS);
        }
    }

    private void readOneByOne() {
        for (int i = 0; i < TICKS; i++) {
            readTick();
        }
        if (target.tellsLocks()) {
            readLocks();
        }
    }

    /** Whether locks could be told: not in a collection. */
    private boolean readStill() {
        threads.clear();
        lockStacks.clear();
        stops = 0;
        longestStopNanos = 0;
        readTick();
        List<Integer> tids = new ArrayList<>(lockStacks.keySet());
        List<ThreadLocks> locks = target.tellsLocks() ? target.locks(new ArrayList<>(lockStacks.values())) : null;
        for (int i = 0; locks != null && i < tids.size(); i++) {
            threads.put(tids.get(i), threads.get(tids.get(i)).with(locks.get(i)));
        }
        return locks != null || !target.tellsLocks();
    }

    private ThreadDump.Unmounted unmounted(boolean standsStill) {
        return withUnmounted ? UnmountedDumper.dump(target, standsStill) : null;
    }

    private ThreadDump dump(Instant time, ThreadDump.Unmounted unmounted, ThreadDump.Standstill standstill) {
        List<DumpedThread> ordered = new ArrayList<>();
        threads.values().stream().filter(thread -> thread.java() != null).forEach(ordered::add);
        threads.values().stream().filter(thread -> thread.java() == null).forEach(ordered::add);
        return new ThreadDump(target.pid(), time, target.vmName(), target.vm(), target.tellsDecimalIds(), ordered,
                target.tellsLocks(), Deadlocks.among(ordered), stops, longestStopNanos, target.coreWritten() != null, standstill,
                unmounted);
    }

    private void readLocks() {
        boolean all = false;
        for (int i = 0; i < LOCK_LOOKS && !all; i++) {
            List<Integer> tids = new ArrayList<>(lockStacks.keySet());
            List<ThreadLocks> locks = target.locks(new ArrayList<>(lockStacks.values()));
            readTick();
            all = locks != null && unchanged.containsAll(tids);
            threads.replaceAll((tid, thread) -> thread.with(null));
            for (int j = 0; locks != null && j < tids.size(); j++) {
                if (unchanged.contains(tids.get(j))) {
                    threads.put(tids.get(j), threads.get(tids.get(j)).with(locks.get(j)));
                }
            }
        }
    }

    private void readTick() {
        Map<Integer, DumpedThread> before = threads;
        Map<Integer, LockStack> stacksBefore = lockStacks;
        threads = new TreeMap<>();
        lockStacks = new TreeMap<>();
        unchanged.clear();
        uptime = TaskFiles.uptimeSeconds();
        tick.reset(target.tickOfAll());
        readThreads(before, stacksBefore);
        while (tick.hasMore()) {
            tick.reset(target.more());
            readThreads(before, stacksBefore);
        }
    }

    private void readThreads(Map<Integer, DumpedThread> before, Map<Integer, LockStack> stacksBefore) {
        while (tick.nextThread()) {
            DumpedThread known = before.get(tick.tid());
            if (tick.isUnchanged() && known != null) {
                threads.put(tick.tid(), known);
                unchanged.add(tick.tid());
                if (stacksBefore.containsKey(tick.tid())) {
                    lockStacks.put(tick.tid(), stacksBefore.get(tick.tid()));
                }
            } else {
                threads.put(tick.tid(), readThread());
            }
            countStop();
        }
    }

    private void countStop() {
        if (tick.stopNanos() > 0) {
            stops++;
            longestStopNanos = Math.max(longestStopNanos, tick.stopNanos());
        }
    }

    private DumpedThread readThread() {
        List<Frame> leafFirst = new ArrayList<>();
        List<LockFrame> lockFrames = new ArrayList<>();
        boolean named = new FrameReader(target, tick, leafFirst) {
            private int first;

            @Override
            void named() {}

            @Override
            void resolved(int frame, int end) {
                if (frame == 0) {
                    lockFrames.clear();
                    first = 0;
                }
                lockFrames.add(lockFrame(frame, first));
                first = end;
            }

            @Override
            void discarded() {
                countStop();
            }
        }.read();
        if (!named) {
            leafFirst.clear();
            lockFrames.clear();
        }
        WalkStatus status = named ? tick.walkStatus() : WalkStatus.CODE_CHANGED;
        String problem = status.isFailure() ? status.label() : null;
        if (tick.javaThread() == 0) {
            return new DumpedThread(target.kernelThreadName(tick.tid()), kernel(null), null, leafFirst, problem, null);
        }
        JavaThreadInfo info = target.javaThread(tick.javaThread());
        String name = info.name() == null ? target.kernelThreadName(tick.tid()) : info.name();
        DumpedThread.Java java = java(info);
        lockStacks.put(tick.tid(), lockStack(java, leafFirst, lockFrames));
        return new DumpedThread(name, kernel(info.innerTid()), java, leafFirst, problem, null);
    }

    private LockFrame lockFrame(int frame, int first) {
        LockFrame.Kind kind = switch (tick.frameKind(frame)) {
            case INTERPRETED -> LockFrame.Kind.INTERPRETED;
            case COMPILED -> LockFrame.Kind.COMPILED;
            case NATIVE_WRAPPER -> LockFrame.Kind.NATIVE_WRAPPER;
            case VM, NATIVE_CODE, NATIVE_LOST, KERNEL, NONE -> LockFrame.Kind.NO_FRAME;
            case COMPILED_LEAF, FROZEN -> LockFrame.Kind.OTHER;
        };
        return new LockFrame(kind, tick.frameAddress(frame), tick.frameIdentity(frame), tick.framePosition(frame),
                tick.frameBase(frame), first);
    }

    private static LockStack lockStack(DumpedThread.Java java, List<Frame> leafFirst, List<LockFrame> frames) {
        int leaf = 0;
        while (leaf < leafFirst.size() && isNoMethod(leafFirst.get(leaf))) {
            leaf++;
        }
        boolean any = leaf < leafFirst.size();
        boolean waits = any && OBJECT_WAIT.contains(leafFirst.get(leaf).name());
        return new LockStack(java.address(), java.state() == ThreadState.BLOCKED_ON_MONITOR_ENTER, waits,
                any ? leaf : -1, java.mountedId() == null ? java.id() : java.mountedId(), frames);
    }

    private static boolean isNoMethod(Frame frame) {
        return frame.kind() == FrameKind.MARKER || frame.kind() == FrameKind.NATIVE_CODE;
    }

    private DumpedThread.Kernel kernel(Integer vmsTid) {
        Integer innerTid = vmsTid == null ? target.innerTid(tick.tid()) : vmsTid;
        TaskFiles files = target.taskFiles(tick.tid());
        if (files == null) {
            return new DumpedThread.Kernel(tick.tid(), innerTid, null, null, null, null, null);
        }
        ProcStat stat = files.stat();
        // What stood still has no state of its own.
        Character state = tick.kernelState() != 0 ? Character.valueOf(tick.kernelState()) : statesBefore.get(tick.tid());
        return new DumpedThread.Kernel(tick.tid(), innerTid, state, stat == null ? null : stat.nice(), files.cpuNanos(stat), TaskFiles.ageMillis(stat, uptime),
                withWaitChannel ? files.waitChannel() : null);
    }

    private DumpedThread.Java java(JavaThreadInfo info) {
        ThreadState state = info.status() == null ? null : ThreadState.of(info.status());
        String osState = info.osState() != null || state == null ? info.osState() : state.osState();
        return new DumpedThread.Java(tick.javaThread(), info.id(), info.daemon(), info.priority(), state, osState,
                info.lastJavaSp(), info.mountedId());
    }
}
