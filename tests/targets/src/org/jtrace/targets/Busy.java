package org.jtrace.targets;

import java.util.Arrays;
import java.util.List;

/**
 * Two threads that never rest and do work of many kinds in random order. Prints {@code CALL caller > callee} for each
 * call that its own code can make directly, {@code CALL caller ~ callee} for those that lead through code of the JDK,
 * and {@code CALL caller > jdk} for those that lead there: the truth that a sampled stack is held against. Answers each
 * line of input with {@code TURNS} and how much each thread has done, the line {@code more} when it has started one more
 * such thread.
 */
public final class Busy implements Runnable {
    /** A kind of work. {@code calls} names what happens in it. */
    interface Work {
        void go(int seed);

        List<String> calls();
    }

    private static final int WARM_UP_ROUNDS = 3;

    private final Work[] works;
    private int state;
    private volatile long turns;

    private Busy(Work[] works, int seed) {
        this.works = works;
        this.state = seed;
    }

    public static void main(String[] args) {
        Work[] works = selected(args);
        // Loads the classes and links the lambdas, so that no class loading appears between the calls below.
        for (int round = 1; round <= WARM_UP_ROUNDS; round++) {
            for (Work work : works) {
                work.go(round * 77);
            }
        }
        for (Work work : works) {
            String name = work.getClass().getSimpleName();
            Target.say("CALL Busy.run > " + name + ".go");
            for (String call : work.calls()) {
                Target.say("CALL " + call);
            }
        }
        Busy first = new Busy(works, 1);
        Busy second = new Busy(works, 2);
        Target.daemon("busy 1", first);
        Target.daemon("busy 2", second);
        Target.onInput(line -> {
            if (line.equals("more")) {
                Target.daemon("busy more", new Busy(works, 3));
            }
            Target.say("TURNS " + first.turns + " " + second.turns);
        });
        Target.ready();
        Block.forever();
    }

    private static Work[] selected(String[] names) {
        Work[] all = {new Recursion(), new Expressions(), new Exceptions(), new Streams(), new Strings(), new Maps(),
            new Natives(), new Allocation(), new Reflection(), new Locks(), new Mathematics(), new WideFrames()};
        if (names.length == 0) {
            return all;
        }
        List<String> wanted = Arrays.asList(names);
        return Arrays.stream(all).filter(work -> wanted.contains(work.getClass().getSimpleName()))
                .toArray(Work[]::new);
    }

    @Override
    public void run() {
        while (true) {
            state ^= state << 13;
            state ^= state >>> 17;
            state ^= state << 5;
            works[(state >>> 8) % works.length].go(state);
            turns++;
        }
    }
}
