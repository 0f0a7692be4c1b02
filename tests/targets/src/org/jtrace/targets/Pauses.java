package org.jtrace.targets;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Two threads {@code busy 1} and {@code busy 2}, some that wait in ways of their own ({@code waits}), and a live heap that
 * takes the collector a while. The line {@code thread} starts another one, whose kernel id {@code THREAD} tells when it
 * waits; any other line is a number: there are as many collections, and {@code COLLECTED} when the JVM has logged them all.
 */
public final class Pauses {
    private static final int NODES = 1_500_000;
    private static final long BREAK_NANOS = 100_000_000;

    private static final Object TAKEN = new Object();

    private static Node live;
    private static volatile long sink;
    private static volatile String seenTid;

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
            Target.daemon("busy 1", Pauses::compute);
            Target.daemon("busy 2", Pauses::compute);
            Target.onInput(Pauses::answer);
            Target.ready();
            Block.forever();
        }
    }

    /** For ever. */
    static void compute() {
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

    private static void answer(String line) {
        if (line.equals("thread")) {
            awaitParked(Target.daemon("waits to be seen", Pauses::park));
            Target.say("THREAD " + seenTid);
        } else {
            collect(Integer.parseInt(line));
        }
    }

    private static void park() {
        try {
            seenTid = Files.readSymbolicLink(Paths.get("/proc/thread-self")).getFileName().toString();
            Block.forever();
        } catch (IOException e) {
            Target.say(e.toString());
        }
    }

    /** A thread on its way would wait for a pause of the collector, too. */
    private static void awaitParked(Thread thread) {
        while (!Block.hasArrived(thread) || thread.getState() != Thread.State.WAITING) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static void collect(int times) {
        for (int i = 0; i < times; i++) {
            System.gc();
            LockSupport.parkNanos(BREAK_NANOS);
        }
        // The next safepoint, which this takes, begins when the last one's end is logged.
        ManagementFactory.getThreadMXBean().findDeadlockedThreads();
        Target.say("COLLECTED");
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
        } catch (IOException e) {
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
