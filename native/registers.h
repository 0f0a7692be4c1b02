/* A stopped thread's registers, in one shape for all CPUs; what lies behind `general` only the CPU's own files know. */
#ifndef JTRACE_REGISTERS_H
#define JTRACE_REGISTERS_H

#include <stddef.h>

#include "memory.h"

/* Indexes into jt_registers.general on x86_64. */
enum jt_x86_64_register {
    JT_RAX, JT_RBX, JT_RCX, JT_RDX, JT_RSI, JT_RDI, JT_R8, JT_R9,
    JT_R10, JT_R11, JT_R12, JT_R13, JT_R14, JT_R15
};

/* Bytes below sp that belong to the code that runs, too. The x86-64 ABI has so many, others have none. */
enum { JT_RED_ZONE = 128 };

typedef struct {
    jt_addr pc;
    jt_addr sp;
    jt_addr fp; /* rbp on x86_64 */
    uint64_t general[32];
} jt_registers;

/* From the kernel's NT_PRSTATUS register set. JT_UNSUPPORTED when its length is not that of 64-bit code. */
int jt_registers_from_prstatus(jt_registers *registers, const void *prstatus, size_t length);

/* What perf events are asked for: a bit per register (enum perf_event_x86_regs and its like). */
extern const uint64_t jt_perf_register_mask;
/* From a perf sample: the registers of the mask, in the order of its bits. */
void jt_registers_from_perf(jt_registers *registers, const uint64_t *values);

#endif
