/* How HotSpot's code on x86_64 builds and leaves frames, instruction by instruction. Sources: macroAssembler_x86.cpp
 * (verified_entry), c1_MacroAssembler_x86.cpp (build_frame), x86_64.ad (MachProlog, MachEpilog),
 * templateInterpreterGenerator_x86.cpp, interp_masm_x86.cpp (remove_activation), sharedRuntime_x86_64.cpp. */
#include "frame_arch.h"

#include <string.h>

enum {
    PROLOGUE_WINDOW = 512,  /* bytes of code searched for a frame's building */
    STUB_PROLOGUE_WINDOW = 16, /* those of runtime stubs that C2 compiled: at once */
    STUB_SLOTS = 128,       /* words above sp in which a stub's return address is looked for */
    EPILOGUE_WINDOW = 64,   /* bytes of code simulated from pc on */
    EPILOGUE_STEPS = 12,
    MAX_PUSHED_WORDS = 12,
    FRAME_ALIGNMENT = 16,   /* StackAlignmentInBytes */
    MAX_SHUFFLE = 8 * 260,  /* an adapter moves at most 255 arguments: its extra stack is no larger */
    INTERPRETED_FIXED_WORDS = 12 /* words of an interpreted frame below fp before its expression stack */
};

int jt_arch_bcp_slot(const jt_layout *layout)
{
    return layout->bcp_slot_after_mirror ? -8 : -7;
}

jt_addr jt_arch_strip(jt_addr pc)
{
    return pc;
}

bool jt_arch_call_precedes(const uint8_t before[JT_CALL_BYTES])
{
    const uint8_t *end = before + JT_CALL_BYTES;
    if (end[-5] == 0xE8) /* call rel32 */
        return true;
    /* FF /2: register, [reg+disp8], [reg+disp32] or [rip+disp32], REX before it or not */
    return (end[-2] == 0xFF && (end[-1] & 0xF8) == 0xD0) || (end[-2] == 0xFF && (end[-1] & 0xF8) == 0x10) ||
           (end[-3] == 0xFF && (end[-2] & 0xF8) == 0x50) || (end[-6] == 0xFF && (end[-5] & 0xF8) == 0x90) ||
           (end[-6] == 0xFF && end[-5] == 0x15) || (end[-4] == 0xFF && end[-3] == 0x54) ||
           (end[-7] == 0xFF && end[-6] == 0x94) || (end[-3] == 0xFF && end[-2] == 0x14);
}

/* --- code bytes --- */

typedef struct {
    jt_addr at;
    size_t length;
    uint8_t bytes[PROLOGUE_WINDOW];
} code_window;

/* Up to `wanted` bytes from `at`, not beyond `end`. */
static bool read_code(const jt_walk *walk, jt_addr at, jt_addr end, size_t wanted, code_window *code)
{
    if (at >= end)
        return false;
    code->at = at;
    code->length = end - at < wanted ? (size_t)(end - at) : wanted;
    return jt_memory_read(walk->vm->memory, at, code->bytes, code->length) == JT_OK;
}

