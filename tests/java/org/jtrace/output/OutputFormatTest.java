package org.jtrace.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.jtrace.error.UsageException;
import org.junit.jupiter.api.Test;

class OutputFormatTest {
    @Test
    void theExtensionTellsTheFormat() {
        assertEquals(OutputFormat.COLLAPSED, OutputFormat.ofFile("out.txt"));
        assertEquals(OutputFormat.COLLAPSED, OutputFormat.ofFile("dir.html/out.collapsed"));
        assertEquals(OutputFormat.HTML, OutputFormat.ofFile("/tmp/Flame.HTML"));
    }

    @Test
    void standardOutputAndDevicesGetCollapsedStacks() {
        assertEquals(OutputFormat.COLLAPSED, OutputFormat.ofFile("-"));
        assertEquals(OutputFormat.COLLAPSED, OutputFormat.ofFile("/dev/stdout"));
    }

    @Test
    void anUnknownExtensionListsTheKnownOnes() {
        UsageException e = assertThrows(UsageException.class, () -> OutputFormat.ofFile("out.pdf\u001b[31m"));
        for (OutputFormat format : OutputFormat.values()) {
            format.extensions().forEach(extension -> assertTrue(e.getMessage().contains(extension), e.getMessage()));
        }
        assertTrue(e.getMessage().contains("--format"));
        assertFalse(e.getMessage().contains("\u001b"));
        assertThrows(UsageException.class, () -> OutputFormat.ofFile("html"));
    }

    @Test
    void anUnknownNameListsTheKnownOnes() {
        for (OutputFormat format : OutputFormat.values()) {
            assertEquals(format, OutputFormat.named(format.id()));
        }
        UsageException e = assertThrows(UsageException.class, () -> OutputFormat.named("pdf"));
        assertEquals("unknown format 'pdf'; known formats: collapsed, html", e.getMessage());
    }
}
