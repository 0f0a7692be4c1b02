package org.jtrace.cli;

import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import org.jtrace.cli.Request.ProfileOptions;
import org.jtrace.error.JtraceException;
import org.jtrace.error.NoTargetException;
import org.jtrace.sampling.Sampler;
import org.jtrace.target.CommandTarget;
import org.jtrace.target.JvmTarget;
import sun.misc.Signal;

/**
 * Starts a command, profiles the first JVM in it, and waits for the command's end.
 *
 * <p>Ctrl-C reaches the command as well, from the terminal: the profile goes on until the command has ended. SIGTERM
 * and SIGHUP end the profile and jtrace; the command is left alone.
 */
final class CommandRun {
    private static final long MIN_LOOK_NANOS = 2_000_000L;
    private static final long MAX_LOOK_NANOS = 50_000_000L;
    private static final int SIGINT = new Signal("INT").getNumber();

    private final ProfileOptions options;
    private final Destination destination;
    private final Talk talk;
    private final Thread thread = Thread.currentThread();
    private CommandTarget command;
    private volatile int endingSignal;
    private volatile ProfileSession session;

    private CommandRun(ProfileOptions options, Destination destination, Talk talk) {
        this.options = options;
        this.destination = destination;
        this.talk = talk;
    }

    /** Returns jtrace's exit status: the command's, unless that is 0 and jtrace failed. */
    static int run(byte[][] argv, byte[][] environment, ProfileOptions options, Destination destination, Talk talk) {
        CommandRun run = new CommandRun(options, destination, talk);
        return Interrupts.during(() -> run.profileAndWait(argv, environment), run::interrupted);
    }

    private int profileAndWait(byte[][] argv, byte[][] environment) {
        command = CommandTarget.start(argv, environment);
        int own = profile().status();
        int commands = awaitEnd();
        return commands != 0 ? commands : own;
    }

    /** What goes wrong is said at once, and the command goes on all the same. */
    private ExitCode profile() {
        try (JvmTarget jvm = awaitJvm()) {
            session = new ProfileSession(jvm, options, options.durationNanos(), destination, talk, null);
            if (endingSignal != 0) {
                session.stop();
            }
            Sampler.End end = session.sample();
            if (destination.isStdout()) {
                awaitEnd();
            }
            return session.finish(end);
        } catch (JtraceException e) {
            talk.fail(e, options.debug());
            return ExitCode.of(e);
        }
    }

    private JvmTarget awaitJvm() {
        long start = System.nanoTime();
        boolean told = false;
        while (endingSignal == 0 && command.exitStatus().isEmpty()) {
            JvmTarget jvm = command.findJvm();
            if (jvm != null) {
                return jvm;
            }
            if (command.problem() != null && !told) {
                talk.say(command.problem().getMessage() + "; looking for another JVM");
                told = true;
            }
            // Quick at first, so that nothing of the program is missed; a command without Java is not worth it.
            pause((System.nanoTime() - start) / 500);
        }
        if (command.problem() != null) {
            throw command.problem();
        }
        throw new NoTargetException("no HotSpot JVM was seen in the command; there is nothing to write");
    }

    /** The status to pass on: the command's, or that of a signal that ends us before it. */
    private int awaitEnd() {
        OptionalInt status = command.exitStatus();
        while (endingSignal == 0 && status.isEmpty()) {
            pause(MAX_LOOK_NANOS / 5);
            status = command.exitStatus();
        }
        return status.orElse(ExitCode.SIGNAL_BASE + endingSignal);
    }

    private void pause(long nanos) {
        LockSupport.parkNanos(this, Math.max(MIN_LOOK_NANOS, Math.min(nanos, MAX_LOOK_NANOS)));
    }

    private void interrupted(int signal) {
        if (signal == SIGINT) {
            return;
        }
        endingSignal = signal;
        LockSupport.unpark(thread);
        ProfileSession running = session;
        if (running != null) {
            running.stop();
        }
    }
}
