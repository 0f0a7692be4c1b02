package org.jtrace.targets;

/** Template of {@link FreshClasses}: see {@link ShiftN0000}. */
public abstract class ShapeN0000 {
    abstract int area(int x);

    /** Calls are inlined by the class hierarchy as it is, and what they inline is on the stack when it changes. */
    final int outerN0000(int x, ShiftN0000 shift, boolean last) {
        return middleN0000(x, shift, last) + 1;
    }

    private int middleN0000(int x, ShiftN0000 shift, boolean last) {
        if (last) {
            shift.next();
        }
        return area(x) * 3;
    }
}
