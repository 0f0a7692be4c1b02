package org.jtrace.output;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.jtrace.target.RunningJvm;

/** JVMs for programs, by the schema in docs/json.md. */
public final class JvmListJson {
    static final String SCHEMA = "jtrace-list";
    /** Counts up when a member changes its meaning or goes; new members may come without. */
    static final int VERSION = 1;

    private JvmListJson() {}

    public static void write(List<RunningJvm> jvms, Instant time, Appendable out) throws IOException {
        Json json = new Json(out).beginObject();
        json.member("schema", SCHEMA).member("version", VERSION).member("time", time);
        json.name("jvms").beginArray();
        for (RunningJvm jvm : jvms) {
            out.append('\n');
            json.beginObject().member("pid", jvm.pid()).member("innerPid", jvm.innerPid())
                    .member("uid", jvm.uid()).member("user", jvm.user()).member("release", jvm.release())
                    .member("program", jvm.program()).member("command", jvm.command())
                    .member("uptimeMillis", jvm.uptimeMillis()).member("threads", jvm.threads())
                    .member("cpuMillis", jvm.cpuMillis()).member("container", jvm.container())
                    .member("note", jvm.note()).endObject();
        }
        json.endArray().endObject();
        out.append('\n');
    }
}
