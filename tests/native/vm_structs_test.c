#include "hotspot/vm_structs.h"

#include "check.h"
#include "fake_vm.h"

static jt_vm_structs *read_structs(fake_vm *vm)
{
    jt_error err;
    jt_vm_structs *structs = NULL;
    CHECK_STATUS(fake_vm_read_structs(vm, &structs, &err), JT_OK, err);
    return structs;
}

static void refuse_structs(fake_vm *vm, const char *message)
{
    jt_error err;
    jt_vm_structs *structs = NULL;
    CHECK_STATUS(fake_vm_read_structs(vm, &structs, &err), JT_UNSUPPORTED, err);
    CHECK_CONTAINS(err.message, message);
    CHECK(structs == NULL);
    fake_vm_destroy(vm);
}

static void finds_fields_types_and_constants(void)
{
    fake_vm *vm = fake_vm_create(FAKE_JDK25);
    jt_vm_structs *structs = read_structs(vm);
    jt_vm_field field;
    CHECK(jt_vm_structs_field(structs, "CodeBlob", "_frame_complete_offset", &field));
    CHECK(strcmp(field.type_string, "int16_t") == 0);
    CHECK(!field.is_static);
    CHECK_EQ(field.offset_or_address, 54);
    CHECK(jt_vm_structs_field(structs, "CodeCache", "_heaps", &field));
    CHECK(field.is_static);
    CHECK_EQ(field.offset_or_address, fake_field(vm, 0, "CodeCache", "_heaps"));
    CHECK(!jt_vm_structs_field(structs, "CodeCache", "_heap", &field));
    CHECK(!jt_vm_structs_field(structs, "CodeBlob", "", &field));
    uint64_t size;
    CHECK(jt_vm_structs_type_size(structs, "HeapBlock", &size));
    CHECK_EQ(size, 8);
    CHECK(!jt_vm_structs_type_size(structs, "CodeBlob", &size));
    int64_t value;
    CHECK(jt_vm_structs_constant(structs, "frame::entry_frame_call_wrapper_offset", &value));
    CHECK_EQ(value, -6);
    CHECK(jt_vm_structs_constant(structs, "markWord::klass_shift", &value));
    CHECK_EQ(value, 42);
    CHECK(!jt_vm_structs_constant(structs, "HeapBlock", &value)); /* a type is no constant */
    jt_vm_structs_free(structs);
    fake_vm_destroy(vm);
}

static void gives_no_type_string_for_a_null_pointer(void)
{
    fake_vm *vm = fake_vm_create(FAKE_JDK17);
    fake_poke(vm, fake_struct_row(vm, "Klass", "_name") + 16, 0, 8);
    jt_vm_structs *structs = read_structs(vm);
    jt_vm_field field;
    CHECK(jt_vm_structs_field(structs, "Klass", "_name", &field));
    CHECK(strcmp(field.type_string, "") == 0);
    jt_vm_structs_free(structs);
    fake_vm_destroy(vm);
}

static void refuses_missing_symbols_and_strides(void)
{
    static const uint64_t strides[] = {0, 7, 257, UINT64_MAX};
    for (size_t i = 0; i < sizeof strides / sizeof *strides; i++) {
        fake_vm *vm = fake_vm_create(FAKE_JDK17);
        fake_poke(vm, fake_symbol("gHotSpotVMStructEntryArrayStride"), strides[i], 8);
        refuse_structs(vm, "gHotSpotVMStructEntry");
    }
    static const uint64_t offsets[] = {41, 256, UINT64_MAX, UINT64_MAX - 7};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        fake_vm *vm = fake_vm_create(FAKE_JDK17);
        fake_poke(vm, fake_symbol("gHotSpotVMStructEntryAddressOffset"), offsets[i], 8);
        refuse_structs(vm, "gHotSpotVMStructEntryAddressOffset");
    }
    fake_vm *vm = fake_vm_create(FAKE_JDK17);
    *(char *)fake_at(vm, FAKE_IMAGE + 0x1000 + 1, 1) = 'x'; /* the first symbol's name */
    refuse_structs(vm, "gHotSpotVMStructs");
}

