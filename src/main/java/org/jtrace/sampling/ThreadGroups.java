package org.jtrace.sampling;

/** Folds thread names that differ by a number only, so that a pool is one group. */
final class ThreadGroups {
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
        while (end > 0 && isSeparator(threadName.charAt(end - 1))) {
            end--;
        }
        return end == 0 ? threadName : threadName.substring(0, end);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isSeparator(char c) {
        return c == '#' || c == '-' || c == '_' || c == ' ' || c == ':' || c == '.' || c == '/';
    }
}
