/* What compiled code has on the stack below its frame for a while, instruction by instruction. Sources:
 * c1_LIRAssembler_x86.cpp (slow_subtype_check), macroAssembler_x86.cpp (string_indexof, and the Math functions of 8),
 * zBarrierSetAssembler_x86.cpp and barrierSetAssembler_x86.cpp (SaveLiveRegisters), x86_64.ad (moves). */
#include "frame_x86_64.h"

#include <string.h>

enum {
    MAX_SP_MOVE = 256,   /* bytes by which sp is moved within a method */
    SAVED_SP_WORDS = 6,  /* above sp in which the old one may be kept */
    FRAME_ALIGNMENT = 16 /* StackAlignmentInBytes */
};

/* C2 moves from stack slot to stack slot by push [rsp+..]; pop [rsp+..]: at the pop, sp is a word lower. */
jt_addr jt_x86_pushed_for_move(const jt_walk *walk, const jt_blob *blob)
{
    jt_x86_code code;
    if (!jt_x86_read_code(walk, walk->input->registers.pc, blob->code_end, 4, &code) || code.length < 4)
        return 0;
    const uint8_t *b = code.bytes + ((code.bytes[0] & 0xF0) == 0x40);
    return b[0] == 0x8F && (b[1] & 0x3F) == 0x04 && b[2] == 0x24 ? 8 : 0;
}

/* A word near the top that points a little further up, to where a frame may begin; 0 if there is none. */
static jt_addr saved_on_stack(const jt_walk *walk)
{
    jt_addr sp = walk->input->registers.sp, word;
    for (jt_addr at = sp; at < sp + SAVED_SP_WORDS * 8 && jt_walk_word(walk, at, &word); at += 8) {
        if (word > at && word - sp <= MAX_SP_MOVE && word % FRAME_ALIGNMENT == 0)
            return word;
    }
    return 0;
}

/* Bytes that a piece of code takes from sp and does not give back, by `sub rsp, imm32` and `add rsp, imm32`. */
static int64_t taken_from_sp(const uint8_t *code, size_t length)
{
    int64_t taken = 0;
    for (size_t at = 0; at + 7 <= length; at++) {
        const uint8_t *b = code + at;
        if (b[0] == 0x48 && b[1] == 0x81 && (b[2] == 0xEC || b[2] == 0xC4))
            taken += b[2] == 0xEC ? jt_x86_imm32(b + 3) : -(int64_t)jt_x86_imm32(b + 3);
    }
    return taken;
}

/* Where pusha begins last before pc, with vector registers saved behind it; `here`, pc's place, if nowhere. Where the
 * VM stops for good, as it never does, there is a pusha, too, with nothing behind it (MacroAssembler::stop). */
static size_t last_pusha(const uint8_t *code, size_t here, size_t length)
{
    /* mov [rsp-40], rsp; sub rsp, 128; 15 registers are stored; sub rsp, 256 */
    static const uint8_t pusha[] = {0x48, 0x89, 0x64, 0x24, 0xD8, 0x48, 0x81, 0xEC, 0x80, 0, 0, 0};
    static const uint8_t vectors[] = {0x48, 0x81, 0xEC, 0, 1, 0, 0};
    enum { STORES = 14 * 5 + 4 };
    size_t found = here;
    for (size_t at = 0; at + sizeof pusha <= here && at + sizeof pusha + STORES + sizeof vectors <= length; at++) {
        if (memcmp(code + at, pusha, sizeof pusha) == 0 &&
            memcmp(code + at + sizeof pusha + STORES, vectors, sizeof vectors) == 0)
            found = at;
    }
    return found;
}

/* pusha keeps sp 40 bytes below itself before it moves it: a word that tells its own address. Below the general
 * registers lie the vector registers, and the arguments. */
