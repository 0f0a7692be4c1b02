/* What the walker needs to know of a VM's structures, looked up once by name in the exported tables. */
#ifndef JTRACE_LAYOUT_H
#define JTRACE_LAYOUT_H

#include "vm_structs.h"

/* A field of some structure. The same field changes its width between releases, so the width is read, too. */
typedef struct {
    int32_t offset; /* JT_ABSENT when the VM does not export it */
    uint8_t width;  /* bytes: 1, 2, 4 or 8 */
    bool is_signed;
} jt_field;

enum { JT_ABSENT = -1 };

/* Names follow HotSpot's. A static field's entry is the address of the variable, 0 when absent. */
typedef struct {
    /* threads */
    jt_addr threads_list;            /* ThreadsSMRSupport::_java_thread_list, 14+ */
    jt_field threads_list_length, threads_list_threads;
    jt_addr thread_list_head;        /* Threads::_thread_list, up to 13 */
    jt_field thread_next;
    jt_field thread_osthread, thread_state, thread_anchor, thread_stack_base, thread_stack_size;
    jt_field thread_cont_entry;      /* 25+ */
    jt_field thread_object, thread_virtual; /* handles: 17+, 21+ */
    jt_field thread_saved_exception_pc;
    jt_field osthread_thread_id;
    jt_field anchor_sp, anchor_pc, anchor_fp;
    jt_field call_wrapper_anchor;
    jt_addr vm_major_version;        /* Abstract_VM_Version::_vm_major_version; HotSpot's own, 25, in 8 */
    int64_t state_in_native, state_in_vm, state_in_java, state_blocked;
    /* code cache */
    jt_addr code_heap;               /* CodeCache::_heap, 8 */
    jt_addr code_heaps;              /* CodeCache::_heaps, 9+ */
    jt_field array_length, array_data;
    jt_field heap_memory, heap_segmap, heap_log2_segment_size;
    jt_field space_low, space_high, space_low_boundary, space_high_boundary;
    jt_field block_length, block_used;
    uint64_t block_size;
    jt_field blob_name, blob_size, blob_header_size, blob_frame_size, blob_frame_complete;
    jt_field blob_code_begin, blob_code_end;      /* addresses, 9 to 22 */
    jt_field blob_code_offset, blob_data_offset;  /* offsets, 8 and 23+ */
    jt_field blob_kind;                           /* 23+ */
    int64_t kind_nmethod, kind_adapter, kind_vtable, kind_upcall, kind_safepoint,
        kind_deoptimization, kind_uncommon_trap;
    jt_field upcall_frame_data, upcall_jfa;
    uint64_t blob_header_limit;                   /* bytes that hold every field of a blob read here */
    /* nmethod */
    jt_field nmethod_method, nmethod_compile_id, nmethod_orig_pc_offset, nmethod_osr_entry_point, nmethod_entry_bci;
    jt_field nmethod_comp_level;
    jt_field nmethod_scopes_pcs_offset, nmethod_pcs_end_offset;
    jt_field nmethod_immutable_data;              /* 23+: the PcDescs lie there */
    jt_field nmethod_deopt_address, nmethod_deopt_mh_address; /* addresses, 9 to 22 */
    jt_field nmethod_deopt_offset, nmethod_deopt_mh_offset;   /* offsets, 8 and 23+ */
    jt_field pc_desc_pc_offset;
    uint64_t pc_desc_size;
    /* interpreter and stubs */
    jt_addr interpreter_code;        /* AbstractInterpreter::_code */
    jt_field queue_buffer, queue_limit, queue_stub_count;
    jt_field codelet_size, codelet_description;
    uint64_t codelet_header_size;
    jt_addr call_stub_return;        /* StubRoutines::_call_stub_return_address */
    jt_addr continuation_return;     /* ContinuationEntry::_return_pc, 25+ */
    /* methods */
    jt_field method_const_method, method_access_flags;
    jt_field const_method_constants, const_method_code_size, const_method_name_index;
    uint64_t const_method_size, constant_pool_size; /* the pool's entries follow it */
    jt_field pool_holder;
    jt_field klass_name;
    jt_field symbol_length, symbol_body;
    /* frames */
    int64_t entry_frame_call_wrapper_offset;      /* words from fp */
    bool bcp_slot_after_mirror;                   /* 9+: a mirror slot lies between method and bcp */
} jt_layout;

/* Looks up everything. JT_UNSUPPORTED with a message that names all missing required fields. */
int jt_layout_read(const jt_vm_structs *structs, jt_layout *layout, jt_error *err);

/* The field's value in a local copy of the structure; sign or zero extended. 0 when absent or beyond the copy. */
int64_t jt_field_value(jt_field field, const void *copy, size_t length);
bool jt_field_present(jt_field field);

#endif
