#include "perf_events.h"

#include <alloca.h>
#include <errno.h>
#include <sys/resource.h>

#include "child.h"

enum { MARKED_WORDS = 512, RING_BYTES = 1 << 20, TINY_RING_BYTES = 128 << 10 };
static const uint64_t mark = 0x6a74726163653031, PERIOD = 1000000;

typedef struct {
    volatile unsigned long counter;
    volatile uint64_t marked; /* where on the child's stack */
    volatile uint64_t deep;   /* bytes put on the stack below it */
    volatile uint64_t in_kernel;
} shared_state;

static shared_state *shared;
static const jt_perf_start any_start = {.cpu = -1};

#ifdef __x86_64__
/* Spins with known values in the registers that a walk needs: in user mode, or almost all the time in the kernel. */
static __attribute__((noinline, noreturn)) void spin_with_known_registers(void)
{
    if (shared->in_kernel)
        __asm__ volatile("mov $0xb0b0, %%rbx\n mov $0xd0d0, %%r13\n mov $0xf0f0, %%r15\n mov %0, %%r14\n"
                         "1: incq (%%r14)\n mov $318, %%eax\n lea -65536(%%rsp), %%rdi\n mov $32768, %%esi\n"
                         "xor %%edx, %%edx\n syscall\n jmp 1b\n"
                         :
                         : "r"(&shared->counter)
                         : "rbx", "r13", "r14", "r15", "memory");
    __asm__ volatile("mov $0xb0b0, %%rbx\n mov $0xd0d0, %%r13\n mov $0xf0f0, %%r15\n mov %0, %%r14\n"
                     "1: incq (%%r14)\n jmp 1b\n"
                     :
                     : "r"(&shared->counter)
                     : "rbx", "r13", "r14", "r15", "memory");
    __builtin_unreachable();
}
#endif

static void mark_stack(void *unused)
{
    (void)unused;
    volatile uint64_t marked[MARKED_WORDS];
    for (int i = 0; i < MARKED_WORDS; i++)
        marked[i] = mark + (uint64_t)i;
    shared->marked = (uint64_t)(uintptr_t)marked;
    if (shared->deep > 0) {
        char *deep = alloca(shared->deep);
        memset(deep, 0, shared->deep);
        __asm__ volatile("" : : "r"(deep) : "memory"); /* the compiler keeps it */
    }
    spin_with_known_registers();
}

typedef struct {
    pid_t child;
    jt_perf_events *events;
    jt_perf_record record;
    jt_error err;
} fixture;

static void set_up(fixture *f, size_t ring_bytes, uint64_t deep, bool in_kernel)
{
    shared->counter = 0;
    shared->deep = deep;
    shared->in_kernel = in_kernel;
    f->child = start_child(mark_stack, NULL);
    WAIT_UNTIL(shared->counter > 0);
    int status = jt_perf_events_create(PERIOD, ring_bytes, &f->events, &f->err);
    if (status == JT_OK)
        status = jt_perf_events_add(f->events, f->child, any_start, &f->err);
    if (status == JT_NOT_PERMITTED) {
        kill_child(f->child);
        printf("the kernel permits no perf events here: %s\n", f->err.message);
        exit(77);
    }
    CHECK_STATUS(status, JT_OK, f->err);
}

static void tear_down(fixture *f)
{
    check_unharmed(f->child, &shared->counter);
    jt_perf_events_destroy(f->events);
    kill_child(f->child);
}

static const jt_perf_sample *next_sample(fixture *f)
{
    do {
        WAIT_UNTIL(jt_perf_events_next(f->events, &f->record));
    } while (f->record.kind != JT_PERF_SAMPLE);
    return &f->record.sample;
}

static void check_registers(const fixture *f, const jt_perf_sample *sample)
{
    CHECK_EQ(sample->pid, f->child);
    CHECK_EQ(sample->tid, f->child);
    CHECK(sample->has_registers);
    CHECK_EQ(sample->registers.general[JT_RBX], 0xb0b0);
    CHECK_EQ(sample->registers.general[JT_R13], 0xd0d0);
    CHECK_EQ(sample->registers.general[JT_R15], 0xf0f0);
    CHECK_EQ(sample->registers.general[JT_R14], (uintptr_t)&shared->counter);
    uint64_t code = (uintptr_t)spin_with_known_registers;
    CHECK(sample->registers.pc >= code && sample->registers.pc < code + 256);
    CHECK(sample->registers.sp < shared->marked);
}