jt_addr jt_x86_sp_above_saved_registers(const jt_walk *walk, jt_addr begin)
{
    enum { SAVED_BELOW = 40, BACK = 1024, AHEAD = 96, GENERAL = 128, ARGUMENTS = 64 };
    const jt_registers *r = &walk->input->registers;
    uint8_t code[BACK + AHEAD];
    size_t here = r->pc - begin < BACK ? r->pc - begin : BACK;
    jt_addr word;
    if (!jt_walk_code(walk, r->pc - here, code, here + AHEAD))
        return 0;
    size_t pusha = last_pusha(code, here, here + AHEAD);
    int64_t taken = taken_from_sp(code + pusha, here - pusha);
    if (taken < GENERAL)
        return 0;
    jt_addr from = r->sp + (jt_addr)taken - SAVED_BELOW;
    for (jt_addr slot = from; slot <= from + ARGUMENTS && jt_walk_word(walk, slot, &word); slot += 8) {
        if (word == slot + SAVED_BELOW)
            return word;
    }
    return 0;
}

/* String.indexOf's intrinsic of C2 copies short strings onto the stack. The sp of the method is in a register
 * meanwhile, and later on the stack (MacroAssembler::string_indexof). Told by the `mov reg, rsp` not far before pc,
 * which nothing else in compiled code does but calls of method handles (to rbp). 0 when sp has not been moved so. */
static jt_addr moved_sp(const jt_walk *walk, const jt_blob *blob)
{
    const jt_registers *r = &walk->input->registers;
    jt_x86_code code;
    jt_addr from = r->pc - blob->code_begin > JT_X86_CODE_BYTES ? r->pc - JT_X86_CODE_BYTES : blob->code_begin;
    bool found = false;
    if (blob->kind != JT_BLOB_NMETHOD || !blob->optimized ||
        !jt_x86_read_code(walk, from, r->pc, JT_X86_CODE_BYTES, &code))
        return 0; /* native wrappers align sp around calls by the same instruction */
    for (size_t at = 0; jt_x86_has(&code, at, 3); at++) {
        const uint8_t *b = code.bytes + at;
        if ((b[0] != 0x48 && b[0] != 0x4C) || b[1] != 0x8B || (b[2] & 0xC7) != 0xC4 || (b[0] == 0x48 && b[2] == 0xEC))
            continue;
        found = true;
        jt_addr value = jt_x86_register(r, (unsigned)(b[2] >> 3 & 7) + (b[0] == 0x4C ? 8 : 0));
        if (value > r->sp && value - r->sp <= MAX_SP_MOVE && value % FRAME_ALIGNMENT == 0)
            return value;
    }
    return found ? saved_on_stack(walk) : 0;
}

/* Up to 8, exp and pow raise the FPU's precision by `sub rsp, 8; fstcw [rsp]; mov eax, [rsp]; or eax, imm32; push rax;
 * fldcw [rsp]; pop rax`. Until they restore it, there are words below the frame (MacroAssembler::increase_precision,
 * pow_exp_core_encoding). */
jt_addr jt_x86_words_since_precision_was_raised(const jt_walk *walk, jt_addr code_begin, jt_addr code_end)
{
    static const uint8_t raise[] = {0x48, 0x83, 0xEC, 0x08, 0x9B, 0xD9, 0x3C, 0x24};
    enum { BACK = 128, AHEAD = 4, SUB_LENGTH = 4, PUSHED = 18, LOADED = 21 };
    jt_addr pc = walk->input->registers.pc, from = pc - code_begin > BACK ? pc - BACK : code_begin;
    size_t here = pc - from, begin = here, words = 1;
    jt_x86_code code;
    if (!jt_x86_read_code(walk, from, code_end, here + AHEAD, &code))
        return 0;
    for (size_t at = 0; at + SUB_LENGTH <= here && jt_x86_has(&code, at, sizeof raise); at++) {
        if (memcmp(code.bytes + at, raise, sizeof raise) == 0)
            begin = at;
    }
    for (size_t at = begin + SUB_LENGTH; at + SUB_LENGTH <= here && words > 0; at++) {
        const uint8_t *b = code.bytes + at;
        if (b[0] == 0x48 && b[1] == 0x83 && b[3] == 8)
            words += (size_t)(b[2] == 0xEC) - (size_t)(b[2] == 0xC4);
    }
    if (begin == here || words == 0)
        return 0;
    return words + (here - begin == PUSHED || here - begin == LOADED);
}

