package org.jtrace.hotspot;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;

/** Makes equal frames the same object, so that they are compared fast and kept once. */
final class FramePool {
    /** Beyond, the frame that was not seen for longest is forgotten: equal frames may then be two objects. */
    private static final int MAX_FRAMES = 1 << 16;

    private final Map<Frame, Frame> frames = new LinkedHashMap<>(1024, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Frame, Frame> eldest) {
            return size() > MAX_FRAMES;
        }
    };

    private Frame frame(String name, int line, FrameKind kind, String sourceFile) {
        Frame frame = new Frame(name, line, kind, sourceFile);
        Frame known = frames.putIfAbsent(frame, frame);
        return known == null ? frame : known;
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
