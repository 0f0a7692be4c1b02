/* Stops of several threads in one round: all of them are sent to their stop, and each is copied and let go as soon as
 * it is there. Where more threads are ready to run than there are CPUs, a stop waits until its thread gets one. Then
 * the thread stops at once and leaves the CPU to the next, and the round takes about as long as one thread waits; one
 * after the other, each would wait that long. */
#ifndef JTRACE_STOP_ROUND_H
#define JTRACE_STOP_ROUND_H

#include "snapshot.h"

/* Of one thread. */
typedef struct {
    jt_tracee tracee;
    jt_addr stack_end;
    size_t first_read, extra_count, also_count; /* among the round's reads */
    bool pending;                               /* sent to its stop, and not seen there yet */
    bool left_out; /* not copied: its stack found no room any more, or another jtrace holds the thread */
    int status;    /* as jt_snapshot_take's */
    /* The stack lies in the round's memory. stop_nanos: from when it may have stopped, which is not before it was sent
     * there, nor before the last moment when nobody was, or when the first of those that are there woke this thread, to
     * after DETACH. Not counted is how long it waited for a CPU before: meanwhile it would not have run anyway. */
    jt_snapshot snapshot;
} jt_round_stop;

typedef struct jt_stop_round jt_stop_round;

int jt_stop_round_create(size_t capacity, jt_stop_round **round, jt_error *err);
void jt_stop_round_destroy(jt_stop_round *round); /* NULL is fine */

/* Forgets all stops. */
void jt_stop_round_clear(jt_stop_round *round);
/* Plans a stop, with what jt_snapshot_take takes; `also` are the snapshot's. NULL when there is no room. It stays where
 * it is until the round is cleared. */
jt_round_stop *jt_stop_round_add(jt_stop_round *round, int tid, jt_addr stack_end, const jt_read *extra,
                                 size_t extra_count, const jt_read *also, size_t also_count, bool wants_red_zone);

/* Takes the stops: returns when each thread was let go, has ended, or does not stop (JT_TIMED_OUT: keep its tracee for
 * jt_tracee_release_late). By the OS thread that is to be the tracer. Fails when nobody was stopped. */
int jt_stop_round_take(jt_stop_round *round, const jt_process *process, jt_error *err);

#endif
