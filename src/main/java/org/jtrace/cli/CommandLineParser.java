package org.jtrace.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Stack;
import org.jtrace.cli.Request.ProfileOptions;
import org.jtrace.error.UsageException;
import org.jtrace.output.OutputFormat;
import org.jtrace.output.OutputPattern;
import org.jtrace.profile.CleanText;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The command line. Options are made by picocli's builders, not by its annotations, whose reflection takes as long as
 * the rest of the start; values are checked here, so that messages speak of what was meant.
 */
final class CommandLineParser {
    private static final String HINT = "; see jtrace -h";
    private static final long DEFAULT_INTERVAL_NANOS = 10_000_000L;

    private CommandLineParser() {}

    /** @throws UsageException when it makes no sense */
    static Request parse(String... args) {
        CommandLine commandLine = new CommandLine(mainSpec());
        commandLine.addSubcommand("demo", new CommandLine(demoSpec()));
        commandLine.setExpandAtFiles(false);
        commandLine.setInterpolateVariables(false);
        ParseResult result;
        try {
            result = commandLine.parseArgs(args);
        } catch (ParameterException e) {
            throw new UsageException(CleanText.of(decapitalized(e.getMessage())) + HINT);
        }
        return request(new Arguments(result));
    }

    private static Request request(Arguments arguments) {
        if (arguments.has("-h")) {
            return new Request.Help(arguments.usage());
        }
        if (arguments.has("-V")) {
            return new Request.Version();
        }
        ProfileOptions options = profileOptions(arguments);
        boolean process = arguments.has("-p");
        boolean command = arguments.command() != null;
        if (arguments.isDemo()) {
            if (process || command) {
                throw new UsageException("demo brings its own program; leave out " + (process ? "-p" : "-t") + HINT);
            }
            return new Request.Demo(options);
        }
        if (process == command) {
            throw new UsageException((process ? "-p and -t exclude each other" : "nothing to profile: give -p PID, "
                    + "-t COMMAND or demo") + HINT);
        }
        return process ? new Request.Profile(pid(arguments.value("-p")), options)
                : new Request.Trace(arguments.command(), options);
    }

    private static ProfileOptions profileOptions(Arguments arguments) {
        String seconds = arguments.value("-s");
        String rate = arguments.value("-r");
        String name = arguments.value("-o");
        String formatName = arguments.value("--format");
        OutputPattern output = name == null ? null : OutputPattern.parse(name);
        OutputFormat format = formatName != null ? OutputFormat.named(formatName)
                : name != null ? OutputFormat.ofFile(name) : null;
        return new ProfileOptions(
                seconds == null ? OptionalLong.empty() : OptionalLong.of(Durations.seconds(seconds)),
                rate == null ? DEFAULT_INTERVAL_NANOS : Durations.interval(rate),
                arguments.has("-x"), !arguments.has("-n"), arguments.has("--threads"), output, format,
                arguments.has("-q"), arguments.has("--debug"));
    }

    private static int pid(String text) {
        try {
            int pid = Integer.parseInt(text);
            if (pid > 0) {
                return pid;
            }
        } catch (NumberFormatException e) {
            throw badPid(text);
        }
        throw badPid(text);
    }

    private static UsageException badPid(String text) {
        return new UsageException("-p wants the number of a process, not '" + CleanText.of(text) + "'");
    }

    private static CommandSpec mainSpec() {
        CommandSpec spec = CommandSpec.create().name("jtrace");
        spec.usageMessage()
                .customSynopsis("jtrace -p PID [options]", "jtrace [options] -t COMMAND ARGS...", "jtrace demo [options]")
                .description("", "Shows what a running HotSpot JVM is doing, from outside.", "")
                .sortOptions(false)
                .footer("", "Exit status: 0 done, 1 jtrace failed, 2 wrong use, 3 no such JVM or one that cannot be read,",
                        "4 not permitted, 5 most of the profile failed; with -t the command's own.");
        spec.addOption(value("PID", "Profile this process", "-p", "--pid").build());
        spec.addOption(value("COMMAND", "Run this command and profile it; all that follows belongs to it",
                "-t", "--trace").type(List.class).auxiliaryTypes(String.class).arity("1..*")
                .parameterConsumer(CommandLineParser::consumeCommand).build());
        addProfileOptions(spec);
        spec.addOption(flag("Print the version", "-V", "--version").versionHelp(true).build());
        return spec;
    }

    private static CommandSpec demoSpec() {
        CommandSpec spec = CommandSpec.create().name("demo");
        spec.usageMessage()
                .customSynopsis("jtrace demo [options]")
                .description("", "Runs a small program, profiles it and writes a flame graph, jtrace-demo.html.", "")
                .sortOptions(false);
        addProfileOptions(spec);
        return spec;
    }

    private static void addProfileOptions(CommandSpec spec) {
        spec.addOption(value("SECS", "Seconds to profile; 0 is a single look. Default: 1; with -t until it ends",
                "-s", "--seconds").build());
        spec.addOption(value("RATE", "Time between looks: 0.01 (seconds), 10ms, 500us, 100hz. Default: 10ms",
                "-r", "--rate").build());
        spec.addOption(flag("Leave out idle threads", "-x", "--exclude-idle").build());
        spec.addOption(flag("No line numbers", "-n", "--no-line-numbers").build());
        spec.addOption(flag("A frame with the thread's name below each stack", "--threads").build());
        spec.addOption(value("FILE", "Write to this file: .txt, .collapsed or .html; - is stdout."
                + " %%p pid, %%t time, %%h host, %%n counter", "-o", "--output").build());
        spec.addOption(value("FORMAT", "collapsed or html, whatever the file's name says", "--format").build());
        spec.addOption(flag("Say nothing but errors", "-q", "--quiet").build());
        spec.addOption(flag("Show stack traces of jtrace's own errors", "--debug").build());
        spec.addOption(flag("Print this help", "-h", "--help").usageHelp(true).build());
    }

    private static OptionSpec.Builder value(String label, String description, String... names) {
        return OptionSpec.builder(names).paramLabel(label).type(String.class).arity("1").description(description);
    }

    private static OptionSpec.Builder flag(String description, String... names) {
        return OptionSpec.builder(names).type(boolean.class).arity("0").description(description);
    }

    /** Takes all that is left, also what looks like an option of ours. */
    private static void consumeCommand(Stack<String> args, ArgSpec option, CommandSpec spec) {
        List<String> command = new ArrayList<>();
        if (args.isEmpty()) {
            throw new UsageException("-t wants a command" + HINT);
        }
        while (!args.isEmpty()) {
            command.add(args.pop());
        }
        option.setValue(command);
    }

    private static String decapitalized(String message) {
        return Character.toLowerCase(message.charAt(0)) + message.substring(1);
    }

    /** Options may stand before and after the subcommand. */
    private record Arguments(ParseResult main) {
        boolean isDemo() {
            return main.hasSubcommand();
        }

        boolean has(String option) {
            return main.hasMatchedOption(option) || (isDemo() && main.subcommand().hasMatchedOption(option));
        }

        /** null without {@code -t}. Asked of the option itself: what consumers take is not in the result. */
        List<String> command() {
            return main.commandSpec().findOption("-t").getValue();
        }

        String value(String option) {
            String inner = isDemo() ? main.subcommand().matchedOptionValue(option, null) : null;
            return inner != null ? inner : main.matchedOptionValue(option, null);
        }

        String usage() {
            ParseResult asked = isDemo() ? main.subcommand() : main;
            return asked.commandSpec().commandLine().getUsageMessage(CommandLine.Help.Ansi.OFF);
        }
    }
}
