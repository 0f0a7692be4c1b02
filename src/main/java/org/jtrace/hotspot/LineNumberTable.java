package org.jtrace.hotspot;

import java.util.Arrays;
import org.jtrace.profile.Frame;

/** Which source line a bytecode is from. */
final class LineNumberTable {
    static final LineNumberTable EMPTY = new LineNumberTable(new int[0]);

    private static final int END = 0;
    private static final int LARGE_DIFFERENCES = 0xFF;
    private static final int MAX = 0xFFFF;

    /** Bytecode index in the upper half, line in the lower. */
    private final int[] pairs;

    private LineNumberTable(int[] pairs) {
        this.pairs = pairs;
    }

    /** Decodes HotSpot's compressed form: pairs of bytecode index and line, each as its difference to the last. */
    static LineNumberTable decode(byte[] compressed, Unsigned5 encoding) {
        int[] pairs = new int[16];
        int count = 0;
        Unsigned5.Cursor cursor = encoding.cursor(compressed, 0, compressed.length);
        int bci = 0;
        int line = 0;
        for (int differences = cursor.nextByte(); differences != END; differences = cursor.nextByte()) {
            boolean large = differences == LARGE_DIFFERENCES;
            bci += large ? cursor.nextSigned() : differences >> 3;
            line += large ? cursor.nextSigned() : differences & 7;
            if (cursor.failed() || bci < 0 || bci > MAX || line < 0 || line > MAX) {
                break;
            }
            pairs = count < pairs.length ? pairs : Arrays.copyOf(pairs, 2 * count);
            pairs[count++] = bci << Short.SIZE | line;
        }
        return new LineNumberTable(Arrays.copyOf(pairs, count));
    }

    /** The line of the nearest pair at or before the bytecode (they need not be sorted), or {@link Frame#NO_LINE}. */
    int line(int bci) {
        int bestBci = -1;
        int bestLine = Frame.NO_LINE;
        for (int pair : pairs) {
            int pairBci = pair >>> Short.SIZE;
            if (pairBci == bci) {
                return pair & MAX;
            }
            if (pairBci < bci && pairBci >= bestBci) {
                bestBci = pairBci;
                bestLine = pair & MAX;
            }
        }
        return bestLine;
    }

    int size() {
        return pairs.length;
    }
}
