/* DWARF expressions, as far as call frame information uses them: the PLT's CFA, signal frames, realigned stacks. */
#ifndef JTRACE_CFI_EXPRESSION_H
#define JTRACE_CFI_EXPRESSION_H

#include "cfi_unwind.h"
#include "dwarf_bytes.h"

/* What an expression is about. */
typedef struct {
    jt_registers *registers;
    jt_cfi_read_word read_word;
    void *context;
} jt_cfi_frame;

/* Evaluates with `pushed`, unless NULL, on the expression's stack. JT_STALE when it makes no sense. */
int jt_cfi_evaluate(jt_dwarf_bytes expression, const jt_cfi_frame *frame, const uint64_t *pushed, uint64_t *result);

#endif
