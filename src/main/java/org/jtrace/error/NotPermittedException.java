package org.jtrace.error;

/** The kernel refused; the message says why and what would help (exit code 4). */
public final class NotPermittedException extends JtraceException {
    private static final long serialVersionUID = 1L;

    public NotPermittedException(String message) {
        super(message);
    }
}
