package org.jtrace.nativelib;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.jtrace.error.JtraceException;

/**
 * Keeps root from loading code that somebody else could have put there.
 *
 * <p>Refused is a file or a directory on the way to it that everybody may write. A sticky directory such as /tmp is
 * passed only if what lies in it on our way belongs to root: anybody may create names there, but nobody can rename or
 * replace root's. Links are judged at both ends. An owner other than root is accepted elsewhere, because
 * {@code sudo ./jtrace} from one's own checkout means to trust one's own files.
 */
final class InstallationTrust {
    private static final int WORLD_WRITABLE = 0002;
    private static final int STICKY = 01000;
    private static final int ROOT = 0;

    private InstallationTrust() {}

    /** @throws JtraceException when we are root and the file is not to be trusted */
    static void check(Path file) {
        try {
            if (effectiveUid() != ROOT) {
                return;
            }
            requireTrusted(file);
            Path real = file.toRealPath();
            if (!real.equals(file)) {
                requireTrusted(real);
            }
        } catch (IOException e) {
            throw new JtraceException("cannot check who may write " + file + ": " + e.getMessage(), e);
        }
    }

    private static void requireTrusted(Path file) throws IOException {
        if ((mode(file) & WORLD_WRITABLE) != 0) {
            throw untrusted(file, file);
        }
        for (Path entry = file; entry.getParent() != null; entry = entry.getParent()) {
            if (!isTrusted(entry.getParent(), entry)) {
                throw untrusted(file, entry.getParent());
            }
        }
    }

    /** Whether nobody but root and the directory's owner could have made {@code entry} what it is. */
    static boolean isTrusted(Path directory, Path entry) throws IOException {
        int mode = mode(directory);
        if ((mode & WORLD_WRITABLE) == 0) {
            return true;
        }
        return (mode & STICKY) != 0 && uid(entry) == ROOT;
    }

    private static JtraceException untrusted(Path file, Path writable) {
        return new JtraceException("will not load " + file + " as root: everybody may write " + writable);
    }

    /** /proc/PID belongs to the effective user of the process; /proc/self is a link to it. */
    private static int effectiveUid() throws IOException {
        return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }

    private static int mode(Path path) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:mode");
    }

    private static int uid(Path path) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    }
}
