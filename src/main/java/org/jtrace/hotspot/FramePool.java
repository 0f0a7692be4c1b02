package org.jtrace.hotspot;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;

/** Makes equal frames the same object, so that they are compared fast and kept once. */
final class FramePool {
    /** Beyond, what was not seen for longest is forgotten: equal frames may then be two objects. */
    private static final long MAX_BYTES = 16L << 20;
    private static final int FRAME_BYTES = 128;

    private final Map<Frame, Frame> frames = new LinkedHashMap<>(1024, 0.75f, true);
    private long bytes;

    private Frame frame(String name, int line, FrameKind kind, String sourceFile) {
        Frame frame = new Frame(name, line, kind, sourceFile);
        Frame known = frames.putIfAbsent(frame, frame);
        if (known != null) {
            return known;
        }
        bytes += bytesOf(frame);
        Iterator<Frame> eldest = frames.values().iterator();
        while (bytes > MAX_BYTES) {
            bytes -= bytesOf(eldest.next());
            eldest.remove();
        }
        return frame;
    }

    private static long bytesOf(Frame frame) {
        return FRAME_BYTES + (long) Character.BYTES * frame.name().length();
    }

    /** @param kind how it runs; a native method is {@code NATIVE} whatever calls it */
    Frame frame(JavaMethod method, int bci, FrameKind kind) {
        return method.isNative()
                ? frame(method.name(), Frame.NO_LINE, FrameKind.NATIVE, method.sourceFile())
                : frame(method.name(), method.line(bci), kind, method.sourceFile());
    }

    Frame unknown(FrameKind kind) {
        return frame("(unknown method)", Frame.NO_LINE, kind, null);
    }
}
