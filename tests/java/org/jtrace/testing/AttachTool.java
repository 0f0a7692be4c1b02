package org.jtrace.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** The JDK's tools that ask a JVM and print its answer. They speak UTF-8 here, whatever the locale. */
public final class AttachTool {
    private static final String BROKEN_CHARACTER = "\uFFFD";
    /** Version 1 of the protocol, which all releases speak: the version, the command, three arguments, each ended by 0. */
    private static final int REQUEST_STRINGS = 5;

    private AttachTool() {
    }

    /** What jstack prints; {@code options} is empty or one, such as -l. */
    public static String jstack(Jdk jdk, long pid, String... options) {
        List<String> arguments = new ArrayList<>(List.of(options));
        arguments.add(String.valueOf(pid));
        return whole(run(all -> jdk.command("jstack", List.of(), all), arguments), pid, "threaddump", options);
    }

    /** What a jstack prints that may be somewhere else: in a container with the JVM, say. It is to be of 17 or later. */
    public static String jstack(List<String> jstack, long pid) {
        return run(all -> Namespaces.around(jstack, all), List.of(String.valueOf(pid)));
    }

    /** The JVM's answer to a diagnostic command; a line with the pid may stand above it. */
    public static String jcmd(Jdk jdk, long pid, String command) {
        List<String> arguments = List.of(String.valueOf(pid), command);
        return whole(run(all -> jdk.command("jcmd", List.of(), all), arguments), pid, "jcmd", command);
    }

    /** {@code tool} makes a command line of its arguments. */
    private static String run(UnaryOperator<List<String>> tool, List<String> arguments) {
        List<String> all = new ArrayList<>(List.of("-J-Dfile.encoding=UTF-8", "-J-Dstdout.encoding=UTF-8",
                "-J-XX:TieredStopAtLevel=1"));
        all.addAll(arguments);
        List<String> command = tool.apply(all);
        Command.Result result = Command.of(command).environment(Map.of("LC_ALL", "C.UTF-8")).run();
        if (result.exit() != 0) {
            throw new IllegalStateException(command + ": " + result);
        }
        return result.stdout();
    }

    /**
     * The tools of 8 and 11 decode each piece of 256 bytes by itself, and so break the characters between two. Where they
     * did, the JVM is asked again, for the bytes; its socket is there, as the tool has just had its answer.
     */
    private static String whole(String printed, long pid, String command, String... arguments) {
        return printed.contains(BROKEN_CHARACTER) ? ask(pid, command, arguments) : printed;
    }

    static String ask(long pid, String command, String... arguments) {
        List<String> request = new ArrayList<>(List.of("1", command));
        request.addAll(List.of(arguments));
        while (request.size() < REQUEST_STRINGS) {
            request.add("");
        }
        String answer = exchange(pid, String.join("\0", request) + "\0");
        int end = answer.indexOf('\n');
        if (end < 0 || !answer.substring(0, end).equals("0")) {
            throw new IllegalStateException(request + " to " + pid + ": " + answer);
        }
        return answer.substring(end + 1);
    }

    private static String exchange(long pid, String request) {
        Path socket = Path.of("/proc/" + pid + "/root/tmp/.java_pid" + Namespaces.innermostPid(pid));
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(request);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
