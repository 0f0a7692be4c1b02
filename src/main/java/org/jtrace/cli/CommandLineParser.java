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
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line. Options are made by picocli's builders, not by its annotations, whose reflection takes as long as
 * the rest of the start; values are checked here, so that messages speak of what was meant.
 */
final class CommandLineParser {
    private static final String HINT = "; see jtrace -h";
    private static final String DEMO = "demo";
    private static final String DUMP = "dump";
    private static final String LIST = "list";
    private static final List<String> DUMP_OPTIONS =
            List.of("-d", "-p", "--core", "--sysroot", "--exe", "--json", "--kernel-wait", "--native", "--consistent",
                    "--virtual", "-o", "-q", "--debug");
    private static final List<String> LIST_OPTIONS = List.of("--json", "--debug");
    private static final long DEFAULT_INTERVAL_NANOS = 10_000_000L;

    private CommandLineParser() {}

    /** @throws UsageException when it makes no sense */
    static Request parse(String... args) {
        CommandLine commandLine = new CommandLine(mainSpec());
        addSubcommands(commandLine, List.of(args));
        commandLine.setExpandAtFiles(false);
        commandLine.setInterpolateVariables(false);
        try {
            return request(new Arguments(commandLine.parseArgs(args)));
        } catch (ParameterException e) {
            throw new UsageException(CleanText.of(explain(e)) + HINT);
        }
    }

    /** Those that are named; each of them takes a tenth of the start. */
    private static void addSubcommands(CommandLine commandLine, List<String> args) {
        if (args.contains(DEMO)) {
            commandLine.addSubcommand(DEMO, new CommandLine(demoSpec()));
        }
        if (args.contains(DUMP)) {
            commandLine.addSubcommand(DUMP, new CommandLine(dumpSpec()));
        }
        if (args.contains(LIST)) {
            commandLine.addSubcommand(LIST, new CommandLine(listSpec()));
        }
    }

    private static String explain(ParameterException e) {
        if (e instanceof UnmatchedArgumentException unmatched) {
            String first = unmatched.getUnmatched().get(0);
            return (first.startsWith("-") ? "unknown option '" : "unexpected argument '") + first + "'";
        }
        if (e instanceof MissingParameterException missing && !missing.getMissing().isEmpty()) {
            return nameOf(missing.getMissing().get(0)) + " needs a value";
        }
        if (e instanceof OverwrittenOptionException overwritten) {
            return nameOf(overwritten.getOverwritten()) + " is given twice";
        }
        return Character.toLowerCase(e.getMessage().charAt(0)) + e.getMessage().substring(1);
    }

    private static String nameOf(ArgSpec option) {
        return ((OptionSpec) option).names()[0];
    }

    private static Request request(Arguments arguments) {
        if (arguments.has("-h")) {
            return new Request.Help(helpOf(arguments.subcommand()));
        }
        if (arguments.has("-V")) {
            return new Request.Version();
        }
        if (arguments.subcommand().equals(LIST)) {
            requireOnly(LIST_OPTIONS, LIST, arguments);
            return new Request.ListJvms(arguments.has("--json"), arguments.has("--debug"));
        }
        if (arguments.subcommand().equals(DUMP) || arguments.has("-d")) {
            return dumpRequest(arguments);
        }
        return profileRequest(arguments);
    }

    private static String helpOf(String subcommand) {
        return switch (subcommand) {
            case DEMO -> HelpText.DEMO;
            case DUMP -> HelpText.DUMP;
            case LIST -> HelpText.LIST;
            default -> HelpText.MAIN;
        };
    }

    private static Request dumpRequest(Arguments arguments) {
        requireOnly(DUMP_OPTIONS, DUMP, arguments);
        if (arguments.command() != null) {
            throw new UsageException("dump takes no -t; see jtrace dump -h");
        }
        if (arguments.has("--consistent") && arguments.has("--native")) {
            throw new UsageException("what --consistent copies has no native frames; leave out one of it and --native");
        }
        String output = arguments.value("-o");
        return new Request.Dump(dumpSource(arguments), arguments.has("--json"),
                arguments.has("--kernel-wait"), arguments.has("--native"), arguments.has("--consistent"),
                arguments.has("--virtual"), output == null ? null : OutputPattern.parse(output),
                arguments.has("-q"), arguments.has("--debug"));
    }

