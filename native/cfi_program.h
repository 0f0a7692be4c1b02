/* Runs the instructions of call frame information up to a pc: the row of its table that holds there. */
#ifndef JTRACE_CFI_PROGRAM_H
#define JTRACE_CFI_PROGRAM_H

#include "cfi_entry.h"

typedef enum {
    JT_CFI_SAME, /* as in the callee; also when nothing was said */
    JT_CFI_UNDEFINED,
    JT_CFI_OFFSET,         /* stored at CFA + value */
    JT_CFI_VAL_OFFSET,     /* is CFA + value */
    JT_CFI_REGISTER,       /* in the register of that column */
    JT_CFI_EXPRESSION,     /* stored where the expression says */
    JT_CFI_VAL_EXPRESSION, /* is what the expression says */
    JT_CFI_CFA             /* for the CFA only: a register plus an offset */
} jt_cfi_rule_kind;

typedef struct {
    jt_cfi_rule_kind kind;
    uint32_t length; /* of the expression */
    union {
        uint64_t value;
        const uint8_t *expression; /* in the entry's bytes */
    };
} jt_cfi_rule;

enum { JT_CFI_COLUMNS = 33 }; /* enough for the CPUs' general registers; the rules of others are skipped */

typedef struct {
    jt_cfi_rule cfa;       /* JT_CFI_CFA or JT_CFI_VAL_EXPRESSION */
    uint64_t cfa_register; /* column; the offset is cfa.value */
    jt_cfi_rule rules[JT_CFI_COLUMNS];
} jt_cfi_row;

/* JT_STALE when an instruction makes no sense. */
int jt_cfi_program_run(const jt_cfi_entry *entry, jt_addr pc, jt_cfi_row *row);

#endif
