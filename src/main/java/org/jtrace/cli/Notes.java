package org.jtrace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jtrace.output.LedgerText;
import org.jtrace.profile.Profile;
import org.jtrace.profile.ProfileInfo;
import org.jtrace.profile.ProfileInfo.Samples;
import org.jtrace.sampling.DurationHistogram;
import org.jtrace.sampling.Ledger;
import org.jtrace.sampling.Schedule;
import org.jtrace.sampling.WalkStatus;

/** What is said when a profile is done: its account of itself, and what it does not know. */
final class Notes {
    /** Below this the rate asked for was not reached in a way that matters. */
    private static final double RATE_REACHED = 0.95;

    /** A stop takes less than a tenth of that where threads need not wait for a CPU. */
    private static final long SLOW_STOP_NANOS = 2_000_000;

    private Notes() {}

    /** @param missing what cannot be told about the target's VM */
    static List<String> of(Profile profile, Schedule schedule, Ledger ledger, List<String> missing) {
        ProfileInfo info = profile.info();
        List<String> notes = new ArrayList<>();
        notes.add(LedgerText.line(info));
        addFailures(ledger, notes);
        if (schedule.made() < RATE_REACHED * schedule.planned()) {
            notes.add(rateNotReached(info.ticks(), info.durationNanos()));
            addSlowStops(info.stops(), schedule.made(), ledger.roundTimes(), notes);
        }
        if (ledger.throttled() > 0) {
            notes.add(String.format(Locale.ROOT, "the kernel silenced its sampling %,d times, as it took too much of "
                    + "the CPU: what ran meanwhile is missing", ledger.throttled()));
        }
        long cut = profile.tree().cutSamples();
        if (cut > 0) {
            notes.add(LedgerText.full(cut) + "; JTRACE_OPTS=-Xmx2g gives it more room");
        }
        if (!missing.isEmpty()) {
            notes.add("this JVM does not tell: " + String.join(", ", missing));
        }
        if (shown(info) == 0) {
            notes.add("no thread ran at any tick" + (info.idleIncluded() ? "" : "; leave out -x to see the idle ones"));
        }
        return notes;
    }

    /** A rate that can be held, too, in the words of the option: whole hertz, or seconds. */
    static String rateNotReached(ProfileInfo.Ticks ticks, long durationNanos) {
        long missed = ticks.planned() - ticks.made();
        double hertz = ticks.made() * 1e9 / Math.max(1, durationNanos);
        String held = hertz >= 1 ? String.format(Locale.ROOT, "%.0fhz", Math.floor(hertz))
                : String.format(Locale.ROOT, "%.0f", Math.ceil(1 / hertz));
        return String.format(Locale.ROOT, "the rate asked for was not reached: %,d of %,d ticks (%.0f %%) were missed; "
                + "-r %s can be held here", missed, ticks.planned(), 100.0 * missed / ticks.planned(), held);
    }

    /** What it is that takes long: each stop by itself, or those of a tick, together. */
    static void addSlowStops(ProfileInfo.Stops stops, long ticks, DurationHistogram rounds, List<String> notes) {
        String what;
        if (2 * rounds.count() >= ticks) {
            what = String.format(Locale.ROOT, "%,d ticks waited until all had got one, half of them %s or more",
                    rounds.count(), LedgerText.duration(rounds.percentile(0.5)));
        } else if (stops.medianNanos() > SLOW_STOP_NANOS) {
            what = "half of the stops took " + LedgerText.duration(stops.medianNanos()) + " or more";
        } else {
            return;
        }
        notes.add("a thread stops when it gets a CPU, and " + what + "; --engine perf, where it is permitted, does "
                + "without stops");
    }

    private static void addFailures(Ledger ledger, List<String> notes) {
        Map<WalkStatus, Long> failures = ledger.failures();
        if (failures.isEmpty()) {
            return;
        }
        StringBuilder text = new StringBuilder("stacks that could not be read, by reason:");
        String separator = " ";
        for (Map.Entry<WalkStatus, Long> reason : failures.entrySet()) {
            text.append(separator).append(String.format(Locale.ROOT, "%,d", reason.getValue())).append(' ')
                    .append(reason.getKey().label());
            separator = ", ";
        }
        notes.add(text.toString());
    }

    /** Samples that are in the output. */
    private static long shown(ProfileInfo info) {
        Samples samples = info.samples();
        return info.idleIncluded() ? samples.total() : samples.total() - samples.idle();
    }

    /** Whether the output shows failures more than anything else. */
    static boolean mostlyFailed(ProfileInfo info) {
        return 2 * info.samples().failed() > shown(info);
    }
}
