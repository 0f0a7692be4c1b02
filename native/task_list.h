/* The tasks of a process that are sampled, in step with the kernel's list. */
#ifndef JTRACE_TASK_LIST_H
#define JTRACE_TASK_LIST_H

#include "thread_look.h"

typedef struct {
    jt_looked_at looked_at;
    uint32_t age;             /* looks */
    uint32_t quiet;           /* looks since it was last seen to have run, or had to be read again */
    uint64_t counted_nanos;   /* its CPU time in the plan's sum */
    uint64_t carried_nanos;   /* CPU time up to which samples of the kernel carry it, */
    uint64_t to_carry_nanos;  /* and up to which those of the present round will */
    int64_t carried_wait_nanos; /* time that it waited for a CPU, likewise; may run ahead by half a sample */
    int64_t to_carry_wait_nanos;
    uint64_t accounted_slots; /* up to which its samples are written */
    bool idle_recorded;       /* by its last record */
    bool due;                 /* to be looked at in this tick */
    bool left_out;            /* it ran in the last ticks, and there was no time to stop it */
    bool new_to_java;         /* not reported yet */
    bool ended;
    bool
        no_event; /* the kernel does not sample it: there is none left for it, or its stack is deeper than one's copy */
} jt_task_entry;

typedef struct {
    jt_task_entry *entries; /* ascending by tid */
    size_t count;
    size_t listed; /* by the kernel: some of them may have ended before they were opened */
} jt_task_list;

/* Is told of each entry before it is closed. */
typedef void jt_task_ended(void *context, jt_task_entry *entry);

/* Brings the entries into step with the kernel's list. New ones are as `first` says, with a task of their own. JT_GONE
 * when the process ended. */
int jt_task_list_update(jt_task_list *list, jt_process *process, const jt_task_entry *first, jt_task_ended *ended,
                        void *context, jt_error *err);
/* NULL: not there. */
jt_task_entry *jt_task_list_find(const jt_task_list *list, int tid);
void jt_task_list_free(jt_task_list *list);

#endif
