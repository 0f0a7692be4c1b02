package org.jtrace.hotspot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ModifiedUtf8Test {
    @Test
    void decodesModifiedUtf8() {
        assertEquals("a\u00f6\u6771", decode("a\u00f6\u6771".getBytes(StandardCharsets.UTF_8)));
        assertEquals("\0", decode(new byte[] {(byte) 0xC0, (byte) 0x80}));
        assertEquals("\ud83d\ude00", decode(bytes(0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80)));
    }

    @Test
    void brokenEncodingIsReplaced() {
        assertEquals("\uFFFDa", decode(bytes(0x80, 'a')));
        assertEquals("\uFFFD", decode(bytes(0xC3)));
        assertEquals("\uFFFDa", decode(bytes(0xE4, 'a')));
        assertEquals("\uFFFD", decode(bytes(0xFF)));
    }

    private static String decode(byte[] bytes) {
        return ModifiedUtf8.decode(bytes, bytes.length);
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