static void samples_registers_and_stack(bool in_kernel)
{
    fixture f;
    set_up(&f, RING_BYTES, 0, in_kernel);
    int samples = !in_kernel || jt_perf_events_with_kernel(f.events) ? 100 : 0;
    for (int i = 0; i < samples; i++) {
        const jt_perf_sample *sample = next_sample(&f);
        check_registers(&f, sample);
        uint64_t offset = shared->marked - sample->registers.sp;
        CHECK(offset + MARKED_WORDS * sizeof mark <= sample->stack_length);
        for (uint64_t word = 0; word < MARKED_WORDS; word++) {
            uint64_t copied;
            memcpy(&copied, sample->stack + offset + word * sizeof copied, sizeof copied);
            CHECK_EQ(copied, mark + word);
        }
    }
    tear_down(&f);
}

/* As much as is wanted, in steps; samples that were in the ring before are short still. */
static void copies_as_much_of_a_deep_stack_as_is_wanted(void)
{
    static const struct {
        uint64_t wanted;
        size_t copied;
    } steps[] = {{1, JT_PERF_FIRST_STACK},
                 {JT_PERF_FIRST_STACK + 1, 2 * JT_PERF_FIRST_STACK},
                 {20, 2 * JT_PERF_FIRST_STACK},
                 {1 << 20, JT_PERF_MAX_STACK - 256}}; /* what else there is of a sample has to have room, too */
    fixture f;
    set_up(&f, RING_BYTES, 256 * 1024, false);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        jt_perf_events_want_stack(f.events, f.child, steps[i].wanted);
        WAIT_UNTIL(next_sample(&f)->stack_length >= steps[i].copied);
        for (int more = 0; more < 5; more++) {
            const jt_perf_sample *sample = next_sample(&f);
            check_registers(&f, sample);
            CHECK(sample->stack_length >= steps[i].copied && sample->stack_length < steps[i].copied + 256);
        }
    }
    jt_perf_events_want_stack(f.events, f.child + 1, 1 << 20); /* it has no events */
    tear_down(&f);
}

