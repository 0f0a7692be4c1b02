/* What call frame information needs to know of the CPU: its registers' DWARF numbers, and how a call moves sp. */
#ifndef JTRACE_CFI_ARCH_H
#define JTRACE_CFI_ARCH_H

#include <stdbool.h>

#include "registers.h"

/* The register of a DWARF column; NULL when it is not kept. */
uint64_t *jt_cfi_arch_register(jt_registers *registers, uint64_t column);
/* Whether sp can be `caller` in the caller of a frame where it is `callee`. */
bool jt_cfi_arch_sp_follows(jt_addr caller, jt_addr callee);
/* Whether the bytes before a pc are a system call's instruction. */
enum { JT_SYSTEM_CALL_BYTES = 2 };
bool jt_cfi_arch_system_call(const uint8_t before[JT_SYSTEM_CALL_BYTES]);

#endif