static int32_t imm32(const uint8_t *at)
{
    int32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static bool has(const code_window *code, size_t at, size_t bytes)
{
    return at + bytes <= code->length;
}

/* Register numbers as instructions have them. */
static uint64_t numbered_register(const jt_registers *r, unsigned number)
{
    static const uint8_t low[8] = {JT_RAX, JT_RCX, JT_RDX, JT_RBX, 0xFF, 0xFF, JT_RSI, JT_RDI};
    if (number >= 8)
        return r->general[JT_R8 + number - 8];
    return low[number] == 0xFF ? 0 : r->general[low[number]];
}

/* `jmp reg`: its length, and the register. */
static size_t jump_register(const uint8_t *b, unsigned *number)
{
    size_t rex = b[0] == 0x41;
    if (b[rex] != 0xFF || (b[rex + 1] & 0xF8) != 0xE0)
        return 0;
    *number = (unsigned)(b[rex + 1] & 7) + (rex ? 8 : 0);
    return rex + 2;
}

/* --- prologues of compiled methods --- */

/* `sub rsp, imm` at `at`: its length and operand. */
static size_t sub_rsp(const code_window *code, size_t at, int32_t *operand)
{
    const uint8_t *b = code->bytes + at;
    if (has(code, at, 4) && b[0] == 0x48 && b[1] == 0x83 && b[2] == 0xEC) {
        *operand = (int8_t)b[3];
        return 4;
    }
    if (has(code, at, 7) && b[0] == 0x48 && b[1] == 0x81 && b[2] == 0xEC) {
        *operand = imm32(b + 3);
        return 7;
    }
    return 0;
}

/* `mov rbp, rsp` (PreserveFramePointer, native wrappers), in both encodings. */
static size_t mov_rbp_rsp(const code_window *code, size_t at)
{
    const uint8_t *b = code->bytes + at;
    return has(code, at, 3) && b[0] == 0x48 && ((b[1] == 0x8B && b[2] == 0xEC) || (b[1] == 0x89 && b[2] == 0xE5)) ? 3
                                                                                                              : 0;
}

/* `mov [rsp+disp], rbp`. */
static size_t save_rbp(const code_window *code, size_t at)
{
    const uint8_t *b = code->bytes + at;
    if (has(code, at, 5) && b[0] == 0x48 && b[1] == 0x89 && b[2] == 0x6C && b[3] == 0x24)
        return 5;
    return has(code, at, 8) && b[0] == 0x48 && b[1] == 0x89 && b[2] == 0xAC && b[3] == 0x24 ? 8 : 0;
}

/* push rbp; [mov rbp, rsp]; sub rsp, frame - 16. The operand must fit the frame's size, so that an 0x55 in the middle of
 * another instruction is not taken for a push. */
static bool pushed_prologue(const code_window *code, size_t at, int64_t frame_bytes, jt_prologue *p)
{
    if (!has(code, at, 1) || code->bytes[at] != 0x55)
        return false;
    int32_t operand = 0;
    size_t sub_at = at + 1 + mov_rbp_rsp(code, at + 1);
    size_t sub_length = sub_rsp(code, sub_at, &operand);
    if (operand != frame_bytes - 16) /* a frame of just these two words needs no sub */
        return false;
    p->pushed = code->at + at + 1;
    p->built = code->at + sub_at + sub_length;
    p->saved = p->built;
    return true;
}

/* sub rsp, frame - 8; mov [rsp + frame - 16], rbp: C2 without stack bang. */
static bool stored_prologue(const code_window *code, size_t at, int64_t frame_bytes, jt_prologue *p)
{
    int32_t operand = 0;
    size_t sub_length = sub_rsp(code, at, &operand);
    size_t save_length = sub_length == 0 ? 0 : save_rbp(code, at + sub_length);
    if (save_length == 0 || operand != frame_bytes - 8)
        return false;
    p->built = code->at + at + sub_length;
    p->pushed = p->built;
    p->saved = p->built + save_length;
    return true;
}

static void find_prologue(const jt_walk *walk, const jt_blob *blob, jt_addr start, jt_prologue *p)
{
    code_window code;
    bool compiled = blob->kind == JT_BLOB_NMETHOD || blob->kind == JT_BLOB_NATIVE_NMETHOD;
    if (start < blob->code_begin || blob->frame_size_words <= 0 ||
        !read_code(walk, start, blob->code_end, compiled ? PROLOGUE_WINDOW : STUB_PROLOGUE_WINDOW, &code))
        return;
    int64_t frame_bytes = (int64_t)blob->frame_size_words * 8;
    for (size_t at = 0; at < code.length; at++) {
        if (pushed_prologue(&code, at, frame_bytes, p) || stored_prologue(&code, at, frame_bytes, p)) {
            p->start = start;
            return;
        }
    }
}

static void learn_prologues(const jt_walk *walk, jt_blob *blob)
{
    if (blob->prologues_known)
        return;
    find_prologue(walk, blob, blob->code_begin, &blob->prologues[0]);
    if (blob->osr_entry != 0)
        find_prologue(walk, blob, blob->osr_entry, &blob->prologues[1]);
    blob->prologues_known = true;
}

static jt_cursor at_return_slot(const jt_walk *walk, jt_addr slot, jt_addr fp)
{
    jt_cursor caller = {.sp = slot + 8, .fp = fp};
    jt_walk_word(walk, slot, &caller.pc);
    return caller;
}

/* fp as the frame saved it, right below its return address. */
static jt_cursor below_return_slot(const jt_walk *walk, jt_addr slot)
{
    jt_addr fp = 0;
    jt_walk_word(walk, slot - 8, &fp);
    return at_return_slot(walk, slot, fp);
}

/* pc while the frame is being built: exactly how far it is. */
static bool in_prologue(const jt_walk *walk, const jt_blob *blob, jt_cursor *caller)
{
    const jt_registers *r = &walk->input->registers;
    for (int i = 0; i < 2; i++) {
        const jt_prologue *p = &blob->prologues[i];
        if (p->built == 0 || r->pc < p->start || r->pc >= p->saved)
            continue;
        if (r->pc < p->pushed)
            *caller = at_return_slot(walk, r->sp, r->fp);
        else if (r->pc < p->built)
            *caller = below_return_slot(walk, r->sp + 8);
        else
            *caller = at_return_slot(walk, r->sp + (jt_addr)blob->frame_size_words * 8 - 8, r->fp);
        return true;
    }
    return false;
}

/* --- epilogues: run forward to the ret --- */

typedef struct {
    const jt_walk *walk;
    code_window code;
    size_t at;
    jt_addr sp, fp;
    bool released; /* an instruction that takes the frame down has been run, or stands right before pc */
} simulation;

/* Instructions that may stand between a frame's end and its ret and leave sp alone: return polls of 8 to 27, the check
 * for a pending exception in native wrappers, vzeroupper. Lengths, 0 if it is none. */
static size_t neutral_instruction(const code_window *c, size_t at)
{
    const uint8_t *b = c->bytes + at;
    if (has(c, at, 6) && b[0] == 0x85 && b[1] == 0x05)
        return 6; /* test [rip+disp32], eax: 8 */
    if (has(c, at, 7) && b[0] == 0x4D && b[1] == 0x8B && b[2] == 0x97)
        return 7; /* mov r10, [r15+disp32]: 11 */
    if (has(c, at, 3) && b[0] == 0x41 && b[1] == 0x85 && b[2] == 0x02)
        return 3; /* test [r10], eax: 11 */
    if (has(c, at, 7) && b[0] == 0x49 && b[1] == 0x3B && b[2] == 0xA7)
        return 7; /* cmp rsp, [r15+disp32]: 17, 21 */
    if (has(c, at, 4) && b[0] == 0x49 && b[1] == 0x3B && b[2] == 0x67)
        return 4; /* cmp rsp, [r15+disp8]: 25 on */
    if (has(c, at, 5) && b[0] == 0x49 && b[1] == 0x83 && b[2] == 0x7F)
        return 5; /* cmp qword [r15+disp8], imm8 */
    if (has(c, at, 8) && b[0] == 0x49 && b[1] == 0x83 && b[2] == 0xBF)
        return 8; /* cmp qword [r15+disp32], imm8 */
    if (has(c, at, 5) && b[0] == 0x41 && b[1] == 0xF6 && b[2] == 0x47)
        return 5; /* test byte [r15+disp8], imm8: the poll of 25's native wrappers */
    if (has(c, at, 8) && b[0] == 0x41 && b[1] == 0xF6 && b[2] == 0x87)
        return 8; /* test byte [r15+disp32], imm8 */
    if (has(c, at, 8) && b[0] == 0x49 && b[1] == 0x81 && b[2] == 0x7F)
        return 8; /* cmp qword [r15+disp8], imm32: the check for an exception, 17 */
    if (has(c, at, 6) && b[0] == 0x0F && (b[1] & 0xF0) == 0x80)
        return 6; /* jcc rel32: not taken, or the frame is as it is there, too */
    if (has(c, at, 2) && b[0] == 0x74)
        return 2 + (size_t)(b[1] & 0x7F); /* je rel8, forward: over what a poll does when it hits */
    if (has(c, at, 2) && (b[0] & 0xF0) == 0x70)
        return 2; /* jcc rel8 */
    return has(c, at, 3) && b[0] == 0xC5 && b[1] == 0xF8 && b[2] == 0x77 ? 3 : 0; /* vzeroupper */
}

/* One instruction that moves sp; false when it is none of those that end a frame. */
static bool simulate_release(simulation *s)
{
    const code_window *c = &s->code;
    const uint8_t *b = c->bytes + s->at;
    if (has(c, s->at, 4) && b[0] == 0x48 && b[1] == 0x83 && b[2] == 0xC4) { /* add rsp, imm8 */
        s->sp += (jt_addr)(int64_t)(int8_t)b[3];
        s->at += 4;
    } else if (has(c, s->at, 7) && b[0] == 0x48 && b[1] == 0x81 && b[2] == 0xC4) { /* add rsp, imm32 */
        s->sp += (jt_addr)(int64_t)imm32(b + 3);
        s->at += 7;
    } else if (has(c, s->at, 1) && b[0] == 0x5D) { /* pop rbp */
        if (!jt_walk_word(s->walk, s->sp, &s->fp))
            return false;
        s->sp += 8;
        s->at += 1;
    } else if (has(c, s->at, 1) && b[0] == 0x9D) { /* popf: the end of stubs that save all registers */
        s->sp += 8;
        s->at += 1;
    } else if (has(c, s->at, 1) && b[0] == 0xC9) { /* leave */
        s->sp = s->fp + 8;
        if (!jt_walk_word(s->walk, s->fp, &s->fp))
            return false;
        s->at += 1;
    } else {
        return false;
    }
    s->released = true;
    return true;
}

/* jmp rel32 out of the blob: how a frame ends that unwinds an exception (unwind_exception, rethrow, forward_exception). */
static bool leaves_by_jump(const simulation *s, const jt_blob *blob)
{
    const uint8_t *b = s->code.bytes + s->at;
    if (!s->released || !has(&s->code, s->at, 5) || b[0] != 0xE9)
        return false;
    jt_addr to = s->code.at + s->at + 5 + (jt_addr)(int64_t)imm32(b + 1);
    return to < blob->start || to >= blob->end;
}

/* From pc straight to a ret, or a jump away, through nothing but a frame's end. */
static bool in_epilogue(const jt_walk *walk, const jt_blob *blob, jt_cursor *caller)
{
    const jt_registers *r = &walk->input->registers;
    simulation s = {.walk = walk, .sp = r->sp, .fp = r->fp};
    uint8_t before = 0;
    if (!read_code(walk, r->pc, blob->code_end, EPILOGUE_WINDOW, &s.code))
        return false;
    if (s.code.bytes[0] == 0xE9 && jt_memory_read(walk->vm->memory, r->pc - 1, &before, 1) == JT_OK)
        s.released = before == 0x5D || before == 0xC9; /* pop rbp, leave */
    for (int i = 0; i < EPILOGUE_STEPS && has(&s.code, s.at, 1); i++) {
        if (s.code.bytes[s.at] == 0xC3 || leaves_by_jump(&s, blob)) { /* ret */
            *caller = at_return_slot(walk, s.sp, s.fp);
            return true;
        }
        size_t length = neutral_instruction(&s.code, s.at);
        s.at += length;
        if (length == 0 && !simulate_release(&s))
            return false;
    }
    return false;
}

/* 17 on: a return poll that finds a safepoint jumps to a stub in the method's own blob, with the frame gone already:
 * lea r10, [rip+..] or mov r10, imm64; mov [r15+..], r10; jmp (C1SafepointPollStub, C2SafepointPollStub, and in line in
 * the native wrappers of 25). */
static bool in_return_poll_stub(const jt_walk *walk, const jt_blob *blob)
{
    enum { BACK = 10, STORE_LENGTH = 7, LENGTH = 2 * BACK + STORE_LENGTH + 1 };
    jt_addr pc = walk->input->registers.pc;
    code_window code;
    if (pc < blob->code_begin + BACK || !read_code(walk, pc - BACK, blob->code_end, LENGTH, &code) ||
        code.length < LENGTH)
        return false;
    const uint8_t *b = code.bytes + BACK;
    size_t load = b[0] == 0x4C && b[1] == 0x8D && b[2] == 0x15 ? 7 : b[0] == 0x49 && b[1] == 0xBA ? 10 : 0;
    if (load != 0)
        b += load;
    if (b[0] == 0x4D && b[1] == 0x89 && b[2] == 0x97)
        return b[STORE_LENGTH] == 0xE9;
    return load == 0 && b[0] == 0xE9 && b[-7] == 0x4D && b[-6] == 0x89 && b[-5] == 0x97;
}

/* --- tops --- */

/* C2 moves from stack slot to stack slot by push [rsp+..]; pop [rsp+..]: at the pop, sp is a word lower. */
static jt_addr pushed_for_move(const jt_walk *walk, const jt_blob *blob)
{
    code_window code;
    if (!read_code(walk, walk->input->registers.pc, blob->code_end, 4, &code) || code.length < 4)
        return 0;
    const uint8_t *b = code.bytes + ((code.bytes[0] & 0xF0) == 0x40);
    return b[0] == 0x8F && (b[1] & 0x3F) == 0x04 && b[2] == 0x24 ? 8 : 0;
}

/* The frame stands. Words may be pushed in the middle of a method (push rax; ...; pop rax, string intrinsics, the
 * deoptimisation handler), but a compiled frame begins at an aligned address: half of the readings are out at once. What
 * was pushed never looks like a return address; what an older call left in the frame may. */
static void standing_compiled(const jt_walk *walk, const jt_blob *blob, const jt_frame *leaf, jt_tops *tops)
{
    jt_addr sp = walk->input->registers.sp + pushed_for_move(walk, blob);
    jt_addr size = (jt_addr)blob->frame_size_words * 8;
    sp += sp % FRAME_ALIGNMENT;
    jt_tops_add(tops, leaf, below_return_slot(walk, sp + size - 8));
    for (int pushed = 2; pushed <= MAX_PUSHED_WORDS && tops->count < JT_MAX_TOPS - 1; pushed += 2) {
        jt_cursor moved = below_return_slot(walk, sp + 8 * (jt_addr)pushed + size - 8);
        if (jt_walk_is_return_pc(walk, moved.pc))
            jt_tops_add(tops, leaf, moved);
    }
}

static void nmethod_tops(const jt_walk *walk, jt_blob *blob, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_cursor caller;
    jt_frame leaf = jt_nmethod_frame(blob, JT_FRAME_COMPILED_LEAF, (int32_t)(r->pc - blob->code_begin));
    learn_prologues(walk, blob);
    if (in_prologue(walk, blob, &caller)) {
        leaf.position = JT_POSITION_ENTRY;
        jt_tops_add(tops, &leaf, caller);
        return;
    }
    if (blob->kind == JT_BLOB_NATIVE_NMETHOD && blob->prologues[0].built == 0) {
        /* the method handle intrinsics (linkTo*, invokeBasic): they jump on without a frame */
        jt_tops_add(tops, NULL, at_return_slot(walk, r->sp, r->fp));
        return;
    }
    if (in_epilogue(walk, blob, &caller)) {
        if (caller.sp != r->sp + (jt_addr)blob->frame_size_words * 8)
            leaf.position = JT_POSITION_UNKNOWN;
        jt_tops_add(tops, &leaf, caller);
    }
    if (in_return_poll_stub(walk, blob)) {
        jt_frame leaving = leaf;
        leaving.position = JT_POSITION_UNKNOWN;
        jt_tops_add(tops, &leaving, at_return_slot(walk, r->sp, r->fp));
    }
    if (blob->frame_size_words <= 0)
        return;
    standing_compiled(walk, blob, &leaf, tops);
    /* before the frame stands, in code without a prologue that was recognised */
    jt_tops_add(tops, &leaf, at_return_slot(walk, r->sp, r->fp));
}

/* Vtable and itable stubs jump to the method; an exception or a missing method leaves them by a jump, too. */
static void vtable_tops(const jt_walk *walk, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_tops_add(tops, NULL, at_return_slot(walk, r->sp, r->fp));
}

/* I2C: the return address is on top, then in rax, then on top of the moved arguments. C2I: the same, and r13 is the
 * sender's sp from the moment rax holds the return address (SharedRuntime::gen_i2c_adapter, gen_c2i_adapter). */
static void adapter_tops(const jt_walk *walk, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_addr in_rax = r->general[JT_RAX], sender_sp = r->general[JT_R13], on_top = 0;
    jt_walk_word(walk, r->sp, &on_top);
    bool rax_valid = jt_walk_is_return_pc(walk, in_rax);
    if (rax_valid && sender_sp >= r->sp && sender_sp - r->sp <= MAX_SHUFFLE && jt_walk_on_stack(walk, sender_sp))
        jt_tops_add(tops, NULL, (jt_cursor){.pc = in_rax, .sp = sender_sp, .fp = r->fp});
    jt_tops_add(tops, NULL, (jt_cursor){.pc = on_top, .sp = r->sp + 8, .fp = r->fp});
    if (rax_valid)
        jt_tops_add(tops, NULL, (jt_cursor){.pc = in_rax, .sp = r->sp, .fp = r->fp});
}

/* On the way to the handler at `pc` in compiled code, whose frame stands at sp. */
static bool handler_top(const jt_walk *walk, jt_addr pc, jt_addr sp, jt_tops *tops)
{
    jt_blob *handler = jt_code_cache_find(walk->code_cache, pc);
    if (handler == NULL || handler->kind != JT_BLOB_NMETHOD || handler->frame_size_words <= 0)
        return false;
    jt_frame leaf = jt_nmethod_frame(handler, JT_FRAME_COMPILED_LEAF, (int32_t)(pc - handler->code_begin));
    jt_tops_add(tops, &leaf, below_return_slot(walk, sp + (jt_addr)handler->frame_size_words * 8 - 8));
    return true;
}

/* `leave; pop rcx; jmp rcx`, at whichever of them: handle_exception_from_callee put the handler's address where its
 * return address was. */
static bool jumping_to_handler(const jt_walk *walk, const code_window *code, jt_tops *tops)
{
    static const uint8_t end[] = {0xC9, 0x59, 0xFF, 0xE1};
    const jt_registers *r = &walk->input->registers;
    jt_addr pc = r->general[JT_RCX], sp = r->sp;
    if (has(code, 0, 4) && memcmp(code->bytes, end, 4) == 0)
        return jt_walk_word(walk, r->fp + 8, &pc) && handler_top(walk, pc, r->fp + 16, tops);
    if (has(code, 0, 3) && memcmp(code->bytes, end + 1, 3) == 0)
        return jt_walk_word(walk, sp, &pc) && handler_top(walk, pc, sp + 8, tops);
    return has(code, 0, 2) && memcmp(code->bytes, end + 2, 2) == 0 && handler_top(walk, pc, sp, tops);
}

/* What stands between a stub's frame and its last jump and leaves sp alone: moves between registers, from and to the
 * thread, of a constant; a register set to 0. */
static size_t stub_neutral(const code_window *c, size_t at)
{
    const uint8_t *b = c->bytes + at;
    bool rex = has(c, at, 3) && (b[0] & 0xF8) == 0x48;
    if (rex && (b[1] == 0x8B || b[1] == 0x89 || b[1] == 0x33) && b[2] >= 0xC0)
        return 3; /* mov or xor reg, reg */
    if (has(c, at, 2) && b[0] == 0x33 && b[1] >= 0xC0)
        return 2; /* xor reg, reg */
    if (has(c, at, 7) && rex && (b[1] == 0x8B || b[1] == 0x89) && (b[2] & 0xC7) == 0x87)
        return 7; /* mov reg, [r15+disp32], or back */
    if (has(c, at, 11) && b[0] == 0x49 && b[1] == 0xC7 && b[2] == 0x87)
        return 11; /* mov qword [r15+disp32], imm32 */
    if (has(c, at, 10) && b[0] == 0x49 && b[1] == 0xBA)
        return 10; /* mov r10, imm64 */
    return neutral_instruction(c, at);
}

/* Stubs that look up an exception's handler end in `pop rdx; ...; jmp reg`: rdx is then the return address, and the
 * caller's frame is on top (unwind_exception, forward_exception, rethrow, ExceptionBlob). Run forward to the jump. */
static bool leaving_exception_stub(const jt_walk *walk, const jt_blob *blob, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    simulation s = {.walk = walk, .sp = r->sp, .fp = r->fp};
    jt_cursor caller = {.pc = r->general[JT_RDX]};
    unsigned target;
    uint8_t before = 0;
    if (!read_code(walk, r->pc, blob->code_end, EPILOGUE_WINDOW, &s.code))
        return false;
    if (jumping_to_handler(walk, &s.code, tops))
        return true;
    jt_memory_read(walk->vm->memory, r->pc - 1, &before, 1);
    bool popped = before != 0x5D; /* right after pop rbp the return address is still on top */
    for (int i = 0; i < EPILOGUE_STEPS && has(&s.code, s.at, 3); i++) {
        if (jump_register(s.code.bytes + s.at, &target) != 0) {
            caller.sp = s.sp;
            caller.fp = s.fp;
            if (!popped)
                caller = at_return_slot(walk, s.sp, s.fp);
            if (!jt_walk_is_return_pc(walk, caller.pc))
                return false;
            jt_tops_add(tops, NULL, caller);
            return true;
        }
        size_t length = stub_neutral(&s.code, s.at);
        if (length == 0 && s.code.bytes[s.at] == 0x5A) { /* pop rdx */
            popped = jt_walk_word(walk, s.sp, &caller.pc);
            s.sp += 8;
            length = 1;
        } else if (length == 0) {
            popped = false;
            if (!simulate_release(&s))
                return false;
        }
        s.at += length;
    }
    return false;
}

/* Where a call before `pc` goes to, 0 if it is none or its target is not in the code: call rel32, or
 * mov r10, imm64; call r10, by which C2 calls leaf routines. */
static jt_addr call_target(const jt_walk *walk, jt_addr pc)
{
    enum { LONGEST = 13 };
    uint8_t before[LONGEST];
    jt_addr target;
    if (jt_memory_read(walk->vm->memory, pc - LONGEST, before, sizeof before) != JT_OK)
        return 0;
    const uint8_t *end = before + LONGEST;
    if (end[-5] == 0xE8)
        return pc + (jt_addr)(int64_t)imm32(end - 4);
    if (before[0] != 0x49 || before[1] != 0xBA || end[-3] != 0x41 || end[-2] != 0xFF || end[-1] != 0xD2)
        return 0;
    memcpy(&target, before + 2, sizeof target);
    return target;
}

/* The return address that a call to this very stub left: the nearest one is the right one, however much the stub has
 * pushed. */
static void called_stub_tops(const jt_walk *walk, const jt_blob *blob, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_addr slot = r->sp, word;
    for (int i = 0; i < STUB_SLOTS && jt_walk_word(walk, slot, &word); i++, slot += 8) {
        if (!jt_code_cache_covers(walk->code_cache, word))
            continue;
        jt_addr target = call_target(walk, word);
        if (target < blob->code_begin || target >= blob->code_end)
            continue;
        jt_cursor caller = at_return_slot(walk, slot, r->fp);
        caller.leaf_call = true;
        jt_tops_add(tops, NULL, caller);
        jt_walk_word(walk, slot - 8, &caller.fp); /* should the stub have pushed rbp and changed it */
        jt_tops_add(tops, NULL, caller);
        caller.sp += 16; /* C1 pushes the two operands of slow_subtype_check (c1_LIRAssembler_x86.cpp) */
        jt_tops_add(tops, NULL, caller);
        return;
    }
}

/* A stub that begins with `push rbp; mov rbp, rsp` and is past them (RegisterSaver::save_live_registers): fp is its own
 * until the end. In any other code fp may be a caller's, and frames would be skipped. */
static bool has_frame_pointer(const jt_walk *walk, const jt_blob *blob)
{
    enum { MAX_FRAME_BYTES = 4096 };
    static const uint8_t enter[] = {0x55, 0x48, 0x8B, 0xEC};
    const jt_registers *r = &walk->input->registers;
    code_window code;
    return r->pc >= blob->code_begin + sizeof enter && r->fp >= r->sp && r->fp - r->sp <= MAX_FRAME_BYTES &&
           read_code(walk, blob->code_begin, blob->code_end, sizeof enter, &code) && code.length == sizeof enter &&
           memcmp(code.bytes, enter, sizeof enter) == 0;
}

/* Runtime stubs and StubRoutines. Compiled code calls many of them without debug info, so a return address need not have
 * a PcDesc, but a call before it. */
static void stub_tops(const jt_walk *walk, jt_blob *blob, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_cursor callers[5];
    size_t count = 0;
    if (leaving_exception_stub(walk, blob, tops))
        return;
    if (r->pc == blob->code_begin && jt_walk_is_return_pc(walk, r->general[JT_RDX]) &&
        strcmp(blob->name, "ExceptionBlob") == 0) { /* rdx is the throwing pc until it is pushed */
        jt_tops_add(tops, NULL, (jt_cursor){.pc = r->general[JT_RDX], .sp = r->sp, .fp = r->fp});
        return;
    }
    learn_prologues(walk, blob);
    called_stub_tops(walk, blob, tops);
    if (in_prologue(walk, blob, &callers[count]) || in_epilogue(walk, blob, &callers[count]))
        count++;
    if (count == 0 && has_frame_pointer(walk, blob))
        callers[count++] = below_return_slot(walk, r->fp + 8);
    if (count == 0 && blob->frame_size_words > 0)
        callers[count++] = below_return_slot(walk, r->sp + pushed_for_move(walk, blob) +
                                                       (jt_addr)blob->frame_size_words * 8 - 8);
    callers[count++] = at_return_slot(walk, r->sp, r->fp);
    callers[count++] = below_return_slot(walk, r->sp + 8);
    /* the throwing pc, in stubs that handle exceptions under other names */
    callers[count++] = (jt_cursor){.pc = r->general[JT_RDX], .sp = r->sp, .fp = r->fp};
    for (size_t i = 0; i < count; i++) {
        callers[i].leaf_call = true;
        if (callers[i].pc == walk->call_stub_return || jt_walk_is_return_pc(walk, callers[i].pc) ||
            (jt_code_cache_covers(walk->code_cache, callers[i].pc) && jt_walk_call_precedes(walk, callers[i].pc)))
            jt_tops_add(tops, NULL, callers[i]);
        else if (i == 0)
            handler_top(walk, callers[i].pc, callers[i].sp, tops); /* forward_exception returns to the handler */
    }
}

/* A poll that hit in the middle of a method comes here by a signal: a word is pushed in place of a return address, rbp,
 * and later the poll's pc from the thread is put into that place. A return poll comes by a jump, its frame gone
 * (SharedRuntime::generate_handler_blob). */
static void safepoint_tops(const jt_walk *walk, jt_blob *blob, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_cursor caller;
    uint8_t first = 0;
    jt_memory_read(walk->vm->memory, blob->code_begin, &first, 1);
    jt_addr offset = r->pc - blob->code_begin;
    bool pushes_place = first == 0x53; /* push rbx */
    if (pushes_place && offset == 0) {
        caller = (jt_cursor){.sp = r->sp, .fp = r->fp};
    } else if (in_epilogue(walk, blob, &caller)) {
        /* as it says */
    } else if (offset <= (jt_addr)pushes_place) {
        caller = at_return_slot(walk, r->sp, r->fp);
    } else if (offset == (jt_addr)pushes_place + 1) {
        caller = at_return_slot(walk, r->sp + 8, r->fp);
    } else {
        caller = below_return_slot(walk, r->fp + 8);
    }
    if (pushes_place && !jt_walk_is_return_pc(walk, caller.pc))
        caller.pc = walk->input->saved_exception_pc;
    jt_tops_add(tops, NULL, caller);
    if (pushes_place) { /* what was pushed may look like a return address */
        caller.pc = walk->input->saved_exception_pc;
        jt_tops_add(tops, NULL, caller);
    }
}

/* Entered with the deoptimised frame's return address pushed; saves all registers in a frame of its own, and has an
 * anchor when it calls the VM. Then it takes the old frame down and builds the new ones: not walkable. */
static void deoptimization_tops(const jt_walk *walk, const jt_blob *blob, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    const jt_addr slots[] = {r->sp, r->sp + 8, r->fp + 8};
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        jt_cursor caller = i == 0 ? at_return_slot(walk, slots[i], r->fp) : below_return_slot(walk, slots[i]);
        jt_blob *deoptimised = jt_code_cache_find(walk->code_cache, caller.pc);
        if (deoptimised != NULL && deoptimised != blob && jt_blob_is_deopt_pc(deoptimised, caller.pc))
            jt_tops_add(tops, NULL, caller);
    }
}

