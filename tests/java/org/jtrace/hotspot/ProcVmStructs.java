package org.jtrace.hotspot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/** A live libjvm's structure tables, read the slow and plain way. */
final class ProcVmStructs implements VmStructs {
    private final TargetReader reader;
    private final Map<String, Long> symbols = new HashMap<>();
    private final Map<String, Field> fields = new HashMap<>();
    private final Map<String, Long> sizes = new HashMap<>();
    private final Map<String, Long> constants = new HashMap<>();

    ProcVmStructs(long pid, Memory memory) throws IOException {
        reader = new TargetReader(memory);
        readSymbols(pid);
        readFields();
        readSizes();
        readConstants("gHotSpotVMIntConstant", Integer.BYTES);
        readConstants("gHotSpotVMLongConstant", Long.BYTES);
        if (reader.failed()) {
            throw new IOException("tables of " + pid + " cannot be read");
        }
    }

    @Override
    public Field field(String type, String name) {
        return fields.get(type + "::" + name);
    }

    @Override
    public OptionalLong typeSize(String type) {
        return sizes.containsKey(type) ? OptionalLong.of(sizes.get(type)) : OptionalLong.empty();
    }

    @Override
    public OptionalLong constant(String name) {
        return constants.containsKey(name) ? OptionalLong.of(constants.get(name)) : OptionalLong.empty();
    }

    private void readSymbols(long pid) throws IOException {
        String mapping = Files.readAllLines(Path.of("/proc/" + pid + "/maps")).stream()
                .filter(line -> line.endsWith("/libjvm.so")).findFirst().orElseThrow();
        long base = Long.parseUnsignedLong(mapping.substring(0, mapping.indexOf('-')), 16);
        try (FileChannel file = FileChannel.open(Path.of(mapping.substring(mapping.indexOf('/'))))) {
            ByteBuffer elf = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size()).order(ByteOrder.LITTLE_ENDIAN);
            int sectionTable = (int) elf.getLong(40);
            for (int i = 0; i < elf.getShort(60); i++) {
                int section = sectionTable + i * elf.getShort(58);
                boolean isDynamicSymbolTable = elf.getInt(section + 4) == 11;
                if (isDynamicSymbolTable) {
                    int strings = sectionTable + elf.getInt(section + 40) * elf.getShort(58);
                    readSymbols(elf, section, (int) elf.getLong(strings + 24), base);
                }
            }
        }
    }

    private void readSymbols(ByteBuffer elf, int section, int strings, long base) {
        long start = elf.getLong(section + 24);
        for (int symbol = (int) start; symbol < start + elf.getLong(section + 32); symbol += 24) {
            String name = string(elf, strings + elf.getInt(symbol));
            if (name.startsWith("gHotSpot")) {
                symbols.put(name, base + elf.getLong(symbol + 8));
            }
        }
    }

    private static String string(ByteBuffer bytes, int start) {
        int end = start;
        while (bytes.get(end) != 0) {
            end++;
        }
        byte[] text = new byte[end - start];
        bytes.get(start, text);
        return new String(text, StandardCharsets.ISO_8859_1);
    }

    private void readFields() {
        String prefix = "gHotSpotVMStructEntry";
        long stride = variable(prefix + "ArrayStride");
        for (long entry = variable("gHotSpotVMStructs"); string(entry, prefix + "TypeNameOffset") != null;
                entry += stride) {
            String type = string(entry, prefix + "TypeNameOffset");
            String name = string(entry, prefix + "FieldNameOffset");
            String typeString = string(entry, prefix + "TypeStringOffset");
            boolean isStatic = reader.i4(entry + variable(prefix + "IsStaticOffset")) != 0;
            long value = reader.pointer(
                    entry + variable(prefix + (isStatic ? "AddressOffset" : "OffsetOffset")));
            fields.put(type + "::" + name, new Field(typeString == null ? "" : typeString, isStatic, value));
        }
    }

    private void readSizes() {
        String prefix = "gHotSpotVMTypeEntry";
        long stride = variable(prefix + "ArrayStride");
        for (long entry = variable("gHotSpotVMTypes"); string(entry, prefix + "TypeNameOffset") != null;
                entry += stride) {
            sizes.put(
                    string(entry, prefix + "TypeNameOffset"),
                    reader.pointer(entry + variable(prefix + "SizeOffset")));
        }
    }

    private void readConstants(String table, int width) {
        String prefix = table + "Entry";
        long stride = variable(prefix + "ArrayStride");
        for (long entry = variable(table + "s"); string(entry, prefix + "NameOffset") != null; entry += stride) {
            constants.putIfAbsent(
                    string(entry, prefix + "NameOffset"),
                    reader.unsigned(entry + variable(prefix + "ValueOffset"), width));
        }
    }

    private long variable(String symbol) {
        return reader.pointer(symbols.get(symbol));
    }

    /** null where the pointer is. */
    private String string(long entry, String offsetVariable) {
        long address = reader.pointer(entry + variable(offsetVariable));
        return address == 0 ? null : reader.cString(address);
    }
}
