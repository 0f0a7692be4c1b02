package org.jtrace.targets;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** What all targets have in common. They are compiled for Java 8, so that they run on every JDK. */
final class Target {
    private static final OutputStream OUT = new FileOutputStream(FileDescriptor.out);

    private Target() {
    }

    /** Says to the test that everything which it wants to see is under way. */
    static void ready() {
        say("READY");
    }

    /** The same bytes under each locale and JDK, and at once: a line of the VM's own log may not come in between. */
    static void say(String line) {
        byte[] bytes = (line + '\n').getBytes(StandardCharsets.UTF_8);
        try {
            synchronized (OUT) {
                OUT.write(bytes);
            }
        } catch (IOException closed) {
            Runtime.getRuntime().halt(1);
        }
    }

    /** Ends this JVM when its standard input does, so that it never outlives the test that started it. */
    static void endWithInput() {
        onInput(line -> { });
    }

    /** The same, and hands each line to somebody. */
    static void onInput(Consumer<String> reader) {
        daemon("stdin", () -> readToEnd(reader));
    }

    private static void readToEnd(Consumer<String> reader) {
        try {
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                reader.accept(line);
            }
        } catch (IOException closed) {
            say("cannot read: " + closed);
        }
        Runtime.getRuntime().halt(0);
    }

    static Thread daemon(String name, Runnable body) {
        Thread thread = new Thread(body, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
