package org.jtrace.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jtrace.profile.CallTree;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;
import org.jtrace.profile.Profile;
import org.jtrace.profile.ProfileInfo;
import org.junit.jupiter.api.Test;

class FlameGraphPageTest {
    private static final String DATA_START = "<script type=\"application/json\" id=\"profile\">";

    @Test
    void thePolicyLetsNothingPassButThePagesOwnStyleAndScript() throws Exception {
        String page = page(SampleProfiles.server(), true);
        String script = page.substring(page.lastIndexOf("<script>") + 8, page.lastIndexOf("</script>"));
        String style = page.substring(page.indexOf("<style>") + 7, page.indexOf("</style>"));
        assertTrue(page.contains("content=\"default-src 'none'; script-src '" + hash(script) + "'; style-src '" + hash(style)
                + "'; base-uri 'none'; form-action 'none'\""), page.substring(0, 600));
    }

    @Test
    void nothingInThePagePointsElsewhere() throws IOException {
        String page = page(SampleProfiles.server(), true);
        for (String reference : List.of("http:", "https:", "url(", "@import", " src=", " href=", "fetch(", "import(")) {
            assertFalse(page.contains(reference), reference);
        }
    }

    @Test
    void hostileNamesStayDataAndComeBackAsTheyWere() throws IOException {
        String name = "</script><img src=x onerror=alert(1)><!--\"'\\{{script}}&amp;";
        Profile profile = SampleProfiles.of(List.of(SampleProfiles.frame(name, 1, FrameKind.C2)));
        Profile renamed = new Profile(withCommand(profile.info(), "</title><script>alert(2)</script>"), profile.tree());
        String page = page(renamed, true);
        assertFalse(page.contains("<img"));
        assertFalse(page.contains("<!--"));
        assertFalse(page.contains("<script>alert"));
        assertEquals(List.of("", name), data(page).get("names"));
        assertEquals("</title><script>alert(2)</script>", data(page).get("command"));
    }

    @Test
    void aFullProfileSaysSo() throws IOException {
        Map<?, ?> data = data(page(SampleProfiles.full(), true));
        assertTrue(((List<?>) data.get("names")).contains("(profile full)"), data::toString);
        assertTrue(data.get("unknown").toString().contains("the profile was full: of 30 samples"), data::toString);
    }

    @Test
    void allStacksOfAMethodAreOneNodeThatKnowsItsLinesAndKinds() throws IOException {
        Map<?, ?> data = data(page(SampleProfiles.of(
                List.of(SampleProfiles.frame("m", 1, FrameKind.C1)), List.of(SampleProfiles.frame("m", 2, FrameKind.C2)),
                List.of(SampleProfiles.frame("m", 2, FrameKind.C2)), List.of(SampleProfiles.frame("n", 3, FrameKind.C2)),
                List.of(SampleProfiles.frame("o", Frame.NO_LINE, FrameKind.NATIVE))), true));
        Map<?, ?> tree = (Map<?, ?>) data.get("tree");
        double c1 = FrameKind.C1.ordinal();
        double c2 = FrameKind.C2.ordinal();
        assertEquals(List.of("", "m", "n", "o"), data.get("names"));
        assertEquals(List.of(0.0, 1.0, 1.0, 1.0), tree.get("depth"));
        assertEquals(List.of(0.0, 3.0, 1.0, 1.0), tree.get("self"));
        assertEquals(List.of(0.0, 29_400.0, 9_800.0, 9_800.0), tree.get("cpu"));
        assertEquals(List.of(c2, 2.0, c1, 1.0), ((List<?>) tree.get("kind")).get(1));
        assertEquals(List.of(0.0, List.of(2.0, 2.0, 1.0, 1.0), 3.0, 0.0), tree.get("lines"));
    }

    @Test
    void withoutLinesThereAreNone() throws IOException {
        assertFalse(((Map<?, ?>) data(page(SampleProfiles.server(), false)).get("tree")).containsKey("lines"));
    }

    @Test
    void manyLinesOfAMethodAreCutToTheHottestWithTheRestCounted() throws IOException {
        CallTree tree = new CallTree();
        for (int line = 1; line <= 100; line++) {
            tree.node(List.of(SampleProfiles.frame("m", line, FrameKind.C2))).record(line, 0);
        }
        Profile profile = new Profile(SampleProfiles.server().info(), tree);
        List<?> lines = (List<?>) ((List<?>) ((Map<?, ?>) data(page(profile, true)).get("tree")).get("lines")).get(1);
        assertEquals(List.of(100.0, 100.0, 99.0, 99.0), lines.subList(0, 4));
        assertEquals(List.of(0.0, 80.0 * 81 / 2), lines.subList(lines.size() - 2, lines.size()));
    }

    @Test
    void largeAndDeepTreesKeepEverySample() throws IOException {
        Profile large = SampleProfiles.large(100_000);
        List<?> self = (List<?>) ((Map<?, ?>) data(page(large, true)).get("tree")).get("self");
        assertEquals(100_001, self.size());
        assertEquals(large.info().samples().total(), self.stream().mapToLong(v -> ((Double) v).longValue()).sum());

        List<Frame> deep = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            deep.add(SampleProfiles.frame("m" + i % 3, i, FrameKind.C2));
        }
        Map<?, ?> tree = (Map<?, ?>) data(page(SampleProfiles.of(deep), true)).get("tree");
        assertEquals(20_001, ((List<?>) tree.get("depth")).size());
    }

    private static String page(Profile profile, boolean withLines) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        OutputFormat.HTML.writer().write(profile, new WriteOptions(withLines), out);
        return out.toString(StandardCharsets.UTF_8);
    }

    private static Map<?, ?> data(String page) {
        int start = page.indexOf(DATA_START) + DATA_START.length();
        return (Map<?, ?>) JsonReader.read(page.substring(start, page.indexOf("</script>", start)));
    }

    private static ProfileInfo withCommand(ProfileInfo info, String command) {
        return new ProfileInfo(info.pid(), command, info.vm(), Instant.EPOCH, info.durationNanos(), info.intervalNanos(),
                info.idleIncluded(), info.engine(), info.ticks(), info.samples(), info.stops(), info.cpu());
    }

    private static String hash(String content) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
        return "sha256-" + Base64.getEncoder().encodeToString(digest);
    }
}
