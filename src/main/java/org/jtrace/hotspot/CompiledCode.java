package org.jtrace.hotspot;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;

/** One nmethod: its method and, by debug info, those inlined into it. The frames of each pc that was seen are kept. */
final class CompiledCode {
    private final JavaMethod method;
    private final FrameKind kind;
    private final DebugInfo debugInfo;
    private final MethodReader methods;
    private final FramePool pool;
    private final Map<Long, JavaMethod> inlined = new HashMap<>(4);
    private final Frame[][] framesByPcDesc;
    private long weight;

    /** @param method null when it cannot be read */
    CompiledCode(JavaMethod method, FrameKind kind, DebugInfo debugInfo, MethodReader methods, FramePool pool) {
        this.method = method;
        this.kind = kind;
        this.debugInfo = debugInfo;
        this.methods = methods;
        this.pool = pool;
        this.framesByPcDesc = new Frame[debugInfo.pcDescCount()][];
        this.weight = 512L + debugInfo.byteSize() + 8L * framesByPcDesc.length + (method == null ? 0 : method.weight());
    }

    /** Roughly the bytes that it takes here; more with each pc that was seen. */
    long weight() {
        return weight;
    }

    /** The nmethod's own method, without a line. */
    Frame methodFrame() {
        return method == null ? pool.unknown(kind) : pool.frame(method, Integer.MAX_VALUE, kind);
    }

    void frames(int pcOffset, List<Frame> leafFirstOut) {
        // In a prologue the next PcDesc is that of the first call, often in an inlined method that was not entered yet.
        if (pcOffset == StackResolver.AT_ENTRY && method != null) {
            leafFirstOut.add(pool.frame(method, 0, kind));
            return;
        }
        int pcDesc = pcOffset < 0 ? -1 : debugInfo.pcDescAt(pcOffset);
        if (pcDesc < 0) {
            leafFirstOut.add(methodFrame());
            return;
        }
        Frame[] frames = framesByPcDesc[pcDesc];
        if (frames == null) {
            frames = decode(pcDesc);
            framesByPcDesc[pcDesc] = frames;
            weight += 16L + Integer.BYTES * frames.length;
        }
        for (Frame frame : frames) {
            leafFirstOut.add(frame);
        }
    }

    /** The monitors of each of the frames at a return address, oldest first; null when they cannot be told. */
    List<MonitorValue[]> monitors(int pcOffset, int narrowOopType) {
        int pcDesc = pcOffset < 0 ? -1 : debugInfo.pcDescAt(pcOffset);
        if (pcDesc < 0 || debugInfo.pcOffset(pcDesc) != pcOffset) {
            return null;
        }
        List<MonitorValue[]> all = new ArrayList<>();
        DebugInfo.ScopeCursor scope = debugInfo.scopesAt(pcDesc);
        boolean complete = false;
        while (scope.next()) {
            complete = scope.isBottom();
            MonitorValue[] monitors = scope.monitors(narrowOopType);
            if (monitors == null) {
                return null;
            }
            all.add(monitors);
        }
        return complete ? all : null;
    }

    private Frame[] decode(int pcDesc) {
        List<Frame> frames = new ArrayList<>();
        DebugInfo.ScopeCursor scope = debugInfo.scopesAt(pcDesc);
        boolean complete = false;
        while (scope.next()) {
            complete = scope.isBottom();
            JavaMethod scopeMethod = complete ? method : inlinedMethod(scope.method());
            FrameKind scopeKind = complete ? kind : FrameKind.INLINED;
            frames.add(scopeMethod == null
                    ? pool.unknown(scopeKind)
                    : pool.frame(scopeMethod, scope.bci(), scopeKind));
        }
        if (!complete) {
            frames.add(methodFrame());
        }
        return frames.toArray(new Frame[0]);
    }

    /** Kept for this nmethod only: it does not outlive the methods that are inlined into it. */
    private JavaMethod inlinedMethod(long address) {
        JavaMethod known = inlined.get(address);
        if (known == null) {
            known = methods.read(address);
            inlined.put(address, known);
            weight += 64L + (known == null ? 0 : known.weight());
        }
        return known;
    }
}
