package org.jtrace.hotspot;

import org.jtrace.profile.Frame;

/**
 * What a stack shows of a method.
 *
 * @param name {@code package.Class.method}, cleaned
 * @param sourceFile null when not known
 */
record JavaMethod(String name, boolean isNative, int codeSize, LineNumberTable lines, String sourceFile) {
    /** Roughly the bytes that it takes here. */
    long weight() {
        return 128L + Character.BYTES * name.length() + Integer.BYTES * lines.size();
    }

    /** @param bci bytecode index; -1, a method's entry, has the line of its first bytecode, as in HotSpot's traces */
    int line(int bci) {
        int index = Math.max(bci, 0);
        return index < codeSize ? lines.line(index) : Frame.NO_LINE;
    }
}
