/* A target's memory as far as it was looked at: lines of 32 bytes by address. Over a live process it fills itself, and
 * shows each line as it was when it was first read; without one it is what a file of captured cases holds. */
#ifndef JTRACE_TESTS_LINE_MEMORY_H
#define JTRACE_TESTS_LINE_MEMORY_H

#include <stdbool.h>

#include "memory.h"

enum { LINE_BYTES = 32 };

typedef struct {
    jt_addr address; /* a multiple of LINE_BYTES */
    uint8_t bytes[LINE_BYTES];
} memory_line;

typedef struct {
    jt_memory base;
    const jt_memory *source; /* NULL: lines that are not there cannot be read */
    memory_line *lines;      /* in the order in which they came */
    size_t count, capacity;
    uint32_t *slots; /* open addressing by address, index + 1 */
    size_t slot_count;
} line_memory;

void line_memory_init(line_memory *memory, const jt_memory *source);
void line_memory_free(line_memory *memory);
void line_memory_clear(line_memory *memory);
/* The line at a multiple of LINE_BYTES, or NULL. Valid until the next line comes. */
memory_line *line_memory_find(const line_memory *memory, jt_addr address);
void line_memory_put(line_memory *memory, const memory_line *line);

#endif
