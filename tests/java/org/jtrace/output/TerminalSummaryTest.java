package org.jtrace.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;
import org.jtrace.profile.Markers;
import org.jtrace.profile.Profile;
import org.junit.jupiter.api.Test;

class TerminalSummaryTest {
    private static final Frame MAIN = SampleProfiles.frame("a.Main.main", 5, FrameKind.C2);
    private static final Frame WORK = SampleProfiles.frame("a.Main.work", 9, FrameKind.C2);

    @Test
    void methodsAreOrderedByOwnSamplesAndRecursionCountsOnce() throws IOException {
        String text = summary(80, false, SampleProfiles.of(List.of(MAIN, WORK, WORK), List.of(MAIN, WORK), List.of(MAIN),
                List.of(SampleProfiles.frame("a.Other.run", 1, FrameKind.C1)), List.of(Markers.IDLE, MAIN)));
        assertTrue(text.contains(" 50.0%   50.0%  a.Main.work\n 25.0%   75.0%  a.Main.main\n"), text);
        assertTrue(text.contains("share of 4 running samples"), text);
        assertTrue(text.contains("share of 1 idle sample)\n100.0%  a.Main.main\n"), text);
    }

    @Test
    void pathsShowTheBranchesWithTheirLines() throws IOException {
        String text = summary(80, false, SampleProfiles.of(List.of(MAIN, WORK), List.of(MAIN, WORK),
                List.of(MAIN, SampleProfiles.frame("a.Main.rest", 7, FrameKind.C2))));
        assertTrue(text.contains("100.0%  a.Main.main:5\n 66.7%    a.Main.work:9\n 33.3%    a.Main.rest:7\n"), text);
    }

    @Test
    void aFullProfileKeepsIdleAndRunningSamplesApart() throws IOException {
        String text = summary(80, false, SampleProfiles.full());
        assertTrue(text.contains("share of 21 running samples)\n   self   total  method\n 95.2%   95.2%  (profile full)\n"), text);
        assertTrue(text.contains("share of 10 idle samples)\n100.0%  (profile full)\n"), text);
    }

    @Test
    void everyLineFits() throws IOException {
        for (int columns : new int[] {40, 80, 120}) {
            String text = summary(columns, false, SampleProfiles.server());
            text.lines().skip(4).forEach(line -> assertTrue(line.length() <= Math.max(columns, 66), line));
            text.lines().filter(line -> line.contains("%  "))
                    .forEach(line -> assertTrue(line.length() <= columns, columns + ": " + line));
        }
    }

    @Test
    void colourOnlyWhenAskedForAndNothingElseThatSteersATerminal() throws IOException {
        Profile hostile = SampleProfiles.of(List.of(SampleProfiles.frame("a\u001b[2J\nb\u009b1A", 1, FrameKind.THREAD)));
        assertFalse(summary(80, false, hostile).contains("\u001b"));
        String coloured = summary(80, true, hostile);
        assertTrue(coloured.contains("\u001b[1m"), coloured);
        String plain = coloured.replaceAll("\u001b\\[[0-9]*m", "");
        assertEquals(summary(80, false, hostile), plain);
        assertTrue(plain.lines().noneMatch(line -> line.chars().anyMatch(Character::isISOControl)), plain);
    }

    @Test
    void aProfileInWhichNothingRanSaysSo() throws IOException {
        assertTrue(summary(80, false, SampleProfiles.of()).contains("No thread ran."));
        assertTrue(summary(80, false, SampleProfiles.of(List.of(Markers.IDLE, MAIN))).contains("No thread ran."));
    }

    @Test
    void longNamesLoseTheirPackagesFirst() {
        assertEquals("org.acme.Type.method", MethodName.fit("org.acme.Type.method", 20));
        assertEquals("o.acme.Type.method", MethodName.fit("org.acme.Type.method", 19));
        assertEquals("o.a.Type.method", MethodName.fit("org.acme.Type.method", 15));
        assertEquals("...pe.method", MethodName.fit("org.acme.Type.method", 12));
        assertEquals("...#1 (very long)", MethodName.fit("Worker thread #1 (very long)", 17));
    }

    private static String summary(int columns, boolean colour, Profile profile) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new TerminalSummary(columns, colour).write(profile, new WriteOptions(true), out);
        return out.toString(StandardCharsets.UTF_8);
    }
}
