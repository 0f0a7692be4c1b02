package org.jtrace.target;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jtrace.profile.Frame;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelSymbolsTest {
    private static final long BITS = (1L << 56) - 1;

    @TempDir
    private Path directory;

    @Test
    void namesAreThoseOfTheFunctionsBegunLast() throws IOException {
        String symbols = """
                ffffffff81000000 T first
                ffffffff81000000 T _alias
                ffffffff81000100 d data
                ffffffff81000200 t second
                ffffffffc0000000 t of_module\t[module]
                not a symbol
                """;
        assertEquals(List.of("first_[k]", "first_[k]", "second_[k]", "of_module_[k]"),
                names(symbols, 0xffffffff81000000L, 0xffffffff810001ffL, 0xffffffff81000200L, 0xffffffffc0000010L));
    }

    @Test
    void hiddenAddressesHaveOneFrame() throws IOException {
        assertEquals(List.of("(kernel)"),
                names("0000000000000000 T first\n", 0xffffffff81000000L, 0xffffffff81000200L));
        assertEquals(List.of("(kernel)"), names("", 0xffffffff81000000L));
    }

    private List<String> names(String symbols, long... addresses) throws IOException {
        KernelSymbols kernel = new KernelSymbols(Files.writeString(directory.resolve("kallsyms"), symbols));
        List<Frame> frames = new ArrayList<>();
        for (long address : addresses) {
            kernel.resolve(address & BITS, frames);
        }
        return frames.stream().map(Frame::name).toList();
    }
}
