package org.jtrace.hotspot;

/** Names of the target as text that cannot harm: it may be hostile, and what it is called goes to terminals and pages. */
final class SafeText {
    private static final char REPLACEMENT = '\uFFFD';

    private SafeText() {}

    /** Control characters, separators of lines and paragraphs, bidirectional controls and lone surrogates are replaced. */
    static String clean(String text) {
        StringBuilder clean = new StringBuilder(text);
        for (int i = 0; i < text.length(); i++) {
            if (isUnsafe(text, i)) {
                clean.setCharAt(i, REPLACEMENT);
            }
        }
        return clean.toString();
    }

    /** The JVM's own UTF-8, in which zero is two bytes and supplementary characters are two surrogates. Never fails. */
    static String decodeModifiedUtf8(byte[] bytes, int length) {
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

    private static boolean isUnsafe(String text, int index) {
        char c = text.charAt(index);
        if (c < 0x7F) {
            return c < 0x20;
        }
        if (Character.isHighSurrogate(c)) {
            return index + 1 == text.length() || !Character.isLowSurrogate(text.charAt(index + 1));
        }
        if (Character.isLowSurrogate(c)) {
            return index == 0 || !Character.isHighSurrogate(text.charAt(index - 1));
        }
        return c < 0xA0 || c == '\u061C' || c == '\u200E' || c == '\u200F' || (c >= '\u2028' && c <= '\u202E')
                || (c >= '\u2066' && c <= '\u2069') || c == '\uFEFF';
    }
}