static void refuses_tables_that_are_not_there(void)
{
    static const uint64_t addresses[] = {0, 8, FAKE_IMAGE + FAKE_IMAGE_SIZE, UINT64_MAX - 100};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        fake_vm *vm = fake_vm_create(FAKE_JDK17);
        fake_poke(vm, fake_symbol("gHotSpotVMStructs"), addresses[i], 8);
        refuse_structs(vm, "gHotSpotVMStructs");
    }
}

/* Also: the last rows of a mapping are read, though a whole batch of them is not there. */
static void refuses_a_table_that_runs_off_its_memory(void)
{
    fake_vm *vm = fake_vm_create(FAKE_JDK17);
    jt_addr table = FAKE_IMAGE + FAKE_IMAGE_SIZE - 3 * FAKE_STRUCT_STRIDE;
    fake_write(vm, table, fake_at(vm, FAKE_IMAGE + FAKE_STRUCTS_OFFSET, 3 * FAKE_STRUCT_STRIDE),
               3 * FAKE_STRUCT_STRIDE);
    fake_poke(vm, fake_symbol("gHotSpotVMStructs"), table, 8);
    fake_poke(vm, table + 2 * FAKE_STRUCT_STRIDE, 0, 8); /* its end mark */
    jt_vm_structs *structs = read_structs(vm);
    jt_vm_structs_free(structs);
    fake_poke(vm, table + 2 * FAKE_STRUCT_STRIDE, fake_string(vm, "Klass"), 8);
    refuse_structs(vm, "gHotSpotVMStructs");
}

/* Every row is the same, and there is no end: few reads, and soon over. */
static void refuses_a_table_without_an_end(void)
{
    enum { SIZE = 2 * 1024 * 1024 };
    fake_vm *vm = fake_vm_create(FAKE_JDK17);
    const jt_addr table = 0x600000000000;
    fake_map(vm, table, SIZE);
    jt_addr name = fake_string(vm, "Klass");
    for (size_t at = 0; at < SIZE; at += 8)
        fake_poke(vm, table + at, name, 8);
    fake_poke(vm, fake_symbol("gHotSpotVMTypeEntryArrayStride"), 8, 8);
    fake_poke(vm, fake_symbol("gHotSpotVMTypeEntrySizeOffset"), 0, 8);
    fake_poke(vm, fake_symbol("gHotSpotVMTypes"), table, 8);
    refuse_structs(vm, "gHotSpotVMTypes");
}

static void refuses_names_that_are_none(void)
{
    fake_vm *vm = fake_vm_create(FAKE_JDK17);
    const jt_addr letters = 0x600000000000;
    memset(fake_map(vm, letters, 8192)->bytes, 'a', 8192);
    const jt_addr bad[] = {letters,        /* no end within what a name may have */
                           letters + 8000, /* runs off its memory */
                           8, UINT64_MAX - 3, FAKE_IMAGE + FAKE_IMAGE_SIZE};
    jt_addr row = fake_struct_row(vm, "Klass", "_name");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        jt_error err;
        jt_vm_structs *structs = NULL;
        fake_poke(vm, row + 8, bad[i], 8);
        CHECK_STATUS(fake_vm_read_structs(vm, &structs, &err), JT_UNSUPPORTED, err);
        CHECK_CONTAINS(err.message, "names");
    }
    fake_poke(vm, letters + 511, 0, 1); /* the longest that is taken */
    fake_poke(vm, row + 8, letters, 8);
    jt_vm_structs_free(read_structs(vm));
    fake_poke(vm, row + 8, letters + 4096 - 3, 8); /* over the end of a page */
    fake_poke(vm, letters + 4096 + 3, 0, 1);
    jt_vm_structs *structs = read_structs(vm);
    jt_vm_field field;
    CHECK(jt_vm_structs_field(structs, "Klass", "aaaaaa", &field));
    jt_vm_structs_free(structs);
    fake_vm_destroy(vm);
}

int main(void)
{
    finds_fields_types_and_constants();
    gives_no_type_string_for_a_null_pointer();
    refuses_missing_symbols_and_strides();
    refuses_tables_that_are_not_there();
    refuses_a_table_that_runs_off_its_memory();
    refuses_a_table_without_an_end();
    refuses_names_that_are_none();
}
