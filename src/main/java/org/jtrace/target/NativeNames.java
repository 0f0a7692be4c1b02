package org.jtrace.target;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jtrace.nativelib.NativeTarget;
import org.jtrace.profile.CleanText;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;

/** Names of native code, each asked for once: a symbol table is searched from its begin to its end. */
final class NativeNames {
    /** Functions; of a program with more, those are asked for again. */
    private static final int MAX_NAMES = 1 << 16;
    private static final Frame UNKNOWN = new Frame("(unknown code)", Frame.NO_LINE, FrameKind.NATIVE_CODE);

    private final NativeTarget process;
    private final TreeMap<Long, Function> functions = new TreeMap<>();
    private int generation;

    private record Function(long end, Frame frame) {}

    NativeNames(NativeTarget process) {
        this.process = process;
    }

    /** @param ofGeneration changes when images come to lie elsewhere */
    void resolve(long pc, int ofGeneration, List<Frame> leafFirst) {
        if (ofGeneration != generation || functions.size() >= MAX_NAMES) {
            functions.clear();
            generation = ofGeneration;
        }
        Map.Entry<Long, Function> known = functions.floorEntry(pc);
        leafFirst.add(known != null && pc < known.getValue().end() ? known.getValue().frame() : ask(pc));
    }

    private Frame ask(long pc) {
        long[] range = new long[2];
        byte[] name = process.nativeName(pc, range);
        if (name == null) {
            return UNKNOWN;
        }
        Frame frame = new Frame(
                CleanText.of(new String(name, StandardCharsets.UTF_8)), Frame.NO_LINE, FrameKind.NATIVE_CODE);
        functions.put(range[0], new Function(range[1], frame));
        return frame;
    }
}
