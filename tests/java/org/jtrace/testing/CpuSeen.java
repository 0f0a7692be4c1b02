package org.jtrace.testing;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** CPU time in seconds: what a profile's samples carry, and what the kernel has counted, as its last line says. */
public record CpuSeen(double seen, double counted) {
    private static final Pattern CPU = Pattern.compile("CPU seen ([0-9.]+) (\\w+) of ([0-9.]+) (\\w+)");
    private static final Map<String, Double> SECONDS = Map.of("ns", 1e-9, "us", 1e-6, "ms", 1e-3, "s", 1.0);

    public static CpuSeen of(Command.Result jtrace) {
        Matcher cpu = CPU.matcher(jtrace.stderr());
        if (!cpu.find()) {
            throw new AssertionError("no CPU time: " + jtrace);
        }
        return new CpuSeen(Double.parseDouble(cpu.group(1)) * SECONDS.get(cpu.group(2)),
                Double.parseDouble(cpu.group(3)) * SECONDS.get(cpu.group(4)));
    }
}
