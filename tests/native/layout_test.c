#include "hotspot/layout.h"

#include "check.h"
#include "fake_vm.h"

static int read_layout(fake_vm *vm, jt_layout *layout, jt_error *err)
{
    jt_vm_structs *structs;
    CHECK_STATUS(fake_vm_read_structs(vm, &structs, err), JT_OK, *err);
    int status = jt_layout_read(structs, layout, err);
    jt_vm_structs_free(structs);
    return status;
}

static jt_layout layout_of(fake_release release)
{
    fake_vm *vm = fake_vm_create(release);
    jt_layout layout;
    jt_error err;
    CHECK_STATUS(read_layout(vm, &layout, &err), JT_OK, err);
    fake_vm_destroy(vm);
    return layout;
}

/* Renames the field in the exported table, which is as good as taking it away. */
static void hide(fake_vm *vm, const char *type, const char *name)
{
    jt_addr row = fake_struct_row(vm, type, name);
    CHECK(row != 0);
    fake_poke(vm, row + 8, fake_string(vm, "_hidden"), 8);
}

static void knows_the_shapes_of_releases(void)
{
    jt_layout l8 = layout_of(FAKE_JDK8), l17 = layout_of(FAKE_JDK17), l25 = layout_of(FAKE_JDK25);
    CHECK(l8.threads_list == 0 && l8.thread_list_head != 0);
    CHECK(l17.threads_list != 0 && l17.thread_list_head == 0);
    CHECK(l8.code_heap != 0 && l8.code_heaps == 0);
    CHECK(l25.code_heaps != 0 && l25.code_heap == 0);
    CHECK(!l8.bcp_slot_after_mirror && l17.bcp_slot_after_mirror && l25.bcp_slot_after_mirror);
    CHECK(jt_field_present(l17.blob_code_begin) && !jt_field_present(l17.blob_code_offset));
    CHECK(!jt_field_present(l25.blob_code_begin) && jt_field_present(l25.blob_code_offset));
    CHECK(!jt_field_present(l17.nmethod_immutable_data) && jt_field_present(l25.nmethod_immutable_data));
    CHECK(!jt_field_present(l17.thread_cont_entry));
    CHECK_EQ(l8.state_blocked, 10); /* not exported there */
}

static void follows_renames(void)
{
    CHECK_EQ(layout_of(FAKE_JDK17).thread_osthread.offset, 560);  /* JavaThread's */
    CHECK_EQ(layout_of(FAKE_JDK25).thread_osthread.offset, 1016); /* Thread's */
    CHECK_EQ(layout_of(FAKE_JDK17).nmethod_method.offset, 112);   /* CompiledMethod's */
    CHECK_EQ(layout_of(FAKE_JDK25).nmethod_method.offset, 80);
    CHECK_EQ(layout_of(FAKE_JDK8).nmethod_deopt_offset.offset, 148);
    CHECK_EQ(layout_of(FAKE_JDK25).nmethod_pcs_end_offset.offset, 200); /* other data follows the PcDescs there */
    fake_vm *vm = fake_vm_create(FAKE_JDK25);                           /* as 26 has it */
    fake_poke(vm, fake_struct_row(vm, "nmethod", "_deopt_handler_offset") + 8,
              fake_string(vm, "_deopt_handler_entry_offset"), 8);
    jt_layout layout;
    jt_error err;
    CHECK_STATUS(read_layout(vm, &layout, &err), JT_OK, err);
    CHECK_EQ(layout.nmethod_deopt_offset.offset, 176);
    fake_vm_destroy(vm);
}

static void reads_widths_and_signs(void)
{
    jt_layout l17 = layout_of(FAKE_JDK17), l25 = layout_of(FAKE_JDK25);
    CHECK_EQ(l17.blob_frame_complete.width, 4);
    CHECK_EQ(l25.blob_frame_complete.width, 2);
    CHECK(l25.blob_frame_complete.is_signed);
    CHECK_EQ(l17.block_length.width, 8);
    CHECK_EQ(l25.block_length.width, 4);
    CHECK_EQ(l25.blob_kind.width, 1);
    const uint8_t copy[] = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x80};
    CHECK_EQ(jt_field_value((jt_field){0, 2, true}, copy, sizeof copy), -2);
    CHECK_EQ(jt_field_value((jt_field){0, 2, false}, copy, sizeof copy), 0xfffe);
    CHECK_EQ(jt_field_value((jt_field){0, 4, true}, copy, sizeof copy), -2);
    CHECK_EQ(jt_field_value((jt_field){0, 4, false}, copy, sizeof copy), 0xfffffffe);
    CHECK_EQ(jt_field_value((jt_field){8, 1, true}, copy, sizeof copy), -128);
    CHECK_EQ(jt_field_value((jt_field){0, 8, false}, copy, sizeof copy), 0x7ffffffffffffffe);
    CHECK_EQ(jt_field_value((jt_field){7, 2, false}, copy, sizeof copy), 0x807f);
    CHECK_EQ(jt_field_value((jt_field){8, 2, false}, copy, sizeof copy), 0); /* beyond the copy */
    CHECK_EQ(jt_field_value((jt_field){INT32_MAX, 8, false}, copy, sizeof copy), 0);
    CHECK_EQ(jt_field_value((jt_field){JT_ABSENT, 8, false}, copy, sizeof copy), 0);
    CHECK_EQ(jt_field_value((jt_field){0, 1, false}, copy, 0), 0);
}

