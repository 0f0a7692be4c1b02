package org.jtrace.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the JVM says to the tests themselves, where its tool cannot print it, is what the tool would have printed. */
class AttachToolIT {
    @ParameterizedTest
    @MethodSource("org.jtrace.testing.VmSetup#defaults")
    void socketGivesWhatJstackPrints(VmSetup setup) {
        try (TargetJvm target = TargetJvm.start(setup, "Idle")) {
            List<String> printed = mainFrames(AttachTool.jstack(setup.jdk(), target.pid(), "-l"));
            assertFalse(printed.isEmpty());
            assertEquals(printed, mainFrames(AttachTool.ask(target.pid(), "threaddump", "-l")));
        }
    }

    private static List<String> mainFrames(String dump) {
        return JavaDump.parse(dump).threads().get("main").frames();
    }
}
