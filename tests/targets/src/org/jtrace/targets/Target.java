package org.jtrace.targets;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UnsupportedEncodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** What all targets have in common. They are compiled for Java 8, so that they run on every JDK. */
final class Target {
    /** The same bytes under each locale and JDK. */
    private static final PrintStream OUT = utf8(System.out);

    private Target() {
    }

    private static PrintStream utf8(PrintStream out) {
        try {
            return new PrintStream(out, true, "UTF-8");
        } catch (UnsupportedEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Says to the test that everything which it wants to see is under way. */
    static void ready() {
        say("READY");
    }

    static void say(String line) {
        OUT.println(line);
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
