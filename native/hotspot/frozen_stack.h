/* The part of a mounted virtual thread's stack that lies in the heap (21+): a chain of jdk.internal.vm.StackChunk objects,
 * whose frames were not copied back to the carrier's stack yet.
 *
 * To find the chunks takes knowledge of the heap, which Java has (hotspot/VirtualThreads.java). It makes a plan before the
 * thread is stopped: where the frames are, and the words that led there. Both are copied in the stop window. When the
 * words are still the same, the frames are of the same instant as the stack. */
#ifndef JTRACE_FROZEN_STACK_H
#define JTRACE_FROZEN_STACK_H

#include <stdbool.h>

#include "../error.h"
#include "../memory.h"

enum {
    JT_FROZEN_CAPACITY = 1024 * 1024, /* bytes of frozen frames copied at most */
    JT_FROZEN_MAX_CHUNKS = 128,
    JT_FROZEN_MAX_SLOTS = 2 * JT_FROZEN_MAX_CHUNKS + 8,
    JT_FROZEN_MAX_READS = JT_FROZEN_MAX_CHUNKS + JT_FROZEN_MAX_SLOTS,
    /* of a plan: counts of slots and chunks, whether it has all chunks; (address, value, width) per slot; (begin, end) per
     * chunk, the one with the newest frames first */
    JT_FROZEN_PLAN_WORDS = 3 + 3 * JT_FROZEN_MAX_SLOTS + 2 * JT_FROZEN_MAX_CHUNKS
};

/* A word that leads to the chunks, as it was when the plan was made and as it is in the copy. */
typedef struct {
    jt_addr address;
    uint64_t planned, found;
    size_t width;
} jt_frozen_slot;

/* The words from below the youngest frame's sp (where its return address and saved fp stand) to the end of the oldest. */
typedef struct {
    jt_addr begin, end;
    const uint8_t *bytes;
} jt_frozen_chunk;

typedef struct {
    jt_frozen_slot slots[JT_FROZEN_MAX_SLOTS];
    jt_frozen_chunk chunks[JT_FROZEN_MAX_CHUNKS];
    size_t slot_count, chunk_count;
    bool complete; /* the chain ends with the last chunk */
    uint8_t *buffer;
} jt_frozen_stack;

int jt_frozen_stack_init(jt_frozen_stack *stack, jt_error *err);
void jt_frozen_stack_free(jt_frozen_stack *stack);

/* Takes a plan over. False, and no chunks, when it makes no sense: addresses in it are from the target. */
bool jt_frozen_stack_plan(jt_frozen_stack *stack, const uint64_t *words, size_t count);
/* The reads that fill the copy; returns their number, at most JT_FROZEN_MAX_READS. */
size_t jt_frozen_stack_reads(jt_frozen_stack *stack, jt_read *reads);
/* Whether the words that led to the chunks are in the copy as they were planned. */
bool jt_frozen_stack_as_planned(const jt_frozen_stack *stack);
/* Whether another plan is the same. */
bool jt_frozen_stack_same_plan(const jt_frozen_stack *stack, const uint64_t *words, size_t count);

#endif
