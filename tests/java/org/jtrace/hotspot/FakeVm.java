package org.jtrace.hotspot;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A VM in fake memory, laid out as a release's tables say: classes, methods, compiled code, threads. */
final class FakeVm {
    static final int ACC_NATIVE = 0x100;
    static final int POOL_LENGTH = 64;

    final FakeMemory memory = new FakeMemory();
    final RecordedVmStructs structs;
    final Unsigned5 encoding;
    private long next = 0x7f00_0000_0000L;

    FakeVm(int release) {
        structs = new RecordedVmStructs(release);
        encoding = has("InstanceKlass::_fieldinfo_stream") ? Unsigned5.WITHOUT_ZERO : Unsigned5.PLAIN;
    }

    HotSpotVm open() {
        return HotSpotVm.open(memory, structs);
    }

    boolean has(String field) {
        return field(field) != null;
    }

    int offset(String field) {
        return (int) field(field).offsetOrAddress();
    }

    int size(String type) {
        return (int) structs.typeSize(type).orElseThrow();
    }

    /** A fresh address, with a hole behind what stands there. */
    long allocate(int size) {
        long address = next;
        next += (size + 0x1FFF) / 0x1000 * 0x1000L;
        memory.write(address, new byte[size]);
        return address;
    }

    void set(long object, String field, int width, long value) {
        memory.writeNumber(object + offset(field), width, value);
    }

    void setStatic(String field, int width, long value) {
        memory.writeNumber(field(field).offsetOrAddress(), width, value);
    }

    /** The first of several names of one thing that this release has. */
    String oneOf(String... fields) {
        for (String field : fields) {
            if (has(field)) {
                return field;
            }
        }
        throw new IllegalArgumentException(String.join(", ", fields));
    }

    long symbol(String text) {
        return symbol(text.getBytes(StandardCharsets.UTF_8));
    }

    long symbol(byte[] body) {
        long symbol = allocate(offset("Symbol::_body") + body.length);
        set(symbol, "Symbol::_length", Short.BYTES, body.length);
        memory.write(symbol + offset("Symbol::_body"), body);
        return symbol;
    }

    /** An InstanceKlass with a constant pool. */
    long klass(String name) {
        long klass = allocate(0x200);
        set(klass, "Klass::_name", Long.BYTES, symbol(name));
        long pool = allocate(size("ConstantPool") + POOL_LENGTH * Long.BYTES);
        set(pool, "ConstantPool::_length", Integer.BYTES, POOL_LENGTH);
        set(pool, "ConstantPool::_pool_holder", Long.BYTES, klass);
        set(klass, "InstanceKlass::_constants", Long.BYTES, pool);
        return klass;
    }

    long poolOf(long klass) {
        TargetReader reader = new TargetReader(memory);
        return reader.pointer(klass + offset("InstanceKlass::_constants"));
    }

    void setPoolSymbol(long klass, int index, String text) {
        memory.writeNumber(poolOf(klass) + size("ConstantPool") + index * 8L, Long.BYTES, symbol(text));
    }

    /** @param lineTable compressed, or null for none */
    long method(long klass, int nameIndex, String name, int accessFlags, int codeSize, byte[] lineTable) {
        setPoolSymbol(klass, nameIndex, name);
        int tableSize = lineTable == null ? 0 : lineTable.length;
        int words = (size("ConstMethod") + codeSize + tableSize + 7) / Long.BYTES;
        long constMethod = allocate(words * Long.BYTES);
        set(constMethod, "ConstMethod::_constants", Long.BYTES, poolOf(klass));
        set(constMethod, "ConstMethod::_constMethod_size", Integer.BYTES, words);
        set(constMethod, "ConstMethod::_code_size", Short.BYTES, codeSize);
        set(constMethod, "ConstMethod::_name_index", Short.BYTES, nameIndex);
        if (lineTable != null) {
            boolean wide = has("ConstMethod::_flags._flags");
            set(constMethod, wide ? "ConstMethod::_flags._flags" : "ConstMethod::_flags", wide ? 4 : 2, 0x8001);
            memory.write(constMethod + size("ConstMethod") + codeSize, lineTable);
        }
        long method = allocate(size("Method"));
        set(method, "Method::_constMethod", Long.BYTES, constMethod);
        set(method, "Method::_access_flags", size("AccessFlags"), accessFlags);
        return method;
    }

    long method(long klass, int nameIndex, String name) {
        Unsigned5Writer lines = new Unsigned5Writer(encoding);
        // bci 0 line 10, bci 5 line 12, bci 20 line 300
        lines.raw(0xFF).putSigned(0).putSigned(10).raw(5 << 3 | 2).raw(0xFF).putSigned(15).putSigned(288).raw(0);
        return method(klass, nameIndex, name, 1, 100, lines.bytes());
    }

    /** Scopes as a compiler records them, and the PcDescs that refer to them. */
    final class Scopes {
        final Unsigned5Writer data = new Unsigned5Writer(encoding).raw(0xFF);
        final List<Long> metadata = new ArrayList<>();
        private final List<int[]> pcDescs = new ArrayList<>();

        Scopes() {
            pcDescs.add(new int[] {-1, 0});
        }

