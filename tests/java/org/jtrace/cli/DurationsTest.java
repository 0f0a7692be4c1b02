package org.jtrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.jtrace.error.UsageException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {
    @ParameterizedTest
    @CsvSource({
        "0.01, 10000000", "1, 1000000000", ".5, 500000000", "2., 2000000000", "1e-3, 1000000", "2s, 2000000000",
        "10ms, 10000000", "10MS, 10000000", "'10 ms', 10000000", "0.5ms, 500000", "500us, 500000",
        "100hz, 10000000", "100Hz, 10000000", "0.5hz, 2000000000", "1khz, 1000000", "3hz, 333333333",
        "50us, 50000", "3600, 3600000000000"
    })
    void readsIntervals(String text, long nanos) {
        assertEquals(nanos, Durations.interval(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "0", "0.0", "0hz", "-1", "-10ms", "nonsense", "10 minutes", "10m", "ms", "1e", "NaN", "Infinity", "0x10", "1_0",
        "1,5", "1d", "49us", "1e-9", "3601", "100khz", "0.0001hz", "9999999999999999999999", "1e99", ".", "+1"
    })
    void refusesIntervalsThatMakeNoSense(String text) {
        assertThrows(UsageException.class, () -> Durations.interval(text));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0.0, 0", "1, 1000000000", "0.25, 250000000", "60, 60000000000", "1e2, 100000000000"})
    void readsSeconds(String text, long nanos) {
        assertEquals(nanos, Durations.seconds(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "-0.5", "ten", "10s", "NaN", "1e99", "99999999999", "1 2"})
    void refusesSecondsThatMakeNoSense(String text) {
        assertThrows(UsageException.class, () -> Durations.seconds(text));
    }
}
