#include "snapshot.h"

#include <alloca.h>
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

#include "check.h"
#include "child.h"

enum { MARKED_WORDS = 4096, DEEP_BYTES = 2 * 1024 * 1024 };
static const uint64_t mark = 0x6a74726163653031;

typedef struct {
    volatile unsigned long counter;
    volatile uint64_t *marked; /* on the child's stack */
    volatile uint64_t deep;    /* bytes put on the stack below it */
} shared_state;

static shared_state *shared;

/* Writes the same number to both ends of a marked area on its stack, over and over, low end first. */
static __attribute__((noinline)) void write_both_ends(volatile uint64_t *marked)
{
    for (;;) {
        shared->counter++;
        marked[1] = shared->counter;
        marked[MARKED_WORDS - 2] = shared->counter;
    }
}

static void mark_stack(void *unused)
{
    (void)unused;
    volatile uint64_t marked[MARKED_WORDS];
    for (int i = 0; i < MARKED_WORDS; i++)
        marked[i] = mark;
    shared->marked = marked;
    if (shared->deep > 0) {
        char *deep = alloca(shared->deep);
        memset(deep, 0, shared->deep);
        __asm__ volatile("" : : "r"(deep) : "memory"); /* the compiler keeps it */
    }
    write_both_ends(marked);
}

typedef struct {
    pid_t child;
    jt_process *process;
    jt_snapshot snapshot;
    jt_tracee tracee;
    jt_addr marked, stack_end;
    jt_error err;
} fixture;

static void set_up(fixture *f, uint64_t deep)
{
    shared->counter = 0;
    shared->deep = deep;
    f->child = start_child(mark_stack, NULL);
    WAIT_UNTIL(shared->counter > 0);
    CHECK_STATUS(jt_process_open(f->child, &f->process, &f->err), JT_OK, f->err);
    CHECK_STATUS(jt_snapshot_init(&f->snapshot, &f->err), JT_OK, f->err);
    f->marked = (jt_addr)(uintptr_t)shared->marked;
    f->stack_end = f->marked + MARKED_WORDS * sizeof mark;
}

static void tear_down(fixture *f)
{
    check_unharmed(f->child, &shared->counter);
    jt_snapshot_free(&f->snapshot);
    jt_process_close(f->process);
    kill_child(f->child);
}

static int take(fixture *f, jt_addr stack_end, const jt_read *extra, size_t extra_count)
{
    return jt_snapshot_take(&f->snapshot, f->process, f->child, stack_end, extra, extra_count, &f->tracee, &f->err);
}

static uint64_t copied_word(const fixture *f, jt_addr address)
{
    uint64_t word;
    CHECK(address >= f->snapshot.stack_address);
    uint64_t offset = address - f->snapshot.stack_address;
    CHECK(offset + sizeof word <= f->snapshot.stack_length);
    memcpy(&word, f->snapshot.stack + offset, sizeof word);
    return word;
}

static void copies_one_moment(void)
{
    fixture f;
    set_up(&f, 0);
    for (int i = 0; i < 500; i++) {
        uint64_t first = 0, last = 0;
        const jt_read extra[] = {{f.marked + 8, &first, 8}, {f.stack_end - 16, &last, 8}};
        CHECK_STATUS(take(&f, f.stack_end, extra, 2), JT_OK, f.err);
        CHECK_EQ(f.snapshot.stack_address, f.snapshot.registers.sp / 8 * 8);
        CHECK_EQ(f.snapshot.stack_length, f.stack_end - f.snapshot.stack_address);
        CHECK_EQ(copied_word(&f, f.marked), mark);
        CHECK_EQ(copied_word(&f, f.stack_end - 8), mark);
        CHECK_EQ(copied_word(&f, f.marked + 8), first);
        CHECK_EQ(copied_word(&f, f.stack_end - 16), last);
        CHECK(first == last || first == last + 1 || last == mark || first == mark);
        CHECK(f.snapshot.stop_nanos > 0);
    }
    tear_down(&f);
}

static void copies_no_stack_that_is_not_one(void)
{
    fixture f;
    set_up(&f, 0);
    CHECK_STATUS(take(&f, f.stack_end, NULL, 0), JT_OK, f.err);
    jt_addr sp = f.snapshot.registers.sp;
    const jt_addr ends[] = {0, sp - 4096, sp + (1ull << 40), UINT64_MAX};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        CHECK_STATUS(take(&f, ends[i], NULL, 0), JT_OK, f.err);
        CHECK_EQ(f.snapshot.stack_length, 0);
    }
    tear_down(&f);
}

static void says_when_the_extra_words_are_not_there(void)
{
    fixture f;
    set_up(&f, 0);
    uint64_t good, bad;
    const jt_read extra[] = {{f.marked, &good, 8}, {8, &bad, 8}};
    CHECK_STATUS(take(&f, f.stack_end, extra, 2), JT_STALE, f.err);
    CHECK_STATUS(take(&f, f.stack_end, extra, 1), JT_OK, f.err);
    CHECK_EQ(good, mark);
    tear_down(&f);
}

