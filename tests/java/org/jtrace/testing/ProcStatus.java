package org.jtrace.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A task of a process as /proc has it. {@code state} is the kernel's letter. */
public record ProcStatus(long tid, char state, long tracerPid) {
    /** Stopped by a signal (T) or by a tracer (t), or in somebody's hands. */
    public boolean stoppedOrTraced() {
        return state == 'T' || state == 't' || tracerPid != 0;
    }

    public static List<ProcStatus> tasksOf(long pid) {
        List<ProcStatus> tasks = new ArrayList<>();
        try (Stream<Path> entries = Files.list(Path.of("/proc/" + pid + "/task"))) {
            for (Path entry : entries.toList()) {
                try {
                    tasks.add(parse(Long.parseLong(entry.getFileName().toString()),
                            Files.readString(entry.resolve("status"))));
                } catch (IOException ended) {
                    continue;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return tasks;
    }

    private static ProcStatus parse(long tid, String status) {
        return new ProcStatus(tid, field(status, "State:").charAt(0), Long.parseLong(field(status, "TracerPid:")));
    }

    private static String field(String status, String name) {
        return status.lines().filter(line -> line.startsWith(name)).findFirst().orElseThrow()
                .substring(name.length()).trim();
    }
}
