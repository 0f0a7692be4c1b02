/* Reading another process's memory: exact lengths, batches, nothing by pointer. */
#ifndef JTRACE_MEMORY_H
#define JTRACE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

typedef uint64_t jt_addr; /* an address in the target; 0 is never valid */

typedef struct {
    jt_addr address;
    void *into;
    size_t length;
} jt_read;

/* The source of the bytes: a live process, a core file, a captured stack in a test. */
typedef struct jt_memory jt_memory;
typedef struct jt_maps jt_maps;
struct jt_memory {
    /* Reads in order and returns how many of `reads` were filled completely, counted from the first. */
    size_t (*read_batch)(const jt_memory *self, const jt_read *reads, size_t count);
    /* What is mapped where, as of now; NULL: nobody knows. */
    int (*read_maps)(const jt_memory *self, jt_maps *maps, jt_error *err);
};

/* All of `length` bytes or JT_STALE. */
int jt_memory_read(const jt_memory *memory, jt_addr address, void *into, size_t length);

/* As jt_memory.read_batch. Any count; split into calls of at most IOV_MAX inside. */
size_t jt_memory_read_batch(const jt_memory *memory, const jt_read *reads, size_t count);

/* Free with jt_maps_free, also after a failure. JT_UNSUPPORTED when nobody knows. */
int jt_memory_read_maps(const jt_memory *memory, jt_maps *maps, jt_error *err);

/* A NUL-terminated string of at most capacity-1 bytes; JT_STALE when unreadable or longer. Reads never need
 * the page after the terminator. */
int jt_memory_read_string(const jt_memory *memory, jt_addr address, char *into, size_t capacity);

/* Typed reads: JT_OK or JT_STALE. */
int jt_memory_read_u16(const jt_memory *memory, jt_addr address, uint16_t *value);
int jt_memory_read_i32(const jt_memory *memory, jt_addr address, int32_t *value);
int jt_memory_read_u64(const jt_memory *memory, jt_addr address, uint64_t *value);

/* A live process by process_vm_readv. Embed it or keep it where the process is kept. */
typedef struct {
    jt_memory base; /* first: a pointer to this is a pointer to the jt_memory */
    int pid;
    int file; /* /proc/PID/task/TID/mem, -1: none. Read when the first thread has ended, and pid leads to no memory. */
} jt_live_memory;
/* Without a file; who sets one closes it, too. */
void jt_live_memory_init(jt_live_memory *memory, int pid);

#endif
