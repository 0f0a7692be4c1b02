package org.jtrace.targets;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UnsupportedEncodingException;

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
        Thread thread = new Thread(Target::readToEnd, "stdin");
        thread.setDaemon(true);
        thread.start();
    }

    private static void readToEnd() {
        try {
            while (System.in.read() >= 0) {
                continue;
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
