package org.jtrace.targets;

import java.util.Arrays;
import java.util.List;

/** Calls and returns and little else; three methods in turn, so that a skipped frame shows. */
final class Recursion implements Busy.Work {
    private static volatile int sink;

    @Override
    public List<String> calls() {
        return Arrays.asList("Recursion.go > Recursion.first", "Recursion.first > Recursion.second",
                "Recursion.second > Recursion.third", "Recursion.third > Recursion.first");
    }

    @Override
    public void go(int seed) {
        int sum = 0;
        for (int i = 0; i < 50; i++) {
            sum += first(seed + i & 63, seed);
        }
        sink = sum;
    }

    private static int first(int depth, int x) {
        return depth == 0 ? x : second(depth - 1, x + 1) ^ 1;
    }

    private static int second(int depth, int x) {
        return depth == 0 ? x : third(depth - 1, x * 3) + depth;
    }

    private static int third(int depth, int x) {
        return depth == 0 ? x : first(depth - 1, x ^ depth) - x;
    }
}
