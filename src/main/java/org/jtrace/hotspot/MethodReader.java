package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

import org.jtrace.profile.CleanText;

/** From a Method's address to its class, its name and its line numbers. */
final class MethodReader {
    private static final int ACC_NATIVE = 0x100;
    /** The whole ConstMethod may be: 64 KiB of bytecodes, and tables in proportion. */
    private static final int MAX_LINE_TABLE_BYTES = 1 << 18;

    private final Memory memory;
    private final HotSpotLayout layout;
    private final Symbols symbols;
    private final Unsigned5 encoding;
    private final boolean knowsLines;
    private boolean withoutNumbers;
    private long reads;

    MethodReader(Memory memory, HotSpotLayout layout, Symbols symbols) {
        this.memory = memory;
        this.layout = layout;
        this.symbols = symbols;
        this.encoding = Unsigned5.of(layout, memory);
        this.knowsLines = VmFeature.LINE_NUMBERS.availableIn(layout);
    }

    /** Names of generated classes lose their numbers from now on. */
    void leaveOutNumbers() {
        withoutNumbers = true;
    }

    /** How many methods were read so far. */
    long reads() {
        return reads;
    }

    /** null when it cannot be read, as when the method was unloaded. */
    JavaMethod read(long method) {
        reads++;
        TargetReader reader = new TargetReader(memory);
        TargetReader.Block header = reader.block(method, layout.offset(METHOD_SIZE));
        long address = header.pointer(layout.offset(METHOD_CONST_METHOD));
        TargetReader.Block constMethod = reader.block(address, layout.offset(CONST_METHOD_SIZE));
        long pool = constMethod.pointer(layout.offset(CONST_METHOD_CONSTANTS));
        TargetReader.Block poolHeader = reader.block(pool, layout.offset(CONSTANT_POOL_SIZE));
        String name = name(reader, constMethod, pool, poolHeader);
        boolean isNative = (unsigned(header, METHOD_ACCESS_FLAGS) & ACC_NATIVE) != 0;
        if (reader.failed()) {
            return null;
        }
        int codeSize = (int) unsigned(constMethod, CONST_METHOD_CODE_SIZE);
        LineNumberTable lines = isNative ? LineNumberTable.EMPTY : lines(address, constMethod, codeSize);
        return new JavaMethod(name, isNative, codeSize, lines, sourceFile(pool, poolHeader));
    }

    private String name(TargetReader reader, TargetReader.Block constMethod, long pool, TargetReader.Block poolHeader) {
        int poolLength = poolHeader.i4(layout.offset(CONSTANT_POOL_LENGTH));
        int nameIndex = (int) unsigned(constMethod, CONST_METHOD_NAME_INDEX);
        String methodName = symbols.inPool(reader, pool, poolLength, nameIndex);
        String className = GeneratedNames.withoutAddress(
                symbols.ofKlass(reader, poolHeader.pointer(layout.offset(CONSTANT_POOL_HOLDER))));
        String shown = withoutNumbers ? GeneratedNames.withoutNumber(className) : className;
        return CleanText.of(shown.replace('/', '.') + '.' + methodName);
    }

    /** null when the class does not name it, or it cannot be read. */
    private String sourceFile(long pool, TargetReader.Block poolHeader) {
        TargetReader reader = new TargetReader(memory);
        int index = 0;
        if (layout.has(SOURCE_FILE_NAME_IN_POOL)) {
            index = (int) unsigned(poolHeader, SOURCE_FILE_NAME_IN_POOL);
        } else if (layout.has(SOURCE_FILE_NAME_IN_KLASS)) {
            long klass = poolHeader.pointer(layout.offset(CONSTANT_POOL_HOLDER));
            index = (int) reader.unsigned(klass + layout.offset(SOURCE_FILE_NAME_IN_KLASS),
                    layout.width(SOURCE_FILE_NAME_IN_KLASS));
        }
        if (index == 0) {
            return null;
        }
        int poolLength = poolHeader.i4(layout.offset(CONSTANT_POOL_LENGTH));
        String name = CleanText.of(symbols.inPool(reader, pool, poolLength, index));
        return reader.failed() || name.isEmpty() ? null : name;
    }

    /** The line table follows the bytecodes. A method whose table cannot be read still has its name. */
    private LineNumberTable lines(long address, TargetReader.Block constMethod, int codeSize) {
        if (!knowsLines || (unsigned(constMethod, CONST_METHOD_FLAGS) & layout.value(HAS_LINE_NUMBER_TABLE)) == 0) {
            return LineNumberTable.EMPTY;
        }
        int start = layout.offset(CONST_METHOD_SIZE) + codeSize;
        long end = unsigned(constMethod, CONST_METHOD_TOTAL_WORDS) * Long.BYTES;
        int length = (int) Math.max(0, Math.min(end - start, MAX_LINE_TABLE_BYTES));
        TargetReader reader = new TargetReader(memory);
        byte[] table = reader.block(address + start, length).bytes;
        return reader.failed() ? LineNumberTable.EMPTY : LineNumberTable.decode(table, encoding);
    }

    private long unsigned(TargetReader.Block block, VmItem field) {
        return block.unsigned(layout.offset(field), layout.width(field));
    }
}
