package org.jtrace.hotspot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SafeTextTest {
    @Test
    void keepsWhatIsHarmless() {
        String text = "K\u00f6ln \u2192 \u6771\u4eac \ud83d\ude00 a;b <init>";
        assertEquals(text, SafeText.clean(text));
    }

    @Test
    void replacesWhatSteersTerminalsAndReaders() {
        for (char c : "\u0000\u0007\b\t\n\r\u001b\u007f\u0080\u009b\u061c\u200e\u200f\u2028\u2029\u202e\u2066\u2069\ufeff"
                .toCharArray()) {
            assertEquals("a\uFFFDb", SafeText.clean("a" + c + "b"), () -> Integer.toHexString(c));
        }
        assertEquals("\uFFFD", SafeText.clean("\ud83d"));
        assertEquals("\uFFFDx", SafeText.clean("\ude00x"));
    }

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
        return SafeText.decodeModifiedUtf8(bytes, bytes.length);
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
