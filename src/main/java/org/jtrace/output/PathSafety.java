package org.jtrace.output;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jtrace.profile.CleanText;

/**
 * Keeps root from being led astray by what others left in shared directories such as /tmp. The rule is that of the
 * kernel's fs.protected_symlinks and fs.protected_fifos, which may be off and guard a path's last component only: in a
 * directory that everybody can write to, an entry is trusted if it belongs to us, to root or to the directory's owner.
 */
final class PathSafety {
    private static final int WRITABLE_BY_OTHERS = 0002;
    private static final int LINK_LIMIT = 40;

    private PathSafety() {}

    static Path directoryOf(Path path) {
        Path parent = path.toAbsolutePath().getParent();
        return parent == null ? path.toAbsolutePath() : parent;
    }

    /** Follows the path as the kernel would and refuses an untrusted symbolic link anywhere on it. */
    static void requireTrustedPath(Path path) throws IOException {
        Deque<Path> ahead = new ArrayDeque<>();
        Path at = pushAll(ahead, path.toAbsolutePath());
        int links = 0;
        while (!ahead.isEmpty()) {
            Path name = ahead.pop();
            Path next = name.toString().equals("..") ? parentOf(at) : at.resolve(name);
            if (!Files.isSymbolicLink(next)) {
                at = next;
                continue;
            }
            requireTrustedEntry(next);
            if (++links > LINK_LIMIT) {
                throw new IOException("too many symbolic links");
            }
            Path target = Files.readSymbolicLink(next);
            Path root = pushAll(ahead, target);
            at = root == null ? at : root;
        }
    }

    /** `at` has no links left in it, so its parent is the real one. */
    private static Path parentOf(Path at) {
        return at.getParent() == null ? at : at.getParent();
    }

    private static Path pushAll(Deque<Path> ahead, Path path) {
        for (int i = path.getNameCount() - 1; i >= 0; i--) {
            ahead.push(path.getName(i));
        }
        return path.getRoot();
    }

    /** Refuses a link or pipe that another user could have planted. */
    static void requireTrustedEntry(Path entry) throws IOException {
        Path directory = directoryOf(entry);
        if ((attribute(directory, "unix:mode") & WRITABLE_BY_OTHERS) == 0) {
            return;
        }
        int owner = attribute(entry, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        if (owner != 0 && owner != attribute(Path.of("/proc/self"), "unix:uid")
                && owner != attribute(directory, "unix:uid")) {
            throw new IOException(CleanText.of(entry.toString()) + " belongs to uid " + owner
                    + " and stands in a directory that everybody can write to; name a place of your own");
        }
    }

    private static int attribute(Path path, String name, LinkOption... options) throws IOException {
        return (Integer) Files.getAttribute(path, name, options);
    }
}
