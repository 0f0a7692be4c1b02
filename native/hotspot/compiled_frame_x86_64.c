/* How compiled code builds and leaves its frames, instruction by instruction. Sources: macroAssembler_x86.cpp
 * (verified_entry), c1_MacroAssembler_x86.cpp (build_frame), x86_64.ad (MachProlog, MachEpilog),
 * sharedRuntime_x86_64.cpp (generate_native_wrapper). */
#include "frame_x86_64.h"

#include <string.h>

enum {
    PROLOGUE_WINDOW = JT_X86_CODE_BYTES, /* bytes of code searched for a frame's building */
    STUB_PROLOGUE_WINDOW = 16,           /* those of runtime stubs that C2 compiled: at once */
    MAX_PUSHED_WORDS = 12
};

/* --- prologues --- */

/* `mov rbp, rsp` (PreserveFramePointer, native wrappers), in both encodings. */
static size_t mov_rbp_rsp(const jt_x86_code *code, size_t at)
{
    const uint8_t *b = code->bytes + at;
    if (!jt_x86_has(code, at, 3) || b[0] != 0x48)
        return 0;
    return (b[1] == 0x8B && b[2] == 0xEC) || (b[1] == 0x89 && b[2] == 0xE5) ? 3 : 0;
}

/* `mov [rsp+disp], rbp`. */
static size_t save_rbp(const jt_x86_code *code, size_t at)
{
    const uint8_t *b = code->bytes + at;
    if (jt_x86_has(code, at, 5) && b[0] == 0x48 && b[1] == 0x89 && b[2] == 0x6C && b[3] == 0x24)
        return 5;
    return jt_x86_has(code, at, 8) && b[0] == 0x48 && b[1] == 0x89 && b[2] == 0xAC && b[3] == 0x24 ? 8 : 0;
}

/* push rbp; [mov rbp, rsp]; sub rsp, frame - 16. The operand must fit the frame's size, so that an 0x55 in the middle
 * of another instruction is not taken for a push. */
static bool pushed_prologue(const jt_x86_code *code, size_t at, int64_t frame_bytes, jt_prologue *p)
{
    if (!jt_x86_has(code, at, 1) || code->bytes[at] != 0x55)
        return false;
    int32_t operand = 0;
    size_t sub_at = at + 1 + mov_rbp_rsp(code, at + 1);
    size_t sub_length = jt_x86_move_sp(code, sub_at, JT_X86_SUB_RSP, &operand);
    if (operand != frame_bytes - 16) /* a frame of just these two words needs no sub */
        return false;
    p->pushed = code->at + at + 1;
    p->built = code->at + sub_at + sub_length;
    p->saved = p->built;
    return true;
}

/* sub rsp, frame - 8; mov [rsp + frame - 16], rbp: C2 without stack bang. */
static bool stored_prologue(const jt_x86_code *code, size_t at, int64_t frame_bytes, jt_prologue *p)
{
    int32_t operand = 0;
    size_t sub_length = jt_x86_move_sp(code, at, JT_X86_SUB_RSP, &operand);
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
    jt_x86_code code;
    bool compiled = blob->kind == JT_BLOB_NMETHOD || blob->kind == JT_BLOB_NATIVE_NMETHOD;
    if (start < blob->code_begin || blob->frame_size_words <= 0 ||
        !jt_x86_read_code(walk, start, blob->code_end, compiled ? PROLOGUE_WINDOW : STUB_PROLOGUE_WINDOW, &code))
        return;
    int64_t frame_bytes = (int64_t)blob->frame_size_words * 8;
    for (size_t at = 0; at < code.length; at++) {
        if (pushed_prologue(&code, at, frame_bytes, p) || stored_prologue(&code, at, frame_bytes, p)) {
            p->start = start;
            return;
        }
    }
}

void jt_x86_learn_prologues(const jt_walk *walk, jt_blob *blob)
{
    if (blob->prologues_known)
        return;
    find_prologue(walk, blob, blob->code_begin, &blob->prologues[0]);
    if (blob->osr_entry != 0)
        find_prologue(walk, blob, blob->osr_entry, &blob->prologues[1]);
    blob->prologues_known = true;
}

jt_cursor jt_x86_at_return_slot(const jt_walk *walk, jt_addr slot, jt_addr fp)
{
    jt_cursor caller = {.sp = slot + 8, .fp = fp};
    jt_walk_word(walk, slot, &caller.pc);
    return caller;
}

/* fp as the frame saved it, right below its return address. */
jt_cursor jt_x86_below_return_slot(const jt_walk *walk, jt_addr slot)
{
    jt_addr fp = 0;
    jt_walk_word(walk, slot - 8, &fp);
    return jt_x86_at_return_slot(walk, slot, fp);
}

