package org.jtrace.targets;

/**
 * A hot loop without a safepoint poll (counted by an int, the collector's or an option's strip mining off), followed by
 * a call that has one. Profilers that see threads at polls only find the time after the loop.
 */
public final class NoPoll {
    private static final int SIZE = 1 << 14;

    private static volatile int sink;

    private NoPoll() {
    }

    public static void main(String[] args) {
        Target.endWithInput();
        int[] data = new int[SIZE];
        for (int i = 0; i < SIZE; i++) {
            data[i] = i * 7 + 1;
        }
        Target.say("LOOP " + loop(new int[0], 0));
        Target.daemon("loop", () -> work(data));
        Target.ready();
        Block.forever();
    }

    private static void work(int[] data) {
        while (true) {
            sink = loop(data, sink);
            afterLoop();
        }
    }

    private static void afterLoop() {
        sink++;
    }

    /** The loop's head and body are the four lines after the one printed in the beginning. */
    private static int loop(int[] data, int seed) {
        if (data.length < SIZE) {
            return lineBelow(new Throwable());
        }
        int x = seed | 1;
        // Each round depends on the last one, so that no vector instruction makes the loop short.
        for (int i = 0; i < SIZE; i++) {
            x = x / (data[i] | 1)
                    + x * 31;
        }
        return x;
    }

    private static int lineBelow(Throwable here) {
        return here.getStackTrace()[0].getLineNumber() + 2;
    }
}
