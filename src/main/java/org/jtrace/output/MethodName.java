package org.jtrace.output;

/** Method names made to fit. */
final class MethodName {
    private MethodName() {}

    /**
     * At most {@code width} characters: the packages are cut to their initials from the left until it fits, then the
     * beginning is dropped, because the end (class and method) says most.
     */
    static String fit(String name, int width) {
        StringBuilder shorter = new StringBuilder(name);
        int from = 0;
        while (shorter.length() > width) {
            int dot = shorter.indexOf(".", from);
            if (dot < 0 || !startsLowerCase(shorter, from)) {
                break;
            }
            shorter.delete(from + 1, dot);
            from += 2;
        }
        if (shorter.length() <= width) {
            return shorter.toString();
        }
        return width <= 3 ? shorter.substring(0, width) : "..." + shorter.substring(shorter.length() - (width - 3));
    }

    private static boolean startsLowerCase(CharSequence name, int from) {
        return from < name.length() && Character.isLowerCase(name.charAt(from));
    }
}
