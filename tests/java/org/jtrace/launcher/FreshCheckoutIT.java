package org.jtrace.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jtrace.testing.Command;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkout in which nothing was built yet. */
class FreshCheckoutIT {
    private static final List<String> SOURCES = List.of("pom.xml", "CMakeLists.txt", "jtrace", "native", "src", "tests");

    @TempDir
    private Path directory;

    @Test
    void firstOfTwoBuildsAndBothRun() throws IOException {
        Path checkout = copySources("fresh checkout");
        Command launcher = Command.of(checkout.resolve("jtrace").toString(), "-V");
        try (Command.Running one = launcher.start(); Command.Running other = launcher.start()) {
            List<Command.Result> results = List.of(one.await(), other.await());
            for (Command.Result result : results) {
                assertEquals(0, result.exit(), result::toString);
                assertTrue(result.stdout().matches("jtrace \\S+\n"), result::toString);
            }
            List<String> said = results.stream().flatMap(result -> result.stderr().lines()).sorted().toList();
            assertEquals(2, said.size(), said::toString);
            assertTrue(said.get(0).startsWith("jtrace: building, once"), said::toString);
            assertEquals("jtrace: waiting for another build of it to end", said.get(1));
        }
        assertEquals("", launcher.run().stderr());
    }

    @Test
    void failedBuildShowsWhy() throws IOException {
        Path checkout = copySources("broken");
        Files.writeString(checkout.resolve("CMakeLists.txt"), "message(FATAL_ERROR \"no such compiler\")\n");
        Command.Result result = Command.of(checkout.resolve("jtrace").toString(), "-V").run();
        assertEquals(1, result.exit(), result::toString);
        assertEquals("", result.stdout());
        assertTrue(result.stderr().contains("CMake Error"), result::toString);
        assertTrue(result.stderr().endsWith("all of its output is in " + checkout + "/target/build.log\n"),
                result::toString);
    }

    private Path copySources(String name) throws IOException {
        Path checkout = Files.createDirectory(directory.resolve(name));
        Path origin = Path.of(System.getProperty("jtrace.basedir", "."));
        for (String source : SOURCES) {
            Command.of("cp", "-rp", origin.resolve(source).toString(), checkout.toString()).run();
        }
        return checkout;
    }
}
