package org.jtrace.targets;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Many threads, each blocked in its own way and below calls of its own kind, for comparison with jstack. Prints
 * {@code THREAD name} for each, then READY.
 */
public final class BlockedThreads {
    /** The way of a thread to the place where it blocks. */
    interface Way {
        void go() throws Exception;
    }

    private final Map<Thread, Boolean> threads = new LinkedHashMap<>();

    private BlockedThreads() {
    }

    public static void main(String[] args) throws Exception {
        Target.endWithInput();
        BlockedThreads all = new BlockedThreads();
        Waits.addTo(all);
        Calls.addTo(all);
        HotCalls.addTo(all);
        all.addUnusualNames();
        all.awaitArrival();
        HotCalls.deoptimise();
        for (Thread thread : all.threads.keySet()) {
            Target.say("THREAD " + thread.getName());
        }
        Target.ready();
        Block.forever();
    }

    /** A thread that blocks so that Java calls it waiting or blocked. */
    Thread add(String name, Way way) {
        return start(new Thread(() -> run(way), name), false);
    }

    /** A thread that blocks inside a native method or the VM, which Java calls runnable. */
    Thread addRunnable(String name, Way way) {
        return start(new Thread(() -> run(way), name), true);
    }

    Thread add(Thread thread) {
        return start(thread, false);
    }

    /** A thread that somebody else starts. */
    Thread register(Thread thread) {
        return register(thread, false);
    }

    private Thread start(Thread thread, boolean staysRunnable) {
        register(thread, staysRunnable).start();
        return thread;
    }

    private synchronized Thread register(Thread thread, boolean staysRunnable) {
        thread.setDaemon(true);
        threads.put(thread, staysRunnable);
        return thread;
    }

    static void run(Way way) {
        try {
            way.go();
        } catch (Exception e) {
            Target.say("a thread did not block: " + Thread.currentThread() + " " + e);
        }
    }

    private void addUnusualNames() {
        List<String> names = new ArrayList<>();
        names.add("K\u00f6ln \u2192 \u6771\u4eac");
        names.add("semi;colon;s");
        names.add("  spaces  around and  between  ");
        names.add("pool-12-thread-345 (67)");
        names.add("a \"quoted\" name");
        names.add("#hash [brackets] {braces} 100%");
        names.add("1234567890");
        StringBuilder longName = new StringBuilder("long");
        for (int i = 0; i < 40; i++) {
            longName.append("-part").append(i);
        }
        names.add(longName.toString());
        for (String name : names) {
            add(name, Block::forever);
        }
    }

    private void awaitArrival() throws InterruptedException {
        for (Map.Entry<Thread, Boolean> entry : threads.entrySet()) {
            Thread thread = entry.getKey();
            while (!Block.hasArrived(thread) || !entry.getValue() && runs(thread)) {
                Thread.sleep(5);
            }
        }
    }

    private static boolean runs(Thread thread) {
        return thread.getState() == Thread.State.RUNNABLE;
    }
}