/* --- the interpreter --- */

/* A method is being entered: rbx is the Method, r13 the sender's sp until the frame stands and the bcp afterwards. The
 * return address is on top, then in rax while the locals are pushed, then on top again, then at fp[1]. */
static bool entering_method(const jt_walk *walk, const jt_method *method, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_addr sender_sp = r->general[JT_R13], on_top = 0, second = 0;
    if (method == NULL || !jt_walk_on_stack(walk, sender_sp) || sender_sp < r->sp)
        return false;
    jt_frame leaf = jt_method_frame(method, 0);
    jt_walk_word(walk, r->sp, &on_top);
    jt_walk_word(walk, r->sp + 8, &second);
    jt_cursor caller = {.sp = sender_sp, .fp = r->fp};
    if (r->fp >= r->sp && r->fp - r->sp <= 16 && jt_walk_word(walk, r->fp + 8, &caller.pc) &&
        jt_walk_is_return_pc(walk, caller.pc)) {
        jt_walk_word(walk, r->fp, &caller.fp); /* mov rbp, rsp has been done */
    } else if (on_top == r->fp && jt_walk_is_return_pc(walk, second)) {
        caller.pc = second; /* push rbp has been done */
    } else if (jt_walk_is_return_pc(walk, on_top)) {
        caller.pc = on_top;
    } else {
        caller.pc = r->general[JT_RAX];
    }
    jt_tops_add(tops, &leaf, caller);
    return true;
}

