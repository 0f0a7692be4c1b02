/* Native frames of threads (--native): unwound by a library of their own (unwinder.h) over stacks that were copied,
 * or that stand still, with the images of the target as they are mapped now. */
#ifndef JTRACE_NATIVE_FRAMES_H
#define JTRACE_NATIVE_FRAMES_H

#include "hotspot/frame_walker.h"
#include "process.h"

typedef struct jt_native_frames jt_native_frames;

/* `library` is loaded. `process` must outlive it. JT_UNSUPPORTED says what to do about a library that does not load. */
int jt_native_frames_create(const char *library, const jt_process *process, jt_native_frames **frames, jt_error *err);
void jt_native_frames_destroy(jt_native_frames *frames); /* NULL is fine */

enum { JT_NATIVE_MAX_FRAMES = 512 };

/* Which registers are known. */
typedef enum {
    JT_NATIVE_PC_AND_SP, /* of a blocked thread */
    JT_NATIVE_AND_FP,    /* these and the frame pointer */
    JT_NATIVE_ALL
} jt_native_known;

/* Where native frames begin, and what they lie on. */
typedef struct {
    jt_registers registers;
    jt_native_known known;
    jt_addr stack_address; /* of stack[0] */
    const uint8_t *stack;  /* what was copied */
    size_t stack_length;
    const jt_memory *rest; /* what was not copied: the thread stands still; NULL: it runs again, nothing else is read */
    const uint8_t *red_zone; /* JT_RED_ZONE bytes below sp, NULL: not known */
} jt_native_place;

typedef enum {
    JT_NATIVE_COMPLETE,
    JT_NATIVE_IN_PART,   /* JT_FRAME_NATIVE_LOST stands for what is missing */
    JT_NATIVE_NEEDS_STOP /* the same, and all registers would tell: jt_native_frames_learn */
} jt_native_outcome;

/* Puts the native frames at `place` above those of `walk`, down to the first pc in the code cache, or the thread's
 * bottom when `walk` has none. Without a walker (NULL) there is no code cache. */
jt_native_outcome jt_native_frames_add(jt_native_frames *frames, const jt_frame_walker *walker,
                                       const jt_native_place *place, jt_walk_result *walk);

/* Functions with a frame pointer are not left without knowing it, and of a blocked thread it is not known. But how
 * far it is from sp is the same for the same calls, as frames are of fixed size. So one thread is stopped once, and
 * its registers serve for all that are blocked by the same calls: what comes out must still lead to the Java code or
 * the bottom. `place` has all registers. */
void jt_native_frames_learn(jt_native_frames *frames, const jt_frame_walker *walker, const jt_native_place *place);

/* Where the mapping of an address ends; 0: it is not mapped. */
jt_addr jt_native_frames_mapping_end(jt_native_frames *frames, jt_addr address);

/* The name of a JT_FRAME_NATIVE_CODE: unwinder.h. Counts for [*begin, *end) as long as frames' identity is the same. */
bool jt_native_frames_name(jt_native_frames *frames, jt_addr pc, char *into, size_t capacity, jt_addr *begin,
                           jt_addr *end);

#endif
