package org.jtrace.error;

/** A JVM that cannot be read; the message names all that is missing (exit code 3). */
public final class UnsupportedVmException extends JtraceException {
    private static final long serialVersionUID = 1L;

    public UnsupportedVmException(String message) {
        super(message);
    }
}
