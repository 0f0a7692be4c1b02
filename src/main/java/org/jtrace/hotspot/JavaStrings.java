package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

import java.nio.charset.StandardCharsets;
import org.jtrace.profile.CleanText;

/** Reads java.lang.String objects, or fails when what is there is none (moved, not yet copied, freed). */
final class JavaStrings {
    private static final int MAX_CHARS = 512;

    private static final int TYPE_ARRAY_TAG = -1;
    private static final int T_CHAR = 5;
    private static final int T_BYTE = 8;
    private static final int UTF16 = 1;

    private final HotSpotLayout layout;
    private final JavaHeap heap;
    private final long stringKlass;
    private final int valueOffset;
    /** -1 up to JDK 8, where a string is an array of char. */
    private final int coderOffset;

    private JavaStrings(HotSpotLayout layout, JavaHeap heap, long stringKlass, int valueOffset, int coderOffset) {
        this.layout = layout;
        this.heap = heap;
        this.stringKlass = stringKlass;
        this.valueOffset = valueOffset;
        this.coderOffset = coderOffset;
    }

    static JavaStrings of(HotSpotLayout layout, JavaHeap heap, KlassFields fields, TargetReader reader) {
        long klass = reader.pointer(layout.value(STRING_KLASS));
        KlassFields.Field value = fields.find(reader, klass, "value");
        KlassFields.Field coder = fields.find(reader, klass, "coder");
        if (value == null) {
            reader.fail();
            return null;
        }
        return new JavaStrings(layout, heap, klass, value.offset(), coder == null ? -1 : coder.offset());
    }

    /** Cleaned, and cut if it is very long. */
    String read(TargetReader reader, long string) {
        if (heap.klass(reader, string) != stringKlass) {
            reader.fail();
        }
        long array = heap.objectInField(reader, string, valueOffset);
        boolean isUtf16 = coderOffset >= 0 && reader.unsigned(string + coderOffset, 1) == UTF16;
        return readArray(reader, array, isUtf16);
    }

    /** @param isUtf16 what the bytes of an array of byte are; an array of char needs no telling */
    String readArray(TargetReader reader, long array, boolean isUtf16) {
        int layoutHelper = reader.i4(heap.klass(reader, array) + layout.offset(KLASS_LAYOUT_HELPER));
        int elementType = layoutHelper >>> 8 & 0xFF;
        if (layoutHelper >> 30 != TYPE_ARRAY_TAG || (elementType != T_BYTE && elementType != T_CHAR)) {
            reader.fail();
        }
        boolean isWide = isUtf16 || elementType == T_CHAR;
        int elements = reader.i4(array + heap.arrayLengthOffset());
        int chars = isUtf16 && elementType == T_BYTE ? elements / 2 : elements;
        int readable = Math.min(chars, MAX_CHARS);
        int headerSize = layoutHelper >>> 16 & 0xFF;
        byte[] bytes = reader.block(array + headerSize, isWide ? 2 * readable : readable).bytes;
        String text =
                new String(bytes, isWide ? StandardCharsets.UTF_16LE : StandardCharsets.ISO_8859_1);
        return CleanText.of(readable < chars ? text + "..." : text);
    }
}
