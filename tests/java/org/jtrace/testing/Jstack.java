package org.jtrace.testing;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the JDK's own jstack says: threads by name, each with its frames, root first, spelled as jtrace spells them. */
public final class Jstack {
    private static final Pattern THREAD = Pattern.compile("^\"(.*)\" #\\d+ .*");
    private static final Pattern FRAME = Pattern.compile("^\\s+at (.+)\\(([^()]*)\\)$");
    /** The part of a hidden class's name that tells it from others of the same definition; in 8 a decimal number. */
    private static final Pattern HIDDEN_SUFFIX = Pattern.compile("[/+]0x[0-9a-f]+|/\\d+");
    private static final Pattern MODULE = Pattern.compile("^[^/]*/");

    private static final String BROKEN_CHARACTER = "\uFFFD";

    private Jstack() {
    }

    /** Threads that have frames. Of several with the same name the last is kept. */
    public static Map<String, List<String>> threads(Jdk jdk, long pid) {
        return threads(arguments -> jdk.command("jstack", List.of(), arguments), pid);
    }

    /** By a jstack that may be somewhere else: in a container with the JVM, say. */
    public static Map<String, List<String>> threads(List<String> jstack, long pid) {
        return threads(arguments -> Namespaces.around(jstack, arguments), pid);
    }

    /** {@code jstack} makes a command line of its arguments. */
    private static Map<String, List<String>> threads(UnaryOperator<List<String>> jstack, long pid) {
        String dump = dump(jstack, String.valueOf(pid));
        // The jstack of 8 breaks characters across each multiple of 256 bytes. A list of locks moves them.
        return parse(dump.contains(BROKEN_CHARACTER) ? dump(jstack, "-l", String.valueOf(pid)) : dump);
    }

    private static String dump(UnaryOperator<List<String>> jstack, String... arguments) {
        Command.Result result = Jdk.inUtf8(jstack, arguments).run();
        if (result.exit() != 0) {
            throw new IllegalStateException("jstack " + List.of(arguments) + ": " + result);
        }
        return result.stdout();
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
        String name = HIDDEN_SUFFIX.matcher(method).replaceAll("");
        if (where.equals("Native Method")) {
            return name + "(native)";
        }
        int colon = where.lastIndexOf(':');
        return colon < 0 ? name : name + where.substring(colon);
    }
}