/* `mov rsp, reg`: its length, and the register's value. */
static size_t restore_sp(const uint8_t *b, const jt_registers *r, jt_addr *sp)
{
    if ((b[0] != 0x48 && b[0] != 0x49) || b[1] != 0x8B || (b[2] & 0xF8) != 0xE0)
        return 0;
    *sp = numbered_register(r, (unsigned)(b[2] & 7) + (b[0] == 0x49 ? 8 : 0));
    return 3;
}

/* `pop reg`: its length, and the register. */
static size_t pop_register(const uint8_t *b, unsigned *number)
{
    size_t rex = b[0] == 0x41;
    if ((b[rex] & 0xF8) != 0x58)
        return 0;
    *number = (unsigned)(b[rex] & 7) + (rex ? 8 : 0);
    return rex + 1;
}

/* What 25 does on the way out of a method: it tells JFR that the frame is whole again, and a continuation that its
 * fast path is left. */
static size_t leaving_neutral(const uint8_t *b)
{
    if (b[0] == 0x41 && b[1] == 0xC6 && b[2] == 0x87)
        return 8; /* mov byte [r15+disp32], imm8 */
    if (b[0] == 0x49 && b[1] == 0x3B && b[2] == 0xA7)
        return 7; /* cmp rsp, [r15+disp32] */
    if (b[0] == 0x49 && b[1] == 0xC7 && b[2] == 0x87)
        return 11; /* mov qword [r15+disp32], imm32 */
    return b[0] == 0x72 ? 2 : 0; /* jb rel8 */
}

