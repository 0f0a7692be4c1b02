package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Classes of the JDK by name: those that the boot loader has loaded. */
final class BootClasses {
    private static final VmItem[] NEEDED = {
        CLASS_LOADER_DATA_HEAD, CLASS_LOADER_DATA_NEXT, CLASS_LOADER_DATA_KLASSES, CLASS_LOADER_DATA_LOADER,
        KLASS_NEXT_LINK, KLASS_MIRROR
    };
    private static final int MAX_LOADERS = 1 << 20;
    private static final int MAX_CLASSES = 1 << 18;

    private final Memory memory;
    private final HotSpotLayout layout;
    private final Symbols symbols;

    BootClasses(Memory memory, HotSpotLayout layout, Symbols symbols) {
        this.memory = memory;
        this.layout = layout;
        this.symbols = symbols;
    }

    static boolean areIn(HotSpotLayout layout) {
        return layout.hasAll(NEEDED);
    }

    /** The InstanceKlass of each of the names that are loaded. */
    Map<String, Long> find(Set<String> names) {
        TargetReader reader = new TargetReader(memory);
        Map<String, Long> found = new HashMap<>();
        long klass = reader.pointer(bootLoaderData(reader) + layout.offset(CLASS_LOADER_DATA_KLASSES));
        for (int i = 0; klass != 0 && i < MAX_CLASSES && found.size() < names.size() && !reader.failed(); i++) {
            // Arrays are in the list, too, and have names of their own.
            String name = symbols.ofKlass(reader, klass);
            if (names.contains(name)) {
                found.put(name, klass);
            }
            klass = reader.pointer(klass + layout.offset(KLASS_NEXT_LINK));
        }
        return found;
    }

    /** It is the one without a loader object. A hidden class of its own may have no loader either, but is a newer one. */
    private long bootLoaderData(TargetReader reader) {
        long data = reader.pointer(layout.value(CLASS_LOADER_DATA_HEAD));
        long boot = 0;
        for (int i = 0; data != 0 && i < MAX_LOADERS && !reader.failed(); i++) {
            long handle = reader.pointer(data + layout.offset(CLASS_LOADER_DATA_LOADER));
            if (handle == 0) {
                boot = data;
            }
            data = reader.pointer(data + layout.offset(CLASS_LOADER_DATA_NEXT));
        }
        return boot;
    }

    /** The java.lang.Class, which has the static fields. */
    long mirror(TargetReader reader, JavaHeap heap, long klass) {
        return heap.objectAtRoot(reader, reader.pointer(klass + layout.offset(KLASS_MIRROR)));
    }
}
