package org.jtrace.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class DescendantsTest {
    @Test
    void findsAChildOfAChild() throws IOException, InterruptedException {
        Process shell = new ProcessBuilder("sh", "-c", "sleep 1000 & echo $!; wait").start();
        try {
            int child = Integer.parseInt(shell.inputReader().readLine());
            List<Integer> found = Descendants.withSelf((int) ProcessHandle.current().pid());
            assertEquals((int) ProcessHandle.current().pid(), found.get(0));
            assertTrue(found.indexOf((int) shell.pid()) > 0);
            assertTrue(found.indexOf(child) > found.indexOf((int) shell.pid()), child + " in " + found);
        } finally {
            shell.descendants().forEach(ProcessHandle::destroy);
            shell.destroy();
            shell.waitFor();
        }
    }

    @Test
    void aProcessThatIsGoneHasNone() {
        assertEquals(List.of(Integer.MAX_VALUE), Descendants.withSelf(Integer.MAX_VALUE));
    }
}
