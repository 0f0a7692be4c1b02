package org.jtrace.cli;

import java.io.PrintStream;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.jtrace.cli.Request.ProfileOptions;
import org.jtrace.error.JtraceException;
import org.jtrace.error.NoTargetException;
import org.jtrace.error.TargetGoneException;
import org.jtrace.nativelib.NativeTerminal;
import org.jtrace.profile.Engine;
import org.jtrace.profile.Profile;
import org.jtrace.sampling.Sampler;
import org.jtrace.sampling.Sampler.End;
import org.jtrace.sampling.Schedule;
import org.jtrace.target.Target;

/** One profile of one target, from the first tick to the last word. */
final class ProfileSession {
    private static final long LOOKS_APART_NANOS = 10_000_000;

    private final ProfileOptions options;
    private final Destination destination;
    private final Talk talk;
    private final Sampler sampler;
    private final Target target;
    private final ProgressLine progress;
    private final boolean endless;

    /**
     * @param durationNanos empty: until the target or somebody ends it
     * @param stderr where a progress line may go; null for none
     */
    ProfileSession(Target target, ProfileOptions options, OptionalLong durationNanos, Destination destination,
            Talk talk, PrintStream stderr) {
        this.target = target;
        this.options = options;
        this.destination = destination;
        this.talk = talk;
        this.endless = durationNanos.isEmpty();
        boolean live = stderr != null && !options.quiet() && NativeTerminal.stderrIsTerminal();
        this.progress = live ? new ProgressLine(stderr, total(durationNanos)) : null;
        target.leaveOutNumbers();
        if (options.withNative()) {
            target.showNative();
        }
        Engine engine = engine(target, options, durationNanos, talk);
        this.sampler = new Sampler(target, engine, schedule(durationNanos, options.intervalNanos(), engine),
                !options.excludeIdle(), options.byThread(), options.withCarriers(),
                live ? progress : (elapsed, schedule, ledger) -> { });
    }

    /**
     * One look at all threads has no time in which the kernel could sample, and native frames need registers that its
     * samples lack.
     */
    private static Engine engine(Target target, ProfileOptions options, OptionalLong durationNanos, Talk talk) {
        boolean singleLook = durationNanos.isPresent() && durationNanos.getAsLong() == 0;
        boolean isAuto = options.engine() == EngineChoice.AUTO;
        if (options.engine() == EngineChoice.PTRACE || (isAuto && (singleLook || options.withNative()))) {
            return Engine.PTRACE;
        }
        if (options.withKernel()) {
            target.showKernel();
        }
        try {
            if (!target.usePerf(options.intervalNanos(), isAuto)) {
                talk.say("time in the kernel is not sampled: that needs root, CAP_PERFMON, or "
                        + "kernel.perf_event_paranoid of at most 1");
            }
            return Engine.PERF;
        } catch (TargetGoneException e) {
            return Engine.PERF; // as the first tick will tell
        } catch (JtraceException e) {
            if (!isAuto) {
                throw e;
            }
            talk.say("engine ptrace: " + e.getMessage());
            return Engine.PTRACE;
        }
    }

    /** The kernel samples by itself: its samples are fetched, and idle threads looked at, less often. */
    private static Schedule schedule(OptionalLong durationNanos, long intervalNanos, Engine engine) {
        Schedule schedule = schedule(durationNanos, intervalNanos);
        return engine == Engine.PERF ? schedule.withLooksApart(LOOKS_APART_NANOS) : schedule;
    }

    private static Schedule schedule(OptionalLong durationNanos, long intervalNanos) {
        if (durationNanos.isEmpty()) {
            return Schedule.endless(intervalNanos, new SplittableRandom());
        }
        return durationNanos.getAsLong() == 0 ? Schedule.once()
                : Schedule.lasting(durationNanos.getAsLong(), intervalNanos, new SplittableRandom());
    }

    private static String total(OptionalLong durationNanos) {
        return durationNanos.isEmpty() ? "" : String.format(Locale.ROOT, "%.1f s", durationNanos.getAsLong() / 1e9);
    }

    /** From another thread: ends the sampling. */
    void stop() {
        sampler.stop();
    }

    /** Samples. What was seen is written by {@link #finish}. */
    End sample() {
        try {
            return sampler.run();
        } finally {
            if (progress != null) {
                progress.close();
            }
        }
    }

    /** Writes what was seen and says how it went. */
    ExitCode finish(End end) {
        if (sampler.schedule().made() == 0) {
            throw nothingSeen(end);
        }
        Profile profile = sampler.profile();
        String written = destination.write(profile);
        if (end == End.TARGET_GONE && !endless) {
            talk.say("process " + target.pid() + " ended; this is what was seen until then");
        }
        Notes.of(profile, sampler.schedule(), sampler.ledger(), target.missing()).forEach(talk::say);
        if (options.withStatistics()) {
            Statistics.ofStops(sampler.ledger().stopTimes()).forEach(talk::say);
        }
        if (!destination.isStdout()) {
            talk.say("wrote " + written);
        }
        return Notes.mostlyFailed(profile.info()) ? ExitCode.MOSTLY_FAILED : ExitCode.DONE;
    }

    private JtraceException nothingSeen(End end) {
        return end == End.TARGET_GONE
                ? new NoTargetException("process " + target.pid() + " ended before it could be looked at")
                : new JtraceException("stopped before the first look; nothing was written");
    }
}
