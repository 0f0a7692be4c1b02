package org.jtrace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class CommandBytesTest {
    @Test
    void argumentsKeepBytesThatJavaCannotDecode() {
        byte[] odd = {'f', (byte) 0xff, (byte) 0xfe};
        List<byte[]> commandLine = List.of(bytes("java"), bytes("-jar"), bytes("-t"), bytes("cat"), odd);
        byte[][] arguments = CommandBytes.arguments(List.of("cat", "f??"), commandLine);
        assertArrayEquals(bytes("cat"), arguments[0]);
        assertArrayEquals(odd, arguments[1]);
    }

    @Test
    void aCommandJoinedToItsOptionIsTakenApart() {
        List<byte[]> commandLine = List.of(bytes("java"), bytes("-tcat"), bytes("file"));
        byte[][] arguments = CommandBytes.arguments(List.of("cat", "file"), commandLine);
        assertArrayEquals(bytes("cat"), arguments[0]);
        assertArrayEquals(bytes("file"), arguments[1]);
    }

    @Test
    void withoutACommandLineJavasViewHasToDo() {
        assertArrayEquals(bytes("cat"), CommandBytes.arguments(List.of("cat"), List.of())[0]);
    }

    @Test
    void theEnvironmentIsAsBeforeTheLauncher() {
        assertEquals(
                List.of("PATH=/bin", "ODD=\u00ff", "nonsense", "JAVA_TOOL_OPTIONS=-Xint", "_JAVA_OPTIONS="),
                environment("PATH=/bin", "LC_ALL=C.UTF-8", "ODD=\u00ff", "nonsense", "JTRACE_SAVED_LC_ALL=",
                        "JTRACE_SAVED_JAVA_TOOL_OPTIONS=-Xint", "JTRACE_SAVED__JAVA_OPTIONS="));
        assertEquals(List.of("LC_ALL=C"), environment("LC_ALL=C.UTF-8", "JTRACE_SAVED_LC_ALL=C"));
        assertEquals(List.of("LC_ALL=de_DE.UTF-8"), environment("LC_ALL=de_DE.UTF-8"));
    }

    private static List<String> environment(String... variables) {
        List<byte[]> bytes =
                Arrays.stream(variables).map(variable -> variable.getBytes(StandardCharsets.ISO_8859_1)).toList();
        return Arrays.stream(CommandBytes.environment(bytes))
                .map(variable -> new String(variable, StandardCharsets.ISO_8859_1)).toList();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