/* `pop reg; mov rsp, rbx; jmp reg` after the leave at a method's end (InterpreterMacroAssembler::remove_activation and
 * the return templates), from r11 after a native method, or from r13 where a method entry did the work itself (Math and
 * CRC32 intrinsics): the frame is gone, the return address is on top or in reg. Run forward to the jump. */
static bool leaving_method(const jt_walk *walk, jt_tops *tops)
{
    enum { AHEAD = 48, LONGEST = 11, STEPS = 8 };
    const jt_registers *r = &walk->input->registers;
    code_window code;
    unsigned popped = 0, target;
    jt_cursor caller = {.sp = r->sp, .fp = r->fp};
    if (!read_code(walk, r->pc, r->pc + AHEAD, AHEAD, &code))
        return false;
    size_t at = 0;
    for (int i = 0; i < STEPS && has(&code, at, LONGEST) && jump_register(code.bytes + at, &target) == 0; i++) {
        const uint8_t *b = code.bytes + at;
        size_t length = leaving_neutral(b);
        if (length == 0)
            length = restore_sp(b, r, &caller.sp);
        if (length == 0) {
            length = pop_register(b, &popped);
            if (length == 0 || !jt_walk_word(walk, caller.sp, &caller.pc))
                return false;
            caller.sp += 8;
        }
        at += length;
    }
    if (!has(&code, at, LONGEST) || jump_register(code.bytes + at, &target) == 0)
        return false;
    if (caller.pc == 0 || popped != target)
        caller.pc = numbered_register(r, target);
    if (!jt_walk_is_return_pc(walk, caller.pc))
        return false;
    jt_tops_add(tops, NULL, caller);
    return true;
}

