package org.jtrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalLong;
import org.jtrace.cli.Request.ProfileOptions;
import org.jtrace.error.UsageException;
import org.jtrace.output.OutputFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.OptionSpec;

class CommandLineParserTest {
    @Test
    void aPidIsEnough() {
        Request.Profile request = profile("-p", "42");
        assertEquals(42, request.pid());
        ProfileOptions options = request.options();
        assertEquals(OptionalLong.empty(), options.durationNanos());
        assertEquals(10_000_000, options.intervalNanos());
        assertTrue(options.withLines());
        assertFalse(options.excludeIdle() || options.byThread() || options.quiet() || options.debug());
        assertNull(options.output());
        assertNull(options.format());
    }

    @Test
    void shortAndLongNamesMeanTheSame() {
        String[] shortNames = {"-p", "42", "-s", "2.5", "-r", "5ms", "-x", "-n", "-q", "-o", "out.html"};
        String[] longNames = {"--pid", "42", "--seconds=2.5", "--rate", "5ms", "--exclude-idle", "--no-line-numbers",
            "--quiet", "--output", "out.html"};
        for (String[] args : List.of(shortNames, longNames)) {
            ProfileOptions options = profile(args).options();
            assertEquals(OptionalLong.of(2_500_000_000L), options.durationNanos());
            assertEquals(5_000_000, options.intervalNanos());
            assertTrue(options.excludeIdle() && !options.withLines() && options.quiet());
            assertEquals("out.html", options.output().text());
            assertEquals(OutputFormat.HTML, options.format());
        }
    }

    @Test
    void statisticsAreSaidUnlessNothingIs() {
        assertFalse(profile("-p", "1").options().withStatistics());
        assertTrue(profile("-p", "1", "--stats").options().withStatistics());
        assertThrows(UsageException.class, () -> profile("-p", "1", "--stats", "-q"));
    }

    @Test
    void theEngineIsChosenUnlessNamed() {
        assertEquals(EngineChoice.AUTO, profile("-p", "1").options().engine());
        assertEquals(EngineChoice.PTRACE, profile("-p", "1", "--engine", "ptrace").options().engine());
        assertEquals(EngineChoice.PERF, profile("-p", "1", "--kernel").options().engine());
        assertEquals(EngineChoice.PERF, profile("-p", "1", "--engine", "perf").options().engine());
        assertEquals(EngineChoice.AUTO, profile("-p", "1", "-s0", "--engine=auto").options().engine());
    }

    @Test
    void shortOptionsMayBeJoined() {
        Request.Profile request = profile("-xnqp42", "-s0");
        assertEquals(42, request.pid());
        assertEquals(OptionalLong.of(0), request.options().durationNanos());
        assertTrue(request.options().excludeIdle() && request.options().quiet());
    }

    @Test
    void theFormatOverridesTheName() {
        assertEquals(OutputFormat.COLLAPSED,
                profile("-p", "1", "-o", "a.html", "--format", "collapsed").options().format());
        assertEquals(OutputFormat.HTML, profile("-p", "1", "--format", "html", "-o", "a.dat").options().format());
    }

    @Test
    void everythingAfterTraceBelongsToTheCommand() {
        Request.Trace request = assertInstanceOf(Request.Trace.class, CommandLineParser.parse(
                "-x", "-t", "java", "-p", "1", "-x", "--help", "--", "demo", "@file", "-o", "%q", ""));
        assertEquals(List.of("java", "-p", "1", "-x", "--help", "--", "demo", "@file", "-o", "%q", ""), request.command());
        assertTrue(request.options().excludeIdle());
        assertNull(request.options().output());
    }

    @Test
    void traceMayBeJoinedToo() {
        Request.Trace request =
                assertInstanceOf(Request.Trace.class, CommandLineParser.parse("-xt", "java", "-version"));
        assertEquals(List.of("java", "-version"), request.command());
        request = assertInstanceOf(Request.Trace.class, CommandLineParser.parse("--trace", "-odd-program"));
        assertEquals(List.of("-odd-program"), request.command());
    }

    @Test
    void demoTakesOptionsOnBothSides() {
        Request.Demo request = assertInstanceOf(Request.Demo.class, CommandLineParser.parse("-q", "demo", "-s", "2"));
        assertTrue(request.options().quiet());
        assertEquals(OptionalLong.of(2_000_000_000L), request.options().durationNanos());
    }

    @Test
    void aDumpHasTwoSpellings() {
        Request.DumpSource process = new Request.DumpSource(42, null, null, null);
        Request.Dump request =
                new Request.Dump(process, false, false, false, false, false, null, false, false);
        for (String line : List.of("-d -p 42", "-dp42", "--dump --pid 42", "dump 42", "dump -p 42", "-p 42 dump")) {
            assertEquals(request, CommandLineParser.parse(line.split(" ")), line);
        }
        request = new Request.Dump(process, true, true, false, true, true, null, true, true);
        String options = " --json --kernel-wait --consistent --virtual -q --debug";
        assertEquals(request, CommandLineParser.parse(("-d -p 42" + options).split(" ")));
        assertEquals(request, CommandLineParser.parse(("dump 42" + options).split(" ")));
        request = assertInstanceOf(Request.Dump.class, CommandLineParser.parse("-d", "-p", "42", "--native"));
        assertTrue(request.withNative());
        request = assertInstanceOf(Request.Dump.class, CommandLineParser.parse("-d", "-p", "42", "-o", "dump.any"));
        assertEquals("dump.any", request.output().text());
    }

