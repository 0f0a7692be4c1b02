/* One frame up in native code, by the call frame information (.eh_frame) of the image that holds the pc. Read from the
 * target's memory (PT_GNU_EH_FRAME is mapped), so no file is opened. The walker crosses leaf calls with it: native code
 * that was called from Java without an anchor. */
#ifndef JTRACE_CFI_UNWIND_H
#define JTRACE_CFI_UNWIND_H

#include <stdbool.h>

#include "error.h"
#include "registers.h"

typedef struct jt_cfi jt_cfi;

/* Images are looked up in the memory's maps when first needed, and again, now and then, when a pc lies in none that is
 * known. `memory` is kept. */
int jt_cfi_create(const jt_memory *memory, jt_cfi **cfi, jt_error *err);
void jt_cfi_destroy(jt_cfi *cfi);

/* Reads a word of the stack that is unwound (a copy of it); false when it is not there. */
typedef bool (*jt_cfi_read_word)(void *context, jt_addr address, jt_addr *word);

/* A status of jt_cfi_step: the frame has no caller, a thread or the process begins with it. */
enum { JT_CFI_OUTERMOST = 1 };

/* Turns *registers of a frame into those of its caller: pc, sp, fp and the callee-saved ones; the others keep whatever
 * they held. *after_call: pc is a return address, so the rules of the call before it hold. False for the first frame,
 * and set here for the caller: it is false again below a signal handler's frame, where pc is the instruction that the
 * signal interrupted. JT_STALE when pc has no unwind information, or it makes no sense. Unless it is JT_OK nothing is
 * changed. */
int jt_cfi_step(jt_cfi *cfi, jt_registers *registers, bool *after_call, jt_cfi_read_word read_word, void *context);

/* Whether the code at pc belongs to the image that the variable at `variable` is a static one of. */
bool jt_cfi_same_image(jt_cfi *cfi, jt_addr pc, jt_addr variable);

#endif