static int64_t cpu_nanos(clockid_t clock)
{
    struct timespec now;
    CHECK_EQ(clock_gettime(clock, &now), 0);
    return now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Counts it; false when it says that samples were lost. */
static bool count_sample(const jt_perf_record *record, int64_t *samples)
{
    *samples += record->kind == JT_PERF_SAMPLE;
    return record->kind != JT_PERF_LOST;
}

/* Whether none comes twice and none is missing. False when the ring was full once, as this process got no CPU for longer
 * than it holds: then nothing was measured. */
static bool counts_samples_by_cpu_time(fixture *f, clockid_t clock)
{
    int64_t samples = 0, opened = cpu_nanos(clock);
    bool all = true;
    while (samples < 400) {
        WAIT_UNTIL(jt_perf_events_next(f->events, &f->record));
        all &= count_sample(&f->record, &samples);
    }
    int64_t at_least = cpu_nanos(clock) - opened;
    while (jt_perf_events_next(f->events, &f->record))
        all &= count_sample(&f->record, &samples);
    int64_t at_most = cpu_nanos(clock) - opened;
    if (!all)
        return false;
    CHECK(samples * (int64_t)PERIOD >= at_least * 6 / 10); /* a virtual machine's timers are late at times */
    CHECK((samples - 10) * (int64_t)PERIOD <= at_most * 11 / 10);
    return true;
}

/* As many samples as CPU time used. */
static void takes_a_sample_per_period_of_cpu_time(void)
{
    fixture f;
    clockid_t clock;
    set_up(&f, RING_BYTES, 0, false);
    CHECK_EQ(clock_getcpuclockid(f.child, &clock), 0);
    while (!counts_samples_by_cpu_time(&f, clock))
        ;
    tear_down(&f);
}

typedef struct {
    int asked[2], answered[2];
} conversation;

/* Ends the round, and takes out what came since it began, in another one. */
static void empty_rings(jt_perf_events *events, jt_perf_record *record)
{
    for (int rounds = 0; rounds < 2; rounds++) {
        while (jt_perf_events_next(events, record))
            ;
    }
}

static void burn_half_a_period(void *of)
{
    const conversation *c = of;
    char byte;
    while (read(c->asked[0], &byte, 1) == 1) {
        int64_t from = cpu_nanos(CLOCK_THREAD_CPUTIME_ID);
        while (cpu_nanos(CLOCK_THREAD_CPUTIME_ID) - from < (int64_t)PERIOD / 2)
            ;
        if (write(c->answered[1], &byte, 1) != 1)
            break;
    }
}

/* By the kernel's count none would ever have a sample. */
static void takes_samples_of_threads_that_use_less_than_a_period(void)
{
    enum { THREADS = 300 };
    jt_perf_events *events;
    jt_perf_record record;
    jt_error err;
    conversation c;
    int with_samples = 0;
    CHECK(pipe(c.asked) == 0 && pipe(c.answered) == 0);
    CHECK_STATUS(jt_perf_events_create(PERIOD, RING_BYTES, &events, &err), JT_OK, err);
    pid_t child = start_child(burn_half_a_period, &c);
    for (int i = 0; i < THREADS; i++) {
        char byte = 0;
        CHECK_STATUS(jt_perf_events_add(events, child, any_start, &err), JT_OK, err);
        CHECK(write(c.asked[1], &byte, 1) == 1 && read(c.answered[0], &byte, 1) == 1);
        with_samples += jt_perf_events_next(events, &record);
        jt_perf_events_remove(events, child);
        empty_rings(events, &record); /* by the period that the first one had */
    }
    jt_perf_events_destroy(events);
    kill_child(child);
    for (int i = 0; i < 2; i++) {
        close(c.asked[i]);
        close(c.answered[i]);
    }
    CHECK(with_samples > THREADS / 4 && with_samples < THREADS * 3 / 4); /* half of them; 8 sigma */
}

/* Nobody empties the ring for longer than it holds. */
static void tells_how_many_samples_found_no_room(void)
{
    fixture f;
    set_up(&f, TINY_RING_BYTES, 256 * 1024, false);
    uint64_t lost = 0, samples = 0;
    while (lost == 0) {
        usleep(20000);
        while (jt_perf_events_next(f.events, &f.record)) {
            samples += f.record.kind == JT_PERF_SAMPLE;
            lost += f.record.kind == JT_PERF_LOST ? f.record.lost : 0;
            CHECK(f.record.kind != JT_PERF_SAMPLE || f.record.sample.tid == f.child);
        }
    }
    CHECK(samples > 0);
    tear_down(&f);
}

static void ends_with_the_thread(void)
{
    fixture f;
    set_up(&f, RING_BYTES, 0, false);
    CHECK_STATUS(jt_perf_events_add(f.events, f.child, any_start, &f.err), JT_OK,
                 f.err); /* once more is the same as once */
    next_sample(&f);
    jt_perf_events_remove(f.events, f.child);
    empty_rings(f.events, &f.record); /* what came before */
    unsigned long before = shared->counter;
    WAIT_UNTIL(shared->counter > before + 100000000);
    CHECK(!jt_perf_events_next(f.events, &f.record));
    pid_t ended = start_child(wait_for_ever, NULL);
    kill_child(ended);
    CHECK_STATUS(jt_perf_events_add(f.events, ended, any_start, &f.err), JT_GONE, f.err);
    jt_perf_events_remove(f.events, ended);
    tear_down(&f);
}

static void leaves_descriptors_to_others(void)
{
    fixture f;
    struct rlimit before, few;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 8 * (rlim_t)sysconf(_SC_NPROCESSORS_CONF) + 32;
    set_up(&f, RING_BYTES, 0, false);
    jt_perf_events *bounded;
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    CHECK_STATUS(jt_perf_events_create(PERIOD, TINY_RING_BYTES, &bounded, &f.err), JT_OK, f.err);
    pid_t children[64];
    int status = JT_OK, count = 0;
    while (count < 64 && status == JT_OK) {
        children[count] = start_child(wait_for_ever, NULL);
        status = jt_perf_events_add(bounded, children[count++], any_start, &f.err);
    }
    CHECK_EQ(status, JT_NO_MEMORY);
    int left = dup(0);
    CHECK(left >= 0);
    close(left);
    while (count > 0)
        kill_child(children[--count]);
    jt_perf_events_destroy(bounded);
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    tear_down(&f);
}

/* What comes while a round's samples are taken is the next one's, and each sample tells how many follow. */
static void rounds_count_the_samples_of_a_thread(void)
{
    fixture f;
    set_up(&f, RING_BYTES, 0, false);
    for (int rounds = 0; rounds < 10; rounds++) {
        uint64_t left = 0;
        usleep(5 * PERIOD / 1000);
        while (jt_perf_events_next(f.events, &f.record)) {
            if (f.record.kind != JT_PERF_SAMPLE)
                continue;
            CHECK(f.record.samples_left >= 1);
            CHECK(left == 0 || f.record.samples_left < left); /* some do not count */
            CHECK_EQ(f.record.is_first, left == 0);
            left = f.record.samples_left;
        }
    }
    tear_down(&f);
}

int main(void)
{
    shared = shared_memory(sizeof *shared);
    samples_registers_and_stack(false);
    copies_as_much_of_a_deep_stack_as_is_wanted();
    takes_a_sample_per_period_of_cpu_time();
    takes_samples_of_threads_that_use_less_than_a_period();
    rounds_count_the_samples_of_a_thread();
    tells_how_many_samples_found_no_room();
    ends_with_the_thread();
    leaves_descriptors_to_others();
    samples_registers_and_stack(true);
}
