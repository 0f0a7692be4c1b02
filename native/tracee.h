/* ptrace on one thread: seize, interrupt, registers, detach; on every path. Never ATTACH, never seized between
 * samples, never waits for anybody but the tid in question. All calls for one tracee from one OS thread. */
#ifndef JTRACE_TRACEE_H
#define JTRACE_TRACEE_H

#include <stdbool.h>

#include "error.h"
#include "registers.h"
#include "wait_limit.h"

typedef struct {
    int tid;
    int pending_signal;       /* a signal that the stop caught; detach delivers it */
    uint64_t interrupt_nanos; /* CLOCK_MONOTONIC, just before the interrupt */
} jt_tracee;

/* SEIZE + INTERRUPT + wait. On JT_OK the thread is stopped and must be released with jt_tracee_release.
 * On JT_TIMED_OUT (uninterruptible sleep: after about 100 ms; starved of CPU: after 2 s) it is seized, not stopped yet: hand it to
 * jt_tracee_release_late at every later tick until that says it is free. Other failures leave nothing behind. */
int jt_tracee_stop(jt_tracee *tracee, int tid, jt_error *err);
/* The same in two steps, for several threads at once: jt_tracee_begin sends the thread to its stop, jt_tracee_await
 * tells when it is there. The limit is of jt_tracee_limit, and for all of them; jt_wait_limit_end ends it. */
int jt_tracee_limit(jt_wait_limit *limit, jt_error *err);
int jt_tracee_begin(jt_tracee *tracee, int tid, jt_error *err);
/* As jt_tracee_begin, but does not wait for another jtrace that holds the thread: JT_NOT_PERMITTED, and *held. */
int jt_tracee_begin_at_once(jt_tracee *tracee, int tid, bool *held);
int jt_tracee_await(jt_tracee *tracee, const jt_wait_limit *limit, jt_error *err);
/* What jt_tracee_await would say now: JT_TIMED_OUT when the thread is not there yet. Does not wait. */
int jt_tracee_check(jt_tracee *tracee);
/* The id of a thread that has stopped or ended, of those that this OS thread has sent to their stop, or of another
 * child of it; 0: there is none yet, or the wait was interrupted; negative: there is nobody to wait for. Takes nothing:
 * until it is let go, the same one comes again. */
int jt_tracee_any(bool wait);
/* Whether a thread that is not there yet only waits for a CPU. */
bool jt_tracee_starves(const jt_tracee *tracee);
enum { JT_TRACEE_PATIENCE_NANOS = 2000 * 1000 * 1000 }; /* for such a one, on top of the limit */
int jt_tracee_registers(const jt_tracee *tracee, jt_registers *registers, jt_error *err);
/* DETACH, delivering the pending signal. A thread that was killed meanwhile is no error, but if its end takes longer
 * (a core dump), this returns JT_TIMED_OUT and it is for jt_tracee_release_late, or it stays a zombie. */
int jt_tracee_release(jt_tracee *tracee);
/* The same with a limit that has begun already, which goes on. */
int jt_tracee_release_within(jt_tracee *tracee, const jt_wait_limit *limit);
/* For a tracee that timed out: true once it was detached or is gone. Does not wait. */
int jt_tracee_release_late(jt_tracee *tracee);

#endif
