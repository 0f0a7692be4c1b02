package org.jtrace.output;

import java.io.IOException;
import java.util.Locale;
import org.jtrace.dump.DumpedThread;
import org.jtrace.dump.ThreadDump;
import org.jtrace.profile.Frame;

/** A thread dump for programs, by the schema in docs/json.md. */
public final class ThreadDumpJson {
    static final String SCHEMA = "jtrace-dump";
    /** Counts up when a member changes its meaning or goes; new members may come without. */
    static final int VERSION = 1;

    private ThreadDumpJson() {}

    public static void write(ThreadDump dump, Appendable out) throws IOException {
        Json json = new Json(out).beginObject();
        json.member("schema", SCHEMA).member("version", VERSION).member("time", dump.time()).member("pid", dump.pid())
                .member("vm", known(dump.vmName())).member("release", known(dump.release()))
                .member("stops", dump.stops()).member("longestStopNanos", dump.longestStopNanos());
        json.name("threads").beginArray();
        for (DumpedThread thread : dump.threads()) {
            out.append('\n');
            json.beginObject().member("name", thread.name());
            writeKernel(thread.kernel(), json);
            if (thread.java() != null) {
                writeJava(thread.java(), json);
            }
            json.member("problem", thread.problem());
            writeFrames(thread, json);
            json.endObject();
        }
        json.endArray().endObject();
        out.append('\n');
    }

    private static void writeKernel(DumpedThread.Kernel kernel, Json json) throws IOException {
        json.member("tid", kernel.tid()).member("innerTid", kernel.innerTid())
                .member("kernelState", String.valueOf(kernel.state())).member("nice", kernel.nice())
                .member("cpuNanos", kernel.cpuNanos()).member("ageMillis", kernel.ageMillis())
                .member("waitChannel", kernel.waitChannel());
    }

    private static void writeJava(DumpedThread.Java java, Json json) throws IOException {
        json.name("java").beginObject().member("address", hex(java.address())).member("id", java.id())
                .member("daemon", java.daemon()).member("priority", java.priority())
                .member("state", java.state() == null ? null : java.state().text())
                .member("osState", java.osState())
                .member("stackPointer", java.stackPointer() == null ? null : hex(java.stackPointer()))
                .member("carries", java.mountedId()).endObject();
    }

    private static void writeFrames(DumpedThread thread, Json json) throws IOException {
        json.name("frames").beginArray();
        for (Frame frame : thread.leafFirst()) {
            json.beginObject().member("method", frame.name()).member("file", frame.sourceFile())
                    .member("line", frame.line() == Frame.NO_LINE ? null : frame.line())
                    .member("kind", frame.kind().name().toLowerCase(Locale.ROOT)).endObject();
        }
        json.endArray();
    }

    private static String known(String text) {
        return text.isEmpty() ? null : text;
    }

    /** Numbers of more than 53 bits are not safe in JSON. */
    private static String hex(long address) {
        return "0x" + Long.toHexString(address);
    }
}
