#include "cfi_expression.h"

#include "cfi_arch.h"

/* DWARF 5, table 7.9. */
enum {
    OP_ADDR = 0x03,
    OP_DEREF = 0x06,
    OP_CONST1U = 0x08,
    OP_CONST1S = 0x09,
    OP_CONST2U = 0x0a,
    OP_CONST2S = 0x0b,
    OP_CONST4U = 0x0c,
    OP_CONST4S = 0x0d,
    OP_CONST8U = 0x0e,
    OP_CONST8S = 0x0f,
    OP_CONSTU = 0x10,
    OP_CONSTS = 0x11,
    OP_AND = 0x1a,
    OP_MINUS = 0x1c,
    OP_OR = 0x21,
    OP_PLUS = 0x22,
    OP_PLUS_UCONST = 0x23,
    OP_SHL = 0x24,
    OP_SHR = 0x25,
    OP_EQ = 0x29,
    OP_GE = 0x2a,
    OP_GT = 0x2b,
    OP_LE = 0x2c,
    OP_LT = 0x2d,
    OP_NE = 0x2e,
    OP_LIT0 = 0x30,
    OP_LIT31 = 0x4f,
    OP_BREG0 = 0x70,
    OP_BREG31 = 0x8f
};

enum { STACK_SIZE = 32 };

typedef struct {
    jt_dwarf_bytes code;
    const jt_cfi_frame *frame;
    uint64_t stack[STACK_SIZE];
    size_t depth;
} evaluation;

static bool push(evaluation *e, uint64_t value)
{
    if (e->depth == STACK_SIZE)
        return false;
    e->stack[e->depth++] = value;
    return true;
}

static bool dereference(evaluation *e)
{
    if (e->depth == 0)
        return false;
    uint64_t *top = &e->stack[e->depth - 1];
    return e->frame->read_word(e->frame->context, *top, top);
}

static bool push_register(evaluation *e, uint64_t column)
{
    uint64_t offset = (uint64_t)jt_dwarf_sleb(&e->code);
    const uint64_t *value = jt_cfi_arch_register(e->frame->registers, column);
    return value != NULL && push(e, *value + offset);
}

static bool add_constant(evaluation *e)
{
    if (e->depth == 0)
        return false;
    e->stack[e->depth - 1] += jt_dwarf_uleb(&e->code);
    return true;
}

/* Comparisons are of signed numbers. */
static bool combine(uint8_t operation, uint64_t a, uint64_t b, uint64_t *result)
{
    switch (operation) {
    case OP_AND:
        *result = a & b;
        return true;
    case OP_OR:
        *result = a | b;
        return true;
    case OP_PLUS:
        *result = a + b;
        return true;
    case OP_MINUS:
        *result = a - b;
        return true;
    case OP_SHL:
        *result = b < 64 ? a << b : 0;
        return true;
    case OP_SHR:
        *result = b < 64 ? a >> b : 0;
        return true;
    case OP_EQ:
        *result = a == b;
        return true;
    case OP_NE:
        *result = a != b;
        return true;
    case OP_GE:
        *result = (int64_t)a >= (int64_t)b;
        return true;
    case OP_GT:
        *result = (int64_t)a > (int64_t)b;
        return true;
    case OP_LE:
        *result = (int64_t)a <= (int64_t)b;
        return true;
    case OP_LT:
        *result = (int64_t)a < (int64_t)b;
        return true;
    default:
        return false;
    }
}

static bool combine_top(evaluation *e, uint8_t operation)
{
    if (e->depth < 2)
        return false;
    uint64_t *second = &e->stack[e->depth - 2];
    e->depth--;
    return combine(operation, second[0], second[1], second);
}

static bool execute(evaluation *e, uint8_t operation)
{
    if (operation >= OP_LIT0 && operation <= OP_LIT31)
        return push(e, operation - OP_LIT0);
    if (operation >= OP_BREG0 && operation <= OP_BREG31)
        return push_register(e, operation - OP_BREG0);
    switch (operation) {
    case OP_CONST1U:
        return push(e, jt_dwarf_unsigned(&e->code, 1));
    case OP_CONST2U:
        return push(e, jt_dwarf_unsigned(&e->code, 2));
    case OP_CONST4U:
        return push(e, jt_dwarf_unsigned(&e->code, 4));
    case OP_ADDR:
    case OP_CONST8U:
    case OP_CONST8S:
        return push(e, jt_dwarf_unsigned(&e->code, 8));
    case OP_CONST1S:
        return push(e, (uint64_t)jt_dwarf_signed(&e->code, 1));
    case OP_CONST2S:
        return push(e, (uint64_t)jt_dwarf_signed(&e->code, 2));
    case OP_CONST4S:
        return push(e, (uint64_t)jt_dwarf_signed(&e->code, 4));
    case OP_CONSTU:
        return push(e, jt_dwarf_uleb(&e->code));
    case OP_CONSTS:
        return push(e, (uint64_t)jt_dwarf_sleb(&e->code));
    case OP_PLUS_UCONST:
        return add_constant(e);
    case OP_DEREF:
        return dereference(e);
    default:
        return combine_top(e, operation);
    }
}

/* No jumps are known, and every operation has a byte at least: this ends. */
int jt_cfi_evaluate(jt_dwarf_bytes expression, const jt_cfi_frame *frame, const uint64_t *pushed, uint64_t *result)
{
    evaluation e = {.code = expression, .frame = frame};
    if (pushed != NULL)
        push(&e, *pushed);
    while (jt_dwarf_more(&e.code))
        if (!execute(&e, (uint8_t)jt_dwarf_unsigned(&e.code, 1)))
            return JT_STALE;
    if (e.code.bad || e.depth == 0)
        return JT_STALE;
    *result = e.stack[e.depth - 1];
    return JT_OK;
}
