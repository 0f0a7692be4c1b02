package org.jtrace.bench;

import java.nio.file.Path;
import org.jtrace.testing.Command;
import org.jtrace.testing.Jdk;

/** async-profiler's agent, told by jcmd what to do. */
record AsyncProfiler(Path library, Jdk jdk, long pid) {
    /** @param arguments such as {@code start,event=cpu,interval=1ms} */
    void tell(String arguments) {
        Command.Result result = jdk.tool("jcmd", String.valueOf(pid), "JVMTI.agent_load", library.toString(),
                "\"" + arguments + "\"").run();
        if (result.exit() != 0 || !result.stdout().contains("return code: 0")) {
            throw new IllegalStateException(arguments + ": " + result);
        }
    }
}