/* pc while the frame is being built: exactly how far it is. */
bool jt_x86_in_prologue(const jt_walk *walk, const jt_blob *blob, jt_cursor *caller)
{
    const jt_registers *r = &walk->input->registers;
    for (int i = 0; i < 2; i++) {
        const jt_prologue *p = &blob->prologues[i];
        if (p->built == 0 || r->pc < p->start || r->pc >= p->saved)
            continue;
        if (r->pc < p->pushed)
            *caller = jt_x86_at_return_slot(walk, r->sp, r->fp);
        else if (r->pc < p->built)
            *caller = jt_x86_below_return_slot(walk, r->sp + 8);
        else
            *caller = jt_x86_at_return_slot(walk, r->sp + (jt_addr)blob->frame_size_words * 8 - 8, r->fp);
        return true;
    }
    return false;
}

/* --- epilogues: run forward to the ret --- */

/* Instructions that may stand between a frame's end and its ret and leave sp alone: return polls of 8 to 27, the check
 * for a pending exception in native wrappers, vzeroupper. Lengths, 0 if it is none. */
size_t jt_x86_neutral_instruction(const jt_x86_code *c, size_t at)
{
    const uint8_t *b = c->bytes + at;
    if (jt_x86_has(c, at, 6) && b[0] == 0x85 && b[1] == 0x05)
        return 6; /* test [rip+disp32], eax: 8 */
    if (jt_x86_has(c, at, 7) && b[0] == 0x4D && b[1] == 0x8B && b[2] == 0x97)
        return 7; /* mov r10, [r15+disp32]: 11 */
    if (jt_x86_has(c, at, 3) && b[0] == 0x41 && b[1] == 0x85 && b[2] == 0x02)
        return 3; /* test [r10], eax: 11 */
    if (jt_x86_has(c, at, 7) && b[0] == 0x49 && b[1] == 0x3B && b[2] == 0xA7)
        return 7; /* cmp rsp, [r15+disp32]: 17, 21 */
    if (jt_x86_has(c, at, 4) && b[0] == 0x49 && b[1] == 0x3B && b[2] == 0x67)
        return 4; /* cmp rsp, [r15+disp8]: 25 on */
    if (jt_x86_has(c, at, 5) && b[0] == 0x49 && b[1] == 0x83 && b[2] == 0x7F)
        return 5; /* cmp qword [r15+disp8], imm8 */
    if (jt_x86_has(c, at, 8) && b[0] == 0x49 && b[1] == 0x83 && b[2] == 0xBF)
        return 8; /* cmp qword [r15+disp32], imm8 */
    if (jt_x86_has(c, at, 5) && b[0] == 0x41 && b[1] == 0xF6 && b[2] == 0x47)
        return 5; /* test byte [r15+disp8], imm8: the poll of 25's native wrappers */
    if (jt_x86_has(c, at, 8) && b[0] == 0x41 && b[1] == 0xF6 && b[2] == 0x87)
        return 8; /* test byte [r15+disp32], imm8 */
    if (jt_x86_has(c, at, 8) && b[0] == 0x49 && b[1] == 0x81 && b[2] == 0x7F)
        return 8; /* cmp qword [r15+disp8], imm32: the check for an exception, 17 */
    if (jt_x86_has(c, at, 6) && b[0] == 0x0F && b[1] == 0x82 && b[3] == 0 && b[4] == 0 && b[5] == 0)
        return 6 + (size_t)b[2]; /* jb rel32, forward: over what the reserved stack zone needs (reserved_stack_check) */
    if (jt_x86_has(c, at, 6) && b[0] == 0x0F && (b[1] & 0xF0) == 0x80)
        return 6; /* jcc rel32: not taken, or the frame is as it is there, too */
    if (jt_x86_has(c, at, 2) && (b[0] == 0x74 || b[0] == 0x72))
        return 2 + (size_t)(b[1] & 0x7F); /* je, jb rel8, forward: over what a poll does when it hits, and as above */
    if (jt_x86_has(c, at, 2) && (b[0] & 0xF0) == 0x70)
        return 2;                                                                        /* jcc rel8 */
    return jt_x86_has(c, at, 3) && b[0] == 0xC5 && b[1] == 0xF8 && b[2] == 0x77 ? 3 : 0; /* vzeroupper */
}

