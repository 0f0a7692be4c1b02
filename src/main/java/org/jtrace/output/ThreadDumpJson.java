package org.jtrace.output;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jtrace.dump.DumpedThread;
import org.jtrace.dump.DumpedVirtualThread;
import org.jtrace.dump.FrameLock;
import org.jtrace.dump.LockObject;
import org.jtrace.dump.LockWait;
import org.jtrace.dump.ThreadDump;
import org.jtrace.dump.ThreadLocks;
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
                .member("stops", dump.stops()).member("longestStopNanos", dump.longestStopNanos())
                .member("core", dump.ofCore() ? Boolean.TRUE : null);
        if (dump.standstill() != null) {
            json.name("standstill").beginObject().member("nanos", dump.standstill().nanos())
                    .member("stops", dump.standstill().stops()).member("latePages", dump.standstill().latePages())
                    .endObject();
        }
        json.name("threads").beginArray();
        for (DumpedThread thread : dump.threads()) {
            out.append('\n');
            json.beginObject().member("name", thread.name());
            writeKernel(thread.kernel(), json);
            if (thread.java() != null) {
                writeJava(thread.java(), json);
            }
            json.member("problem", thread.problem());
            writeFrames(thread.leafFirst(), json);
            if (thread.locks() != null) {
                writeLocks(thread.locks(), json);
            }
            json.endObject();
        }
        json.endArray();
        if (dump.unmounted() != null) {
            writeUnmounted(dump.unmounted(), json, out);
        }
        if (dump.tellsLocks()) {
            writeDeadlocks(dump, json);
        }
        json.endObject();
        out.append('\n');
    }

    private static void writeKernel(DumpedThread.Kernel kernel, Json json) throws IOException {
        json.member("tid", kernel.tid()).member("innerTid", kernel.innerTid())
                .member("kernelState", kernel.state() == null ? null : kernel.state().toString()).member("nice", kernel.nice())
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

    private static void writeUnmounted(ThreadDump.Unmounted unmounted, Json json, Appendable out) throws IOException {
        json.name("virtualThreads").beginArray();
        for (DumpedVirtualThread thread : unmounted.threads()) {
            out.append('\n');
            json.beginObject().member("id", thread.id()).member("name", thread.name())
                    .member("state", thread.state().text()).member("problem", thread.problem());
            writeFrames(thread.leafFirst(), json);
            json.endObject();
        }
        json.endArray().member("moreVirtualThreads", unmounted.more());
    }

    private static void writeFrames(List<Frame> leafFirst, Json json) throws IOException {
        json.name("frames").beginArray();
        for (Frame frame : leafFirst) {
            json.beginObject().member("method", frame.name()).member("file", frame.sourceFile())
                    .member("line", frame.line() == Frame.NO_LINE ? null : frame.line())
                    .member("kind", frame.kind().name().toLowerCase(Locale.ROOT)).endObject();
        }
        json.endArray();
    }

    private static void writeLocks(ThreadLocks locks, Json json) throws IOException {
        json.name("locks").beginObject().member("complete", locks.complete()).name("frames").beginArray();
        for (FrameLock lock : locks.frames()) {
            json.beginObject().member("frame", lock.frame()).member("kind", lock.kind().text());
            writeObject("object", lock.object(), json);
            json.endObject();
        }
        json.endArray();
        if (locks.waitsFor() != null) {
            LockWait wait = locks.waitsFor();
            json.name("waitsFor").beginObject()
                    .member("monitor", wait.monitor() == 0 ? null : hex(wait.monitor()));
            writeObject("object", wait.object(), json);
            json.member("owner", wait.owner() == null ? null : hex(wait.owner())).endObject();
        }
        json.name("synchronizers").beginArray();
        for (LockObject lock : locks.synchronizers()) {
            writeMembers(lock, json.beginObject());
            json.endObject();
        }
        json.endArray().endObject();
    }

    private static void writeObject(String name, LockObject objectOrNull, Json json) throws IOException {
        if (objectOrNull != null) {
            writeMembers(objectOrNull, json.name(name).beginObject());
            json.endObject();
        }
    }

    private static void writeMembers(LockObject object, Json json) throws IOException {
        json.member("address", hex(object.address())).member("class", object.className())
                .member("represents", object.represented());
    }

    private static void writeDeadlocks(ThreadDump dump, Json json) throws IOException {
        json.name("deadlocks").beginArray();
        for (List<DumpedThread> deadlock : dump.deadlocks()) {
            json.beginArray();
            for (DumpedThread thread : deadlock) {
                json.value(thread.kernel().tid());
            }
            json.endArray();
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
