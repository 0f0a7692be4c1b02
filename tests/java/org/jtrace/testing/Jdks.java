package org.jtrace.testing;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The JDKs that targets run on: all under /usr/lib/jvm and those that the environment variable JTRACE_TEST_JDKS names
 * (homes, colon separated). The system property {@value #RESTRICT} narrows them: feature versions or homes, comma
 * separated.
 */
public final class Jdks {
    static final String RESTRICT = "jtrace.test.jdks";

    private static final List<Jdk> ALL = find();

    private Jdks() {
    }

    /** Never empty: without a JDK no test here would test anything. */
    public static List<Jdk> all() {
        return ALL;
    }

    private static List<Jdk> find() {
        Set<Path> homes = new LinkedHashSet<>();
        candidates().map(Jdks::canonical).flatMap(Optional::stream).filter(Jdk::isJdk).forEach(homes::add);
        List<Jdk> jdks = homes.stream().map(Jdks::describe).filter(Jdks::wanted)
                .sorted(Comparator.comparingInt(Jdk::feature)).toList();
        if (jdks.isEmpty()) {
            throw new IllegalStateException("no JDK among " + homes + " (" + RESTRICT + "="
                    + System.getProperty(RESTRICT) + ")");
        }
        return jdks;
    }

    private static Stream<Path> candidates() {
        String named = Optional.ofNullable(System.getenv("JTRACE_TEST_JDKS")).orElse("");
        Stream<Path> fromEnvironment =
                Stream.of(named.split(File.pathSeparator)).filter(home -> !home.isBlank()).map(Path::of);
        return Stream.concat(fromEnvironment, installed().stream());
    }

    private static List<Path> installed() {
        try (Stream<Path> homes = Files.list(Path.of("/usr/lib/jvm"))) {
            return homes.sorted().toList();
        } catch (IOException noSuchDirectory) {
            return List.of();
        }
    }

    private static Optional<Path> canonical(Path home) {
        try {
            return Optional.of(home.toRealPath());
        } catch (IOException dangling) {
            return Optional.empty();
        }
    }

    private static Jdk describe(Path home) {
        try {
            return Jdk.at(home);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean wanted(Jdk jdk) {
        String restriction = System.getProperty(RESTRICT, "");
        return restriction.isBlank() || Stream.of(restriction.split(","))
                .anyMatch(one -> one.equals(String.valueOf(jdk.feature())) || one.equals(jdk.home().toString()));
    }
}
