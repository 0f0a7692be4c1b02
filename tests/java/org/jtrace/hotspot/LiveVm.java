package org.jtrace.hotspot;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A live target, opened without native code, and what the C side otherwise finds: its threads and its code cache. */
final class LiveVm implements AutoCloseable {

    final ProcMemory memory;
    final ProcVmStructs structs;
    final HotSpotVm vm;

    LiveVm(long pid) throws IOException {
        memory = new ProcMemory(pid);
        structs = new ProcVmStructs(pid, memory);
        vm = HotSpotVm.open(memory, structs);
    }

    /** Addresses of the JavaThreads: linked in 8 and 11, which do not export their list of 17 and later. */
    List<Long> javaThreads() {
        return has("ThreadsSMRSupport", "_java_thread_list") ? listedThreads() : linkedThreads();
    }

    private List<Long> linkedThreads() {
        TargetReader reader = new TargetReader(memory);
        List<Long> threads = new ArrayList<>();
        long thread = reader.pointer(address("Threads", "_thread_list"));
        while (thread != 0 && !reader.failed()) {
            threads.add(thread);
            thread = reader.pointer(thread + offset("JavaThread", "_next"));
        }
        return threads;
    }

    private List<Long> listedThreads() {
        TargetReader reader = new TargetReader(memory);
        long list = reader.pointer(address("ThreadsSMRSupport", "_java_thread_list"));
        int length = reader.i4(list + offset("ThreadsList", "_length"));
        long array = reader.pointer(list + offset("ThreadsList", "_threads"));
        List<Long> threads = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            threads.add(reader.pointer(array + 8L * i));
        }
        return threads;
    }

    record Nmethod(long address, int compileId, boolean isNative) {}

    /** All nmethods in the code cache. */
    List<Nmethod> nmethods() {
        List<Nmethod> nmethods = new ArrayList<>();
        codeHeaps().forEach(heap -> addNmethods(heap, nmethods));
        return nmethods;
    }

    /** One in 8, several since 9, which is when GrowableArrayBase was named GenericGrowableArray still. */
    private List<Long> codeHeaps() {
        TargetReader reader = new TargetReader(memory);
        if (has("CodeCache", "_heap")) {
            return List.of(reader.pointer(address("CodeCache", "_heap")));
        }
        String base = has("GrowableArrayBase", "_len") ? "GrowableArrayBase" : "GenericGrowableArray";
        long heaps = reader.pointer(address("CodeCache", "_heaps"));
        int length = reader.i4(heaps + offset(base, "_len"));
        long data = reader.pointer(heaps + offset("GrowableArray<int>", "_data"));
        List<Long> all = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            all.add(reader.pointer(data + 8L * i));
        }
        return all;
    }

    private void addNmethods(long heap, List<Nmethod> nmethods) {
        TargetReader reader = new TargetReader(memory);
        long low = reader.pointer(heap + offset("CodeHeap", "_memory") + offset("VirtualSpace", "_low"));
        long high = reader.pointer(heap + offset("CodeHeap", "_memory") + offset("VirtualSpace", "_high"));
        long map = reader.pointer(heap + offset("CodeHeap", "_segmap") + offset("VirtualSpace", "_low"));
        int shift = reader.i4(heap + offset("CodeHeap", "_log2_segment_size"));
        byte[] segments = reader.block(map, (int) (high - low >> shift)).bytes;
        for (int i = 0; i < segments.length; i++) {
            if (segments[i] == 0) {
                addNmethod(low + ((long) i << shift), nmethods);
            }
        }
    }

    private void addNmethod(long block, List<Nmethod> nmethods) {
        TargetReader reader = new TargetReader(memory);
        boolean used = reader.unsigned(block + offset("HeapBlock::Header", "_used"), 1) != 0;
        long blob = block + structs.typeSize("HeapBlock").orElseThrow();
        String name = reader.cString(reader.pointer(blob + offset("CodeBlob", "_name")));
        boolean isNative = name.equals("native nmethod");
        if (used && !reader.failed() && (isNative || name.equals("nmethod"))) {
            Nmethod nmethod = new Nmethod(blob, reader.i4(blob + offset("nmethod", "_compile_id")), isNative);
            if (holds(nmethod)) {
                nmethods.add(nmethod);
            }
        }
    }

    /** Whether that code is there and can be on a stack. Up to 17, code that cannot be any more has no method. */
    boolean holds(Nmethod nmethod) {
        TargetReader reader = new TargetReader(memory);
        // nmethod in 8 and since 23.
        String type = has("CompiledMethod", "_method") ? "CompiledMethod" : "nmethod";
        return reader.i4(nmethod.address() + offset("nmethod", "_compile_id")) == nmethod.compileId()
                && reader.pointer(nmethod.address() + offset(type, "_method")) != 0 && !reader.failed();
    }

    int offset(String type, String field) {
        return (int) structs.field(type, field).offsetOrAddress();
    }

    private boolean has(String type, String field) {
        return structs.field(type, field) != null;
    }

    private long address(String type, String field) {
        return structs.field(type, field).offsetOrAddress();
    }

    @Override
    public void close() {
        memory.close();
    }
}
