#include "thread_look.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "hotspot/safepoint_wait.h"
#include "native_look.h"

enum {
    MAX_ATTEMPTS = 12,      /* a thread that ran while it was read is read again */
    NO_FRAMES_ATTEMPTS = 5, /* looks after which a running thread is believed to have no Java frames, */
    NEVER_FRAMES_ATTEMPTS = 2, /* and after which one is that never had any, and is no thread that a stop would tell of */
    RUN_WAITS = 7,          /* for a thread to get a CPU: */
    FIRST_RUN_WAIT_NANOS = 20 * 1000, /* each wait is twice the one before, 2.5 ms in all */
    OLDEST_STACK_BYTES = 32 << 10, /* in which a thread that the VM has started has its first call of Java */
    MAX_STACK_BYTES = 64 << 20, /* of Java's and native frames */
    MORE_ROOM = 256 * 1024  /* for what a deep stack grows by until it is copied again */
};

int jt_looker_init(jt_looker *looker, const jt_process *process, const jt_vm *vm, jt_error *err)
{
    memset(looker, 0, sizeof *looker);
    looker->process = process;
    looker->vm = vm;
    jt_tracer_schedule_init(&looker->schedule);
    looker->walk.capacity = JT_WALK_MAX_FRAMES;
    looker->walk.frames = calloc(JT_WALK_MAX_FRAMES, sizeof *looker->walk.frames);
    looker->stack_again = malloc(JT_SNAPSHOT_STACK_LIMIT);
    int status = looker->walk.frames != NULL && looker->stack_again != NULL
                     ? JT_OK
                     : jt_fail(err, JT_NO_MEMORY, "out of memory");
    if (status == JT_OK)
        status = jt_snapshot_init(&looker->snapshot, err);
    if (status == JT_OK)
        status = jt_mounted_init(&looker->mounted, vm, err);
    if (status == JT_OK)
        status = jt_frame_walker_create(vm, &looker->walker, err);
    return status;
}

void jt_looker_free(jt_looker *looker)
{
    jt_frame_walker_destroy(looker->walker);
    jt_snapshot_free(&looker->snapshot);
    jt_mounted_free(&looker->mounted);
    free(looker->stack_again);
    free(looker->walk.frames);
}

/* What one attempt made of the thread. */
typedef enum {
    LOOK_DONE,
    LOOK_AGAIN,    /* the thread ran, or changed its state, while it was read */
    LOOK_MUST_STOP /* it cannot be read as it is */
} outcome;

static outcome done(jt_look *look, int status)
{
    look->status = status;
    return LOOK_DONE;
}

void jt_look_fill_input(const jt_looker *looker, const jt_looked_at *thread, const jt_java_thread_words *words,
                        jt_walk_input *in)
{
    memset(in, 0, sizeof *in);
    in->java_thread = thread->java_thread;
    in->stack_base = words->stack_base;
    in->anchor = jt_java_thread_anchor(looker->vm, words);
    in->cont_entry = words->cont_entry;
    in->saved_exception_pc = words->saved_exception_pc;
    in->in_java = (words->state & ~1) == looker->vm->layout.state_in_java; /* the odd one is its transition */
    in->stack = looker->snapshot.stack;
}

bool jt_look_read_stack(jt_looker *looker, jt_addr sp, jt_addr base, uint8_t *into, jt_walk_input *in)
{
    jt_addr from = (sp - 8) & ~(jt_addr)7;
    if (from >= base || base - from > MAX_STACK_BYTES)
        return false;
    in->stack_address = from;
    in->stack_length = base - from;
    jt_snapshot_make_room(&looker->snapshot, in->stack_length);
    in->stack_truncated = in->stack_length > looker->snapshot.capacity;
    if (in->stack_truncated)
        in->stack_length = looker->snapshot.capacity;
    return jt_memory_read(looker->vm->memory, from, into, in->stack_length) == JT_OK;
}

static bool same_place(const jt_java_thread_words *a, const jt_java_thread_words *b)
{
    return a->state == b->state && memcmp(a->anchor, b->anchor, sizeof a->anchor) == 0 && a->osthread == b->osthread;
}

void jt_look_copy_frozen(jt_looker *looker, const jt_java_thread_words *words, jt_walk_input *in)
{
    jt_read reads[JT_MOUNTED_MAX_READS];
    jt_mounted_plan(&looker->mounted, in->java_thread, words);
    size_t count = jt_mounted_may_be(&looker->mounted, words) ? jt_mounted_reads(&looker->mounted, reads) : 0;
    jt_mounted_copied(&looker->mounted, jt_memory_read_batch(looker->vm->memory, reads, count), count, in);
}

