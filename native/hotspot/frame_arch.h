/* Between the walker, which knows HotSpot's frames, and the CPU's file, which knows how code builds and leaves them. */
#ifndef JTRACE_FRAME_ARCH_H
#define JTRACE_FRAME_ARCH_H

#include "../cfi_unwind.h"
#include "frame_walker.h"

/* A position in a frame: pc is a return address (or the anchor's pc), sp the frame's own lowest word ("unextended" in
 * HotSpot's words), fp what the frame pointer register held there. */
typedef struct {
    jt_addr pc, sp, fp;
    bool leaf_call; /* pc may lack a PcDesc: compiled code calls stubs and VM leaf routines without debug info */
} jt_cursor;

/* One reading of the top of the stack: perhaps a frame that stands for the code at pc, and where its caller goes on. */
typedef struct {
    bool has_leaf;
    bool guessed; /* nothing but the stack itself speaks for it */
    jt_frame leaf;
    jt_cursor caller;
} jt_top;

enum { JT_MAX_TOPS = 8 };
typedef struct {
    jt_top items[JT_MAX_TOPS];
    size_t count;
} jt_tops;

/* Code around pc, as most of what a walk reads of it is. */
enum { JT_CODE_BEFORE = 768, JT_CODE_AROUND = JT_CODE_BEFORE + 320 };
typedef struct {
    jt_addr at; /* of bytes[0] */
    size_t length; /* 0: nothing yet */
    uint8_t bytes[JT_CODE_AROUND];
} jt_code_around;

/* A walk under way. */
typedef struct {
    const jt_vm *vm;
    jt_code_cache *code_cache;
    jt_method_cache *methods;
    const jt_interpreter *interpreter;
    jt_cfi *cfi;
    jt_addr call_stub_return;
    jt_addr continuation_return; /* ContinuationEntry::_return_pc, 0 if not exported */
    const jt_walk_input *input;
    jt_code_around *code_around;
} jt_walk;

/* --- what the walker offers --- */

/* A word of the copied stack; false outside the copy or misaligned. */
bool jt_walk_word(const jt_walk *walk, jt_addr address, jt_addr *word);
bool jt_walk_on_stack(const jt_walk *walk, jt_addr address);
/* Whether pc can be a return address into Java code or its stubs: an exact PcDesc, a deopt handler, the call stub, the
 * interpreter, a native wrapper, a stub with a frame. */
bool jt_walk_is_return_pc(const jt_walk *walk, jt_addr pc);
/* The interpreted method whose frame fp points to, and its bci by the frame's bcp slot; NULL if there is none. */
const jt_method *jt_walk_interpreted(const jt_walk *walk, jt_addr fp, int32_t *bci);
/* The Java frames that an anchor saved on the stack leads to; they lie above `below`. False when it is not set, or
 * cannot be read. */
bool jt_walk_saved_anchor(const jt_walk *walk, jt_addr anchor, jt_addr below, jt_cursor *cursor);
void jt_tops_add(jt_tops *tops, const jt_frame *leaf, jt_cursor caller);
void jt_tops_add_guess(jt_tops *tops, const jt_frame *leaf, jt_cursor caller);
/* Code of the target; false when it cannot be read. */
bool jt_walk_code(const jt_walk *walk, jt_addr at, void *into, size_t length);
/* Whether the code before pc is a call, read from the target. */
bool jt_walk_call_precedes(const jt_walk *walk, jt_addr pc);
jt_frame jt_nmethod_frame(const jt_blob *blob, uint8_t kind, int32_t position);
jt_frame jt_method_frame(const jt_method *method, int32_t bci);
/* False when there is no room. */
bool jt_walk_push(jt_walk_result *result, jt_frame frame);

/* --- what the CPU's file offers --- */

/* Readings of the top of a stack whose pc is in the interpreter or in `blob`, the likeliest first. The walker takes the
 * first one that leads to the thread's bottom. */
void jt_arch_tops(const jt_walk *walk, jt_blob *blob, jt_tops *tops);
/* Whether the bytes before a return address end in a call instruction. */
enum { JT_CALL_BYTES = 8 };
bool jt_arch_call_precedes(const uint8_t before[JT_CALL_BYTES]);
/* A return address as it is, without what the CPU adds to it (pointer authentication on aarch64). */
jt_addr jt_arch_strip(jt_addr pc);

/* pc is in a stub that thaws frames: where the room begins that it has made for them. False before it did, and when
 * they are on the stack. */
bool jt_arch_thaw_room(const jt_walk *walk, jt_addr *lowest);

/* The sender's words of a standing interpreted frame, in words from fp. */
enum { JT_INTERPRETED_SENDER_SP = -1, JT_INTERPRETED_METHOD = -3 };
/* The frame slot of the bcp; a CPU's own (x86_64: -8, before the mirror slot came with JDK 9: -7). */
int jt_arch_bcp_slot(const jt_layout *layout);

#endif
