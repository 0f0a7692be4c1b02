package org.jtrace.cli;

import java.util.List;

/**
 * What the build makes the class-data archive from: jtrace's most used commands, one after the other, as an archive comes
 * from one run of one JVM. The argument is a JVM's pid.
 */
final class ArchiveTraining {
    private ArchiveTraining() {}

    public static void main(String[] args) {
        String pid = args[0];
        List.of("-p " + pid + " -s 1 -o -", "-p " + pid + " -s 0 --format html -o -", "-d -p " + pid,
                        "-d --consistent --virtual --json -p " + pid, "list")
                .forEach(command -> Main.run(command.split(" ")));
    }
}
