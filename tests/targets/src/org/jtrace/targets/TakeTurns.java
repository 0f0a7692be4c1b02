package org.jtrace.targets;

/** Three threads of which one at a time is in {@code turn}, and hands on to the next when it has left it. */
final class TakeTurns {
    private static final int THREADS = 3;
    private static final int WORK = 200_000;

    private static volatile int whose;
    private static volatile long result;
    private static volatile long turns;

    private TakeTurns() {
    }

    public static void main(String[] args) {
        for (int i = 0; i < THREADS; i++) {
            int self = i;
            Target.daemon("player " + i, () -> play(self));
        }
        Target.onInput(line -> Target.say("TURNS " + turns));
        Target.ready();
        await();
    }

    private static void play(int self) {
        while (true) {
            waitFor(self);
            turn();
            whose = (self + 1) % THREADS;
        }
    }

    private static void waitFor(int self) {
        while (whose != self) {
            Thread.yield();
        }
    }

    private static void turn() {
        long sum = 0;
        for (int i = 0; i < WORK; i++) {
            sum += i * 31L;
        }
        result = sum;
        turns++;
    }

    private static void await() {
        while (true) {
            try {
                Thread.sleep(Long.MAX_VALUE);
            } catch (InterruptedException e) {
                return;
            }
        }
    }
}