    @Test
    void aDumpMayBeOfACore() {
        Request.Dump request = new Request.Dump(new Request.DumpSource(0, "core.7", null, null),
                false, false, false, false, false, null, false, false);
        for (String line : List.of("dump --core core.7", "-d --core core.7", "--core=core.7 dump")) {
            assertEquals(request, CommandLineParser.parse(line.split(" ")), line);
        }
        request = assertInstanceOf(Request.Dump.class,
                CommandLineParser.parse("dump", "--core", "c", "--sysroot", "/r", "--exe", "java"));
        assertEquals(new Request.DumpSource(0, "c", "/r", "java"), request.source());
    }

    @Test
    void listTakesNoProfileOptions() {
        assertEquals(new Request.ListJvms(false, false), CommandLineParser.parse("list"));
        assertEquals(new Request.ListJvms(true, true), CommandLineParser.parse("--debug", "list", "--json"));
    }

    @Test
    void helpAndVersionNeedNothingElse() {
        assertEquals(HelpText.MAIN, assertInstanceOf(Request.Help.class, CommandLineParser.parse("-h")).text());
        assertEquals(HelpText.DEMO, assertInstanceOf(Request.Help.class, CommandLineParser.parse("demo", "-h")).text());
        assertEquals(HelpText.DUMP, assertInstanceOf(Request.Help.class, CommandLineParser.parse("dump", "-h")).text());
        assertEquals(HelpText.LIST, assertInstanceOf(Request.Help.class, CommandLineParser.parse("list", "-h")).text());
        assertInstanceOf(Request.Help.class, CommandLineParser.parse("-p", "1", "--help"));
        assertInstanceOf(Request.Version.class, CommandLineParser.parse("--version"));
    }

    @Test
    void theHelpNamesEachOption() {
        for (OptionSpec option : CommandLineParser.mainSpec().options()) {
            String names = String.join(", ", option.names());
            assertTrue(HelpText.MAIN.contains(names), names);
        }
        HelpText.MAIN.lines().forEach(line -> assertTrue(line.length() <= 120, line));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "-x", "1234", "-p", "-p x", "-p 0", "-p -1", "-p 99999999999", "-p 1.5", "-p 1 -p 2", "-p 1 -t java", "-t",
        "-p 1 -s", "-p 1 -s -1", "-p 1 -s x", "-p 1 -r 0", "-p 1 -r -5", "-p 1 -r fast", "-p 1 --nonsense",
        "-p 1 --engine", "-p 1 --engine fast",
        "-p 1 -s 0 --engine perf", "-p 1 -z",
        "-p 1 extra", "-p 1 --format yaml", "-p 1 -o out.xyz", "-p 1 -o %z.txt", "-p 1 -x=maybe", "-p 1 demo", "demo 7",
        "demo -p 1", "-p 1 --json",
        "-p 1 --kernel-wait", "-d", "dump", "-d 1", "dump x", "dump 1 2", "dump 1 -p 1", "-d -p 1 -s 2", "dump -x 1",
        "-x dump 1", "-d -p 1 -o %z", "-d -t java", "-d -p 1 -t java",
        "dump --core", "dump --core c 1", "-d --core c -p 1", "--core c", "-p 1 --core c", "dump --sysroot / 1",
        "dump --exe java 1", "dump --core c --kernel-wait", "dump --core c --consistent",
        "dump --native --consistent 1", "-p 1 --consistent", "-p 1 --virtual", "-d --core c --core d",
        "-d -p 1 --threads", "list 1", "list -p 1", "-p 1 list", "list -x", "-x list", "-d list", "-d demo", "nonsense"
    })
    void refusesWithOneLine(String line) {
        String[] args = line.isEmpty() ? new String[0] : line.split(" ");
        UsageException failure = assertThrows(UsageException.class, () -> CommandLineParser.parse(args));
        assertEquals(1, failure.getMessage().lines().count(), failure.getMessage());
        assertEquals(ExitCode.USAGE, ExitCode.of(failure));
    }

    @Test
    void messagesCarryNoControlCharacters() {
        UsageException failure =
                assertThrows(UsageException.class, () -> CommandLineParser.parse("-p", "\u001b[2J\n"));
        assertTrue(failure.getMessage().chars().noneMatch(Character::isISOControl), failure.getMessage());
    }

    private static Request.Profile profile(String... args) {
        return assertInstanceOf(Request.Profile.class, CommandLineParser.parse(args));
    }
}
