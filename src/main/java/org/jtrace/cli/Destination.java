package org.jtrace.cli;

import java.time.Instant;
import org.jtrace.cli.Request.ProfileOptions;
import org.jtrace.nativelib.NativeTerminal;
import org.jtrace.output.OutputFormat;
import org.jtrace.output.OutputPattern;
import org.jtrace.output.ProfileWriter;
import org.jtrace.output.TerminalSummary;
import org.jtrace.output.WriteOptions;
import org.jtrace.profile.Profile;

/** Where a profile goes, and as what. */
final class Destination {
    private final OutputPattern output;
    private final ProfileWriter writer;
    private final WriteOptions options;

    private Destination(OutputPattern output, ProfileWriter writer, WriteOptions options) {
        this.output = output;
        this.writer = writer;
        this.options = options;
    }

    /** As asked for; else stdout, in a form that fits whoever reads there: a person or a program. */
    static Destination of(ProfileOptions options) {
        OutputPattern output = options.output() == null ? OutputPattern.parse("-") : options.output();
        return new Destination(output, writer(options), new WriteOptions(options.withLines()));
    }

    private static ProfileWriter writer(ProfileOptions options) {
        if (options.format() != null) {
            return options.format().writer();
        }
        boolean person = options.output() == null && NativeTerminal.stdoutIsTerminal();
        return person ? new TerminalSummary(NativeTerminal.stdoutColumns(), wantsColour())
                : OutputFormat.COLLAPSED.writer();
    }

    /** By the conventions of terminals (TERM) and of their users (NO_COLOR). */
    private static boolean wantsColour() {
        String terminal = System.getenv("TERM");
        String noColour = System.getenv("NO_COLOR");
        return terminal != null && !terminal.equals("dumb") && (noColour == null || noColour.isEmpty());
    }

    /** Fails now if writing is going to fail when the profile has been taken. */
    void check() {
        output.resolve(0, Instant.now()).check();
    }

    boolean isStdout() {
        return output.isStdout();
    }

    /** Returns the file's name; "-" for stdout. */
    String write(Profile profile) {
        return output.resolve(profile.info().pid(), profile.info().start())
                .write(out -> writer.write(profile, options, out));
    }
}
