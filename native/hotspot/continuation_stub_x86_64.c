/* The stubs that thaw frames of a continuation (StubGenerator::generate_cont_thaw, 21 to 27): they make room on the
 * stack, keep a result below it where they stand in for a return, call the VM, and take sp from its answer. */
#include <string.h>

#include "frame_x86_64.h"

enum { MAX_STEPS = 24, MAX_BYTES = 128 };

typedef struct {
    uint8_t bytes[5];
    uint8_t given; /* how many of them */
    uint8_t length;
} instruction;

static const instruction neutral[] = {
    {{0x49, 0x8B, 0xFF}, 3, 3},             /* mov rdi, r15 */
    {{0x48, 0xC7, 0xC6}, 3, 7},             /* mov rsi, imm */
    {{0xBE}, 1, 5},                         /* mov esi, imm */
    {{0x40, 0xF6, 0xC4, 0x0F}, 4, 4},       /* test spl, 15 */
    {{0x0F, 0x84}, 2, 6},                   /* je: what it skips lowers sp and raises it again */
    {{0xE8}, 1, 5},                         /* call */
    {{0x49, 0xBA}, 2, 10},                  /* mov r10, imm64 */
    {{0x41, 0xFF, 0xD2}, 3, 3},             /* call r10 */
    {{0x48, 0x83, 0xE4, 0xF0}, 4, 4},       /* and rsp, -16 */
    {{0x48, 0x8B, 0xD8}, 3, 3},             /* mov rbx, rax */
    {{0xC5, 0xFB, 0x10, 0x04, 0x24}, 5, 5}, /* vmovsd xmm0, [rsp] */
    {{0xC5, 0xFB, 0x11, 0x04, 0x24}, 5, 5}, /* vmovsd [rsp], xmm0 */
    {{0xF2, 0x0F, 0x10, 0x04, 0x24}, 5, 5}, /* movsd xmm0, [rsp] */
    {{0xF2, 0x0F, 0x11, 0x04, 0x24}, 5, 5}, /* movsd [rsp], xmm0 */
    {{0x48, 0x33, 0xC0}, 3, 3},             /* xor rax, rax */
    {{0x33, 0xC0}, 2, 2},                   /* xor eax, eax */
};
static const instruction take_sp = {{0x48, 0x8B, 0xE3}, 3, 3}; /* mov rsp, rbx */

static bool is(const jt_x86_code *code, size_t at, const instruction *i)
{
    return jt_x86_has(code, at, i->length) && memcmp(code->bytes + at, i->bytes, i->given) == 0;
}

static size_t neutral_length(const jt_x86_code *code, size_t at)
{
    for (size_t i = 0; i < sizeof neutral / sizeof *neutral; i++) {
        if (is(code, at, &neutral[i]))
            return neutral[i].length;
    }
    return 0;
}

/* The length of an instruction that moves sp, and by how much; 0 if it is none of the stubs'. */
static size_t moves_sp(const jt_x86_code *code, size_t at, int32_t *moved)
{
    size_t length = jt_x86_move_sp(code, at, JT_X86_ADD_RSP, moved);
    if (length != 0)
        return length;
    length = jt_x86_move_sp(code, at, JT_X86_SUB_RSP, moved);
    if (length != 0) {
        *moved = -*moved;
        return length;
    }
    if (!jt_x86_has(code, at, 1) || (code->bytes[at] & 0xF0) != 0x50) /* push, pop */
        return 0;
    *moved = (code->bytes[at] & 8) != 0 ? 8 : -8;
    return 1;
}

static size_t jump_length(const jt_x86_code *code, size_t at)
{
    if (!jt_x86_has(code, at, 5) || code->bytes[at] != 0xE9)
        return 0;
    int32_t over = jt_x86_imm32(code->bytes + at + 1);
    return over >= 0 && over < MAX_BYTES ? 5 + (size_t)over : 0;
}

bool jt_arch_thaw_room(const jt_walk *walk, jt_addr *lowest)
{
    const jt_registers *r = &walk->input->registers;
    jt_x86_code code;
    jt_addr sp = r->sp;
    size_t at = 0;
    if (!jt_x86_read_code(walk, r->pc, r->pc + MAX_BYTES, MAX_BYTES, &code))
        return false;
    for (int i = 0; i < MAX_STEPS && !is(&code, at, &take_sp); i++) {
        int32_t moved = 0;
        size_t length = moves_sp(&code, at, &moved);
        length = length != 0 ? length : neutral_length(&code, at);
        length = length != 0 ? length : jump_length(&code, at);
        if (length == 0)
            return false;
        sp += (jt_addr)(int64_t)moved;
        at += length;
    }
    *lowest = sp;
    return is(&code, at, &take_sp);
}
