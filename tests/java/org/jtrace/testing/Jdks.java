package org.jtrace.testing;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The JDKs that targets run on: all under /usr/lib/jvm, those that the environment variable JTRACE_TEST_JDKS names
 * (homes, colon separated), and those that tests/jdks has unpacked of the releases that are still lacking. The system
 * property {@value #RESTRICT} narrows them: feature versions or homes, comma separated.
 */
public final class Jdks {
    static final String RESTRICT = "jtrace.test.jdks";
    /** With the environment variable CI set, a release that cannot be tested is a failure. */
    private static final Set<Integer> SUPPORTED = Set.of(8, 11, 17, 21, 25, 26, 27);

    private static final List<Jdk> ALL = find();

    private Jdks() {
    }

    /** Never empty: without a JDK no test here would test anything. */
    public static List<Jdk> all() {
        return ALL;
    }

    /** Those whose programs run as they are, in no root of their own. */
    public static List<Jdk> installed() {
        return ALL.stream().filter(Jdk::installed).toList();
    }

    /** For what is the same on each of them: the oldest, if possible of those that are installed. */
    public static Jdk any() {
        return installed().stream().findFirst().orElse(ALL.get(0));
    }

    private static List<Jdk> find() {
        List<Jdk> found = new ArrayList<>(onThisMachine());
        found.addAll(unpackedBeside(found));
        List<Jdk> jdks = found.stream().filter(Jdks::wanted).sorted(Comparator.comparingInt(Jdk::feature)).toList();
        if (jdks.isEmpty()) {
            throw new IllegalStateException("no JDK among " + found + " (" + RESTRICT + "=" + restriction() + ")");
        }
        requireAllInCi(found);
        return jdks;
    }

    private static List<Jdk> onThisMachine() {
        Set<Path> homes = new LinkedHashSet<>();
        candidates().map(Jdks::canonical).flatMap(Optional::stream).filter(Jdk::isJdk).forEach(homes::add);
        return homes.stream().map(Jdks::describe).toList();
    }

    private static Stream<Path> candidates() {
        String named = Optional.ofNullable(System.getenv("JTRACE_TEST_JDKS")).orElse("");
        Stream<Path> fromEnvironment =
                Stream.of(named.split(File.pathSeparator)).filter(home -> !home.isBlank()).map(Path::of);
        return Stream.concat(fromEnvironment, inUsualPlace().stream());
    }

    private static List<Path> inUsualPlace() {
        try (Stream<Path> homes = Files.list(Path.of("/usr/lib/jvm"))) {
            return homes.sorted().toList();
        } catch (IOException noSuchDirectory) {
            return List.of();
        }
    }

    private static List<Jdk> unpackedBeside(List<Jdk> others) {
        Map<Integer, Jdk> unpacked = new TreeMap<>();
        for (String line : Command.of(Jdk.SCRIPT.toString(), "unpacked").run().lines()) {
            String[] parts = line.split(" ");
            int feature = Integer.parseInt(parts[0]);
            unpacked.put(feature, new Jdk(Path.of(parts[1] + parts[2]), feature, false));
        }
        others.forEach(jdk -> unpacked.remove(jdk.feature()));
        return unpacked.values().stream().filter(Jdks::canBeEntered).toList();
    }

    /** That takes root, and a kernel or container that lets root mount. */
    private static boolean canBeEntered(Jdk jdk) {
        Command.Result version = jdk.tool("java", "-version").run();
        if (version.exit() != 0) {
            System.err.println("not tested on " + jdk + ", which cannot be entered: " + version.stderr());
        }
        return version.exit() == 0;
    }

    private static void requireAllInCi(List<Jdk> found) {
        Set<Integer> missing = new TreeSet<>(SUPPORTED);
        found.forEach(jdk -> missing.remove(jdk.feature()));
        if (System.getenv("CI") != null && restriction().isBlank() && !missing.isEmpty()) {
            throw new IllegalStateException("no JDK of the releases " + missing + "; " + Jdk.SCRIPT + " gets them");
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
        return restriction().isBlank() || Stream.of(restriction().split(","))
                .anyMatch(one -> one.equals(String.valueOf(jdk.feature())) || one.equals(jdk.home().toString()));
    }

    private static String restriction() {
        return System.getProperty(RESTRICT, "");
    }
}
