package org.jtrace.target;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jtrace.error.JtraceException;
import org.jtrace.error.NoTargetException;
import org.jtrace.error.TargetGoneException;
import org.jtrace.profile.CleanText;

/**
 * Finds the HotSpot JVMs among all processes that /proc shows, by what is mapped in them: files that they may have
 * written, in /tmp of whatever root directory, are not asked.
 */
public final class JvmScan {
    private static final Path PROC = Path.of("/proc");
    /** A process can map more, to keep us busy. The JVM's library is among the first thousands. */
    private static final int MAX_MAPPINGS = 1 << 16;
    private static final int MAX_COMMAND_LENGTH = 1000;

    private final String ownPidNamespace = namespace(PROC.resolve("self"));

    /** Ascending by pid; without jtrace itself. Those that end meanwhile are left out. */
    public List<RunningJvm> run() {
        List<RunningJvm> found = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[1-9]*")) {
            for (Path process : processes) {
                RunningJvm jvm = look(process);
                if (jvm != null) {
                    found.add(jvm);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new JtraceException("cannot list the processes in /proc: " + e.getMessage(), e);
        }
        found.sort(Comparator.comparingInt(RunningJvm::pid));
        return found;
    }

    /** What the process's mappings say about it. */
    private enum Mapped {
        JVM,
        NONE,
        NOT_PERMITTED
    }

    /** null when it is no JVM, or has ended. */
    private RunningJvm look(Path process) {
        int pid = Integer.parseInt(process.getFileName().toString());
        if (pid == ProcessHandle.current().pid()) {
            return null;
        }
        Mapped mapped = mapped(process);
        List<String> command = commandLine(process);
        // A JDK can be one file, without a library.
        boolean isJava = !command.isEmpty() && command.get(0).matches("(.*/)?java");
        return mapped == Mapped.JVM || isJava ? describe(process, pid, command, mapped) : null;
    }

    private RunningJvm describe(Path process, int pid, List<String> command, Mapped mapped) {
        String release = null;
        String javaCommand = "";
        String note = null;
        try (JvmTarget jvm = JvmTarget.open(pid)) {
            release = jvm.vm().isEmpty() ? null : jvm.vm();
            javaCommand = jvm.javaCommand();
            note = release == null ? "the VM is just starting" : null;
        } catch (NoTargetException | TargetGoneException e) {
            if (mapped != Mapped.NOT_PERMITTED) {
                return null;
            }
            note = e.getMessage();
        } catch (JtraceException e) {
            note = e.getMessage();
        }
        return describe(process, pid, command, release, program(command, javaCommand), note);
    }

    private RunningJvm describe(
            Path process, int pid, List<String> command, String release, String program, String note) {
        ProcStat stat = ProcFiles.stat(process);
        String status = ProcFiles.text(process.resolve("status"));
        if (stat == null) {
            return null;
        }
        Integer uid = ProcFiles.field(status, "Uid:", 1); // effective
        return new RunningJvm(pid, ProcFiles.lastField(status, "NSpid:"), uid, user(process, uid), release, program,
                cleanCommand(command), TaskFiles.ageMillis(stat), ProcFiles.field(status, "Threads:", 0),
                stat.cpuTicks() * 1000 / ProcStat.TICKS_PER_SECOND, container(process), note);
    }

    private String container(Path process) {
        String id = ContainerId.of(ProcFiles.text(process.resolve("cgroup")), namespace(process), ownPidNamespace);
        return id == null ? null : CleanText.of(id);
    }

    /** As the command line has it; the VM itself knows where options hide in a file, or another program started it. */
    private static String program(List<String> command, String javaCommand) {
        String program = JavaCommand.program(command);
        if (program.isEmpty()) {
            int end = javaCommand.indexOf(' ');
            program = end < 0 ? javaCommand : javaCommand.substring(0, end);
        }
        if (program.isEmpty() && !command.isEmpty()) {
            program = command.get(0);
        }
        return program.isEmpty() ? null : CleanText.of(program);
    }

    private static String cleanCommand(List<String> command) {
        String text = String.join(" ", command);
        return CleanText.of(text.length() > MAX_COMMAND_LENGTH ? text.substring(0, MAX_COMMAND_LENGTH) + "..." : text);
    }

    private static List<String> commandLine(Path process) {
        List<String> command = new ArrayList<>();
        for (byte[] argument : ProcFiles.commandLine(process)) {
            command.add(new String(argument, StandardCharsets.UTF_8));
        }
        return command;
    }

    private static Mapped mapped(Path process) {
        try {
            if (mapsJvm(process.resolve("maps"))) {
                return Mapped.JVM;
            }
            // The first thread may have ended, and its maps with it.
            return hasMappings(process) || !otherThreadMapsJvm(process) ? Mapped.NONE : Mapped.JVM;
        } catch (AccessDeniedException e) {
            return Mapped.NOT_PERMITTED;
        } catch (IOException e) {
            return Mapped.NONE;
        }
    }

    private static boolean hasMappings(Path process) throws IOException {
        try (BufferedReader maps = Files.newBufferedReader(process.resolve("maps"), StandardCharsets.ISO_8859_1)) {
            return maps.readLine() != null;
        }
    }

    private static boolean otherThreadMapsJvm(Path process) throws IOException {
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(process.resolve("task"))) {
            for (Path task : tasks) {
                if (mapsJvm(task.resolve("maps"))) {
                    return true;
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return false;
    }

    private static boolean mapsJvm(Path maps) throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(maps, StandardCharsets.ISO_8859_1)) {
            String line = lines.readLine();
            for (int i = 0; line != null && i < MAX_MAPPINGS; i++) {
                if (line.endsWith("/libjvm.so") || line.endsWith("/libjvm.so (deleted)")) {
                    return true;
                }
                line = lines.readLine();
            }
        }
        return false;
    }

    /** The file's owner has a name by whatever this machine looks names up; /proc/PID belongs to the process's user. */
    private static String user(Path process, Integer uid) {
        if (uid == null) {
            return null;
        }
        try {
            boolean owned = uid.equals(Files.getAttribute(process, "unix:uid"));
            return owned ? CleanText.of(Files.getOwner(process).getName()) : uid.toString();
        } catch (IOException e) {
            return uid.toString();
        }
    }

    private static String namespace(Path process) {
        try {
            return Files.readSymbolicLink(process.resolve("ns/pid")).toString();
        } catch (IOException e) {
            return null;
        }
    }
}
