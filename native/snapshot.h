/* The stop window, and nothing else: stop one thread, copy registers, stack and a few words, let it go. */
#ifndef JTRACE_SNAPSHOT_H
#define JTRACE_SNAPSHOT_H

#include "process.h"
#include "registers.h"
#include "tracee.h"

/* Bytes of stack that are copied at most, from sp upwards: to begin with, and when a thread was found to have more. A
 * stop lasts some 0.15 ms longer for each MiB. */
enum { JT_SNAPSHOT_STACK_CAPACITY = 1024 * 1024, JT_SNAPSHOT_STACK_LIMIT = 8 * 1024 * 1024 };

typedef struct {
    jt_registers registers;
    jt_addr stack_address; /* of stack[0] */
    size_t stack_length;   /* bytes, whole words; ends at stack_end or at the capacity */
    uint8_t *stack;
    size_t capacity; /* of the buffer, as far as it was touched */
    /* Bytes right below sp, on demand: what code has popped there already, call frame information may still name. */
    bool wants_red_zone, has_red_zone;
    uint8_t red_zone[JT_RED_ZONE];
    uint64_t stop_nanos; /* from before INTERRUPT to after DETACH */
    /* Reads that the caller wants done in the window, too, if they can be: how many were is left in also_done. */
    const jt_read *also;
    size_t also_count, also_done;
} jt_snapshot;

enum { JT_SNAPSHOT_MAX_READS = 512 };

/* Allocates and touches the stack buffer, so that no page fault of ours falls into a window. */
int jt_snapshot_init(jt_snapshot *snapshot, jt_error *err);
void jt_snapshot_free(jt_snapshot *snapshot);

/* Makes room for a stack of `length` bytes, or as much of it as the limit allows. False when there was that much. */
bool jt_snapshot_make_room(jt_snapshot *snapshot, uint64_t length);

/* What is done in the window, with a thread that is stopped: reads into the snapshot as jt_snapshot_take does. */
int jt_snapshot_copy(jt_snapshot *snapshot, const jt_process *process, const jt_tracee *tracee, jt_addr stack_end,
                     const jt_read *extra, size_t extra_count, jt_error *err);

/* Stops `tid`, reads registers, the stack from sp to `stack_end` (exclusive; the thread's stack base) and the
 * `extra` words, all before the thread runs again. An sp outside [stack_end - 64 MiB, stack_end) copies no stack
 * (stack_length 0). JT_STALE when `extra` could not be read. On JT_TIMED_OUT the caller keeps *tracee for
 * jt_tracee_release_late. */
int jt_snapshot_take(jt_snapshot *snapshot, const jt_process *process, int tid, jt_addr stack_end, const jt_read *extra,
                     size_t extra_count, jt_tracee *tracee, jt_error *err);

#endif
