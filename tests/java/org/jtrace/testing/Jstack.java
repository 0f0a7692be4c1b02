package org.jtrace.testing;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the JDK's own jstack says: threads by name, each with its frames, root first, spelled as jtrace's profiles do. */
public final class Jstack {
    private static final Pattern THREAD = Pattern.compile("^\"(.*)\" #\\d+ .*");
    private static final Pattern FRAME = Pattern.compile("^\\s+at (.+)\\(([^()]*)\\)$");
    /** The part of a hidden class's name that tells it from others of the same definition; in 8 a decimal number. */
    private static final Pattern HIDDEN_SUFFIX = Pattern.compile("[/+]0x[0-9a-f]+|/\\d+");
    /** What a profile leaves out as well. */
    private static final Pattern SERIAL_NUMBER = Pattern.compile(
            "(?<=\\$\\$Lambda)\\$\\d+|(?<=\\.reflect\\.Generated(?:Method|Constructor|SerializationConstructor)Accessor)\\d+");
    private static final Pattern MODULE = Pattern.compile("^[^/]*/");

    private Jstack() {
    }

    /** Threads that have frames. Of several with the same name the last is kept. */
    public static Map<String, List<String>> threads(Jdk jdk, long pid) {
        return parse(AttachTool.jstack(jdk, pid));
    }

    /** By a jstack that may be somewhere else, as {@link AttachTool#jstack(List, long)} has it. */
    public static Map<String, List<String>> threads(List<String> jstack, long pid) {
        return parse(AttachTool.jstack(jstack, pid));
    }

    static Map<String, List<String>> parse(String dump) {
        Map<String, List<String>> threads = new LinkedHashMap<>();
        List<String> frames = new ArrayList<>();
        for (String line : dump.lines().toList()) {
            Matcher thread = THREAD.matcher(line);
            Matcher frame = FRAME.matcher(line);
            if (thread.matches()) {
                frames = new ArrayList<>();
                threads.put(thread.group(1), frames);
            } else if (frame.matches()) {
                frames.add(frame(frame.group(1), MODULE.matcher(frame.group(2)).replaceFirst("")));
            }
        }
        threads.values().removeIf(List::isEmpty);
        threads.values().forEach(Collections::reverse);
        return threads;
    }

    /** {@code where} is a file and a line, a file alone, or why there is none. */
    private static String frame(String method, String where) {
        String name = SERIAL_NUMBER.matcher(HIDDEN_SUFFIX.matcher(method).replaceAll("")).replaceAll("");
        if (where.equals("Native Method")) {
            return name + "(native)";
        }
        int colon = where.lastIndexOf(':');
        return colon < 0 ? name : name + where.substring(colon);
    }
}
