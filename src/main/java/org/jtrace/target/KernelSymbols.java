package org.jtrace.target;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jtrace.profile.CleanText;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;

/** Names of the kernel's functions, read when the first one is asked for: there are some 200,000. */
final class KernelSymbols {
    /** Ends the names, as flame graph tools know it. */
    private static final String SUFFIX = "_[k]";
    private static final String KINDS_OF_CODE = "tTwW";
    private static final long TOP_BYTE = 0xffL << 56;
    /** Where addresses are hidden (kptr_restrict), one frame stands for all. */
    private static final Frame UNNAMED = new Frame("(kernel)", Frame.NO_LINE, FrameKind.KERNEL);

    private final Path file;
    private TreeMap<Long, Object> symbols;

    KernelSymbols(Path file) {
        this.file = file;
    }

    /** @param address without its highest byte, all of whose bits are set */
    void resolve(long address, List<Frame> leafFirst) {
        if (symbols == null) {
            symbols = read(file);
        }
        Map.Entry<Long, Object> symbol = symbols.floorEntry(address | TOP_BYTE);
        if (symbol != null) {
            leafFirst.add(frame(symbol));
        } else if (leafFirst.isEmpty() || leafFirst.get(leafFirst.size() - 1) != UNNAMED) {
            leafFirst.add(UNNAMED);
        }
    }

    /** Made of the name when it is asked for first, and kept in its place. */
    private Frame frame(Map.Entry<Long, Object> symbol) {
        if (symbol.getValue() instanceof Frame known) {
            return known;
        }
        Frame frame = new Frame(CleanText.of(symbol.getValue() + SUFFIX), Frame.NO_LINE, FrameKind.KERNEL);
        symbols.put(symbol.getKey(), frame);
        return frame;
    }

    /** Lines of address, kind and name; a module's have its name in brackets behind. Empty when it does not tell. */
    private static TreeMap<Long, Object> read(Path file) {
        TreeMap<Long, Object> symbols = new TreeMap<>();
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                add(line, symbols);
            }
        } catch (IOException e) {
            symbols.clear();
        }
        return symbols;
    }

    private static void add(String line, TreeMap<Long, Object> symbols) {
        int kind = line.indexOf(' ') + 1;
        if (kind <= 0 || kind + 2 >= line.length() || KINDS_OF_CODE.indexOf(line.charAt(kind)) < 0) {
            return;
        }
        int end = line.indexOf('\t', kind + 2);
        try {
            long address = Long.parseUnsignedLong(line.substring(0, kind - 1), 16);
            if (address != 0) {
                symbols.putIfAbsent(address, line.substring(kind + 2, end < 0 ? line.length() : end));
            }
        } catch (NumberFormatException e) {
            // another form than the kernel's: it names nothing
        }
    }
}
