package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

/** Finds and copies an nmethod's debug info: PcDescs, scopes and metadata, which every few releases move. */
final class DebugInfoReader {
    /** 25 and later: metadata in the mutable data behind the relocations, the rest in the immutable data. */
    static final VmItem[] IN_MUTABLE_AND_IMMUTABLE_DATA = {
        NMETHOD_IMMUTABLE_DATA, NMETHOD_IMMUTABLE_DATA_SIZE, NMETHOD_SCOPES_DATA_OFFSET,
        CODE_BLOB_MUTABLE_DATA, CODE_BLOB_MUTABLE_DATA_SIZE, CODE_BLOB_RELOCATION_SIZE
    };
    /** 23 and 24: metadata in the blob's data section. */
    static final VmItem[] IN_BLOB_AND_IMMUTABLE_DATA = {
        NMETHOD_IMMUTABLE_DATA, NMETHOD_IMMUTABLE_DATA_SIZE, NMETHOD_SCOPES_DATA_OFFSET,
        NMETHOD_METADATA_OFFSET, CODE_BLOB_DATA_OFFSET, CODE_BLOB_SIZE
    };
    /** 9 to 22: all in the blob, in the order metadata, scopes, PcDescs, dependencies. */
    static final VmItem[] IN_BLOB_BY_POINTER = {
        COMPILED_METHOD_SCOPES_DATA_BEGIN, NMETHOD_METADATA_OFFSET, NMETHOD_DEPENDENCIES_OFFSET
    };
    /** 8: the same, all as offsets. */
    static final VmItem[] IN_BLOB_BY_OFFSET = {
        NMETHOD_SCOPES_DATA_OFFSET, NMETHOD_METADATA_OFFSET, NMETHOD_DEPENDENCIES_OFFSET
    };

    /** The largest nmethods have some hundred KiB. */
    private static final int MAX_SECTION_BYTES = 8 << 20;

    private final HotSpotLayout layout;
    private final Unsigned5 encoding;

    DebugInfoReader(Memory memory, HotSpotLayout layout) {
        this.layout = layout;
        this.encoding = Unsigned5.of(layout, memory);
    }

    /** Three neighbouring sections in one copy: from, to in bytes. */
    private record Section(long from, long to) {
        long length() {
            return to - from;
        }
    }

    /** @param header the nmethod's first bytes, of the size of its type */
    DebugInfo read(TargetReader reader, long nmethod, TargetReader.Block header) {
        if (layout.has(NMETHOD_IMMUTABLE_DATA)) {
            return readImmutableData(reader, nmethod, header);
        }
        Section scopes = new Section(scopesBegin(nmethod, header), nmethod + i4(header, NMETHOD_SCOPES_PCS_OFFSET));
        Section pcs = new Section(scopes.to, nmethod + i4(header, NMETHOD_DEPENDENCIES_OFFSET));
        Section metadata = new Section(nmethod + i4(header, NMETHOD_METADATA_OFFSET), scopes.from);
        return read(reader, scopes, pcs, metadata);
    }

    private DebugInfo readImmutableData(TargetReader reader, long nmethod, TargetReader.Block header) {
        long data = header.pointer(layout.offset(NMETHOD_IMMUTABLE_DATA));
        Section pcs = new Section(
                data + i4(header, NMETHOD_SCOPES_PCS_OFFSET), data + i4(header, NMETHOD_SCOPES_DATA_OFFSET));
        Section scopes = new Section(pcs.to, data + i4(header, NMETHOD_IMMUTABLE_DATA_SIZE));
        return read(reader, scopes, pcs, metadataSection(nmethod, header));
    }

    private Section metadataSection(long nmethod, TargetReader.Block header) {
        if (layout.has(CODE_BLOB_MUTABLE_DATA)) {
            long data = header.pointer(layout.offset(CODE_BLOB_MUTABLE_DATA));
            return new Section(
                    data + i4(header, CODE_BLOB_RELOCATION_SIZE), data + i4(header, CODE_BLOB_MUTABLE_DATA_SIZE));
        }
        long data = nmethod + i4(header, CODE_BLOB_DATA_OFFSET);
        return new Section(data + i4(header, NMETHOD_METADATA_OFFSET), nmethod + i4(header, CODE_BLOB_SIZE));
    }

    private long scopesBegin(long nmethod, TargetReader.Block header) {
        return layout.has(COMPILED_METHOD_SCOPES_DATA_BEGIN)
                ? header.pointer(layout.offset(COMPILED_METHOD_SCOPES_DATA_BEGIN))
                : nmethod + i4(header, NMETHOD_SCOPES_DATA_OFFSET);
    }

    private DebugInfo read(TargetReader reader, Section scopes, Section pcs, Section metadata) {
        byte[] scopeBytes = copy(reader, scopes).bytes;
        TargetReader.Block pcDescs = copy(reader, pcs);
        long[] metadataWords = words(copy(reader, metadata));
        int pcDescSize = Math.max(layout.offset(PC_DESC_SIZE), 1);
        int[] pcOffsets = new int[pcDescs.bytes.length / pcDescSize];
        int[] scopeOffsets = new int[pcOffsets.length];
        for (int i = 0; i < pcOffsets.length; i++) {
            pcOffsets[i] = pcDescs.i4(i * pcDescSize + layout.offset(PC_DESC_PC_OFFSET));
            scopeOffsets[i] = pcDescs.i4(i * pcDescSize + layout.offset(PC_DESC_SCOPE_OFFSET));
        }
        return reader.failed() ? DebugInfo.NONE
                : new DebugInfo(encoding, pcOffsets, scopeOffsets, scopeBytes, metadataWords);
    }

    private static TargetReader.Block copy(TargetReader reader, Section section) {
        if (section.length() < 0 || section.length() > MAX_SECTION_BYTES) {
            reader.fail();
        }
        return reader.block(section.from, (int) section.length());
    }

    private static long[] words(TargetReader.Block block) {
        long[] words = new long[block.bytes.length / Long.BYTES];
        for (int i = 0; i < words.length; i++) {
            words[i] = block.pointer(i * Long.BYTES);
        }
        return words;
    }

    /** Offsets are int or, in some releases, u2. */
    private int i4(TargetReader.Block header, VmItem field) {
        return (int) header.unsigned(layout.offset(field), layout.width(field));
    }
}
