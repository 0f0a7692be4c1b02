package org.jtrace.hotspot;

import static org.jtrace.hotspot.VmItem.*;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Virtual threads that are mounted: their names, and where the frames are that were left in the heap when the thread was
 * mounted (jdk.internal.vm.StackChunk; 21 and later). Those are copied back to the stack a few at a time.
 */
public final class VirtualThreads implements HeapReader {
    /** JT_FROZEN_MAX_CHUNKS, _COMPLETE and _STAYS of native/hotspot/frozen_stack.h. */
    private static final int MAX_CHUNKS = 128;
    private static final int COMPLETE = 1;
    private static final int STAYS = 2;
    private static final int MAX_NAMES = 4096;
    /** As for platform threads: reading the name at each sample would cost more than the sample. */
    private static final long NAME_LIFETIME_NANOS = 1_000_000_000L;
    /** Below a frozen frame's sp: its return address and frame pointer. */
    private static final int FRAME_METADATA = 16;
    /** StackChunk's maxThawingSize is the fourth field that the VM adds (continuationJavaClasses.hpp, 21 to 27). */
    private static final int MAX_THAWING_SIZE = 3;
    /** Enough for the frames that are thawed at once: all of up to 500 words, or a frame or two. */
    private static final long MAX_THAWED = 4096;
    /** Of an instance's size in Klass::_layout_helper: the low bits say how it is allocated. */
    private static final int LAYOUT_HELPER_SIZE = ~7;

    private static final long UNKNOWN = -1;

    private final Memory memory;
    private final HotSpotLayout layout;
    private final Symbols symbols;
    private final KlassFields fields;
    private final ThreadNames names;
    private final boolean available;
    private final JdkClass thread = new JdkClass("java/lang/VirtualThread");
    private final JdkClass continuation = new JdkClass("java/lang/VirtualThread$VThreadContinuation");
    private final JdkClass task = new JdkClass("java/lang/VirtualThread$VThreadContinuation$1");
    private final JdkClass chunk = new JdkClass("jdk/internal/vm/StackChunk");
    private boolean fieldMissing;
    /** Their number when none was under way. */
    private long fullCollections = UNKNOWN;

    private record Named(String name, long readNanos) {}

