package org.jtrace.targets;

/** Template of {@link FreshClasses}: see {@link ShiftN0000}. */
public final class TriangleN0000 extends ShapeN0000 {
    @Override
    int area(int x) {
        return x / 2;
    }
}
