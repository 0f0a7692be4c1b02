package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jtrace.testing.Command;
import org.jtrace.testing.JavaDump;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.Namespaces;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Thread dumps where nothing can be written. */
class FullDiskIT {
    private static final List<String> MOUNTS = List.of("unshare", "--mount");

    @TempDir
    private Path directory;

    /** A file keeps what was in it, none is left half written, and a script is told. */
    @Test
    void dumpToAFullDiskChangesNothing() {
        Namespaces.require(MOUNTS);
        try (TargetJvm target = TargetJvm.start(VmSetup.defaults().findFirst().orElseThrow(), "Idle")) {
            Command.Result result = Command.of(Namespaces.around(MOUNTS, List.of("sh", "-c", """
                    jtrace=$1 pid=$2
                    mount -t tmpfs -o size=16k tmpfs "$3" && cd "$3" || exit 99
                    echo precious >old.txt
                    touch stdout.txt
                    head -c 1m /dev/zero >fill 2>/dev/null
                    for file in old.txt new.txt; do
                        "$jtrace" -d -p "$pid" -o "$file"
                        echo "status $?"
                    done
                    "$jtrace" -d -p "$pid" >stdout.txt
                    echo "status $?"
                    "$jtrace" -d -p "$pid" >/dev/full
                    echo "status $?"
                    cat old.txt
                    ls -A
                    """, "sh", Jtrace.launcher().toString(), String.valueOf(target.pid()), directory.toString()))).run();
            assertEquals("status 1\nstatus 1\nstatus 1\nstatus 1\nprecious\nfill\nold.txt\nstdout.txt\n", result.stdout(),
                    result::toString);
            List<String> errors = result.stderr().lines().toList();
            assertEquals(4, errors.size(), result::toString);
            errors.forEach(line -> assertTrue(line.matches("jtrace: cannot write .*[Nn]o space.*"), line));
        }
    }

    /** The process's own /tmp, which is where attach would have to meet it. */
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#oldestAndNewest")
    void deletedTemporaryDirectory(VmSetup setup) throws IOException {
        Namespaces.require(MOUNTS);
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        List<String> command = TargetJvm.command(setup.jdk(), setup.options(), "Idle");
        try (TargetJvm target = TargetJvm.start(Namespaces.around(MOUNTS, command))) {
            String pid = String.valueOf(target.jvmPid());
            Command.Result mounted = Command.of(Namespaces.inside(target.jvmPid(), "--mount",
                    List.of("mount", "--bind", temporary.toString(), "/tmp"))).run();
            assertEquals(0, mounted.exit(), mounted::toString);
            Files.delete(temporary);
            Command.Result touched = Command.of(Namespaces.inside(target.jvmPid(), "--mount",
                    List.of("touch", "/tmp/file"))).run();
            assertTrue(touched.exit() != 0, touched::toString);
            Command.Result result = Jtrace.run("-d", "-p", pid);
            assertEquals(0, result.exit(), result::toString);
            assertTrue(JavaDump.parse(result.stdout()).threads().get("main").frames().size() > 1, result::toString);
        }
    }
}