/* Instructions between two runs of pops in C1's arraycopy: test or cmp of a register, and the jump. Lengths, 0 if it is
 * none. */
static size_t compare_or_branch(const jt_x86_code *c, size_t at)
{
    const uint8_t *b = c->bytes + at;
    size_t rex = jt_x86_has(c, at, 1) && (b[0] & 0xF0) == 0x40;
    if (jt_x86_has(c, at, rex + 2) && b[rex] == 0x85 && b[rex + 1] >= 0xC0)
        return rex + 2;
    if (jt_x86_has(c, at, rex + 3) && b[rex] == 0x83 && b[rex + 1] >= 0xF8)
        return rex + 3;
    if (jt_x86_has(c, at, 2) && (b[0] & 0xF0) == 0x70)
        return 2;
    return jt_x86_has(c, at, 6) && b[0] == 0x0F && (b[1] & 0xF0) == 0x80 ? 6 : 0;
}

/* C1 passes arguments to slow_subtype_check on the stack, and pops them behind the call (emit_typecheck_helper and
 * emit_arraycopy in c1_LIRAssembler_x86.cpp). No other code of its own pops anything but rbp. */
size_t jt_x86_words_to_be_popped(const jt_walk *walk, jt_addr pc, jt_addr code_end)
{
    enum { WINDOW = 48, STEPS = 10 };
    jt_x86_code code;
    size_t words = 0, at = 0, length = 1;
    if (!jt_x86_read_code(walk, pc, code_end, WINDOW, &code))
        return 0;
    for (int i = 0; i < STEPS && length != 0; i++, at += length) {
        const uint8_t *b = code.bytes + at;
        size_t rex = jt_x86_has(&code, at, 2) && b[0] == 0x41;
        bool pops = jt_x86_has(&code, at, rex + 1) && (b[rex] & 0xF8) == 0x58 && b[0] != 0x5D;
        words += pops;
        length = pops ? rex + 1 : compare_or_branch(&code, at);
    }
    return words;
}

static size_t push_length(const jt_x86_code *c, size_t at)
{
    size_t rex = jt_x86_has(c, at, 2) && c->bytes[at] == 0x41;
    return jt_x86_has(c, at, rex + 1) && (c->bytes[at + rex] & 0xF8) == 0x50 ? rex + 1 : 0;
}

/* Words that `[push]; [push]; call; pop..` at `at` has on the stack already; negative: it is none. */
static int words_around_call(const jt_walk *walk, const jt_x86_code *c, size_t at, jt_addr code_end)
{
    enum { CALL_BYTES = 5, ARGUMENTS = 2 };
    int pushes = 0;
    for (size_t length; pushes < ARGUMENTS && (length = push_length(c, at)) != 0; at += length)
        pushes++;
    if (!jt_x86_has(c, at, CALL_BYTES) || c->bytes[at] != 0xE8)
        return -1;
    return (int)jt_x86_words_to_be_popped(walk, c->at + at + CALL_BYTES, code_end) - pushes;
}

/* C1's arraycopy keeps two words on the stack from before its quick check of the types until behind the slow one, which
 * gets them pushed once more: `push src; push dst; ...; push src; push dst; call; pop; pop; ...; pop; pop`. */
static bool between_arraycopys_pushes(const jt_walk *walk, const jt_x86_code *ahead, const jt_blob *blob)
{
    enum { BACK = 128, KEPT = 2 };
    jt_x86_code code;
    jt_addr from = ahead->at - blob->code_begin > BACK ? ahead->at - BACK : blob->code_begin;
    size_t at = 0, length = 0;
    for (; jt_x86_has(ahead, at, 1); at++) {
        length = push_length(ahead, at);
        length = length == 0 || push_length(ahead, at + length) == 0 ? 0 : length + push_length(ahead, at + length);
        if (length != 0 && words_around_call(walk, ahead, at, blob->code_end) == KEPT)
            break;
    }
    if (!jt_x86_has(ahead, at, 1) || !jt_x86_read_code(walk, from, ahead->at, BACK, &code))
        return false;
    for (size_t first = 0; first + length <= code.length; first++) {
        if (memcmp(code.bytes + first, ahead->bytes + at, length) == 0)
            return true;
    }
    return false;
}

