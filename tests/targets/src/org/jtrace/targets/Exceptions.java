package org.jtrace.targets;

import java.util.Arrays;
import java.util.List;

/** Exceptions thrown through several frames, with and without stack traces, explicit and implicit. */
final class Exceptions implements Busy.Work {
    private static volatile int sink;

    @Override
    public List<String> calls() {
        return Arrays.asList("Exceptions.go > Exceptions.attempt", "Exceptions.attempt > Exceptions.descend",
                "Exceptions.descend > Exceptions.descend", "Exceptions.descend > Exceptions.fail",
                "Exceptions.fail > Exceptions$Failure.<init>", "Exceptions$Failure.<init> > jdk",
                "Exceptions.fail > jdk");
    }

    @Override
    public void go(int seed) {
        for (int i = 0; i < 8; i++) {
            sink = attempt(seed + i);
        }
    }

    private static int attempt(int seed) {
        try {
            return descend(seed & 7, seed);
        } catch (Failure e) {
            return e.seed;
        } catch (NullPointerException e) {
            return 1;
        } catch (ArrayIndexOutOfBoundsException | ArithmeticException | ClassCastException e) {
            return 2;
        } finally {
            sink++;
        }
    }

    private static int descend(int depth, int seed) {
        try {
            return depth == 0 ? fail(seed, null) : descend(depth - 1, seed) + 1;
        } finally {
            sink += depth;
        }
    }

    private static int fail(int seed, int[] nothing) {
        switch (seed >>> 3 & 7) {
            case 0:
                return nothing[0];
            case 1:
                return new int[1][0].length / (seed & 0);
            case 2:
                return new int[] {seed}[seed | 1];
            case 3:
                return ((String) (Object) (Integer) 7).length();
            case 4:
                return seed;
            default:
                throw new Failure(seed);
        }
    }

    private static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1;

        final int seed;

        Failure(int seed) {
            super(null, null, false, (seed & 1) == 0);
            this.seed = seed;
        }
    }
}
