package org.jtrace.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An installed JDK. {@code feature} is 8, 17, 25 and so on, by its release file. */
public record Jdk(Path home, int feature) {
    private static final Pattern VERSION = Pattern.compile("^JAVA_VERSION=\"(?:1\\.)?(\\d+)", Pattern.MULTILINE);

    static Jdk at(Path home) throws IOException {
        Matcher version = VERSION.matcher(Files.readString(home.resolve("release")));
        if (!version.find()) {
            throw new IOException("no JAVA_VERSION in " + home.resolve("release"));
        }
        return new Jdk(home, Integer.parseInt(version.group(1)));
    }

    /** Whether a JDK (not only a run-time image, which has no jstack) lies there. */
    static boolean isJdk(Path home) {
        return Files.isExecutable(home.resolve("bin/java"))
                && Files.isExecutable(home.resolve("bin/jstack"))
                && Files.isReadable(home.resolve("release"));
    }

    public String java() {
        return tool("java");
    }

    public String tool(String name) {
        return home.resolve("bin").resolve(name).toString();
    }

    /** Whether its JVM starts with these options; a collector can be known and yet not built in. */
    public boolean accepts(String... options) {
        String[] command = new String[options.length + 2];
        command[0] = java();
        System.arraycopy(options, 0, command, 1, options.length);
        command[command.length - 1] = "-version";
        return Command.of(command).run().exit() == 0;
    }

    @Override
    public String toString() {
        return "jdk" + feature;
    }
}
