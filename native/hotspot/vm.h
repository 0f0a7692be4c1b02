/* A HotSpot VM found in a process: its tables, its layout, its memory. Immutable once open. */
#ifndef JTRACE_VM_H
#define JTRACE_VM_H

#include "layout.h"

typedef struct {
    int pid;
    const jt_memory *memory; /* not owned */
    jt_vm_structs *structs;
    jt_layout layout;
} jt_vm;

/* Finds the image that exports HotSpot's tables (libjvm.so, or the executable of a static JDK) in the maps of the
 * process, whatever became of its file. JT_NO_TARGET: no such image; JT_UNSUPPORTED: one that cannot be read. */
int jt_vm_open(jt_vm *vm, int pid, const jt_memory *memory, jt_error *err);
void jt_vm_close(jt_vm *vm);

#endif
