package org.jtrace.hotspot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jtrace.profile.Frame;
import org.jtrace.profile.FrameKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Methods and compiled code in fake memory that is laid out as each release lays it out. */
class StackResolverTest {
    private static final Frame UNKNOWN_C2 = new Frame("(unknown method)", Frame.NO_LINE, FrameKind.C2);

    static List<Integer> releases() {
        return RecordedVmStructs.releases();
    }

    @ParameterizedTest
    @MethodSource("releases")
    void interpretedFrames(int release) {
        FakeVm fake = new FakeVm(release);
        long method = fake.method(fake.klass("some/pack/Outer$Inner"), 7, "<init>");
        StackResolver resolver = new StackResolver(fake.open());
        assertEquals(List.of(interpreted("some.pack.Outer$Inner.<init>", 10)), interpreted(resolver, method, 1, 0));
        assertEquals(List.of(interpreted("some.pack.Outer$Inner.<init>", 12)), interpreted(resolver, method, 1, 19));
        assertEquals(List.of(interpreted("some.pack.Outer$Inner.<init>", 300)), interpreted(resolver, method, 1, 99));
        assertEquals(List.of(interpreted("some.pack.Outer$Inner.<init>", 10)), interpreted(resolver, method, 1, -1));
        assertEquals(
                List.of(interpreted("some.pack.Outer$Inner.<init>", Frame.NO_LINE)),
                interpreted(resolver, method, 1, 100));
    }

    @ParameterizedTest
    @MethodSource("releases")
    void nativeMethodsAreNativeHoweverTheyRun(int release) {
        FakeVm fake = new FakeVm(release);
        long method = fake.method(fake.klass("A"), 3, "read0", 1 | FakeVm.ACC_NATIVE, 0, null);
        long wrapper = fake.nmethod(method, 12, 0, fake.new Scopes());
        StackResolver resolver = new StackResolver(fake.open());
        Frame expected = new Frame("A.read0", Frame.NO_LINE, FrameKind.NATIVE);
        assertEquals(List.of(expected), interpreted(resolver, method, 1, 0));
        List<Frame> frames = new ArrayList<>();
        resolver.nativeWrapper(wrapper, 12, frames);
        assertEquals(List.of(expected), frames);
        assertSame(interpreted(resolver, method, 1, 0).get(0), frames.get(0));
    }

    @ParameterizedTest
    @MethodSource("releases")
    void inlinedFrames(int release) {
        FakeVm fake = new FakeVm(release);
        long klass = fake.klass("K");
        long outer = fake.method(klass, 1, "outer");
        long middle = fake.method(klass, 2, "middle");
        long inner = fake.method(klass, 3, "inner");
        FakeVm.Scopes scopes = fake.new Scopes();
        int outerScope = scopes.scope(0, outer, 5);
        int middleScope = scopes.scope(outerScope, middle, 20);
        int innerScope = scopes.scope(middleScope, inner, -1);
        scopes.pc(16, outerScope).pc(40, innerScope).pc(200, 0);
        long nmethod = fake.nmethod(outer, 77, 4, scopes);
        StackResolver resolver = new StackResolver(fake.open());
        Frame bottom = new Frame("K.outer", 12, FrameKind.C2);
        List<Frame> inlined = List.of(
                new Frame("K.inner", 10, FrameKind.INLINED), new Frame("K.middle", 300, FrameKind.INLINED), bottom);
        assertEquals(List.of(bottom), compiled(resolver, nmethod, 77, 16));
        assertEquals(inlined, compiled(resolver, nmethod, 77, 40));
        assertEquals(inlined, compiled(resolver, nmethod, 77, 17), "a pc between two PcDescs is the next one's");
        Frame withoutLine = new Frame("K.outer", Frame.NO_LINE, FrameKind.C2);
        assertEquals(List.of(withoutLine), compiled(resolver, nmethod, 77, 200), "a PcDesc without a scope");
        assertEquals(List.of(withoutLine), compiled(resolver, nmethod, 77, 201), "behind the last PcDesc");
        assertEquals(List.of(withoutLine), compiled(resolver, nmethod, 77, -2), "an unknown pc");
        assertEquals(
                List.of(new Frame("K.outer", 10, FrameKind.C2)),
                compiled(resolver, nmethod, 77, StackResolver.AT_ENTRY));
    }