static void names_all_that_is_missing(void)
{
    fake_vm *vm = fake_vm_create(FAKE_JDK25);
    jt_layout layout;
    jt_error err;
    hide(vm, "CodeBlob", "_frame_size");
    hide(vm, "Klass", "_name");
    hide(vm, "StubRoutines", "_call_stub_return_address");
    hide(vm, "ThreadsList", "_threads");
    hide(vm, "CodeBlob", "_data_offset");
    hide(vm, "JavaThread", "_cont_entry"); /* does without */
    fake_poke(vm, fake_peek(vm, fake_symbol("gHotSpotVMTypes")) + 40, fake_string(vm, "PcDest"), 8);
    CHECK_STATUS(read_layout(vm, &layout, &err), JT_UNSUPPORTED, err);
    CHECK_CONTAINS(err.message, "CodeBlob::_frame_size");
    CHECK_CONTAINS(err.message, "Klass::_name");
    CHECK_CONTAINS(err.message, "StubRoutines::_call_stub_return_address");
    CHECK_CONTAINS(err.message, "ThreadsSMRSupport::_java_thread_list");
    CHECK_CONTAINS(err.message, "CodeBlob::_code_begin");
    CHECK_CONTAINS(err.message, "sizeof::PcDesc");
    CHECK(strstr(err.message, "_cont_entry") == NULL);
    fake_vm_destroy(vm);
}

static void takes_no_field_of_another_meaning(void)
{
    fake_vm *vm = fake_vm_create(FAKE_JDK17);
    jt_layout layout;
    jt_error err;
    fake_poke(vm, fake_struct_row(vm, "Klass", "_name") + 24, 1, 4);             /* static */
    fake_poke(vm, fake_struct_row(vm, "CodeBlob", "_size") + 32, 65536, 8);      /* far outside any structure */
    fake_poke(vm, fake_struct_row(vm, "CodeBlob", "_name") + 32, 1ull << 32, 8); /* 0 if it were cut */
    fake_poke(vm, fake_struct_row(vm, "AbstractInterpreter", "_code") + 24, 0, 4);
    CHECK_STATUS(read_layout(vm, &layout, &err), JT_UNSUPPORTED, err);
    CHECK_CONTAINS(err.message, "Klass::_name");
    CHECK_CONTAINS(err.message, "CodeBlob::_size");
    CHECK_CONTAINS(err.message, "CodeBlob::_name");
    CHECK_CONTAINS(err.message, "AbstractInterpreter::_code");
    fake_vm_destroy(vm);
}

/* Sizes are divided by and read by: none, or a giant one, is as good as missing. */
static void takes_no_senseless_sizes(void)
{
    static const uint64_t senseless[] = {0, 4096, UINT64_MAX, 1ull << 63};
    for (size_t i = 0; i < sizeof senseless / sizeof *senseless; i++) {
        fake_vm *vm = fake_vm_create(FAKE_JDK17);
        jt_layout layout;
        jt_error err;
        jt_addr types = fake_peek(vm, fake_symbol("gHotSpotVMTypes"));
        for (jt_addr row = types; fake_peek(vm, row) != 0; row += 40)
            fake_poke(vm, row + 32, senseless[i], 8);
        CHECK_STATUS(read_layout(vm, &layout, &err), JT_UNSUPPORTED, err);
        CHECK_CONTAINS(err.message, "sizeof::HeapBlock");
        CHECK_CONTAINS(err.message, "sizeof::PcDesc");
        CHECK_CONTAINS(err.message, "sizeof::ConstMethod");
        fake_vm_destroy(vm);
    }
}

/* A message that would be longer than its buffer is cut, whole. */
static void survives_when_everything_is_missing(void)
{
    fake_vm *vm = fake_vm_create(FAKE_JDK17);
    jt_layout layout;
    jt_error err;
    fake_poke(vm, fake_peek(vm, fake_symbol("gHotSpotVMStructs")), 0, 8);
    fake_poke(vm, fake_peek(vm, fake_symbol("gHotSpotVMTypes")), 0, 8);
    fake_poke(vm, fake_peek(vm, fake_symbol("gHotSpotVMIntConstants")), 0, 8);
    CHECK_STATUS(read_layout(vm, &layout, &err), JT_UNSUPPORTED, err);
    CHECK_CONTAINS(err.message, "JavaThread::_osthread");
    CHECK(strlen(err.message) < sizeof err.message);
    fake_vm_destroy(vm);
}

int main(void)
{
    knows_the_shapes_of_releases();
    follows_renames();
    reads_widths_and_signs();
    names_all_that_is_missing();
    takes_no_field_of_another_meaning();
    takes_no_senseless_sizes();
    survives_when_everything_is_missing();
}
