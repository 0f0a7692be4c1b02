package org.jtrace.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A JDK. {@code feature} is 8, 17, 25 and so on. One that is not installed lies in a root directory of its own and is
 * entered by tests/jdks.
 */
public record Jdk(Path home, int feature, boolean installed) {
    /** Gets, lists and enters the JDKs that have a root of their own. */
    static final Path SCRIPT =
            Path.of(System.getProperty("jtrace.basedir", "")).resolve("tests/jdks").toAbsolutePath();
    private static final Pattern VERSION = Pattern.compile("^JAVA_VERSION=\"(?:1\\.)?(\\d+)", Pattern.MULTILINE);

    static Jdk at(Path home) throws IOException {
        Matcher version = VERSION.matcher(Files.readString(home.resolve("release")));
        if (!version.find()) {
            throw new IOException("no JAVA_VERSION in " + home.resolve("release"));
        }
        return new Jdk(home, Integer.parseInt(version.group(1)), true);
    }

    /** Whether a JDK (not only a run-time image, which has no jstack) lies there. */
    static boolean isJdk(Path home) {
        return Files.isExecutable(home.resolve("bin/java"))
                && Files.isExecutable(home.resolve("bin/jstack"))
                && Files.isReadable(home.resolve("release"));
    }

    /**
     * The command line that becomes one of its programs, as the same process.
     *
     * @param directories what the program needs to see, under the same names
     */
    public List<String> command(String program, List<Path> directories, List<String> arguments) {
        List<String> command = new ArrayList<>();
        if (installed) {
            command.add(home.resolve("bin").resolve(program).toString());
        } else {
            command.addAll(List.of(SCRIPT.toString(), "exec"));
            directories.forEach(directory -> command.addAll(List.of("-b", directory.toAbsolutePath().toString())));
            command.addAll(List.of(String.valueOf(feature), program));
        }
        command.addAll(arguments);
        return command;
    }

    /** Runs one of its tools. */
    public Command tool(String program, String... arguments) {
        return Command.of(command(program, List.of(), List.of(arguments)));
    }

    /** Whether its JVM starts with these options, and heeds them; a collector can be known and yet not built in. */
    public boolean accepts(List<String> options) {
        List<String> arguments = new ArrayList<>(options);
        arguments.add("-version");
        Command.Result result = tool("java", arguments.toArray(String[]::new)).run();
        return result.exit() == 0 && !(result.stdout() + result.stderr()).contains("Ignoring option");
    }

    @Override
    public String toString() {
        return "jdk" + feature;
    }
}
