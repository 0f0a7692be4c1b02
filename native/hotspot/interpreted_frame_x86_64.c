/* How the template interpreter builds and leaves its frames, instruction by instruction. Sources:
 * templateInterpreterGenerator_x86.cpp, templateTable_x86.cpp, interp_masm_x86.cpp (remove_activation). */
#include "frame_x86_64.h"

enum {
    NUMBER_OF_RDX = 2, /* in instructions */
    NO_REGISTER = 16,
    INTERPRETED_FIXED_WORDS = 12 /* words of an interpreted frame below fp before its expression stack */
};

/* A method is being entered: rbx is the Method, r13 the sender's sp until the frame stands and the bcp afterwards. The
 * return address is on top, then in rax while the locals are pushed, then on top again, then at fp[1]. */
static bool entering_method(const jt_walk *walk, const jt_method *method, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_addr sender_sp = r->general[JT_R13], on_top = 0, second = 0;
    /* linkTo* take their last argument off the stack: with the return address in rax, sp is above the sender's for once
     */
    bool linked = sender_sp + 8 == r->sp && jt_walk_is_return_pc(walk, r->general[JT_RAX]);
    if (method == NULL || (!linked && (!jt_walk_on_stack(walk, sender_sp) || sender_sp < r->sp)))
        return false;
    jt_frame leaf = jt_method_frame(method, 0);
    jt_walk_word(walk, r->sp, &on_top);
    jt_walk_word(walk, r->sp + 8, &second);
    jt_cursor caller = {.sp = sender_sp, .fp = r->fp};
    if (linked) {
        caller.pc = r->general[JT_RAX];
    } else if (r->fp >= r->sp && r->fp - r->sp <= 16 && jt_walk_word(walk, r->fp + 8, &caller.pc) &&
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
    *sp = jt_x86_register(r, (unsigned)(b[2] & 7) + (b[0] == 0x49 ? 8 : 0));
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

/* What stands between a method's leave and the last jump, and does not move sp: 25 tells JFR that the frame is whole
 * again, and a continuation that its fast path is left; on the way to an exception handler the handler is looked up. */
static size_t leaving_neutral(const uint8_t *b)
{
    if (b[0] == 0x41 && b[1] == 0xC6 && b[2] == 0x87)
        return 8; /* mov byte [r15+disp32], imm8 */
    if (b[0] == 0x49 && (b[1] == 0x3B || b[1] == 0x8B) && (b[2] & 0xC7) == 0x87)
        return 7; /* cmp or mov reg, [r15+disp32] */
    if (b[0] == 0x49 && b[1] == 0x3B && b[2] == 0xA7)
        return 7; /* cmp rsp, [r15+disp32] */
    if (b[0] == 0x49 && b[1] == 0xC7 && b[2] == 0x87)
        return 11; /* mov qword [r15+disp32], imm32 */
    if ((b[0] == 0x48 || b[0] == 0x49) && b[1] == 0x8B && b[2] >= 0xC0 && (b[2] & 0x38) != 0x20)
        return 3; /* mov reg, reg, but for those to rsp */
    if (b[0] == 0x49 && b[1] == 0xBA)
        return 10; /* mov r10, imm64 */
    if (b[0] == 0x4D && b[1] == 0x89 && (b[2] & 0xC7) == 0x87)
        return 7; /* mov [r15+disp32], reg */
    if (b[0] == 0x40 && b[1] == 0xF6 && b[2] == 0xC4)
        return 4; /* test spl, imm8 */
    if (b[0] == 0xF7 && b[1] == 0xC4)
        return 6; /* test esp, imm32 */
    if (b[0] == 0x0F && b[1] == 0x84 && b[3] == 0 && b[4] == 0 && b[5] == 0)
        return 6 + (size_t)b[2]; /* je rel32, forward: sp is aligned, or it need not be */
    if (b[0] == 0xE9 && b[2] == 0 && b[3] == 0 && b[4] == 0)
        return 5 + (size_t)b[1]; /* jmp rel32, forward */
    if (b[0] == 0xE8)
        return 5;                /* call: exception_handler_for_return_address */
    return b[0] == 0x72 ? 2 : 0; /* jb rel8 */
}

/* A method's end, run forward from pc. */
typedef struct {
    const jt_walk *walk;
    jt_addr sp;
    int pushed; /* words pushed in the run: popped again, they are no words of the stack */
    unsigned popped;
    jt_addr popped_value, rdx;
} leaving;

/* An instruction that moves sp: its length, 0 if it is none. */
static size_t leaving_move(leaving *run, const uint8_t *b)
{
    unsigned number;
    size_t length = restore_sp(b, &run->walk->input->registers, &run->sp);
    if (length != 0)
        return length;
    if (b[0] == 0x50 || b[0] == 0x52) { /* push rax, push rdx */
        run->pushed++;
        return 1;
    }
    if (b[0] == 0x48 && b[1] == 0x83 && (b[2] == 0xC4 || b[2] == 0xEC)) { /* add or sub rsp, imm8 */
        run->sp += (jt_addr)(b[2] == 0xC4 ? b[3] : -(int64_t)b[3]);
        return 4;
    }
    length = pop_register(b, &number);
    if (length == 0 || run->pushed > 0) {
        run->pushed -= length != 0;
        return length;
    }
    if (!jt_walk_word(run->walk, run->sp, &run->popped_value))
        return 0;
    run->popped = number;
    if (number == NUMBER_OF_RDX)
        run->rdx = run->popped_value;
    run->sp += 8;
    return length;
}

/* `pop reg; mov rsp, rbx; jmp reg` after the leave at a method's end (InterpreterMacroAssembler::remove_activation and
 * the return templates), from r11 after a native method, or from r13 where a method entry did the work itself (Math and
 * CRC32 intrinsics): the frame is gone, the return address is on top or in reg. On the way to an exception handler it
 * is in rdx, and the jump goes to the handler (generate_throw_exception). Run forward to the jump. */
static bool leaving_method(const jt_walk *walk, jt_tops *tops)
{
    enum { AHEAD = 160, LONGEST = 11, STEPS = 24 };
    const jt_registers *r = &walk->input->registers;
    leaving run = {.walk = walk, .sp = r->sp, .popped = NO_REGISTER, .rdx = r->general[JT_RDX]};
    jt_x86_code code;
    unsigned target;
    size_t at = 0;
    if (!jt_x86_read_code(walk, r->pc, r->pc + AHEAD, AHEAD, &code))
        return false;
    for (int i = 0; i < STEPS && jt_x86_has(&code, at, LONGEST) && jt_x86_jump_register(code.bytes + at, &target) == 0;
         i++) {
        size_t length = leaving_neutral(code.bytes + at);
        if (length == 0)
            length = leaving_move(&run, code.bytes + at);
        if (length == 0)
            return false;
        at += length;
    }
    if (!jt_x86_has(&code, at, LONGEST) || jt_x86_jump_register(code.bytes + at, &target) == 0)
        return false;
    jt_cursor caller = {.sp = run.sp, .fp = r->fp};
    caller.pc = run.popped == target ? run.popped_value : jt_x86_register(r, target);
    if (!jt_walk_is_return_pc(walk, caller.pc))
        caller.pc = run.rdx;
    if (!jt_walk_is_return_pc(walk, caller.pc))
        return false;
    jt_tops_add(tops, NULL, caller);
    return true;
}

/* Up to 8, a Math intrinsic's own entry, which has no frame: it calls the VM, or has words on the stack for the FPU. */
static bool in_math_entry(const jt_walk *walk, jt_tops *tops)
{
    enum { ENTRY_BYTES = 768 };
    const jt_registers *r = &walk->input->registers;
    jt_addr own_sp = jt_x86_sp_above_saved_registers(walk, r->pc - ENTRY_BYTES);
    jt_addr words = jt_x86_words_since_precision_was_raised(walk, r->pc - ENTRY_BYTES, r->pc + ENTRY_BYTES);
    if (own_sp == 0 && words == 0)
        return false;
    jt_cursor caller = jt_x86_at_return_slot(walk, own_sp != 0 ? own_sp : r->sp + 8 * words, r->fp);
    if (own_sp == 0 && !jt_walk_is_return_pc(walk, caller.pc))
        caller = jt_x86_at_return_slot(walk, caller.sp, r->fp); /* pow keeps a word of its own there */
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
    if (method->is_native || !register_is_bcp || bcp < method->bytecodes ||
        bcp >= method->bytecodes + method->code_size)
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

void jt_x86_interpreter_tops(const jt_walk *walk, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_codelet_kind codelet = jt_interpreter_codelet(walk->interpreter, r->pc);
    bool entry = codelet == JT_CODELET_METHOD_ENTRY || codelet == JT_CODELET_UNKNOWN;
    const jt_method *entered = entry ? jt_method_cache_get(walk->methods, r->general[JT_RBX]) : NULL;
    if (leaving_method(walk, tops))
        return;
    if (entry && in_math_entry(walk, tops))
        return;
    if (entered != NULL && entering_method(walk, entered, tops) && codelet == JT_CODELET_METHOD_ENTRY)
        return;
    if (codelet == JT_CODELET_METHOD_ENTRY)
        entered_method(walk, entered, tops);
    standing_interpreted(walk, codelet != JT_CODELET_RETURN_ENTRY, tops);
}
