package org.jtrace.nativelib;

import java.util.OptionalInt;

/**
 * A command that jtrace started. Not a java.lang.Process, whose reaper thread waits for the child and would take the
 * ptrace stops of the child's first thread for its end.
 */
public final class NativeCommand {
    private final int pid;
    private OptionalInt exitStatus = OptionalInt.empty();

    private NativeCommand(int pid) {
        this.pid = pid;
    }

    /**
     * Starts a command with our stdin, stdout and stderr, found in the PATH of its own environment.
     *
     * @param argv without terminating NULs
     * @param environment {@code NAME=value}, without terminating NULs
     */
    public static NativeCommand start(byte[][] argv, byte[][] environment) {
        NativeLibrary.load();
        return new NativeCommand(spawn0(argv, environment));
    }

    public int pid() {
        return pid;
    }

    /** The exit status as a shell tells it (128 + signal), empty while the command runs. Never waits. */
    public OptionalInt exitStatus() {
        if (exitStatus.isEmpty()) {
            int status = spawnPoll0(pid);
            exitStatus = status < 0 ? OptionalInt.empty() : OptionalInt.of(status);
        }
        return exitStatus;
    }

    /** Throws JtraceException, or a subclass of it, when the command cannot be executed. */
    private static native int spawn0(byte[][] argv, byte[][] environment);

    /** -1 while it runs, else the exit status as a shell tells it. */
    private static native int spawnPoll0(int pid);
}