bool jt_look_walk(jt_looker *looker, const jt_walk_input *in, jt_look *look, int *status)
{
    *status = jt_frame_walker_walk(looker->walker, in, &looker->walk);
    look->virtual_thread = jt_mounted_identity(&looker->mounted, in, &look->unnamed);
    return jt_mounted_confirm(&looker->mounted, in, &looker->walk);
}

int jt_look_walk_without_frozen(jt_looker *looker, jt_walk_input *in)
{
    in->frozen = NULL;
    return jt_frame_walker_walk(looker->walker, in, &looker->walk);
}

/* Walks a stack that stands still. Its frozen frames do so, too, but a collector may move them. */
static int walk_standing(jt_looker *looker, const jt_java_thread_words *words, jt_walk_input *in, jt_look *look)
{
    int status;
    for (int attempts = 0; attempts < JT_FROZEN_ATTEMPTS; attempts++) {
        jt_look_copy_frozen(looker, words, in);
        if (jt_look_walk(looker, in, look, &status))
            return status;
    }
    return jt_look_walk_without_frozen(looker, in);
}

static bool did_not_run(const jt_looked_at *thread, const jt_task_schedule *before)
{
    jt_task_schedule after;
    char state;
    return jt_task_read_schedule(thread->task, &after) == JT_OK && after.slices == before->slices &&
           jt_task_read_state(thread->task, &state) == JT_OK && state != 'R';
}

/* Off CPU and in native or VM code: the frames stand still as long as the thread does not run. */
static outcome read_idle(jt_looker *looker, jt_looked_at *thread, const jt_java_thread_words *words,
                         const jt_task_schedule *before, jt_look *look)
{
    jt_walk_input in;
    jt_look_fill_input(looker, thread, words, &in);
    if (in.anchor.sp != 0 && !jt_look_read_stack(looker, in.anchor.sp, in.stack_base, looker->snapshot.stack, &in))
        return did_not_run(thread, before) ? done(look, JT_WALK_STACK_UNREADABLE) : LOOK_AGAIN;
    int status = walk_standing(looker, words, &in, look);
    look->at_safepoint = jt_waits_for_safepoint(looker->vm, thread->java_thread, words);
    if (looker->native != NULL && !jt_native_look_blocked(looker, thread))
        return LOOK_MUST_STOP;
    if (!did_not_run(thread, before))
        return LOOK_AGAIN;
    thread->settled = true;
    thread->stack_depth = in.stack_length;
    return done(look, status);
}

/* Blocked in a system call in the middle of Java code or of a VM leaf routine, without an anchor: sp and pc are known,
 * the other registers are not. Not stopped, as a stop would end the call early (EINTR). */
static outcome read_blocked_leaf(jt_looker *looker, jt_looked_at *thread, const jt_java_thread_words *words,
                                 const jt_task_schedule *before, const jt_task_syscall *blocked, jt_look *look)
{
    jt_walk_input in;
    jt_look_fill_input(looker, thread, words, &in);
    if (!jt_look_read_stack(looker, blocked->sp + 8, in.stack_base, looker->snapshot.stack, &in))
        return did_not_run(thread, before) ? done(look, JT_WALK_STACK_UNREADABLE) : LOOK_AGAIN;
    in.has_registers = true;
    in.registers.pc = blocked->pc;
    in.registers.sp = blocked->sp;
    int status = walk_standing(looker, words, &in, look);
    if (looker->native != NULL && !jt_native_look_blocked(looker, thread))
        return LOOK_MUST_STOP;
    if (!did_not_run(thread, before))
        return LOOK_AGAIN;
    thread->settled = true;
    return done(look, status);
}

/* Whether a blocked thread cannot tell that it was stopped: outside any system call (page fault, SIGSTOP), or waiting for
 * a lock (VM leaf routines do), as the kernel goes on with a futex's wait by itself. */
static bool stop_is_unseen(const jt_task_syscall *blocked)
{
    return blocked->number == -1 || blocked->number == SYS_futex;
}

