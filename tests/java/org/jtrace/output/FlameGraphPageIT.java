package org.jtrace.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;
import org.jtrace.profile.Markers;
import org.jtrace.profile.Profile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page as a person meets it: clicked, searched, switched and driven by keys in a real Chromium. */
class FlameGraphPageIT {
    private static final String ESCAPE = "\uE00C";
    private static final String ENTER = "\uE007";
    private static final String BACKSPACE = "\uE003";
    private static final String TAB = "\uE004";
    private static final String LEFT = "\uE012";
    private static final String UP = "\uE013";
    private static final String RIGHT = "\uE014";
    private static final String DOWN = "\uE015";

    private static Browser browser;

    @TempDir
    private Path directory;

    /** 10 samples: 4 idle, 1 non-Java, and 5 of Java below one main. */
    private static final Profile SMALL = SampleProfiles.of(
            stack(Markers.IDLE, java("a.Main.main", 3)), stack(Markers.IDLE, java("a.Main.main", 3)),
            stack(Markers.IDLE, java("a.Main.main", 3)),
            stack(Markers.IDLE, Markers.NON_JAVA, frame("GC Thread#", FrameKind.THREAD)),
            stack(Markers.NON_JAVA, frame("GC Thread#", FrameKind.THREAD)),
            stack(java("a.Main.main", 5), java("a.Main.big", 7), java("a.Main.small", 9)),
            stack(java("a.Main.main", 5), java("a.Main.big", 7)),
            stack(java("a.Main.main", 5), java("a.Main.big", 8)),
            stack(java("a.Main.main", 5), java("a.Main.small", 9), java("a.Main.small", 9)),
            stack(java("a.Main.main", 6), frame("a.Main.write", FrameKind.NATIVE)));

    @BeforeAll
    static void startBrowser() throws IOException {
        boolean installed = Browser.find("chromium").isPresent() && Browser.find("chromedriver").isPresent();
        if (!Boolean.parseBoolean(System.getenv("CI"))) {
            assumeTrue(installed, "needs chromium and chromedriver (Debian: chromium, chromium-driver)");
        }
        assertTrue(installed, "CI needs chromium and chromedriver");
        browser = Browser.start();
    }

