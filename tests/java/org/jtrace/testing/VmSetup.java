package org.jtrace.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** A JDK, a collector and a way to execute bytecode: what a target is started with. */
public record VmSetup(Jdk jdk, Collector collector, Mode mode) {
    /** Names the setups to be run, such as {@code g1,xint}; all without it. */
    private static final String RESTRICT = "jtrace.test.setups";
    /** {@code full}: each collector with each mode, instead of one of them changed at a time. */
    private static final String MATRIX = "jtrace.test.matrix";

    private static final List<VmSetup> MATRIX_SETUPS = matrix();

    /** Which collector; {@code DEFAULT} leaves the choice to the JVM. */
    public enum Collector {
        DEFAULT,
        SERIAL("-XX:+UseSerialGC"),
        PARALLEL("-XX:+UseParallelGC"),
        G1("-XX:+UseG1GC"),
        Z("-XX:+UseZGC"),
        SHENANDOAH("-XX:+UseShenandoahGC");

        private final List<String> options;

        Collector(String... options) {
            this.options = List.of(options);
        }
    }

    /**
     * How bytecode is executed. C1 and C2 compile in the foreground, so that the code that a target warmed up is
     * certain to be compiled.
     */
    public enum Mode {
        TIERED,
        XINT("-Xint"),
        C1("-XX:TieredStopAtLevel=1", "-Xbatch"),
        C2("-XX:-TieredCompilation", "-Xbatch");

        private final List<String> options;

        Mode(String... options) {
            this.options = List.of(options);
        }
    }

    /** Each collector with tiered compilation, and each mode with the default collector, on each JDK. */
    public static Stream<VmSetup> all() {
        return MATRIX_SETUPS.stream();
    }

    /** Each JDK with its defaults. */
    public static Stream<VmSetup> defaults() {
        return Jdks.all().stream().map(VmSetup::defaultsOf);
    }

    public static VmSetup defaultsOf(Jdk jdk) {
        return new VmSetup(jdk, Collector.DEFAULT, Mode.TIERED);
    }

    public List<String> options() {
        List<String> options = new ArrayList<>(collector.options);
        options.addAll(mode.options);
        return options;
    }

    @Override
    public String toString() {
        return jdk + "/" + collector.name().toLowerCase() + "/" + mode.name().toLowerCase();
    }

    private static List<VmSetup> matrix() {
        boolean full = System.getProperty(MATRIX, "").equals("full");
        List<VmSetup> setups = new ArrayList<>();
        for (Jdk jdk : Jdks.all()) {
            for (Collector collector : availableIn(jdk)) {
                for (Mode mode : Mode.values()) {
                    if (full || collector == Collector.DEFAULT || mode == Mode.TIERED) {
                        setups.add(new VmSetup(jdk, collector, mode));
                    }
                }
            }
        }
        return setups.stream().filter(VmSetup::wanted).toList();
    }

    private static List<Collector> availableIn(Jdk jdk) {
        return Arrays.stream(Collector.values())
                .filter(collector -> jdk.accepts(collector.options.toArray(String[]::new))).toList();
    }

    private boolean wanted() {
        String restriction = System.getProperty(RESTRICT, "");
        List<String> parts = List.of(collector.name(), mode.name(), toString());
        return restriction.isBlank() || Stream.of(restriction.split(","))
                .anyMatch(one -> parts.stream().anyMatch(one::equalsIgnoreCase));
    }
}
