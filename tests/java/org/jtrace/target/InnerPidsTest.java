package org.jtrace.target;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InnerPidsTest {
    @TempDir
    private Path proc;

    @Test
    void theInnermostNumberCounts() throws IOException {
        process("1", "NStgid:\t1\nNSpid:\t1\nNSpgid:\t1\n");
        process("200", "Name:\tNSpid:\t3\t1\nNSpid:\t200\t1\nNSpgid:\t1\t0\n");
        process("30", "Name:\tjava\nNSpid:\t30\t7\t1\nNSpgid:\t30\t7\t1\n");
        process("40", "NSpid:\t40\t1\t7\n");
        process("50", "NSpid:\t50\t11\n");
        Files.createDirectory(proc.resolve("60"));
        Files.createDirectory(proc.resolve("sys"));
        assertEquals(List.of(30, 200), InnerPids.numbered(proc, 1));
        assertEquals(List.of(40), InnerPids.numbered(proc, 7));
        assertEquals(List.of(), InnerPids.numbered(proc, 200));
    }

    @Test
    void noProcNoPids() {
        assertEquals(List.of(), InnerPids.numbered(proc.resolve("none"), 1));
    }

    @Test
    void hintsAreShort() {
        assertEquals("", InnerPids.hint(1, List.of()));
        assertEquals("; the JVM that is process 1 in its container is process 30 here", InnerPids.hint(1, List.of(30)));
        assertEquals("; JVMs that are process 1 in their containers are 30, 200 here",
                InnerPids.hint(1, List.of(30, 200)));
        assertEquals("; JVMs that are process 1 in their containers are 2, 3, 4, 5, 6 and others here",
                InnerPids.hint(1, List.of(2, 3, 4, 5, 6, 7)));
    }

    private void process(String pid, String status) throws IOException {
        Files.writeString(Files.createDirectory(proc.resolve(pid)).resolve("status"), status);
    }
}