        /** Returns its offset, for the scopes below and for PcDescs. */
        int scope(int sender, long method, int bci) {
            return scope(sender, method, bci, 0);
        }

        /** @param monitors the offset of what {@link #monitors} gives */
        int scope(int sender, long method, int bci, int monitors) {
            int offset = data.size();
            int index = metadata.indexOf(method);
            if (index < 0) {
                index = metadata.size();
                metadata.add(method);
            }
            data.put(sender, index + 1, bci + 1, 0, 0, monitors);
            return offset;
        }

        /** @param owners each as the numbers of a ScopeValue, and 1 if the lock was eliminated */
        int monitors(int[]... owners) {
            int offset = data.size();
            data.put(owners.length);
            for (int[] owner : owners) {
                data.put(7 << 5 | 1);
                for (int i = 0; i < owner.length - 1; i++) {
                    data.put(owner[i]);
                }
                data.raw(owner[owner.length - 1]);
            }
            return offset;
        }

        Scopes pc(int pcOffset, int scope) {
            pcDescs.add(new int[] {pcOffset, scope});
            return this;
        }

        byte[] pcBytes() {
            int size = size("PcDesc");
            FakeMemory scratch = new FakeMemory();
            List<int[]> all = new ArrayList<>(pcDescs);
            all.add(new int[] {Integer.MAX_VALUE, 0});
            for (int i = 0; i < all.size(); i++) {
                scratch.writeNumber((long) i * size + offset("PcDesc::_pc_offset"), 4, all.get(i)[0]);
                scratch.writeNumber((long) i * size + offset("PcDesc::_scope_decode_offset"), 4, all.get(i)[1]);
                scratch.writeNumber((long) i * size + size - 1, 1, 0);
            }
            byte[] bytes = new byte[all.size() * size];
            scratch.read(0, bytes, 0, bytes.length);
            return bytes;
        }

        byte[] metadataBytes() {
            byte[] bytes = new byte[metadata.size() * Long.BYTES];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (metadata.get(i / 8) >>> (8 * (i % 8)));
            }
            return bytes;
        }
    }

    long nmethod(long method, int compileId, int level, Scopes scopes) {
        long nmethod = allocate(size("nmethod") + 0x1000);
        set(nmethod, oneOf("nmethod::_method", "CompiledMethod::_method"), Long.BYTES, method);
        set(nmethod, "nmethod::_compile_id", Integer.BYTES, compileId);
        boolean isInt = field("nmethod::_comp_level").typeString().equals("int");
        set(nmethod, "nmethod::_comp_level", isInt ? Integer.BYTES : 1, level);
        if (has("nmethod::_immutable_data")) {
            storeOutside(nmethod, scopes);
        } else {
            storeInside(nmethod, scopes);
        }
        return nmethod;
    }

    private void storeOutside(long nmethod, Scopes scopes) {
        byte[] pcs = scopes.pcBytes();
        byte[] data = scopes.data.bytes();
        int dependencies = 24;
        long immutable = allocate(dependencies + pcs.length + data.length);
        memory.write(immutable + dependencies, pcs);
        memory.write(immutable + dependencies + pcs.length, data);
        set(nmethod, "nmethod::_immutable_data", Long.BYTES, immutable);
        set(nmethod, "nmethod::_immutable_data_size", Integer.BYTES, dependencies + pcs.length + data.length);
        set(nmethod, "nmethod::_scopes_pcs_offset", Integer.BYTES, dependencies);
        set(nmethod, "nmethod::_scopes_data_offset", Integer.BYTES, dependencies + pcs.length);
        byte[] metadata = scopes.metadataBytes();
        int relocations = 40;
        long mutable = allocate(relocations + metadata.length);
        memory.write(mutable + relocations, metadata);
        set(nmethod, "CodeBlob::_mutable_data", Long.BYTES, mutable);
        set(nmethod, "CodeBlob::_mutable_data_size", Integer.BYTES, relocations + metadata.length);
        set(nmethod, "CodeBlob::_relocation_size", Integer.BYTES, relocations);
    }

    private void storeInside(long nmethod, Scopes scopes) {
        int metadata = size("nmethod") + 64;
        int data = metadata + scopes.metadataBytes().length;
        int pcs = data + (scopes.data.size() + 7 & ~7);
        memory.write(nmethod + metadata, scopes.metadataBytes());
        memory.write(nmethod + data, scopes.data.bytes());
        memory.write(nmethod + pcs, scopes.pcBytes());
        set(nmethod, "nmethod::_metadata_offset", Integer.BYTES, metadata);
        set(nmethod, "nmethod::_scopes_pcs_offset", Integer.BYTES, pcs);
        set(nmethod, "nmethod::_dependencies_offset", Integer.BYTES, pcs + scopes.pcBytes().length);
        if (has("CompiledMethod::_scopes_data_begin")) {
            set(nmethod, "CompiledMethod::_scopes_data_begin", Long.BYTES, nmethod + data);
        } else {
            set(nmethod, "nmethod::_scopes_data_offset", Integer.BYTES, data);
        }
    }

    private VmStructs.Field field(String name) {
        int colons = name.indexOf("::");
        return structs.field(name.substring(0, colons), name.substring(colons + 2));
    }
}
