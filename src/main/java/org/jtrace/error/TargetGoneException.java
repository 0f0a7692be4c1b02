package org.jtrace.error;

/** The target ended, or its pid was reused. */
public final class TargetGoneException extends JtraceException {
    private static final long serialVersionUID = 1L;

    public TargetGoneException(String message) {
        super(message);
    }
}
