package org.jtrace.hotspot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Thread objects in fake memory that is laid out as each release lays it out, with compressed oops. */
class ThreadNamesTest {
    private static final long HEAP = 0x8_0000_0000L;
    private static final int NAME_OFFSET = 28;
    private static final int VALUE_OFFSET = 20;
    private static final int CODER_OFFSET = 16;
    /** Array of byte, and of char: tag, header size 16, element type, log2 of the element size. */
    private static final int BYTES = 0xC010_0800;
    private static final int CHARS = 0xC010_0501;

    private final FakeFields threadFields = new FakeFields("eetop", "J", 8, "name", "Ljava/lang/String;", NAME_OFFSET);

    static List<Integer> releases() {
        return RecordedVmStructs.releases();
    }

    /** Fields as name, signature, offset. */
    private record FakeFields(Object... nameSignatureOffset) {
        int count() {
            return nameSignatureOffset.length / 3;
        }
    }

    /** A VM with one Java thread. */
    private final class Fixture {
        final FakeVm fake;
        final long javaThread;
        final long stringKlass;
        final long arrayKlass;
        final boolean utf16Arrays;

        Fixture(int release) {
            fake = new FakeVm(release);
            utf16Arrays = release == 8;
            javaThread = fake.allocate(0x1000);
            long heap = fake.allocate(0x100);
            fake.setStatic("Universe::_collectedHeap", 8, heap);
            fake.setStatic(
                    fake.oneOf("CompressedOops::_base", "CompressedOops::_narrow_oop._base",
                            "Universe::_narrow_oop._base"),
                    8, HEAP);
            fake.setStatic(
                    fake.oneOf("CompressedOops::_shift", "CompressedOops::_narrow_oop._shift",
                            "Universe::_narrow_oop._shift"),
                    4, 3);
            String klassBase = fake.oneOf("CompressedKlassPointers::_base",
                    "CompressedKlassPointers::_narrow_klass._base", "Universe::_narrow_klass._base");
            fake.setStatic(klassBase, 8, 0x7f00_0000_0000L);
            fake.setStatic(klassBase.replace("_base", "_shift"), 4, 3);
            flags("UseCompressedOops", 1, "UseCompressedClassPointers", 1, "UseZGC", 0);
            stringKlass = klass("java/lang/String", utf16Arrays
                    ? new FakeFields("value", "[C", VALUE_OFFSET)
                    : new FakeFields("value", "[B", VALUE_OFFSET, "coder", "B", CODER_OFFSET));
            arrayKlass = fake.allocate(0x200);
            fake.set(arrayKlass, "Klass::_layout_helper", 4, utf16Arrays ? CHARS : BYTES);
            setKlass("Thread_klass_knum", klass("java/lang/Thread", threadFields));
            setKlass("String_klass_knum", stringKlass);
            fake.memory.write(HEAP, new byte[0x1000]);
        }

        ThreadNames names() {
            return fake.open().threadNames();
        }

        void setThreadObject(String field, long object) {
            long slot = javaThread + fake.offset(field);
            boolean isHandle = fake.structs.field("JavaThread", field.substring(field.indexOf("::") + 2))
                    .typeString().equals("OopHandle");
            if (isHandle) {
                long handle = fake.allocate(8);
                fake.memory.writeNumber(slot, 8, handle);
                slot = handle;
            }
            fake.memory.writeNumber(slot, 8, object);
        }

        long thread(int at, String name) {
            long thread = HEAP + at;
            fake.memory.writeNumber(thread + NAME_OFFSET, 4, at + 0x40 >> 3);
            string(at + 0x40, name);
            return thread;
        }

        private void string(int at, String text) {
            long string = HEAP + at;
            boolean isLatin1 = text.chars().allMatch(c -> c < 0x100) && !utf16Arrays;
            byte[] bytes = text.getBytes(isLatin1 ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_16LE);
            setKlassWord(string, stringKlass);
            fake.memory.writeNumber(string + CODER_OFFSET, 1, isLatin1 ? 0 : 1);
            fake.memory.writeNumber(string + VALUE_OFFSET, 4, at + 0x40 >> 3);
            long array = string + 0x40;
            setKlassWord(array, arrayKlass);
            fake.memory.writeNumber(array + 12, 4, utf16Arrays ? text.length() : bytes.length);
            fake.memory.write(array + 16, bytes);
        }

        private void setKlassWord(long object, long klass) {
            fake.memory.writeNumber(object + 8, 4, klass - 0x7f00_0000_0000L >> 3);
        }

        private void setKlass(String id, long klass) {
            fake.setStatic(
                    fake.oneOf("vmClasses::_klasses[static_cast<int>(vmClassID::" + id + ")]",
                            "SystemDictionary::_well_known_klasses[SystemDictionary::" + id + "]"),
                    8, klass);
        }

        private void flags(Object... nameAndValue) {
            String type = fake.has("JVMFlag::flags") ? "JVMFlag" : "Flag";
            int size = fake.size(type);
            int count = nameAndValue.length / 2;
            long table = fake.allocate((count + 1) * size);
            long names = fake.allocate(count * 40 + 100);
            for (int i = 0; i < count; i++) {
                long name = names + i * 40L;
                fake.memory.write(name, ((String) nameAndValue[2 * i]).getBytes(StandardCharsets.US_ASCII));
                long value = fake.allocate(1);
                fake.memory.writeNumber(value, 1, (Integer) nameAndValue[2 * i + 1]);
                fake.set(table + i * size, type + "::_name", 8, name);
                fake.set(table + i * size, type + "::_addr", 8, value);
            }
            fake.setStatic(type + "::flags", 8, table);
            fake.setStatic(type + "::numFlags", 8, count + 1);
        }

