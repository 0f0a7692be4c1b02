package org.jtrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import org.jtrace.profile.Engine;
import org.jtrace.profile.ProfileInfo;
import org.jtrace.profile.ProfileInfo.CpuTime;
import org.jtrace.profile.ProfileInfo.Samples;
import org.jtrace.profile.ProfileInfo.Stops;
import org.jtrace.profile.ProfileInfo.Ticks;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NotesTest {
    @ParameterizedTest
    @CsvSource({
        "true, 10, 0, 90, 60, false",
        "true, 10, 0, 30, 41, true",
        "false, 10, 0, 1000, 11, true",
        "false, 10, 10, 0, 20, false",
        "false, 0, 0, 100, 0, false",
    })
    void mostlyFailedGoesByWhatIsShown(
            boolean idleIncluded, long java, long nonJava, long idle, long failed, boolean mostly) {
        ProfileInfo info = new ProfileInfo(1, "", "", Instant.EPOCH, 1, 1, idleIncluded, Engine.PTRACE,
                new Ticks(1, 1, 0),
                new Samples(java, nonJava, idle, failed), new Stops(0, 0, 0), new CpuTime(0, 0));
        assertEquals(mostly, Notes.mostlyFailed(info));
    }
}
