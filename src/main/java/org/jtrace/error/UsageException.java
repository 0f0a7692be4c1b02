package org.jtrace.error;

/** The command line is wrong (exit code 2). */
public final class UsageException extends JtraceException {
    private static final long serialVersionUID = 1L;

    public UsageException(String message) {
        super(message);
    }
}
