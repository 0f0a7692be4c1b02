package org.jtrace.cli;

import java.io.PrintStream;
import java.util.Locale;
import org.jtrace.nativelib.NativeTerminal;
import org.jtrace.profile.ProfileInfo.Samples;
import org.jtrace.sampling.Ledger;
import org.jtrace.sampling.Sampler;
import org.jtrace.sampling.Schedule;

/** One line on the terminal that is written over again and again, and wiped at the end. */
final class ProgressLine implements Sampler.Watcher, AutoCloseable {
    private final PrintStream stderr;
    private final String total;
    private int shown;

    /** @param total how long it is going to take, for people; empty when it has no end */
    ProgressLine(PrintStream stderr, String total) {
        this.stderr = stderr;
        this.total = total;
    }

    @Override
    public void sampling(long elapsedNanos, Schedule schedule, Ledger ledger) {
        Samples samples = ledger.samples();
        show(String.format(Locale.ROOT, "jtrace: %.1f s%s, %,d ticks, %,d running samples, %,d failed (Ctrl-C ends)",
                elapsedNanos / 1e9, total.isEmpty() ? "" : " of " + total, schedule.made(),
                samples.java() + samples.nonJava() + samples.failed(), samples.failed()));
    }

    /** A line as wide as the terminal would wrap. */
    private void show(String text) {
        int width = Math.max(0, NativeTerminal.stderrColumns() - 1);
        String line = text.length() > width ? text.substring(0, width) : text;
        overwrite(line);
        shown = line.length();
    }

    private void overwrite(String line) {
        stderr.print('\r' + line + " ".repeat(Math.max(0, shown - line.length())) + '\r');
        stderr.flush();
    }

    @Override
    public void close() {
        overwrite("");
        shown = 0;
    }
}