static outcome look_at_idle(jt_looker *looker, jt_looked_at *thread, const jt_java_thread_words *words,
                            const jt_task_schedule *before, jt_look *look)
{
    jt_addr anchor_sp = jt_java_thread_anchor(looker->vm, words).sp;
    bool in_java = (words->state & ~1) == looker->vm->layout.state_in_java;
    if (anchor_sp != 0 || !in_java)
        return read_idle(looker, thread, words, before, look);
    jt_task_syscall blocked;
    if (jt_task_read_syscall(thread->task, &blocked) != JT_OK || blocked.running)
        return LOOK_AGAIN;
    if (stop_is_unseen(&blocked) && !looker->never_stop)
        return LOOK_MUST_STOP;
    return read_blocked_leaf(looker, thread, words, before, &blocked, look);
}

/* A caller that cannot be. */
static bool is_broken(int status)
{
    return status == JT_WALK_UNKNOWN_CODE || status == JT_WALK_BROKEN_FRAME || status == JT_WALK_STACK_UNREADABLE;
}

/* On a CPU, but in native or VM code with an anchor: its Java frames stand still as long as it stays there. Read twice:
 * between the looks it may have returned to Java and come back to the same place by another way. Nothing tells that it
 * did so around both reads of its stack (exceptions call the VM again and again, microseconds apart) but a walk that
 * leads nowhere: Java code has other words where the VM has return addresses. In the end a stop shows where it is. */
static outcome read_anchored(jt_looker *looker, jt_looked_at *thread, const jt_java_thread_words *words, int attempts,
                             jt_look *look)
{
    jt_walk_input in;
    jt_java_thread_words after;
    jt_look_fill_input(looker, thread, words, &in);
    if (!jt_look_read_stack(looker, in.anchor.sp, in.stack_base, looker->snapshot.stack, &in))
        return LOOK_AGAIN;
    jt_look_copy_frozen(looker, words, &in);
    jt_walk_input again = in;
    if (!jt_look_read_stack(looker, in.anchor.sp, in.stack_base, looker->stack_again, &again) ||
        jt_java_thread_read(looker->vm, thread->java_thread, &after) != JT_OK || !same_place(words, &after) ||
        memcmp(looker->snapshot.stack, looker->stack_again, in.stack_length) != 0)
        return LOOK_AGAIN;
    int status;
    thread->stack_depth = in.stack_length;
    if (!jt_look_walk(looker, &in, look, &status))
        return attempts < JT_FROZEN_ATTEMPTS ? LOOK_AGAIN : LOOK_MUST_STOP;
    if (is_broken(status))
        return LOOK_AGAIN;
    if ((words->state & ~1) != looker->vm->layout.state_in_vm || looker->walk.count >= looker->walk.capacity)
        return done(look, status);
    memmove(looker->walk.frames + 1, looker->walk.frames, looker->walk.count * sizeof *looker->walk.frames);
    looker->walk.frames[0] = (jt_frame){.kind = JT_FRAME_VM};
    looker->walk.count++;
    return done(look, status);
}

/* Whether a thread that was never seen with Java frames may have some: its stack tells, from the oldest frames on, where a
 * call of Java left its return address. */
static bool may_have_entered_java(jt_looker *looker, const jt_looked_at *thread, const jt_java_thread_words *words)
{
    jt_walk_input in;
    jt_look_fill_input(looker, thread, words, &in);
    in.stack_length = words->stack_size < OLDEST_STACK_BYTES ? words->stack_size : OLDEST_STACK_BYTES;
    in.stack_address = in.stack_base - in.stack_length;
    return jt_memory_read(looker->vm->memory, in.stack_address, looker->snapshot.stack, in.stack_length) != JT_OK ||
           jt_frame_walker_may_have_entry(looker->walker, &in);
}

static outcome look_at_running(jt_looker *looker, jt_looked_at *thread, const jt_java_thread_words *words, int attempts,
                               jt_look *look)
{
    if ((words->state & ~1) == looker->vm->layout.state_in_java || looker->native != NULL)
        return LOOK_MUST_STOP;
    if (jt_java_thread_anchor(looker->vm, words).sp != 0)
        return read_anchored(looker, thread, words, attempts, look);
    /* Believed only when seen again and again: state and anchor are not read at one instant. */
    bool in_native = (words->state & ~1) == looker->vm->layout.state_in_native;
    bool never_had_some = !thread->has_had_frames && (thread->stopped_without || in_native);
    if (attempts + 1 < (never_had_some ? NEVER_FRAMES_ATTEMPTS : NO_FRAMES_ATTEMPTS))
        return LOOK_AGAIN;
    /* In the VM it may be on its way out of Java, with an anchor that is not back yet (~JavaCallWrapper): only its
     * registers tell. A thread that never had Java frames is stopped for that once, if its stack has any of a call. */
    bool must_stop = !never_had_some && !in_native &&
                     (thread->has_had_frames || may_have_entered_java(looker, thread, words));
    return must_stop ? LOOK_MUST_STOP : done(look, JT_WALK_NO_JAVA_FRAMES);
}

