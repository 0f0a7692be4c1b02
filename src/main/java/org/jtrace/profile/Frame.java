package org.jtrace.profile;

import java.util.Objects;

/**
 * One frame as people read it.
 *
 * @param name {@code package.Class.method}, a thread's name or a marker such as {@code (idle)}; cleaned of control characters
 * @param line source line, or {@link #NO_LINE}
 * @param sourceFile the file that its class names, null when not known or when the frame is no method
 */
public record Frame(String name, int line, FrameKind kind, String sourceFile) {
    public static final int NO_LINE = -1;

    public Frame(String name, int line, FrameKind kind) {
        this(name, line, kind, null);
    }

    /** {@code package.Class.method:line}; native methods end in {@code (native)}; the line only when asked for and known. */
    public String text(boolean withLine) {
        if (kind == FrameKind.NATIVE) {
            return name + "(native)";
        }
        return withLine && line != NO_LINE ? name + ":" + line : name;
    }

    // A record's own equals and hashCode are put together at their first use, by method handles: 10 to 25 ms of the start.

    @Override
    public boolean equals(Object other) {
        return other instanceof Frame frame && line == frame.line && kind == frame.kind && name.equals(frame.name)
                && Objects.equals(sourceFile, frame.sourceFile);
    }

    @Override
    public int hashCode() {
        return (31 * name.hashCode() + line) * 31 + kind.ordinal();
    }
}
