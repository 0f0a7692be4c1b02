package org.jtrace.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** What a target is started with: a JDK, a collector, a way to execute bytecode, and a layout of heap and code. */
public record VmSetup(Jdk jdk, Collector collector, Mode mode, Layout layout) {
    /** Names the setups to be run, such as {@code g1,xint}; all without it. */
    private static final String RESTRICT = "jtrace.test.setups";
    /** {@code full}: each collector with each mode and each layout, instead of each of them at least once. */
    private static final String MATRIX = "jtrace.test.matrix";

    private static final List<VmSetup> MATRIX_SETUPS =
            Jdks.all().stream().flatMap(VmSetup::setupsOf).filter(VmSetup::wanted).toList();

    /** What one part of a setup adds to the command line. */
    private interface Part {
        List<String> options();

        default boolean isIn(Jdk jdk) {
            return jdk.accepts(options());
        }
    }

    /** Which collector; {@code DEFAULT} leaves the choice to the JVM. */
    public enum Collector implements Part {
        DEFAULT,
        SERIAL("-XX:+UseSerialGC"),
        PARALLEL("-XX:+UseParallelGC"),
        /** Up to 13. */
        CMS("-XX:+UseConcMarkSweepGC"),
        G1("-XX:+UseG1GC"),
        /** Without generations up to 22, with them since 24. */
        Z("-XX:+UnlockExperimentalVMOptions", "-XX:+UseZGC"),
        /** 21 to 23, where there is a choice. */
        ZGENERATIONAL("-XX:+UseZGC", "-XX:+ZGenerational"),
        SHENANDOAH("-XX:+UnlockExperimentalVMOptions", "-XX:+UseShenandoahGC");

        private final List<String> options;

        Collector(String... options) {
            this.options = List.of(options);
        }

        /** Whether objects move while the program runs. */
        public boolean movesObjectsConcurrently() {
            return this == Z || this == ZGENERATIONAL || this == SHENANDOAH;
        }

        @Override
        public List<String> options() {
            return options;
        }
    }

    /**
     * How bytecode is executed. C1 and C2 compile in the foreground, so that the code that a target warmed up is
     * certain to be compiled.
     */
    public enum Mode implements Part {
        TIERED,
        XINT("-Xint"),
        C1("-XX:TieredStopAtLevel=1", "-Xbatch"),
        C2("-XX:-TieredCompilation", "-Xbatch"),
        XCOMP("-Xcomp");

        private final List<String> options;

        Mode(String... options) {
            this.options = List.of(options);
        }

        @Override
        public List<String> options() {
            return options;
        }
    }

    /** How references, headers and code are laid out, where that is not as the JVM has it by itself. */
    public enum Layout implements Part {
        DEFAULT,
        WIDEOOPS("-XX:-UseCompressedOops"),
        /** Up to 26. Up to 14 this needs wide oops, too. */
        WIDECLASSES("-XX:-UseCompressedOops", "-XX:-UseCompressedClassPointers"),
        /** 25 and 26, where they are an option. */
        COMPACTHEADERS("-XX:+UseCompactObjectHeaders"),
        /** 27, where they are the default. */
        FULLHEADERS("-XX:-UseCompactObjectHeaders"),
        /** More than compressed oops can reach; nothing of it is touched. */
        LARGEHEAP("-Xmx40g", "-Xms64m"),
        SEGMENTED("-XX:+SegmentedCodeCache"),
        UNSEGMENTED("-XX:-SegmentedCodeCache");

        private final List<String> options;

        Layout(String... options) {
            this.options = List.of(options);
        }

        @Override
        public List<String> options() {
            return options;
        }
    }

    /** On each JDK all modes, and each collector and each layout at least once. */
    public static Stream<VmSetup> all() {
        return MATRIX_SETUPS.stream();
    }

    /** Each mode on each JDK, the rest as the JVM has it by itself. */
    public static Stream<VmSetup> modes() {
        return all().filter(setup -> setup.collector == Collector.DEFAULT && setup.layout == Layout.DEFAULT);
    }

