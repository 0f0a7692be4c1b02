package org.jtrace.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import org.jtrace.profile.CallTree;
import org.jtrace.profile.Engine;
import org.jtrace.profile.Profile;
import org.jtrace.profile.ProfileInfo;
import org.junit.jupiter.api.Test;

class LedgerTextTest {
    @Test
    void theLineTellsItAll() {
        ProfileInfo info = info(new ProfileInfo.Ticks(1000, 990, 3), new ProfileInfo.Samples(1200, 30, 4000, 6),
                new ProfileInfo.Stops(1236, 41_500, 1_250_000), new ProfileInfo.CpuTime(10_000_000_000L, 9_900_000_000L));
        assertEquals("990 of 1,000 ticks (99.0/s), 3 late; 5,236 samples: 1,200 java, 30 non-java, 4,000 idle, 6 failed; "
                + "1,236 stops, median 41.5 us, worst 1.25 ms; CPU seen 9.90 s of 10.0 s (99 %)", LedgerText.line(info));
    }

    @Test
    void aSingleTickHasNoRateAndAnIdleTargetNoShare() {
        ProfileInfo info = info(new ProfileInfo.Ticks(1, 1, 0), new ProfileInfo.Samples(0, 0, 7, 0),
                new ProfileInfo.Stops(0, 0, 0), new ProfileInfo.CpuTime(0, 0));
        assertEquals("1 of 1 ticks, 0 late; 7 samples: 0 java, 0 non-java, 7 idle, 0 failed; nobody was stopped",
                LedgerText.line(info));
        assertEquals(List.of(), LedgerText.gaps(new Profile(info, new CallTree())));
    }

    @Test
    void whatIsNotKnownIsToldAndWeighed() {
        ProfileInfo info = info(new ProfileInfo.Ticks(100, 80, 1), new ProfileInfo.Samples(97, 0, 500, 3),
                new ProfileInfo.Stops(1, 1, 1), new ProfileInfo.CpuTime(1000, 850));
        assertEquals(List.of(new LedgerText.Gap("3.00 % of running samples failed", false),
                new LedgerText.Gap("20 ticks missed", true), new LedgerText.Gap("1 tick late", false),
                new LedgerText.Gap("15 % of CPU time not seen", true)), LedgerText.gaps(new Profile(info, new CallTree())));
    }

    @Test
    void samplesThatHadNoRoomAreAGap() {
        Profile full = SampleProfiles.full();
        assertEquals("the profile was full: of 30 samples the stack ends in (profile full)", LedgerText.full(30));
        assertTrue(LedgerText.gaps(full).contains(new LedgerText.Gap(LedgerText.full(30), true)));
    }

    @Test
    void durationsHaveThreeDigits() {
        assertEquals("999 ns", LedgerText.duration(999));
        assertEquals("1.00 us", LedgerText.duration(1000));
        assertEquals("12.3 ms", LedgerText.duration(12_345_678));
        assertEquals("100 s", LedgerText.duration(99_999_000_000L));
    }

    private static ProfileInfo info(ProfileInfo.Ticks ticks, ProfileInfo.Samples samples, ProfileInfo.Stops stops,
            ProfileInfo.CpuTime cpu) {
        return new ProfileInfo(1, "Main", "", Instant.EPOCH, 10_000_000_000L, 10_000_000, true, Engine.PTRACE, ticks,
                samples, stops, cpu);
    }
}
