package org.jtrace.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What containers are made of: namespaces of the kernel, by util-linux. */
public final class Namespaces {
    private static final String PID = "--pid --fork --kill-child --mount-proc";

    /** Kinds of containers. */
    public enum Container {
        MOUNTS("unshare --mount", "--mount"),
        PIDS("unshare " + PID, "--mount --pid"),
        NESTED_PIDS("unshare " + PID + " unshare " + PID, "--mount --pid"),
        ROOT_OF_A_USER_NAMESPACE("unshare --user --map-root-user", "--user"),
        USER_OF_A_USER_NAMESPACE("unshare --user --map-user=1000 --map-group=1000", "--user --preserve-credentials"),
        ALL("unshare --user --map-root-user --ipc --uts " + PID, "--user --mount --pid --ipc --uts");

        private final List<String> creation;
        private final String namespaces;

        Container(String creation, String namespaces) {
            this.creation = List.of(creation.split(" "));
            this.namespaces = namespaces;
        }

        /** Runs the command in a new container of this kind. */
        public List<String> around(List<String> command) {
            return Namespaces.around(creation, command);
        }

        /** Runs the command in the container that the process is in. */
        public List<String> inside(long pid, List<String> command) {
            return Namespaces.inside(pid, namespaces, command);
        }
    }

    private Namespaces() {
    }

    /** A command line that begins with another one. */
    public static List<String> around(List<String> wrapper, List<String> command) {
        List<String> both = new ArrayList<>(wrapper);
        both.addAll(command);
        return both;
    }

    /** Runs the command in a mount namespace of its own, after a shell's script for it. */
    public static List<String> afterScript(String script, List<String> command) {
        return around(List.of("unshare", "--mount", "sh", "-e", "-c", script + "\nexec \"$@\"", "sh"), command);
    }

    /** Runs the command where the process is, as to these namespaces; with all of them as {@code docker exec} does. */
    public static List<String> inside(long pid, String namespaces, List<String> command) {
        List<String> wrapper = new ArrayList<>(List.of("nsenter", "--target", String.valueOf(pid)));
        wrapper.addAll(List.of(namespaces.split(" ")));
        return around(wrapper, command);
    }

    /** Skips a test where this command line, with something harmless behind it, does not work; in CI the test fails. */
    public static void require(List<String> wrapper) {
        Command.Result result = Command.of(around(wrapper, List.of("true"))).run();
        assertTrue(result.exit() == 0 || System.getenv("CI") == null, () -> wrapper + " has to work in CI: " + result);
        assumeTrue(result.exit() == 0, () -> wrapper + " does not work here: " + result.stderr());
    }

    /** The number of a process in its own, innermost pid namespace. */
    public static long innermostPid(long pid) {
        try {
            String line = Files.readString(Path.of("/proc/" + pid + "/status")).lines()
                    .filter(candidate -> candidate.startsWith("NSpid:")).findFirst().orElseThrow();
            return Long.parseLong(line.substring(line.lastIndexOf('\t') + 1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
