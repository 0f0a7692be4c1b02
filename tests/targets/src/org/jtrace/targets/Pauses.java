package org.jtrace.targets;

import java.net.ServerSocket;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Two threads {@code busy}, some that wait in ways of their own ({@code waits}), and a live heap that takes the collector a
 * while. At each line of input there are as many collections as it says, and {@code COLLECTED} when they are over.
 */
public final class Pauses {
    private static final int NODES = 1_500_000;
    private static final int BREAK_MILLIS = 100;

    private static final Object TAKEN = new Object();
    private static final Semaphore COLLECTIONS = new Semaphore(0);

    private static Node live;
    private static volatile long sink;

    private Pauses() {
    }

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < NODES; i++) {
            live = new Node(live);
        }
        ServerSocket server = new ServerSocket(0);
        synchronized (TAKEN) {
            Thread[] waiting = {
                Target.daemon("waits parked", LockSupport::park),
                Target.daemon("waits asleep", Pauses::sleep),
                Target.daemon("waits for a notification", Pauses::await),
                Target.daemon("waits for a monitor", Pauses::enter),
                Target.daemon("waits in native code", () -> accept(server)),
            };
            for (Thread thread : waiting) {
                while (thread.getState() == Thread.State.NEW) {
                    Thread.sleep(1);
                }
            }
            Target.daemon("busy", Pauses::compute);
            Target.daemon("busy", Pauses::compute);
            Target.daemon("collector", Pauses::collect);
            Target.onInput(line -> COLLECTIONS.release(Integer.parseInt(line)));
            Target.ready();
            Block.forever();
        }
    }

    private static void compute() {
        long value = 1;
        while (true) {
            for (int i = 0; i < 1000; i++) {
                value = step(value, i);
            }
            sink = value;
        }
    }

    private static long step(long value, int i) {
        return value * 31 + i;
    }

    private static void collect() {
        try {
            while (true) {
                COLLECTIONS.acquire();
                System.gc();
                if (COLLECTIONS.availablePermits() == 0) {
                    Target.say("COLLECTED");
                }
                Thread.sleep(BREAK_MILLIS);
            }
        } catch (InterruptedException e) {
            Target.say(e.toString());
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(TimeUnit.DAYS.toMillis(1));
        } catch (InterruptedException e) {
            Target.say(e.toString());
        }
    }

    private static void await() {
        Object monitor = new Object();
        synchronized (monitor) {
            try {
                monitor.wait();
            } catch (InterruptedException e) {
                Target.say(e.toString());
            }
        }
    }

    private static void enter() {
        synchronized (TAKEN) {
            Target.say("a monitor that is taken was entered");
        }
    }

    private static void accept(ServerSocket server) {
        try {
            server.accept();
        } catch (Exception e) {
            Target.say(e.toString());
        }
    }

    private static final class Node {
        private final Node next;

        Node(Node next) {
            this.next = next;
        }
    }
}
