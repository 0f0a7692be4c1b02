/* The virtual thread that is mounted on a Java thread (21+): who it is, and what of its stack lies in the heap. */
#ifndef JTRACE_MOUNTED_THREAD_H
#define JTRACE_MOUNTED_THREAD_H

#include "hotspot/frame_walker.h"
#include "hotspot/java_threads.h"

/* Who knows the heap's objects: Java (hotspot/VirtualThreads.java). */
typedef struct jt_heap_reader jt_heap_reader;
struct jt_heap_reader {
    /* Writes a plan (frozen_stack.h) for the continuation that `root` leads to; returns its length, 0 when it cannot be
     * made now. */
    size_t (*plan)(const jt_heap_reader *self, jt_addr root, bool is_continuation, uint64_t *words, size_t capacity);
    /* The id of the virtual thread that a reference read from a root leads to, negative when its name could not be read;
     * 0 when there is none, or nobody knows. */
    uint64_t (*identify)(const jt_heap_reader *self, uint64_t reference, bool is_continuation);
};

typedef struct {
    const jt_vm *vm;
    const jt_heap_reader *heap; /* NULL: nobody */
    jt_thread_references handles, references;
    jt_addr java_thread;
    jt_addr thread_words[JT_THREAD_WORDS]; /* where the JavaThread's entry is not exported */
    jt_addr root;         /* where the reference stands that leads to it; 0: nothing is mounted */
    bool is_continuation; /* what it refers to: the Continuation, or the thread itself */
    bool planned, copied;
    jt_frozen_stack frozen;
    uint64_t words[JT_FROZEN_PLAN_WORDS];
} jt_mounted_thread;

enum { JT_MOUNTED_MAX_READS = JT_THREAD_REFERENCES + 1 + JT_FROZEN_MAX_READS };

/* All zeros with `vm` set will do, too: memory for frozen frames is then taken when some are first planned. */
int jt_mounted_init(jt_mounted_thread *mounted, const jt_vm *vm, jt_error *err);
void jt_mounted_free(jt_mounted_thread *mounted);

/* Whether anything may be mounted on the thread; cheap. */
bool jt_mounted_may_be(const jt_mounted_thread *mounted, const jt_java_thread_words *words);
/* Looks at what is mounted, and plans the copy. Before the thread is stopped. */
void jt_mounted_plan(jt_mounted_thread *mounted, jt_addr java_thread, const jt_java_thread_words *words);
/* The reads of the copy, to be done together with the stack's; returns their number. */
size_t jt_mounted_reads(jt_mounted_thread *mounted, jt_read reads[JT_MOUNTED_MAX_READS]);
/* How many of them were done; sets what the walk is to know. */
void jt_mounted_copied(jt_mounted_thread *mounted, size_t done, size_t planned, jt_walk_input *input);
/* For a stack that was copied before all the other: whether the same continuation is mounted still, and as much of it
 * is thawed. If not, only what the copied stack itself tells is known. */
bool jt_mounted_as_sampled(jt_mounted_thread *mounted, jt_walk_input *input);
/* Whether a walk with that input stands: false when part of the stack is frozen, and was not read or may have moved
 * meanwhile. */
bool jt_mounted_confirm(jt_mounted_thread *mounted, const jt_walk_input *input, const jt_walk_result *walk);
/* The id of the virtual thread as of the copy; 0: none, or not known. *unnamed: there may be one, and it or its name could
 * not be read, but perhaps can be later. */
uint64_t jt_mounted_identity(const jt_mounted_thread *mounted, const jt_walk_input *input, bool *unnamed);

#endif
