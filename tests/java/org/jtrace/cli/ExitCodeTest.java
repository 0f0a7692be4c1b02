package org.jtrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.jtrace.error.JtraceException;
import org.jtrace.error.NoTargetException;
import org.jtrace.error.NotPermittedException;
import org.jtrace.error.TargetGoneException;
import org.jtrace.error.UnsupportedVmException;
import org.jtrace.error.UsageException;
import org.junit.jupiter.api.Test;

class ExitCodeTest {
    @Test
    void eachFailureHasTheStatusThatIsDocumented() {
        assertEquals(1, status(new JtraceException("")));
        assertEquals(1, status(new OutOfMemoryError()));
        assertEquals(1, status(new IllegalStateException()));
        assertEquals(2, status(new UsageException("")));
        assertEquals(3, status(new NoTargetException("")));
        assertEquals(3, status(new UnsupportedVmException("")));
        assertEquals(3, status(new TargetGoneException("")));
        assertEquals(4, status(new NotPermittedException("")));
    }

    private static int status(Throwable failure) {
        return ExitCode.of(failure).status();
    }
}
