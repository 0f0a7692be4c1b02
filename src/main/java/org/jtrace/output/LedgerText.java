package org.jtrace.output;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jtrace.profile.Engine;
import org.jtrace.profile.Markers;
import org.jtrace.profile.Profile;
import org.jtrace.profile.ProfileInfo;

/** The profile's account of itself in one line: for standard error, the page's header and the terminal's summary. */
public final class LedgerText {
    private static final double SERIOUS_SHARE = 0.1;

    private LedgerText() {}

    /** Ticks, rate reached, samples by kind, stops, CPU seen against CPU counted by the kernel. */
    public static String line(ProfileInfo info) {
        return ticks(info) + "; " + samples(info.samples()) + "; " + stops(info)
                + (info.ticks().made() > 1 ? "; " + cpu(info.cpu()) : "");
    }

    /** Something that the profile does not know, and whether it is enough to doubt the shares. */
    record Gap(String text, boolean serious) {}

    /** Empty when there is nothing to say. */
    static List<Gap> gaps(Profile profile) {
        ProfileInfo info = profile.info();
        List<Gap> gaps = new ArrayList<>();
        double failed = info.samples().failedShare();
        if (failed > 0) {
            gaps.add(new Gap(format("%.2f %% of running samples failed", 100 * failed), failed >= SERIOUS_SHARE));
        }
        ProfileInfo.Ticks ticks = info.ticks();
        long missed = ticks.planned() - ticks.made();
        if (missed > 0) {
            gaps.add(new Gap(count(missed, "tick") + " missed", missed >= SERIOUS_SHARE * ticks.planned()));
        }
        if (ticks.late() > 0) {
            gaps.add(new Gap(count(ticks.late(), "tick") + " late", ticks.late() >= SERIOUS_SHARE * ticks.made()));
        }
        double unseen = 1 - (double) info.cpu().seenNanos() / Math.max(1, info.cpu().kernelNanos());
        if (info.cpu().kernelNanos() > 0 && unseen >= 0.01) {
            gaps.add(new Gap(format("%.0f %% of CPU time not seen", 100 * unseen), unseen >= SERIOUS_SHARE));
        }
        long cut = profile.tree().cutSamples();
        if (cut > 0) {
            gaps.add(new Gap(full(cut), cut >= SERIOUS_SHARE * info.samples().total()));
        }
        return gaps;
    }

    /** @param cut samples of stacks that had no room */
    public static String full(long cut) {
        return "the profile was full: of " + count(cut, "sample") + " the stack ends in " + Markers.FULL.name();
    }

    static String ticks(ProfileInfo info) {
        ProfileInfo.Ticks ticks = info.ticks();
        String rate = info.durationNanos() > 0 && ticks.made() > 1
                ? format(" (%.1f/s)", ticks.made() * 1e9 / info.durationNanos()) : "";
        return format("%,d of %,d ticks%s, %,d late", ticks.made(), ticks.planned(), rate, ticks.late());
    }

    static String samples(ProfileInfo.Samples samples) {
        return format("%,d samples: %,d java, %,d non-java, %,d idle, %,d failed", samples.total(), samples.java(),
                samples.nonJava(), samples.idle(), samples.failed());
    }

    static String stops(ProfileInfo info) {
        ProfileInfo.Stops stops = info.stops();
        String by = info.engine() == Engine.PERF ? "engine perf, " : "";
        if (stops.count() == 0) {
            return by + "nobody was stopped";
        }
        return by + format("%s, median %s, worst %s", count(stops.count(), "stop"), duration(stops.medianNanos()),
                duration(stops.maxNanos()));
    }

    static String cpu(ProfileInfo.CpuTime cpu) {
        String share = cpu.kernelNanos() > 0 ? format(" (%.0f %%)", 100.0 * cpu.seenNanos() / cpu.kernelNanos()) : "";
        return "CPU seen " + duration(cpu.seenNanos()) + " of " + duration(cpu.kernelNanos()) + share;
    }

    /** Three significant digits in the unit that fits. */
    public static String duration(long nanos) {
        if (nanos < 1_000) {
            return nanos + " ns";
        }
        if (nanos < 1_000_000) {
            return significant(nanos / 1e3) + " us";
        }
        if (nanos < 1_000_000_000) {
            return significant(nanos / 1e6) + " ms";
        }
        return significant(nanos / 1e9) + " s";
    }

    private static String significant(double value) {
        return format(value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f", value);
    }

    static String count(long count, String noun) {
        return format("%,d %s%s", count, noun, count == 1 ? "" : "s");
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
