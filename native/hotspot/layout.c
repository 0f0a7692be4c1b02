#include "layout.h"

#include <stdio.h>
#include <string.h>

typedef enum { REQUIRED, OPTIONAL } need;

enum { MAX_TYPE_SIZE = 1024 }; /* of the types below: they are divided by, and copied */

/* One row per field. `also` is the name of the same thing in other releases: a rename. What changed its meaning
 * (an offset that became an address) has a row of its own, and the groups below say what must be there together. */
typedef struct {
    size_t slot; /* where in jt_layout */
    need needed;
    const char *type, *name, *also_type, *also_name;
} field_row;

#define FIELD(member, needed, type, name) {offsetof(jt_layout, member), needed, type, name, NULL, NULL}
#define RENAMED(member, needed, type, name, also_type, also_name)                                                      \
    {offsetof(jt_layout, member), needed, type, name, also_type, also_name}

static const field_row fields[] = {
    FIELD(threads_list_length, OPTIONAL, "ThreadsList", "_length"),
    FIELD(threads_list_threads, OPTIONAL, "ThreadsList", "_threads"),
    FIELD(thread_next, OPTIONAL, "JavaThread", "_next"),
    RENAMED(thread_osthread, REQUIRED, "JavaThread", "_osthread", "Thread", "_osthread"),
    FIELD(thread_state, REQUIRED, "JavaThread", "_thread_state"),
    FIELD(thread_anchor, REQUIRED, "JavaThread", "_anchor"),
    FIELD(thread_stack_base, REQUIRED, "JavaThread", "_stack_base"),
    FIELD(thread_stack_size, REQUIRED, "JavaThread", "_stack_size"),
    FIELD(thread_cont_entry, OPTIONAL, "JavaThread", "_cont_entry"),
    FIELD(thread_object, OPTIONAL, "JavaThread", "_threadObj"),
    FIELD(thread_virtual, OPTIONAL, "JavaThread", "_vthread"),
    FIELD(thread_saved_exception_pc, OPTIONAL, "JavaThread", "_saved_exception_pc"),
    FIELD(osthread_thread_id, REQUIRED, "OSThread", "_thread_id"),
    FIELD(anchor_sp, REQUIRED, "JavaFrameAnchor", "_last_Java_sp"),
    FIELD(anchor_pc, REQUIRED, "JavaFrameAnchor", "_last_Java_pc"),
    FIELD(anchor_fp, OPTIONAL, "JavaFrameAnchor", "_last_Java_fp"), /* x86 only; other CPUs find it in the frame */
    FIELD(call_wrapper_anchor, REQUIRED, "JavaCallWrapper", "_anchor"),
    RENAMED(array_length, OPTIONAL, "GrowableArrayBase", "_len", "GenericGrowableArray", "_len"),
    FIELD(array_data, OPTIONAL, "GrowableArray<int>", "_data"),
    FIELD(heap_memory, REQUIRED, "CodeHeap", "_memory"),
    FIELD(heap_segmap, REQUIRED, "CodeHeap", "_segmap"),
    FIELD(heap_log2_segment_size, REQUIRED, "CodeHeap", "_log2_segment_size"),
    FIELD(space_low, REQUIRED, "VirtualSpace", "_low"),
    FIELD(space_high, REQUIRED, "VirtualSpace", "_high"),
    FIELD(space_low_boundary, REQUIRED, "VirtualSpace", "_low_boundary"),
    FIELD(space_high_boundary, REQUIRED, "VirtualSpace", "_high_boundary"),
    FIELD(block_length, REQUIRED, "HeapBlock::Header", "_length"),
    FIELD(block_used, REQUIRED, "HeapBlock::Header", "_used"),
    FIELD(blob_name, REQUIRED, "CodeBlob", "_name"),
    FIELD(blob_size, REQUIRED, "CodeBlob", "_size"),
    FIELD(blob_header_size, REQUIRED, "CodeBlob", "_header_size"),
    FIELD(blob_frame_size, REQUIRED, "CodeBlob", "_frame_size"),
    FIELD(blob_frame_complete, REQUIRED, "CodeBlob", "_frame_complete_offset"),
    FIELD(blob_code_begin, OPTIONAL, "CodeBlob", "_code_begin"),
    FIELD(blob_code_end, OPTIONAL, "CodeBlob", "_code_end"),
    FIELD(blob_code_offset, OPTIONAL, "CodeBlob", "_code_offset"),
    FIELD(blob_data_offset, OPTIONAL, "CodeBlob", "_data_offset"),
    FIELD(blob_kind, OPTIONAL, "CodeBlob", "_kind"),
    FIELD(upcall_frame_data, OPTIONAL, "UpcallStub", "_frame_data_offset"),
    FIELD(upcall_jfa, OPTIONAL, "UpcallStub::FrameData", "jfa"),
    RENAMED(nmethod_method, REQUIRED, "nmethod", "_method", "CompiledMethod", "_method"),
    FIELD(nmethod_compile_id, REQUIRED, "nmethod", "_compile_id"),
    FIELD(nmethod_orig_pc_offset, REQUIRED, "nmethod", "_orig_pc_offset"),
    FIELD(nmethod_osr_entry_point, OPTIONAL, "nmethod", "_osr_entry_point"),
    FIELD(nmethod_entry_bci, REQUIRED, "nmethod", "_entry_bci"),
    FIELD(nmethod_comp_level, OPTIONAL, "nmethod", "_comp_level"),
    FIELD(nmethod_scopes_pcs_offset, REQUIRED, "nmethod", "_scopes_pcs_offset"),
    /* what follows the PcDescs: dependencies up to 22, scopes data from 23 on (nmethod.hpp) */
    RENAMED(nmethod_pcs_end_offset, REQUIRED, "nmethod", "_dependencies_offset", "nmethod", "_scopes_data_offset"),
    FIELD(nmethod_immutable_data, OPTIONAL, "nmethod", "_immutable_data"),
    FIELD(nmethod_deopt_address, OPTIONAL, "CompiledMethod", "_deopt_handler_begin"),
    FIELD(nmethod_deopt_mh_address, OPTIONAL, "CompiledMethod", "_deopt_mh_handler_begin"),
    RENAMED(nmethod_deopt_offset, OPTIONAL, "nmethod", "_deopt_handler_offset", "nmethod", "_deoptimize_offset"),
    RENAMED(nmethod_deopt_mh_offset, OPTIONAL, "nmethod", "_deopt_mh_handler_offset", "nmethod",
            "_deoptimize_mh_offset"),
    FIELD(pc_desc_pc_offset, REQUIRED, "PcDesc", "_pc_offset"),
    FIELD(queue_buffer, REQUIRED, "StubQueue", "_stub_buffer"),
    FIELD(queue_limit, REQUIRED, "StubQueue", "_buffer_limit"),
    FIELD(queue_stub_count, OPTIONAL, "StubQueue", "_number_of_stubs"),
    FIELD(codelet_size, OPTIONAL, "InterpreterCodelet", "_size"),
    FIELD(codelet_description, OPTIONAL, "InterpreterCodelet", "_description"),
    FIELD(method_const_method, REQUIRED, "Method", "_constMethod"),
    FIELD(method_access_flags, REQUIRED, "Method", "_access_flags"),
    FIELD(const_method_constants, REQUIRED, "ConstMethod", "_constants"),
    FIELD(const_method_code_size, REQUIRED, "ConstMethod", "_code_size"),
    FIELD(const_method_name_index, REQUIRED, "ConstMethod", "_name_index"),
    FIELD(pool_holder, REQUIRED, "ConstantPool", "_pool_holder"),
    FIELD(klass_name, REQUIRED, "Klass", "_name"),
    FIELD(symbol_length, OPTIONAL, "Symbol", "_length"),
    FIELD(symbol_body, OPTIONAL, "Symbol", "_body"),
};

