#include "frozen_stack.h"

#include <stdlib.h>
#include <string.h>

int jt_frozen_stack_init(jt_frozen_stack *stack, jt_error *err)
{
    memset(stack, 0, sizeof *stack);
    stack->buffer = malloc(JT_FROZEN_CAPACITY);
    if (stack->buffer == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    memset(stack->buffer, 1, JT_FROZEN_CAPACITY); /* no page fault of ours in a stop window */
    return JT_OK;
}

void jt_frozen_stack_free(jt_frozen_stack *stack)
{
    free(stack->buffer);
    stack->buffer = NULL;
}

static bool plan_slot(jt_frozen_slot *slot, const uint64_t *words)
{
    *slot = (jt_frozen_slot){.address = words[0], .planned = words[1], .width = (size_t)words[2]};
    return words[2] == 1 || words[2] == 4 || words[2] == 8;
}

/* Chunks are copied one behind the other. */
static bool plan_chunk(jt_frozen_chunk *chunk, const uint64_t *words, uint8_t *buffer, size_t *used)
{
    jt_addr begin = words[0], end = words[1];
    if (((begin | end) & 7) != 0 || end <= begin || end - begin > JT_FROZEN_CAPACITY - *used)
        return false;
    *chunk = (jt_frozen_chunk){begin, end, buffer + *used};
    *used += end - begin;
    return true;
}

bool jt_frozen_stack_plan(jt_frozen_stack *stack, const uint64_t *words, size_t count)
{
    stack->slot_count = stack->chunk_count = 0;
    if (count < 3 || words[0] > JT_FROZEN_MAX_SLOTS || words[1] > JT_FROZEN_MAX_CHUNKS ||
        count != 3 + 3 * words[0] + 2 * words[1])
        return false;
    stack->complete = words[2] != 0;
    const uint64_t *slots = words + 3, *chunks = slots + 3 * words[0];
    for (size_t i = 0; i < words[0]; i++) {
        if (!plan_slot(&stack->slots[i], slots + 3 * i))
            return false;
    }
    size_t used = 0, planned = 0;
    while (planned < words[1] && plan_chunk(&stack->chunks[planned], chunks + 2 * planned, stack->buffer, &used))
        planned++;
    stack->complete = stack->complete && planned == words[1]; /* what does not fit is not read */
    stack->slot_count = (size_t)words[0];
    stack->chunk_count = planned;
    return true;
}

size_t jt_frozen_stack_reads(jt_frozen_stack *stack, jt_read *reads)
{
    size_t count = 0;
    for (size_t i = 0; i < stack->slot_count; i++) {
        jt_frozen_slot *slot = &stack->slots[i];
        slot->found = 0;
        reads[count++] = (jt_read){slot->address, &slot->found, slot->width}; /* little endian */
    }
    for (size_t i = 0; i < stack->chunk_count; i++) {
        const jt_frozen_chunk *chunk = &stack->chunks[i];
        reads[count++] =
            (jt_read){chunk->begin, stack->buffer + (chunk->bytes - stack->buffer), chunk->end - chunk->begin};
    }
    return count;
}

bool jt_frozen_stack_as_planned(const jt_frozen_stack *stack)
{
    for (size_t i = 0; i < stack->slot_count; i++) {
        if (stack->slots[i].found != stack->slots[i].planned)
            return false;
    }
    return true;
}

bool jt_frozen_stack_same_plan(const jt_frozen_stack *stack, const uint64_t *words, size_t count)
{
    if (count < 3 || words[0] != stack->slot_count || words[1] < stack->chunk_count ||
        count != 3 + 3 * words[0] + 2 * words[1])
        return false;
    const uint64_t *slots = words + 3, *chunks = slots + 3 * words[0];
    for (size_t i = 0; i < stack->slot_count; i++) {
        if (slots[3 * i] != stack->slots[i].address || slots[3 * i + 1] != stack->slots[i].planned)
            return false;
    }
    for (size_t i = 0; i < stack->chunk_count; i++) {
        if (chunks[2 * i] != stack->chunks[i].begin || chunks[2 * i + 1] != stack->chunks[i].end)
            return false;
    }
    return true;
}
