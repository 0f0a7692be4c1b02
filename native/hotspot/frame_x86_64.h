/* Shared by the files that read frames of x86_64: code bytes and what is done with them. */
#ifndef JTRACE_FRAME_X86_64_H
#define JTRACE_FRAME_X86_64_H

#include "frame_arch.h"

enum {
    JT_X86_CODE_BYTES = 512, /* read at most at once */
    JT_X86_END_BYTES = 192,  /* in which a frame's end is run forward from pc */
    JT_X86_END_STEPS = 12
};

/* A piece of the target's code. */
typedef struct {
    jt_addr at;
    size_t length;
    uint8_t bytes[JT_X86_CODE_BYTES];
} jt_x86_code;

/* --- code_x86_64.c --- */

/* Up to `wanted` bytes from `at`, not beyond `end`. */
bool jt_x86_read_code(const jt_walk *walk, jt_addr at, jt_addr end, size_t wanted, jt_x86_code *code);
/* Whether `bytes` bytes from `at` were read. */
bool jt_x86_has(const jt_x86_code *code, size_t at, size_t bytes);
int32_t jt_x86_imm32(const uint8_t *at);
/* A register by the number that instructions have for it. */
uint64_t jt_x86_register(const jt_registers *r, unsigned number);
/* `jmp reg`: its length, and the register; 0 if it is none. */
size_t jt_x86_jump_register(const uint8_t *b, unsigned *number);

/* `sub rsp, imm` or `add rsp, imm`, by their ModRM bytes: its length and operand; 0 if it is another. */
enum { JT_X86_SUB_RSP = 0xEC, JT_X86_ADD_RSP = 0xC4 };
size_t jt_x86_move_sp(const jt_x86_code *code, size_t at, uint8_t modrm, int32_t *operand);

/* --- compiled_frame_x86_64.c --- */

/* A frame's end, run forward. */
typedef struct {
    const jt_walk *walk;
    jt_x86_code code;
    size_t at;
    jt_addr sp, fp;
    bool released; /* an instruction that takes the frame down has been run, or stands right before pc */
} jt_x86_simulation;

/* The caller of a frame whose return address lies at `slot`, with this fp, or with the one saved right below it. */
jt_cursor jt_x86_at_return_slot(const jt_walk *walk, jt_addr slot, jt_addr fp);
jt_cursor jt_x86_below_return_slot(const jt_walk *walk, jt_addr slot);
/* Finds where the blob's code builds its frame; once. */
void jt_x86_learn_prologues(const jt_walk *walk, jt_blob *blob);
/* pc while the frame is being built, or while it is taken down: its caller. */
bool jt_x86_in_prologue(const jt_walk *walk, const jt_blob *blob, jt_cursor *caller);
bool jt_x86_in_epilogue(const jt_walk *walk, const jt_blob *blob, jt_cursor *caller);
/* Length of an instruction at a frame's end that leaves sp alone, 0 if it is none of those. */
size_t jt_x86_neutral_instruction(const jt_x86_code *code, size_t at);
/* Runs one that moves sp; false when it is none of those that end a frame. */
bool jt_x86_simulate_release(jt_x86_simulation *s);
/* --- lowered_sp_x86_64.c --- */

/* sp as it is while pc's code has nothing below its frame: where that code keeps it, 0 when it does not, or above what
 * the code has pushed, as far as it tells. */
jt_addr jt_x86_kept_sp(const jt_walk *walk, const jt_blob *blob);
jt_addr jt_x86_sp_above_pushed(const jt_walk *walk, const jt_blob *blob);
/* Up to 8, sin, cos, tan, exp, log and pow of values that the FPU cannot do are calls into the VM with all registers
 * saved below the frame (MacroAssembler::fp_runtime_fallback): sp before that, or 0. `begin`: of the code that pc is
 * in. */
jt_addr jt_x86_sp_above_saved_registers(const jt_walk *walk, jt_addr begin);
/* Up to 8, exp and pow in the FPU: words that pc's code has below its frame since it raised the precision. */
jt_addr jt_x86_words_since_precision_was_raised(const jt_walk *walk, jt_addr code_begin, jt_addr code_end);
/* Words that code of C1 pops from `pc` on, with a frame that stands. */
size_t jt_x86_words_to_be_popped(const jt_walk *walk, jt_addr pc, jt_addr code_end);
/* Bytes that pc's code has pushed for a move from stack slot to stack slot. */
jt_addr jt_x86_pushed_for_move(const jt_walk *walk, const jt_blob *blob);

/* --- readings of the top, by what pc is in --- */

void jt_x86_nmethod_tops(const jt_walk *walk, jt_blob *blob, jt_tops *tops);
/* stub_frame_x86_64.c */
/* The return address that a call to this very blob left: the nearest one is the right one, however much the blob's code
 * has pushed. */
void jt_x86_called_blob_tops(const jt_walk *walk, const jt_blob *blob, jt_tops *tops);
void jt_x86_vtable_tops(const jt_walk *walk, jt_tops *tops);
void jt_x86_adapter_tops(const jt_walk *walk, jt_tops *tops);
void jt_x86_stub_tops(const jt_walk *walk, jt_blob *blob, jt_tops *tops);
void jt_x86_safepoint_tops(const jt_walk *walk, jt_blob *blob, jt_tops *tops);
void jt_x86_deoptimization_tops(const jt_walk *walk, const jt_blob *blob, jt_tops *tops);
/* interpreted_frame_x86_64.c */
void jt_x86_interpreter_tops(const jt_walk *walk, jt_tops *tops);

#endif
