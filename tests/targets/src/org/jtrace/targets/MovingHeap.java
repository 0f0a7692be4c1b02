package org.jtrace.targets;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Garbage to lay other objects among, so that collections move them. Not for several threads at once. */
final class MovingHeap {
    private static final int KEPT = 1500;
    private static final int CHUNK = 20_000;

    private final Random random = new Random(1);
    private final List<byte[]> garbage = new ArrayList<byte[]>();

    /** The given part of all that is kept. */
    void allocatePart(int parts) {
        allocate(KEPT / parts);
    }

    /** Makes holes around what is to move, collects, and fills the memory that became free. */
    void move() {
        for (int i = garbage.size() - 1; i >= 0; i--) {
            if (random.nextInt(10) < 7) {
                garbage.set(i, garbage.get(garbage.size() - 1));
                garbage.remove(garbage.size() - 1);
            }
        }
        System.gc();
        allocate(KEPT - garbage.size());
    }

    /** Moves again and again, with pauses. */
    void churn(int pauseMillis) {
        try {
            while (true) {
                move();
                Thread.sleep(pauseMillis);
            }
        } catch (InterruptedException e) {
            Target.say("interrupted: " + e);
        }
    }

    private void allocate(int chunks) {
        for (int i = 0; i < chunks; i++) {
            byte[] chunk = new byte[CHUNK];
            Arrays.fill(chunk, (byte) i);
            garbage.add(chunk);
        }
    }
}
