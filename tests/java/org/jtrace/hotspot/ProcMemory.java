package org.jtrace.hotspot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** A process's memory through /proc: needs no native code, so that this package is tested by itself. */
final class ProcMemory implements Memory, AutoCloseable {
    private final FileChannel channel;
    private int reads;

    ProcMemory(long pid) throws IOException {
        channel = FileChannel.open(Path.of("/proc/" + pid + "/mem"));
    }

    @Override
    public boolean read(long address, byte[] into, int offset, int length) {
        reads++;
        if (address < 0) {
            return false;
        }
        try {
            ByteBuffer buffer = ByteBuffer.wrap(into, offset, length);
            for (int count = 1; buffer.hasRemaining() && count > 0; ) {
                count = channel.read(buffer, address + buffer.position() - offset);
            }
            return !buffer.hasRemaining();
        } catch (IOException unmapped) {
            return false;
        }
    }

    /** How often it was asked so far. */
    int reads() {
        return reads;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
