package org.jtrace.targets;

import java.lang.reflect.Method;
import java.util.concurrent.CountDownLatch;

/**
 * Threads whose names lie among garbage, so that collections move them. Prints {@code THREAD name} for each and READY,
 * then rests; after each line {@code move} it collects garbage once more, and after {@code churn} all the time.
 *
 * <p>Where virtual threads exist, one is mounted for ever; {@code VIRTUAL name} is its name.
 */
public final class MovingNames {
    private static final int THREADS = 60;

    private static final CountDownLatch NEVER = new CountDownLatch(1);

    private final MovingHeap heap = new MovingHeap();

    private MovingNames() {
    }

    public static void main(String[] args) throws Exception {
        MovingNames target = new MovingNames();
        for (int i = 0; i < THREADS; i++) {
            target.heap.allocatePart(THREADS);
            // Half of them do not fit into one byte a character.
            String name = "moving " + i + (i % 2 == 0 ? " \u00e9" : " \u6771");
            Target.daemon(name, MovingNames::rest);
            Target.say("THREAD " + name);
        }
        startVirtualThread();
        target.heap.move();
        target.heap.move();
        Target.ready();
        target.obey();
    }

    private void obey() throws Exception {
        StringBuilder command = new StringBuilder();
        for (int c = System.in.read(); c >= 0; c = System.in.read()) {
            if (c != '\n') {
                command.append((char) c);
                continue;
            }
            if (command.toString().equals("churn")) {
                Target.daemon("churn", () -> heap.churn(5));
            } else {
                heap.move();
            }
            Target.say("DONE " + command);
            command.setLength(0);
        }
    }

    private static void rest() {
        try {
            NEVER.await();
        } catch (InterruptedException e) {
            Target.say("interrupted: " + e);
        }
    }

    private static void startVirtualThread() throws Exception {
        Method ofVirtual;
        try {
            ofVirtual = Thread.class.getMethod("ofVirtual");
        } catch (NoSuchMethodException before21) {
            return;
        }
        String name = "virtual \u00fc";
        Object builder = ofVirtual.invoke(null);
        Class<?> type = Class.forName("java.lang.Thread$Builder");
        builder = type.getMethod("name", String.class).invoke(builder, name);
        Thread thread = (Thread) type.getMethod("start", Runnable.class).invoke(builder, (Runnable) Pinned::touch);
        while (thread.getState() != Thread.State.WAITING) {
            Thread.sleep(5);
        }
        Target.say("VIRTUAL " + name);
    }

    /** A thread that waits in a static initialiser stays on its carrier. */
    private static final class Pinned {
        static {
            rest();
        }

        static void touch() {
        }
    }
}