/* Words that C1's code has on the stack for slow_subtype_check. */
static size_t words_passed(const jt_walk *walk, const jt_blob *blob)
{
    jt_x86_code code;
    jt_addr pc = walk->input->registers.pc;
    if (!jt_x86_read_code(walk, pc, blob->code_end, JT_X86_END_BYTES, &code))
        return 0;
    size_t words = jt_x86_words_to_be_popped(walk, pc, blob->code_end);
    int around = words_around_call(walk, &code, 0, blob->code_end);
    if (words == 0 && around > 0)
        words = (size_t)around;
    return words == 0 && between_arraycopys_pushes(walk, &code, blob) ? 2 : words;
}

/* Bytes that the next instruction to move sp gives back, if it is `add rsp, n` with a jump behind it; else 0. */
static int32_t given_back(const jt_x86_code *ahead)
{
    int32_t operand = 0;
    for (size_t at = 0; jt_x86_has(ahead, at, 1); at++) {
        if (jt_x86_move_sp(ahead, at, JT_X86_SUB_RSP, &operand) != 0)
            return 0;
        size_t length = jt_x86_move_sp(ahead, at, JT_X86_ADD_RSP, &operand);
        if (length != 0) /* jmp rel32 or rel8 */
            return jt_x86_has(ahead, at + length, 1) && (ahead->bytes[at + length] & 0xFD) == 0xE9 ? operand : 0;
    }
    return 0;
}

/* Bytes that the last instruction to move sp has taken, if it is `sub rsp, n`; else 0. */
static int32_t taken_last(const jt_x86_code *back)
{
    int32_t taken = 0, operand;
    for (size_t at = 0; at < back->length; at++) {
        if (jt_x86_move_sp(back, at, JT_X86_SUB_RSP, &operand) != 0)
            taken = operand;
        else if (jt_x86_move_sp(back, at, JT_X86_ADD_RSP, &operand) != 0)
            taken = 0;
    }
    return taken;
}

/* C2's slow paths of barriers save registers in room of their own: `sub rsp, n; ..; call; ..; add rsp, n; jmp`. Bytes
 * of it that pc's code has, told by the next such instruction and the last one. */
static jt_addr room_for_saved_registers(const jt_walk *walk, const jt_blob *blob)
{
    jt_addr pc = walk->input->registers.pc;
    jt_addr from = pc - blob->code_begin > JT_X86_CODE_BYTES ? pc - JT_X86_CODE_BYTES : blob->code_begin;
    jt_x86_code code;
    if (!blob->optimized || !jt_x86_read_code(walk, pc, blob->code_end, JT_X86_END_BYTES, &code))
        return 0;
    int32_t bytes = given_back(&code);
    if (bytes <= 0 || !jt_x86_read_code(walk, from, pc, JT_X86_CODE_BYTES, &code))
        return 0;
    return taken_last(&code) == bytes ? (jt_addr)bytes : 0;
}

jt_addr jt_x86_kept_sp(const jt_walk *walk, const jt_blob *blob)
{
    jt_addr sp = jt_x86_sp_above_saved_registers(walk, blob->code_begin);
    return sp != 0 ? sp : moved_sp(walk, blob);
}

/* A compiled frame begins at an aligned address: of what is pushed an odd word need not be known. */
jt_addr jt_x86_sp_above_pushed(const jt_walk *walk, const jt_blob *blob)
{
    jt_addr words = jt_x86_words_since_precision_was_raised(walk, blob->code_begin, blob->code_end);
    if (words == 0)
        words = words_passed(walk, blob);
    jt_addr sp = walk->input->registers.sp + jt_x86_pushed_for_move(walk, blob) + 8 * words +
                 room_for_saved_registers(walk, blob);
    return sp + sp % FRAME_ALIGNMENT;
}
