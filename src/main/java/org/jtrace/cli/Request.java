package org.jtrace.cli;

import java.util.List;
import java.util.OptionalLong;
import org.jtrace.output.OutputFormat;
import org.jtrace.output.OutputPattern;

/** What the command line asks for. */
sealed interface Request {
    /** {@code -h}; the text depends on where it was asked for. */
    record Help(String text) implements Request {}

    /** {@code -V}. */
    record Version() implements Request {}

    /** {@code -p}. */
    record Profile(int pid, ProfileOptions options) implements Request {}

    /** {@code -t}. */
    record Trace(List<String> command, ProfileOptions options) implements Request {}

    /** The subcommand {@code demo}. */
    record Demo(ProfileOptions options) implements Request {}

    /**
     * What is dumped: a process, or the core of one.
     *
     * @param pid 0 with {@code --core}
     * @param file null without {@code --core}
     * @param sysroot where {@code --sysroot} says, null without; {@code exe} likewise
     */
    record DumpSource(int pid, String file, String sysroot, String exe) {}

    /**
     * {@code -d} or the subcommand {@code dump}.
     *
     * @param output null without {@code -o}
     */
    record Dump(DumpSource source, boolean json, boolean kernelWait, boolean withNative, boolean consistent,
            boolean withVirtual, OutputPattern output, boolean quiet, boolean debug) implements Request {}

    /** The subcommand {@code list}. */
    record ListJvms(boolean json, boolean debug) implements Request {}

    /**
     * How to profile, and what to do with the result.
     *
     * @param durationNanos 0 is one tick; empty without {@code -s}
     * @param output null without {@code -o}
     * @param format null when neither {@code --format} nor the output's name says
     */
    record ProfileOptions(
            OptionalLong durationNanos,
            long intervalNanos,
            boolean excludeIdle,
            boolean withLines,
            boolean byThread,
            boolean withCarriers,
            boolean withNative,
            boolean withKernel,
            EngineChoice engine,
            OutputPattern output,
            OutputFormat format,
            boolean quiet,
            boolean withStatistics,
            boolean debug) {}
}
