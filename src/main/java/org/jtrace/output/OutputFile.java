package org.jtrace.output;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.SecureRandom;
import java.util.function.IntFunction;
import org.jtrace.error.JtraceException;
import org.jtrace.profile.CleanText;

/**
 * Where a profile goes: a file that appears whole or not at all, or a stream that exists already (standard output, a
 * device, a named pipe).
 *
 * <p>A file is written beside its final name, under a name that nobody can guess, opened with O_EXCL, and then renamed:
 * an existing file stays whole until then, and a symbolic link at the final name is replaced, never followed. Its
 * permissions are what the umask gives from the first moment on; a chmod by name afterwards could be led elsewhere in
 * a directory that others write to. In such a directory others can at worst remove or replace the result itself, as
 * they could with any file there, so it is not refused. Links on the way to the directory are followed unless somebody
 * else could have planted them ({@link PathSafety}).
 */
public final class OutputFile {
    private static final int NUMBER_LIMIT = 1_000_000;
    private static final int BUFFER_BYTES = 1 << 16;

    private final IntFunction<Path> pathByNumber;
    private final boolean numbered;

    private OutputFile(IntFunction<Path> pathByNumber, boolean numbered) {
        this.pathByNumber = pathByNumber;
        this.numbered = numbered;
    }

    /** What is to be written. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    static OutputFile stdout() {
        return new OutputFile(null, false);
    }

    static OutputFile of(Path path) {
        return new OutputFile(number -> path, false);
    }

    /** The first number from 1 whose file does not exist yet; two that write at once get two numbers. */
    static OutputFile numbered(IntFunction<Path> pathByNumber) {
        return new OutputFile(pathByNumber, true);
    }

    private boolean isStdout() {
        return pathByNumber == null;
    }

    /** Fails now if writing is going to fail then: call it before a long profile starts. */
    public void check() {
        if (isStdout()) {
            return;
        }
        Path path = pathByNumber.apply(1);
        try {
            if (isStream(path)) {
                requireWritableStream(path);
                return;
            }
            requireDirectory(path);
            Path probe = temporaryBeside(path);
            Files.createFile(probe);
            Files.delete(probe);
        } catch (IOException e) {
            throw cannotWrite(path.toString(), e);
        }
    }

    /** Writes it all, or leaves what was there. Returns the file's name, or "-" for standard output. */
    public String write(Content content) {
        Path path = isStdout() ? null : pathByNumber.apply(1);
        try {
            if (path == null) {
                StandardOutput.write(content);
                return "-";
            }
            if (isStream(path)) {
                requireWritableStream(path);
                writeTo(path, content, StandardOpenOption.WRITE);
                return path.toString();
            }
            return writeWhole(path, content).toString();
        } catch (IOException e) {
            throw cannotWrite(path == null ? "to standard output" : path.toString(), e);
        }
    }

    private Path writeWhole(Path first, Content content) throws IOException {
        requireDirectory(first);
        Path temporary = temporaryBeside(first);
        try {
            writeTo(temporary, content, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            return numbered ? publishNumbered(temporary) : publish(temporary, first);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static void writeTo(Path path, Content content, OpenOption... how) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path, how), BUFFER_BYTES)) {
            content.writeTo(out);
        }
    }

    private static Path publish(Path temporary, Path path) throws IOException {
        return Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
    }

    private Path publishNumbered(Path temporary) throws IOException {
        for (int number = 1; number < NUMBER_LIMIT; number++) {
            Path path = pathByNumber.apply(number);
            if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS) && claim(temporary, path)) {
                return path;
            }
        }
        throw new IOException("all numbers below " + NUMBER_LIMIT + " are taken");
    }

    /**
     * False when the name is taken meanwhile: link(2) tells, rename(2) would not. Where the file system has no links,
     * the name is reserved with an empty file first.
     */
    private static boolean claim(Path temporary, Path path) throws IOException {
        try {
            Files.createLink(path, temporary);
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        } catch (IOException | UnsupportedOperationException e) {
            return reserveAndRename(temporary, path);
        }
    }

    static boolean reserveAndRename(Path temporary, Path path) throws IOException {
        try {
            Files.createFile(path);
        } catch (FileAlreadyExistsException e) {
            return false;
        }
        try {
            publish(temporary, path);
            return true;
        } catch (IOException e) {
            Files.deleteIfExists(path);
            throw e;
        }
    }

    private static Path temporaryBeside(Path path) {
        return path.resolveSibling(".jtrace-" + Long.toUnsignedString(new SecureRandom().nextLong(), 36) + ".tmp");
    }

    private static void requireDirectory(Path path) throws IOException {
        Path directory = PathSafety.directoryOf(path);
        if (!Files.exists(directory)) {
            throw new IOException("there is no directory " + CleanText.of(directory.toString()) + "; create it first");
        }
        if (!Files.isDirectory(directory)) {
            throw new IOException(CleanText.of(directory.toString()) + " is not a directory");
        }
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException("it is a directory; add a file name");
        }
        PathSafety.requireTrustedPath(directory);
    }

    /** Devices, pipes and sockets are written to, not replaced. */
    private static boolean isStream(Path path) {
        if (isDescriptor(path)) {
            return Files.exists(path);
        }
        try {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).isOther();
        } catch (IOException e) {
            return false;
        }
    }

    /** One of our own descriptors, as in {@code -o >(gzip)}: the only links that are followed, nobody can plant them. */
    private static boolean isDescriptor(Path path) {
        Path parent = PathSafety.directoryOf(path);
        return parent.equals(Path.of("/dev/fd")) || parent.equals(Path.of("/proc/self/fd"))
                || path.equals(Path.of("/dev/stderr"));
    }

    private static void requireWritableStream(Path path) throws IOException {
        if (!isDescriptor(path)) {
            PathSafety.requireTrustedEntry(path);
        }
        if (!Files.isWritable(path)) {
            throw new AccessDeniedException(path.toString());
        }
    }

    private static JtraceException cannotWrite(String name, IOException e) {
        return new JtraceException("cannot write " + CleanText.of(name) + ": " + reason(e), e);
    }

    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied; choose a place that you may write to";
        }
        if (e instanceof NoSuchFileException) {
            return "no such file or directory";
        }
        String reason = e instanceof FileSystemException f && f.getReason() != null ? f.getReason() : e.getMessage();
        return CleanText.of(reason == null ? e.getClass().getSimpleName() : reason);
    }
}
