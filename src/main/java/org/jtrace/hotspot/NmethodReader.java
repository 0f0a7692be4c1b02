package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

import org.jtrace.profile.FrameKind;

/** From an nmethod's address to its method and debug info. */
final class NmethodReader {
    private static final int LOWEST_C1_LEVEL = 1;
    private static final int HIGHEST_C1_LEVEL = 3;

    private final Memory memory;
    private final HotSpotLayout layout;
    private final MethodReader methods;
    private final DebugInfoReader debugInfos;
    private final FramePool pool;
    private final boolean knowsDebugInfo;
    private long reads;

    NmethodReader(Memory memory, HotSpotLayout layout, MethodReader methods, FramePool pool) {
        this.memory = memory;
        this.layout = layout;
        this.methods = methods;
        this.debugInfos = new DebugInfoReader(memory, layout);
        this.pool = pool;
        this.knowsDebugInfo = VmFeature.INLINED_FRAMES.availableIn(layout);
    }

    /** How many nmethods were read so far. */
    long reads() {
        return reads;
    }

    /** null when the nmethod is no longer there, or is another one. */
    CompiledCode read(long nmethod, int compileId) {
        reads++;
        TargetReader reader = new TargetReader(memory);
        TargetReader.Block header = reader.block(nmethod, layout.offset(NMETHOD_SIZE));
        long method = header.pointer(layout.offset(NMETHOD_METHOD));
        if (reader.failed() || header.i4(layout.offset(NMETHOD_COMPILE_ID)) != compileId) {
            return null;
        }
        JavaMethod javaMethod = methods.read(method);
        DebugInfo debugInfo =
                knowsDebugInfo ? debugInfos.read(new TargetReader(memory), nmethod, header) : DebugInfo.NONE;
        // The code cache reuses blobs at any time: what was copied counts only if the nmethod is still the same.
        if (reader.i4(nmethod + layout.offset(NMETHOD_COMPILE_ID)) != compileId || reader.failed()) {
            return null;
        }
        return new CompiledCode(javaMethod, kind(header), debugInfo, methods, pool);
    }

    /** Code that neither C1 nor C2 made (Graal's, ahead-of-time) counts as C2's: it is optimised as that is. */
    private FrameKind kind(TargetReader.Block header) {
        if (!layout.has(NMETHOD_COMP_LEVEL)) {
            return FrameKind.C2;
        }
        long level = header.unsigned(layout.offset(NMETHOD_COMP_LEVEL), layout.width(NMETHOD_COMP_LEVEL));
        return level >= LOWEST_C1_LEVEL && level <= HIGHEST_C1_LEVEL ? FrameKind.C1 : FrameKind.C2;
    }
}