        private long klass(String name, FakeFields fields) {
            long klass = fake.klass(name);
            for (int i = 0; i < fields.count(); i++) {
                fake.setPoolSymbol(klass, 2 * i + 1, (String) fields.nameSignatureOffset[3 * i]);
                fake.setPoolSymbol(klass, 2 * i + 2, (String) fields.nameSignatureOffset[3 * i + 1]);
            }
            if (fake.has("InstanceKlass::_fieldinfo_stream")) {
                byte[] stream = stream(fields);
                fake.set(klass, "InstanceKlass::_fieldinfo_stream", 8, array(stream.length, stream));
            } else {
                fake.set(klass, "InstanceKlass::_java_fields_count", 2, fields.count());
                fake.set(klass, "InstanceKlass::_fields", 8, array(6 * fields.count(), slots(fields)));
            }
            return klass;
        }

        private byte[] stream(FakeFields fields) {
            Unsigned5Writer stream = new Unsigned5Writer(fake.encoding).put(fields.count(), 1);
            for (int i = 0; i < fields.count(); i++) {
                int offset = (Integer) fields.nameSignatureOffset[3 * i + 2];
                // The first has an initial value, a generic signature and a contention group.
                boolean hasAll = i == 0;
                stream.put(2 * i + 1, 2 * i + 2, offset, 2, hasAll ? 1 | 1 << 2 | 1 << 4 : 0);
                if (hasAll) {
                    stream.put(300, 301, 302);
                }
            }
            return stream.bytes();
        }

        private byte[] slots(FakeFields fields) {
            FakeMemory scratch = new FakeMemory();
            for (int i = 0; i < fields.count(); i++) {
                int offset = (Integer) fields.nameSignatureOffset[3 * i + 2];
                scratch.writeNumber(12L * i + 2, 2, 2 * i + 1);
                scratch.writeNumber(12L * i + 4, 2, 2 * i + 2);
                scratch.writeNumber(12L * i + 8, 4, (long) offset << 2 | 1);
            }
            byte[] bytes = new byte[12 * fields.count()];
            scratch.read(0, bytes, 0, bytes.length);
            return bytes;
        }

        private long array(int length, byte[] elements) {
            long array = fake.allocate(4 + elements.length);
            fake.memory.writeNumber(array, 4, length);
            fake.memory.write(array + 4, elements);
            return array;
        }
    }

    @ParameterizedTest
    @MethodSource("releases")
    void namesAreRead(int release) {
        Fixture vm = new Fixture(release);
        vm.setThreadObject("JavaThread::_threadObj", vm.thread(0x100, "http-nio-8080 \u00fc"));
        assertEquals("http-nio-8080 \u00fc", vm.names().name(vm.javaThread));
        vm.thread(0x100, "\u6771\u001b[2J");
        assertEquals("\u6771\uFFFD[2J", vm.names().name(vm.javaThread));
        vm.thread(0x100, "");
        assertEquals("", vm.names().name(vm.javaThread));
        vm.thread(0x100, "x".repeat(600));
        assertEquals("x".repeat(512) + "...", vm.names().name(vm.javaThread));
    }

    @Test
    void aVmThatIsStillStartingIsAskedAgain() {
        Fixture vm = new Fixture(25);
        ThreadNames names = vm.names();
        assertNull(names.name(vm.javaThread));
        vm.setThreadObject("JavaThread::_threadObj", vm.thread(0x100, "main"));
        assertEquals("main", names.name(vm.javaThread));
    }

    @ParameterizedTest
    @MethodSource("releases")
    void noNameWhileACollectionIsUnderWay(int release) {
        Fixture vm = new Fixture(release);
        vm.setThreadObject("JavaThread::_threadObj", vm.thread(0x100, "moved"));
        ThreadNames names = vm.names();
        long heap = new TargetReader(vm.fake.memory)
                .pointer(vm.fake.structs.field("Universe", "_collectedHeap").offsetOrAddress());
        String active = vm.fake.oneOf("CollectedHeap::_is_stw_gc_active", "CollectedHeap::_is_gc_active");
        vm.fake.set(heap, active, 1, 1);
        assertNull(names.name(vm.javaThread));
        vm.fake.set(heap, active, 1, 0);
        assertEquals("moved", names.name(vm.javaThread));
    }

    @Test
    void whatIsNoStringHasNoName() {
        Fixture vm = new Fixture(17);
        long thread = vm.thread(0x100, "name");
        vm.setThreadObject("JavaThread::_threadObj", thread);
        ThreadNames names = vm.names();
        assertEquals("name", names.name(vm.javaThread));
        vm.setKlassWord(HEAP + 0x180, vm.stringKlass);
        assertNull(names.name(vm.javaThread), "an array that is a string");
        vm.thread(0x100, "name");
        vm.fake.memory.writeNumber(HEAP + 0x180 + 12, 4, -1);
        assertNull(names.name(vm.javaThread), "a negative length");
        vm.thread(0x100, "name");
        vm.setKlassWord(HEAP + 0x140, vm.arrayKlass);
        assertNull(names.name(vm.javaThread), "a string that is an array");
        vm.fake.memory.unmap(HEAP);
        assertNull(names.name(vm.javaThread), "memory that was given back");
        assertNull(names.name(0));
        assertNull(names.name(-8));
    }
}