/* 26 renamed the deoptimisation entry a second time, to one that is the only one (JDK-8365047). */
static const field_row second_renames[] = {
    FIELD(nmethod_deopt_offset, OPTIONAL, "nmethod", "_deopt_handler_entry_offset"),
};

typedef struct {
    size_t slot;
    need needed;
    const char *type, *name;
} static_row;

#define STATIC(member, needed, type, name) {offsetof(jt_layout, member), needed, type, name}

static const static_row statics[] = {
    STATIC(threads_list, OPTIONAL, "ThreadsSMRSupport", "_java_thread_list"),
    STATIC(thread_list_head, OPTIONAL, "Threads", "_thread_list"),
    STATIC(vm_major_version, OPTIONAL, "Abstract_VM_Version", "_vm_major_version"),
    STATIC(code_heap, OPTIONAL, "CodeCache", "_heap"),
    STATIC(code_heaps, OPTIONAL, "CodeCache", "_heaps"),
    STATIC(interpreter_code, REQUIRED, "AbstractInterpreter", "_code"),
    STATIC(call_stub_return, REQUIRED, "StubRoutines", "_call_stub_return_address"),
    STATIC(continuation_return, OPTIONAL, "ContinuationEntry", "_return_pc"),
};

typedef struct {
    size_t slot;
    need needed;
    const char *name;
} value_row;

#define VALUE(member, needed, name) {offsetof(jt_layout, member), needed, name}