    private static Request.DumpSource dumpSource(Arguments arguments) {
        String pid = arguments.value("-p");
        String operand = arguments.operand();
        String core = arguments.value("--core");
        if (core != null) {
            checkCoreOptions(arguments, pid != null || operand != null);
            return new Request.DumpSource(0, core, arguments.value("--sysroot"), arguments.value("--exe"));
        }
        if (arguments.has("--sysroot") || arguments.has("--exe")) {
            throw new UsageException((arguments.has("--sysroot") ? "--sysroot" : "--exe")
                    + " belongs to a core; give --core FILE too; see jtrace dump -h");
        }
        if ((pid == null) == (operand == null)) {
            throw new UsageException((pid == null ? "whose threads? Give" : "give only one of") + " -p PID"
                    + (pid == null ? " or --core FILE" : " and PID") + "; see jtrace dump -h");
        }
        return new Request.DumpSource(pid(pid == null ? operand : pid), null, null, null);
    }

    private static void checkCoreOptions(Arguments arguments, boolean withPid) {
        if (withPid) {
            throw new UsageException("give only one of --core FILE and a PID; see jtrace dump -h");
        }
        if (arguments.has("--native")) {
            throw new UsageException("native frames are shown of a process, not of a core; leave out --native");
        }
        if (arguments.has("--kernel-wait")) {
            throw new UsageException("a core does not tell what threads wait for in the kernel; leave out --kernel-wait");
        }
        if (arguments.has("--consistent")) {
            throw new UsageException("a core is of one instant as it is; leave out --consistent");
        }
    }

    private static void requireOnly(List<String> options, String subcommand, Arguments arguments) {
        for (OptionSpec option : mainSpec().options()) {
            String name = option.names()[0];
            if (!options.contains(name) && arguments.has(name)) {
                throw new UsageException(subcommand + " takes no " + name + "; see jtrace " + subcommand + " -h");
            }
        }
    }

    private static Request profileRequest(Arguments arguments) {
        for (String option : List.of("--json", "--kernel-wait", "--consistent", "--virtual", "--core", "--sysroot",
                "--exe")) {
            if (arguments.has(option)) {
                throw new UsageException(option + " belongs to a thread dump; give -d too" + HINT);
            }
        }
        ProfileOptions options = profileOptions(arguments);
        boolean process = arguments.has("-p");
        boolean command = arguments.command() != null;
        if (arguments.subcommand().equals(DEMO)) {
            if (process) {
                throw new UsageException("demo brings its own program; leave out -p" + HINT);
            }
            return new Request.Demo(options);
        }
        if (process == command) {
            throw new UsageException((process ? "-p and -t exclude each other" : "nothing to profile: give -p PID, "
                    + "-t COMMAND or demo") + HINT);
        }
        if (command && arguments.command().isEmpty()) {
            throw new UsageException("-t needs a command" + HINT);
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
                arguments.has("-x"), !arguments.has("-n"), arguments.has("--threads"), arguments.has("--carrier"),
                arguments.has("--native"), withKernel(arguments), engine(arguments, seconds), output, format,
                arguments.has("-q"), withStatistics(arguments), arguments.has("--debug"));
    }

    private static boolean withStatistics(Arguments arguments) {
        if (arguments.has("--stats") && arguments.has("-q")) {
            throw new UsageException("--stats is more to read and -q is nothing; they exclude each other" + HINT);
        }
        return arguments.has("--stats");
    }

    private static boolean withKernel(Arguments arguments) {
        String engine = arguments.value("--engine");
        if (arguments.has("--kernel") && engine != null && !engine.equals("perf")) {
            throw new UsageException("--kernel shows what the engine perf samples, and needs that one" + HINT);
        }
        return arguments.has("--kernel");
    }

