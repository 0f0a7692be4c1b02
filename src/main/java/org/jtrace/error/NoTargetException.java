package org.jtrace.error;

/** No such process, or one without a HotSpot JVM in it (exit code 3). */
public final class NoTargetException extends JtraceException {
    private static final long serialVersionUID = 1L;

    public NoTargetException(String message) {
        super(message);
    }
}
