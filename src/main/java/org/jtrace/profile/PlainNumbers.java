package org.jtrace.profile;

/**
 * Numbers as text, for what is printed by commands that should end at once: the first String.format takes 10 ms, as it
 * loads the locales' data.
 */
public final class PlainNumbers {
    private static final int GROUP = 3;
    private static final int ADDRESS_DIGITS = 16;

    private PlainNumbers() {}

    /** {@code 12,345}. */
    public static String grouped(long value) {
        StringBuilder text = new StringBuilder(Long.toString(value));
        int first = value < 0 ? 1 : 0;
        for (int i = text.length() - GROUP; i > first; i -= GROUP) {
            text.insert(i, ',');
        }
        return text.toString();
    }

    /** A number that is not negative, divided by a power of ten, rounded half up to so many decimals. */
    public static String decimal(long value, long divisor, int decimals) {
        long scale = 1;
        for (int i = 0; i < decimals; i++) {
            scale *= 10;
        }
        long step = divisor / scale;
        long scaled = value / step + (value % step * 2 >= step ? 1 : 0);
        String fraction = Long.toString(scaled % scale + scale).substring(1);
        return scaled / scale + "." + fraction;
    }

    /** {@code 0x00007f1234567890}. */
    public static String address(long address) {
        String digits = Long.toHexString(address);
        return "0x" + "0".repeat(ADDRESS_DIGITS - digits.length()) + digits;
    }
}