    private static EngineChoice engine(Arguments arguments, String seconds) {
        String name = arguments.value("--engine");
        EngineChoice choice = name != null ? EngineChoice.named(name)
                : arguments.has("--kernel") ? EngineChoice.PERF : EngineChoice.AUTO;
        if (choice == EngineChoice.PERF && seconds != null && Durations.seconds(seconds) == 0) {
            throw new UsageException("the engine perf samples over time, and -s 0 is a single look" + HINT);
        }
        return choice;
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

    static CommandSpec mainSpec() {
        CommandSpec spec = CommandSpec.create().name("jtrace");
        spec.addOption(value("-p", "--pid"));
        spec.addOption(OptionSpec.builder("-t", "--trace").type(List.class).auxiliaryTypes(String.class).arity("0..*")
                .parameterConsumer(CommandLineParser::consumeCommand).build());
        spec.addOption(flag("-d", "--dump"));
        spec.addOption(flag("--json"));
        spec.addOption(flag("--kernel-wait"));
        spec.addOption(flag("--consistent"));
        spec.addOption(flag("--virtual"));
        addCoreOptions(spec);
        spec.addOption(flag("-V", "--version"));
        return addProfileOptions(spec);
    }

    private static CommandSpec demoSpec() {
        return addProfileOptions(CommandSpec.create().name("demo"));
    }

    private static CommandSpec dumpSpec() {
        CommandSpec spec = CommandSpec.create().name(DUMP);
        spec.addPositional(PositionalParamSpec.builder().index("0").arity("0..1").type(String.class).build());
        return addCoreOptions(spec).addOption(value("-p", "--pid")).addOption(flag("--json")).addOption(flag("--kernel-wait"))
                .addOption(flag("--native")).addOption(flag("--consistent")).addOption(flag("--virtual"))
                .addOption(value("-o", "--output")).addOption(flag("-q", "--quiet")).addOption(flag("--debug"))
                .addOption(flag("-h", "--help"));
    }

    private static CommandSpec addCoreOptions(CommandSpec spec) {
        return spec.addOption(value("--core")).addOption(value("--sysroot")).addOption(value("--exe"));
    }

    private static CommandSpec listSpec() {
        return CommandSpec.create().name(LIST).addOption(flag("--json"))
                .addOption(flag("--debug")).addOption(flag("-h", "--help"));
    }

    private static CommandSpec addProfileOptions(CommandSpec spec) {
        spec.addOption(value("-s", "--seconds"));
        spec.addOption(value("-r", "--rate"));
        spec.addOption(flag("-x", "--exclude-idle"));
        spec.addOption(flag("-n", "--no-line-numbers"));
        spec.addOption(flag("--threads"));
        spec.addOption(flag("--carrier"));
        spec.addOption(flag("--native"));
        spec.addOption(flag("--kernel"));
        spec.addOption(value("--engine"));
        spec.addOption(value("-o", "--output"));
        spec.addOption(value("--format"));
        spec.addOption(flag("-q", "--quiet"));
        spec.addOption(flag("--stats"));
        spec.addOption(flag("--debug"));
        return spec.addOption(flag("-h", "--help"));
    }

    private static OptionSpec value(String... names) {
        return OptionSpec.builder(names).type(String.class).arity("1").build();
    }

    private static OptionSpec flag(String... names) {
        return OptionSpec.builder(names).type(boolean.class).arity("0").build();
    }

    /** Takes all that is left, also what looks like an option of ours. */
    private static void consumeCommand(Stack<String> args, ArgSpec option, CommandSpec spec) {
        List<String> command = new ArrayList<>();
        while (!args.isEmpty()) {
            command.add(args.pop());
        }
        option.setValue(command);
    }

    /** Options may stand before and after the subcommand. */
    private record Arguments(ParseResult main) {
        /** Empty without one. */
        String subcommand() {
            return main.hasSubcommand() ? main.subcommand().commandSpec().name() : "";
        }

        boolean has(String option) {
            return main.hasMatchedOption(option)
                    || (main.hasSubcommand() && main.subcommand().hasMatchedOption(option));
        }

        /** null without {@code -t}. Asked of the option itself: what consumers take is not in the result. */
        List<String> command() {
            return main.commandSpec().findOption("-t").getValue();
        }

        /** What stands alone behind the subcommand; null when nothing does. */
        String operand() {
            return main.hasSubcommand() ? main.subcommand().matchedPositionalValue(0, null) : null;
        }

        String value(String option) {
            String inner = main.hasSubcommand() ? main.subcommand().matchedOptionValue(option, null) : null;
            return inner != null ? inner : main.matchedOptionValue(option, null);
        }
    }
}
