package org.jtrace.cli;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtrace.target.ProcFiles;

/**
 * Arguments and environment for a command that jtrace starts, byte for byte as they were given: Java decodes both by
 * the locale, and what it cannot decode is lost.
 */
final class CommandBytes {
    /** The launcher keeps here what it changed for jtrace's own JVM. */
    private static final String SAVED = "JTRACE_SAVED_";
    private static final String SAVED_LOCALE = "LC_ALL";

    private CommandBytes() {}

    /** The last arguments of this process. */
    static byte[][] arguments(List<String> decoded) {
        return arguments(decoded, ProcFiles.strings(Path.of("/proc/self/cmdline")));
    }

    /**
     * @param decoded the command as Java sees it, at the end of the command line
     * @param commandLine all of this process's arguments
     */
    static byte[][] arguments(List<String> decoded, List<byte[]> commandLine) {
        byte[][] arguments = new byte[decoded.size()][];
        int skipped = commandLine.size() - decoded.size();
        for (int i = 0; i < arguments.length; i++) {
            // The first may stand in one argument with -t.
            boolean same = skipped >= 0 && (i > 0 || decode(commandLine.get(skipped)).equals(decoded.get(0)));
            arguments[i] = same ? commandLine.get(skipped + i) : encode(decoded.get(i));
        }
        return arguments;
    }

    static byte[] encode(String argument) {
        return argument.getBytes(localeCharset());
    }

    private static String decode(byte[] argument) {
        return new String(argument, localeCharset());
    }

    /** By which the JVM decoded the arguments. */
    private static Charset localeCharset() {
        String name = System.getProperty("sun.jnu.encoding", "UTF-8");
        return Charset.isSupported(name) ? Charset.forName(name) : StandardCharsets.UTF_8;
    }

    /** This process's environment as it was before the launcher changed it. */
    static byte[][] environment() {
        return environment(ProcFiles.strings(Path.of("/proc/self/environ")));
    }

    static byte[][] environment(List<byte[]> variables) {
        Map<String, String> restored = new LinkedHashMap<>();
        List<String> kept = new ArrayList<>();
        for (byte[] bytes : variables) {
            // One char per byte, and back: nothing is lost.
            String variable = new String(bytes, StandardCharsets.ISO_8859_1);
            if (variable.startsWith(SAVED)) {
                restored.put(name(variable).substring(SAVED.length()), variable.substring(SAVED.length()));
            } else {
                kept.add(variable);
            }
        }
        kept.removeIf(variable -> restored.containsKey(name(variable)));
        restored.forEach((name, variable) -> {
            if (!variable.equals(SAVED_LOCALE + '=')) {
                kept.add(variable);
            }
        });
        return kept.stream().map(variable -> variable.getBytes(StandardCharsets.ISO_8859_1)).toArray(byte[][]::new);
    }

    private static String name(String variable) {
        int end = variable.indexOf('=');
        return end < 0 ? variable : variable.substring(0, end);
    }
}
