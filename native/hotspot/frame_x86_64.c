/* What the walker asks of the CPU, on x86_64. */
#include "frame_x86_64.h"

int jt_arch_bcp_slot(const jt_layout *layout)
{
    return layout->bcp_slot_after_mirror ? -8 : -7;
}

jt_addr jt_arch_strip(jt_addr pc)
{
    return pc;
}

void jt_arch_tops(const jt_walk *walk, jt_blob *blob, jt_tops *tops)
{
    if (jt_interpreter_contains(walk->interpreter, walk->input->registers.pc)) {
        jt_x86_interpreter_tops(walk, tops);
        return;
    }
    switch (blob->kind) {
    case JT_BLOB_NMETHOD:
    case JT_BLOB_NATIVE_NMETHOD:
        jt_x86_nmethod_tops(walk, blob, tops);
        break;
    case JT_BLOB_VTABLE:
        jt_x86_vtable_tops(walk, tops);
        break;
    case JT_BLOB_ADAPTER:
        jt_x86_adapter_tops(walk, tops);
        break;
    case JT_BLOB_DEOPTIMIZATION:
        jt_x86_deoptimization_tops(walk, blob, tops);
        break;
    case JT_BLOB_SAFEPOINT:
        jt_x86_safepoint_tops(walk, blob, tops);
        jt_x86_stub_tops(walk, blob, tops);
        break;
    case JT_BLOB_UPCALL: /* in Java without an anchor: its frame stands, as sp has it, and keeps the anchor */
        jt_tops_add(tops, NULL,
                    (jt_cursor){walk->input->registers.pc, walk->input->registers.sp, walk->input->registers.fp, false});
        break;
    default:
        jt_x86_stub_tops(walk, blob, tops);
    }
}
