package org.jtrace.targets;

/**
 * Calls fresh code below frames of its own that spell the code's number, a method per digit. These frames are of a class
 * that stays: a stack tells by itself whether the names above them are those of the code that ran.
 */
final class Digits {
    private final String number;
    private final FreshWork work;

    Digits(int number, FreshWork work) {
        this.number = String.format("%04d", number);
        this.work = work;
    }

    int go(int turns, int seed) {
        return next(0, turns, seed);
    }

    private int next(int at, int turns, int seed) {
        if (at == number.length()) {
            return work.go(turns, seed);
        }
        switch (number.charAt(at)) {
            case '0': return digit0(at, turns, seed);
            case '1': return digit1(at, turns, seed);
            case '2': return digit2(at, turns, seed);
            case '3': return digit3(at, turns, seed);
            case '4': return digit4(at, turns, seed);
            case '5': return digit5(at, turns, seed);
            case '6': return digit6(at, turns, seed);
            case '7': return digit7(at, turns, seed);
            case '8': return digit8(at, turns, seed);
            default: return digit9(at, turns, seed);
        }
    }

    private int digit0(int at, int turns, int seed) {
        return next(at + 1, turns, seed);
    }

    private int digit1(int at, int turns, int seed) {
        return next(at + 1, turns, seed);
    }

    private int digit2(int at, int turns, int seed) {
        return next(at + 1, turns, seed);
    }

    private int digit3(int at, int turns, int seed) {
        return next(at + 1, turns, seed);
    }

    private int digit4(int at, int turns, int seed) {
        return next(at + 1, turns, seed);
    }

    private int digit5(int at, int turns, int seed) {
        return next(at + 1, turns, seed);
    }

    private int digit6(int at, int turns, int seed) {
        return next(at + 1, turns, seed);
    }

    private int digit7(int at, int turns, int seed) {
        return next(at + 1, turns, seed);
    }

    private int digit8(int at, int turns, int seed) {
        return next(at + 1, turns, seed);
    }

    private int digit9(int at, int turns, int seed) {
        return next(at + 1, turns, seed);
    }
}
