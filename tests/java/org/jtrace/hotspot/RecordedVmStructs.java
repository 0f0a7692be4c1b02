package org.jtrace.hotspot;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** The tables of real JVMs of several releases, recorded; static fields are given addresses of their own. */
final class RecordedVmStructs implements VmStructs {
    static final long STATICS = 0x10_0000;

    private static final String RESOURCE = "vmstructs.tsv";

    private final Map<String, Field> fields = new HashMap<>();
    private final Map<String, Long> sizes = new HashMap<>();
    private final Map<String, Long> constants = new HashMap<>();
    private long nextStatic = STATICS;

    RecordedVmStructs(int release) {
        List<String> lines = lines();
        String heading = lines.stream().filter(line -> line.startsWith("#\t")).findFirst().orElseThrow();
        int column = Arrays.asList(heading.split("\t")).indexOf(String.valueOf(release));
        lines.stream().filter(line -> !line.startsWith("#")).forEach(line -> add(line.split("\t"), column));
    }

    static List<Integer> releases() {
        String heading = lines().stream().filter(line -> line.startsWith("#\t")).findFirst().orElseThrow();
        return Arrays.stream(heading.split("\t")).skip(2).map(Integer::valueOf).toList();
    }

    @Override
    public Field field(String type, String name) {
        return fields.get(type + "::" + name);
    }

    @Override
    public OptionalLong typeSize(String type) {
        return optional(sizes.get(type));
    }

    @Override
    public OptionalLong constant(String name) {
        return optional(constants.get(name));
    }

    void remove(String name) {
        fields.remove(name);
        sizes.remove(name);
        constants.remove(name);
    }

    void put(String name, Field field) {
        fields.put(name, field);
    }

    private void add(String[] cells, int column) {
        String cell = cells[column];
        if (cell.equals("-")) {
            return;
        }
        switch (cells[0]) {
            case "T" -> sizes.put(cells[1], Long.valueOf(cell));
            case "C" -> constants.put(cells[1], Long.valueOf(cell));
            default -> fields.put(cells[1], field(cell));
        }
    }

    private Field field(String cell) {
        int at = cell.lastIndexOf('@');
        String typeString = cell.substring(0, at).replace("None", "");
        if (cell.endsWith("@S")) {
            nextStatic += Long.BYTES;
            return new Field(typeString, true, nextStatic);
        }
        return new Field(typeString, false, Long.parseLong(cell.substring(at + 1)));
    }

    private static OptionalLong optional(Long value) {
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }

    private static List<String> lines() {
        try (InputStream in = RecordedVmStructs.class.getResourceAsStream(RESOURCE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
