package org.jtrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jtrace.profile.CallTree;
import org.jtrace.profile.Engine;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;
import org.jtrace.profile.Profile;
import org.jtrace.profile.ProfileInfo;
import org.jtrace.profile.ProfileInfo.CpuTime;
import org.jtrace.profile.ProfileInfo.Samples;
import org.jtrace.profile.ProfileInfo.Stops;
import org.jtrace.profile.ProfileInfo.Ticks;
import org.jtrace.sampling.DurationHistogram;
import org.jtrace.sampling.Ledger;
import org.jtrace.sampling.Schedule;
import org.junit.jupiter.api.Test;
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

    @Test
    void samplesThatWereCutAreSaidInOneLine() {
        ProfileInfo info = new ProfileInfo(1, "", "", Instant.EPOCH, 1, 1, true, Engine.PTRACE, new Ticks(1, 1, 0),
                new Samples(1234, 0, 0, 0), new Stops(0, 0, 0), new CpuTime(0, 0));
        CallTree tree = new CallTree(0);
        tree.node(List.of(new Frame("a.Main.main", 1, FrameKind.C2))).record(1234, 0);
        List<String> notes = Notes.of(new Profile(info, tree), Schedule.once(), new Ledger(), List.of());
        assertEquals(List.of("the profile was full: of 1,234 samples the stack ends in (profile full); "
                + "JTRACE_OPTS=-Xmx2g gives it more room"), notes.subList(1, notes.size()));
    }

    @ParameterizedTest
    @CsvSource({"246_000_000, true", "30_000, false"})
    void slowStopsLeadToTheOtherEngine(String medianNanos, boolean said) {
        long median = Long.parseLong(medianNanos.replace("_", ""));
        List<String> notes = new ArrayList<>();
        Notes.addSlowStops(new Stops(30, median, median), 10, new DurationHistogram(), notes);
        assertEquals(!said ? List.of() : List.of("a thread stops when it gets a CPU, and half of the stops took 246 ms or "
                + "more; --engine perf, where it is permitted, does without stops"), notes);
    }

    @ParameterizedTest
    @CsvSource({"6, true", "7, false"})
    void slowRoundsLeadThereToo(long ticks, boolean said) {
        DurationHistogram rounds = new DurationHistogram();
        rounds.add(63);
        rounds.add(1);
        rounds.add(62);
        List<String> notes = new ArrayList<>();
        Notes.addSlowStops(new Stops(600, 30_000, 60_000), ticks, rounds, notes);
        assertEquals(!said ? List.of() : List.of("a thread stops when it gets a CPU, and 3 ticks waited until all had got "
                + "one, half of them 62 ns or more; --engine perf, where it is permitted, does without stops"), notes);
    }

    @ParameterizedTest
    @CsvSource({
        "1000, 918, 10_000_000_000, '82 of 1,000 ticks (8 %) were missed; -r 91hz can be held here'",
        "2, 1, 2_500_000_000, '1 of 2 ticks (50 %) were missed; -r 3 can be held here'",
    })
    void aRateThatWasNotReachedComesWithOneThatCanBe(int planned, int made, String durationNanos, String text) {
        assertEquals("the rate asked for was not reached: " + text,
                Notes.rateNotReached(new Ticks(planned, made, 0), Long.parseLong(durationNanos.replace("_", ""))));
    }
}
