package org.jtrace.targets;

/** Template of {@link FreshClasses}: fifty methods that are called until they are compiled, each on its own. */
public final class ManyN0000 implements FreshWork {
    @Override
    public int go(int turns, int seed) {
        int x = seed;
        for (int i = 0; i < turns; i++) {
            x = m04(m03(m02(m01(m00(x)))));
            x = m09(m08(m07(m06(m05(x)))));
            x = m14(m13(m12(m11(m10(x)))));
            x = m19(m18(m17(m16(m15(x)))));
            x = m24(m23(m22(m21(m20(x)))));
            x = m29(m28(m27(m26(m25(x)))));
            x = m34(m33(m32(m31(m30(x)))));
            x = m39(m38(m37(m36(m35(x)))));
            x = m44(m43(m42(m41(m40(x)))));
            x = m49(m48(m47(m46(m45(x)))));
        }
        return x;
    }

    private static int m00(int x) {
        return x * 3 + 1;
    }

    private static int m01(int x) {
        return x * 5 + 1;
    }

    private static int m02(int x) {
        return x * 7 + 1;
    }

    private static int m03(int x) {
        return x * 9 + 1;
    }

    private static int m04(int x) {
        return x * 11 + 1;
    }

    private static int m05(int x) {
        return x * 13 + 1;
    }

    private static int m06(int x) {
        return x * 15 + 1;
    }

    private static int m07(int x) {
        return x * 17 + 1;
    }

    private static int m08(int x) {
        return x * 19 + 1;
    }

    private static int m09(int x) {
        return x * 21 + 1;
    }

    private static int m10(int x) {
        return x * 23 + 1;
    }

    private static int m11(int x) {
        return x * 25 + 1;
    }

    private static int m12(int x) {
        return x * 27 + 1;
    }

    private static int m13(int x) {
        return x * 29 + 1;
    }

    private static int m14(int x) {
        return x * 31 + 1;
    }

    private static int m15(int x) {
        return x * 33 + 1;
    }

    private static int m16(int x) {
        return x * 35 + 1;
    }

    private static int m17(int x) {
        return x * 37 + 1;
    }

    private static int m18(int x) {
        return x * 39 + 1;
    }

    private static int m19(int x) {
        return x * 41 + 1;
    }

    private static int m20(int x) {
        return x * 43 + 1;
    }

    private static int m21(int x) {
        return x * 45 + 1;
    }

    private static int m22(int x) {
        return x * 47 + 1;
    }

    private static int m23(int x) {
        return x * 49 + 1;
    }

    private static int m24(int x) {
        return x * 51 + 1;
    }

    private static int m25(int x) {
        return x * 53 + 1;
    }

    private static int m26(int x) {
        return x * 55 + 1;
    }

    private static int m27(int x) {
        return x * 57 + 1;
    }

    private static int m28(int x) {
        return x * 59 + 1;
    }

    private static int m29(int x) {
        return x * 61 + 1;
    }

    private static int m30(int x) {
        return x * 63 + 1;
    }

    private static int m31(int x) {
        return x * 65 + 1;
    }

    private static int m32(int x) {
        return x * 67 + 1;
    }

    private static int m33(int x) {
        return x * 69 + 1;
    }

    private static int m34(int x) {
        return x * 71 + 1;
    }

    private static int m35(int x) {
        return x * 73 + 1;
    }

    private static int m36(int x) {
        return x * 75 + 1;
    }

    private static int m37(int x) {
        return x * 77 + 1;
    }

    private static int m38(int x) {
        return x * 79 + 1;
    }

    private static int m39(int x) {
        return x * 81 + 1;
    }

    private static int m40(int x) {
        return x * 83 + 1;
    }

    private static int m41(int x) {
        return x * 85 + 1;
    }

    private static int m42(int x) {
        return x * 87 + 1;
    }

    private static int m43(int x) {
        return x * 89 + 1;
    }

    private static int m44(int x) {
        return x * 91 + 1;
    }

    private static int m45(int x) {
        return x * 93 + 1;
    }

    private static int m46(int x) {
        return x * 95 + 1;
    }

    private static int m47(int x) {
        return x * 97 + 1;
    }

    private static int m48(int x) {
        return x * 99 + 1;
    }

    private static int m49(int x) {
        return x * 101 + 1;
    }
}
