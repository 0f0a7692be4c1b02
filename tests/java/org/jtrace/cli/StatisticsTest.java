package org.jtrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.jtrace.sampling.DurationHistogram;
import org.junit.jupiter.api.Test;

class StatisticsTest {
    @Test
    void withoutStopsThereIsNoHistogram() {
        assertEquals(List.of("stop times: nobody was stopped"), Statistics.ofStops(new DurationHistogram()));
    }

    @Test
    void aLineForEachOctave() {
        DurationHistogram stops = new DurationHistogram();
        for (int i = 0; i < 90; i++) {
            stops.add(20_000);
        }
        for (int i = 0; i < 9; i++) {
            stops.add(70_000);
        }
        stops.add(1_000_000);
        assertEquals(List.of(
                "stop times: median 20.1 us, 90 % 20.1 us, 99 % 70.1 us, 99.9 % 1.00 ms, worst 1.00 ms; 3.43 ms in all",
                "  16.4 us to 32.8 us         90  90.0 % ########################################",
                "  32.8 us to 65.5 us          0   0.0 %",
                "  65.5 us to  131 us          9   9.0 % ####",
                "   131 us to  262 us          0   0.0 %",
                "   262 us to  524 us          0   0.0 %",
                "   524 us to 1.05 ms          1   1.0 % #"), Statistics.ofStops(stops));
    }
}
