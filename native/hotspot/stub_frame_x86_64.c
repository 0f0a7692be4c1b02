/* Frames below HotSpot's stubs, instruction by instruction: adapters, vtable stubs, runtime stubs, those that handle
 * exceptions, polls and deoptimisation. Sources: sharedRuntime_x86_64.cpp, stubGenerator_x86_64.cpp,
 * c1_Runtime1_x86.cpp, runtime_x86_64.cpp. */
#include "frame_x86_64.h"

#include <string.h>

enum {
    STUB_SLOTS = 128,     /* words above sp in which a stub's return address is looked for */
    MAX_SHUFFLE = 8 * 260 /* an adapter moves at most 255 arguments: its extra stack is no larger */
};

/* Vtable and itable stubs jump to the method; an exception or a missing method leaves them by a jump, too. */
void jt_x86_vtable_tops(const jt_walk *walk, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_tops_add(tops, NULL, jt_x86_at_return_slot(walk, r->sp, r->fp));
}

/* A C2I adapter that has the VM patch its caller's call keeps sp in r13 meanwhile, where the return address lies, below
 * all the registers that it saves (patch_callers_callsite in sharedRuntime_x86_64.cpp). */
static bool patching_caller(const jt_walk *walk, jt_cursor *caller)
{
    enum { MAX_SAVED_STATE = 4096 };
    const jt_registers *r = &walk->input->registers;
    jt_addr slot = r->general[JT_R13];
    if (slot < r->sp || slot - r->sp > MAX_SAVED_STATE)
        return false;
    *caller = jt_x86_at_return_slot(walk, slot, r->fp);
    return jt_walk_is_return_pc(walk, caller->pc);
}

/* I2C: the return address is on top, then in rax, then on top of the moved arguments. C2I: the same, and r13 is the
 * sender's sp from the moment rax holds the return address (SharedRuntime::gen_i2c_adapter, gen_c2i_adapter). */
void jt_x86_adapter_tops(const jt_walk *walk, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_addr in_rax = r->general[JT_RAX], sender_sp = r->general[JT_R13], on_top = 0;
    jt_cursor patched;
    bool patching = patching_caller(walk, &patched);
    if (patching && (patched.pc == in_rax || jt_walk_call_precedes(walk, r->pc))) {
        jt_tops_add(tops, NULL, patched);
        return;
    }
    jt_walk_word(walk, r->sp, &on_top);
    bool rax_valid = jt_walk_is_return_pc(walk, in_rax);
    if (rax_valid && sender_sp >= r->sp && sender_sp - r->sp <= MAX_SHUFFLE && jt_walk_on_stack(walk, sender_sp))
        jt_tops_add(tops, NULL, (jt_cursor){.pc = in_rax, .sp = sender_sp, .fp = r->fp});
    jt_tops_add(tops, NULL, (jt_cursor){.pc = on_top, .sp = r->sp + 8, .fp = r->fp});
    if (rax_valid)
        jt_tops_add(tops, NULL, (jt_cursor){.pc = in_rax, .sp = r->sp, .fp = r->fp});
    if (patching)
        jt_tops_add(tops, NULL, patched);
}

/* On the way to the handler at `pc` in compiled code, whose frame stands at sp. */
static bool handler_top(const jt_walk *walk, jt_addr pc, jt_addr sp, jt_tops *tops)
{
    jt_blob *handler = jt_code_cache_find(walk->code_cache, pc);
    if (handler == NULL || handler->kind != JT_BLOB_NMETHOD || handler->frame_size_words <= 0)
        return false;
    jt_frame leaf = jt_nmethod_frame(handler, JT_FRAME_COMPILED_LEAF, (int32_t)(pc - handler->code_begin));
    jt_tops_add(tops, &leaf, jt_x86_below_return_slot(walk, sp + (jt_addr)handler->frame_size_words * 8 - 8));
    return true;
}

/* `leave; pop rcx; jmp rcx`, at whichever of them: handle_exception_from_callee put the handler's address where its
 * return address was. */