/* The frame stands. The bcp register is ahead of the frame's slot, which is written only before calls. */
static void standing_interpreted(const jt_walk *walk, bool register_is_bcp, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_addr address = 0, bcp = r->general[JT_R13];
    jt_walk_word(walk, r->fp + (jt_addr)(int64_t)(8 * JT_INTERPRETED_METHOD), &address);
    const jt_method *method = jt_method_cache_get(walk->methods, address);
    if (method == NULL)
        return;
    if (method->is_native || !register_is_bcp || bcp < method->bytecodes || bcp >= method->bytecodes + method->code_size)
        jt_walk_word(walk, r->fp + (jt_addr)(int64_t)(8 * jt_arch_bcp_slot(&walk->vm->layout)), &bcp);
    bool known = !method->is_native && bcp >= method->bytecodes && bcp < method->bytecodes + method->code_size;
    jt_frame leaf = jt_method_frame(method, known ? (int32_t)(bcp - method->bytecodes) : 0);
    jt_cursor caller = {0};
    jt_walk_word(walk, r->fp + 8, &caller.pc);
    jt_walk_word(walk, r->fp, &caller.fp);
    jt_walk_word(walk, r->fp + (jt_addr)(int64_t)(8 * JT_INTERPRETED_SENDER_SP), &caller.sp);
    jt_tops_add(tops, &leaf, caller);
}

