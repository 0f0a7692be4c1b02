package org.jtrace.sampling;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jtrace.dump.DumpedThread;
import org.jtrace.dump.ThreadDump;
import org.jtrace.dump.ThreadState;
import org.jtrace.hotspot.JavaThreadInfo;
import org.jtrace.profile.Frame;
import org.jtrace.target.DumpTarget;
import org.jtrace.target.ProcStat;
import org.jtrace.target.TaskFiles;

/**
 * Takes a thread dump by ticks of the sampler: threads that wait are read without a stop, others are stopped one at a
 * time while their stack is copied.
 *
 * <p>What is told of a thread beside its stack is read a little later. So there are two ticks: a thread that did not
 * run between them is as it was read, and one that did is read anew.
 */
public final class ThreadDumper {
    private static final int TICKS = 2;

    private final DumpTarget target;
    private final boolean withWaitChannel;
    private final TickRecord tick = new TickRecord();
    private Map<Integer, DumpedThread> threads = new TreeMap<>();
    private int stops;
    private long longestStopNanos;

    private ThreadDumper(DumpTarget target, boolean withWaitChannel) {
        this.target = target;
        this.withWaitChannel = withWaitChannel;
    }

    /** @throws org.jtrace.error.TargetGoneException when the process ended before it could be read */
    public static ThreadDump take(DumpTarget target, boolean withWaitChannel) {
        return new ThreadDumper(target, withWaitChannel).take();
    }

    private ThreadDump take() {
        Instant time = Instant.now();
        for (int i = 0; i < TICKS; i++) {
            readTick();
        }
        List<DumpedThread> ordered = new ArrayList<>();
        threads.values().stream().filter(thread -> thread.java() != null).forEach(ordered::add);
        threads.values().stream().filter(thread -> thread.java() == null).forEach(ordered::add);
        return new ThreadDump(target.pid(), time, target.vmName(), target.vm(), target.tellsDecimalIds(), ordered,
                stops, longestStopNanos);
    }

    private void readTick() {
        Map<Integer, DumpedThread> before = threads;
        threads = new TreeMap<>();
        tick.reset(target.tickOfAll());
        readThreads(before);
        while (tick.hasMore()) {
            tick.reset(target.more());
            readThreads(before);
        }
    }

    private void readThreads(Map<Integer, DumpedThread> before) {
        while (tick.nextThread()) {
            DumpedThread known = before.get(tick.tid());
            threads.put(tick.tid(), tick.isUnchanged() && known != null ? known : readThread());
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
        boolean named = new FrameReader(target, tick, leafFirst) {
            @Override
            void named() {}

            @Override
            void discarded() {
                countStop();
            }
        }.read();
        if (!named) {
            leafFirst.clear();
        }
        WalkStatus status = named ? tick.walkStatus() : WalkStatus.CODE_CHANGED;
        String problem = status.isFailure() ? status.label() : null;
        if (tick.javaThread() == 0) {
            return new DumpedThread(target.kernelThreadName(tick.tid()), kernel(null), null, leafFirst, problem);
        }
        JavaThreadInfo info = target.javaThread(tick.javaThread());
        String name = info.name() == null ? target.kernelThreadName(tick.tid()) : info.name();
        return new DumpedThread(name, kernel(info.innerTid()), java(info), leafFirst, problem);
    }

    private DumpedThread.Kernel kernel(Integer innerTid) {
        TaskFiles files = new TaskFiles(target.pid(), tick.tid());
        ProcStat stat = files.stat();
        return new DumpedThread.Kernel(tick.tid(), innerTid == null ? files.innerTid() : innerTid, tick.kernelState(),
                stat == null ? null : stat.nice(), files.cpuNanos(stat), TaskFiles.ageMillis(stat),
                withWaitChannel ? files.waitChannel() : null);
    }

    private DumpedThread.Java java(JavaThreadInfo info) {
        ThreadState state = info.status() == null ? null : ThreadState.of(info.status());
        String osState = info.osState() != null || state == null ? info.osState() : state.osState();
        return new DumpedThread.Java(tick.javaThread(), info.id(), info.daemon(), info.priority(), state, osState,
                info.lastJavaSp(), info.mountedId());
    }
}
