package org.jtrace.sampling;

import java.time.Instant;
import java.util.concurrent.locks.LockSupport;
import org.jtrace.error.TargetGoneException;
import org.jtrace.nativelib.NativeTarget;
import org.jtrace.profile.Engine;
import org.jtrace.profile.Profile;
import org.jtrace.profile.ProfileInfo;
import org.jtrace.profile.ProfileInfo.Ticks;
import org.jtrace.target.Target;

/** Takes a profile: waits, looks at all threads, puts their stacks into the call tree, and again. */
public final class Sampler {
    /** How often the target's end is looked for between ticks, and the watcher told. */
    private static final long LOOK_NANOS = 200_000_000L;

    private final Target target;
    private final Schedule schedule;
    private final boolean includeIdle;
    private final Engine engine;
    private final TickReader reader;
    private final Watcher watcher;
    private volatile boolean stopped;
    private volatile Thread thread;
    private Instant start;
    private long startNanos;
    private long lastLookNanos;

    /** Why a profile ended. */
    public enum End {
        DURATION_OVER,
        TARGET_GONE,
        STOPPED
    }

    /** Is told, several times a second and between ticks, that the sampler is at work. */
    @FunctionalInterface
    public interface Watcher {
        void sampling(long elapsedNanos, Schedule schedule, Ledger ledger);
    }

    /**
     * @param engine that the target samples with
     * @param includeIdle whether idle threads get into the tree; they are counted in any case
     * @param byThread whether each stack gets a frame with its thread's name
     * @param withCarriers whether virtual threads are shown on the stacks of their carriers
     */
    public Sampler(Target target, Engine engine, Schedule schedule, boolean includeIdle, boolean byThread,
            boolean withCarriers, Watcher watcher) {
        this.target = target;
        this.engine = engine;
        this.schedule = schedule;
        this.includeIdle = includeIdle;
        this.reader = new TickReader(target, includeIdle, byThread, withCarriers);
        this.watcher = watcher;
    }

    /** Fails when the native library and this code do not mean the same by their numbers. */
    public static void checkNativeLibrary() {
        PhysicalFrameKind.requireSameAs(NativeTarget.frameKinds());
        WalkStatus.requireSameAs(NativeTarget.walkStatuses());
    }

    /** From another thread: ends the profile soon. */
    public void stop() {
        stopped = true;
        LockSupport.unpark(thread);
    }

    /** Samples until the schedule is done, the target ended, or {@link #stop()}. */
    public End run() {
        End end = tick();
        if (schedule.made() > 0) {
            reader.settle();
        }
        return end;
    }

    private End tick() {
        thread = Thread.currentThread();
        start = Instant.now();
        startNanos = System.nanoTime();
        for (boolean first = true; schedule.advance(elapsedNanos()); first = false) {
            End early = waitUntilDue();
            if (early != null) {
                return early;
            }
            long beginNanos = elapsedNanos();
            try {
                // where the kernel goes on sampling through missed ticks, idle time would be too little without them
                reader.read(target.tick(engine == Engine.PERF ? schedule.ticksSinceLast() : 1));
            } catch (TargetGoneException e) {
                return End.TARGET_GONE;
            }
            schedule.made(beginNanos);
            if (first) {
                leaveOutFirstTick();
            }
        }
        return End.DURATION_OVER;
    }

    /**
     * The first tick is as long as many: each name in it is new, and this program is not warm. The profile's time goes
     * on as if it had taken its own interval and no more.
     */
    private void leaveOutFirstTick() {
        startNanos += Math.max(0, elapsedNanos() - schedule.intervalNanos());
    }

    /** Null when the time has come. */
    private End waitUntilDue() {
        while (!stopped) {
            long now = elapsedNanos();
            if (now - lastLookNanos >= LOOK_NANOS) {
                lastLookNanos = now;
                if (!target.alive()) {
                    return End.TARGET_GONE;
                }
                watcher.sampling(now, schedule, reader.ledger());
            }
            long left = schedule.dueNanos() - now;
            if (left <= 0) {
                return null;
            }
            LockSupport.parkNanos(this, Math.min(left, LOOK_NANOS));
        }
        return End.STOPPED;
    }

    private long elapsedNanos() {
        return System.nanoTime() - startNanos;
    }

    public Schedule schedule() {
        return schedule;
    }

    public Ledger ledger() {
        return reader.ledger();
    }

    /** What was seen so far. */
    public Profile profile() {
        Ledger ledger = reader.ledger();
        Ticks ticks = new Ticks(schedule.planned(), schedule.made(), schedule.late());
        ProfileInfo info = new ProfileInfo(target.pid(), target.command(), target.vm(), start, ledger.durationNanos(),
                schedule.intervalNanos(), includeIdle, engine, ticks, ledger.samples(), ledger.stops(), ledger.cpu());
        return new Profile(info, reader.tree());
    }
}
