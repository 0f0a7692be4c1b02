#include "perf_events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    MIN_RING_PAGES = 32,   /* two samples */
    LEAST_FIRST_SHARE = 16 /* of a period, one over this: a thread's first sample comes no sooner */
};

typedef struct {
    int cpu;
    int anchor; /* an event of ours that counts nothing: the ring is its, whoever's events come and go */
    void *mapped;
    size_t mapped_length;
    jt_perf_ring ring;
    uint64_t round_end; /* place in the ring up to which this round goes */
} cpu_ring;

/* The kernel counts a whole period before an event's first sample. Of threads that use less there would be none, and no
 * profile would show a hundred of them. So the first period is a random part of a whole one: then a thread has as many
 * samples as it has used periods, on average, whatever it has used. It is put right when that sample is read. */
typedef struct {
    int descriptor; /* -1: none */
    bool is_periodic;
    uint64_t periodic_from; /* place in the ring: before it are samples by the first period */
} event;

typedef struct {
    int tid;
    uint32_t stack_bytes; /* that its samples have room for, filled or not: copied is up to the mapping's end */
    event *events; /* one per ring */
    uint64_t samples_left; /* in the rings, of this round */
    bool had_one;          /* in this round */
} thread_events;

struct jt_perf_events {
    struct perf_event_attr attr;
    cpu_ring *rings;
    size_t ring_count;
    size_t next_ring; /* of this round */
    bool in_round;
    size_t max_events;
    uint64_t random;
    bool needs_kernel;      /* samples of user mode alone are not wanted */
    thread_events *threads; /* ascending by tid */
    size_t thread_count, thread_capacity;
    uint8_t stack[JT_PERF_MAX_RECORD]; /* of the last sample */
};

