/* From a copied stack to physical frames. Reads the target only for what the stack points to (code blobs, methods),
 * all of it cached by identity. */
#ifndef JTRACE_FRAME_WALKER_H
#define JTRACE_FRAME_WALKER_H

#include <stdbool.h>

#include "../registers.h"
#include "code_cache.h"
#include "frozen_stack.h"
#include "interpreter.h"
#include "method_cache.h"
#include "vm.h"

/* Also known to Java (sampling.FrameRecord), which checks at start that both agree: jt_frame_kind_name. */
enum jt_frame_kind {
    JT_FRAME_NONE,
    JT_FRAME_INTERPRETED,    /* Method, bci */
    JT_FRAME_COMPILED,       /* nmethod, pc offset of a return address */
    JT_FRAME_COMPILED_LEAF,  /* nmethod, pc offset of the next instruction */
    JT_FRAME_NATIVE_WRAPPER, /* nmethod of a native method */
    JT_FRAME_VM,             /* no address: the thread is in VM code above the next frame */
    JT_FRAME_FROZEN,         /* no address: frames of a virtual thread that are frozen in the heap, and not read */
    JT_FRAME_NATIVE_CODE,    /* a pc in native code; identity of the images that were mapped (--native) */
    JT_FRAME_NATIVE_LOST,    /* no address: native frames that could not be unwound (--native) */
    JT_FRAME_KERNEL,         /* a pc in the kernel, without its highest byte (--kernel) */
    JT_FRAME_KIND_COUNT
};
const char *jt_frame_kind_name(int kind); /* "INTERPRETED", ... */

/* How a walk ended. The label names the frame that stands for it: (failed);<label>. */
enum jt_walk_status {
    JT_WALK_COMPLETE,       /* reached the thread's bottom */
    JT_WALK_NO_JAVA_FRAMES, /* the thread has none: a clean result too */
    JT_WALK_NO_ANCHOR,      /* in native or VM code without a usable anchor, and the scan found nothing */
    JT_WALK_UNKNOWN_CODE,   /* a pc in no known code, and the scan found nothing */
    JT_WALK_BROKEN_FRAME,   /* a frame's caller is not plausible */
    JT_WALK_STACK_UNREADABLE,
    JT_WALK_STACK_TRUNCATED, /* deeper than jtrace copies */
    JT_WALK_TOO_MANY_FRAMES,
    JT_WALK_GUESSED,      /* found by a search of the stack: frames may be missing or wrong */
    JT_WALK_DEOPTIMIZING, /* a compiled frame is just being replaced by interpreted ones */
    JT_WALK_STACK_MOVED,  /* read without a stop, and the thread ran meanwhile, several times over */
    JT_WALK_STOP_TIMED_OUT,
    JT_WALK_STOP_REFUSED,
    JT_WALK_CODE_CHANGED, /* code or classes may have been unloaded before the frames were named, several times over */
    JT_WALK_SAMPLE_LOST,  /* taken by the kernel, and not kept: nobody knows of which thread */
    JT_WALK_NO_EVENT,     /* the kernel gave no event to sample the thread with */
    JT_WALK_STATUS_COUNT
};
const char *jt_walk_status_label(int status); /* "no_anchor", ... */

/* Threads have 1 MB of stack by default, the smallest frames 16 bytes. */
enum { JT_WALK_MAX_FRAMES = 65536 };
/* That many words a JavaThread has in 21, the first release with continuations. */
enum { JT_THREAD_WORDS = 224 };

typedef struct {
    uint8_t kind;
    jt_addr address;
    uint32_t identity;
    int32_t position; /* bci or pc offset, or one of: */
    jt_addr base;     /* where it stands on the stack: fp of an interpreted frame, sp of a compiled one; 0: not known */
} jt_frame;

enum {
    JT_POSITION_ENTRY = -1,  /* at the method's entry, no bytecode executed yet */
    JT_POSITION_UNKNOWN = -2 /* in the method, nobody knows where: its frame is being taken down */
};

/* A thread's anchor: where its Java frames begin while it is outside Java code. sp 0: not set. */
typedef struct {
    jt_addr sp, pc, fp;
} jt_anchor;

/* What was copied of one thread, all from one instant. */
typedef struct {
    jt_addr java_thread;
    jt_addr stack_base; /* highest address, exclusive */
    jt_anchor anchor;
    jt_addr saved_exception_pc; /* where a poll hit; old values stay */
    jt_addr cont_entry;         /* 0 when no continuation is mounted, or not exported */
    const jt_addr *thread_words;   /* JT_THREAD_WORDS of the JavaThread, for where cont_entry is not exported; NULL: as they
                                      are when they are needed */
    const jt_frozen_stack *frozen; /* the mounted virtual thread's; NULL: not known */
    bool in_java;               /* thread state: in Java code */
    bool has_registers;         /* false: read without a stop, from the anchor */
    jt_registers registers;
    jt_addr stack_address; /* of stack[0] */
    const uint8_t *stack;
    size_t stack_length;
    bool stack_truncated; /* the copy does not reach stack_base */
    bool sampled;         /* by the kernel: registers and stack are of one instant, state and anchor are not known */
} jt_walk_input;

typedef struct {
    jt_frame *frames; /* leaf first */
    size_t count, capacity;
    bool scanned; /* a frame was found by the validated scan, not by a rule */
    bool met_frozen; /* part of the stack lies in the heap: read, or JT_FRAME_FROZEN stands for it */
    bool in_transit; /* frames are just being copied to the heap, or from there, or replaced by deoptimisation: a moment
                        later they are at rest */
} jt_walk_result;

typedef struct jt_frame_walker jt_frame_walker;

int jt_frame_walker_create(const jt_vm *vm, jt_frame_walker **walker, jt_error *err);
void jt_frame_walker_destroy(jt_frame_walker *walker);

/* Walks; fills result->frames up to its capacity. Returns enum jt_walk_status; frames found before a failure stay.
 * Reads only what the stack points to, and confirms at the end that none of it was replaced meanwhile. */
int jt_frame_walker_walk(jt_frame_walker *walker, const jt_walk_input *input, jt_walk_result *result);

/* From here on, until the end, all stacks are of before: what is confirmed for one counts for the next ones, too. */
void jt_frame_walker_begin_samples(jt_frame_walker *walker);
void jt_frame_walker_end_samples(jt_frame_walker *walker);

/* Whether the piece of a stack in `input` may have a frame through which native code called Java. */
bool jt_frame_walker_may_have_entry(jt_frame_walker *walker, const jt_walk_input *input);
/* The same of a virtual thread that nobody carries: all of its frames are frozen. */
int jt_frame_walker_walk_frozen(jt_frame_walker *walker, const jt_frozen_stack *frozen, jt_walk_result *result);

/* Whether an address can lie in the VM's generated code. */
bool jt_frame_walker_covers(const jt_frame_walker *walker, jt_addr pc);

#endif
