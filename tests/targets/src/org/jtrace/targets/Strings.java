package org.jtrace.targets;

import java.util.Arrays;
import java.util.List;

/** Text made and searched: array copies, intrinsics, and much of the JDK's code. */
final class Strings implements Busy.Work {
    private static volatile int sink;

    @Override
    public List<String> calls() {
        return Arrays.asList("Strings.go > Strings.built", "Strings.go > Strings.found",
                "Strings.go > Strings.formatted", "Strings.built > jdk", "Strings.found > jdk",
                "Strings.formatted > jdk", "Strings.go > jdk");
    }

    @Override
    public void go(int seed) {
        String text = built(seed);
        sink = found(text, seed) + formatted(seed).length();
    }

    private static String built(int seed) {
        StringBuilder builder = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            builder.append("word ").append(seed + i).append(i % 7 == 0 ? '\u00e9' : 'e');
        }
        return builder.append(seed % 3 == 0 ? "\u6771" : "").toString();
    }

    private static int found(String text, int seed) {
        return text.indexOf(Integer.toString(seed + 39)) + text.toUpperCase().hashCode()
                + text.substring(3).compareTo(text) + text.split(" ").length;
    }

    private static String formatted(int seed) {
        return String.format("%08x %s", seed, "text");
    }
}
