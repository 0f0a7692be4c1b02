package org.jtrace.target;

import java.util.List;
import java.util.Set;

/** A JVM's command line without what is not about the program: launcher, options, class path. */
final class JavaCommand {
    /** Options of the java launcher whose value is the next argument (java(1), JDK 8 to 26). */
    private static final Set<String> TAKE_A_VALUE = Set.of("-cp", "-classpath", "--class-path", "-p", "--module-path",
            "--upgrade-module-path", "--add-modules", "--limit-modules", "--add-reads", "--add-exports", "--add-opens",
            "--patch-module", "--enable-native-access", "--illegal-native-access", "--source");
    private static final Set<String> NAME_THE_PROGRAM = Set.of("-jar", "-m", "--module");

    private JavaCommand() {}

    /** Main class, jar or module and its arguments; all of it for other launchers and where options hide in a file. */
    static String of(List<String> commandLine) {
        int program = programIndex(commandLine);
        return String.join(" ", commandLine.subList(program, commandLine.size()));
    }

    /** Main class, jar or module alone; empty where {@link #of} would give all of it. */
    static String program(List<String> commandLine) {
        int program = programIndex(commandLine);
        return program == 0 ? "" : commandLine.get(program);
    }

    private static int programIndex(List<String> commandLine) {
        if (commandLine.isEmpty() || !commandLine.get(0).matches("(.*/)?java")) {
            return 0;
        }
        int at = 1;
        while (at < commandLine.size() && commandLine.get(at).startsWith("-")) {
            String option = commandLine.get(at);
            at += TAKE_A_VALUE.contains(option) ? 2 : 1;
            if (NAME_THE_PROGRAM.contains(option)) {
                break;
            }
        }
        return at >= commandLine.size() || commandLine.get(at).startsWith("@") ? 0 : at;
    }
}
