package org.jtrace.target;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcFilesTest {
    @TempDir
    Path directory;

    @Test
    void stringsEndInNulAndMayBeEmpty() throws IOException {
        List<byte[]> strings = ProcFiles.strings(Files.write(directory.resolve("cmdline"),
                new byte[] {'a', 'b', 0, 0, (byte) 0xff, 0}));
        assertEquals(3, strings.size());
        assertArrayEquals(new byte[] {'a', 'b'}, strings.get(0));
        assertArrayEquals(new byte[0], strings.get(1));
        assertArrayEquals(new byte[] {(byte) 0xff}, strings.get(2));
    }

    @Test
    void anotherThreadTellsTheCommandLine() throws IOException {
        Path ended = Files.createDirectories(directory.resolve("task/1"));
        Path living = Files.createDirectory(directory.resolve("task/2"));
        Files.createFile(directory.resolve("cmdline"));
        Files.createFile(ended.resolve("cmdline"));
        assertEquals(List.of(), ProcFiles.commandLine(directory));
        Files.write(living.resolve("cmdline"), new byte[] {'a', 0});
        assertArrayEquals(new byte[] {'a'}, ProcFiles.commandLine(directory).get(0));
        Files.write(directory.resolve("cmdline"), new byte[] {'b', 0});
        assertArrayEquals(new byte[] {'b'}, ProcFiles.commandLine(directory).get(0));
        assertEquals(List.of(), ProcFiles.commandLine(directory.resolve("gone")));
    }

    @Test
    void numbersAreSeparatedBySpaces() throws IOException {
        assertEquals(List.of(12, 345), ProcFiles.numbers(Files.writeString(directory.resolve("children"), "12 345 ")));
        assertEquals(List.of(), ProcFiles.numbers(Files.writeString(directory.resolve("none"), "")));
    }

    @Test
    void aFileThatIsGoneIsEmpty() {
        assertEquals(List.of(), ProcFiles.strings(directory.resolve("gone")));
        assertEquals(List.of(), ProcFiles.numbers(directory.resolve("gone")));
    }
}
