#include "stop_round.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "proc_file.h"

enum {
    POOL_BYTES = 32 << 20,   /* of all stacks */
    CHECK_NANOS = 100000000, /* without anybody there, after which it is looked at what keeps them */
    POLL_NANOS = 200000      /* where others that have stopped or ended hide who is waited for */
};

struct jt_stop_round {
    jt_round_stop *stops;
    size_t count, capacity, pending;
    jt_read *reads; /* of all stops */
    size_t read_count, read_capacity;
    uint8_t *pool; /* for the stacks; touched as far as it was needed */
    size_t pool_used;
    int schedule_fd; /* schedstat of the OS thread that takes the round, -1: not known */
    const jt_process *process;
    jt_wait_limit limit;
    uint64_t since_nanos;    /* no pending thread had stopped before */
    uint64_t progress_nanos; /* the last stop */
    uint64_t check_nanos;    /* the last look at what keeps the others */
};

int jt_stop_round_create(size_t capacity, jt_stop_round **round, jt_error *err)
{
    jt_stop_round *r = calloc(1, sizeof *r);
    if (r == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    r->capacity = capacity;
    r->schedule_fd = -1;
    r->stops = calloc(capacity, sizeof *r->stops);
    void *pool = mmap(NULL, POOL_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    r->pool = pool == MAP_FAILED ? NULL : pool;
    if (r->stops == NULL || r->pool == NULL) {
        jt_stop_round_destroy(r);
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    }
    *round = r;
    return JT_OK;
}

void jt_stop_round_destroy(jt_stop_round *round)
{
    if (round == NULL)
        return;
    if (round->pool != NULL)
        munmap(round->pool, POOL_BYTES);
    free(round->reads);
    free(round->stops);
    free(round);
}

/* --- planning --- */

void jt_stop_round_clear(jt_stop_round *round)
{
    round->count = round->read_count = round->pool_used = 0;
}

static bool add_reads(jt_stop_round *round, const jt_read *reads, size_t count)
{
    if (count > round->read_capacity - round->read_count) {
        size_t capacity = 2 * (round->read_capacity + count);
        jt_read *grown = realloc(round->reads, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        round->reads = grown;
        round->read_capacity = capacity;
    }
    if (count > 0)
        memcpy(round->reads + round->read_count, reads, count * sizeof *reads);
    round->read_count += count;
    return true;
}

jt_round_stop *jt_stop_round_add(jt_stop_round *round, int tid, jt_addr stack_end, const jt_read *extra,
                                 size_t extra_count, const jt_read *also, size_t also_count, bool wants_red_zone)
{
    if (round->count == round->capacity)
        return NULL;
    jt_round_stop *stop = &round->stops[round->count];
    memset(stop, 0, sizeof *stop);
    stop->tracee.tid = tid;
    stop->stack_end = stack_end;
    stop->first_read = round->read_count;
    stop->extra_count = extra_count;
    stop->also_count = also_count;
    stop->snapshot.wants_red_zone = wants_red_zone;
    if (!add_reads(round, extra, extra_count) || !add_reads(round, also, also_count)) {
        round->read_count = stop->first_read;
        return NULL;
    }
    round->count++;
    return stop;
}

/* --- a thread that is there --- */

/* The rest of the pool is for its stack, up to what is copied of one at most. */
static int copy(jt_stop_round *round, jt_round_stop *stop)
{
    jt_snapshot *snapshot = &stop->snapshot;
    size_t room = POOL_BYTES - round->pool_used;
    snapshot->stack = round->pool + round->pool_used;
    snapshot->capacity = room < JT_SNAPSHOT_STACK_LIMIT ? room : JT_SNAPSHOT_STACK_LIMIT;
    snapshot->also = round->reads + stop->first_read + stop->extra_count;
    snapshot->also_count = stop->also_count;
    int status = jt_snapshot_copy(snapshot, round->process, &stop->tracee, stop->stack_end,
                                  round->reads + stop->first_read, stop->extra_count, NULL);
    if (status != JT_OK)
        return status;
    bool cut = snapshot->stack_length == snapshot->capacity && snapshot->capacity < JT_SNAPSHOT_STACK_LIMIT &&
               snapshot->stack_address + snapshot->stack_length < stop->stack_end;
    stop->left_out = cut;
    round->pool_used += cut ? 0 : snapshot->stack_length;
    return JT_OK;
}

static void copy_and_let_go(jt_stop_round *round, jt_round_stop *stop)
{
    uint64_t sent = stop->tracee.interrupt_nanos;
    stop->status = copy(round, stop);
    int released = jt_tracee_release_within(&stop->tracee, &round->limit);
    stop->snapshot.stop_nanos = jt_monotonic_nanos() - (sent > round->since_nanos ? sent : round->since_nanos);
    if (released != JT_OK)
        stop->status = released;
}

/* Done with the thread, or given up. */
static void conclude(jt_stop_round *round, jt_round_stop *stop, int status)
{
    stop->status = status;
    if (status == JT_OK)
        copy_and_let_go(round, stop);
    stop->pending = false;
    round->pending--;
    round->progress_nanos = jt_monotonic_nanos();
}

static bool take_if_there(jt_stop_round *round, jt_round_stop *stop)
{
    int status = jt_tracee_check(&stop->tracee);
    if (status == JT_TIMED_OUT)
        return false;
    conclude(round, stop, status);
    return true;
}

static jt_round_stop *find_pending(const jt_stop_round *round, int tid)
{
    for (size_t i = 0; i < round->count; i++)
        if (round->stops[i].pending && round->stops[i].tracee.tid == tid)
            return &round->stops[i];
    return NULL;
}

/* Takes those that are there. False when somebody else is, who hides them: a child of ours that has ended, say, or a
 * thread under another id since it called exec. */
static bool take_all_there(jt_stop_round *round)
{
    while (round->pending > 0) {
        uint64_t now = jt_monotonic_nanos();
        int tid = jt_tracee_any(false);
        if (tid == 0) {
            round->since_nanos = now;
            return true;
        }
        jt_round_stop *stop = tid < 0 ? NULL : find_pending(round, tid);
        if (stop == NULL || !take_if_there(round, stop))
            return false;
    }
    return true;
}

/* --- waiting --- */

/* How long this thread was ready to run and not on a CPU, so far. */
static bool read_own_wait(const jt_stop_round *round, uint64_t *nanos)
{
    char text[128];
    const char *at =
        round->schedule_fd >= 0 && jt_proc_read_fd(round->schedule_fd, text, sizeof text) > 0 ? text : NULL;
    if (at != NULL)
        at = jt_proc_take_number(at, nanos);
    return at != NULL && jt_proc_take_number(at, nanos) != NULL;
}

/* Nobody is there: the first one to be wakes this thread, which may then have to wait for a CPU itself. */
static void wait_for_one(jt_stop_round *round)
{
    uint64_t before, after;
    bool known = read_own_wait(round, &before);
    jt_tracee_any(true);
    uint64_t now = jt_monotonic_nanos();
    if (known && read_own_wait(round, &after) && now - (after - before) > round->since_nanos)
        round->since_nanos = now - (after - before);
}

/* Asks one after the other. */
static void poll_each(jt_stop_round *round)
{
    struct timespec pause = {0, POLL_NANOS};
    size_t before = round->pending;
    uint64_t now = jt_monotonic_nanos();
    for (size_t i = 0; i < round->count; i++)
        if (round->stops[i].pending)
            take_if_there(round, &round->stops[i]);
    if (round->pending != before)
        return;
    round->since_nanos = now;
    nanosleep(&pause, NULL);
}

/* On those that sleep uninterruptibly, when nobody else comes any more. Those that only wait for a CPU get there, as
 * long as others do. */
static void give_up_some(jt_stop_round *round)
{
    uint64_t now = jt_monotonic_nanos();
    if (now - round->progress_nanos < CHECK_NANOS || now - round->check_nanos < CHECK_NANOS)
        return;
    round->check_nanos = now;
    bool patient = now - round->progress_nanos < JT_TRACEE_PATIENCE_NANOS;
    for (size_t i = 0; i < round->count; i++) {
        jt_round_stop *stop = &round->stops[i];
        if (stop->pending && !(patient && jt_tracee_starves(&stop->tracee)) && !take_if_there(round, stop))
            conclude(round, stop, JT_TIMED_OUT);
    }
}

/* --- the round --- */

/* Threads on other CPUs are there at once: nobody is to wait until all are sent. */
static void send_all(jt_stop_round *round)
{
    for (size_t i = 0; i < round->count; i++) {
        jt_round_stop *stop = &round->stops[i];
        stop->status = jt_tracee_begin_at_once(&stop->tracee, stop->tracee.tid, &stop->left_out);
        stop->pending = stop->status == JT_OK;
        round->pending += stop->pending;
        take_all_there(round);
    }
}

int jt_stop_round_take(jt_stop_round *round, const jt_process *process, jt_error *err)
{
    int status = jt_tracee_limit(&round->limit, err);
    if (status != JT_OK)
        return status;
    round->process = process;
    round->pending = round->pool_used = 0;
    round->schedule_fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    round->since_nanos = round->progress_nanos = jt_monotonic_nanos();
    round->check_nanos = 0;
    send_all(round);
    while (round->pending > 0) {
        if (!take_all_there(round))
            poll_each(round);
        else if (round->pending > 0)
            wait_for_one(round);
        give_up_some(round);
    }
    if (round->schedule_fd >= 0)
        close(round->schedule_fd);
    jt_wait_limit_end(&round->limit);
    return JT_OK;
}
