/* One tick: a look at every thread of the target, and the stacks of those that have one.
 *
 * The result is an array of 64-bit words, so that it crosses JNI in one copy:
 *
 *   header   JT_TICK_HEADER_WORDS words (enum jt_tick_header)
 *   then per thread
 *     JT_TICK_THREAD_WORDS words (enum jt_tick_thread), then
 *     JT_TICK_FRAME_WORDS words per frame, leaf first:
 *       kind (enum jt_frame_kind) << 56 | address of the Method or nmethod
 *       identity << 32 | bci or pc offset (32 bits, signed; -1: at the method's entry, -2: not known)
 *       fp of an interpreted frame, sp of a compiled one; 0: not known
 *
 * identity is the nmethod's compile id, or, for interpreted frames, a number that changes when another Method takes
 * the same address, and for native code one that changes when images come to lie elsewhere. (address, identity) is what
 * names may be cached by.
 *
 * A tick comes in parts: after a thread with frames to be named the caller gets what there is so far, names them, and
 * asks for the rest. So names are read when the frame was seen a moment ago, and not after looks at all other threads.
 */
#ifndef JTRACE_SAMPLER_H
#define JTRACE_SAMPLER_H

#include "error.h"
#include "hotspot/vm.h"
#include "mounted_thread.h"
#include "native_frames.h"
#include "process.h"

enum jt_tick_header {
    JT_TICK_BEGIN_NANOS,  /* CLOCK_MONOTONIC */
    JT_TICK_END_NANOS,    /* of this part */
    JT_TICK_CPU_NANOS,    /* CPU time of the process so far, by its CPU clock */
    JT_TICK_THREAD_COUNT, /* thread records that follow */
    JT_TICK_MORE,         /* whether threads are left: jt_sampler_more */
    JT_TICK_THROTTLED,    /* how often since the last part the kernel silenced an event (perf) */
    JT_TICK_ROUND_NANOS,  /* how long the round of stops took (stop_round.h); 0: there was none */
    JT_TICK_HEADER_WORDS
};

enum jt_tick_thread {
    JT_TICK_THREAD_TID,         /* in our pid namespace */
    JT_TICK_THREAD_STATUS,      /* bits 0-7 kernel state letter, 8-15 enum jt_walk_status, 16-23 enum jt_tick_flag,
                                   32-63 number of frames */
    JT_TICK_THREAD_JAVA_THREAD, /* address of its JavaThread, 0 for a thread that is none */
    JT_TICK_THREAD_CPU_NANOS,   /* CPU time since the last look (or since the first look at the process) */
    JT_TICK_THREAD_STOP_NANOS,  /* how long it was stopped at most (jt_snapshot, jt_round_stop), 0 if it was not */
    JT_TICK_THREAD_VIRTUAL,     /* id of the virtual thread that is mounted on it; 0: none, or not known */
    JT_TICK_THREAD_SAMPLES,     /* that the record stands for: lost ones, and ticks since the last look */
    JT_TICK_THREAD_WORDS
};

enum { JT_TICK_FRAME_WORDS = 3 };

enum jt_tick_flag {
    JT_TICK_UNCHANGED = 1, /* did not run since the last tick: same stack and status as then, frames left out */
    JT_TICK_AT_SAFEPOINT = 2, /* idle, and waits for a safepoint; not said again of an unchanged one */
    JT_TICK_NEW = 4        /* first look at this thread (a reused tid included): forget what is cached for the tid */
};

typedef struct jt_sampler jt_sampler;

/* The VM may still be starting (-t); process and vm must outlive the sampler. */
int jt_sampler_create(jt_process *process, jt_vm *vm, jt_sampler **sampler, jt_error *err);
void jt_sampler_destroy(jt_sampler *sampler);

/* Who finds the objects of virtual threads, in the parts that follow; NULL: nobody. */
void jt_sampler_read_heap_by(jt_sampler *sampler, const jt_heap_reader *heap);

/* Whether the engine perf may stop a thread, too. */
typedef enum {
    JT_STOPS_NEVER,
    /* A thread that runs before the kernel samples it, and one that it has no event for. Brief threads, which start and
     * end between two looks or soon after one, have as many samples then as with stops alone. */
    JT_STOPS_AS_LONG_AS_UNSAMPLED
} jt_perf_stops;

/* From now on running threads are sampled by the kernel, once per `period_nanos` of their CPU time: a tick has a record
 * for each sample since the last one, then one for each thread that is off CPU. Its samples carry the CPU time that
 * their thread used since the one before, and stand for the time, too, that it waited for a CPU. *with_kernel: whether
 * time in the kernel is sampled, too; with stops it is refused where that is not. To be called before the first tick,
 * by the thread that ticks. JT_NOT_PERMITTED says why. */
int jt_sampler_use_perf(jt_sampler *sampler, uint64_t period_nanos, jt_perf_stops stops, bool *with_kernel,
                        jt_error *err);

/* Before jt_sampler_use_perf, which then refuses where the kernel does: samples taken in the kernel show its frames. */
void jt_sampler_show_kernel(jt_sampler *sampler);

/* From now on native frames are shown, too (native_frames.h): running threads in native code, and those that are not
 * Java's, are stopped for them. NULL: no more. They must outlive the sampler. */
void jt_sampler_show_native(jt_sampler *sampler, jt_native_frames *frames);

/* How many ticks the next ones are for idle threads, 1 without a call: more when some were missed before. */
void jt_sampler_stand_for(jt_sampler *sampler, uint64_t slots);
/* The next tick leaves nobody out. */
void jt_sampler_want_all(jt_sampler *sampler);

/* Begins a tick and takes its first part. Threads that are known or presumed not to have run since their last look get
 * a record at a later one only, which stands for these ticks, too (tick_plan.h). *words belongs to the sampler and is valid until the next part. JT_GONE when
 * the process ended. Always from the same OS thread (ptrace). */
int jt_sampler_tick(jt_sampler *sampler, const uint64_t **words, size_t *count, jt_error *err);

/* The next part of the tick. */
int jt_sampler_more(jt_sampler *sampler, const uint64_t **words, size_t *count, jt_error *err);

/* After the last tick: a part with the samples of threads that were not looked at since. Fails for want of memory only. */
int jt_sampler_settle(jt_sampler *sampler, const uint64_t **words, size_t *count, jt_error *err);

/* Whether what was read since the tick began, or the last look again, is what the stacks meant: nothing can have been
 * unloaded.
 * Every collection that unloads classes or code begins after the last use of it, with an operation of the VM thread:
 * if that did not run, there was none. */
bool jt_sampler_undisturbed(const jt_sampler *sampler);
/* From now on jt_sampler_undisturbed tells of what is read after this, until the next tick or look again. */
void jt_sampler_watch(jt_sampler *sampler);

/* Whether a thread of the last tick still runs and is still this JavaThread: what was read of the one is the other's. */
bool jt_sampler_is_java_thread(const jt_sampler *sampler, int tid, jt_addr java_thread);

/* Looks at the last thread of the last part again, or at its copy from a round of stops, and gives it as a part of its
 * own, with the CPU time of both looks.
 * A thread that has ended has JT_WALK_CODE_CHANGED and no frames. */
int jt_sampler_look_again(jt_sampler *sampler, const uint64_t **words, size_t *count, jt_error *err);

#endif
