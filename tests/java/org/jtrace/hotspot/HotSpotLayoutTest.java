package org.jtrace.hotspot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.jtrace.error.UnsupportedVmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rows that this package needs, looked up in the recorded tables of each release. */
class HotSpotLayoutTest {
    static List<Integer> releases() {
        return RecordedVmStructs.releases();
    }

    @ParameterizedTest
    @MethodSource("releases")
    void nothingIsMissingInAnyRelease(int release) {
        HotSpotVm vm = HotSpotVm.open(new FakeMemory(), new RecordedVmStructs(release));
        assertEquals(List.of(), vm.missingOptional());
    }

    @ParameterizedTest
    @MethodSource("releases")
    void widthsFollowTheTypes(int release) {
        HotSpotLayout layout = new HotSpotLayout(new RecordedVmStructs(release));
        assertEquals(release <= 21 ? 4 : 2, layout.width(VmItem.METHOD_ACCESS_FLAGS));
        assertEquals(release <= 17 ? 4 : 1, layout.width(VmItem.NMETHOD_COMP_LEVEL));
        assertEquals(release <= 17 ? 2 : 4, layout.width(VmItem.CONST_METHOD_FLAGS));
        assertEquals(2, layout.width(VmItem.SYMBOL_LENGTH));
        assertEquals(8, layout.width(VmItem.CONST_METHOD_CONSTANTS));
        assertEquals(release <= 17 ? Unsigned5.PLAIN : Unsigned5.WITHOUT_ZERO, Unsigned5.of(layout, new FakeMemory()));
    }

    @ParameterizedTest
    @MethodSource("releases")
    void zgcIsKnownWhereItExists(int release) {
        HotSpotLayout layout = new HotSpotLayout(new RecordedVmStructs(release));
        assertEquals(release >= 11 && release <= 21, LegacyZReferences.areIn(layout));
        assertEquals(release >= 21, GenerationalZReferences.areIn(layout));
        assertEquals(release >= 17, layout.hasAll(ZForwardings.NEEDED));
        assertEquals(release == 11, layout.hasAll(ZPageForwardings.NEEDED));
    }

    /** The new encoding and the fields of old: only its number tells. */
    @Test
    void release20() {
        RecordedVmStructs structs = new RecordedVmStructs(17);
        FakeMemory memory = new FakeMemory();
        memory.writeNumber(structs.field("Abstract_VM_Version", "_vm_major_version").offsetOrAddress(), 4, 20);
        assertEquals(Unsigned5.WITHOUT_ZERO, Unsigned5.of(new HotSpotLayout(structs), memory));
        memory.writeNumber(structs.field("Abstract_VM_Version", "_vm_major_version").offsetOrAddress(), 4, 19);
        assertEquals(Unsigned5.PLAIN, Unsigned5.of(new HotSpotLayout(structs), memory));
    }

    @Test
    void theErrorNamesAllThatIsMissing() {
        RecordedVmStructs structs = new RecordedVmStructs(17);
        structs.remove("Symbol::_body");
        structs.remove("ConstantPool");
        UnsupportedVmException error =
                assertThrows(UnsupportedVmException.class, () -> HotSpotVm.open(new FakeMemory(), structs));
        assertTrue(error.getMessage().contains("Symbol::_body"), error.getMessage());
        assertTrue(error.getMessage().contains("ConstantPool"), error.getMessage());
        assertFalse(error.getMessage().contains("Klass::_name"), error.getMessage());
    }

    @Test
    void whatIsOptionalOnlyDegrades() {
        RecordedVmStructs structs = new RecordedVmStructs(25);
        structs.remove("ConstMethodFlags::_misc_has_linenumber_table");
        structs.remove("CodeBlob::_mutable_data");
        structs.remove("InstanceKlass::_fieldinfo_stream");
        assertEquals(
                List.of("line numbers", "inlined frames and lines of compiled code", "thread names"),
                HotSpotVm.open(new FakeMemory(), structs).missingOptional());
    }

    @Test
    void anOffsetThatCannotBeCountsAsMissing() {
        RecordedVmStructs structs = new RecordedVmStructs(25);
        structs.put("Klass::_name", new VmStructs.Field("Symbol*", false, -8));
        structs.put("Symbol::_length", new VmStructs.Field("u2", false, 1L << 40));
        UnsupportedVmException error =
                assertThrows(UnsupportedVmException.class, () -> HotSpotVm.open(new FakeMemory(), structs));
        assertTrue(error.getMessage().contains("Klass::_name, Symbol::_length"), error.getMessage());
    }
}
