package org.jtrace.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jtrace.testing.Collapsed;
import org.jtrace.testing.Command;
import org.jtrace.testing.Jtrace;
import org.jtrace.testing.TargetJvm;
import org.jtrace.testing.VmSetup;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Many threads that want a CPU: far more than there are. */
class ScaleIT {
    private static final int THREADS = 500;
    private static final int BUSY = 100;

    private static Stream<VmSetup> newest() {
        return VmSetup.oldestAndNewest().reduce((older, newer) -> newer).stream();
    }

    /** A stop waits until the thread gets a CPU, and yet a tick ends, and each thread has its one sample for it. */
    @ParameterizedTest
    @MethodSource("newest")
    void eachThreadIsAccountedForAtEachTick(VmSetup setup) {
        try (TargetJvm target = start(setup)) {
            Command.Result result = Jtrace.run("--engine", "ptrace", "-p", target.pid(), "-s", "2", "--threads", "-n");
            assertEquals(0, result.exit(), result::toString);
            System.out.printf("%-24s %s", setup, result.stderr());
            Map<String, Long> samples = byThread(Collapsed.parse(result.stdout()));
            long ticks = samples.get("parked-" + (THREADS - 1));
            assertTrue(ticks > 0);
            for (int i = 0; i < THREADS; i++) {
                String name = (i < BUSY ? "busy-" : "parked-") + i;
                assertEquals(ticks, samples.get(name), () -> name + ": " + result.stderr());
            }
        }
    }

    /** With the least claim to a CPU, so that whoever else works on this machine gets on. */
    private static TargetJvm start(VmSetup setup) {
        List<String> command = new ArrayList<>(List.of("nice", "-n", "19"));
        command.addAll(TargetJvm.command(setup.jdk(), setup.options(), "Crowd", String.valueOf(THREADS),
                String.valueOf(BUSY)));
        return TargetJvm.start(command);
    }

    private static Map<String, Long> byThread(Collapsed profile) {
        Map<String, Long> samples = new HashMap<>();
        for (Collapsed.Stack stack : profile.stacks()) {
            stack.frames().stream().filter(frame -> frame.startsWith("busy-") || frame.startsWith("parked-")).findFirst()
                    .ifPresent(name -> samples.merge(name, stack.count(), Long::sum));
        }
        return samples;
    }
}
