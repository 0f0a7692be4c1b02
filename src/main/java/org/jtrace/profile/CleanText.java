package org.jtrace.profile;

/** Text that is safe to print: names come from the target, which is not trusted. */
public final class CleanText {
    private CleanText() {}

    /**
     * Replaces what could steer a terminal or break a line-based format: control characters, line and paragraph
     * separators, bidirectional controls and lone surrogates.
     */
    public static String of(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isUnsafe(text, i)) {
                return replaceUnsafe(text);
            }
        }
        return text;
    }

    private static String replaceUnsafe(String text) {
        StringBuilder clean = new StringBuilder(text);
        for (int i = 0; i < text.length(); i++) {
            if (isUnsafe(text, i)) {
                clean.setCharAt(i, '\uFFFD');
            }
        }
        return clean.toString();
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
