#include "sampler.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gathered_looks.h"
#include "perf_events.h"
#include "sample_look.h"
#include "tick_plan.h"
#include "tick_words.h"
#include "wait_limit.h"

enum {
    PERF_RINGS_BYTES = 64 << 20,     /* of all CPUs together, as far as a ring keeps these bounds: */
    MIN_PERF_RING_BYTES = 256 << 10, /* four samples */
    MAX_PERF_RING_BYTES = 16 << 20,
    PERF_DELAY_NANOS = 500000000,  /* of a tick on a busy machine, for which a ring should have room */
    MAX_TICK_RECORDS = 4096,       /* of perf; what comes faster than it is read waits for the next tick */
    EAGER_LOOKUPS = 50,            /* looks at which a new task is looked up among the JavaThreads, if it runs */
    LAZY_LOOKUP = 64,              /* looks, or ticks, between other tries */
    MAX_LOOKING_NANOS = 300000000, /* of a tick; then running threads are left for the next one */
    SLOW_STOPS_NANOS = 20000000,   /* of a tick's stops one by one; then those that follow are gathered, */
    QUICK_ROUND_NANOS = 5000000,   /* until a round of them has taken less than this */
    MAX_ROUND_STOPS = 512,
    COMM_CAPACITY = 64
};

static const char VM_THREAD[] = "VM Thread"; /* VMThread::name, JDK 8 to 27 */

struct jt_sampler {
    jt_process *process;
    jt_vm *vm;
    jt_looker looker;
    jt_task_list tasks;
    jt_tick_plan plan;
    bool first_tick_done;
    uint64_t ticks;
    uint64_t slots, tick_slots; /* that idle threads stand for: so far, and in this tick */
    int vm_thread_tid; /* 0: not found */
    const jt_task *vm_thread; /* NULL: not found, or ended */
    jt_task_schedule vm_thread_before; /* the last look */
    uint64_t tick_begin_nanos, tick_cpu_nanos;
    size_t first_task; /* where the tick begins in the list; it goes round */
    size_t tasks_seen; /* in this tick */
    size_t last_task;  /* of the last part */
    int turn_tid;      /* where the next tick begins; 0: anywhere */
    bool turn_is_due;  /* of one that was left out of the tick */
    bool memory_is_there;   /* as the last look read some of it */
    uint64_t looking_nanos; /* of the tick so far */
    uint64_t stopping_nanos;     /* of these, in looks with a stop of their own */
    bool gathers;                /* threads that have to be stopped are, together, when all have been looked at */
    jt_gathered_looks *gathered; /* NULL: none yet */
    bool round_taken;            /* in this tick */
    size_t walked;               /* of the gathered looks, so far */
    size_t last_walked;          /* the gathered look that was recorded last */
    jt_look last;            /* look that was recorded */
    uint64_t last_samples;   /* that its record stands for */
    jt_perf_events *perf;    /* NULL: running threads are stopped */
    uint64_t period_nanos;   /* of its samples */
    bool kernel_frames; /* wanted of perf */
    bool draining;       /* the rings; the threads come after */
    size_t records_left; /* that may be taken out of them at this tick */
    bool last_is_sample, last_is_gathered;
    jt_perf_record record; /* the last one */
    jt_tick_words part;
};

