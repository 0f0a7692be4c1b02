package org.jtrace.output;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jtrace.target.RunningJvm;
import org.junit.jupiter.api.Test;

class JvmListTest {
    private static final RunningJvm KNOWN = new RunningJvm(7, 1, 1000, "ann", "17.0.9+9", "com.acme.Main",
            "java -cp \"x\" com.acme.Main", 93_784_000L, 30, 61_500L, "3f4ac7cbe34d", null);
    private static final RunningJvm UNREADABLE = new RunningJvm(1234567, null, 0, "root", null, "app.jar",
            "java -jar app.jar", 1_000L, 20, 10L, null, "not permitted");
    private static final RunningJvm PLAIN = new RunningJvm(
            8, 8, 0, "root", "25+36", null, "", null, null, null, "", null);

    @Test
    void aTableForPeople() throws IOException {
        StringBuilder text = new StringBuilder();
        JvmListText.write(List.of(KNOWN, UNREADABLE, PLAIN), text);
        assertEquals("""
                    PID  USER  RELEASE   UPTIME      THREADS  CPU       CONTAINER     PROGRAM
                      7  ann   17.0.9+9  1-02:03:04       30  00:01:01  3f4ac7cbe34d  com.acme.Main
                1234567  root  -         00:00:01         20  00:00:00  -             app.jar  (not permitted)
                      8  root  25+36     -                 -  -         none          -
                """, text.toString());
    }

    @Test
    void anObjectForPrograms() throws IOException {
        StringBuilder text = new StringBuilder();
        JvmListJson.write(List.of(KNOWN, UNREADABLE), Instant.EPOCH, text);
        Map<?, ?> object = (Map<?, ?>) JsonReader.read(text.toString());
        assertEquals("jtrace-list", object.get("schema"));
        assertEquals(1.0, object.get("version"));
        assertEquals("1970-01-01T00:00:00Z", object.get("time"));
        List<?> jvms = (List<?>) object.get("jvms");
        assertEquals(Map.ofEntries(Map.entry("pid", 7.0), Map.entry("innerPid", 1.0), Map.entry("uid", 1000.0),
                Map.entry("user", "ann"), Map.entry("release", "17.0.9+9"), Map.entry("program", "com.acme.Main"),
                Map.entry("command", "java -cp \"x\" com.acme.Main"), Map.entry("uptimeMillis", 93_784_000.0),
                Map.entry("threads", 30.0), Map.entry("cpuMillis", 61_500.0),
                Map.entry("container", "3f4ac7cbe34d")), jvms.get(0));
        assertEquals(Map.of("pid", 1234567.0, "uid", 0.0, "user", "root", "program", "app.jar",
                "command", "java -jar app.jar", "uptimeMillis", 1000.0, "threads", 20.0, "cpuMillis", 10.0,
                "note", "not permitted"), jvms.get(1));
    }

    @Test
    void noJvmAtAll() throws IOException {
        StringBuilder text = new StringBuilder();
        JvmListJson.write(List.of(), Instant.EPOCH, text);
        assertEquals(List.of(), ((Map<?, ?>) JsonReader.read(text.toString())).get("jvms"));
    }
}
