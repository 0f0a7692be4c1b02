package org.jtrace.hotspot;

import java.util.OptionalLong;

/** The rows of {@link VmItem} as one target has them. */
final class HotSpotLayout {
    /** No structure is larger; what claims to be is a broken or hostile table, and counts as missing. */
    private static final int MAX_STRUCT_SIZE = 1 << 16;

    private static final int ROWS = VmItem.values().length;

    private final boolean[] present = new boolean[ROWS];
    private final long[] values = new long[ROWS];
    private final String[] types = new String[ROWS];
    private final int[] widths = new int[ROWS];

    HotSpotLayout(VmStructs structs) {
        for (VmItem item : VmItem.values()) {
            for (String name : item.names) {
                if (find(structs, item, name)) {
                    present[item.ordinal()] = true;
                    break;
                }
            }
        }
    }

    boolean has(VmItem item) {
        return present[item.ordinal()];
    }

    boolean hasAll(VmItem[] items) {
        for (VmItem item : items) {
            if (!has(item)) {
                return false;
            }
        }
        return true;
    }

    /** A field's offset, or a type's size. */
    int offset(VmItem item) {
        return (int) value(item);
    }

    /** A static field's address, or a constant's value. */
    long value(VmItem item) {
        if (!has(item)) {
            throw new IllegalStateException("not in this VM's tables: " + item);
        }
        return values[item.ordinal()];
    }

    /** A field's size in bytes: 1, 2, 4 or 8. */
    int width(VmItem item) {
        return widths[item.ordinal()];
    }

    /** A field's C++ type. */
    String type(VmItem item) {
        return types[item.ordinal()];
    }

    private boolean find(VmStructs structs, VmItem item, String name) {
        return switch (item.kind) {
            case FIELD -> findField(structs, item.ordinal(), name);
            case SIZE -> store(item.ordinal(), structs.typeSize(name), true);
            case CONSTANT -> store(item.ordinal(), structs.constant(name), false);
        };
    }

    private boolean findField(VmStructs structs, int row, String name) {
        int colons = name.indexOf("::");
        VmStructs.Field field = structs.field(name.substring(0, colons), name.substring(colons + 2));
        if (field == null || !(field.isStatic() || isStructSize(field.offsetOrAddress()))) {
            return false;
        }
        values[row] = field.offsetOrAddress();
        types[row] = field.typeString();
        widths[row] = widthOf(field.typeString(), structs);
        return true;
    }

    private boolean store(int row, OptionalLong value, boolean isSize) {
        if (value.isEmpty() || (isSize && !isStructSize(value.getAsLong()))) {
            return false;
        }
        values[row] = value.getAsLong();
        return true;
    }

    private static boolean isStructSize(long value) {
        return value >= 0 && value <= MAX_STRUCT_SIZE;
    }

    /** The same field changes its width between releases, so the width is the type's (int became u2, and so on). */
    private static int widthOf(String typeString, VmStructs structs) {
        String type = typeString.replace("const ", "").replace("volatile ", "").trim();
        return switch (type) {
            case "bool", "u1", "jbyte", "signed char", "unsigned char" -> 1;
            case "u2", "short", "unsigned short", "jushort", "int16_t", "uint16_t" -> 2;
            case "int", "jint", "uint", "unsigned int", "juint", "u4", "int32_t", "uint32_t" -> 4;
            default -> type.endsWith("*") ? Long.BYTES : widthBySize(structs.typeSize(type));
        };
    }

    /** Types without a size of a word's part are structures or unnamed pointers, read by address only. */
    private static int widthBySize(OptionalLong size) {
        long bytes = size.orElse(Long.BYTES);
        return bytes == 1 || bytes == 2 || bytes == 4 ? (int) bytes : Long.BYTES;
    }
}
