package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

import java.util.HashMap;
import java.util.Map;
import org.jtrace.dump.LockObject;
import org.jtrace.profile.CleanText;

/** Objects that are locks: their classes, and who owns those of java.util.concurrent. */
final class LockObjects {
    private static final String OWNABLE = "java/util/concurrent/locks/AbstractOwnableSynchronizer";
    private static final int MAX_SUPERS = 64;
    private static final int NOT_OWNABLE = -1;

    private final HotSpotLayout layout;
    private final Symbols symbols;
    private final KlassFields fields;
    private final JavaHeap heap;
    private final int blockerOffset;
    private final int javaThreadOffset;
    private final Map<Long, String> classNames = new HashMap<>();
    private final Map<Long, Integer> ownerOffsets = new HashMap<>();

    private LockObjects(HotSpotVm vm, JavaHeap heap, KlassFields fields, int blockerOffset, int javaThreadOffset) {
        this.layout = vm.layout();
        this.symbols = vm.symbols();
        this.fields = fields;
        this.heap = heap;
        this.blockerOffset = blockerOffset;
        this.javaThreadOffset = javaThreadOffset;
    }

    /** null when it cannot be read now. */
    static LockObjects of(HotSpotVm vm, JavaHeap heap, TargetReader reader) {
        KlassFields fields = new KlassFields(vm.layout(), vm.symbols());
        long klass = reader.pointer(vm.layout().value(THREAD_KLASS));
        KlassFields.Field blocker = fields.find(reader, klass, "parkBlocker");
        KlassFields.Field javaThread = fields.find(reader, klass, "eetop");
        return reader.failed() || blocker == null || javaThread == null ? null
                : new LockObjects(vm, heap, fields, blocker.offset(), javaThread.offset());
    }

    JavaHeap heap() {
        return heap;
    }

    LockObject describe(TargetReader reader, long object) {
        long klass = heap.klass(reader, object);
        boolean isClass = klass == reader.pointer(layout.value(CLASS_KLASS));
        String name = nameOf(reader, klass);
        long represented = isClass
                ? reader.pointer(object + reader.i4(layout.value(CLASS_KLASS_OFFSET))) : 0;
        return new LockObject(object, name, represented == 0 ? null : nameOf(reader, represented));
    }

    /** As HotSpot prints it, without the address of a hidden class. */
    private String nameOf(TargetReader reader, long klass) {
        String known = classNames.get(klass);
        if (known == null) {
            String symbol = symbols.ofKlass(reader, klass);
            if (!isSurelyKlass(reader, klass)) {
                reader.fail();
            }
            known = CleanText.of(GeneratedNames.withoutAddress(symbol).replace('/', '.'));
            if (!reader.failed()) {
                classNames.put(klass, known);
            }
        }
        return known;
    }

    /**
     * Where objects move at any time, what was read of one may be of what came to its place. A class's mirror leads back
     * to it.
     */
    private boolean isSurelyKlass(TargetReader reader, long klass) {
        if (heap.movesInPausesOnly()) {
            return true;
        }
        long mirror = heap.objectAtRoot(reader, reader.pointer(klass + layout.offset(KLASS_MIRROR)));
        return reader.pointer(mirror + reader.i4(layout.value(CLASS_KLASS_OFFSET))) == klass;
    }

    /** What a thread is parked for; 0 when that was not said. */
    long blocker(TargetReader reader, long thread) {
        return heap.objectInField(reader, thread, blockerOffset);
    }

    /** The JavaThread that owns a synchronizer; 0 when none does, it is a virtual thread, or owners are not told. */
    long owner(TargetReader reader, long synchronizer) {
        int offset = ownerOffset(reader, heap.klass(reader, synchronizer));
        long thread = offset == NOT_OWNABLE ? 0 : heap.objectInField(reader, synchronizer, offset);
        return thread == 0 || reader.failed() ? 0 : reader.pointer(thread + javaThreadOffset);
    }

    private int ownerOffset(TargetReader reader, long klass) {
        Integer known = ownerOffsets.get(klass);
        if (known == null) {
            known = findOwner(reader, klass);
            if (!reader.failed()) {
                ownerOffsets.put(klass, known);
            }
        }
        return known;
    }

    private int findOwner(TargetReader reader, long klass) {
        long declaring = klass;
        for (int i = 0; declaring != 0 && i < MAX_SUPERS && !reader.failed(); i++) {
            if (symbols.ofKlass(reader, declaring).equals(OWNABLE)) {
                KlassFields.Field field = fields.find(reader, declaring, "exclusiveOwnerThread");
                return field == null ? NOT_OWNABLE : field.offset();
            }
            declaring = reader.pointer(declaring + layout.offset(KLASS_SUPER));
        }
        return NOT_OWNABLE;
    }
}
