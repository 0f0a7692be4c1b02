package org.jtrace.output;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Standard output as a place for data. */
final class StandardOutput {
    private static final int FILE_TYPE = 0170000;
    private static final int FIFO = 0010000;
    private static final int SOCKET = 0140000;

    private StandardOutput() {}

    /** Ends quietly when nobody reads any more: {@code jtrace -p 1 | head} is no failure. */
    static void write(OutputFile.Content content) throws IOException {
        // Not System.out, which hides errors.
        OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16);
        try {
            content.writeTo(out);
            out.flush();
        } catch (IOException e) {
            if (!readerIsGone()) {
                throw e;
            }
        }
    }

    /**
     * Whether a failed write means that the reader went away: so it does for a pipe. EPIPE itself is not to be had, an
     * IOException carries only its text, in the user's language.
     */
    private static boolean readerIsGone() {
        try {
            int type = (Integer) Files.getAttribute(Path.of("/proc/self/fd/1"), "unix:mode") & FILE_TYPE;
            return type == FIFO || type == SOCKET;
        } catch (IOException e) {
            return false;
        }
    }
}