static int open_event(struct perf_event_attr *attr, int tid, int cpu)
{
    return (int)syscall(SYS_perf_event_open, attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static struct perf_event_attr sampling_attr(uint64_t period_nanos)
{
    return (struct perf_event_attr){.size = sizeof(struct perf_event_attr),
                                    .type = PERF_TYPE_SOFTWARE,
                                    .config = PERF_COUNT_SW_CPU_CLOCK,
                                    .sample_period = period_nanos,
                                    .sample_type = JT_PERF_SAMPLE_TYPE,
                                    .sample_regs_user = jt_perf_register_mask};
}

/* --- the rings --- */

static int map_ring(cpu_ring *ring, size_t ring_bytes, jt_error *err)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = ring_bytes;
    void *mapped;
    while ((mapped = mmap(NULL, page + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring->anchor, 0)) == MAP_FAILED) {
        /* EPERM: more than perf_event_mlock_kb and RLIMIT_MEMLOCK allow */
        if ((errno != EPERM && errno != ENOMEM) || bytes <= MIN_RING_PAGES * page)
            return jt_fail_errno(err, errno == EPERM ? JT_NOT_PERMITTED : JT_NO_MEMORY, errno,
                                 "the engine perf cannot map a ring for its events (see "
                                 "/proc/sys/kernel/perf_event_mlock_kb)");
        bytes /= 2;
    }
    ring->mapped = mapped;
    ring->mapped_length = page + bytes;
    ring->ring = (jt_perf_ring){mapped, (const uint8_t *)mapped + page, bytes, false};
    return JT_OK;
}

static int refusal(int sys_errno, jt_error *err)
{
    static const char hint[] = "the engine perf is not permitted: it needs root, CAP_PERFMON, or "
                               "kernel.perf_event_paranoid of at most 2, and a container whose seccomp profile lets "
                               "perf_event_open pass; the engine ptrace does without";
    if (sys_errno == ESRCH)
        return jt_fail(err, JT_GONE, "the thread ended");
    if (sys_errno == EMFILE || sys_errno == ENFILE || sys_errno == ENOMEM || sys_errno == ENOSPC)
        return jt_fail_errno(err, JT_NO_MEMORY, sys_errno, "no room for more of the engine perf's events");
    return jt_fail_errno(err, JT_NOT_PERMITTED, sys_errno, "%s", hint);
}

static int open_ring(cpu_ring *ring, int cpu, size_t ring_bytes, jt_error *err)
{
    struct perf_event_attr nothing = {.size = sizeof nothing,
                                      .type = PERF_TYPE_SOFTWARE,
                                      .config = PERF_COUNT_SW_DUMMY,
                                      .exclude_kernel = 1, /* or it needs the right to look at the kernel */
                                      .exclude_hv = 1};
    ring->cpu = cpu;
    ring->anchor = open_event(&nothing, 0, cpu);
    if (ring->anchor < 0)
        return errno == ENODEV ? JT_GONE : refusal(errno, err); /* ENODEV: the CPU is offline */
    int status = map_ring(ring, ring_bytes, err);
    if (status != JT_OK)
        close(ring->anchor);
    return status;
}

static int open_rings(jt_perf_events *events, size_t ring_bytes, jt_error *err)
{
    long cpus = sysconf(_SC_NPROCESSORS_CONF);
    events->rings = calloc((size_t)cpus, sizeof *events->rings);
    if (events->rings == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    for (int cpu = 0; cpu < cpus; cpu++) {
        int status = open_ring(&events->rings[events->ring_count], cpu, ring_bytes, err);
        if (status == JT_OK)
            events->ring_count++;
        else if (status != JT_GONE)
            return status;
    }
    return JT_OK;
}

/* What is not used is left to the rest of this process. */
static size_t descriptor_limit(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

int jt_perf_events_create(uint64_t period_nanos, size_t ring_bytes, jt_perf_events **events, jt_error *err)
{
    jt_perf_events *made = calloc(1, sizeof *made);
    if (made == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    made->attr = sampling_attr(period_nanos);
    made->random = (uint64_t)(uintptr_t)made ^ (uint64_t)getpid() << 32 ^ (uint64_t)time(NULL);
    made->max_events = descriptor_limit() / 2;
    int status = open_rings(made, ring_bytes, err);
    if (status != JT_OK)
        jt_perf_events_destroy(made);
    else
        *events = made;
    return status;
}

/* --- the threads --- */

static void close_events(const event *opened, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (opened[i].descriptor >= 0)
            close(opened[i].descriptor);
    }
}

void jt_perf_events_destroy(jt_perf_events *events)
{
    if (events == NULL)
        return;
    for (size_t i = 0; i < events->thread_count; i++) {
        close_events(events->threads[i].events, events->ring_count);
        free(events->threads[i].events);
    }
    for (size_t i = 0; i < events->ring_count; i++) {
        munmap(events->rings[i].mapped, events->rings[i].mapped_length);
        close(events->rings[i].anchor);
    }
    free(events->threads);
    free(events->rings);
    free(events);
}

/* Its place, or where it would have to be put. */
static size_t place_of(const jt_perf_events *events, int tid)
{
    size_t low = 0, high = events->thread_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (events->threads[middle].tid < tid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool reserve_thread(jt_perf_events *events)
{
    if (events->thread_count < events->thread_capacity)
        return true;
    size_t capacity = events->thread_capacity == 0 ? 64 : 2 * events->thread_capacity;
    thread_events *grown = realloc(events->threads, capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    events->threads = grown;
    events->thread_capacity = capacity;
    return true;
}

void jt_perf_events_require_kernel(jt_perf_events *events)
{
    events->needs_kernel = true;
}

void jt_perf_events_want_kernel_frames(jt_perf_events *events)
{
    jt_perf_events_require_kernel(events);
    events->attr.sample_type |= PERF_SAMPLE_CALLCHAIN;
    events->attr.exclude_callchain_user = 1;
    for (size_t i = 0; i < events->ring_count; i++)
        events->rings[i].ring.with_kernel_frames = true;
}

/* xorshift64*: of no other use than to have the events out of step. */
static uint64_t first_period(jt_perf_events *events)
{
    uint64_t period = events->attr.sample_period, least = period / LEAST_FIRST_SHARE;
    events->random ^= events->random >> 12;
    events->random ^= events->random << 25;
    events->random ^= events->random >> 27;
    uint64_t chosen = 1 + (events->random * 0x2545F4914F6CDD1Du >> 16) % period;
    return chosen < least ? least : chosen;
}

static int open_on_ring(jt_perf_events *events, const thread_events *thread, const cpu_ring *ring, uint64_t period,
                        event *opened)
{
    struct perf_event_attr attr = events->attr;
    attr.sample_period = period;
    attr.sample_stack_user = thread->stack_bytes;
    *opened = (event){.descriptor = open_event(&attr, thread->tid, ring->cpu)};
    if (opened->descriptor < 0 && (errno == EACCES || errno == EPERM) && !attr.exclude_kernel &&
        !events->needs_kernel) {
        events->attr.exclude_kernel = attr.exclude_kernel = 1; /* paranoid 2 permits no more to users */
        opened->descriptor = open_event(&attr, thread->tid, ring->cpu);
    }
    if (opened->descriptor < 0)
        return errno;
    return ioctl(opened->descriptor, PERF_EVENT_IOC_SET_OUTPUT, ring->anchor) == 0 ? 0 : errno;
}

static int refused(const jt_perf_events *events, int failure, jt_error *err)
{
    if (events->needs_kernel && (failure == EACCES || failure == EPERM))
        return jt_fail(err, JT_NOT_PERMITTED,
                       "samples of time in the kernel are not permitted: they need root, CAP_PERFMON, or "
                       "kernel.perf_event_paranoid of at most 1");
    return refusal(failure, err);
}

/* An event on each CPU, for as much stack as the thread's are to have. */
static int open_events(jt_perf_events *events, thread_events *thread, jt_perf_start start, jt_error *err)
{
    event *opened = malloc(events->ring_count * sizeof *opened);
    if (opened == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < events->ring_count; i++) {
        const cpu_ring *ring = &events->rings[i];
        uint64_t period = start.nanos > 0 && start.cpu == ring->cpu ? start.nanos : first_period(events);
        int failure = open_on_ring(events, thread, ring, period, &opened[i]);
        if (failure == 0 || failure == ENODEV) /* a CPU that went offline since */
            continue;
        close_events(opened, i + 1);
        free(opened);
        return refused(events, failure, err);
    }
    thread->events = opened;
    return JT_OK;
}

/* The least room that a stack of so many bytes fits into, as far as there is one. */
static uint32_t stack_room(uint64_t bytes)
{
    uint32_t room = JT_PERF_FIRST_STACK;
    while (room < bytes && room < JT_PERF_MAX_STACK)
        room = 2 * room < JT_PERF_MAX_STACK ? 2 * room : JT_PERF_MAX_STACK;
    return room;
}

int jt_perf_events_add(jt_perf_events *events, int tid, jt_perf_start start, jt_error *err)
{
    size_t place = place_of(events, tid);
    if (place < events->thread_count && events->threads[place].tid == tid)
        return JT_OK;
    if ((events->thread_count + 1) * events->ring_count > events->max_events)
        return refusal(EMFILE, err);
    if (!reserve_thread(events))
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    thread_events added = {.tid = tid, .stack_bytes = stack_room(start.stack_bytes)};
    int status = open_events(events, &added, start, err);
    if (status != JT_OK)
        return status;
    memmove(&events->threads[place + 1], &events->threads[place],
            (events->thread_count - place) * sizeof *events->threads);
    events->threads[place] = added;
    events->thread_count++;
    return JT_OK;
}

void jt_perf_events_remove(jt_perf_events *events, int tid)
{
    size_t place = place_of(events, tid);
    if (place == events->thread_count || events->threads[place].tid != tid)
        return;
    close_events(events->threads[place].events, events->ring_count);
    free(events->threads[place].events);
    events->thread_count--;
    memmove(&events->threads[place], &events->threads[place + 1],
            (events->thread_count - place) * sizeof *events->threads);
}

bool jt_perf_events_with_kernel(const jt_perf_events *events)
{
    return !events->attr.exclude_kernel;
}

/* NULL: its events were closed meanwhile. */
static thread_events *find_thread(jt_perf_events *events, int tid)
{
    size_t place = place_of(events, tid);
    return place < events->thread_count && events->threads[place].tid == tid ? &events->threads[place] : NULL;
}

void jt_perf_events_want_stack(jt_perf_events *events, int tid, uint64_t bytes)
{
    thread_events *thread = find_thread(events, tid);
    if (thread == NULL || stack_room(bytes) <= thread->stack_bytes)
        return;
    thread_events grown = *thread;
    grown.stack_bytes = stack_room(bytes);
    if (open_events(events, &grown, (jt_perf_start){.cpu = -1}, NULL) != JT_OK)
        return;
    close_events(thread->events, events->ring_count);
    free(thread->events);
    *thread = grown;
}

/* After an event's first sample its period is what it should be. Those that came by the first one until then do not
 * count; `place` is where in the ring the sample began. */
static bool counts(jt_perf_events *events, event *of, uint64_t place)
{
    if (of->descriptor < 0)
        return true;
    if (of->is_periodic)
        return place >= of->periodic_from;
    uint64_t period = events->attr.sample_period;
    ioctl(of->descriptor, PERF_EVENT_IOC_PERIOD, &period);
    of->is_periodic = true;
    of->periodic_from = jt_perf_ring_head(&events->rings[events->next_ring].ring);
    return true;
}

static void begin_round(jt_perf_events *events)
{
    events->in_round = true;
    for (size_t i = 0; i < events->thread_count; i++) {
        events->threads[i].samples_left = 0;
        events->threads[i].had_one = false;
    }
    for (size_t i = 0; i < events->ring_count; i++) {
        cpu_ring *of = &events->rings[i];
        uint64_t place = jt_perf_ring_tail(&of->ring);
        int tid;
        of->round_end = jt_perf_ring_head(&of->ring);
        while (jt_perf_ring_peek(&of->ring, &place, of->round_end, &tid)) {
            thread_events *thread = find_thread(events, tid);
            if (thread != NULL)
                thread->samples_left++;
        }
    }
    events->next_ring = 0;
}

/* Whether it is one to be given out. */
static bool take(jt_perf_events *events, jt_perf_record *record, uint64_t place)
{
    record->samples_left = 1;
    record->is_first = true;
    if (record->kind != JT_PERF_SAMPLE)
        return true;
    thread_events *thread = find_thread(events, record->sample.tid);
    if (thread == NULL)
        return true;
    if (thread->samples_left > 0)
        record->samples_left = thread->samples_left--;
    if (!counts(events, &thread->events[events->next_ring], place))
        return false;
    record->is_first = !thread->had_one;
    thread->had_one = true;
    return true;
}

bool jt_perf_events_next(jt_perf_events *events, jt_perf_record *record)
{
    if (!events->in_round)
        begin_round(events);
    while (events->next_ring < events->ring_count) {
        cpu_ring *of = &events->rings[events->next_ring];
        uint64_t place = jt_perf_ring_tail(&of->ring);
        if (place >= of->round_end || !jt_perf_ring_next(&of->ring, events->stack, record))
            events->next_ring++;
        else if (take(events, record, place))
            return true;
    }
    events->in_round = false;
    return false;
}
