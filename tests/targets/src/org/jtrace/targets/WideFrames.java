package org.jtrace.targets;

import java.util.Arrays;
import java.util.List;

/** Methods with many arguments and many values alive at once: large frames, and arguments on the stack. */
final class WideFrames implements Busy.Work {
    private static volatile double sink;

    @Override
    public List<String> calls() {
        return Arrays.asList("WideFrames.go > WideFrames.wide", "WideFrames.wide > WideFrames.wide",
                "WideFrames.wide > WideFrames.wider");
    }

    @Override
    public void go(int seed) {
        double sum = 0;
        for (int i = 0; i < 20; i++) {
            sum += wide(5, seed, 2L, 3.0, 4f, 5, 6L, 7.0, 8, 9L, 10.0, seed + i);
        }
        sink = sum;
    }

    private static double wide(int depth, int a, long b, double c, float d, int e, long f, double g, int h, long i,
            double j, int k) {
        double p = a * c + b;
        double q = b * d - e;
        double r = f * g + h;
        double s = i * j - k;
        double t = depth == 0 ? wider(p, q, r, s, a, b, e, f)
                : wide(depth - 1, k, i, p, h, (int) q, f + a, r, e, b, s, a);
        return p + q * t - r + s * t + a + b + c + d + e + f + g + h + i + j + k;
    }

    private static double wider(double p, double q, double r, double s, int a, long b, int e, long f) {
        double u = p * q + r * s;
        double v = p * r - q * s;
        double w = p * s + q * r;
        for (int n = 0; n < 5; n++) {
            u = u * 0.5 + v * 0.25;
            v = v * 0.5 + w * 0.25;
            w = w * 0.5 + u * 0.25;
        }
        return u + v + w + a + b + e + f;
    }
}
