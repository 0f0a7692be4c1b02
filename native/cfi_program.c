#include "cfi_program.h"

#include "error.h"

/* DWARF 5, table 7.29, and GNU's. */
enum {
    ADVANCE_LOC = 0x40, /* these three have an operand in their low bits */
    OFFSET = 0x80,
    RESTORE = 0xc0,
    LOW_BITS = 0x3f,
    NOP = 0x00,
    SET_LOC = 0x01,
    ADVANCE_LOC1 = 0x02,
    ADVANCE_LOC2 = 0x03,
    ADVANCE_LOC4 = 0x04,
    OFFSET_EXTENDED = 0x05,
    RESTORE_EXTENDED = 0x06,
    UNDEFINED = 0x07,
    SAME_VALUE = 0x08,
    REGISTER = 0x09,
    REMEMBER_STATE = 0x0a,
    RESTORE_STATE = 0x0b,
    DEF_CFA = 0x0c,
    DEF_CFA_REGISTER = 0x0d,
    DEF_CFA_OFFSET = 0x0e,
    DEF_CFA_EXPRESSION = 0x0f,
    EXPRESSION = 0x10,
    OFFSET_EXTENDED_SF = 0x11,
    DEF_CFA_SF = 0x12,
    DEF_CFA_OFFSET_SF = 0x13,
    VAL_OFFSET = 0x14,
    VAL_OFFSET_SF = 0x15,
    VAL_EXPRESSION = 0x16,
    GNU_ARGS_SIZE = 0x2e,
    GNU_NEGATIVE_OFFSET_EXTENDED = 0x2f,
};

enum { MAX_REMEMBERED = 16 }; /* compilers nest two */

typedef struct {
    const jt_cfi_entry *entry;
    jt_dwarf_bytes code;
    jt_addr location, pc;
    jt_cfi_row row, initial;
    jt_cfi_row remembered[MAX_REMEMBERED];
    size_t remembered_count;
} run;

static bool set_rule(run *r, uint64_t column, jt_cfi_rule_kind kind, uint64_t value)
{
    if (column < JT_CFI_COLUMNS)
        r->row.rules[column] = (jt_cfi_rule){.kind = kind, .value = value};
    return true;
}

static bool restore_rule(run *r, uint64_t column)
{
    if (column < JT_CFI_COLUMNS)
        r->row.rules[column] = r->initial.rules[column];
    return true;
}

static jt_cfi_rule take_expression(run *r, jt_cfi_rule_kind kind)
{
    jt_dwarf_bytes expression = jt_dwarf_take(&r->code, jt_dwarf_uleb(&r->code));
    return (jt_cfi_rule){
        .kind = kind, .length = (uint32_t)(expression.end - expression.at), .expression = expression.at};
}

static bool set_expression(run *r, jt_cfi_rule_kind kind)
{
    uint64_t column = jt_dwarf_uleb(&r->code);
    jt_cfi_rule rule = take_expression(r, kind);
    if (column < JT_CFI_COLUMNS)
        r->row.rules[column] = rule;
    return true;
}

static uint64_t factored(run *r)
{
    return jt_dwarf_uleb(&r->code) * (uint64_t)r->entry->data_alignment;
}

static uint64_t signed_factored(run *r)
{
    return (uint64_t)jt_dwarf_sleb(&r->code) * (uint64_t)r->entry->data_alignment;
}

static bool define_cfa(run *r, uint64_t column, uint64_t offset)
{
    r->row.cfa_register = column;
    r->row.cfa = (jt_cfi_rule){.kind = JT_CFI_CFA, .value = offset};
    return true;
}

static bool advance(run *r, uint64_t delta)
{
    r->location += delta * r->entry->code_alignment;
    return true;
}

static bool remember(run *r)
{
    if (r->remembered_count == MAX_REMEMBERED)
        return false;
    r->remembered[r->remembered_count++] = r->row;
    return true;
}

/* GCC's and LLVM's assemblers count on the CFA's rule to come back too. */
static bool recall(run *r)
{
    if (r->remembered_count == 0)
        return false;
    r->row = r->remembered[--r->remembered_count];
    return true;
}

static bool set_location(run *r)
{
    r->location = jt_dwarf_pointer(&r->code, r->entry->pointer_encoding, 0);
    return true;
}

/* Column and operand are read in that order, which C leaves open between the arguments of one call. */
static bool set_from_code(run *r, jt_cfi_rule_kind kind, uint64_t (*operand)(run *r))
{
    uint64_t column = jt_dwarf_uleb(&r->code);
    return set_rule(r, column, kind, operand(r));
}

static uint64_t plain(run *r)
{
    return jt_dwarf_uleb(&r->code);
}
static uint64_t negative(run *r)
{
    return 0 - factored(r);
}

