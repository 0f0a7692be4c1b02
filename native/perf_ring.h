/* A ring of perf events as the kernel fills it: records out of it, each checked before it is believed. */
#ifndef JTRACE_PERF_RING_H
#define JTRACE_PERF_RING_H

#include <linux/perf_event.h>
#include <stdbool.h>

#include "registers.h"

/* What every event that writes into a ring was opened with: parsing counts on it. */
#define JT_PERF_SAMPLE_TYPE (PERF_SAMPLE_TID | PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER)

typedef struct {
    struct perf_event_mmap_page *control;
    const uint8_t *data;
    size_t size; /* a power of two */
    bool with_kernel_frames; /* samples have PERF_SAMPLE_CALLCHAIN, too */
} jt_perf_ring;

enum { JT_PERF_MAX_KERNEL_FRAMES = 128 }; /* the kernel gives 127, if kernel.perf_event_max_stack is not raised */

typedef struct {
    int pid, tid;       /* in the pid namespace of who opened the event */
    bool has_registers; /* false: the kernel had none of user mode */
    jt_registers registers;
    const uint8_t *stack; /* from registers.sp upwards, as far as the kernel copied it; NULL: not at all */
    size_t stack_length;
    jt_addr kernel_frames[JT_PERF_MAX_KERNEL_FRAMES]; /* pcs, leaf first; none when it was taken in user mode */
    size_t kernel_count;
} jt_perf_sample;

typedef enum {
    JT_PERF_SAMPLE,
    JT_PERF_LOST,      /* `lost` samples found no room in the ring */
    JT_PERF_THROTTLED, /* an event was silenced until the kernel's next timer tick */
    JT_PERF_OTHER
} jt_perf_record_kind;

typedef struct {
    jt_perf_record_kind kind;
    uint64_t lost;
    uint64_t samples_left; /* of its thread, this one included: until the round ends (perf_events.h) */
    bool is_first;         /* of its thread in the round */
    jt_perf_sample sample; /* points into the bytes that its stack was copied to */
} jt_perf_record;

enum { JT_PERF_MAX_RECORD = 1 << 16 }; /* a record's size has 16 bits */

/* Takes the oldest record out of the ring; `stack` gets a copy of its stack, no more of it: the room for a stack is large,
 * and little of it filled. False when there is none.
 * What makes no sense counts as one lost sample, and the ring is emptied, as nobody knows where the next record begins.
 */
bool jt_perf_ring_next(jt_perf_ring *ring, uint8_t stack[JT_PERF_MAX_RECORD], jt_perf_record *record);

/* Steps over the record at *place, which stays in the ring: *tid is whose sample it is, 0 for what is none. False at
 * `end`, a head that was read before, or when the record makes no sense. */
bool jt_perf_ring_peek(const jt_perf_ring *ring, uint64_t *place, uint64_t end, int *tid);

/* Up to where the kernel has written, and from where on nothing was taken yet: bytes since the ring began. */
uint64_t jt_perf_ring_head(const jt_perf_ring *ring);
uint64_t jt_perf_ring_tail(const jt_perf_ring *ring);

#endif
