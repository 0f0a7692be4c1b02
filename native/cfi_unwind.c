#include "cfi_unwind.h"

#include <stdlib.h>

#include "cfi_arch.h"
#include "cfi_expression.h"
#include "cfi_program.h"
#include "cfi_tables.h"

struct jt_cfi {
    const jt_memory *memory;
    jt_cfi_tables *tables;
};

int jt_cfi_create(const jt_memory *memory, jt_cfi **cfi, jt_error *err)
{
    jt_cfi *made = calloc(1, sizeof *made);
    if (made == NULL)
        return jt_fail(err, JT_NO_MEMORY, "no memory for the native unwinder");
    made->memory = memory;
    int status = jt_cfi_tables_create(memory, &made->tables, err);
    if (status != JT_OK) {
        free(made);
        return status;
    }
    *cfi = made;
    return JT_OK;
}

void jt_cfi_destroy(jt_cfi *cfi)
{
    if (cfi == NULL)
        return;
    jt_cfi_tables_destroy(cfi->tables);
    free(cfi);
}

static int evaluate(const jt_cfi_rule *rule, const jt_cfi_frame *frame, const uint64_t *pushed, uint64_t *result)
{
    return jt_cfi_evaluate(jt_dwarf_bytes_of(rule->expression, rule->length, 0), frame, pushed, result);
}

static int canonical_frame_address(const jt_cfi_row *row, const jt_cfi_frame *frame, uint64_t *cfa)
{
    if (row->cfa.kind == JT_CFI_VAL_EXPRESSION)
        return evaluate(&row->cfa, frame, NULL, cfa);
    const uint64_t *base = jt_cfi_arch_register(frame->registers, row->cfa_register);
    if (base == NULL)
        return JT_STALE;
    *cfa = *base + row->cfa.value;
    return JT_OK;
}

/* What lies below sp was popped already, back into its register: compilers describe no register's way back in an
 * epilogue but the frame pointer's. */
static int stored(const jt_cfi_frame *frame, jt_addr address, uint64_t *value)
{
    if (address < frame->registers->sp)
        return JT_OK;
    return frame->read_word(frame->context, address, value) ? JT_OK : JT_STALE;
}

/* The caller's value of a register; *value is left alone where the rule says nothing that could be used. */
static int apply(const jt_cfi_rule *rule, const jt_cfi_frame *frame, uint64_t cfa, uint64_t *value)
{
    const uint64_t *other;
    jt_addr address;
    switch (rule->kind) {
    case JT_CFI_OFFSET:
        return stored(frame, cfa + rule->value, value);
    case JT_CFI_VAL_OFFSET:
        *value = cfa + rule->value;
        return JT_OK;
    case JT_CFI_REGISTER:
        other = jt_cfi_arch_register(frame->registers, rule->value);
        if (other == NULL)
            return JT_STALE;
        *value = *other;
        return JT_OK;
    case JT_CFI_EXPRESSION:
        if (evaluate(rule, frame, &cfa, &address) != JT_OK)
            return JT_STALE;
        return stored(frame, address, value);
    case JT_CFI_VAL_EXPRESSION:
        return evaluate(rule, frame, &cfa, value);
    default:
        return JT_OK;
    }
}

static int apply_all(const jt_cfi_row *row, const jt_cfi_frame *frame, uint64_t cfa, jt_registers *caller)
{
    for (uint64_t column = 0; column < JT_CFI_COLUMNS; column++) {
        uint64_t *value = jt_cfi_arch_register(caller, column);
        if (value != NULL && apply(&row->rules[column], frame, cfa, value) != JT_OK)
            return JT_STALE;
    }
    return JT_OK;
}

/* The outermost frames' return address is undefined (_start, clone). One that never left its register is found only
 * where a call leaves it in a register. */
static int return_address(const jt_cfi_row *row, uint64_t column, jt_registers *caller)
{
    const uint64_t *value = jt_cfi_arch_register(caller, column);
    if (value == NULL || column >= JT_CFI_COLUMNS)
        return JT_STALE;
    jt_cfi_rule_kind kind = row->rules[column].kind;
    if (kind == JT_CFI_UNDEFINED)
        return JT_CFI_OUTERMOST;
    if (kind == JT_CFI_SAME && value == &caller->pc)
        return JT_STALE;
    caller->pc = *value;
    return caller->pc != 0 ? JT_OK : JT_STALE;
}

static bool behind_system_call(const jt_cfi *cfi, jt_addr pc)
{
    uint8_t before[JT_SYSTEM_CALL_BYTES];
    return jt_memory_read(cfi->memory, pc - sizeof before, before, sizeof before) == JT_OK &&
           jt_cfi_arch_system_call(before);
}

int jt_cfi_step(jt_cfi *cfi, jt_registers *registers, bool *after_call, jt_cfi_read_word read_word, void *context)
{
    jt_addr pc = registers->pc - (*after_call ? 1 : 0);
    const jt_cfi_entry *entry;
    int status = jt_cfi_tables_find(cfi->tables, pc, &entry);
    /* in rt_sigreturn, with which __restore_rt ends, pc is behind all of its code */
    if (status != JT_OK && !*after_call && behind_system_call(cfi, pc))
        status = jt_cfi_tables_find(cfi->tables, --pc, &entry);
    if (status != JT_OK)
        return status;
    jt_cfi_row row;
    jt_cfi_frame frame = {registers, read_word, context};
    jt_registers caller = *registers;
    if (jt_cfi_program_run(entry, pc, &row) != JT_OK || canonical_frame_address(&row, &frame, &caller.sp) != JT_OK ||
        apply_all(&row, &frame, caller.sp, &caller) != JT_OK)
        return JT_STALE;
    status = return_address(&row, entry->return_column, &caller);
    if (status == JT_OK && !jt_cfi_arch_sp_follows(caller.sp, registers->sp))
        status = JT_STALE;
    if (status != JT_OK)
        return status;
    *registers = caller;
    *after_call = !entry->signal_frame;
    return JT_OK;
}

bool jt_cfi_same_image(jt_cfi *cfi, jt_addr pc, jt_addr variable)
{
    return jt_cfi_tables_same_image(cfi->tables, pc, variable);
}