/* One instruction that moves sp; false when it is none of those that end a frame. */
bool jt_x86_simulate_release(jt_x86_simulation *s)
{
    const jt_x86_code *c = &s->code;
    const uint8_t *b = c->bytes + s->at;
    int32_t operand;
    size_t added = jt_x86_move_sp(c, s->at, JT_X86_ADD_RSP, &operand);
    if (added != 0) {
        s->sp += (jt_addr)(int64_t)operand;
        s->at += added;
    } else if (jt_x86_has(c, s->at, 1) && b[0] == 0x5D) { /* pop rbp */
        if (!jt_walk_word(s->walk, s->sp, &s->fp))
            return false;
        s->sp += 8;
        s->at += 1;
    } else if (jt_x86_has(c, s->at, 1) && b[0] == 0x9D) { /* popf: the end of stubs that save all registers */
        s->sp += 8;
        s->at += 1;
    } else if (jt_x86_has(c, s->at, 1) && b[0] == 0xC9) { /* leave */
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

/* jmp rel32 out of the blob: how a frame ends that unwinds an exception (unwind_exception, rethrow, forward_exception).
 */
static bool leaves_by_jump(const jt_x86_simulation *s, const jt_blob *blob)
{
    const uint8_t *b = s->code.bytes + s->at;
    if (!s->released || !jt_x86_has(&s->code, s->at, 5) || b[0] != 0xE9)
        return false;
    jt_addr to = s->code.at + s->at + 5 + (jt_addr)(int64_t)jt_x86_imm32(b + 1);
    return to < blob->start || to >= blob->end;
}

/* From pc straight to a ret, or a jump away, through nothing but a frame's end. */
bool jt_x86_in_epilogue(const jt_walk *walk, const jt_blob *blob, jt_cursor *caller)
{
    const jt_registers *r = &walk->input->registers;
    jt_x86_simulation s = {.walk = walk, .sp = r->sp, .fp = r->fp};
    uint8_t before = 0;
    if (!jt_x86_read_code(walk, r->pc, blob->code_end, JT_X86_END_BYTES, &s.code))
        return false;
    if (s.code.bytes[0] == 0xE9 && jt_walk_code(walk, r->pc - 1, &before, 1))
        s.released = before == 0x5D || before == 0xC9; /* pop rbp, leave */
    for (int i = 0; i < JT_X86_END_STEPS && jt_x86_has(&s.code, s.at, 1); i++) {
        if (s.code.bytes[s.at] == 0xC3 || leaves_by_jump(&s, blob)) { /* ret */
            *caller = jt_x86_at_return_slot(walk, s.sp, s.fp);
            return true;
        }
        size_t length = jt_x86_neutral_instruction(&s.code, s.at);
        s.at += length;
        if (length == 0 && !jt_x86_simulate_release(&s))
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
    jt_x86_code code;
    if (pc < blob->code_begin + BACK || !jt_x86_read_code(walk, pc - BACK, blob->code_end, LENGTH, &code) ||
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

/* --- readings --- */

/* The frame stands. Where nothing tells how many words the code has below it, those are tried whose word in the return
 * address's place is one: a guess, as an older call may have left it. */
static void standing_compiled(const jt_walk *walk, const jt_blob *blob, const jt_frame *leaf, jt_tops *tops)
{
    jt_addr size = (jt_addr)blob->frame_size_words * 8;
    jt_addr kept_sp = jt_x86_kept_sp(walk, blob), sp = jt_x86_sp_above_pushed(walk, blob);
    if (kept_sp != 0)
        jt_tops_add(tops, leaf, jt_x86_below_return_slot(walk, kept_sp + size - 8));
    jt_tops_add(tops, leaf, jt_x86_below_return_slot(walk, sp + size - 8));
    for (int pushed = 2; pushed <= MAX_PUSHED_WORDS && tops->count < JT_MAX_TOPS - 1; pushed += 2) {
        jt_cursor moved = jt_x86_below_return_slot(walk, sp + 8 * (jt_addr)pushed + size - 8);
        if (jt_walk_is_return_pc(walk, moved.pc))
            jt_tops_add_guess(tops, leaf, moved);
    }
}

void jt_x86_nmethod_tops(const jt_walk *walk, jt_blob *blob, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_cursor caller;
    jt_frame leaf = jt_nmethod_frame(blob, JT_FRAME_COMPILED_LEAF, (int32_t)(r->pc - blob->code_begin));
    jt_x86_learn_prologues(walk, blob);
    if (jt_x86_in_prologue(walk, blob, &caller)) {
        leaf.position = JT_POSITION_ENTRY;
        jt_tops_add(tops, &leaf, caller);
        return;
    }
    if (blob->kind == JT_BLOB_NATIVE_NMETHOD && blob->prologues[0].built == 0) {
        /* the method handle intrinsics (linkTo*, invokeBasic): they jump on without a frame, but push registers for a
         * barrier (Shenandoah) */
        jt_tops_add(tops, NULL, jt_x86_at_return_slot(walk, r->sp, r->fp));
        jt_x86_called_blob_tops(walk, blob, tops);
        return;
    }
    if (jt_x86_in_epilogue(walk, blob, &caller)) {
        if (caller.sp != r->sp + (jt_addr)blob->frame_size_words * 8)
            leaf.position = JT_POSITION_UNKNOWN;
        jt_tops_add(tops, &leaf, caller);
    }
    if (in_return_poll_stub(walk, blob)) {
        jt_frame leaving = leaf;
        leaving.position = JT_POSITION_UNKNOWN;
        jt_tops_add(tops, &leaving, jt_x86_at_return_slot(walk, r->sp, r->fp));
    }
    if (blob->frame_size_words <= 0)
        return;
    standing_compiled(walk, blob, &leaf, tops);
    if (blob->prologues[0].built == 0) /* perhaps the frame does not stand yet */
        jt_tops_add_guess(tops, &leaf, jt_x86_at_return_slot(walk, r->sp, r->fp));
}
