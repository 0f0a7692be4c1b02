package org.jtrace.target;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jtrace.error.JtraceException;
import org.jtrace.error.NoTargetException;
import org.jtrace.error.NotPermittedException;

/** Pids as a container sees them. People take one from there, often 1, and give it to jtrace here. */
public final class InnerPids {
    private static final Path PROC = Path.of("/proc");
    private static final int MOST_NAMED = 5;

    private InnerPids() {}

    /**
     * Opens the JVM that somebody names by a pid. Where there is none, the message says which one has that number in
     * its container.
     *
     * @throws JtraceException or the subclass that says why it cannot be read
     */
    public static JvmTarget open(int pid) {
        try {
            return JvmTarget.open(pid);
        } catch (NoTargetException e) {
            throw new NoTargetException(e.getMessage() + hint(pid));
        } catch (NotPermittedException e) {
            throw new NotPermittedException(e.getMessage() + hint(pid));
        }
    }

    private static String hint(int innerPid) {
        return hint(innerPid, numbered(PROC, innerPid).stream().filter(InnerPids::isJvm).toList());
    }

    /** Which JVMs have this number in their containers, as the end of a message; empty if there are none. */
    static String hint(int innerPid, List<Integer> pids) {
        if (pids.isEmpty()) {
            return "";
        }
        String numbers = pids.stream().limit(MOST_NAMED).map(String::valueOf).collect(Collectors.joining(", "));
        return pids.size() == 1
                ? "; the JVM that is process " + innerPid + " in its container is process " + numbers + " here"
                : "; JVMs that are process " + innerPid + " in their containers are " + numbers
                        + (pids.size() > MOST_NAMED ? " and others" : "") + " here";
    }

    /** Processes of pid namespaces below ours that have this number there; ascending. */
    static List<Integer> numbered(Path proc, int innerPid) {
        List<Integer> pids = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[1-9]*")) {
            for (Path process : processes) {
                int pid = Integer.parseInt(process.getFileName().toString());
                Integer inner = ProcFiles.lastField(ProcFiles.text(process.resolve("status")), "NSpid:");
                if (pid != innerPid && inner != null && inner == innerPid) {
                    pids.add(pid);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return List.of();
        }
        pids.sort(null);
        return pids;
    }

    private static boolean isJvm(int pid) {
        try (JvmTarget jvm = JvmTarget.open(pid)) {
            return jvm.alive();
        } catch (JtraceException e) {
            return false;
        }
    }
}
