package org.jtrace.targets;

/**
 * Template of {@link FreshClasses}: code that is compiled on assumptions which then break, by classes that are loaded
 * while their parent's callers are on the stack, and by branches, nulls, indices and types that come late. As each copy
 * is new to the VM, it makes the same assumptions again.
 */
public final class ShiftN0000 implements FreshWork {
    private static final int ROUND = 6_000;
    private static final int[] TABLE = new int[64];

    private ShapeN0000 shape;
    private int loaded;

    @Override
    public int go(int turns, int seed) {
        int sum = seed;
        next();
        for (int kind = 0; kind < 3; kind++) {
            for (int i = 0; i < ROUND; i++) {
                sum += shape.outerN0000(i, this, i == ROUND - 1);
            }
        }
        for (int i = 0; i < ROUND; i++) {
            boolean late = i > ROUND - 10;
            sum += rareBranch(i, late) + nullCheck(late ? null : TABLE) + rangeCheck(late ? -i : i & 63)
                    + classCheck(late ? "text" : (Object) TABLE) + division(i, late ? 0 : 3);
        }
        return sum;
    }

    /** Loads the next subclass: what was compiled before it was there is thrown away. */
    void next() {
        switch (loaded++) {
            case 0:
                shape = new SquareN0000();
                break;
            case 1:
                shape = new CircleN0000();
                break;
            default:
                shape = new TriangleN0000();
                break;
        }
    }

    private static int rareBranch(int i, boolean late) {
        return late ? leafN0000(i) * 7 : i + 1;
    }

    private static int leafN0000(int x) {
        return x ^ x >>> 3;
    }

    private static int nullCheck(int[] table) {
        try {
            return table[3];
        } catch (NullPointerException e) {
            return 1;
        }
    }

    private static int rangeCheck(int i) {
        try {
            return TABLE[i];
        } catch (ArrayIndexOutOfBoundsException e) {
            return 2;
        }
    }

    private static int classCheck(Object object) {
        try {
            return ((int[]) object)[5];
        } catch (ClassCastException e) {
            return 3;
        }
    }

    private static int division(int x, int by) {
        try {
            return x / by;
        } catch (ArithmeticException e) {
            return 4;
        }
    }
}
