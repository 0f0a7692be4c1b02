/* The VM's own threads: which kernel task is which JavaThread, and what state it is in. */
#ifndef JTRACE_JAVA_THREADS_H
#define JTRACE_JAVA_THREADS_H

#include "frame_walker.h"

typedef struct {
    jt_addr address; /* of the JavaThread */
    int tid;         /* as in OSThread: gettid() in the target's innermost pid namespace */
} jt_java_thread;

/* All JavaThreads of the moment, in no order. *threads is allocated; free() it. An empty list while the VM starts or
 * when the list changed too fast to be read; threads without an OSThread yet are left out. */
int jt_java_threads_list(const jt_vm *vm, jt_java_thread **threads, size_t *count, jt_error *err);

enum { JT_THREAD_REFERENCES = 2, JT_ANCHOR_BYTES = 64, JT_JAVA_THREAD_BYTES = 2048 };

/* A JavaThread's references to the java.lang.Thread that runs on it and to its own, which is another one when the first is
 * virtual (21+); or the handles in which they stand. */
typedef struct {
    jt_addr virtual_thread, thread;
} jt_thread_references;

typedef struct {
    uint8_t anchor[JT_ANCHOR_BYTES];
    int32_t state;
    jt_addr osthread, stack_base, stack_size, cont_entry, saved_exception_pc;
    jt_thread_references handles; /* 0 before 21 */
} jt_java_thread_words;

/* Whether there is such a JavaThread now; true when the list changed too fast to tell. */
bool jt_java_threads_have(const jt_vm *vm, jt_addr thread);

/* Bytes of a JavaThread, from the first to the last that is wanted. */
typedef struct {
    size_t from, end;
} jt_java_thread_range;

typedef struct {
    jt_java_thread_range range;
    uint8_t bytes[JT_JAVA_THREAD_BYTES];
} jt_java_thread_copy;

/* One JavaThread's fields, in one read: by jt_java_thread_read, or planned for a stop window and taken out after it. */
jt_read jt_java_thread_plan(const jt_vm *vm, jt_addr thread, jt_java_thread_copy *copy);
void jt_java_thread_take(const jt_vm *vm, const jt_java_thread_copy *copy, jt_java_thread_words *words);
int jt_java_thread_read(const jt_vm *vm, jt_addr thread, jt_java_thread_words *words);
/* The same with the tid of its OSThread, in one read when that is still `osthread` (0: not known). */
int jt_java_thread_identify(const jt_vm *vm, jt_addr thread, jt_addr osthread, jt_java_thread_words *words, int *tid);
jt_anchor jt_java_thread_anchor(const jt_vm *vm, const jt_java_thread_words *words);
/* Plans the reads of what the handles refer to. */
void jt_java_thread_references_plan(const jt_thread_references *handles, jt_thread_references *references,
                                    jt_read reads[JT_THREAD_REFERENCES]);
/* The tid of an OSThread, or JT_STALE. */
int jt_java_thread_tid(const jt_vm *vm, jt_addr osthread, int *tid);

#endif