int jt_look_status_of_refusal(int status)
{
    if (status == JT_TIMED_OUT)
        return JT_WALK_STOP_TIMED_OUT;
    return status == JT_STALE ? JT_WALK_STACK_UNREADABLE : JT_WALK_STOP_REFUSED;
}

int jt_look_stop(jt_looker *looker, jt_looked_at *thread, jt_addr stack_base, const jt_read *extra, size_t extra_count,
                 jt_look *look)
{
    jt_tracee tracee = {0};
    jt_snapshot *snapshot = &looker->snapshot;
    snapshot->wants_red_zone = looker->native != NULL;
    jt_tracer_schedule_enter(&looker->schedule, look->cpu);
    int status = jt_snapshot_take(snapshot, looker->process, jt_task_tid(thread->task), stack_base, extra, extra_count,
                                  &tracee, NULL);
    jt_tracer_schedule_leave(&looker->schedule);
    look->gone = status == JT_GONE;
    look->stop_nanos += snapshot->stop_nanos;
    if (status == JT_TIMED_OUT)
        thread->late = tracee;
    return status;
}

static int take_snapshot(jt_looker *looker, jt_looked_at *thread, jt_addr stack_base, jt_java_thread_words *in_window,
                         jt_look *look)
{
    jt_read also[JT_MOUNTED_MAX_READS];
    jt_java_thread_copy copy;
    jt_read read = jt_java_thread_plan(looker->vm, thread->java_thread, &copy);
    looker->snapshot.also = also;
    looker->snapshot.also_count = jt_mounted_reads(&looker->mounted, also);
    int status = jt_look_stop(looker, thread, stack_base, &read, 1, look);
    if (status == JT_OK)
        jt_java_thread_take(looker->vm, &copy, in_window);
    return status;
}

/* How much of the stack lies above what was copied. */
static uint64_t left_out(const jt_snapshot *snapshot, jt_addr stack_base)
{
    jt_addr end = snapshot->stack_address + snapshot->stack_length;
    return snapshot->stack_length != 0 && end < stack_base ? stack_base - end : 0;
}

void jt_look_take_copy(jt_looker *looker, jt_looked_at *thread, const jt_java_thread_words *in_window,
                       jt_walk_input *in)
{
    const jt_snapshot *snapshot = &looker->snapshot;
    jt_look_fill_input(looker, thread, in_window, in);
    in->has_registers = true;
    in->registers = snapshot->registers;
    in->stack_address = snapshot->stack_address;
    in->stack_length = snapshot->stack_length;
    in->stack_truncated = left_out(snapshot, in->stack_base) > 0;
    thread->stack_depth = in->stack_length;
    jt_mounted_copied(&looker->mounted, snapshot->also_done, snapshot->also_count, in);
}

/* Stops the thread and copies it; false when that failed. */
static bool stop_and_copy(jt_looker *looker, jt_looked_at *thread, const jt_java_thread_words *words, jt_walk_input *in,
                          jt_look *look)
{
    jt_java_thread_words in_window;
    jt_snapshot *snapshot = &looker->snapshot;
    int status = take_snapshot(looker, thread, words->stack_base, &in_window, look);
    uint64_t missing = status == JT_OK ? left_out(snapshot, in_window.stack_base) : 0;
    /* A stack deeper than all before: its rest would be another one's by now, so all of it is copied anew. */
    if (missing > 0 && jt_snapshot_make_room(snapshot, snapshot->stack_length + missing + MORE_ROOM))
        status = take_snapshot(looker, thread, words->stack_base, &in_window, look);
    if (status != JT_OK) {
        look->status = jt_look_status_of_refusal(status);
        return false;
    }
    jt_look_take_copy(looker, thread, &in_window, in);
    return true;
}

/* Gives a thread that was just let go the time to get a CPU: where many wait for one, it would be stopped again right
 * where it is. */
static void await_run(const jt_looked_at *thread)
{
    jt_task_schedule let_go, now;
    struct timespec pause = {0, FIRST_RUN_WAIT_NANOS};
    int status = jt_task_read_schedule(thread->task, &let_go);
    for (int i = 0; i < RUN_WAITS && status == JT_OK; i++) {
        nanosleep(&pause, NULL);
        pause.tv_nsec *= 2;
        status = jt_task_read_schedule(thread->task, &now);
        if (status == JT_OK && now.slices != let_go.slices)
            return;
    }
}