    private final Map<Long, Named> namesById = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Named> eldest) {
            return size() > MAX_NAMES;
        }
    };

    VirtualThreads(Memory memory, HotSpotLayout layout, Symbols symbols) {
        this.memory = memory;
        this.layout = layout;
        this.symbols = symbols;
        this.fields = new KlassFields(layout, symbols);
        this.names = new ThreadNames(memory, layout, symbols);
        this.available = layout.has(JAVA_THREAD_VIRTUAL) && VmFeature.VIRTUAL_THREADS.availableIn(layout);
    }

    /** Whether the VM has virtual threads whose objects can be read. */
    public boolean available() {
        return available;
    }

    /** What turned out not to be there, as a short phrase; null when nothing did. */
    public String missing() {
        return fieldMissing ? VmFeature.VIRTUAL_THREADS.phrase : null;
    }

    /** The name as it was when the thread was identified; one without a name is told by its id. */
    public String name(long id) {
        Named named = namesById.get(id);
        return named == null || named.name == null || named.name.isEmpty() ? "(virtual) #" + id : named.name;
    }

    @Override
    public long identify(long reference, boolean isContinuation) {
        TargetReader reader = new TargetReader(memory);
        JavaHeap heap = names.heap(reader);
        if (!available || heap == null) {
            return 0;
        }
        long object = isContinuation ? threadOf(reader, heap, heap.objectOnStack(reader, reference))
                : heap.object(reader, reference);
        thread.require(reader, heap, object);
        long id = reader.pointer(object + thread.offset(reader, "tid"));
        if (reader.failed() || id <= 0) {
            return 0;
        }
        return nameIfNew(id, object) ? id : -id;
    }

    /** A Continuation does not know its thread, but runs a task that does. */
    private long threadOf(TargetReader reader, JavaHeap heap, long object) {
        continuation.require(reader, heap, object);
        long target = heap.objectInField(reader, object, continuation.offset(reader, "target"));
        task.require(reader, heap, target);
        return heap.objectInField(reader, target, task.offset(reader, "val$vthread"));
    }

    /** False when it has no name that was read. */
    private boolean nameIfNew(long id, long object) {
        Named known = namesById.get(id);
        long now = System.nanoTime();
        if (known == null || known.name == null || now - known.readNanos > NAME_LIFETIME_NANOS) {
            String name = names.nameOf(object);
            if (name != null || known == null) {
                namesById.put(id, new Named(name, now));
            }
            return name != null || (known != null && known.name != null);
        }
        return true;
    }

    @Override
    public long[] plan(long root, boolean isContinuation) {
        TargetReader reader = new TargetReader(memory);
        Plan plan = begin(reader);
        if (plan == null) {
            return null;
        }
        JavaHeap heap = plan.heap;
        long reference = plan.slot(root, Long.BYTES);
        long object = isContinuation ? heap.objectOnStack(reader, reference)
                : plan.follow(heap.object(reader, reference), thread, "cont");
        plan.addChunks(plan.follow(object, continuation, "tail"));
        return reader.failed() ? null : plan.words();
    }

    /** The plan of a virtual thread that nobody carries; null when it cannot be made now, or it is none. */
    public long[] planOf(UnmountedThread unmounted) {
        TargetReader reader = new TargetReader(memory);
        Plan plan = begin(reader);
        if (plan == null) {
            return null;
        }
        thread.require(reader, plan.heap, unmounted.object());
        boolean same = reader.pointer(unmounted.object() + thread.offset(reader, "tid")) == unmounted.id();
        plan.addChunks(plan.follow(plan.follow(unmounted.object(), thread, "cont"), continuation, "tail"));
        return reader.failed() || !same ? null : plan.words();
    }

    /** null when none can be made now. */
    private Plan begin(TargetReader reader) {
        JavaHeap heap = names.heap(reader);
        if (!available || heap == null) {
            return null;
        }
        Plan plan = new Plan(reader, heap);
        plan.requireThatNothingSlides();
        return plan;
    }

    /** What native/hotspot/frozen_stack.h calls a plan. */
    private final class Plan {
        private final TargetReader reader;
        private final JavaHeap heap;
        private final Words slots = new Words();
        private final Words chunks = new Words();
        private boolean complete;
        /** Where the newest chunk's words begin, and the slots of its numbers; 0 where there is none. */
        private long newest;
        private int spSlot;
        private int thawingSizeSlot;

        Plan(TargetReader reader, JavaHeap heap) {
            this.reader = reader;
            this.heap = heap;
        }

        /** Reads a word that the plan depends on. */
        long slot(long address, int width) {
            long value = reader.unsigned(address, width);
            slots.add(address).add(value).add(width);
            return value;
        }

        /**
         * Fails in a pause in which objects may slide together: their new places are written into references before
         * they get there, and what lies there until then may be an old object of the same class. The pause of a full
         * collection is known by the number of those, which is another one than outside of pauses.
         */
        void requireThatNothingSlides() {
            if (!heap.tellsOfCollections()) {
                return;
            }
            long full = slot(heap.collectionCounts(reader), Long.BYTES) >>> Integer.SIZE;
            boolean paused = slot(heap.collectionActive(reader), 1) != 0;
            if (!paused) {
                fullCollections = full;
            } else if (full != fullCollections || !heap.slidesInFullCollectionsOnly()) {
                reader.fail();
            }
        }

        private int slotCount() {
            return slots.size() / 3;
        }

        /** The object that a field of another one refers to. */
        long follow(long object, JdkClass klass, String field) {
            klass.require(reader, heap, object);
            long raw = slot(object + klass.offset(reader, field), heap.fieldWidth());
            return heap.decodeField(reader, raw);
        }

        void addChunks(long newest) {
            long next = newest;
            for (int i = 0; next != 0 && i < MAX_CHUNKS && !reader.failed(); i++) {
                long parent = follow(next, chunk, "parent");
                addFrames(next, i == 0);
                if (i == 0) {
                    addThawingSize(next);
                }
                next = parent;
            }
            complete = next == 0;
        }

        /** Of the newest chunk, also what frames have left that are being thawed just now. */
        private void addFrames(long object, boolean isNewest) {
            int slot = slotCount();
            long sp = slotOf(object, "sp");
            long bottom = chunk.has(reader, "bottom")
                    ? slotOf(object, "bottom")
                    : number(object, "size") - slotOf(object, "argsize");
            long start = object + chunk.instanceSize(reader);
            long size = number(object, "size");
            if (sp > size || bottom < 0 || bottom > size) {
                reader.fail();
                return;
            }
            long end = start + bottom * Long.BYTES;
            long begin = sp < bottom ? start + sp * Long.BYTES - FRAME_METADATA : end;
            if (isNewest) {
                newest = start;
                spSlot = slot;
            }
            if (isNewest || begin < end) {
                chunks.add(isNewest ? Math.max(begin - MAX_THAWED, start) : begin).add(begin).add(end);
            }
        }

        private void addThawingSize(long object) {
            int offset = chunk.injectedOffset(reader, MAX_THAWING_SIZE);
            if (offset >= 0) {
                thawingSizeSlot = slotCount();
                slot(object + offset, Integer.BYTES);
            }
        }

        private long slotOf(long object, String field) {
            return slot(object + chunk.offset(reader, field), Integer.BYTES);
        }

        private long number(long object, String field) {
            return reader.i4(object + chunk.offset(reader, field));
        }

        private long flags() {
            return (complete ? COMPLETE : 0) | (heap.movesInPausesOnly() ? STAYS : 0);
        }

        long[] words() {
            Words all = new Words();
            all.add(slotCount()).add(chunks.size() / 3).add(flags());
            all.add(newest).add(spSlot).add(thawingSizeSlot);
            return all.add(slots).add(chunks).toArray();
        }
    }

    private static final class Words {
        private long[] words = new long[32];
        private int size;

        Words add(long word) {
            if (size == words.length) {
                words = Arrays.copyOf(words, 2 * size);
            }
            words[size++] = word;
            return this;
        }

        Words add(Words others) {
            for (int i = 0; i < others.size; i++) {
                add(others.words[i]);
            }
            return this;
        }

        int size() {
            return size;
        }

        long[] toArray() {
            return Arrays.copyOf(words, size);
        }
    }

    /** A class of the JDK, of which one instance was seen. */
    private final class JdkClass {
        private static final int NOT_THERE = -1;

        private final String name;
        private final Map<String, Integer> offsets = new HashMap<>();
        private long klass;

        JdkClass(String name) {
            this.name = name;
        }

        /** Fails when the object is no instance of exactly this class. */
        void require(TargetReader reader, JavaHeap heap, long object) {
            long found = heap.klass(reader, object);
            if (reader.failed() || (found == klass && klass != 0)) {
                return;
            }
            boolean isThis = klass == 0 && symbols.ofKlass(reader, found).equals(name);
            if (!isThis || reader.failed()) {
                reader.fail();
                return;
            }
            klass = found;
        }

        boolean has(TargetReader reader, String field) {
            return find(reader, field) != NOT_THERE;
        }

        /** After {@link #require}. */
        int offset(TargetReader reader, String field) {
            int offset = find(reader, field);
            if (offset == NOT_THERE && !reader.failed()) {
                fieldMissing = true;
                reader.fail();
            }
            return Math.max(offset, 0);
        }

        private int find(TargetReader reader, String field) {
            Integer known = offsets.get(field);
            if (known == null) {
                KlassFields.Field found = fields.findInherited(reader, klass, field);
                known = found == null ? NOT_THERE : found.offset();
                if (reader.failed()) {
                    return NOT_THERE;
                }
                offsets.put(field, known);
            }
            return known;
        }

        /** Negative when it is not known. */
        int injectedOffset(TargetReader reader, int index) {
            String key = "injected " + index;
            Integer known = offsets.get(key);
            if (known == null) {
                known = fields.injectedOffset(reader, klass, index);
                if (reader.failed()) {
                    return NOT_THERE;
                }
                offsets.put(key, known);
            }
            return known;
        }

        /** Of the part with the fields; a chunk's frames follow it. */
        int instanceSize(TargetReader reader) {
            return reader.i4(klass + layout.offset(KLASS_LAYOUT_HELPER)) & LAYOUT_HELPER_SIZE;
        }
    }
}
