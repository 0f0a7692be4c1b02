package org.jtrace.cli;

import java.io.PrintStream;
import org.jtrace.error.JtraceException;
import org.jtrace.profile.CleanText;

/** What jtrace says to people: lines on stderr. Data never comes this way. */
final class Talk {
    private static final String PREFIX = "jtrace: ";

    private final PrintStream stderr;
    private final boolean quiet;

    Talk(PrintStream stderr, boolean quiet) {
        this.stderr = stderr;
        this.quiet = quiet;
    }

    /** Not with {@code -q}. */
    void say(String line) {
        if (!quiet) {
            stderr.println(PREFIX + CleanText.of(line));
        }
    }

    /** One line; the stack trace for those who work on jtrace. */
    void fail(Throwable failure, boolean withStackTrace) {
        stderr.println(PREFIX + CleanText.of(describe(failure)));
        if (withStackTrace) {
            failure.printStackTrace(stderr);
        }
    }

    private static String describe(Throwable failure) {
        if (failure instanceof JtraceException && failure.getMessage() != null) {
            return failure.getMessage();
        }
        if (failure instanceof OutOfMemoryError) {
            return "jtrace failed: out of memory (" + failure.getMessage() + "); JTRACE_OPTS=-Xmx2g gives it more";
        }
        return "jtrace failed: " + failure + "; run it again with --debug to see where";
    }
}
