/* How the kernel schedules the tracer: with a nice value below the usual where that is permitted and the user gave it
 * none, and while it stops a thread on the thread's own CPU, before everybody else. The thread then stops the moment
 * the tracer waits for it, and nobody gets the CPU before it is let go. From another CPU each hand-over is a wake-up
 * across CPUs, and on a busy machine a tracer that loses its CPU in the window keeps the thread stopped for a time
 * slice. */
#ifndef JTRACE_TRACER_SCHEDULE_H
#define JTRACE_TRACER_SCHEDULE_H

#include <sched.h>
#include <stdbool.h>

/* Of one OS thread, the one that calls all of these. */
typedef struct {
    cpu_set_t allowed; /* where it may run otherwise */
    int policy;        /* that it had */
    struct sched_param param;
    struct sched_param first; /* before everybody else */
    bool may_move, may_go_first;
    int cpu; /* that it was moved to, -1: none */
} jt_tracer_schedule;

void jt_tracer_schedule_init(jt_tracer_schedule *schedule);
/* Before a window: moves to `cpu` and goes first. Does what it may. */
void jt_tracer_schedule_enter(jt_tracer_schedule *schedule, int cpu);
/* After a window: goes first no more. It stays on the CPU, as the next window is often there. */
void jt_tracer_schedule_leave(jt_tracer_schedule *schedule);
/* After a tick: may run anywhere again. Not sooner: moving to and fro for each stop took an eighth of jtrace's CPU
 * time. */
void jt_tracer_schedule_reset(jt_tracer_schedule *schedule);

#endif