int jt_sampler_create(jt_process *process, jt_vm *vm, jt_sampler **sampler, jt_error *err)
{
    jt_sampler *s = calloc(1, sizeof *s);
    if (s == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    s->process = process;
    s->vm = vm;
    s->tick_slots = 1;
    int status = jt_looker_init(&s->looker, process, vm, err);
    if (status != JT_OK)
        jt_sampler_destroy(s);
    else
        *sampler = s;
    return status;
}

void jt_sampler_destroy(jt_sampler *sampler)
{
    if (sampler == NULL)
        return;
    jt_task_list_free(&sampler->tasks);
    jt_perf_events_destroy(sampler->perf);
    jt_gathered_looks_destroy(sampler->gathered);
    jt_tick_words_free(&sampler->part);
    jt_looker_free(&sampler->looker);
    free(sampler);
}

void jt_sampler_read_heap_by(jt_sampler *sampler, const jt_heap_reader *heap)
{
    sampler->looker.mounted.heap = heap;
}

void jt_sampler_show_kernel(jt_sampler *sampler)
{
    sampler->kernel_frames = true;
}

void jt_sampler_show_native(jt_sampler *sampler, jt_native_frames *frames)
{
    sampler->looker.native = frames;
}

/* --- the tasks --- */

static int compare_threads(const void *a, const void *b)
{
    int left = ((const jt_java_thread *)a)->tid, right = ((const jt_java_thread *)b)->tid;
    return (left > right) - (left < right);
}

static bool wants_lookup(const jt_task_entry *entry)
{
    return entry->due && entry->looked_at.java_thread == 0 &&
           ((entry->age < EAGER_LOOKUPS && entry->quiet < EAGER_LOOKUPS) || entry->age % LAZY_LOOKUP == 0);
}

/* Finds the JavaThreads of tasks that have none yet. A new thread is a task before it is a JavaThread. */
static int look_up_java_threads(jt_sampler *s, jt_error *err)
{
    bool wanted = false;
    for (size_t i = 0; i < s->tasks.count; i++)
        wanted = wanted || wants_lookup(&s->tasks.entries[i]);
    if (!wanted)
        return JT_OK;
    jt_java_thread *threads;
    size_t count;
    int status = jt_java_threads_list(s->vm, &threads, &count, err);
    if (status != JT_OK)
        return status;
    qsort(threads, count, sizeof *threads, compare_threads);
    for (size_t i = 0; i < s->tasks.count && count > 0; i++) {
        jt_looked_at *thread = &s->tasks.entries[i].looked_at;
        jt_java_thread key = {.tid = jt_task_inner_tid(thread->task)};
        const jt_java_thread *found = bsearch(&key, threads, count, sizeof key, compare_threads);
        if (thread->java_thread == 0 && found != NULL) {
            thread->java_thread = found->address;
            thread->settled = false;
        }
    }
    free(threads);
    return JT_OK;
}

/* The VM thread is the first of its name that is no JavaThread. It is sought now and then: a VM that is just starting
 * has none yet. */
static const jt_task *find_vm_thread(jt_sampler *s)
{
    if (s->vm_thread_tid == 0 && s->ticks % LAZY_LOOKUP == 0) {
        for (size_t i = 0; i < s->tasks.count && s->vm_thread_tid == 0; i++) {
            char comm[COMM_CAPACITY];
            const jt_looked_at *thread = &s->tasks.entries[i].looked_at;
            if (thread->java_thread == 0 && jt_task_read_comm(thread->task, comm, sizeof comm) == JT_OK &&
                strcmp(comm, VM_THREAD) == 0)
                s->vm_thread_tid = jt_task_tid(thread->task);
        }
    }
    const jt_task_entry *entry = jt_task_list_find(&s->tasks, s->vm_thread_tid);
    return entry == NULL ? NULL : entry->looked_at.task;
}

/* --- the records --- */

static int write_record(jt_sampler *s, jt_task_entry *entry, const jt_look *look, uint64_t samples, jt_error *err)
{
    unsigned flags = (look->unchanged ? JT_TICK_UNCHANGED : 0) | (entry->new_to_java ? JT_TICK_NEW : 0) |
                     (look->at_safepoint ? JT_TICK_AT_SAFEPOINT : 0);
    if (!jt_tick_words_add(&s->part, jt_task_tid(entry->looked_at.task), entry->looked_at.java_thread, flags, look,
                           samples, look->unchanged ? NULL : &s->looker.walk))
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    entry->new_to_java = false;
    if (!look->unchanged)
        s->memory_is_there = look->status == JT_WALK_COMPLETE && s->looker.walk.count > 0;
    entry->idle_recorded = look->state != 'R';
    s->last = *look;
    s->last_samples = samples;
    return JT_OK;
}

/* A record for the slots up to `slots` that have none yet: the thread was idle, as it was when it was looked at. */
static int write_presumed(jt_sampler *s, jt_task_entry *entry, uint64_t slots, jt_error *err)
{
    const jt_look presumed = {.state = 'S', .unchanged = true};
    uint64_t samples = slots - entry->accounted_slots;
    if (slots <= entry->accounted_slots)
        return JT_OK;
    entry->accounted_slots = slots;
    return entry->idle_recorded ? write_record(s, entry, &presumed, samples, err) : JT_OK;
}

/* A record for `samples` samples of nobody knows which thread. */
static int write_lost(jt_sampler *s, uint64_t samples, jt_error *err)
{
    jt_look look = {.state = 'R', .status = JT_WALK_SAMPLE_LOST};
    if (!jt_tick_words_add_lost(&s->part, &look, samples))
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    s->last = look;
    return JT_OK;
}

/* --- samples by the kernel --- */

static size_t perf_ring_bytes(uint64_t period_nanos)
{
    size_t cpus = (size_t)sysconf(_SC_NPROCESSORS_CONF), bytes = MIN_PERF_RING_BYTES;
    uint64_t wanted = PERF_DELAY_NANOS / period_nanos * 2 * JT_PERF_FIRST_STACK;
    while (bytes < MAX_PERF_RING_BYTES && bytes < wanted && 2 * bytes * cpus <= PERF_RINGS_BYTES)
        bytes *= 2;
    return bytes;
}

/* An event for any of the threads, which is not kept: whether the kernel permits it. */
static int probe_perf(jt_sampler *s, jt_error *err)
{
    const int *tids;
    size_t count;
    int status = jt_process_list_tasks(s->process, &tids, &count, err);
    if (status != JT_OK)
        return status;
    status = JT_GONE;
    for (size_t i = 0; i < count && status == JT_GONE; i++) {
        status = jt_perf_events_add(s->perf, tids[i], (jt_perf_start){.cpu = -1}, err);
        jt_perf_events_remove(s->perf, tids[i]);
    }
    return status;
}

int jt_sampler_use_perf(jt_sampler *sampler, uint64_t period_nanos, jt_perf_stops stops, bool *with_kernel,
                        jt_error *err)
{
    int status = jt_perf_events_create(period_nanos, perf_ring_bytes(period_nanos), &sampler->perf, err);
    if (status == JT_OK && stops != JT_STOPS_NEVER)
        jt_perf_events_require_kernel(sampler->perf);
    if (status == JT_OK && sampler->kernel_frames)
        jt_perf_events_want_kernel_frames(sampler->perf);
    if (status == JT_OK)
        status = probe_perf(sampler, err);
    if (status != JT_OK) {
        jt_perf_events_destroy(sampler->perf);
        sampler->perf = NULL;
        return status;
    }
    *with_kernel = jt_perf_events_with_kernel(sampler->perf);
    sampler->period_nanos = period_nanos;
    sampler->looker.never_stop = stops == JT_STOPS_NEVER;
    return JT_OK;
}

/* CPU time that no sample of the thread carries yet, up to `run_nanos`, or the share of one of `samples`. So all of it
 * is carried in the end, whatever the kernel's clock made of late timers and lost samples. */
static uint64_t take_cpu_nanos(jt_task_entry *entry, uint64_t run_nanos, uint64_t samples)
{
    if (run_nanos <= entry->carried_nanos)
        return 0;
    uint64_t share = (run_nanos - entry->carried_nanos) / samples;
    entry->carried_nanos += share;
    return share;
}

/* Samples that stand for the time that the thread waited for a CPU, which the kernel's do not: those of one of
 * `samples`. Rounded, and what that was too much or too little is made up for by the next ones. */
static uint64_t take_wait_samples(const jt_sampler *s, jt_task_entry *entry, int64_t wait_nanos, uint64_t samples)
{
    int64_t period = (int64_t)s->period_nanos, due = wait_nanos - entry->carried_wait_nanos;
    if (due <= 0)
        return 0;
    int64_t taken = (due / (int64_t)samples + period / 2) / period;
    entry->carried_wait_nanos += taken * period;
    return (uint64_t)taken;
}

/* Up to when the samples of this round carry a thread's times: now, or the last time when they could be read. */
static void read_times_to_carry(jt_task_entry *entry)
{
    jt_task_schedule now;
    bool is_read = jt_task_read_schedule(entry->looked_at.task, &now) == JT_OK;
    entry->to_carry_nanos = is_read ? now.run_nanos : entry->counted_nanos;
    if (is_read)
        entry->to_carry_wait_nanos = (int64_t)now.wait_nanos;
}

/* What a sample carries. */
typedef struct {
    uint64_t cpu_nanos, samples;
} sample_share;

static sample_share take_share(jt_sampler *s)
{
    jt_task_entry *entry = jt_task_list_find(&s->tasks, s->record.sample.tid);
    uint64_t left = s->record.samples_left;
    if (entry == NULL)
        return (sample_share){0, 1};
    if (s->record.is_first)
        read_times_to_carry(entry);
    return (sample_share){take_cpu_nanos(entry, entry->to_carry_nanos, left),
                          1 + take_wait_samples(s, entry, entry->to_carry_wait_nanos, left)};
}

/* This tick's time is the samples', so the look of this tick stands for none of it. */
static void stop_from_now_on(jt_sampler *s, jt_task_entry *entry)
{
    jt_perf_events_remove(s->perf, jt_task_tid(entry->looked_at.task));
    entry->looked_at.sampled = false;
    entry->no_event = true;
    entry->accounted_slots = s->slots;
}

static int write_sample(jt_sampler *s, sample_share share, jt_error *err)
{
    const jt_perf_sample *sample = &s->record.sample;
    jt_task_entry *entry = jt_task_list_find(&s->tasks, sample->tid);
    jt_look look;
    s->looker.walk.count = 0;
    if (entry == NULL)
        return write_lost(s, share.samples, err);
    int status = write_presumed(s, entry, s->slots - s->tick_slots, err); /* what it was before it ran */
    if (status != JT_OK)
        return status;
    jt_look_at_sample(&s->looker, &entry->looked_at, sample, &look);
    if (look.cut_stack_bytes > JT_PERF_MAX_STACK && !s->looker.never_stop)
        stop_from_now_on(s, entry);
    else if (look.cut_stack_bytes > 0)
        jt_perf_events_want_stack(s->perf, sample->tid, look.cut_stack_bytes);
    look.cpu_nanos = share.cpu_nanos;
    status = write_record(s, entry, &look, share.samples, err);
    s->memory_is_there = false; /* the sample was */
    return status;
}

static int write_perf_record(jt_sampler *s, jt_error *err)
{
    switch (s->record.kind) {
    case JT_PERF_SAMPLE:
        return write_sample(s, take_share(s), err);
    case JT_PERF_LOST:
        return s->record.lost > 0 ? write_lost(s, s->record.lost, err) : JT_OK;
    case JT_PERF_THROTTLED:
        s->part.words[JT_TICK_THROTTLED]++;
        return JT_OK;
    default:
        return JT_OK;
    }
}

/* From now on, with what it has waited so far accounted for by others, or not seen. A stack that is deeper than the
 * kernel's copy is stopped for, if that may be: all of it is of one instant then. */
static void start_sampling(jt_sampler *s, jt_task_entry *entry, jt_perf_start start)
{
    if (entry->looked_at.sampled || entry->no_event)
        return;
    start.stack_bytes = entry->looked_at.stack_depth;
    if (start.stack_bytes > JT_PERF_MAX_STACK && !s->looker.never_stop) {
        entry->no_event = true;
        return;
    }
    /* a compiler's stack is seldom seen before it works, and shallow then */
    if (entry->looked_at.java_thread != 0 && !entry->looked_at.has_had_frames && start.stack_bytes < JT_PERF_VM_STACK)
        start.stack_bytes = JT_PERF_VM_STACK;
    int status = jt_perf_events_add(s->perf, jt_task_tid(entry->looked_at.task), start, NULL);
    entry->looked_at.sampled = status == JT_OK;
    entry->no_event = status != JT_OK && status != JT_GONE;
    entry->carried_wait_nanos = (int64_t)entry->looked_at.schedule.wait_nanos;
}

/* A thread gets its events when it is first seen to have run: most threads of a server never do. One that was met
 * running has a sample of this look already, which stands for the ticks since the last one. So its next one is as far
 * away, and the expected number is right however soon it ends. */
static void sample_if_it_runs(jt_sampler *s, jt_task_entry *entry, jt_look *look)
{
    if (s->perf == NULL || look->gone || !look->ran)
        return;
    bool has_sample = look->state == 'R' && !look->passed_by;
    start_sampling(s, entry,
                   has_sample ? (jt_perf_start){.cpu = look->cpu, .nanos = s->tick_slots * s->period_nanos}
                              : (jt_perf_start){.cpu = -1});
    if (entry->no_event && look->passed_by) {
        look->passed_by = false;
        look->status = JT_WALK_NO_EVENT;
    }
}

/* --- the threads --- */

/* Stops that took long, one by one, are those of threads that wait for a CPU, or that another jtrace holds as they do.
 * From then on they are put off. */
static void count_time(jt_sampler *s, const jt_look *look, uint64_t nanos)
{
    s->looking_nanos += nanos;
    if (look->stop_nanos > 0 || look->status == JT_WALK_STOP_TIMED_OUT || look->status == JT_WALK_STOP_REFUSED)
        s->stopping_nanos += nanos;
    if (s->stopping_nanos > SLOW_STOPS_NANOS && s->perf == NULL)
        s->gathers = s->gathered != NULL || jt_gathered_looks_create(MAX_ROUND_STOPS, &s->gathered, NULL) == JT_OK;
}

static void notice_stale(jt_task_entry *entry, const jt_look *look)
{
    if (look->stale_thread) {
        entry->looked_at.java_thread = 0;
        entry->age = 0;
    }
}

static void look_at_task(jt_sampler *s, jt_task_entry *entry, jt_look *look)
{
    uint64_t begin = jt_monotonic_nanos();
    jt_look_at(&s->looker, &entry->looked_at, look);
    count_time(s, look, jt_monotonic_nanos() - begin);
    sample_if_it_runs(s, entry, look);
    if (s->perf != NULL)
        look->cpu_nanos = look->state == 'R' && !look->passed_by && !look->gone /* else the kernel's samples carry it */
                              ? take_cpu_nanos(entry, entry->looked_at.schedule.run_nanos, 1)
                              : 0;
    notice_stale(entry, look);
    jt_tick_plan_looked(entry, look->ran);
    entry->age++;
    entry->ended = look->task_ended;
}

static int process_ended(const jt_sampler *s, jt_error *err)
{
    return jt_fail(err, JT_GONE, "process %d ended", jt_process_pid(s->process));
}

/* Killed threads of a process come to their end one by one, and look like running ones of a VM without Java threads.
 * The first thing that goes is the memory: what was read when the VM was opened is not there any more. */
static int check_memory(const jt_sampler *s, jt_error *err)
{
    uint64_t word;
    jt_addr known = s->vm->layout.interpreter_code;
    if (s->memory_is_there || jt_process_is_read_by_pid(s->process, known) ||
        (jt_memory_read_u64(s->vm->memory, known, &word) == JT_OK && !jt_process_ending(s->process)))
        return JT_OK;
    return process_ended(s, err);
}

/* --- the tick, part by part --- */

void jt_sampler_watch(jt_sampler *sampler)
{
    if (sampler->vm_thread != NULL && jt_task_read_schedule(sampler->vm_thread, &sampler->vm_thread_before) != JT_OK)
        sampler->vm_thread = NULL;
}

static int begin_part(jt_sampler *s, jt_error *err)
{
    if (!jt_tick_words_begin(&s->part))
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    s->part.words[JT_TICK_BEGIN_NANOS] = s->tick_begin_nanos;
    s->part.words[JT_TICK_CPU_NANOS] = s->tick_cpu_nanos;
    return JT_OK;
}

static jt_task_entry *next_entry(const jt_sampler *s)
{
    return &s->tasks.entries[(s->first_task + s->tasks_seen) % s->tasks.count];
}

/* Goes to the next thread that is due. */
static bool has_next(jt_sampler *s)
{
    while (s->tasks_seen < s->tasks.count && !next_entry(s)->due)
        s->tasks_seen++;
    return s->tasks_seen < s->tasks.count;
}

/* The first tick is as long as many, and its caller counts it as one. So what the kernel sampled meanwhile would be too
 * much beside idle threads. */
static void drop_first_samples(jt_sampler *s)
{
    while (jt_perf_events_next(s->perf, &s->record))
        ;
    for (size_t i = 0; i < s->tasks.count; i++) {
        jt_task_entry *entry = &s->tasks.entries[i];
        jt_task_schedule now;
        if (entry->looked_at.sampled && jt_task_read_schedule(entry->looked_at.task, &now) == JT_OK)
            entry->carried_wait_nanos = (int64_t)now.wait_nanos;
    }
}

static bool has_gathered(const jt_sampler *s)
{
    return s->gathered != NULL && s->walked < jt_gathered_looks_count(s->gathered);
}

static int end_part(jt_sampler *s, int status, const uint64_t **words, size_t *count, jt_error *err)
{
    bool more = s->draining || has_next(s) || has_gathered(s);
    if (!more)
        jt_tracer_schedule_reset(&s->looker.schedule);
    if (status == JT_OK && !more) {
        if (!s->first_tick_done && s->perf != NULL)
            drop_first_samples(s);
        s->first_tick_done = true;
        status = check_memory(s, err);
    }
    s->part.words[JT_TICK_END_NANOS] = jt_monotonic_nanos();
    s->part.words[JT_TICK_MORE] = more;
    *words = s->part.words;
    *count = s->part.count;
    return status;
}

/* A look stands for all slots since the last one, but when the thread's CPU time tells that it ran in between and had
 * not until this tick: then it was idle before. */
static int record_look(jt_sampler *s, jt_task_entry *entry, const jt_look *look, jt_error *err)
{
    int status = JT_OK;
    if ((look->gone || look->used_cpu) && !entry->left_out)
        status = write_presumed(s, entry, s->slots - s->tick_slots, err);
    uint64_t samples = s->slots - entry->accounted_slots;
    entry->accounted_slots = s->slots;
    entry->left_out = false;
    if (look->gone)
        s->memory_is_there = false;
    if (status != JT_OK || look->gone || look->passed_by)
        return status;
    s->last_is_sample = s->last_is_gathered = false;
    s->last_task = (size_t)(entry - s->tasks.entries);
    if (look->stop_nanos > 0 && !s->turn_is_due)
        s->turn_tid = jt_task_tid(entry->looked_at.task); /* the tracer is on its CPU */
    return write_record(s, entry, look, samples, err);
}

static int look_and_record(jt_sampler *s, jt_task_entry *entry, jt_error *err)
{
    jt_look look;
    s->looker.puts_off = s->gathers && !jt_gathered_looks_full(s->gathered);
    look_at_task(s, entry, &look);
    s->looker.puts_off = false;
    if (!look.put_off)
        return record_look(s, entry, &look, err);
    jt_gathered_looks_add(s->gathered, &entry->looked_at, &look);
    return JT_OK;
}

/* Where many threads wait for a CPU, each stop waits as long as they do: a thread stops when it gets one. Where stops
 * cannot be gathered, or there are too many, a tick would take seconds or minutes. So those that run are left for the
 * next tick, which begins with them, and a look stands for the ticks that left the thread out. */
static bool leaves_out(jt_sampler *s, const jt_task_entry *entry)
{
    char state;
    bool too_many = s->gathers && jt_gathered_looks_full(s->gathered);
    return (too_many || s->looking_nanos > MAX_LOOKING_NANOS) && !s->looker.never_stop && !entry->looked_at.sampled &&
           jt_task_read_state(entry->looked_at.task, &state) == JT_OK && state == 'R';
}

static int leave_out(jt_sampler *s, jt_task_entry *entry, jt_error *err)
{
    int status = entry->left_out ? JT_OK : write_presumed(s, entry, s->slots - s->tick_slots, err);
    if (s->perf != NULL)
        start_sampling(s, entry, (jt_perf_start){.cpu = -1});
    if (entry->looked_at.sampled) {
        entry->accounted_slots = s->slots;
        entry->left_out = false;
        return status;
    }
    entry->left_out = true;
    if (!s->turn_is_due)
        s->turn_tid = jt_task_tid(entry->looked_at.task);
    s->turn_is_due = true;
    return status;
}

/* The samples of ticks that left it out, when no look follows. */
static int write_left_out(jt_sampler *s, jt_task_entry *entry, uint64_t slots, jt_error *err)
{
    const jt_look look = {.state = 'R', .status = JT_WALK_STOP_TIMED_OUT};
    if (slots <= entry->accounted_slots)
        return JT_OK;
    uint64_t samples = slots - entry->accounted_slots;
    entry->accounted_slots = slots;
    s->looker.walk.count = 0;
    return write_record(s, entry, &look, samples, err);
}

static int look_at_next(jt_sampler *s, jt_error *err)
{
    jt_task_entry *entry = next_entry(s);
    s->tasks_seen++;
    return leaves_out(s, entry) ? leave_out(s, entry, err) : look_and_record(s, entry, err);
}

/* --- gathered stops --- */

/* Names are certain as of the round. */
static void take_round(jt_sampler *s)
{
    jt_sampler_watch(s);
    uint64_t nanos = jt_gathered_looks_take(s->gathered, &s->looker);
    s->part.words[JT_TICK_ROUND_NANOS] = nanos;
    s->round_taken = true;
    s->gathers = nanos > QUICK_ROUND_NANOS;
}

static void walk_gathered(jt_sampler *s, jt_task_entry *entry, bool again, jt_look *look, bool *copied)
{
    uint64_t begin = jt_monotonic_nanos();
    bool may_stop = s->looking_nanos <= MAX_LOOKING_NANOS;
    *copied = jt_gathered_looks_walk(s->gathered, s->last_walked, &s->looker, again, may_stop, look);
    s->looking_nanos += jt_monotonic_nanos() - begin;
    notice_stale(entry, look);
}

/* As if it had not been looked at. It is for the next round. */
static int leave_uncopied(jt_sampler *s, jt_task_entry *entry, const jt_look *look, jt_error *err)
{
    s->gathers = true;
    entry->looked_at.schedule.run_nanos -= look->cpu_nanos;
    return leave_out(s, entry, err);
}

static int record_gathered(jt_sampler *s, jt_error *err)
{
    jt_look look;
    bool copied;
    if (!s->round_taken)
        take_round(s);
    s->last_walked = s->walked++;
    int tid = jt_task_tid(jt_gathered_looks_thread(s->gathered, s->last_walked)->task);
    jt_task_entry *entry = jt_task_list_find(&s->tasks, tid);
    walk_gathered(s, entry, false, &look, &copied);
    if (!copied)
        return leave_uncopied(s, entry, &look, err);
    int status = record_look(s, entry, &look, err);
    s->last_is_gathered = true;
    return status;
}

static int look_at_some(jt_sampler *s, const uint64_t **words, size_t *count, jt_error *err)
{
    int status = JT_OK;
    s->looker.walk.count = 0;
    while (status == JT_OK && s->looker.walk.count == 0 && (has_next(s) || has_gathered(s)))
        status = has_next(s) ? look_at_next(s, err) : record_gathered(s, err);
    return end_part(s, status, words, count, err);
}

/* The CPU time since a thread's last sample goes to the stack that was seen last, and so does its waiting. What a
 * thread used of which there never was a record is not seen. */
static int write_rest(jt_sampler *s, jt_task_entry *entry, jt_error *err)
{
    jt_look rest = {.state = entry->idle_recorded ? 'S' : 'R', .unchanged = true};
    if (s->perf == NULL || entry->new_to_java)
        return JT_OK;
    rest.cpu_nanos = take_cpu_nanos(entry, entry->counted_nanos, 1);
    uint64_t samples = entry->looked_at.sampled && rest.state == 'R'
                           ? take_wait_samples(s, entry, (int64_t)entry->looked_at.counters.wait_nanos, 1)
                           : 0;
    return rest.cpu_nanos == 0 && samples == 0 ? JT_OK : write_record(s, entry, &rest, samples, err);
}

static int settle_account(jt_sampler *s, jt_task_entry *entry, uint64_t slots, jt_error *err)
{
    int status = entry->left_out ? write_left_out(s, entry, slots, err) : write_presumed(s, entry, slots, err);
    return status == JT_OK ? write_rest(s, entry, err) : status;
}

/* What a task that has ended still has to its account. When it ended exactly nobody knows; it ran to do so. */
static void close_account(void *sampler, jt_task_entry *entry)
{
    jt_sampler *s = sampler;
    settle_account(s, entry, s->slots - s->tick_slots, NULL);
    if (s->perf != NULL)
        jt_perf_events_remove(s->perf, jt_task_tid(entry->looked_at.task));
}

/* What threads used before the first look at the process is not the profile's. */
static void begin_accounts(jt_sampler *s)
{
    for (size_t i = 0; i < s->tasks.count; i++) {
        jt_task_entry *entry = &s->tasks.entries[i];
        entry->looked_at.schedule = entry->looked_at.counters;
        entry->carried_nanos = entry->counted_nanos;
    }
}

static int choose_threads(jt_sampler *s, jt_error *err)
{
    const jt_task_entry first = {.new_to_java = true,
                                 .accounted_slots = s->slots - s->tick_slots,
                                 .quiet = s->first_tick_done ? 0 : JT_QUIET_LOOKS};
    int status = jt_tick_plan_make(&s->plan, &s->tasks, s->process, s->tick_cpu_nanos, &first, close_account, s, err);
    if (!s->first_tick_done)
        begin_accounts(s);
    s->tick_cpu_nanos = s->part.words[JT_TICK_CPU_NANOS] = s->plan.process_nanos;
    if (status == JT_OK)
        status = look_up_java_threads(s, err);
    s->vm_thread = status == JT_OK ? find_vm_thread(s) : NULL;
    jt_sampler_watch(s);
    s->tasks_seen = 0;
    s->looking_nanos = s->stopping_nanos = 0;
    s->walked = 0;
    s->round_taken = false;
    if (s->gathered != NULL)
        jt_gathered_looks_clear(s->gathered);
    s->first_task = 0;
    while (s->first_task < s->tasks.count && jt_task_tid(s->tasks.entries[s->first_task].looked_at.task) < s->turn_tid)
        s->first_task++;
    s->turn_tid = 0;
    s->turn_is_due = false;
    return status;
}

static void begin_samples(jt_sampler *s)
{
    jt_sampler_watch(s);
    jt_frame_walker_begin_samples(s->looker.walker);
}

/* The kernel's samples, while the threads of the last tick are known: some of them may have ended since. */
static int take_some_samples(jt_sampler *s, const uint64_t **words, size_t *count, jt_error *err)
{
    int status = JT_OK;
    bool has_frames = false;
    s->last_is_sample = true;
    while (status == JT_OK && !has_frames) {
        s->draining = s->records_left > 0 && jt_perf_events_next(s->perf, &s->record);
        if (!s->draining)
            break;
        s->records_left--;
        status = write_perf_record(s, err);
        has_frames = s->record.kind == JT_PERF_SAMPLE && s->looker.walk.count > 0;
    }
    if (status != JT_OK || s->draining)
        return end_part(s, status, words, count, err);
    jt_frame_walker_end_samples(s->looker.walker);
    if (jt_process_cpu_nanos(s->process, &s->tick_cpu_nanos) != JT_OK)
        return process_ended(s, err);
    status = choose_threads(s, err);
    return status != JT_OK ? status : look_at_some(s, words, count, err);
}

static int fill_part(jt_sampler *s, const uint64_t **words, size_t *count, jt_error *err)
{
    return s->draining ? take_some_samples(s, words, count, err) : look_at_some(s, words, count, err);
}

void jt_sampler_stand_for(jt_sampler *sampler, uint64_t slots)
{
    sampler->tick_slots = slots;
}

void jt_sampler_want_all(jt_sampler *sampler)
{
    for (size_t i = 0; i < sampler->tasks.count; i++)
        sampler->tasks.entries[i].quiet = 0;
}

int jt_sampler_tick(jt_sampler *sampler, const uint64_t **words, size_t *count, jt_error *err)
{
    sampler->tick_begin_nanos = jt_monotonic_nanos();
    if (!jt_process_alive(sampler->process) ||
        jt_process_cpu_nanos(sampler->process, &sampler->tick_cpu_nanos) != JT_OK)
        return process_ended(sampler, err);
    sampler->memory_is_there = false;
    sampler->slots += sampler->tick_slots;
    sampler->draining = sampler->perf != NULL && sampler->first_tick_done;
    sampler->records_left = MAX_TICK_RECORDS;
    int status = begin_part(sampler, err);
    if (status == JT_OK && sampler->draining)
        begin_samples(sampler);
    if (status == JT_OK && !sampler->draining)
        status = choose_threads(sampler, err);
    if (status != JT_OK)
        return status;
    sampler->ticks++;
    return fill_part(sampler, words, count, err);
}

int jt_sampler_more(jt_sampler *sampler, const uint64_t **words, size_t *count, jt_error *err)
{
    int status = begin_part(sampler, err);
    return status != JT_OK ? status : fill_part(sampler, words, count, err);
}

int jt_sampler_settle(jt_sampler *sampler, const uint64_t **words, size_t *count, jt_error *err)
{
    int status = begin_part(sampler, err);
    for (size_t i = 0; i < sampler->tasks.count && status == JT_OK; i++)
        status = settle_account(sampler, &sampler->tasks.entries[i], sampler->slots, err);
    *words = sampler->part.words;
    *count = sampler->part.count;
    return status;
}

bool jt_sampler_undisturbed(const jt_sampler *sampler)
{
    jt_task_schedule now;
    char state;
    if (sampler->vm_thread == NULL)
        return true; /* nothing is known of it */
    return jt_task_read_state(sampler->vm_thread, &state) == JT_OK && state != 'R' &&
           jt_task_read_schedule(sampler->vm_thread, &now) == JT_OK &&
           now.slices == sampler->vm_thread_before.slices && now.run_nanos == sampler->vm_thread_before.run_nanos;
}

bool jt_sampler_is_java_thread(const jt_sampler *sampler, int tid, jt_addr java_thread)
{
    const jt_task_entry *entry = jt_task_list_find(&sampler->tasks, tid);
    jt_java_thread_words words;
    char state;
    int inner_tid;
    return entry != NULL && jt_java_thread_read(sampler->vm, java_thread, &words) == JT_OK &&
           jt_java_thread_tid(sampler->vm, words.osthread, &inner_tid) == JT_OK &&
           inner_tid == jt_task_inner_tid(entry->looked_at.task) &&
           jt_task_read_state(entry->looked_at.task, &state) == JT_OK && state != 'Z' && state != 'X';
}

int jt_sampler_look_again(jt_sampler *sampler, const uint64_t **words, size_t *count, jt_error *err)
{
    if (sampler->last_task >= sampler->tasks.count && !sampler->last_is_sample)
        return jt_fail(err, JT_FAILED, "nothing was looked at yet");
    int status = begin_part(sampler, err);
    if (status != JT_OK)
        return status;
    jt_sampler_watch(sampler);
    if (sampler->last_is_sample) { /* it stays as it is, but what it points to is looked at anew */
        jt_frame_walker_begin_samples(sampler->looker.walker);
        return end_part(sampler,
                        write_sample(sampler, (sample_share){sampler->last.cpu_nanos, sampler->last_samples}, err),
                        words, count, err);
    }
    jt_task_entry *entry = &sampler->tasks.entries[sampler->last_task];
    jt_look look;
    bool copied;
    if (sampler->last_is_gathered) {
        walk_gathered(sampler, entry, true, &look, &copied);
        look.cpu_nanos = 0; /* it is in the last look's */
    } else {
        look_at_task(sampler, entry, &look);
    }
    if (look.gone) {
        look = (jt_look){.state = sampler->last.state, .status = JT_WALK_CODE_CHANGED};
        sampler->looker.walk.count = 0;
    }
    look.cpu_nanos += sampler->last.cpu_nanos;
    return end_part(sampler, write_record(sampler, entry, &look, sampler->last_samples, err), words, count, err);
}
