/* From a copied stack to physical frames. Reads the target only for what the stack points to (code blobs, methods),
 * all of it cached by identity. */
#ifndef JTRACE_FRAME_WALKER_H
#define JTRACE_FRAME_WALKER_H

#include <stdbool.h>

#include "../registers.h"
#include "code_cache.h"
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
    JT_WALK_STACK_MOVED,    /* read without a stop, and the thread ran meanwhile, several times over */
    JT_WALK_STOP_TIMED_OUT,
    JT_WALK_STOP_REFUSED,
    JT_WALK_STATUS_COUNT
};
const char *jt_walk_status_label(int status); /* "no_anchor", ... */

enum { JT_WALK_MAX_FRAMES = 16384 };

typedef struct {
    uint8_t kind;
    jt_addr address;
    uint32_t identity;
    int32_t position; /* bci or pc offset */
} jt_frame;

#endif
