package org.jtrace.error;

/**
 * What went wrong, in one line for the person who reads it. The subclasses tell the command line which exit code fits;
 * this class itself means that jtrace failed.
 */
public class JtraceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public JtraceException(String message) {
        super(message);
    }

    public JtraceException(String message, Throwable cause) {
        super(message, cause);
    }
}