static void copies_the_top_of_a_deep_stack(void)
{
    fixture f;
    set_up(&f, DEEP_BYTES);
    CHECK_STATUS(take(&f, f.stack_end, NULL, 0), JT_OK, f.err);
    CHECK_EQ(f.snapshot.stack_length, JT_SNAPSHOT_STACK_CAPACITY);
    CHECK(f.snapshot.stack_address + DEEP_BYTES <= f.stack_end);
    uint64_t depth = f.stack_end - f.snapshot.stack_address;
    CHECK(jt_snapshot_make_room(&f.snapshot, depth));
    CHECK(!jt_snapshot_make_room(&f.snapshot, depth));
    CHECK_STATUS(take(&f, f.stack_end, NULL, 0), JT_OK, f.err);
    CHECK_EQ(f.snapshot.stack_length, depth);
    CHECK(jt_snapshot_make_room(&f.snapshot, UINT64_MAX));
    CHECK_EQ(f.snapshot.capacity, JT_SNAPSHOT_STACK_LIMIT);
    tear_down(&f);
}

static void says_when_the_thread_ended(void)
{
    fixture f;
    set_up(&f, 0);
    kill(f.child, SIGKILL);
    WAIT_UNTIL(state_of(f.child) == 'Z');
    CHECK_STATUS(take(&f, f.stack_end, NULL, 0), JT_GONE, f.err);
    wait_for_child(f.child);
    CHECK_STATUS(take(&f, f.stack_end, NULL, 0), JT_GONE, f.err);
    jt_snapshot_free(&f.snapshot);
    jt_process_close(f.process);
}

/* ---- a thread that waits for a lock ---- */

enum { LOCK_ROUNDS = 40, TIMEOUT_MILLIS = 5, STOPS_PER_ROUND = 20 };

typedef struct {
    volatile uint32_t lock; /* 1 while the child is to wait */
    volatile unsigned rounds, disturbed;
} lock_state;

/* As locks do: with a time limit, without one, and with one that is a point in time. Any other result than what a wait
 * without tracer has is a disturbance. */
static void wait_for_lock(void *state)
{
    lock_state *s = state;
    for (;; s->rounds++) {
        struct timespec limit = {.tv_nsec = TIMEOUT_MILLIS * 1000000L}, now;
        uint32_t never = 7;
        if (syscall(SYS_futex, &never, FUTEX_WAIT, 7, &limit, NULL, 0) != -1 || errno != ETIMEDOUT)
            s->disturbed++;
        clock_gettime(CLOCK_MONOTONIC, &now);
        now.tv_sec += 3600;
        s->lock = 1;
        if (s->rounds % 2 == 0 && syscall(SYS_futex, &s->lock, FUTEX_WAIT, 1, NULL, NULL, 0) != 0)
            s->disturbed++;
        if (s->rounds % 2 == 1 &&
            syscall(SYS_futex, &s->lock, FUTEX_WAIT_BITSET, 1, &now, NULL, FUTEX_BITSET_MATCH_ANY) != 0)
            s->disturbed++;
    }
}

/* The kernel ends other waits early when a thread is stopped (epoll_wait), but goes on with a futex's. */
static void does_not_disturb_a_wait_for_a_lock(void)
{
    fixture f;
    lock_state *state = shared_memory(sizeof *state);
    f.child = start_child(wait_for_lock, state);
    CHECK_STATUS(jt_process_open(f.child, &f.process, &f.err), JT_OK, f.err);
    CHECK_STATUS(jt_snapshot_init(&f.snapshot, &f.err), JT_OK, f.err);
    for (unsigned round = 0; round < LOCK_ROUNDS; round++) {
        for (int i = 0; i < STOPS_PER_ROUND || state->lock == 0 || state_of(f.child) != 'S'; i++)
            CHECK_STATUS(take(&f, 0, NULL, 0), JT_OK, f.err);
        CHECK_EQ(state->rounds, round);
        state->lock = 0;
        WAIT_UNTIL(syscall(SYS_futex, &state->lock, FUTEX_WAKE, 1, NULL, NULL, 0) == 1);
        WAIT_UNTIL(state->rounds > round);
    }
    CHECK_EQ(state->disturbed, 0);
    CHECK_EQ(tracer_of(f.child), 0);
    jt_snapshot_free(&f.snapshot);
    jt_process_close(f.process);
    kill_child(f.child);
}

int main(void)
{
    shared = shared_memory(sizeof *shared);
    copies_one_moment();
    copies_no_stack_that_is_not_one();
    says_when_the_extra_words_are_not_there();
    copies_the_top_of_a_deep_stack();
    says_when_the_thread_ended();
    does_not_disturb_a_wait_for_a_lock();
}