    @ParameterizedTest
    @MethodSource("releases")
    void compilersAreToldByLevel(int release) {
        FakeVm fake = new FakeVm(release);
        long method = fake.method(fake.klass("K"), 1, "m");
        FrameKind[] expected = {FrameKind.C2, FrameKind.C1, FrameKind.C1, FrameKind.C1, FrameKind.C2};
        for (int level = 0; level < expected.length; level++) {
            FakeVm.Scopes scopes = fake.new Scopes();
            scopes.pc(8, scopes.scope(0, method, 0));
            long nmethod = fake.nmethod(method, 100 + level, level, scopes);
            StackResolver resolver = new StackResolver(fake.open());
            assertEquals(
                    List.of(new Frame("K.m", 10, expected[level])), compiled(resolver, nmethod, 100 + level, 8));
        }
    }

    @Test
    void knownMethodsCostNoReads() {
        FakeVm fake = new FakeVm(25);
        long method = fake.method(fake.klass("K"), 1, "m");
        FakeVm.Scopes scopes = fake.new Scopes();
        scopes.pc(8, scopes.scope(0, method, 0)).pc(9, scopes.scope(0, method, 5));
        long nmethod = fake.nmethod(method, 5, 4, scopes);
        StackResolver resolver = new StackResolver(fake.open());
        interpreted(resolver, method, 1, 0);
        assertTrue(fake.memory.reads() <= 12, () -> "reads for one method: " + fake.memory.reads());
        compiled(resolver, nmethod, 5, 8);
        int before = fake.memory.reads();
        assertSame(compiled(resolver, nmethod, 5, 8).get(0), compiled(resolver, nmethod, 5, 8).get(0));
        compiled(resolver, nmethod, 5, 9);
        interpreted(resolver, method, 1, 5);
        assertEquals(before, fake.memory.reads());
    }

    @Test
    void whatTakesTheAddressOfAnotherIsReadAnew() {
        FakeVm fake = new FakeVm(17);
        long first = fake.method(fake.klass("First"), 1, "a");
        long second = fake.method(fake.klass("Second"), 1, "b");
        StackResolver resolver = new StackResolver(fake.open());
        assertEquals("First.a", interpreted(resolver, first, 1, 0).get(0).name());
        byte[] moved = new byte[fake.size("Method")];
        fake.memory.read(second, moved, 0, moved.length);
        fake.memory.write(first, moved);
        assertEquals("First.a", interpreted(resolver, first, 1, 0).get(0).name());
        assertEquals("Second.b", interpreted(resolver, first, 2, 0).get(0).name());
    }

    @Test
    void anotherNmethodAtTheAddressIsNotMistaken() {
        FakeVm fake = new FakeVm(25);
        long method = fake.method(fake.klass("K"), 1, "m");
        long nmethod = fake.nmethod(method, 5, 4, fake.new Scopes());
        StackResolver resolver = new StackResolver(fake.open());
        assertEquals(List.of(UNKNOWN_C2), compiled(resolver, nmethod, 6, 0));
        assertEquals("K.m", compiled(resolver, nmethod, 5, 0).get(0).name());
    }

