package org.jtrace.targets;

import java.util.concurrent.CountDownLatch;

/**
 * Virtual threads (21 and later) in every state that has frames on a carrier's stack:
 *
 * <ul>
 *   <li>{@code deep N}: recursion that yields far down, so that most of its frames stay in the heap when it runs on, goes
 *       back some of the way, and down again;
 *   <li>{@code busy}: runs and never yields;
 *   <li>one without a name, that yields now and then;
 *   <li>{@code pinned busy}, {@code pinned waiting}: below a static initialiser, whose native frame keeps it on its carrier.
 * </ul>
 *
 * <p>Prints {@code CALL caller > callee} for each call that it can make, {@code THREAD id name}
 * for each thread and READY.
 */
public final class VirtualThreads {
    static final int DEPTH = 300;
    /** How far from the deepest frame it turns. */
    static final int TURN = 30;

    private static final int SPINS = 40_000;
    private static final int GARBAGE_BYTES = 1 << 16;

    private static final String[] CALLS = {
        "Deep.run > Deep.a", "Deep.a > Deep.b", "Deep.b > Deep.c", "Deep.c > Deep.a", "Deep.a > Deep.turn",
        "Deep.turn > Deep.b", "Deep.turn > Spinner.halfWay", "Deep.turn > Spinner.pause", "Deep.a > Deep.bottom",
        "Deep.bottom > Spinner.down", "Deep.bottom > Spinner.pause", "Spinner.pause > jdk",
        "Spinner.down > Spinner.spin", "Spinner.halfWay > Spinner.spin", "Spinner.busy > Spinner.spin",
        "BusyForEver.run > Spinner.busy", "Yielding.run > Spinner.busy", "Yielding.run > Spinner.pause",
        "PinnedBusy.run > PinnedBusy$Initialised.<clinit>", "PinnedBusy$Initialised.<clinit> > Spinner.busy",
        "PinnedBusy$Initialised.<clinit> > Spinner.pause", "PinnedBusy$Initialised.<clinit> > jdk",
        "PinnedWaiting.run > PinnedWaiting$Initialised.<clinit>",
        "PinnedWaiting$Initialised.<clinit> > jdk",
    };

    private VirtualThreads() {
    }

    public static void main(String[] args) throws Exception {
        Target.endWithInput();
        for (String call : CALLS) {
            Target.say("CALL " + call);
        }
        CountDownLatch started = new CountDownLatch(1);
        start("deep 0", new Deep());
        start("deep 1", new Deep());
        start("busy", new BusyForEver());
        start("pinned busy", new PinnedBusy());
        Thread waiting = start("pinned waiting", new PinnedWaiting(started));
        start(null, new Yielding());
        started.await();
        while (waiting.getState() != Thread.State.WAITING) {
            Thread.sleep(5);
        }
        Target.ready();
        waiting.join(); // for ever; virtual threads alone do not keep a JVM
    }

    /** The programs are compiled for releases that have no virtual threads. */
    private static Thread start(String name, Runnable body) throws Exception {
        Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
        Class<?> type = Class.forName("java.lang.Thread$Builder");
        if (name != null) {
            builder = type.getMethod("name", String.class).invoke(builder, name);
        }
        Thread thread = (Thread) type.getMethod("start", Runnable.class).invoke(builder, body);
        Target.say("THREAD " + thread.getId() + " " + thread.getName());
        return thread;
    }

    /** What the threads do where they are. */
    private static final class Spinner {
        private byte[] garbage;
        private int sum;

        void down() {
            spin();
        }

        void halfWay() {
            spin();
        }

        void busy() {
            spin();
        }

        /** Leaves the carrier, unless it is pinned; what was allocated keeps the collector at work. */
        void pause() {
            garbage = new byte[GARBAGE_BYTES];
            Thread.yield();
        }

        private void spin() {
            int x = sum;
            for (int i = 0; i < SPINS; i++) {
                x = x * 31 + (x >>> 7);
            }
            sum = x;
        }
    }

    /** Each of a, b and c calls the next one only, so that a frame that is missing shows. */
    private static final class Deep implements Runnable {
        private final Spinner spinner = new Spinner();

        @Override
        public void run() {
            while (true) {
                a(DEPTH);
            }
        }

        private int a(int depth) {
            if (depth == 0) {
                return bottom();
            }
            return depth == TURN ? turn(depth) : b(depth - 1) + 1;
        }

        private int b(int depth) {
            return c(depth - 1) + 2;
        }

        private int c(int depth) {
            return a(depth - 1) + 3;
        }

        private int turn(int depth) {
            int result = b(depth - 1);
            spinner.halfWay();
            spinner.pause();
            spinner.halfWay();
            return result + b(depth - 1);
        }

        private int bottom() {
            spinner.pause();
            spinner.down();
            spinner.pause();
            spinner.down();
            return 0;
        }
    }

    private static final class BusyForEver implements Runnable {
        private final Spinner spinner = new Spinner();

        @Override
        public void run() {
            while (true) {
                spinner.busy();
            }
        }
    }

    private static final class Yielding implements Runnable {
        private final Spinner spinner = new Spinner();

        @Override
        public void run() {
            while (true) {
                spinner.busy();
                spinner.pause();
            }
        }
    }

    private static final class PinnedBusy implements Runnable {
        @Override
        public void run() {
            Initialised.touch();
        }

        private static final class Initialised {
            static {
                Spinner spinner = new Spinner();
                while (System.nanoTime() != 0) {
                    spinner.busy();
                    spinner.pause();
                }
            }

            static void touch() {
                Target.say("initialised");
            }
        }
    }

    private static final class PinnedWaiting implements Runnable {
        private static CountDownLatch begun;

        PinnedWaiting(CountDownLatch begun) {
            PinnedWaiting.begun = begun;
        }

        @Override
        public void run() {
            Initialised.touch();
        }

        private static final class Initialised {
            static {
                begun.countDown();
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    Target.say("interrupted: " + e);
                }
            }

            static void touch() {
                Target.say("initialised");
            }
        }
    }
}