    @AfterAll
    static void stopBrowser() throws IOException {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void forgetEarlierPages() {
        browser.resize(1200, 800);
        browser.consoleMessages();
        browser.requests();
    }

    @AfterEach
    void thePageAskedForNothingAndTheConsoleIsClean() {
        assertEquals(List.of(), browser.consoleMessages());
        List<String> requests = browser.requests();
        assertFalse(requests.isEmpty(), "the page's own request is not in the log");
        for (String request : requests) {
            assertTrue(request.startsWith(directory.toUri().toString()) && request.endsWith(".html"), request);
        }
    }

    @Test
    void theHeaderSaysWhatWasProfiledAndWhatIsNotKnown() throws IOException {
        open(SampleProfiles.server());
        assertEquals("com.acme.shop.Main --port 8080", browser.text("#command"));
        assertEquals("pid 4242", browser.text("#pid"));
        assertTrue(browser.text("#facts").contains("OpenJDK 64-Bit Server VM 17.0.15+6"), browser.text("#facts"));
        assertTrue(browser.text("#ledger").startsWith("998 of 1,000 ticks"), browser.text("#ledger"));
        assertTrue(browser.text("#unknown").contains("of running samples failed"), browser.text("#unknown"));
        assertTrue(browser.text("#kinds").contains("3,100 idle"), browser.text("#kinds"));
    }

    @Test
    void aClickZoomsAndThePathLeadsBack() throws IOException {
        open(SMALL);
        browser.press("i", "j");
        assertEquals("5", graph("samples"));
        clickRow(2, 0.1);
        assertEquals("a.Main.big", graph("zoom"));
        assertEquals("3", graph("zoom-samples"));
        assertEquals(List.of("all", "Main.main"), pathButtons());
        browser.click("#path button:last-of-type");
        assertEquals("a.Main.main", graph("zoom"));
        browser.click("#reset");
        assertEquals("all", graph("zoom"));
        assertFalse(browser.isShown("#path"));
    }

    @Test
    void nativeCodeIsCalledByItsFunction() throws IOException {
        open(SampleProfiles.of(stack(
                java("a.Main.main", 1),
                frame("libz.so.1!inflate.part.0", FrameKind.NATIVE_CODE),
                frame("libc.so.6!memcpy", FrameKind.NATIVE_CODE))));
        clickRow(3, 0.5);
        assertEquals("libc.so.6!memcpy", graph("zoom"));
        assertEquals(List.of("all", "Main.main", "inflate.part.0"), pathButtons());
    }

    @Test
    void aClickOnAFadedCallerZoomsOut() throws IOException {
        open(SMALL);
        browser.press("i", "j");
        clickRow(2, 0.1);
        clickRow(1, 0.9);
        assertEquals("a.Main.main", graph("zoom"));
    }

    @Test
    void theTooltipTellsSamplesSharesKindAndLines() throws IOException {
        open(SMALL);
        browser.press("i", "j");
        browser.hover(x(0.1), rowY(2));
        String tooltip = browser.text("#tooltip");
        assertTrue(browser.isShown("#tooltip"));
        assertEquals("a", browser.text("#tooltip .package"));
        assertEquals("Main.big", browser.text("#tooltip .name"));
        assertEquals("compiled by C2", browser.text("#tooltip .kind"));
        for (String fact : List.of("Samples3", "Of total60.0 %", "Of caller60.0 %", "Itself2 (40.0 %)", "CPU time29.4 ms",
                "line 766.7 %", "line 833.3 %")) {
            assertTrue(tooltip.contains(fact), tooltip);
        }
        browser.hover(x(0.1), 5);
        assertFalse(browser.isShown("#tooltip"));
    }

    @Test
    void theSwitchesHideAndShowAndSharesFollow() throws IOException {
        open(SMALL);
        assertEquals("10", graph("samples"));
        browser.click("#toggle-idle");
        assertEquals("false", browser.attribute("#toggle-idle", "aria-checked"));
        assertEquals("6", graph("samples"));
        browser.type("#search", "small");
        assertEquals("33.3 % matched", browser.text("#matched"));
        browser.click("#toggle-non-java");
        assertEquals("5", graph("samples"));
        assertEquals("40.0 % matched", browser.text("#matched"));
        browser.click("#toggle-idle");
        assertEquals("8", graph("samples"));
        browser.click("#toggle-non-java");
        assertEquals("10", graph("samples"));
        assertEquals("20.0 % matched", browser.text("#matched"));
    }

    @Test
    void aZoomIntoWhatIsSwitchedOffEndsAtTheNextCallerShown() throws IOException {
        open(SMALL);
        browser.press("/");
        browser.type("#search", "GC Thread");
        browser.press(ENTER, ESCAPE, ENTER);
        assertEquals("GC Thread#", graph("zoom"));
        browser.press("j");
        assertTrue(List.of("all", "(idle)").contains(graph("zoom")), graph("zoom"));
    }

    @Test
    void searchCountsEachStackOnce() throws IOException {
        open(SMALL);
        browser.type("#search", "MAIN.");
        assertEquals("80.0 % matched", browser.text("#matched"));
        assertEquals("8", browser.attribute("#matched", "data-samples"));
        browser.click("#reset");
        assertEquals("", browser.text("#matched"));
    }

    @Test
    void searchTakesRegularExpressionsWhenAskedTo() throws IOException {
        open(SMALL);
        browser.type("#search", "big|write");
        assertEquals("0.0 % matched", browser.text("#matched"));
        browser.click("#regex");
        assertEquals("40.0 % matched", browser.text("#matched"));
        browser.type("#search", "(");
        assertEquals("not a regular expression", browser.text("#matched"));
        assertEquals("true", browser.attribute("#search", "aria-invalid"));
    }

    @Test
    void theKeyboardReachesEverything() throws IOException {
        open(SMALL);
        browser.press("i", "j", DOWN);
        assertEquals("a.Main.main", graph("focus"));
        assertEquals("a.Main.main, 5 samples, 100.0 % of total, 100.0 % of its caller, compiled by C2",
                browser.text("#status"));
        browser.press(DOWN);
        assertEquals("a.Main.big", graph("focus"));
        browser.press(RIGHT, RIGHT);
        assertEquals("a.Main.write", graph("focus"));
        assertTrue(browser.text("#status").startsWith("a.Main.write(native), 1 sample, 20.0 %"), browser.text("#status"));
        browser.press(RIGHT, LEFT);
        assertEquals("a.Main.small", graph("focus"));
        browser.press(ENTER);
        assertEquals("a.Main.small", graph("zoom"));
        browser.press(BACKSPACE);
        assertEquals("a.Main.main", graph("zoom"));
        browser.press(UP);
        assertEquals("all", graph("focus"));
        browser.press(ESCAPE);
        assertEquals("all", graph("zoom"));
    }

    @Test
    void keysFindAndWalkTheMatches() throws IOException {
        open(SMALL);
        browser.press("i", "j");
        browser.pressWithControl("f");
        assertEquals("search", focusedId());
        browser.press("s", "m", "a", "l", "l", ENTER);
        assertEquals("40.0 % matched", browser.text("#matched"));
        assertTrue(browser.text("#status").startsWith("Match 1 of 3: a.Main.small"), browser.text("#status"));
        browser.press(ESCAPE);
        assertEquals("flames", focusedId());
        browser.press("/");
        browser.press("b", "i", "g", TAB, "n");
        assertTrue(browser.text("#status").startsWith("Match 1 of 1: a.Main.big, 3 samples"), browser.text("#status"));
        assertEquals("a.Main.big", graph("focus"));
    }

    @Test
    void previousAndNextGoRoundLargestFirst() throws IOException {
        open(SMALL);
        browser.press("i", "j");
        browser.type("#search", "Main");
        browser.click("#next");
        assertEquals("a.Main.main", graph("focus"));
        browser.click("#next");
        assertEquals("a.Main.big", graph("focus"));
        browser.click("#previous");
        browser.click("#previous");
        assertTrue(browser.text("#status").startsWith("Match 6 of 6: "), browser.text("#status"));
    }

    @Test
    void helpOpensAndClosesByKey() throws IOException {
        open(SMALL);
        browser.press("?");
        assertTrue(browser.isShown("#help"));
        browser.press("i", ESCAPE);
        assertFalse(browser.isShown("#help"));
        assertEquals("10", graph("samples"));
        browser.press("h");
        assertTrue(browser.isShown("#help"));
        browser.press(ENTER);
        assertFalse(browser.isShown("#help"));
    }

    @Test
    void flippedTheRootIsAtTheBottom() throws IOException {
        open(SMALL);
        browser.press("i", "j", "f");
        clickRow(1, 0.1);
        assertEquals("a.Main.big", graph("zoom"));
        browser.press(ESCAPE, UP, UP);
        assertEquals("a.Main.big", graph("focus"));
    }

    @Test
    void anEmptyProfileSaysSo() throws IOException {
        open(SampleProfiles.of());
        assertTrue(browser.isShown("#empty"));
        assertEquals("This profile has no samples.", browser.text("#empty"));
        browser.press(DOWN, ENTER, "i", "f", "n", ESCAPE);
        open(SampleProfiles.of(stack(Markers.IDLE, java("a.Main.main", 1))));
        assertFalse(browser.isShown("#empty"));
        browser.press("i");
        assertTrue(browser.text("#empty").contains("hidden by the switches"), browser.text("#empty"));
    }

    @Test
    void hostileNamesAreTextAndNothingElse() throws IOException {
        String name = "</script><img src=x onerror=\"document.title='hacked'\">";
        open(SampleProfiles.of(stack(frame(name, FrameKind.THREAD), java("a.Main.main", 1))));
        browser.press(DOWN, DOWN, ENTER);
        assertTrue(pathButtons().contains(name), pathButtons().toString());
        assertEquals(0.0, browser.evaluate("document.images.length"));
        assertEquals("Main (pid 4242) - jtrace", browser.evaluate("document.title"));
        browser.press(UP);
        assertEquals(name, browser.text("#tooltip .name"));
    }

    @Test
    void thePolicyStopsWhatAForeignScriptWouldTry() throws IOException {
        open(SMALL);
        browser.evaluate("document.head.append(Object.assign(document.createElement('script'),"
                + " {textContent: 'document.title = \"hacked\"'}))");
        assertEquals("Main (pid 4242) - jtrace", browser.evaluate("document.title"));
        assertEquals("refused", browser.evaluate("fetch('http://127.0.0.1:9/').catch(() => 'refused')"));
        String complaints = browser.consoleMessages().toString();
        assertTrue(complaints.contains("Executing inline script violates"), complaints);
        assertTrue(complaints.contains("http://127.0.0.1:9/") && complaints.contains("default-src 'none'"), complaints);
    }

    @Test
    void aHundredThousandFramesAreDrawnWhereTheyCanBeSeenAndAllCounted() throws IOException {
        Profile profile = SampleProfiles.large(100_000);
        open(profile);
        long drawn = Long.parseLong(graph("frames-drawn"));
        long hidden = Long.parseLong(graph("frames-hidden"));
        assertEquals(100_001, drawn + hidden);
        assertTrue(drawn > 500 && drawn < 30_000, "drawn: " + drawn);
        assertEquals(Long.toString(profile.info().samples().total()), graph("samples"));
        browser.type("#search", "method99999");
        browser.press(ENTER, ESCAPE, ENTER);
        assertEquals("org.big.Package" + 99_999 % 997 + ".method99999", graph("zoom"));
    }

    @Test
    void deepStacksScroll() throws IOException {
        List<Frame> deep = new ArrayList<>();
        for (int i = 0; i < 16_384; i++) {
            deep.add(java("a.Main.recurse" + i, i + 1));
        }
        open(SampleProfiles.of(deep));
        assertEquals(16_385 * 20.0, browser.evaluate("document.getElementById('graph').clientHeight"));
        browser.type("#search", "recurse16000");
        browser.press(ENTER);
        assertEquals("a.Main.recurse16000", graph("focus"));
        assertTrue((Double) browser.evaluate("window.scrollY") > 15_000 * 20, "not scrolled to the match");
        assertTrue((Double) browser.evaluate("document.getElementById('flames').height") <= 800, "canvas too high");
    }

    @Test
    void narrowWindowsAndDarkSchemesWork() throws IOException {
        open(SampleProfiles.server());
        browser.resize(400, 800);
        assertEquals(400.0, browser.evaluate("document.documentElement.scrollWidth"));
        browser.press(DOWN, ENTER);
        assertNotEquals("all", graph("zoom"));
        byte[] light = browser.screenshot();
        browser.useScheme("dark");
        assertFalse(Arrays.equals(light, browser.screenshot()));
        assertEquals("rgb(21, 24, 28)", browser.evaluate("getComputedStyle(document.body).backgroundColor"));
        browser.useScheme("light");
    }

    private void open(Profile profile) throws IOException {
        Path page = directory.resolve("page.html");
        try (OutputStream out = Files.newOutputStream(page)) {
            OutputFormat.HTML.writer().write(profile, new WriteOptions(true), out);
        }
        browser.open(page);
    }

    private static String graph(String data) {
        return browser.attribute("#flames", "data-" + data);
    }

    private static List<String> pathButtons() {
        List<String> names = new ArrayList<>();
        for (Object name : (List<?>) browser.evaluate(
                "Array.from(document.querySelectorAll('#path button'), button => button.textContent)")) {
            names.add((String) name);
        }
        return names;
    }

    private static String focusedId() {
        return (String) browser.evaluate("document.activeElement.id");
    }

    private static void clickRow(int row, double share) {
        browser.clickAt(x(share), rowY(row));
    }

    private static int x(double share) {
        return (int) ((Double) bounds("left") + share * (Double) bounds("width"));
    }

    private static int rowY(int row) {
        return (int) ((Double) bounds("top") + (row + 0.5) * Integer.parseInt(graph("row-height")));
    }

    private static Object bounds(String side) {
        Object value = browser.evaluate("document.getElementById('flames').getBoundingClientRect()." + side);
        return ((Number) value).doubleValue();
    }

    private static List<Frame> stack(Frame... rootFirst) {
        return List.of(rootFirst);
    }

    private static Frame java(String name, int line) {
        return frame(name, line, FrameKind.C2);
    }

    private static Frame frame(String name, FrameKind kind) {
        return frame(name, Frame.NO_LINE, kind);
    }

    private static Frame frame(String name, int line, FrameKind kind) {
        return SampleProfiles.frame(name, line, kind);
    }
}
