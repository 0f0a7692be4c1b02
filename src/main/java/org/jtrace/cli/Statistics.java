package org.jtrace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jtrace.output.LedgerText;
import org.jtrace.sampling.DurationHistogram;
import org.jtrace.sampling.DurationHistogram.Octave;

/** What {@code --stats} adds to the summary: how long the target's threads were stopped, each time and in all. */
final class Statistics {
    private static final int WIDTH = 40;

    private Statistics() {}

    static List<String> ofStops(DurationHistogram stops) {
        List<String> lines = new ArrayList<>();
        if (stops.count() == 0) {
            lines.add("stop times: nobody was stopped");
            return lines;
        }
        lines.add(String.format(Locale.ROOT, "stop times: median %s, 90 %% %s, 99 %% %s, 99.9 %% %s, worst %s; %s in all",
                upTo(stops, 0.5), upTo(stops, 0.9), upTo(stops, 0.99), upTo(stops, 0.999),
                LedgerText.duration(stops.max()), LedgerText.duration(stops.sum())));
        List<Octave> octaves = stops.octaves();
        long most = octaves.stream().mapToLong(Octave::count).max().orElseThrow();
        octaves.forEach(octave -> lines.add(line(octave, stops.count(), most)));
        return lines;
    }

    private static String upTo(DurationHistogram stops, double share) {
        return LedgerText.duration(stops.percentile(share));
    }

    private static String line(Octave octave, long all, long most) {
        String bar = "#".repeat((int) Math.ceil((double) WIDTH * octave.count() / most));
        return String.format(Locale.ROOT, "  %7s to %7s %,10d %5.1f %% %s", LedgerText.duration(octave.fromNanos()),
                LedgerText.duration(octave.toNanos()), octave.count(), 100.0 * octave.count() / all, bar).stripTrailing();
    }
}
