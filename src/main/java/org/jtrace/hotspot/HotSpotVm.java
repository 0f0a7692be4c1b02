package org.jtrace.hotspot;

import java.util.ArrayList;
import java.util.List;
import org.jtrace.error.UnsupportedVmException;
import org.jtrace.profile.CleanText;

/**
 * A target's HotSpot VM, as its structure tables describe it. What stands in the VM's memory is read when it is asked
 * for: a VM that is just starting can be opened too.
 */
public final class HotSpotVm {
    private final Memory memory;
    private final HotSpotLayout layout;
    private final Symbols symbols;

    private HotSpotVm(Memory memory, HotSpotLayout layout) {
        this.memory = memory;
        this.layout = layout;
        this.symbols = new Symbols(layout);
    }

    /** @throws UnsupportedVmException that names all that is missing, when not even method names can be found */
    public static HotSpotVm open(Memory memory, VmStructs structs) {
        HotSpotLayout layout = new HotSpotLayout(structs);
        List<String> missing = VmFeature.METHOD_NAMES.missingFrom(layout);
        if (!missing.isEmpty()) {
            throw new UnsupportedVmException(
                    "this JVM's structure tables lack what is needed to find method names: "
                            + String.join(", ", missing));
        }
        return new HotSpotVm(memory, layout);
    }

    /** The VM's version as it calls itself, {@code 17.0.9+9} or the like; empty when it does not tell. */
    public String release() {
        return text(VmItem.RELEASE);
    }

    /**
     * Main class or jar and its arguments, cut when long; empty when the VM was not started by a launcher, or does not
     * tell.
     */
    public String javaCommand() {
        return text(VmItem.JAVA_COMMAND);
    }

    private String text(VmItem variable) {
        if (!layout.has(variable)) {
            return "";
        }
        TargetReader reader = new TargetReader(memory);
        return CleanText.of(reader.cString(reader.pointer(layout.value(variable))));
    }

    /** What cannot be told about this VM, each as a short phrase ("line numbers"). */
    public List<String> missingOptional() {
        List<String> phrases = new ArrayList<>();
        for (VmFeature feature : VmFeature.values()) {
            boolean applies = feature != VmFeature.VIRTUAL_THREADS || layout.has(VmItem.JAVA_THREAD_VIRTUAL);
            if (applies && !feature.availableIn(layout)) {
                phrases.add(feature.phrase);
            }
        }
        return phrases;
    }

    /** Reads names of threads; each call reads the target anew. */
    public ThreadNames threadNames() {
        return new ThreadNames(memory, layout, symbols);
    }

    /** Reads virtual threads while they are mounted. */
    public VirtualThreads virtualThreads() {
        return new VirtualThreads(memory, layout, symbols);
    }

    /** Finds virtual threads that nobody carries. */
    public UnmountedThreads unmountedThreads() {
        return new UnmountedThreads(memory, layout, symbols);
    }

    /** Reads all that can be known of Java threads; each call reads the target anew. */
    public JavaThreadReader javaThreadReader(ThreadNames names) {
        return new JavaThreadReader(this, names);
    }

    /** What the VM calls itself, {@code OpenJDK 64-Bit Server VM} or the like; empty when it does not tell. */
    public String name() {
        String info = text(VmItem.VM_INFO);
        int end = info.indexOf(" (");
        return end < 0 ? "" : info.substring(0, end);
    }

    /** Whether its dumps give kernel thread ids in decimal, and behind the Java thread's number (19 and later). */
    public boolean tellsDecimalIds() {
        return layout.has(VmItem.THREAD_HOLDER_KLASS);
    }

    /** Reads the locks of threads that stand still. */
    public LockReader lockReader(ThreadNames names, StackResolver stacks) {
        return new LockReader(this, names, stacks);
    }

    MethodReader methodReader() {
        return new MethodReader(memory, layout, symbols);
    }

    Symbols symbols() {
        return symbols;
    }

    Memory memory() {
        return memory;
    }

    HotSpotLayout layout() {
        return layout;
    }
}
