package org.jtrace.target;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class JavaCommandTest {
    @Test
    void theProgramAndItsArgumentsRemain() {
        assertEquals("com.acme.Main -x 1", of("/opt/jdk/bin/java", "-Xmx1g", "-cp", "a.jar:b.jar", "-Dp=q", "com.acme.Main",
                "-x", "1"));
        assertEquals("/srv/app.jar --port 80", of("java", "-server", "-jar", "/srv/app.jar", "--port", "80"));
        assertEquals("acme/com.acme.Main", of("java", "-p", "mods", "--add-opens", "a/b=c", "-m", "acme/com.acme.Main"));
        assertEquals("com.acme.Main", of("java", "--class-path=a.jar", "com.acme.Main"));
    }

    @Test
    void whatIsNotClearStaysWhole() {
        assertEquals("/opt/idea/bin/idea -x", of("/opt/idea/bin/idea", "-x"));
        assertEquals("java @options com.acme.Main", of("java", "@options", "com.acme.Main"));
        assertEquals("java -version", of("java", "-version"));
        assertEquals("java -cp", of("java", "-cp"));
        assertEquals("", of());
    }

    private static String of(String... commandLine) {
        return JavaCommand.of(List.of(commandLine));
    }
}
