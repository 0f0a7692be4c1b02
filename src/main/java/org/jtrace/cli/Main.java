package org.jtrace.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import org.jtrace.cli.Request.ProfileOptions;
import org.jtrace.error.JtraceException;
import org.jtrace.output.JvmListJson;
import org.jtrace.output.JvmListText;
import org.jtrace.output.OutputFormat;
import org.jtrace.output.OutputPattern;
import org.jtrace.sampling.Sampler;
import org.jtrace.target.InnerPids;
import org.jtrace.target.JvmScan;
import org.jtrace.target.JvmTarget;
import org.jtrace.target.RunningJvm;

/** The command {@code jtrace}. */
public final class Main {
    private static final long DEFAULT_DURATION_NANOS = 1_000_000_000L;
    private static final long DEMO_DURATION_NANOS = 5_000_000_000L;
    private static final String DEMO_OUTPUT = "jtrace-demo.html";
    private static final String DEMO_PROGRAM = "org.jtrace.demo.OrderService";

    private final PrintStream stderr;

    private Main(PrintStream stderr) {
        this.stderr = stderr;
    }

    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** The exit status. */
    static int run(String[] args) {
        try {
            return new Main(System.err).execute(CommandLineParser.parse(args));
        } catch (Throwable e) {
            new Talk(System.err, false).fail(e, Arrays.asList(args).contains("--debug"));
            return ExitCode.of(e).status();
        }
    }

    private int execute(Request request) {
        if (request instanceof Request.Help help) {
            return print(help.text());
        }
        if (request instanceof Request.Version) {
            return print("jtrace " + version() + System.lineSeparator());
        }
        if (request instanceof Request.Profile profile) {
            return profile(profile).status();
        }
        if (request instanceof Request.Trace trace) {
            return trace(CommandBytes.arguments(trace.command()), trace.options());
        }
        if (request instanceof Request.Dump dump) {
            Sampler.checkNativeLibrary();
            return DumpSession.run(dump, new Talk(stderr, dump.quiet())).status();
        }
        if (request instanceof Request.ListJvms list) {
            return list(list);
        }
        return demo((Request.Demo) request);
    }

    private int list(Request.ListJvms request) {
        List<RunningJvm> jvms = new JvmScan().run();
        StringBuilder text = new StringBuilder();
        try {
            if (request.json()) {
                JvmListJson.write(jvms, Instant.now(), text);
            } else {
                JvmListText.write(jvms, text);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return print(text.toString());
    }

    private ExitCode profile(Request.Profile request) {
        ProfileOptions options = request.options();
        Destination destination = checkedDestination(options);
        Sampler.checkNativeLibrary();
        OptionalLong duration = options.durationNanos().isPresent() ? options.durationNanos()
                : OptionalLong.of(DEFAULT_DURATION_NANOS);
        Talk talk = new Talk(stderr, options.quiet());
        try (JvmTarget target = InnerPids.open(request.pid())) {
            ProfileSession session = new ProfileSession(target, options, duration, destination, talk, stderr);
            return Interrupts.during(() -> session.finish(session.sample()), signal -> session.stop());
        }
    }

    private int trace(byte[][] argv, ProfileOptions options) {
        Destination destination = checkedDestination(options);
        Sampler.checkNativeLibrary();
        Talk talk = new Talk(stderr, options.quiet());
        return CommandRun.run(argv, CommandBytes.environment(), options, destination, talk);
    }

    /** The program ends by itself when its time is over: nobody has to end it, whatever becomes of us. */
    private int demo(Request.Demo request) {
        ProfileOptions asked = request.options();
        OutputPattern output = asked.output() == null ? OutputPattern.parse(DEMO_OUTPUT) : asked.output();
        OutputFormat format = asked.format() == null ? OutputFormat.HTML : asked.format();
        ProfileOptions options = new ProfileOptions(OptionalLong.empty(), asked.intervalNanos(), asked.excludeIdle(),
                asked.withLines(), asked.byThread(), asked.withCarriers(), asked.withNative(), asked.withKernel(),
                asked.engine(), output, format, asked.quiet(), asked.withStatistics(), asked.debug());
        long nanos = asked.durationNanos().orElse(DEMO_DURATION_NANOS);
        Talk talk = new Talk(stderr, options.quiet());
        talk.say("profiling a small order service for " + nanos / 1_000_000 / 1e3 + " s");
        List<String> command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx128m",
                "-cp", System.getProperty("java.class.path"), DEMO_PROGRAM, Long.toString(nanos / 1_000_000));
        int status = trace(command.stream().map(CommandBytes::encode).toArray(byte[][]::new), options);
        if (status == ExitCode.DONE.status() && format == OutputFormat.HTML) {
            talk.say("open it in a browser; the key i hides and shows the threads that wait");
        }
        return status;
    }

    private static Destination checkedDestination(ProfileOptions options) {
        Destination destination = Destination.of(options);
        destination.check();
        return destination;
    }

    private static int print(String text) {
        System.out.print(text);
        System.out.flush();
        if (System.out.checkError()) {
            throw new JtraceException("cannot write to standard output");
        }
        return ExitCode.DONE.status();
    }

    private static String version() {
        return Objects.requireNonNullElse(Main.class.getPackage().getImplementationVersion(), "(not packaged)");
    }
}
