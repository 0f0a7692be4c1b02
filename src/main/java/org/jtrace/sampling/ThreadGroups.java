package org.jtrace.sampling;

/** Folds thread names that differ by a number only, so that a pool is one group. */
final class ThreadGroups {
    /** From JDK 26 on a thread's name to the kernel is its first 7 letters, two dots, and its last 6. */
    private static final int SHORTENED_LENGTH = 15;
    private static final int SHORTENED_BEGINNING = 9;

    private ThreadGroups() {}

    /** {@code GC Thread#3} is {@code GC Thread}, {@code ForkJoinPool-1-worker-12} is {@code ForkJoinPool-1-worker}. */
    static String groupOf(String threadName) {
        int end = threadName.length();
        while (end > 0 && isDigit(threadName.charAt(end - 1))) {
            end--;
        }
        if (end == threadName.length()) {
            return threadName;
        }
        if (isShortened(threadName)) {
            return threadName.substring(0, SHORTENED_BEGINNING); // the longer the number, the less is left before it
        }
        while (end > 0 && isSeparator(threadName.charAt(end - 1))) {
            end--;
        }
        return end == 0 ? threadName : threadName.substring(0, end);
    }

    private static boolean isShortened(String name) {
        return name.length() == SHORTENED_LENGTH && name.startsWith("..", SHORTENED_BEGINNING - 2);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isSeparator(char c) {
        return c == '#' || c == '-' || c == '_' || c == ' ' || c == ':' || c == '.' || c == '/';
    }
}
