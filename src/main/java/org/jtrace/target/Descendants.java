package org.jtrace.target;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A process, its children, and theirs: a command may be a script that starts Java. */
final class Descendants {
    /** More than any sane command has; keeps a fork bomb from being followed. */
    private static final int LIMIT = 1024;

    private Descendants() {}

    /** The process first, then its descendants, nearest first. Those that end meanwhile may be missing. */
    static List<Integer> withSelf(int pid) {
        List<Integer> found = new ArrayList<>();
        found.add(pid);
        for (int i = 0; i < found.size() && found.size() < LIMIT; i++) {
            found.addAll(children(found.get(i)));
        }
        return found;
    }

    /** Each thread has its own children. */
    private static List<Integer> children(int pid) {
        List<Integer> children = new ArrayList<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc", Integer.toString(pid), "task"))) {
            for (Path task : tasks) {
                children.addAll(ProcFiles.numbers(task.resolve("children")));
            }
        } catch (IOException | DirectoryIteratorException e) {
            return children;
        }
        return children;
    }
}
