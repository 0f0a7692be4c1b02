package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.Stream;
import org.jtrace.testing.Command;
import org.jtrace.testing.CpuSeen;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The CPU time that samples carry is what the kernel has counted for the whole process. */
class BooksIT {
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
            CpuSeen cpu = CpuSeen.of(result);
            System.out.printf("%-24s %-6s CPU seen %.3f s, counted by the kernel %.3f s%n", setup, engine, cpu.seen(),
                    cpu.counted());
            assertEquals(1, cpu.seen() / cpu.counted(), TOLERANCE, result::toString);
        }
    }
}