/* Frozen frames are copied from where they were before the stop. When they are elsewhere in it, or frames are on their
 * way, it is done again. False when it could not be stopped. */
static bool stop_and_walk(jt_looker *looker, jt_looked_at *thread, const jt_java_thread_words *words, jt_walk_input *in,
                          jt_look *look)
{
    jt_java_thread_words before = *words;
    for (int attempts = 1;; attempts++) {
        jt_mounted_plan(&looker->mounted, thread->java_thread, &before);
        if (!stop_and_copy(looker, thread, words, in, look))
            return false;
        bool last = attempts == JT_FROZEN_ATTEMPTS;
        if (jt_look_walk(looker, in, look, &look->status) && (last || !looker->walk.in_transit))
            return true;
        if (last)
            break;
        await_run(thread);
        if (jt_java_thread_read(looker->vm, thread->java_thread, &before) != JT_OK)
            break;
    }
    look->status = jt_look_walk_without_frozen(looker, in);
    return true;
}

void jt_look_stop_and_read(jt_looker *looker, jt_looked_at *thread, const jt_java_thread_words *words, jt_look *look)
{
    jt_walk_input in;
    if (looker->puts_off) {
        look->put_off = true;
        return;
    }
    if (stop_and_walk(looker, thread, words, &in, look) && looker->native != NULL)
        jt_native_look_copied(looker, &in, look->state != 'R');
    thread->stopped_without |= look->status == JT_WALK_NO_JAVA_FRAMES;
}

bool jt_look_read_thread(const jt_looker *looker, jt_looked_at *thread, jt_java_thread_words *words)
{
    int tid;
    if (jt_java_thread_identify(looker->vm, thread->java_thread, thread->osthread, words, &tid) != JT_OK)
        return false;
    thread->osthread = words->osthread;
    return tid == jt_task_inner_tid(thread->task);
}

static outcome look_at_java(jt_looker *looker, jt_looked_at *thread, const jt_task_schedule *schedule, int attempts,
                            jt_look *look)
{
    jt_java_thread_words words;
    if (!jt_look_read_thread(looker, thread, &words)) {
        look->stale_thread = true;
        return done(look, JT_WALK_NO_JAVA_FRAMES);
    }
    outcome result = look->state == 'R' ? look_at_running(looker, thread, &words, attempts, look)
                                        : look_at_idle(looker, thread, &words, schedule, look);
    if (result != LOOK_MUST_STOP)
        return result;
    jt_look_stop_and_read(looker, thread, &words, look);
    return LOOK_DONE;
}

/* A thread that is none of Java's has nothing but native frames. */
static outcome look_at_native(jt_looker *looker, jt_looked_at *thread, const jt_task_schedule *schedule, jt_look *look)
{
    looker->walk.count = 0;
    if (look->state == 'R') {
        jt_native_look_stopped(looker, thread, look);
        return LOOK_DONE;
    }
    if (!jt_native_look_blocked(looker, thread)) {
        looker->walk.count = 0;
        jt_native_look_stopped(looker, thread, look);
        return LOOK_DONE;
    }
    thread->settled = did_not_run(thread, schedule);
    return thread->settled ? LOOK_DONE : LOOK_AGAIN;
}

/* Waits for a thread that did not stop in time; until then it cannot be looked at. */
static bool still_late(jt_looked_at *thread)
{
    if (thread->late.tid != 0 && jt_tracee_release_late(&thread->late))
        thread->late.tid = 0;
    return thread->late.tid != 0;
}

/* The first time of a look, with counters that were read for it already, if any. */
static bool read_times(jt_looked_at *thread, jt_task_schedule *schedule, jt_look *look)
{
    *schedule = thread->counters;
    int status = thread->has_counters ? JT_OK : jt_task_read_schedule(thread->task, schedule);
    thread->has_counters = false;
    if (status == JT_OK)
        status = jt_task_read_place(thread->task, &look->state, &look->cpu);
    look->gone = status != JT_OK || look->state == 'Z' || look->state == 'X';
    look->task_ended = status == JT_GONE && thread->late.tid == 0;
    return !look->gone;
}

static bool passes_by(const jt_looker *looker, const jt_looked_at *thread, jt_look *look)
{
    look->passed_by = look->state == 'R' && (looker->never_stop || thread->sampled);
    return look->passed_by;
}

