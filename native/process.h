/* The target process: identity, liveness, tasks, CPU time, run state. Nothing here stops anybody. */
#ifndef JTRACE_PROCESS_H
#define JTRACE_PROCESS_H

#include <stdbool.h>

#include "error.h"
#include "memory.h"

typedef struct jt_process jt_process;

/* Opens by pid as our pid namespace sees it. Refuses, each with its own message: a pid that does not exist, our own,
 * a kernel thread, a zombie (JT_NO_TARGET), a process that we may not read or that another tracer holds
 * (JT_NOT_PERMITTED, message from diagnose.h). Holds a pidfd, so a reused pid is never mistaken for the target. */
int jt_process_open(int pid, jt_process **process, jt_error *err);
void jt_process_close(jt_process *process); /* NULL is fine */

int jt_process_pid(const jt_process *process);
const jt_memory *jt_process_memory(const jt_process *process);
/* false once the process ended (zombie included) */
bool jt_process_alive(const jt_process *process);
/* CPU time of all its threads, ended ones included, in ns, from the process's CPU clock; JT_GONE when nobody has its
 * pid. Asks for no more than that: see jt_process_alive. */
int jt_process_cpu_nanos(const jt_process *process, uint64_t *nanos);
/* From now on that takes no longer with many threads than with one, where the kernel lets it be so: 300 us with 2,000
 * threads otherwise. Costs the process an addition whenever a thread's time is counted. */
void jt_process_keep_cpu_sum(jt_process *process);

/* Thread ids of all tasks, ascending, in our pid namespace. The array belongs to the process object and is valid until
 * the next call. */
int jt_process_list_tasks(jt_process *process, const int **tids, size_t *count, jt_error *err);
/* How many there are, for less than their list costs. Where /proc does not tell, a number that none has. */
size_t jt_process_task_count(const jt_process *process);

/* Whether the word at `address` can be read by the process's id: then it has its memory, and is not coming to its end. */
bool jt_process_is_read_by_pid(const jt_process *process, jt_addr address);
/* Whether it is coming to its end: all of its threads were killed, and go one by one. The first one may have ended before
 * by itself, which ends nothing. Lists the tasks. */
bool jt_process_ending(jt_process *process);

/* One task, with its /proc files kept open (opened per read when descriptors run out). */
typedef struct jt_task jt_task;
int jt_task_open(const jt_process *process, int tid, jt_task **task, jt_error *err);
void jt_task_close(jt_task *task);
int jt_task_tid(const jt_task *task);
/* The tid that the task has in its own, innermost pid namespace (what gettid returns there): NSpid. Cached at open. */
int jt_task_inner_tid(const jt_task *task);

typedef struct {
    uint64_t run_nanos;  /* time on a CPU; exact at switches, else up to one kernel tick old */
    uint64_t wait_nanos; /* time ready but not on a CPU */
    uint64_t slices;     /* times put on a CPU: unchanged slices and a state other than R = it did not run */
} jt_task_schedule;
/* schedstat; where the kernel lacks it, utime+stime of stat stand in for run_nanos. JT_GONE when the task ended. */
int jt_task_read_schedule(const jt_task *task, jt_task_schedule *schedule);
/* The kernel's state letter: R S D T t Z X I. JT_GONE when the task ended. */
int jt_task_read_state(const jt_task *task, char *state);
/* The same, and the CPU that the task runs on or ran on last. */
int jt_task_read_place(const jt_task *task, char *state, int *cpu);

typedef struct {
    bool running;   /* on a CPU or ready: the other fields are not known */
    int64_t number; /* system call it is blocked in, -1: blocked outside any (page fault, stop) */
    jt_addr sp, pc;
} jt_task_syscall;
/* /proc/PID/task/TID/syscall (needs ptrace rights). */
int jt_task_read_syscall(const jt_task *task, jt_task_syscall *syscall);
/* The kernel's name of the task (comm), unchecked bytes, NUL-terminated. */
int jt_task_read_comm(const jt_task *task, char *into, size_t capacity);

#endif
