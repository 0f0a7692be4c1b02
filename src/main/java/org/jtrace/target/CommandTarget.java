package org.jtrace.target;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.jtrace.error.JtraceException;
import org.jtrace.error.NoTargetException;
import org.jtrace.error.NotPermittedException;
import org.jtrace.error.TargetGoneException;
import org.jtrace.error.UnsupportedVmException;
import org.jtrace.nativelib.NativeCommand;

/** A command that jtrace started, and the search for the JVM in it: in the command itself or in what it starts. */
public final class CommandTarget {
    /** A JVM that has just been mapped may look incomplete for some milliseconds. */
    private static final long PATIENCE_NANOS = 2_000_000_000L;

    private final NativeCommand command;
    /** When a process first looked like a JVM that cannot be read. */
    private final Map<Integer, Long> unreadableSince = new HashMap<>();
    private JtraceException problem;

    private CommandTarget(NativeCommand command) {
        this.command = command;
    }

    /** @throws JtraceException when it cannot be executed */
    public static CommandTarget start(byte[][] argv, byte[][] environment) {
        return new CommandTarget(NativeCommand.start(argv, environment));
    }

    public int pid() {
        return command.pid();
    }

    /** As a shell tells it; empty while the command runs. */
    public OptionalInt exitStatus() {
        return command.exitStatus();
    }

    /** One look at the command and its descendants: the first JVM that can be opened, null if there is none (yet). */
    public JvmTarget findJvm() {
        for (int pid : Descendants.withSelf(command.pid())) {
            JvmTarget jvm = open(pid);
            if (jvm != null) {
                return jvm;
            }
        }
        return null;
    }

    private JvmTarget open(int pid) {
        try {
            return JvmTarget.open(pid);
        } catch (NoTargetException | TargetGoneException e) {
            return null;
        } catch (NotPermittedException | UnsupportedVmException e) {
            long now = System.nanoTime();
            if (now - unreadableSince.computeIfAbsent(pid, p -> now) > PATIENCE_NANOS) {
                problem = e;
            }
            return null;
        }
    }

    /** Why a JVM that was seen could not be opened, and not for a moment only; null if there was none such. */
    public JtraceException problem() {
        return problem;
    }
}