static bool jumping_to_handler(const jt_walk *walk, const jt_x86_code *code, jt_tops *tops)
{
    static const uint8_t end[] = {0xC9, 0x59, 0xFF, 0xE1};
    const jt_registers *r = &walk->input->registers;
    jt_addr pc = r->general[JT_RCX], sp = r->sp;
    if (jt_x86_has(code, 0, 4) && memcmp(code->bytes, end, 4) == 0)
        return jt_walk_word(walk, r->fp + 8, &pc) && handler_top(walk, pc, r->fp + 16, tops);
    if (jt_x86_has(code, 0, 3) && memcmp(code->bytes, end + 1, 3) == 0)
        return jt_walk_word(walk, sp, &pc) && handler_top(walk, pc, sp + 8, tops);
    return jt_x86_has(code, 0, 2) && memcmp(code->bytes, end + 2, 2) == 0 && handler_top(walk, pc, sp, tops);
}

/* What stands between a stub's frame and its last jump and leaves sp alone: moves between registers, from and to the
 * thread, of a constant; a register set to 0; a jump over the call that another alignment of sp takes. */
static size_t stub_neutral(const jt_x86_code *c, size_t at)
{
    const uint8_t *b = c->bytes + at;
    bool rex = jt_x86_has(c, at, 3) && (b[0] & 0xF8) == 0x48;
    if (rex && (b[1] == 0x8B || b[1] == 0x89 || b[1] == 0x33) && b[2] >= 0xC0)
        return 3; /* mov or xor reg, reg */
    if (jt_x86_has(c, at, 2) && b[0] == 0x33 && b[1] >= 0xC0)
        return 2; /* xor reg, reg */
    if (jt_x86_has(c, at, 7) && rex && (b[1] == 0x8B || b[1] == 0x89) && (b[2] & 0xC7) == 0x87)
        return 7; /* mov reg, [r15+disp32], or back */
    if (jt_x86_has(c, at, 4) && rex && (b[1] == 0x8B || b[1] == 0x89) && (b[2] & 0xC7) == 0x47)
        return 4; /* mov reg, [r15+disp8], or back: the pending exception in 8 */
    if (jt_x86_has(c, at, 11) && b[0] == 0x49 && b[1] == 0xC7 && b[2] == 0x87)
        return 11; /* mov qword [r15+disp32], imm32 */
    if (jt_x86_has(c, at, 8) && b[0] == 0x49 && b[1] == 0xC7 && b[2] == 0x47)
        return 8; /* mov qword [r15+disp8], imm32 */
    if (jt_x86_has(c, at, 5) && b[0] == 0xE9 && b[2] == 0 && b[3] == 0 && b[4] == 0)
        return 5 + (size_t)b[1]; /* jmp rel32, forward */
    if (jt_x86_has(c, at, 10) && b[0] == 0x49 && b[1] == 0xBA)
        return 10; /* mov r10, imm64 */
    return jt_x86_neutral_instruction(c, at);
}

/* Stubs that look up an exception's handler end in `pop rdx; ...; jmp reg`: rdx is then the return address, and the
 * caller's frame is on top (unwind_exception, forward_exception, rethrow, ExceptionBlob). Run forward to the jump. */
