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
    jt_addr low = words[0], begin = words[1], end = words[2];
    if (((low | begin | end) & 7) != 0 || low > begin || begin > end || end - low > JT_FROZEN_CAPACITY - *used)
        return false;
    *chunk = (jt_frozen_chunk){low, begin, end, buffer + *used};
    *used += end - low;
    return true;
}

static bool is_slot(uint64_t index, uint64_t count)
{
    return index == 0 || index < count;
}

bool jt_frozen_stack_plan(jt_frozen_stack *stack, const uint64_t *words, size_t count)
{
    stack->slot_count = stack->chunk_count = 0;
    if (count < JT_FROZEN_PLAN_HEADER || words[0] > JT_FROZEN_MAX_SLOTS || words[1] > JT_FROZEN_MAX_CHUNKS ||
        count != JT_FROZEN_PLAN_HEADER + 3 * words[0] + 3 * words[1] ||
        !is_slot(words[4], words[0]) || !is_slot(words[5], words[0]))
        return false;
    stack->complete = (words[2] & JT_FROZEN_COMPLETE) != 0;
    stack->stays = (words[2] & JT_FROZEN_STAYS) != 0;
    stack->newest = words[3];
    stack->sp_slot = (size_t)words[4];
    stack->thawing_size_slot = (size_t)words[5];
    stack->thawing_size = UINT64_MAX;
    const uint64_t *slots = words + JT_FROZEN_PLAN_HEADER, *chunks = slots + 3 * words[0];
    for (size_t i = 0; i < words[0]; i++) {
        if (!plan_slot(&stack->slots[i], slots + 3 * i))
            return false;
    }
    size_t used = 0, planned = 0;
    while (planned < words[1] && plan_chunk(&stack->chunks[planned], chunks + 3 * planned, stack->buffer, &used))
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
        reads[count++] = (jt_read){chunk->low, stack->buffer + (chunk->bytes - stack->buffer), chunk->end - chunk->low};
    }
    return count;
}

/* Numbers that change whenever frames come or go. */
static bool is_number(const jt_frozen_stack *stack, size_t slot)
{
    return slot != 0 && (slot == stack->sp_slot || slot == stack->thawing_size_slot);
}

/* False when there are more frames by now than were copied. */
static bool adopt_sp(jt_frozen_stack *stack)
{
    if (stack->chunk_count == 0 || stack->sp_slot == 0)
        return true;
    jt_frozen_chunk *chunk = &stack->chunks[0];
    jt_addr words = (chunk->end - stack->newest) / 8, sp = stack->slots[stack->sp_slot].found;
    chunk->begin = sp < words ? stack->newest + 8 * sp - JT_FROZEN_METADATA : chunk->end;
    return chunk->begin >= chunk->low && chunk->begin <= chunk->end;
}

bool jt_frozen_stack_as_planned(jt_frozen_stack *stack)
{
    for (size_t i = 0; i < stack->slot_count; i++) {
        if (!is_number(stack, i) && stack->slots[i].found != stack->slots[i].planned)
            return false;
    }
    if (stack->thawing_size_slot != 0)
        stack->thawing_size = 8 * stack->slots[stack->thawing_size_slot].found;
    return adopt_sp(stack);
}

static bool same_slot(const jt_frozen_stack *stack, size_t i, const uint64_t *words, bool rests)
{
    const jt_frozen_slot *slot = &stack->slots[i];
    return words[0] == slot->address && (words[1] == slot->found || (!rests && is_number(stack, i)));
}

bool jt_frozen_stack_same_plan(const jt_frozen_stack *stack, const uint64_t *words, size_t count, bool rests)
{
    if (count < JT_FROZEN_PLAN_HEADER || words[0] != stack->slot_count || words[1] < stack->chunk_count ||
        count != JT_FROZEN_PLAN_HEADER + 3 * words[0] + 3 * words[1])
        return false;
    const uint64_t *slots = words + JT_FROZEN_PLAN_HEADER, *chunks = slots + 3 * words[0];
    for (size_t i = 0; i < stack->slot_count; i++) {
        if (!same_slot(stack, i, slots + 3 * i, rests))
            return false;
    }
    for (size_t i = 0; i < stack->chunk_count; i++) {
        bool same_begin = chunks[3 * i + 1] == stack->chunks[i].begin || (i == 0 && !rests);
        if (!same_begin || chunks[3 * i + 2] != stack->chunks[i].end)
            return false;
    }
    return true;
}
