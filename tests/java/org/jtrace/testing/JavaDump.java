package org.jtrace.testing;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A thread dump in jstack's layout, taken apart. Module versions and the addresses in hidden classes' names are cut off,
 * as jtrace does not give them.
 */
public final class JavaDump {
    private static final Pattern HEADING = Pattern.compile("^\"(.*)\" (.*)$");
    /** 8 has a hash there. */
    private static final Pattern HIDDEN_SUFFIX = Pattern.compile("/(?:0x[0-9a-f]{16}|\\d+)(?=\\.)");
    private static final Pattern MODULE = Pattern.compile("\\([\\w.]+(?:@[^/)]*)?/");

    private final List<String> lines;
    private final Map<String, DumpThread> threads = new LinkedHashMap<>();
    private final Map<String, List<String>> synchronizers = new LinkedHashMap<>();
    private final List<String> deadlocks = new ArrayList<>();

    /**
     * @param heading what stands behind the name, without the fields
     * @param fields {@code prio=5} and the like, by name
     * @param lines below the heading, as they are; without those of ownable synchronizers
     */
    public record DumpThread(String name, String heading, Map<String, String> fields, List<String> lines) {
        public List<String> frames() {
            return lines.stream().filter(line -> line.startsWith("\tat ")).toList();
        }

        /** Frames with their locks. */
        public List<String> stack() {
            return lines.stream().filter(line -> line.startsWith("\tat ") || line.startsWith("\t- ")).toList();
        }

        /** Frames, locks and the line with the state. */
        public String line(String beginning) {
            return lines.stream().filter(line -> line.trim().startsWith(beginning)).findFirst().orElse(null);
        }
    }

    private JavaDump(List<String> lines) {
        this.lines = lines;
    }

    public static JavaDump parse(String text) {
        JavaDump dump = new JavaDump(text.lines().toList());
        DumpThread current = null;
        List<String> owned = null;
        for (String line : dump.lines) {
            Matcher heading = HEADING.matcher(line);
            if (heading.matches()) {
                current = thread(heading.group(1), heading.group(2));
                dump.threads.put(current.name, current);
            } else if (current != null && line.startsWith("   Locked ownable synchronizers")) {
                owned = dump.synchronizers.computeIfAbsent(current.name, name -> new ArrayList<>());
                current = null;
            } else if (owned != null) {
                owned = line.startsWith("\t- ") && owned.add(line) ? owned : null;
            } else if (line.startsWith("Found ") || !dump.deadlocks.isEmpty()) {
                current = null;
                dump.deadlocks.add(clean(line));
            } else if (current != null && !line.isBlank()) {
                current.lines.add(clean(line));
            }
        }
        return dump;
    }

    private static DumpThread thread(String name, String heading) {
        Map<String, String> fields = new LinkedHashMap<>();
        StringBuilder rest = new StringBuilder();
        for (String word : heading.split(" ")) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                fields.put(word.substring(0, equals), word.substring(equals + 1));
            } else if (!word.isEmpty()) {
                rest.append(rest.length() == 0 ? "" : " ").append(word);
            }
        }
        return new DumpThread(name, rest.toString(), fields, new ArrayList<>());
    }

    private static String clean(String line) {
        return MODULE.matcher(HIDDEN_SUFFIX.matcher(line).replaceAll("")).replaceFirst("(");
    }

    public Map<String, DumpThread> threads() {
        return threads;
    }

    /** Of {@code Locked ownable synchronizers}, by thread; {@code - None} included. */
    public Map<String, List<String>> synchronizers() {
        return synchronizers;
    }

    /** From the first {@code Found one Java-level deadlock} on, without empty lines. */
    public List<String> deadlocks() {
        return deadlocks.stream().filter(line -> !line.isBlank()).toList();
    }

    public List<String> lines() {
        return lines;
    }
}
