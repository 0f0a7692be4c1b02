package org.jtrace.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** An installation that everybody can read, wherever the project lies: to run jtrace as nobody. */
public final class InstallationCopy {
    private final Path launcher;

    private InstallationCopy(Path launcher) {
        this.launcher = launcher;
    }

    /** In a temporary directory, which is opened for all. */
    public static InstallationCopy in(Path directory) throws IOException {
        Path copy = Files.createDirectory(directory.resolve("installed"));
        Path source = Jtrace.launcher().getParent();
        Path built = Files.exists(source.resolve("jtrace.jar")) ? source : source.resolve("target");
        Files.copy(Jtrace.launcher(), copy.resolve("jtrace"));
        Files.copy(built.resolve("jtrace.jar"), copy.resolve("jtrace.jar"));
        Command.of("cp", "-r", built.resolve("lib").toString(), copy.toString()).run();
        Files.createDirectory(copy.resolve("native"));
        Files.copy(built.resolve("native/libjtrace.so"), copy.resolve("native/libjtrace.so"));
        Command.of("chmod", "-R", "a+rX", copy.toString()).run();
        for (Path parent = directory; !parent.equals(Path.of("/tmp")) && parent != null; parent = parent.getParent()) {
            if (Files.isWritable(parent) && parent.startsWith(System.getProperty("java.io.tmpdir"))) {
                Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
        return new InstallationCopy(copy.resolve("jtrace"));
    }

    /** For root: runs it as nobody. */
    public Command.Result runAsNobody(Object... args) {
        return Command.of(asNobody(args)).run();
    }

    /** The command line for that. */
    public List<String> asNobody(Object... args) {
        List<String> command = new ArrayList<>(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                launcher.toString()));
        for (Object arg : args) {
            command.add(arg.toString());
        }
        return command;
    }
}
