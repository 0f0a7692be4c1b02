/* The part of a mounted virtual thread's stack that lies in the heap (21+): a chain of jdk.internal.vm.StackChunk objects,
 * whose frames were not copied back to the carrier's stack yet.
 *
 * To find the chunks takes knowledge of the heap, which Java has (hotspot/VirtualThreads.java). It makes a plan before the
 * thread is stopped: where the frames are, and the words that led there. Both are copied in the stop window. When the
 * words are still the same, the frames are of the same instant as the stack. How many of them are in the newest chunk
 * may have changed, as the copy tells. */
#ifndef JTRACE_FROZEN_STACK_H
#define JTRACE_FROZEN_STACK_H

#include <stdbool.h>

#include "../error.h"
#include "../memory.h"

enum {
    JT_FROZEN_METADATA = 16, /* below a frame's sp: its return address and saved fp */
    JT_FROZEN_PLAN_HEADER = 6,
    JT_FROZEN_CAPACITY = 1024 * 1024, /* bytes of frozen frames copied at most */
    JT_FROZEN_MAX_CHUNKS = 128,
    JT_FROZEN_MAX_SLOTS = 3 * JT_FROZEN_MAX_CHUNKS + 12,
    JT_FROZEN_MAX_READS = JT_FROZEN_MAX_CHUNKS + JT_FROZEN_MAX_SLOTS,
    JT_FROZEN_COMPLETE = 1, /* the chain of chunks ends with the last one */
    JT_FROZEN_STAYS = 2,    /* objects move in pauses only */
    /* of a plan: counts of slots and chunks, the flags above; where the newest chunk's words begin, which slot
     * has its sp in words from there, which its thawing size in words (0: none has); (address, value, width) per slot;
     * (low, begin, end) per chunk, the one with the newest frames first */
    JT_FROZEN_PLAN_WORDS = JT_FROZEN_PLAN_HEADER + 3 * JT_FROZEN_MAX_SLOTS + 3 * JT_FROZEN_MAX_CHUNKS
};

/* A word that leads to the chunks, as it was when the plan was made and as it is in the copy. */
typedef struct {
    jt_addr address;
    uint64_t planned, found;
    size_t width;
} jt_frozen_slot;

/* From `begin`, below the youngest frame's sp (where its return address and saved fp stand), to the end of the oldest;
 * both are the same where there are no frames. Below that to `low` there may be frames that left the chunk last. */
typedef struct {
    jt_addr low, begin, end;
    const uint8_t *bytes; /* from low to end */
} jt_frozen_chunk;

typedef struct {
    jt_frozen_slot slots[JT_FROZEN_MAX_SLOTS];
    jt_frozen_chunk chunks[JT_FROZEN_MAX_CHUNKS];
    size_t slot_count, chunk_count;
    bool complete, stays;
    jt_addr newest; /* where the newest chunk's words begin */
    size_t sp_slot, thawing_size_slot;
    uint64_t thawing_size; /* the bytes that its frames can take on the stack; UINT64_MAX: not known */
    uint8_t *buffer;
} jt_frozen_stack;

int jt_frozen_stack_init(jt_frozen_stack *stack, jt_error *err);
void jt_frozen_stack_free(jt_frozen_stack *stack);

/* Takes a plan over. False, and no chunks, when it makes no sense: addresses in it are from the target. */
bool jt_frozen_stack_plan(jt_frozen_stack *stack, const uint64_t *words, size_t count);
/* The reads that fill the copy; returns their number, at most JT_FROZEN_MAX_READS. */
size_t jt_frozen_stack_reads(jt_frozen_stack *stack, jt_read *reads);
/* Whether the words that led to the chunks are in the copy as they were planned; the chunks are then
 * those of the copy. */
bool jt_frozen_stack_as_planned(jt_frozen_stack *stack);
/* Whether another plan leads to the same chunks, and, of a thread that rests, to as many frames. */
bool jt_frozen_stack_same_plan(const jt_frozen_stack *stack, const uint64_t *words, size_t count, bool rests);

#endif
