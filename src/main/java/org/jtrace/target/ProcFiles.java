package org.jtrace.target;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Small files of /proc, as bytes: what is in them has no encoding that could be relied on. */
public final class ProcFiles {
    private ProcFiles() {}

    /** NUL-terminated strings, as in cmdline and environ; empty when the file cannot be read. */
    public static List<byte[]> strings(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            return List.of();
        }
        List<byte[]> strings = new ArrayList<>();
        int begin = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                strings.add(Arrays.copyOfRange(bytes, begin, i));
                begin = i + 1;
            }
        }
        return strings;
    }

    /**
     * A process's command line, its directory given. Where its first thread has ended, that is another thread's to
     * tell; empty when nobody knows.
     */
    static List<byte[]> commandLine(Path process) {
        List<byte[]> arguments = strings(process.resolve("cmdline"));
        if (!arguments.isEmpty()) {
            return arguments;
        }
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(process.resolve("task"))) {
            for (Path task : tasks) {
                arguments = strings(task.resolve("cmdline"));
                if (!arguments.isEmpty()) {
                    break;
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return List.of();
        }
        return arguments;
    }

    /** Numbers separated by spaces, as in task/TID/children; empty when the file cannot be read. */
    static List<Integer> numbers(Path file) {
        String text;
        try {
            text = new String(Files.readAllBytes(file), StandardCharsets.US_ASCII).trim();
        } catch (IOException e) {
            return List.of();
        }
        List<Integer> numbers = new ArrayList<>();
        for (String number : text.isEmpty() ? new String[0] : text.split(" ")) {
            numbers.add(Integer.parseInt(number));
        }
        return numbers;
    }

    /** All of it; empty when the file cannot be read. */
    static String text(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    /** The stat of a process or task by its directory; null when it has ended. */
    static ProcStat stat(Path directory) {
        try {
            return ProcStat.parse(Files.readAllBytes(directory.resolve("stat")));
        } catch (IOException e) {
            return null;
        }
    }

    /** A number of the line that begins with the key, by its place there; null when there is none. */
    static Integer field(String status, String key, int index) {
        String[] numbers = line(status, key);
        return index < numbers.length ? number(numbers[index]) : null;
    }

    /** The last number of that line: for NSpid, the innermost namespace's. */
    static Integer lastField(String status, String key) {
        String[] numbers = line(status, key);
        return numbers.length == 0 ? null : number(numbers[numbers.length - 1]);
    }

    /** null when the text does not begin with one. */
    static Long firstNumber(String text) {
        int end = text.indexOf(' ');
        try {
            return Long.valueOf(end < 0 ? text.trim() : text.substring(0, end));
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static String[] line(String status, String key) {
        for (String line : status.split("\n")) {
            if (line.startsWith(key)) {
                return line.substring(key.length()).trim().split("\\s+");
            }
        }
        return new String[0];
    }

    private static Integer number(String text) {
        try {
            return Integer.valueOf(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
