/* The stacks of all threads in a core file, or of a process that stood still, as the words of a tick (sampler.h). */
#ifndef JTRACE_CORE_THREADS_H
#define JTRACE_CORE_THREADS_H

#include "core_file.h"
#include "mounted_thread.h"

typedef struct jt_core_threads jt_core_threads;

/* Finds the VM in a core. JT_NO_TARGET: there is none; JT_UNSUPPORTED: it cannot be read, and what is missing. */
int jt_core_open_vm(const jt_core_file *core, const char *path, jt_vm *vm, jt_error *err);

/* `core` and `vm` must outlive it. */
int jt_core_threads_create(const jt_core_file *core, const jt_vm *vm, jt_core_threads **threads, jt_error *err);
/* The same of threads that were copied; `list`, ascending by tid, must outlive it, too. */
int jt_core_threads_create_of(const jt_core_thread *list, size_t count, const jt_vm *vm, jt_core_threads **threads,
                              jt_error *err);
void jt_core_threads_destroy(jt_core_threads *threads); /* NULL is fine */

/* Who finds the objects of virtual threads, in the parts that follow; NULL: nobody. */
void jt_core_threads_read_heap_by(jt_core_threads *threads, const jt_heap_reader *heap);

/* Whether the core has the ids of threads that the VM knows: those of its own pid namespace. */
bool jt_core_threads_inner_ids(const jt_core_threads *threads);

/* Begins anew with the first thread. When all were read before, they are said to be unchanged, and have no frames. */
void jt_core_threads_rewind(jt_core_threads *threads);
/* The next part: threads up to one that has frames. Nothing of a core tells whether a thread was running: the letter of
 * its state is NUL. *words is valid until the next part. */
int jt_core_threads_next(jt_core_threads *threads, const uint64_t **words, size_t *count, jt_error *err);

/* As jt_core_file_missing, and stacks that are not in the core although it has a place for them. */
bool jt_core_threads_missing(const jt_core_threads *threads, size_t index, char *into, size_t capacity);

#endif