/* In a method entry's codelet, after the sender's sp was pushed and r13 took the bytecodes: the frame stands, but its
 * method slot may not be written yet. */
static void entered_method(const jt_walk *walk, const jt_method *method, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    if (method == NULL || r->fp < r->sp || r->fp - r->sp >= INTERPRETED_FIXED_WORDS * 8)
        return;
    jt_cursor caller = {0};
    jt_walk_word(walk, r->fp + 8, &caller.pc);
    jt_walk_word(walk, r->fp, &caller.fp);
    jt_walk_word(walk, r->fp + (jt_addr)(int64_t)(8 * JT_INTERPRETED_SENDER_SP), &caller.sp);
    jt_frame leaf = jt_method_frame(method, 0);
    jt_tops_add(tops, &leaf, caller);
}

static void interpreter_tops(const jt_walk *walk, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_codelet_kind codelet = jt_interpreter_codelet(walk->interpreter, r->pc);
    bool entry = codelet == JT_CODELET_METHOD_ENTRY || codelet == JT_CODELET_UNKNOWN;
    const jt_method *entered = entry ? jt_method_cache_get(walk->methods, r->general[JT_RBX]) : NULL;
    if (leaving_method(walk, tops))
        return;
    if (entered != NULL && entering_method(walk, entered, tops) && codelet == JT_CODELET_METHOD_ENTRY)
        return;
    if (codelet == JT_CODELET_METHOD_ENTRY)
        entered_method(walk, entered, tops);
    standing_interpreted(walk, codelet != JT_CODELET_RETURN_ENTRY, tops);
}

void jt_arch_tops(const jt_walk *walk, jt_blob *blob, jt_tops *tops)
{
    if (jt_interpreter_contains(walk->interpreter, walk->input->registers.pc)) {
        interpreter_tops(walk, tops);
        return;
    }
    switch (blob->kind) {
    case JT_BLOB_NMETHOD:
    case JT_BLOB_NATIVE_NMETHOD:
        nmethod_tops(walk, blob, tops);
        break;
    case JT_BLOB_VTABLE:
        vtable_tops(walk, tops);
        break;
    case JT_BLOB_ADAPTER:
        adapter_tops(walk, tops);
        break;
    case JT_BLOB_DEOPTIMIZATION:
        deoptimization_tops(walk, blob, tops);
        break;
    case JT_BLOB_SAFEPOINT:
        safepoint_tops(walk, blob, tops);
        stub_tops(walk, blob, tops);
        break;
    default:
        stub_tops(walk, blob, tops);
    }
}