static bool execute_cfa(run *r, uint8_t instruction)
{
    uint64_t column;
    switch (instruction) {
    case DEF_CFA:
        column = jt_dwarf_uleb(&r->code);
        return define_cfa(r, column, jt_dwarf_uleb(&r->code));
    case DEF_CFA_SF:
        column = jt_dwarf_uleb(&r->code);
        return define_cfa(r, column, signed_factored(r));
    case DEF_CFA_EXPRESSION:
        r->row.cfa = take_expression(r, JT_CFI_VAL_EXPRESSION);
        return true;
    default:
        break;
    }
    if (r->row.cfa.kind != JT_CFI_CFA)
        return false; /* the rest changes a register plus an offset */
    switch (instruction) {
    case DEF_CFA_REGISTER:
        return define_cfa(r, jt_dwarf_uleb(&r->code), r->row.cfa.value);
    case DEF_CFA_OFFSET:
        return define_cfa(r, r->row.cfa_register, jt_dwarf_uleb(&r->code));
    case DEF_CFA_OFFSET_SF:
        return define_cfa(r, r->row.cfa_register, signed_factored(r));
    default:
        return false;
    }
}

static bool execute_rule(run *r, uint8_t instruction)
{
    switch (instruction) {
    case OFFSET_EXTENDED:
        return set_from_code(r, JT_CFI_OFFSET, factored);
    case OFFSET_EXTENDED_SF:
        return set_from_code(r, JT_CFI_OFFSET, signed_factored);
    case GNU_NEGATIVE_OFFSET_EXTENDED:
        return set_from_code(r, JT_CFI_OFFSET, negative);
    case VAL_OFFSET:
        return set_from_code(r, JT_CFI_VAL_OFFSET, factored);
    case VAL_OFFSET_SF:
        return set_from_code(r, JT_CFI_VAL_OFFSET, signed_factored);
    case REGISTER:
        return set_from_code(r, JT_CFI_REGISTER, plain);
    case UNDEFINED:
        return set_rule(r, jt_dwarf_uleb(&r->code), JT_CFI_UNDEFINED, 0);
    case SAME_VALUE:
        return set_rule(r, jt_dwarf_uleb(&r->code), JT_CFI_SAME, 0);
    case RESTORE_EXTENDED:
        return restore_rule(r, jt_dwarf_uleb(&r->code));
    case EXPRESSION:
        return set_expression(r, JT_CFI_EXPRESSION);
    case VAL_EXPRESSION:
        return set_expression(r, JT_CFI_VAL_EXPRESSION);
    default:
        return execute_cfa(r, instruction);
    }
}

static bool execute_extended(run *r, uint8_t instruction)
{
    switch (instruction) {
    case NOP:
        return true;
    case SET_LOC:
        return set_location(r);
    case ADVANCE_LOC1:
        return advance(r, jt_dwarf_unsigned(&r->code, 1));
    case ADVANCE_LOC2:
        return advance(r, jt_dwarf_unsigned(&r->code, 2));
    case ADVANCE_LOC4:
        return advance(r, jt_dwarf_unsigned(&r->code, 4));
    case REMEMBER_STATE:
        return remember(r);
    case RESTORE_STATE:
        return recall(r);
    case GNU_ARGS_SIZE:
        jt_dwarf_uleb(&r->code);
        return true;
    default:
        return execute_rule(r, instruction);
    }
}

static bool execute(run *r, uint8_t instruction)
{
    uint8_t operand = instruction & LOW_BITS;
    switch (instruction & ~LOW_BITS) {
    case ADVANCE_LOC:
        return advance(r, operand);
    case OFFSET:
        return set_rule(r, operand, JT_CFI_OFFSET, factored(r));
    case RESTORE:
        return restore_rule(r, operand);
    default:
        return execute_extended(r, instruction);
    }
}

/* Every instruction has a byte at least, so this ends. */
static bool execute_all(run *r, jt_dwarf_bytes code)
{
    r->code = code;
    while (jt_dwarf_more(&r->code) && r->location <= r->pc)
        if (!execute(r, (uint8_t)jt_dwarf_unsigned(&r->code, 1)))
            return false;
    return !r->code.bad;
}

int jt_cfi_program_run(const jt_cfi_entry *entry, jt_addr pc, jt_cfi_row *row)
{
    run r;
    r.entry = entry;
    r.location = entry->begin;
    r.pc = pc;
    r.row = r.initial = (jt_cfi_row){.cfa = {.kind = JT_CFI_UNDEFINED}};
    r.remembered_count = 0;
    if (!execute_all(&r, entry->initial))
        return JT_STALE;
    r.initial = r.row;
    if (!execute_all(&r, entry->body) || r.row.cfa.kind == JT_CFI_UNDEFINED)
        return JT_STALE;
    *row = r.row;
    return JT_OK;
}
