package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jtrace.testing.Command;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The CPU time that samples carry is what the kernel has counted for the whole process. */
class BooksIT {
    private static final Pattern CPU = Pattern.compile("CPU seen ([0-9.]+) (\\w+) of ([0-9.]+) (\\w+)");
    private static final Map<String, Double> SECONDS = Map.of("us", 1e-6, "ms", 1e-3, "s", 1.0);
    private static final double TOLERANCE = 0.01;

    /** Without compilers: their threads come and go, and what one used from its last look to its end nobody saw. */
    private static Stream<VmSetup> interpreted() {
        return VmSetup.oldestAndNewest().map(setup ->
                new VmSetup(setup.jdk(), VmSetup.Collector.DEFAULT, VmSetup.Mode.XINT));
    }

    @ParameterizedTest
    @MethodSource("interpreted")
    void cpuTimeIsTheKernels(VmSetup setup) {
        assertCpuTimeIsTheKernels(setup, "ptrace");
    }

    @ParameterizedTest
    @MethodSource("interpreted")
    void cpuTimeIsTheKernelsByDefault(VmSetup setup) {
        assertCpuTimeIsTheKernels(setup, "auto");
    }

    private static void assertCpuTimeIsTheKernels(VmSetup setup, String engine) {
        try (TargetJvm target = TargetJvm.start(setup, "Busy")) {
            Command.Result result = Jtrace.run("--engine", engine, "-p", target.pid(), "-s", "5", "-x");
            assertEquals(0, result.exit(), result::toString);
            Matcher cpu = CPU.matcher(result.stderr());
            assertTrue(cpu.find(), result::toString);
            double seen = Double.parseDouble(cpu.group(1)) * SECONDS.get(cpu.group(2));
            double counted = Double.parseDouble(cpu.group(3)) * SECONDS.get(cpu.group(4));
            System.out.printf("%-24s CPU seen %.3f s, counted by the kernel %.3f s%n", setup, seen, counted);
            assertEquals(1, seen / counted, TOLERANCE, result::toString);
        }
    }
}
