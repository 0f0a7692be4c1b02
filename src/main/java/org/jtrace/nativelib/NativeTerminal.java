package org.jtrace.nativelib;

/**
 * Whether a descriptor is a terminal. System.console() does not tell: it wants stdin and stdout both, and since JDK 22
 * it exists without a terminal too.
 */
public final class NativeTerminal {
    private static final int STDOUT = 1;
    private static final int STDERR = 2;
    private static final int DEFAULT_COLUMNS = 80;

    private NativeTerminal() {}

    public static boolean stdoutIsTerminal() {
        NativeLibrary.load();
        return isTerminal0(STDOUT);
    }

    public static boolean stderrIsTerminal() {
        NativeLibrary.load();
        return isTerminal0(STDERR);
    }

    public static int stdoutColumns() {
        return columns(STDOUT);
    }

    public static int stderrColumns() {
        return columns(STDERR);
    }

    private static int columns(int descriptor) {
        NativeLibrary.load();
        int columns = terminalColumns0(descriptor);
        return columns > 0 ? columns : DEFAULT_COLUMNS;
    }

    private static native boolean isTerminal0(int descriptor);

    /** 0 when it is no terminal or does not know its width. */
    private static native int terminalColumns0(int descriptor);
}