static void look_at(jt_looker *looker, jt_looked_at *thread, jt_look *look)
{
    jt_task_schedule schedule;
    memset(look, 0, sizeof *look);
    looker->walk.count = 0;
    looker->walk.scanned = false;
    bool late = still_late(thread); /* asked first: one that was killed stays a zombie until its tracer has looked */
    if (!read_times(thread, &schedule, look))
        return;
    if (schedule.run_nanos > thread->schedule.run_nanos) /* less: no files were kept, and another thread has the tid */
        look->cpu_nanos = schedule.run_nanos - thread->schedule.run_nanos;
    look->used_cpu = look->cpu_nanos > 0;
    look->ran = look->state == 'R' || (thread->seen && schedule.slices != thread->schedule.slices);
    look->unchanged =
        thread->seen && thread->settled && look->state != 'R' && schedule.slices == thread->schedule.slices;
    thread->schedule = schedule;
    thread->seen = true;
    if (look->unchanged)
        return;
    thread->settled = false;
    look->status = JT_WALK_NO_JAVA_FRAMES;
    if (passes_by(looker, thread, look))
        return;
    bool java = thread->java_thread != 0;
    if (!java && (looker->native == NULL || late)) {
        thread->settled = look->state != 'R' && !late;
        return;
    }
    if (late) {
        look->status = JT_WALK_STOP_TIMED_OUT;
        return;
    }
    for (int attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
        if ((java ? look_at_java(looker, thread, &schedule, attempts, look)
                  : look_at_native(looker, thread, &schedule, look)) == LOOK_DONE)
            return;
        if (!read_times(thread, &schedule, look) || passes_by(looker, thread, look))
            return;
    }
    looker->walk.count = 0;
    if (!java) {
        jt_native_look_lost(looker);
        return;
    }
    look->status = JT_WALK_STACK_MOVED;
    /* In and out of Java faster than it can be read: only a stop shows where it is. */
    jt_java_thread_words words;
    if (look->state == 'R' && jt_java_thread_read(looker->vm, thread->java_thread, &words) == JT_OK)
        jt_look_stop_and_read(looker, thread, &words, look);
}

/* What could not be read in a collection's pause can be when it is over, although the thread has not run since. */
static bool left_frames_frozen(const jt_walk_result *walk)
{
    for (size_t i = 0; walk->met_frozen && i < walk->count; i++) {
        if (walk->frames[i].kind == JT_FRAME_FROZEN)
            return true;
    }
    return false;
}

/* What was a JavaThread's until it ended is not there to be read any more, or something else. */
void jt_look_notice_end(jt_looker *looker, const jt_looked_at *thread, jt_look *look)
{
    bool may_have_ended = is_broken(look->status) || look->status == JT_WALK_NO_ANCHOR;
    if (look->gone || look->passed_by || !may_have_ended || jt_java_threads_have(looker->vm, thread->java_thread))
        return;
    look->stale_thread = true;
    look->status = JT_WALK_NO_JAVA_FRAMES;
    looker->walk.count = 0;
}

/* They come last. */
static bool has_java_frames(const jt_walk_result *walk)
{
    int last = walk->count == 0 ? JT_FRAME_NONE : walk->frames[walk->count - 1].kind;
    return last != JT_FRAME_NONE && last != JT_FRAME_NATIVE_CODE && last != JT_FRAME_NATIVE_LOST &&
           last != JT_FRAME_KERNEL;
}

void jt_look_at(jt_looker *looker, jt_looked_at *thread, jt_look *look)
{
    look_at(looker, thread, look);
    if (look->put_off) {
        looker->walk.count = 0;
        return;
    }
    if (!look->unchanged)
        jt_look_notice_end(looker, thread, look);
    jt_look_conclude(looker, thread, look);
}

void jt_look_conclude(jt_looker *looker, jt_looked_at *thread, jt_look *look)
{
    if (looker->walk.scanned && look->status == JT_WALK_COMPLETE)
        look->status = JT_WALK_GUESSED; /* likely right, but not known to be: it says so */
    if (look->status == JT_WALK_GUESSED || look->status == JT_WALK_BROKEN_FRAME || look->status == JT_WALK_UNKNOWN_CODE)
        thread->settled = false; /* code may have changed under the walk */
    if (left_frames_frozen(&looker->walk))
        thread->settled = false;
    if (look->unnamed)
        thread->settled = false; /* its name may be readable when a collection's pause is over */
    thread->has_had_frames |= has_java_frames(&looker->walk);
}