    /** Each collector on each JDK, once. */
    public static Stream<VmSetup> collectors() {
        Set<String> seen = new HashSet<>();
        return all().filter(setup -> seen.add(setup.jdk + "/" + setup.collector));
    }

    /** Each JDK with its defaults. */
    public static Stream<VmSetup> defaults() {
        return Jdks.all().stream().map(VmSetup::defaultsOf);
    }

    /** The oldest and the newest JDK with their defaults, for what is the kernel's more than the JVM's. */
    public static Stream<VmSetup> oldestAndNewest() {
        List<VmSetup> all = defaults().toList();
        return Stream.of(all.get(0), all.get(all.size() - 1)).distinct();
    }

    public static VmSetup defaultsOf(Jdk jdk) {
        return new VmSetup(jdk, Collector.DEFAULT, Mode.TIERED);
    }

    public VmSetup(Jdk jdk, Collector collector, Mode mode) {
        this(jdk, collector, mode, Layout.DEFAULT);
    }

    public List<String> options() {
        List<String> options = new ArrayList<>(collector.options);
        options.addAll(mode.options);
        options.addAll(layout.options);
        return options;
    }

    @Override
    public String toString() {
        String withoutLayout = jdk + "/" + nameOf(collector) + "/" + nameOf(mode);
        return layout == Layout.DEFAULT ? withoutLayout : withoutLayout + "/" + nameOf(layout);
    }

    private static Stream<VmSetup> setupsOf(Jdk jdk) {
        List<Collector> collectors = availableIn(jdk, Collector.values());
        List<Layout> layouts = availableIn(jdk, Layout.values());
        return System.getProperty(MATRIX, "").equals("full") ? product(jdk, collectors, layouts)
                : covering(jdk, collectors, layouts);
    }

    private static Stream<VmSetup> product(Jdk jdk, List<Collector> collectors, List<Layout> layouts) {
        return collectors.stream().flatMap(collector -> Arrays.stream(Mode.values())
                .flatMap(mode -> layouts.stream().map(layout -> new VmSetup(jdk, collector, mode, layout))))
                .filter(setup -> jdk.accepts(setup.options()));
    }

    /** All modes with the defaults; then a collector, a layout and a mode, the next of each in turn. */
    private static Stream<VmSetup> covering(Jdk jdk, List<Collector> collectors, List<Layout> layouts) {
        Set<VmSetup> setups = new LinkedHashSet<>();
        for (Mode mode : Mode.values()) {
            setups.add(new VmSetup(jdk, Collector.DEFAULT, mode));
        }
        for (int i = 1; i < Math.max(collectors.size(), layouts.size()); i++) {
            Collector collector = collectors.get(i % collectors.size());
            Layout layout = layouts.get(i % layouts.size());
            VmSetup setup = new VmSetup(jdk, collector, Mode.values()[i % Mode.values().length], layout);
            if (jdk.accepts(setup.options())) {
                setups.add(setup);
            } else {
                setups.add(new VmSetup(jdk, collector, setup.mode));
                setups.add(new VmSetup(jdk, Collector.DEFAULT, setup.mode, layout));
            }
        }
        return setups.stream();
    }

    private static <P extends Part> List<P> availableIn(Jdk jdk, P[] parts) {
        return Arrays.stream(parts).filter(part -> part.isIn(jdk)).toList();
    }

    private static String nameOf(Enum<?> part) {
        return part.name().toLowerCase(Locale.ROOT);
    }

    private boolean wanted() {
        String restriction = System.getProperty(RESTRICT, "");
        List<String> parts = List.of(nameOf(collector), nameOf(mode), nameOf(layout), toString());
        return restriction.isBlank() || Stream.of(restriction.split(","))
                .anyMatch(one -> parts.stream().anyMatch(one::equalsIgnoreCase));
    }
}
