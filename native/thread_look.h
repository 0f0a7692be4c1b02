/* One look at one thread: is it running or idle, and what is on its stack. Stops it only when there is no other way. */
#ifndef JTRACE_THREAD_LOOK_H
#define JTRACE_THREAD_LOOK_H

#include "hotspot/frame_walker.h"
#include "hotspot/java_threads.h"
#include "mounted_thread.h"
#include "native_frames.h"
#include "process.h"
#include "snapshot.h"
#include "tracer_schedule.h"

/* What looking needs, shared by all threads of a target. Not for several OS threads at once. */
typedef struct {
    const jt_process *process;
    const jt_vm *vm;
    jt_frame_walker *walker;
    jt_snapshot snapshot;
    jt_tracer_schedule schedule;
    uint8_t *stack_again; /* a second copy, to compare; of the snapshot's capacity */
    bool never_stop;      /* nobody: running threads are passed by, sampled or not */
    bool puts_off;        /* stops of Java threads, which are gathered (gathered_looks.h) */
    jt_native_frames *native; /* not owned; NULL: native frames are not wanted */
    jt_walk_result walk;
    jt_mounted_thread mounted;
} jt_looker;

int jt_looker_init(jt_looker *looker, const jt_process *process, const jt_vm *vm, jt_error *err);
void jt_looker_free(jt_looker *looker);

/* A thread from one look to the next. */
typedef struct {
    jt_task *task;
    jt_addr java_thread; /* 0: none, or not known yet */
    jt_task_schedule schedule; /* at the last look */
    jt_task_schedule counters; /* read for the next one */
    bool has_counters;
    bool seen;
    bool sampled;        /* by the kernel while it runs: then it is passed by */
    bool has_had_frames; /* Java frames, at some look: it is no compiler thread or the like */
    bool stopped_without; /* a stop has shown it running without any */
    bool settled;        /* the last look found it idle, and what it found holds until it runs */
    jt_tracee late;      /* tid != 0: seized, and did not stop in time */
    jt_addr osthread;    /* as it was read last */
    uint64_t stack_depth; /* bytes from sp to base when its stack was read last; 0: never */
    jt_addr stack_base;  /* when it was read last, for samples of a thread that has ended since; 0: never */
} jt_looked_at;

typedef struct {
    char state;       /* the kernel's letter */
    int cpu;          /* that it runs on, or ran on last */
    int status;       /* enum jt_walk_status */
    bool unchanged;   /* as at the last look; no frames in looker->walk */
    bool gone;        /* the thread ended: no sample */
    bool ran;         /* since the last look, or runs now */
    bool used_cpu;    /* since the last look, as far as the kernel has counted by now */
    bool at_safepoint; /* idle, and waits for one */
    bool passed_by;    /* it runs, and is sampled by the kernel, or by nobody: no sample */
    uint64_t cut_stack_bytes; /* of which the kernel copied less than there were; 0: all was copied */
    bool put_off;             /* it has to be stopped, and jt_looker.puts_off: no sample yet */
    bool task_ended;  /* so did its task's files: should the tid be listed again, it is another thread's */
    bool stale_thread; /* its JavaThread is another's now: look it up again */
    uint64_t cpu_nanos;
    uint64_t stop_nanos;
    uint64_t virtual_thread; /* id of the virtual thread that is mounted on it; 0: none, or not known */
    bool unnamed;            /* its name could not be read */
} jt_look;

enum { JT_FROZEN_ATTEMPTS = 5 }; /* reads of frozen frames that are changed or moved meanwhile */

/* Of a JavaThread's words, all that a walk wants to know; stack and registers are the caller's. */
void jt_look_fill_input(const jt_looker *looker, const jt_looked_at *thread, const jt_java_thread_words *words,
                        jt_walk_input *in);
/* Stops the thread once and copies, as jt_snapshot_take does, with the red zone where native frames are wanted. */
int jt_look_stop(jt_looker *looker, jt_looked_at *thread, jt_addr stack_base, const jt_read *extra, size_t extra_count,
                 jt_look *look);
/* What `looker->snapshot` and `looker->mounted` have copied, with the JavaThread's words of the copy. */
void jt_look_take_copy(jt_looker *looker, jt_looked_at *thread, const jt_java_thread_words *in_window,
                       jt_walk_input *in);
/* Stops the thread, for a look that has found that it must be, and reads what there is. */
void jt_look_stop_and_read(jt_looker *looker, jt_looked_at *thread, const jt_java_thread_words *words, jt_look *look);
/* The status of a look whose stop has failed with `status`. */
int jt_look_status_of_refusal(int status);
/* Copies the stack from one word below `sp` (where a call left its return address) up to its base. */
bool jt_look_read_stack(jt_looker *looker, jt_addr sp, jt_addr base, uint8_t *into, jt_walk_input *in);
/* Reads its JavaThread's words. False when that has ended, and its memory may be another's. */
bool jt_look_read_thread(const jt_looker *looker, jt_looked_at *thread, jt_java_thread_words *words);
/* Reads what of the stack is frozen now. */
void jt_look_copy_frozen(jt_looker *looker, const jt_java_thread_words *words, jt_walk_input *in);
/* Walks, and tells who is mounted. False when frozen frames were not read, or moved meanwhile. */
bool jt_look_walk(jt_looker *looker, const jt_walk_input *in, jt_look *look, int *status);
/* Frames that are frozen are left out, and said to be. */
int jt_look_walk_without_frozen(jt_looker *looker, jt_walk_input *in);
/* To be called when a look at a JavaThread that may have ended is done, */
void jt_look_notice_end(jt_looker *looker, const jt_looked_at *thread, jt_look *look);
/* and when a look's walk is. */
void jt_look_conclude(jt_looker *looker, jt_looked_at *thread, jt_look *look);

/* Frames are left in looker->walk. May leave the calling thread on the target's CPU until jt_tracer_schedule_reset. */
void jt_look_at(jt_looker *looker, jt_looked_at *thread, jt_look *look);

#endif
