package org.jtrace.cli;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jtrace.dump.ThreadDump;
import org.jtrace.output.OutputPattern;
import org.jtrace.output.ThreadDumpJson;
import org.jtrace.output.ThreadDumpText;
import org.jtrace.profile.PlainNumbers;
import org.jtrace.sampling.ThreadDumper;
import org.jtrace.target.CoreTarget;
import org.jtrace.target.DumpTarget;
import org.jtrace.target.InnerPids;

/** One thread dump of one process. */
final class DumpSession {
    private DumpSession() {}

    static ExitCode run(Request.Dump request, Talk talk) {
        OutputPattern output = request.output() == null ? OutputPattern.parse("-") : request.output();
        output.resolve(0, Instant.now()).check();
        try (DumpTarget target = open(request.source())) {
            if (request.withNative()) {
                target.showNative();
            }
            ThreadDump dump = request.consistent() ? ThreadDumper.takeConsistent(target, request.kernelWait(), request.withVirtual())
                    : ThreadDumper.take(target, request.kernelWait(), request.withVirtual());
            String written = output.resolve(dump.pid(), dump.time())
                    .write(out -> write(dump, request.json(), out));
            talk.say(account(dump));
            if (request.withVirtual()) {
                talk.say(unmounted(dump.unmounted()));
            }
            if (target instanceof CoreTarget core) {
                core.missingPages().forEach(talk::say);
            }
            if (!output.isStdout()) {
                talk.say("wrote " + written);
            }
            return 2 * dump.incomplete() > dump.javaThreads() ? ExitCode.MOSTLY_FAILED : ExitCode.DONE;
        }
    }

    private static DumpTarget open(Request.DumpSource source) {
        if (source.file() == null) {
            return InnerPids.open(source.pid());
        }
        return CoreTarget.open(bytes(source.file()), bytes(source.sysroot()), bytes(source.exe()));
    }

    private static byte[] bytes(String nameOrNull) {
        return CommandBytes.encode(nameOrNull == null ? "" : nameOrNull);
    }

    private static void write(ThreadDump dump, boolean json, OutputStream out) throws IOException {
        Writer writer = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
        if (json) {
            ThreadDumpJson.write(dump, writer);
        } else {
            ThreadDumpText.write(dump, writer);
        }
        writer.flush();
    }

    private static String unmounted(ThreadDump.Unmounted unmountedOrNull) {
        if (unmountedOrNull == null) {
            return "virtual threads that nobody carries cannot be found in this JVM, or not now";
        }
        long incomplete = unmountedOrNull.threads().stream().filter(thread -> thread.problem() != null).count();
        return PlainNumbers.grouped(unmountedOrNull.threads().size()) + " virtual threads that nobody carried"
                + (unmountedOrNull.more() == 0 ? "" : ", and " + PlainNumbers.grouped(unmountedOrNull.more()) + " left out")
                + (incomplete == 0 ? "; all stacks complete"
                        : "; " + PlainNumbers.grouped(incomplete) + " stacks not complete");
    }

    private static String standstill(ThreadDump.Standstill standstill) {
        String stopped = "all stopped together for " + PlainNumbers.decimal(standstill.nanos(), 1_000_000, 2) + " ms";
        if (standstill.stops() > 1) {
            stopped += ", and " + (standstill.stops() - 1) + " times before";
        }
        return standstill.latePages() == 0 ? stopped
                : stopped + "; " + PlainNumbers.grouped(standstill.latePages()) + " pages were read after it";
    }

    private static String account(ThreadDump dump) {
        String stacks = dump.incomplete() == 0 ? "all stacks complete" : dump.incomplete() + " stacks not complete";
        String stops = dump.ofCore() ? "from a core" : dump.stops() == 0 ? "nobody was stopped"
                : dump.stops() + " stops, longest " + PlainNumbers.decimal(dump.longestStopNanos(), 1000, 1) + " us";
        if (dump.standstill() != null) {
            stops = standstill(dump.standstill());
        }
        return PlainNumbers.grouped(dump.threads().size()) + " threads, " + PlainNumbers.grouped(dump.javaThreads())
                + " of them Java's; " + stacks + "; " + stops;
    }
}
