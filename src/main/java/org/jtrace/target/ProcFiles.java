package org.jtrace.target;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
}
