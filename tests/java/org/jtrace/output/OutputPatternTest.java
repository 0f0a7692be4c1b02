package org.jtrace.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.stream.Stream;
import org.jtrace.error.UsageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputPatternTest {
    @TempDir
    private Path directory;

    @Test
    void eachPatternIsReplaced() throws IOException {
        String host = OutputPattern.cleanHostName(Files.readString(Path.of("/proc/sys/kernel/hostname")));
        assertEquals("a-77-20260304-050607-" + host + "-1-100%.txt", nameFrom("a-%p-%t-%h-%n-100%%.txt"));
    }

    @Test
    void aPercentSignBeforeALetterIsNoPattern() throws IOException {
        assertEquals("%p%n.txt", nameFrom("%%p%%n.txt"));
    }

    @Test
    void unknownPatternsAreRefusedWithTheKnownOnes() {
        for (String name : List.of("a%x.txt", "a%", "%%%", "%P.txt", "% .txt")) {
            UsageException e = assertThrows(UsageException.class, () -> OutputPattern.parse(name));
            assertTrue(e.getMessage().contains("%p pid"), e.getMessage());
        }
    }

    @Test
    void namesThatNoFileCanHaveAreRefused() {
        assertThrows(UsageException.class, () -> OutputPattern.parse(""));
        assertThrows(UsageException.class, () -> OutputPattern.parse("a\0b.txt"));
    }

    @Test
    void standardOutputIsADashOrItsDevice() {
        assertTrue(OutputPattern.parse("-").isStdout());
        assertTrue(OutputPattern.parse("/dev/stdout").isStdout());
        assertFalse(OutputPattern.parse("./-").isStdout());
    }

    @Test
    void aHostNameCannotLeadElsewhere() {
        assertEquals("web-1.example.org", OutputPattern.cleanHostName("web-1.example.org\n"));
        assertEquals("_.._etc_passwd", OutputPattern.cleanHostName("../../etc/passwd"));
        assertFalse(OutputPattern.cleanHostName("../x").contains("/"));
        assertFalse(OutputPattern.cleanHostName("-rf").startsWith("-"));
        assertEquals("unknown", OutputPattern.cleanHostName(".."));
        assertEquals("unknown", OutputPattern.cleanHostName("\n"));
    }

    /** The one file that a pattern makes in an empty directory. */
    private String nameFrom(String pattern) throws IOException {
        LocalDateTime start = LocalDateTime.of(2026, 3, 4, 5, 6, 7);
        String escaped = directory.toString().replace("%", "%%");
        String written = OutputPattern.parse(escaped + "/" + pattern)
                .resolve(77, start.atZone(ZoneId.systemDefault()).toInstant())
                .write(out -> out.write("x".getBytes(StandardCharsets.UTF_8)));
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(List.of(Path.of(written)), files.toList());
        }
        return Path.of(written).getFileName().toString();
    }
}
