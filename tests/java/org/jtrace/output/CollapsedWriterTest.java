package org.jtrace.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;
import org.jtrace.profile.Markers;
import org.jtrace.profile.Profile;
import org.junit.jupiter.api.Test;

class CollapsedWriterTest {
    private static final Frame MAIN = SampleProfiles.frame("a.Main.main", 5, FrameKind.INTERPRETED);

    @Test
    void aLinePerStackRootFirstInSortedOrder() throws IOException {
        Profile profile = SampleProfiles.of(
                List.of(MAIN, SampleProfiles.frame("b.B.read", -1, FrameKind.NATIVE)),
                List.of(Markers.IDLE, MAIN),
                List.of(MAIN),
                List.of(Markers.IDLE, MAIN));
        assertEquals("(idle);a.Main.main:5 2\na.Main.main:5 1\na.Main.main:5;b.B.read(native) 1\n", write(profile, true));
    }

    @Test
    void withoutLinesStacksThatPrintAlikeAreOne() throws IOException {
        Profile profile = SampleProfiles.of(
                List.of(MAIN, SampleProfiles.frame("b.B.run", 1, FrameKind.C1)),
                List.of(MAIN, SampleProfiles.frame("b.B.run", 2, FrameKind.C2)));
        assertEquals("a.Main.main;b.B.run 2\n", write(profile, false));
    }

    @Test
    void kindsDoNotSplitAStackThatPrintsAlike() throws IOException {
        Profile profile = SampleProfiles.of(
                List.of(SampleProfiles.frame("b.B.run", 1, FrameKind.C1)),
                List.of(SampleProfiles.frame("b.B.run", 1, FrameKind.INLINED)));
        assertEquals("b.B.run:1 2\n", write(profile, true));
    }

    @Test
    void noNameCanBreakALineOrAFrame() throws IOException {
        String hostile = "x;y\nz 7\r\u001b[2J\u2028\u0085\u202e\ud800";
        String text = write(SampleProfiles.of(List.of(MAIN, SampleProfiles.frame(hostile, 1, FrameKind.THREAD),
                SampleProfiles.frame("", -1, FrameKind.THREAD))), true);
        assertEquals(1, text.lines().count());
        assertEquals(3, text.split(";").length);
        assertTrue(text.endsWith(";(unnamed) 1\n"), text);
        assertTrue(text.strip().chars().noneMatch(c -> Character.isISOControl(c) || c == 0x202e), text);
    }

    @Test
    void namesAreUtf8() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Profile profile = SampleProfiles.of(List.of(SampleProfiles.frame("q.Größe.测", 1, FrameKind.C2)));
        OutputFormat.COLLAPSED.writer().write(profile, new WriteOptions(true), out);
        assertEquals("q.Größe.测:1 1\n", out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void linesAreSortedAsAWhole() throws IOException {
        Frame b = SampleProfiles.frame("b", -1, FrameKind.C2);
        Frame prefix = SampleProfiles.frame("a", -1, FrameKind.C2);
        Frame other = SampleProfiles.frame("a$1", -1, FrameKind.C2);
        Frame longer = SampleProfiles.frame("aa", -1, FrameKind.C2);
        String text = write(SampleProfiles.of(List.of(prefix, b), List.of(prefix), List.of(other), List.of(longer, prefix),
                List.of(other, b), List.of(longer), List.of(b)), true);
        assertEquals("a 1\na$1 1\na$1;b 1\na;b 1\naa 1\naa;a 1\nb 1\n", text);
    }

    @Test
    void aFullProfileSaysWhereStacksWereCut() throws IOException {
        assertEquals("(idle);(profile full) 10\na.Main.main:5 1\na.Main.main:5;(profile full) 20\n",
                write(SampleProfiles.full(), true));
    }

    @Test
    void anEmptyProfileIsEmptyText() throws IOException {
        assertEquals("", write(SampleProfiles.of(), true));
    }

    @Test
    void largeAndDeepProfilesKeepEverySample() throws IOException {
        Profile large = SampleProfiles.large(100_000);
        long samples = write(large, true).lines().mapToLong(l -> Long.parseLong(l.substring(l.lastIndexOf(' ') + 1))).sum();
        assertEquals(large.info().samples().total(), samples);

        List<Frame> deep = new ArrayList<>(Collections.nCopies(16_384, MAIN));
        assertEquals(16_384, write(SampleProfiles.of(deep), true).split(";").length);
    }

    private static String write(Profile profile, boolean withLines) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        OutputFormat.COLLAPSED.writer().write(profile, new WriteOptions(withLines), out);
        return out.toString(StandardCharsets.UTF_8);
    }
}
