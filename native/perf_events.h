/* Samples of running threads that the kernel takes on its own clock (perf_event_open): nobody is stopped. One event per
 * thread and CPU, as only events that are bound to a CPU may share a ring, and one ring per CPU. Not inherited by the
 * threads that a thread starts: an inherited event lives as long as its parent's descriptor, so the descriptors of all
 * threads that ever were would have to be kept. */
#ifndef JTRACE_PERF_EVENTS_H
#define JTRACE_PERF_EVENTS_H

#include "error.h"
#include "perf_ring.h"

typedef struct jt_perf_events jt_perf_events;

/* A sample per `period_nanos` of a thread's CPU time. `ring_bytes`: a power of two times the page size, at most; less
 * where the kernel locks no more for us. JT_NOT_PERMITTED says what the kernel refused and what would help. Always used
 * from the same OS thread. */
int jt_perf_events_create(uint64_t period_nanos, size_t ring_bytes, jt_perf_events **events, jt_error *err);
void jt_perf_events_destroy(jt_perf_events *events); /* NULL is fine */

/* Before the first thread: jt_perf_events_add then refuses where the kernel does not permit samples of itself; without
 * it, those of user mode are taken alone there. */
void jt_perf_events_require_kernel(jt_perf_events *events);
/* The same, and samples that were taken in the kernel have its frames. */
void jt_perf_events_want_kernel_frames(jt_perf_events *events);

/* What is known of a thread. When it was sampled by other means just now, its next sample on the CPU where it is comes
 * after so much of its CPU time; else (nanos 0), and on other CPUs, after a random part of a period. */
typedef struct {
    int cpu;
    uint64_t nanos;
    uint64_t stack_bytes; /* its depth when it was seen last; 0: not known */
} jt_perf_start;

enum {
    JT_PERF_FIRST_STACK = 1 << 14,    /* bytes of it that a sample has at least, */
    JT_PERF_VM_STACK = 1 << 15,       /* of a thread that runs in the VM: compilers need 20 to 30 KiB, */
    JT_PERF_MAX_STACK = (1 << 16) - 8 /* and at most: a multiple of 8 and less than 64 KiB is what the kernel takes */
};

/* Begins to sample a thread. JT_GONE when it ended; JT_NOT_PERMITTED; JT_NO_MEMORY when no descriptors are
 * left. */
int jt_perf_events_add(jt_perf_events *events, int tid, jt_perf_start start, jt_error *err);
/* The thread's samples are to have so much of its stack from now on, or JT_PERF_MAX_STACK if that is less. Room for
 * more than is needed has its price, as the ring's memory is new to the CPU's cache at each sample. */
void jt_perf_events_want_stack(jt_perf_events *events, int tid, uint64_t bytes);
/* Ends it; its records that are in the rings already stay. */
void jt_perf_events_remove(jt_perf_events *events, int tid);
/* Whether samples taken in the kernel come, too: without privileges they do not. */
bool jt_perf_events_with_kernel(const jt_perf_events *events);

/* Takes the next record out of the rings, valid until the next call; false when a round is over: when all are out that
 * were there at the first call since the last false. A sample comes with how many of its thread the round still has. */
bool jt_perf_events_next(jt_perf_events *events, jt_perf_record *record);

#endif
