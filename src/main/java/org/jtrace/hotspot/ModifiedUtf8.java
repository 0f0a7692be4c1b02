package org.jtrace.hotspot;

/** The JVM's own UTF-8, in which zero is two bytes and supplementary characters are two surrogates. */
final class ModifiedUtf8 {
    private static final char REPLACEMENT = '\uFFFD';

    private ModifiedUtf8() {}

    /** Never fails: what is no character becomes the replacement character. */
    static String decode(byte[] bytes, int length) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; ) {
            int b = bytes[i] & 0xFF;
            int size = b < 0x80 ? 1 : (b & 0xE0) == 0xC0 ? 2 : (b & 0xF0) == 0xE0 ? 3 : 0;
            if (size == 0 || i + size > length) {
                text.append(REPLACEMENT);
                i++;
                continue;
            }
            int c = size == 1 ? b : b & (0xFF >> (size + 1));
            for (int k = 1; k < size; k++) {
                c = c << 6 | bytes[i + k] & 0x3F;
            }
            text.append((char) c);
            i += size;
        }
        return text.toString();
    }
}
