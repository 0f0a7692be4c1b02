/* Which threads are looked at in a tick. Those that ran lately always are; the others in turn, some at each tick. What
 * the process's CPU clock says is the sum of its threads' CPU times and that of ended ones, by the same counters in the
 * kernel: as long as the clock moves by no more than the CPU time of the threads that were looked at, the others did not
 * run, and are as they were found. If it moves by more, all threads' counters are read in the same tick.
 *
 * A counter moves when its thread leaves its CPU, and at the kernel's ticks: a thread that is on a CPU for the first
 * time since then is met in its turn only. What is found there stands for all the ticks since its last look, so that
 * shares stay true. */
#ifndef JTRACE_TICK_PLAN_H
#define JTRACE_TICK_PLAN_H

#include "task_list.h"

enum { JT_QUIET_LOOKS = 128 }; /* at most, at which a thread did not run until it is looked at in its turn only */

typedef struct {
    bool known;           /* whether what follows is */
    uint64_t other_nanos; /* CPU time of the process that is none of its listed threads' */
    uint64_t sum_nanos;   /* of the listed ones' CPU times, as they were read last */
    uint64_t process_nanos; /* the clock, as it was then */
    uint64_t ticks;
    uint32_t patience; /* looks at which a thread did not run, from which on it is quiet */
    int next_tid; /* whose turn it is, or the next higher one's */
} jt_tick_plan;

/* Marks the entries that are due, with their counters read. Lists the tasks anew when they may be others. `process_nanos`
 * is the clock of the process, read just before. `first` and `ended` as for jt_task_list_update. */
int jt_tick_plan_make(jt_tick_plan *plan, jt_task_list *list, jt_process *process, uint64_t process_nanos,
                      const jt_task_entry *first, jt_task_ended *ended, void *context, jt_error *err);
/* After a look at an entry: whether it ran, or has to be read again although it did not. */
void jt_tick_plan_looked(jt_task_entry *entry, bool ran);

#endif
