package org.jtrace.output;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jtrace.error.UsageException;

/**
 * What {@code -o} was given: a file name with {@code %p} (pid), {@code %t} (start, local time), {@code %h} (host),
 * {@code %n} (first free number, from 1) and {@code %%}; or {@code -} for standard output.
 */
public final class OutputPattern {
    private static final String KNOWN = "pthn%";
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

    private final String text;

    private OutputPattern(String text) {
        this.text = text;
    }

    /** UsageException for an empty name, an unknown {@code %}, or a name that no file can have. */
    public static OutputPattern parse(String text) {
        if (text.isEmpty()) {
            throw new UsageException("-o needs a file name");
        }
        for (int at = text.indexOf('%'); at >= 0; at = text.indexOf('%', at + 2)) {
            if (at + 1 == text.length() || KNOWN.indexOf(text.charAt(at + 1)) < 0) {
                throw new UsageException("unknown pattern '" + text.substring(at, Math.min(at + 2, text.length()))
                        + "' in the output name '" + text
                        + "'; known: %p pid, %t time, %h host, %n counter, %% a percent sign");
            }
        }
        toPath(text);
        return new OutputPattern(text);
    }

    /** {@code -}, or the device that stands for it. */
    public boolean isStdout() {
        return text.equals("-") || text.equals("/dev/stdout");
    }

    /** As it was given. */
    public String text() {
        return text;
    }

    /**
     * The file for one profile. To check an output before a command is started and has a pid, resolve with pid 0 and
     * {@link OutputFile#check() check} that.
     */
    public OutputFile resolve(long pid, Instant start) {
        if (isStdout()) {
            return OutputFile.stdout();
        }
        String time = TIME.format(start.atZone(ZoneId.systemDefault()));
        String host = text.contains("%h") ? hostName() : "";
        boolean numbered = !expand("", "", "", "0").equals(expand("", "", "", "1"));
        return numbered
                ? OutputFile.numbered(number -> toPath(expand(Long.toString(pid), time, host, Integer.toString(number))))
                : OutputFile.of(toPath(expand(Long.toString(pid), time, host, "")));
    }

    private String expand(String pid, String time, String host, String number) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) != '%') {
                name.append(text.charAt(i));
                continue;
            }
            i++;
            switch (text.charAt(i)) {
                case 'p' -> name.append(pid);
                case 't' -> name.append(time);
                case 'h' -> name.append(host);
                case 'n' -> name.append(number);
                default -> name.append('%');
            }
        }
        return name.toString();
    }

    private static Path toPath(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new UsageException("cannot use '" + name + "' as a file name: " + e.getReason()
                    + " (a name outside ASCII needs a UTF-8 locale: LC_ALL=C.UTF-8)");
        }
    }

    /** The kernel's, because InetAddress may ask the network. */
    private static String hostName() {
        try {
            return cleanHostName(Files.readString(Path.of("/proc/sys/kernel/hostname"), StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return "unknown";
        }
    }

    /** A container's name is anybody's choice: no separators, no leading dot or dash. */
    static String cleanHostName(String name) {
        String clean = name.strip().replaceAll("[^A-Za-z0-9._-]", "_").replaceFirst("^[.-]+", "");
        return clean.isEmpty() ? "unknown" : clean;
    }
}