static bool leaving_exception_stub(const jt_walk *walk, const jt_blob *blob, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_x86_simulation s = {.walk = walk, .sp = r->sp, .fp = r->fp};
    jt_cursor caller = {.pc = r->general[JT_RDX]};
    unsigned target;
    uint8_t before = 0;
    if (!jt_x86_read_code(walk, r->pc, blob->code_end, JT_X86_END_BYTES, &s.code))
        return false;
    if (jumping_to_handler(walk, &s.code, tops))
        return true;
    jt_walk_code(walk, r->pc - 1, &before, 1);
    bool popped = before != 0x5D; /* right after pop rbp the return address is still on top */
    for (int i = 0; i < JT_X86_END_STEPS && jt_x86_has(&s.code, s.at, 3); i++) {
        if (jt_x86_jump_register(s.code.bytes + s.at, &target) != 0) {
            caller.sp = s.sp;
            caller.fp = s.fp;
            if (!popped)
                caller = jt_x86_at_return_slot(walk, s.sp, s.fp);
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
            if (!jt_x86_simulate_release(&s))
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
        return pc + (jt_addr)(int64_t)jt_x86_imm32(end - 4);
    if (before[0] != 0x49 || before[1] != 0xBA || end[-3] != 0x41 || end[-2] != 0xFF || end[-1] != 0xD2)
        return 0;
    memcpy(&target, before + 2, sizeof target);
    return target;
}

/* The length of `push -1`, the entry barrier's cookie, as imm8 or, in newer releases, as imm32; 0 if it is none. */
static size_t cookie_length(const jt_x86_code *code)
{
    static const uint8_t cookie[] = {0x68, 0xFF, 0xFF, 0xFF, 0xFF};
    if (jt_x86_has(code, 0, 2) && code->bytes[0] == 0x6A)
        return 2;
    return jt_x86_has(code, 0, sizeof cookie) && memcmp(code->bytes, cookie, sizeof cookie) == 0 ? sizeof cookie : 0;
}

/* Whether a routine at `entry` begins with `push rbp; mov rbp, rsp` (MacroAssembler::enter), perhaps behind the entry
 * barrier's cookie, and pc is behind them and not too far from it to be in the same one. `slot` is where its return
 * address lies. */
static bool behind_enter(const jt_walk *walk, jt_addr entry, jt_addr code_end, jt_addr *slot)
{
    enum { MAX_ROUTINE_BYTES = 4096, COOKIE_BYTES = 5, ENTER_BYTES = 4 };
    static const uint8_t enter[ENTER_BYTES] = {0x55, 0x48, 0x8B, 0xEC};
    jt_addr pc = walk->input->registers.pc;
    jt_x86_code code;
    if (pc < entry || pc - entry > MAX_ROUTINE_BYTES ||
        !jt_x86_read_code(walk, entry, code_end, COOKIE_BYTES + ENTER_BYTES, &code))
        return false;
    size_t at = cookie_length(&code);
    *slot = walk->input->registers.fp + (at > 0 ? 16 : 8);
    return pc >= entry + at + ENTER_BYTES && jt_x86_has(&code, at, ENTER_BYTES) &&
           memcmp(code.bytes + at, enter, ENTER_BYTES) == 0;
}

/* In a routine of this blob with a frame pointer of its own: its return address, behind a call of that routine, lies
 * above it. */
static void called_with_frame_pointer_top(const jt_walk *walk, const jt_blob *blob, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    for (jt_addr slot = r->fp + 8; r->fp >= r->sp && slot <= r->fp + 16; slot += 8) {
        jt_addr word, expected;
        if (!jt_walk_word(walk, slot, &word) || !jt_code_cache_covers(walk->code_cache, word))
            continue;
        jt_addr entry = call_target(walk, word);
        if (entry < blob->code_begin || entry >= blob->code_end ||
            !behind_enter(walk, entry, blob->code_end, &expected) || slot != expected)
            continue;
        jt_cursor caller = {.pc = word, .sp = slot + 8, .leaf_call = true};
        if (jt_walk_word(walk, r->fp, &caller.fp))
            jt_tops_add(tops, NULL, caller);
    }
}

void jt_x86_called_blob_tops(const jt_walk *walk, const jt_blob *blob, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_addr slot = r->sp, word;
    for (int i = 0; i < STUB_SLOTS && jt_walk_word(walk, slot, &word); i++, slot += 8) {
        if (!jt_code_cache_covers(walk->code_cache, word))
            continue;
        jt_addr target = call_target(walk, word);
        if (target < blob->code_begin || target >= blob->code_end)
            continue;
        jt_cursor caller = jt_x86_at_return_slot(walk, slot, r->fp);
        jt_blob *calling = jt_code_cache_find(walk->code_cache, word);
        caller.leaf_call = true;
        if (calling != NULL && calling->kind == JT_BLOB_NMETHOD)
            caller.sp += 8 * jt_x86_words_to_be_popped(walk, word, calling->code_end);
        jt_tops_add(tops, NULL, caller);
        jt_walk_word(walk, slot - 8, &caller.fp); /* should the stub have pushed rbp and changed it */
        jt_tops_add(tops, NULL, caller);
        return;
    }
}

/* A stub that has set its frame pointer (RegisterSaver::save_live_registers): fp is its own until the end. In any other
 * code fp may be a caller's, and frames would be skipped. */
static bool has_frame_pointer(const jt_walk *walk, const jt_blob *blob)
{
    enum { MAX_FRAME_BYTES = 4096 };
    const jt_registers *r = &walk->input->registers;
    jt_addr slot;
    return r->fp >= r->sp && r->fp - r->sp <= MAX_FRAME_BYTES &&
           behind_enter(walk, blob->code_begin, blob->code_end, &slot) && slot == r->fp + 8;
}

/* C1's forward_exception runs in the frame of the stub that jumped to it, with fp as that stub set it. It puts the
 * handler's address in place of the return address, and returns there (Runtime1::generate_handle_exception). */
static bool forwarding_exception(const jt_walk *walk, const jt_blob *blob, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_x86_code code;
    if (strstr(blob->name, "forward_exception") == NULL || strstr(blob->name, "untime") == NULL ||
        !jt_x86_read_code(walk, r->pc, blob->code_end, 1, &code))
        return false;
    bool at_ret = code.bytes[0] == 0xC3;
    jt_cursor caller = at_ret ? jt_x86_at_return_slot(walk, r->sp, r->fp) : jt_x86_below_return_slot(walk, r->fp + 8);
    if (jt_walk_is_return_pc(walk, caller.pc))
        jt_tops_add(tops, NULL, caller);
    else
        handler_top(walk, caller.pc, caller.sp, tops);
    return tops->count > 0;
}

static bool is_own_call_wrapper(const jt_walk *walk, jt_addr wrapper)
{
    jt_addr thread;
    return jt_walk_word(walk, wrapper, &thread) && thread == walk->input->java_thread;
}

/* In the call stub itself. With its frame standing, the JavaCallWrapper that it keeps is this thread's; on entry the
 * wrapper is its first argument, and the Java frames are those below the native ones that call. */
static bool call_stub_top(const jt_walk *walk, jt_tops *tops)
{
    enum { REACH = 512 }; /* bytes of code on either side of the call */
    const jt_layout *l = &walk->vm->layout;
    const jt_registers *r = &walk->input->registers;
    jt_addr wrapper, slot = r->fp + (jt_addr)(l->entry_frame_call_wrapper_offset * 8);
    if (r->pc + REACH < walk->call_stub_return || r->pc > walk->call_stub_return + REACH)
        return false;
    if (jt_walk_word(walk, slot, &wrapper) && is_own_call_wrapper(walk, wrapper)) {
        jt_tops_add(tops, NULL, (jt_cursor){.pc = walk->call_stub_return, .sp = r->sp, .fp = r->fp});
        return true;
    }
    jt_cursor caller;
    wrapper = r->general[JT_RDI];
    if (!is_own_call_wrapper(walk, wrapper) ||
        !jt_walk_saved_anchor(walk, wrapper + (jt_addr)l->call_wrapper_anchor.offset, wrapper, &caller))
        return false;
    jt_tops_add(tops, NULL, caller);
    return true;
}

/* Runtime stubs and StubRoutines. Compiled code calls many of them without debug info, so a return address need not
 * have a PcDesc, but a call before it. */
void jt_x86_stub_tops(const jt_walk *walk, jt_blob *blob, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_cursor callers[5];
    size_t count = 0;
    if (call_stub_top(walk, tops) || forwarding_exception(walk, blob, tops) || leaving_exception_stub(walk, blob, tops))
        return;
    if (r->pc == blob->code_begin && jt_walk_is_return_pc(walk, r->general[JT_RDX]) &&
        strcmp(blob->name, "ExceptionBlob") == 0) { /* rdx is the throwing pc until it is pushed */
        jt_tops_add(tops, NULL, (jt_cursor){.pc = r->general[JT_RDX], .sp = r->sp, .fp = r->fp});
        return;
    }
    jt_x86_learn_prologues(walk, blob);
    called_with_frame_pointer_top(walk, blob, tops);
    jt_x86_called_blob_tops(walk, blob, tops);
    if (jt_x86_in_prologue(walk, blob, &callers[count]) || jt_x86_in_epilogue(walk, blob, &callers[count]))
        count++;
    if (count == 0 && has_frame_pointer(walk, blob))
        callers[count++] = jt_x86_below_return_slot(walk, r->fp + 8);
    if (count == 0 && blob->frame_size_words > 0)
        callers[count++] = jt_x86_below_return_slot(walk, r->sp + jt_x86_pushed_for_move(walk, blob) +
                                                              (jt_addr)blob->frame_size_words * 8 - 8);
    callers[count++] = jt_x86_at_return_slot(walk, r->sp, r->fp);
    callers[count++] = jt_x86_below_return_slot(walk, r->sp + 8);
    /* the throwing pc, in stubs that handle exceptions under other names */
    callers[count++] = (jt_cursor){.pc = r->general[JT_RDX], .sp = r->sp, .fp = r->fp};
    for (size_t i = 0; i < count; i++) {
        callers[i].leaf_call = true;
        if (callers[i].pc == walk->call_stub_return || jt_walk_is_return_pc(walk, callers[i].pc) ||
            (jt_code_cache_covers(walk->code_cache, callers[i].pc) && jt_walk_call_precedes(walk, callers[i].pc)))
            jt_tops_add(tops, NULL, callers[i]);
    }
}

/* A poll that hit in the middle of a method comes here by a signal: a word is pushed in place of a return address, rbp,
 * and later the poll's pc from the thread is put into that place. A return poll comes by a jump, its frame gone
 * (SharedRuntime::generate_handler_blob). */
void jt_x86_safepoint_tops(const jt_walk *walk, jt_blob *blob, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_cursor caller;
    uint8_t first = 0;
    jt_memory_read(walk->vm->memory, blob->code_begin, &first, 1);
    jt_addr offset = r->pc - blob->code_begin;
    bool pushes_place = first == 0x53; /* push rbx */
    if (pushes_place && offset == 0) {
        caller = (jt_cursor){.sp = r->sp, .fp = r->fp};
    } else if (jt_x86_in_epilogue(walk, blob, &caller)) {
        /* as it says */
    } else if (offset <= (jt_addr)pushes_place) {
        caller = jt_x86_at_return_slot(walk, r->sp, r->fp);
    } else if (offset == (jt_addr)pushes_place + 1) {
        caller = jt_x86_at_return_slot(walk, r->sp + 8, r->fp);
    } else {
        caller = jt_x86_below_return_slot(walk, r->fp + 8);
    }
    if (pushes_place && !jt_walk_is_return_pc(walk, caller.pc))
        caller.pc = walk->input->saved_exception_pc;
    jt_tops_add(tops, NULL, caller);
    if (pushes_place) { /* what was pushed may look like a return address */
        caller.pc = walk->input->saved_exception_pc;
        jt_tops_add(tops, NULL, caller);
    }
}

/* DeoptimizationBlob is entered with the deoptimised frame's return address pushed, UncommonTrapBlob by a call from it.
 * Both save registers in a frame of their own, and have an anchor when they call the VM. Then they take the old frame
 * down and build the new ones: not walkable. */
void jt_x86_deoptimization_tops(const jt_walk *walk, const jt_blob *blob, jt_tops *tops)
{
    const jt_registers *r = &walk->input->registers;
    jt_addr own_frame = blob->frame_size_words > 0 ? (jt_addr)blob->frame_size_words * 8 : 8;
    const jt_addr slots[] = {r->sp, r->sp + 8, r->fp + 8, r->sp + own_frame - 8};
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        jt_cursor caller =
            i == 0 ? jt_x86_at_return_slot(walk, slots[i], r->fp) : jt_x86_below_return_slot(walk, slots[i]);
        jt_blob *deoptimised = jt_code_cache_find(walk->code_cache, caller.pc);
        if (deoptimised == NULL || deoptimised->kind != JT_BLOB_NMETHOD)
            continue;
        jt_addr target = call_target(walk, caller.pc);
        if (jt_blob_is_deopt_pc(deoptimised, caller.pc) || (target >= blob->code_begin && target < blob->code_end))
            jt_tops_add(tops, NULL, caller);
    }
}
