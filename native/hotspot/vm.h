/* A HotSpot VM found in a process: its tables, its layout, its memory. Immutable once open. */
#ifndef JTRACE_VM_H
#define JTRACE_VM_H

#include "layout.h"

typedef struct {
    const jt_memory *memory; /* not owned */
    jt_vm_structs *structs;
    jt_layout layout;
} jt_vm;

/* Finds the image that exports HotSpot's tables (libjvm.so, or the executable of a static JDK) in the maps of a memory,
 * whatever became of its file. JT_NO_TARGET: no such image; JT_UNSUPPORTED: one that cannot be read. `whose` memory it
 * is, messages tell: "process 42". */
int jt_vm_open(jt_vm *vm, const char *whose, const jt_memory *memory, jt_error *err);
void jt_vm_close(jt_vm *vm);

#endif
