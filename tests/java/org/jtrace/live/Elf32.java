package org.jtrace.live;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Writes a 32-bit program, for machines whose compiler makes none: an ELF header, one segment, a few instructions. */
final class Elf32 {
    private static final int BASE = 0x08048000;
    private static final int HEADER_SIZE = 52;
    private static final int SEGMENT_SIZE = 32;
    private static final short EXECUTABLE = 2;
    private static final short I386 = 3;
    private static final int LOAD = 1;
    private static final int READ_AND_EXECUTE = 5;
    /** {@code again: mov eax, 29 (pause); int 0x80; jmp again}. */
    private static final byte[] PAUSE_FOREVER =
        {(byte) 0xb8, 29, 0, 0, 0, (byte) 0xcd, (byte) 0x80, (byte) 0xeb, (byte) 0xf7};

    private Elf32() {
    }

    static Path writePauseForever(Path file) throws IOException {
        int size = HEADER_SIZE + SEGMENT_SIZE + PAUSE_FOREVER.length;
        ByteBuffer elf = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(new byte[] {0x7f, 'E', 'L', 'F', 1, 1, 1}).position(16);
        elf.putShort(EXECUTABLE).putShort(I386).putInt(1).putInt(BASE + HEADER_SIZE + SEGMENT_SIZE);
        elf.putInt(HEADER_SIZE).putInt(0).putInt(0);
        elf.putShort((short) HEADER_SIZE).putShort((short) SEGMENT_SIZE).putShort((short) 1).position(HEADER_SIZE);
        elf.putInt(LOAD).putInt(0).putInt(BASE).putInt(BASE).putInt(size).putInt(size).putInt(READ_AND_EXECUTE)
                .putInt(0x1000);
        elf.put(PAUSE_FOREVER);
        Files.write(file, elf.array());
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
