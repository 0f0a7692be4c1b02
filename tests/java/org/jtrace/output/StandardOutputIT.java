package org.jtrace.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jtrace.error.JtraceException;
import org.junit.jupiter.api.Test;

/** Standard output belongs to a process, so each case is one. */
class StandardOutputIT {
    private static final int BYTES = 1 << 22;

    /** Writes much to standard output as jtrace does. */
    static final class Writer {
        public static void main(String[] arguments) {
            try {
                OutputFile.stdout().write(out -> out.write(new byte[BYTES]));
            } catch (JtraceException e) {
                System.err.println(e.getMessage());
                System.exit(1);
            }
        }
    }

    @Test
    void allOfItArrives() throws Exception {
        Process writer = writer().start();
        assertEquals(BYTES, writer.getInputStream().readAllBytes().length);
        assertEquals(0, writer.waitFor());
    }

    @Test
    void aReaderThatGoesAwayIsNoFailure() throws Exception {
        Process writer = writer().start();
        try (InputStream output = writer.getInputStream()) {
            assertEquals(10, output.readNBytes(10).length);
        }
        assertEquals("", errors(writer));
        assertEquals(0, writer.waitFor());
    }

    @Test
    void aFullDiskIsAFailure() throws Exception {
        Process writer = writer().redirectOutput(new File("/dev/full")).start();
        String errors = errors(writer);
        assertTrue(errors.startsWith("cannot write to standard output: "), errors);
        assertEquals(1, writer.waitFor());
    }

    private static ProcessBuilder writer() {
        return new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), Writer.class.getName()));
    }

    private static String errors(Process process) throws IOException {
        return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
