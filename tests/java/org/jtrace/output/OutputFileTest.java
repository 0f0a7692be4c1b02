package org.jtrace.output;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jtrace.error.JtraceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFileTest {
    private static final int SOMEBODY = 54321;
    private static final OutputFile.Content NEW = out -> out.write("new".getBytes(StandardCharsets.UTF_8));

    @TempDir
    private Path directory;

    @Test
    void aFileAppearsWithWhatTheUmaskAllows() throws IOException {
        Path path = directory.resolve("out.txt");
        file(path).check();
        assertEquals(Set.of(), names());
        assertEquals(path.toString(), file(path).write(NEW));
        assertEquals("new", Files.readString(path));
        Path other = Files.createFile(directory.resolve("other"));
        assertEquals(Files.getPosixFilePermissions(other), Files.getPosixFilePermissions(path));
        assertEquals(Set.of("out.txt", "other"), names());
    }

    @Test
    void anExistingFileStaysWholeUntilTheNewOneIsAndWhenItFails() throws IOException {
        Path path = Files.writeString(directory.resolve("out.txt"), "old");
        JtraceException e = assertThrows(JtraceException.class, () -> file(path).write(out -> {
            out.write(new byte[1 << 20]);
            assertEquals("old", Files.readString(path));
            throw new IOException("the disk\nis full");
        }));
        assertEquals("cannot write " + path + ": the disk\uFFFDis full", e.getMessage());
        assertThrows(IllegalStateException.class, () -> file(path).write(out -> {
            throw new IllegalStateException("a bug");
        }));
        assertEquals("old", Files.readString(path));
        assertEquals(Set.of("out.txt"), names());
        file(path).write(NEW);
        assertEquals("new", Files.readString(path));
    }

    @Test
    void aLinkAtTheNameIsReplacedNotFollowed() throws IOException {
        Path precious = Files.writeString(directory.resolve("precious"), "old");
        Path link = Files.createSymbolicLink(directory.resolve("out.txt"), precious);
        file(link).check();
        file(link).write(NEW);
        assertEquals("old", Files.readString(precious));
        assertTrue(Files.isRegularFile(link, LinkOption.NOFOLLOW_LINKS));

        Path toDevice = Files.createSymbolicLink(directory.resolve("device.txt"), Path.of("/dev/full"));
        file(toDevice).write(NEW);
        assertEquals("new", Files.readString(toDevice));
    }

    @Test
    void ownLinksOnTheWayAreFollowed() throws IOException {
        Path real = Files.createDirectory(directory.resolve("real"));
        Files.createSymbolicLink(directory.resolve("first"), Path.of("second"));
        Files.createSymbolicLink(directory.resolve("second"), Path.of("real/../real"));
        shareWithEverybody(directory);
        file(directory.resolve("first/out.txt")).write(NEW);
        assertEquals("new", Files.readString(real.resolve("out.txt")));
    }

    @Test
    void linksOnTheWayThatOthersCouldHavePlantedAreRefused() throws IOException {
        assumeRoot();
        Path real = Files.createDirectory(directory.resolve("real"));
        Path shared = shareWithEverybody(Files.createDirectory(directory.resolve("shared")));
        Path planted = Files.createSymbolicLink(shared.resolve("planted"), real);
        Files.setAttribute(planted, "unix:uid", SOMEBODY, LinkOption.NOFOLLOW_LINKS);
        Files.createSymbolicLink(directory.resolve("mine"), planted);
        for (Path path : List.of(planted.resolve("out.txt"), directory.resolve("mine/out.txt"))) {
            JtraceException e = assertThrows(JtraceException.class, () -> file(path).check());
            assertTrue(e.getMessage().contains(planted + " belongs to uid " + SOMEBODY), e.getMessage());
            assertThrows(JtraceException.class, () -> file(path).write(NEW));
        }
        try (Stream<Path> files = Files.list(real)) {
            assertEquals(0, files.count());
        }
    }

    @Test
    void aMissingDirectoryIsToldBeforehand() {
        Path path = directory.resolve("missing/out.txt");
        JtraceException e = assertThrows(JtraceException.class, () -> file(path).check());
        assertEquals("cannot write " + path + ": there is no directory " + path.getParent() + "; create it first",
                e.getMessage());
        assertThrows(JtraceException.class, () -> file(path).write(NEW));
    }

    @Test
    void aDirectoryThatIsAFileIsToldBeforehand() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        JtraceException e = assertThrows(JtraceException.class, () -> file(file.resolve("out.txt")).check());
        assertTrue(e.getMessage().endsWith(file + " is not a directory"), e.getMessage());
    }

    @Test
    void aDirectoryAtTheNameIsToldBeforehand() {
        JtraceException e = assertThrows(JtraceException.class, () -> file(directory).check());
        assertTrue(e.getMessage().contains("it is a directory"), e.getMessage());
    }

    /** Not even root creates files in /proc. */
    @Test
    void aDirectoryThatTakesNoFilesIsToldBeforehand() {
        JtraceException e = assertThrows(JtraceException.class, () -> file(Path.of("/proc/out.txt")).check());
        assertTrue(e.getMessage().startsWith("cannot write /proc/out.txt: "), e.getMessage());
        assertFalse(e.getMessage().contains("\n"));
    }

    @Test
    void devicesAreWrittenToNotReplaced() {
        OutputFile nowhere = file(Path.of("/dev/null"));
        nowhere.check();
        assertEquals("/dev/null", nowhere.write(NEW));
        assertFalse(Files.isRegularFile(Path.of("/dev/null")));
        JtraceException e = assertThrows(JtraceException.class, () -> file(Path.of("/dev/full")).write(NEW));
        assertTrue(e.getMessage().startsWith("cannot write /dev/full: "), e.getMessage());
    }

    @Test
    void aNamedPipeIsWrittenToNotReplaced() throws Exception {
        Path pipe = namedPipe("pipe.txt");
        ExecutorService reader = Executors.newSingleThreadExecutor();
        try {
            Future<byte[]> read = reader.submit(() -> Files.readAllBytes(pipe));
            file(pipe).check();
            file(pipe).write(NEW);
            assertArrayEquals("new".getBytes(StandardCharsets.UTF_8), read.get());
        } finally {
            reader.shutdownNow();
        }
    }

    @Test
    void aNamedPipeThatOthersCouldHavePlantedIsRefused() throws Exception {
        assumeRoot();
        Path pipe = namedPipe("pipe.txt");
        shareWithEverybody(directory);
        Files.setAttribute(pipe, "unix:uid", SOMEBODY);
        Files.setAttribute(directory, "unix:uid", SOMEBODY + 1);
        JtraceException e = assertThrows(JtraceException.class, () -> file(pipe).check());
        assertTrue(e.getMessage().contains("belongs to uid " + SOMEBODY), e.getMessage());
    }

    @Test
    void numbersAreTheFirstFreeOnesAndNeverGivenTwice() throws Exception {
        Files.createFile(directory.resolve("2.txt"));
        Files.createSymbolicLink(directory.resolve("4.txt"), Path.of("nowhere"));
        int writers = 8;
        ExecutorService threads = Executors.newFixedThreadPool(writers);
        try {
            CountDownLatch together = new CountDownLatch(writers);
            List<Callable<String>> tasks = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                String text = "profile " + i;
                tasks.add(() -> numbered().write(out -> {
                    together.countDown();
                    out.write(text.getBytes(StandardCharsets.UTF_8));
                    await(together);
                }));
            }
            Set<String> contents = new HashSet<>();
            for (Future<String> written : threads.invokeAll(tasks)) {
                contents.add(Files.readString(Path.of(written.get())));
            }
            assertEquals(writers, contents.size());
            assertEquals(new TreeSet<>(Set.of("1.txt", "2.txt", "3.txt", "4.txt", "5.txt", "6.txt", "7.txt", "8.txt",
                    "9.txt", "10.txt")), names());
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void withoutHardLinksANumberIsReservedFirst() throws IOException {
        Path temporary = Files.writeString(directory.resolve("temporary"), "new");
        Path taken = Files.writeString(directory.resolve("1.txt"), "old");
        assertFalse(OutputFile.reserveAndRename(temporary, taken));
        assertEquals("old", Files.readString(taken));
        assertTrue(OutputFile.reserveAndRename(temporary, directory.resolve("2.txt")));
        assertEquals("new", Files.readString(directory.resolve("2.txt")));
        assertThrows(IOException.class, () -> OutputFile.reserveAndRename(temporary, directory.resolve("3.txt")));
        assertEquals(Set.of("1.txt", "2.txt"), names());
    }

    private static OutputFile file(Path path) {
        return OutputPattern.parse(path.toString().replace("%", "%%")).resolve(1, Instant.EPOCH);
    }

    private OutputFile numbered() {
        return OutputPattern.parse(directory + "/%n.txt").resolve(1, Instant.EPOCH);
    }

    private Path namedPipe(String name) throws IOException, InterruptedException {
        Path pipe = directory.resolve(name);
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).inheritIO().start().waitFor());
        return pipe;
    }

    private static Path shareWithEverybody(Path directory) throws IOException {
        return Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    private static void assumeRoot() throws IOException {
        assumeTrue((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0,
                "only root can give files to another user");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Set<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return new TreeSet<>(files.map(file -> file.getFileName().toString()).toList());
        }
    }
}