    @Test
    void whatCannotBeReadIsAFrameOfItsOwn() {
        FakeVm fake = new FakeVm(25);
        StackResolver resolver = new StackResolver(fake.open());
        for (long address : new long[] {0, 8, -1, Long.MIN_VALUE, 0x1234_5678_0000L}) {
            assertEquals("(unknown method)", interpreted(resolver, address, 0, 0).get(0).name());
            assertEquals(List.of(UNKNOWN_C2), compiled(resolver, address, 0, 0));
        }
        long gone = fake.method(fake.klass("K"), 1, "gone");
        long method = fake.method(fake.klass("K"), 1, "m");
        FakeVm.Scopes scopes = fake.new Scopes();
        scopes.pc(8, scopes.scope(scopes.scope(0, method, 0), gone, 0));
        long nmethod = fake.nmethod(method, 5, 1, scopes);
        fake.memory.unmap(gone);
        assertEquals(
                List.of(new Frame("(unknown method)", Frame.NO_LINE, FrameKind.INLINED),
                        new Frame("K.m", 10, FrameKind.C1)),
                compiled(resolver, nmethod, 5, 8));
    }

    @Test
    void scopesThatRunInCirclesEnd() {
        FakeVm fake = new FakeVm(25);
        long method = fake.method(fake.klass("K"), 1, "m");
        FakeVm.Scopes scopes = fake.new Scopes();
        int here = scopes.data.size();
        int toItself = scopes.scope(here, method, 5);
        int forward = scopes.scope(scopes.data.size() + 40, method, 5);
        int noMethod = scopes.data.size();
        scopes.data.put(0, 0, 1);
        int methodOutside = scopes.data.size();
        scopes.data.put(0, 1_000_000, 1);
        scopes.pc(8, toItself).pc(16, forward).pc(24, 1 << 20).pc(32, -5).pc(40, noMethod).pc(48, methodOutside);
        long nmethod = fake.nmethod(method, 5, 4, scopes);
        StackResolver resolver = new StackResolver(fake.open());
        for (int pc = 8; pc <= 48; pc += 8) {
            assertEquals(
                    List.of(new Frame("K.m", Frame.NO_LINE, FrameKind.C2)), compiled(resolver, nmethod, 5, pc));
        }
    }

    @Test
    void inliningHasALimit() {
        FakeVm fake = new FakeVm(17);
        long method = fake.method(fake.klass("K"), 1, "m");
        FakeVm.Scopes scopes = fake.new Scopes();
        int scope = 0;
        for (int i = 0; i < 100_000 / 8; i++) {
            scope = scopes.scope(scope, method, 0);
        }
        scopes.pc(8, scope);
        long nmethod = fake.nmethod(method, 5, 4, scopes);
        List<Frame> frames = compiled(new StackResolver(fake.open()), nmethod, 5, 8);
        assertEquals(DebugInfo.MAX_DEPTH + 1, frames.size());
    }

