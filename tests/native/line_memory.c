#include "line_memory.h"

#include "check.h"
#include "error.h"

enum { FIRST_SLOTS = 1 << 12 };

static size_t slot_of(const line_memory *m, jt_addr address)
{
    size_t slot = (size_t)(address / LINE_BYTES * 0x9E3779B97F4A7C15ull >> 20) & (m->slot_count - 1);
    while (m->slots[slot] != 0 && m->lines[m->slots[slot] - 1].address != address)
        slot = (slot + 1) & (m->slot_count - 1);
    return slot;
}

memory_line *line_memory_find(const line_memory *memory, jt_addr address)
{
    uint32_t index = memory->slots[slot_of(memory, address)];
    return index != 0 ? &memory->lines[index - 1] : NULL;
}

static void grow(line_memory *m)
{
    m->capacity *= 2;
    m->slot_count *= 2;
    m->lines = realloc(m->lines, m->capacity * sizeof *m->lines);
    free(m->slots);
    m->slots = calloc(m->slot_count, sizeof *m->slots);
    CHECK(m->lines != NULL && m->slots != NULL);
    for (size_t i = 0; i < m->count; i++)
        m->slots[slot_of(m, m->lines[i].address)] = (uint32_t)i + 1;
}

void line_memory_put(line_memory *memory, const memory_line *line)
{
    size_t slot = slot_of(memory, line->address);
    if (memory->slots[slot] != 0) {
        memory->lines[memory->slots[slot] - 1] = *line;
        return;
    }
    memory->lines[memory->count++] = *line;
    memory->slots[slot] = (uint32_t)memory->count;
    if (memory->count == memory->capacity)
        grow(memory);
}

/* The line's bytes, from the source when it was not read before. An aligned line lies in one page. */
static const memory_line *get(line_memory *m, jt_addr address)
{
    memory_line fresh = {.address = address};
    const memory_line *known = line_memory_find(m, address);
    if (known != NULL || m->source == NULL ||
        jt_memory_read(m->source, address, fresh.bytes, sizeof fresh.bytes) != JT_OK)
        return known;
    line_memory_put(m, &fresh);
    return line_memory_find(m, address);
}

static bool read_one(line_memory *m, const jt_read *read)
{
    for (size_t done = 0; done < read->length;) {
        jt_addr at = read->address + done, line_address = at & ~(jt_addr)(LINE_BYTES - 1);
        const memory_line *line = get(m, line_address);
        if (line == NULL)
            return false;
        size_t skip = (size_t)(at - line_address), take = LINE_BYTES - skip;
        if (take > read->length - done)
            take = read->length - done;
        memcpy((uint8_t *)read->into + done, line->bytes + skip, take);
        done += take;
    }
    return true;
}

static size_t read_batch(const jt_memory *self, const jt_read *reads, size_t count)
{
    line_memory *m = (line_memory *)self;
    for (size_t i = 0; i < count; i++) {
        if (!read_one(m, &reads[i]))
            return i;
    }
    return count;
}

void line_memory_init(line_memory *memory, const jt_memory *source)
{
    *memory = (line_memory){.base = {.read_batch = read_batch}, .source = source};
    memory->slot_count = FIRST_SLOTS;
    memory->capacity = FIRST_SLOTS / 2;
    memory->lines = malloc(memory->capacity * sizeof *memory->lines);
    memory->slots = calloc(memory->slot_count, sizeof *memory->slots);
    CHECK(memory->lines != NULL && memory->slots != NULL);
}

void line_memory_free(line_memory *memory)
{
    free(memory->lines);
    free(memory->slots);
}

void line_memory_clear(line_memory *memory)
{
    memory->count = 0;
    memset(memory->slots, 0, memory->slot_count * sizeof *memory->slots);
}
