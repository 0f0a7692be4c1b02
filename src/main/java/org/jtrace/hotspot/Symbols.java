package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

/** HotSpot's Symbol (a name in modified UTF-8), alone or in a constant pool. */
final class Symbols {
    /** Longer ones are cut; compilers stop at file names of 255 bytes, generators at little more. */
    private static final int MAX_LENGTH = 2048;

    private final HotSpotLayout layout;
    private final int headerSize;

    Symbols(HotSpotLayout layout) {
        this.layout = layout;
        this.headerSize = layout.offset(SYMBOL_LENGTH) + layout.width(SYMBOL_LENGTH);
    }

    /** As the target has it: not cleaned. */
    String read(TargetReader reader, long symbol) {
        int length = (int) reader.block(symbol, headerSize)
                .unsigned(layout.offset(SYMBOL_LENGTH), layout.width(SYMBOL_LENGTH));
        int readable = Math.min(length, MAX_LENGTH);
        byte[] body = reader.block(symbol + layout.offset(SYMBOL_BODY), readable).bytes;
        String text = ModifiedUtf8.decode(body, body.length);
        return readable < length ? text + "..." : text;
    }

    String ofKlass(TargetReader reader, long klass) {
        return read(reader, reader.pointer(klass + layout.offset(KLASS_NAME)));
    }

    String inPool(TargetReader reader, long pool, int poolLength, int index) {
        if (index <= 0 || index >= poolLength) {
            reader.fail();
            return "";
        }
        // Bit 0 is a tag in the slots of unresolved entries.
        long slot = reader.pointer(pool + layout.offset(CONSTANT_POOL_SIZE) + (long) index * Long.BYTES);
        return read(reader, slot & ~1L);
    }
}