    @Test
    void sizesThatCannotBeCostNothing() {
        FakeVm fake = new FakeVm(25);
        long method = fake.method(fake.klass("K"), 1, "m");
        FakeVm.Scopes scopes = fake.new Scopes();
        scopes.pc(8, scopes.scope(0, method, 0));
        String[] fields = {
            "nmethod::_immutable_data_size", "nmethod::_scopes_pcs_offset", "nmethod::_scopes_data_offset",
            "CodeBlob::_mutable_data_size", "CodeBlob::_relocation_size"
        };
        int compileId = 0;
        for (String field : fields) {
            for (int size : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 1 << 30}) {
                long nmethod = fake.nmethod(method, ++compileId, 4, scopes);
                fake.set(nmethod, field, Integer.BYTES, size);
                List<Frame> frames = compiled(new StackResolver(fake.open()), nmethod, compileId, 8);
                assertEquals(List.of(new Frame("K.m", Frame.NO_LINE, FrameKind.C2)), frames, field + " " + size);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("releases")
    void monitorsOfEachFrame(int release) {
        FakeVm fake = new FakeVm(release);
        long method = fake.method(fake.klass("K"), 1, "m");
        int narrow = (int) fake.structs.constant("Location::narrowoop").orElseThrow();
        FakeVm.Scopes scopes = fake.new Scopes();
        int outer = scopes.scope(0, method, 3, scopes.monitors(
                new int[] {0, 5 << 5 | 2, 0}, new int[] {0, 300 << 5 | narrow, 1}, new int[] {2, 9, 0}));
        int inner = scopes.scope(outer, method, 4, scopes.monitors(
                new int[] {0, 10 << 5 | 1 << 4 | narrow, 1}, new int[] {6, 2, 1}, new int[] {0, 0, 0}));
        int inRegister = scopes.scope(0, method, 5, scopes.monitors(new int[] {0, 6 << 5 | 1 << 4 | 2, 0}));
        scopes.pc(8, inner).pc(16, scopes.scope(0, method, 6)).pc(24, inRegister);
        long nmethod = fake.nmethod(method, 5, 4, scopes);
        StackResolver resolver = new StackResolver(fake.open());
        List<MonitorValue[]> monitors = resolver.monitors(nmethod, 5, 8, narrow);
        assertEquals(List.of(
                new MonitorValue(MonitorValue.Place.IN_FRAME_POINTER, true, 40, true),
                new MonitorValue(MonitorValue.Place.SCALAR_REPLACED, false, 2, true),
                new MonitorValue(MonitorValue.Place.NOWHERE, false, 0, false)), List.of(monitors.get(0)));
        assertEquals(List.of(
                new MonitorValue(MonitorValue.Place.ON_STACK, false, 20, false),
                new MonitorValue(MonitorValue.Place.ON_STACK, true, 1200, true),
                new MonitorValue(MonitorValue.Place.CONSTANT, false, 9, false)), List.of(monitors.get(1)));
        assertEquals(0, resolver.monitors(nmethod, 5, 16, narrow).get(0).length);
        assertNull(resolver.monitors(nmethod, 5, 24, narrow), "no call leaves that register");
        assertNull(resolver.monitors(nmethod, 5, 9, narrow), "no call");
        assertNull(resolver.monitors(nmethod, 6, 8, narrow), "another nmethod");
    }

    @ParameterizedTest
    @MethodSource("releases")
    void anyBytesAreReadWithoutHarm(int release) {
        Random random = new Random(release);
        for (int round = 0; round < 300; round++) {
            FakeVm fake = new FakeVm(release);
            long method = fake.method(fake.klass("K"), 1, "m");
            FakeVm.Scopes scopes = fake.new Scopes();
            byte[] bytes = new byte[random.nextInt(64)];
            random.nextBytes(bytes);
            int monitors = scopes.data.size();
            for (byte one : bytes) {
                scopes.data.raw(one & 0xFF);
            }
            scopes.pc(8, scopes.scope(0, method, 0, monitors));
            long nmethod = fake.nmethod(method, 5, 4, scopes);
            for (int i = 0; i < 20; i++) {
                long object = random.nextBoolean() ? method : nmethod;
                fake.memory.write(object + random.nextInt(0x180) & ~7L, (byte) random.nextInt());
            }
            StackResolver resolver = new StackResolver(fake.open());
            assertEquals(1, interpreted(resolver, method, 1, random.nextInt(200)).size());
            assertTrue(compiled(resolver, nmethod, 5, 8).size() <= DebugInfo.MAX_DEPTH + 1);
            List<MonitorValue[]> found = resolver.monitors(nmethod, 5, 8, 8);
            assertTrue(found == null || found.size() <= DebugInfo.MAX_DEPTH);
        }
    }

    private static Frame interpreted(String name, int line) {
        return new Frame(name, line, FrameKind.INTERPRETED);
    }

    private static List<Frame> interpreted(StackResolver resolver, long method, int identity, int bci) {
        List<Frame> frames = new ArrayList<>();
        resolver.interpreted(method, identity, bci, frames);
        return frames;
    }

    private static List<Frame> compiled(StackResolver resolver, long nmethod, int compileId, int pcOffset) {
        List<Frame> frames = new ArrayList<>();
        resolver.compiled(nmethod, compileId, pcOffset, frames);
        return frames;
    }
}