static const value_row sizes[] = {
    VALUE(block_size, REQUIRED, "HeapBlock"),
    VALUE(pc_desc_size, REQUIRED, "PcDesc"),
    VALUE(const_method_size, REQUIRED, "ConstMethod"),
    VALUE(constant_pool_size, REQUIRED, "ConstantPool"),
    VALUE(codelet_header_size, OPTIONAL, "InterpreterCodelet"),
};

static const value_row constants[] = {
    VALUE(state_in_native, REQUIRED, "_thread_in_native"),
    VALUE(state_in_vm, REQUIRED, "_thread_in_vm"),
    VALUE(state_in_java, REQUIRED, "_thread_in_Java"),
    VALUE(state_blocked, OPTIONAL, "_thread_blocked"),
    VALUE(entry_frame_call_wrapper_offset, REQUIRED, "frame::entry_frame_call_wrapper_offset"),
    VALUE(kind_nmethod, OPTIONAL, "CodeBlobKind::Nmethod"),
    VALUE(kind_adapter, OPTIONAL, "CodeBlobKind::Adapter"),
    VALUE(kind_vtable, OPTIONAL, "CodeBlobKind::Vtable"),
    VALUE(kind_upcall, OPTIONAL, "CodeBlobKind::Upcall"),
    VALUE(kind_safepoint, OPTIONAL, "CodeBlobKind::Safepoint"),
    VALUE(kind_deoptimization, OPTIONAL, "CodeBlobKind::Deoptimization"),
    VALUE(kind_uncommon_trap, OPTIONAL, "CodeBlobKind::UncommonTrap"),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Widths of the types whose width matters here; all others are pointers or embedded structures. */
static const struct {
    const char *type;
    uint8_t width;
    bool is_signed;
} widths[] = {
    {"int", 4, true}, {"const int", 4, true}, {"jint", 4, true}, {"unsigned int", 4, false},
    {"uint", 4, false}, {"const uint", 4, false}, {"uint32_t", 4, false}, {"pid_t", 4, true},
    {"OSThread::thread_id_t", 4, true}, {"u4", 4, false}, {"AccessFlags", 4, false}, {"ByteSize", 4, true},
    {"u2", 2, false}, {"uint16_t", 2, false}, {"int16_t", 2, true}, {"short", 2, true},
    {"bool", 1, false}, {"u1", 1, false}, {"CodeBlobKind", 1, false}, {"CompLevel", 1, true}, {"JavaThreadState", 4, true},
    {"volatile JavaThreadState", 4, true},
};

static jt_field typed_field(const jt_vm_field *found)
{
    jt_field field = {(int32_t)found->offset_or_address, 8, false};
    for (size_t i = 0; i < COUNT(widths); i++) {
        if (strcmp(found->type_string, widths[i].type) == 0) {
            field.width = widths[i].width;
            field.is_signed = widths[i].is_signed;
        }
    }
    return field;
}

/* Collects the names of what is missing. */
typedef struct {
    char names[700];
    size_t length;
} missing_list;

static void note_missing(missing_list *missing, const char *type, const char *name)
{
    if (missing->length < sizeof missing->names)
        missing->length += (size_t)snprintf(missing->names + missing->length, sizeof missing->names - missing->length,
                                            "%s%s%s%s", missing->length == 0 ? "" : ", ", type,
                                            type[0] == '\0' ? "" : "::", name);
}

static bool sane_offset(const jt_vm_field *f)
{
    return !f->is_static && f->offset_or_address < 65536;
}

static bool find_field(const jt_vm_structs *structs, const field_row *row, jt_vm_field *found)
{
    if (jt_vm_structs_field(structs, row->type, row->name, found) && sane_offset(found))
        return true;
    return row->also_name != NULL && jt_vm_structs_field(structs, row->also_type, row->also_name, found) &&
           sane_offset(found);
}

static void read_field(const jt_vm_structs *structs, const field_row *row, jt_layout *layout, missing_list *missing)
{
    jt_field *slot = (jt_field *)((char *)layout + row->slot);
    jt_vm_field found;
    if (find_field(structs, row, &found))
        *slot = typed_field(&found);
    else if (row->needed == REQUIRED)
        note_missing(missing, row->type, row->name);
}

static void read_static(const jt_vm_structs *structs, const static_row *row, jt_layout *layout, missing_list *missing)
{
    jt_vm_field found;
    if (jt_vm_structs_field(structs, row->type, row->name, &found) && found.is_static)
        *(jt_addr *)((char *)layout + row->slot) = found.offset_or_address;
    else if (row->needed == REQUIRED)
        note_missing(missing, row->type, row->name);
}

static bool both(jt_field a, jt_field b)
{
    return jt_field_present(a) && jt_field_present(b);
}

/* What a release has in one of several shapes: one shape must be complete. */
static void check_shapes(const jt_layout *l, missing_list *missing)
{
    bool smr = l->threads_list != 0 && both(l->threads_list_length, l->threads_list_threads);
    if (!smr && !(l->thread_list_head != 0 && jt_field_present(l->thread_next)))
        note_missing(missing, "ThreadsSMRSupport", "_java_thread_list");
    bool heaps = l->code_heaps != 0 && both(l->array_length, l->array_data);
    if (!heaps && l->code_heap == 0)
        note_missing(missing, "CodeCache", "_heaps");
    if (!both(l->blob_code_begin, l->blob_code_end) && !both(l->blob_code_offset, l->blob_data_offset))
        note_missing(missing, "CodeBlob", "_code_begin");
    if (!jt_field_present(l->nmethod_deopt_address) && !jt_field_present(l->nmethod_deopt_offset))
        note_missing(missing, "nmethod", "_deopt_handler_offset");
}

/* Every row of `fields` whose type is a code blob of some sort, for the size of the header that is read at once. */
static void measure_blob_header(jt_layout *layout)
{
    uint64_t limit = 0;
    for (size_t i = 0; i < COUNT(fields); i++) {
        const char *type = fields[i].type;
        jt_field f = *(const jt_field *)((const char *)layout + fields[i].slot);
        bool of_blob = strcmp(type, "CodeBlob") == 0 || strcmp(type, "nmethod") == 0 ||
                       strcmp(type, "CompiledMethod") == 0 || strcmp(type, "UpcallStub") == 0;
        if (of_blob && jt_field_present(f) && (uint64_t)f.offset + f.width > limit)
            limit = (uint64_t)f.offset + f.width;
    }
    layout->blob_header_limit = limit;
}

static void read_values(const jt_vm_structs *structs, jt_layout *layout, missing_list *missing)
{
    for (size_t i = 0; i < COUNT(sizes); i++) {
        uint64_t *slot = (uint64_t *)((char *)layout + sizes[i].slot);
        bool sane = jt_vm_structs_type_size(structs, sizes[i].name, slot) && *slot > 0 && *slot <= MAX_TYPE_SIZE;
        if (!sane && sizes[i].needed == REQUIRED)
            note_missing(missing, "sizeof", sizes[i].name);
        if (!sane)
            *slot = 0;
    }
    for (size_t i = 0; i < COUNT(constants); i++) {
        int64_t *slot = (int64_t *)((char *)layout + constants[i].slot);
        if (!jt_vm_structs_constant(structs, constants[i].name, slot) && constants[i].needed == REQUIRED)
            note_missing(missing, "", constants[i].name);
    }
}

int jt_layout_read(const jt_vm_structs *structs, jt_layout *layout, jt_error *err)
{
    missing_list missing = {.length = 0};
    memset(layout, 0, sizeof *layout);
    for (size_t i = 0; i < COUNT(fields); i++)
        ((jt_field *)((char *)layout + fields[i].slot))->offset = JT_ABSENT;
    for (size_t i = 0; i < COUNT(fields); i++)
        read_field(structs, &fields[i], layout, &missing);
    for (size_t i = 0; i < COUNT(second_renames); i++)
        read_field(structs, &second_renames[i], layout, &missing);
    for (size_t i = 0; i < COUNT(statics); i++)
        read_static(structs, &statics[i], layout, &missing);
    layout->state_blocked = 10; /* globalDefinitions.hpp, JDK 8 to 27; 8 does not export the constant */
    read_values(structs, layout, &missing);
    check_shapes(layout, &missing);
    measure_blob_header(layout);
    /* the mirror slot came with 9 (JDK-8154580), as did this constant's export; 8 alone has a single heap */
    int64_t sender_sp_offset;
    layout->bcp_slot_after_mirror =
        jt_vm_structs_constant(structs, "frame::interpreter_frame_sender_sp_offset", &sender_sp_offset) ||
        layout->code_heap == 0;
    if (missing.length > 0)
        return jt_fail(err, JT_UNSUPPORTED, "its JVM does not export what is needed to read it: %s", missing.names);
    return JT_OK;
}

bool jt_field_present(jt_field field)
{
    return field.offset != JT_ABSENT;
}

int64_t jt_field_value(jt_field field, const void *copy, size_t length)
{
    if (field.offset < 0 || (size_t)field.offset + field.width > length)
        return 0;
    const uint8_t *at = (const uint8_t *)copy + field.offset;
    uint64_t raw = 0;
    memcpy(&raw, at, field.width); /* little endian, as every CPU that is targeted */
    if (field.is_signed && field.width < 8 && (raw >> (field.width * 8 - 1) & 1) != 0)
        raw |= ~(uint64_t)0 << (field.width * 8);
    return (int64_t)raw;
}
