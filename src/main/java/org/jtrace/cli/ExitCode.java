package org.jtrace.cli;

import org.jtrace.error.NoTargetException;
import org.jtrace.error.NotPermittedException;
import org.jtrace.error.TargetGoneException;
import org.jtrace.error.UnsupportedVmException;
import org.jtrace.error.UsageException;

/** What jtrace's exit status tells a script. With {@code -t} the command's own status is passed on instead. */
enum ExitCode {
    /** Also when the target ended first. */
    DONE(0),
    /** jtrace itself failed. */
    FAILED(1),
    /** The command line is wrong. */
    USAGE(2),
    /** No such process, not a HotSpot JVM, or one that cannot be read. */
    NO_TARGET(3),
    NOT_PERMITTED(4),
    /** A profile was taken, but most of it failed. */
    MOSTLY_FAILED(5);

    /** Ended by a signal: this and the signal's number, as a shell has it. */
    static final int SIGNAL_BASE = 128;

    private final int status;

    ExitCode(int status) {
        this.status = status;
    }

    int status() {
        return status;
    }

    /** The one place that knows which failure means which code. */
    static ExitCode of(Throwable failure) {
        if (failure instanceof UsageException) {
            return USAGE;
        }
        if (failure instanceof NoTargetException || failure instanceof UnsupportedVmException
                || failure instanceof TargetGoneException) {
            return NO_TARGET;
        }
        return failure instanceof NotPermittedException ? NOT_PERMITTED : FAILED;
    }
}
