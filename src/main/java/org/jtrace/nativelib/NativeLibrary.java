package org.jtrace.nativelib;

import java.io.File;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jtrace.error.JtraceException;

/**
 * Loads libjtrace.so from the installation: the file that the launcher names, or {@code native/libjtrace.so} beside
 * the jar. Never searched for, never unpacked into a temporary directory.
 */
public final class NativeLibrary {
    /** Absolute path, set by the launcher. */
    public static final String PATH_PROPERTY = "jtrace.library";

    private static boolean loaded;

    private NativeLibrary() {}

    /** Loads it once. */
    public static synchronized void load() {
        if (loaded) {
            return;
        }
        Path library = locate();
        if (!Files.isRegularFile(library)) {
            throw new JtraceException("the native library " + library + " is missing; build jtrace first");
        }
        InstallationTrust.check(library);
        try {
            System.load(library.toString());
        } catch (UnsatisfiedLinkError e) {
            throw new JtraceException("cannot load the native library: " + e.getMessage(), e);
        }
        loaded = true;
    }

    /**
     * The file of the library that unwinds native frames, as bytes for the C side: of its own, as it needs elfutils.
     * Checked as the other one is.
     */
    static byte[] forNativeFrames() {
        Path library = locate().resolveSibling("libjtrace_native_frames.so");
        if (!Files.isRegularFile(library)) {
            throw new JtraceException("--native is not built in: install elfutils' headers (Debian's libdw-dev, "
                    + "Fedora's elfutils-devel) and build jtrace again");
        }
        InstallationTrust.check(library);
        String encoding = System.getProperty("sun.jnu.encoding");
        return library.toString().getBytes(encoding == null ? Charset.defaultCharset() : Charset.forName(encoding));
    }

    private static Path locate() {
        String named = System.getProperty(PATH_PROPERTY);
        if (named == null || named.isEmpty()) {
            return besideJar().toAbsolutePath().normalize();
        }
        if (!new File(named).isAbsolute()) {
            throw new JtraceException("the property " + PATH_PROPERTY + " must be an absolute path: " + named);
        }
        return Path.of(named).normalize();
    }

    private static Path besideJar() {
        URI code = URI.create(NativeLibrary.class.getProtectionDomain().getCodeSource().getLocation().toString());
        return Path.of(code).resolveSibling("native").resolve("libjtrace.so");
    }
}
