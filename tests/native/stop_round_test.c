#include "stop_round.h"

#include <pthread.h>
#include <stdatomic.h>

#include "check.h"
#include "exec_again.h"

enum { THREADS = 16, CAPACITY = 24, STACK_BYTES = 256 * 1024, DEEP_STACK_BYTES = 9 << 20, MARKS = 64 };

/* ---- children of many threads ---- */

typedef struct {
    volatile unsigned long counter;
    volatile int tid;
    uint8_t *stack_end; /* the child is a fork: addresses of before are its own */
    unsigned long mark;
} worker;

typedef struct {
    worker workers[CAPACITY];
    atomic_int end; /* of the thread that ends on demand */
} crowd;

static __attribute__((noinline)) void count_for_ever(worker *own)
{
    volatile unsigned long marks[MARKS];
    for (int i = 0; i < MARKS; i++)
        marks[i] = own->mark;
    own->tid = (int)syscall(SYS_gettid);
    spin((void *)&own->counter);
    own->counter = marks[0];
}

static void *count_in_thread(void *own)
{
    count_for_ever(own);
    return NULL;
}

static void start_on(worker *own, uint8_t *stack, size_t size)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    CHECK_EQ(pthread_attr_setstack(&attributes, stack, size), 0);
    CHECK_EQ(pthread_create(&thread, &attributes, count_in_thread, own), 0);
}

static void start_workers(void *shared)
{
    crowd *c = shared;
    for (int i = 0; i < THREADS; i++)
        start_on(&c->workers[i], c->workers[i].stack_end - STACK_BYTES, STACK_BYTES);
    wait_for_ever(NULL);
}

static crowd *new_crowd(void)
{
    crowd *c = shared_memory(sizeof *c);
    for (int i = 0; i < CAPACITY; i++) {
        uint8_t *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(stack != MAP_FAILED);
        c->workers[i].stack_end = stack + STACK_BYTES;
        c->workers[i].mark = 0x6a74726163650000ul + (unsigned)i;
    }
    return c;
}

static pid_t start_crowd(crowd *c)
{
    pid_t child = start_child(start_workers, c);
    for (int i = 0; i < THREADS; i++)
        WAIT_UNTIL(c->workers[i].counter > 0);
    return child;
}

static void check_all_unharmed(const crowd *c)
{
    for (int i = 0; i < THREADS; i++)
        check_unharmed(c->workers[i].tid, (volatile unsigned long *)&c->workers[i].counter);
}

/* ---- rounds ---- */

typedef struct {
    jt_process *process;
    jt_stop_round *round;
} fixture;

static fixture open_fixture(pid_t child)
{
    fixture f;
    jt_error err;
    CHECK_STATUS(jt_process_open(child, &f.process, &err), JT_OK, err);
    CHECK_STATUS(jt_stop_round_create(CAPACITY, &f.round, &err), JT_OK, err);
    return f;
}

static void close_fixture(fixture *f)
{
    jt_stop_round_destroy(f->round);
    jt_process_close(f->process);
}

static void take(const fixture *f)
{
    jt_error err;
    CHECK_STATUS(jt_stop_round_take(f->round, f->process, &err), JT_OK, err);
}

static jt_round_stop *add(const fixture *f, int tid, const void *stack_end)
{
    jt_round_stop *stop = jt_stop_round_add(f->round, tid, (jt_addr)(uintptr_t)stack_end, NULL, 0, NULL, 0, false);
    CHECK(stop != NULL);
    return stop;
}

/* The thread's own words are on the copied stack. */
static bool has_marks(const jt_snapshot *snapshot, unsigned long mark)
{
    size_t found = 0;
    for (size_t at = 0; at + sizeof mark <= snapshot->stack_length; at += sizeof mark)
        found += memcmp(snapshot->stack + at, &mark, sizeof mark) == 0;
    return found >= MARKS;
}

static void copies_each_and_lets_all_go(void)
{
    crowd *c = new_crowd();
    pid_t child = start_crowd(c);
    fixture f = open_fixture(child);
    jt_round_stop *stops[THREADS];
    unsigned long marks[THREADS], counters[THREADS];
    for (int rounds = 0; rounds < 8; rounds++) {
        jt_stop_round_clear(f.round);
        memset(marks, 0, sizeof marks);
        memset(counters, 0, sizeof counters);
        for (int i = 0; i < THREADS; i++) {
            worker *w = &c->workers[i];
            jt_read extra = {(jt_addr)(uintptr_t)&w->mark, &marks[i], sizeof marks[i]};
            jt_read also = {(jt_addr)(uintptr_t)&w->counter, &counters[i], sizeof counters[i]};
            stops[i] = jt_stop_round_add(f.round, w->tid, (jt_addr)(uintptr_t)w->stack_end, &extra, 1, &also, 1, true);
            CHECK(stops[i] != NULL);
        }
        take(&f);
        jt_addr code = (jt_addr)(uintptr_t)spin;
        for (int i = 0; i < THREADS; i++) {
            const jt_snapshot *snapshot = &stops[i]->snapshot;
            CHECK_EQ(stops[i]->status, JT_OK);
            CHECK(snapshot->registers.pc >= code && snapshot->registers.pc < code + 4096);
            CHECK(has_marks(snapshot, c->workers[i].mark));
            CHECK_EQ(marks[i], c->workers[i].mark);
            CHECK_EQ(snapshot->also_done, 1);
            CHECK(counters[i] > 0 && counters[i] <= c->workers[i].counter);
            CHECK(snapshot->has_red_zone);
            CHECK(snapshot->stop_nanos > 0);
        }
    }
    check_all_unharmed(c);
    close_fixture(&f);
    kill_child(child);
}

static void knows_its_room(void)
{
    pid_t child = start_child(wait_for_ever, NULL);
    fixture f = open_fixture(child);
    for (int i = 0; i < CAPACITY; i++)
        add(&f, i + 1, NULL);
    CHECK(jt_stop_round_add(f.round, 1, 0, NULL, 0, NULL, 0, false) == NULL);
    jt_stop_round_clear(f.round);
    add(&f, 1 << 22, NULL); /* no such thread */
    jt_round_stop *own = add(&f, getpid(), NULL);
    take(&f);
    CHECK_EQ(own->status, JT_NOT_PERMITTED);
    CHECK(!own->left_out);
    CHECK_EQ((own - 1)->status, JT_GONE);
    close_fixture(&f);
    kill_child(child);
}

static void *count_deep(void *own)
{
    volatile uint8_t room[DEEP_STACK_BYTES - 64 * 1024];
    room[0] = 1;
    count_for_ever(own);
    return (void *)(uintptr_t)room[0];
}

static void start_deep(void *shared)
{
    crowd *c = shared;
    for (int i = 0; i < 5; i++) {
        pthread_t thread;
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        CHECK_EQ(pthread_attr_setstack(&attributes, c->workers[i].stack_end - DEEP_STACK_BYTES, DEEP_STACK_BYTES), 0);
        CHECK_EQ(pthread_create(&thread, &attributes, count_deep, &c->workers[i]), 0);
    }
    wait_for_ever(NULL);
}

/* What fits is copied, and who does not fit is let go like all others. */
static void says_which_stacks_had_no_room(void)
{
    crowd *c = shared_memory(sizeof *c);
    for (int i = 0; i < 5; i++) {
        uint8_t *stack = mmap(NULL, DEEP_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(stack != MAP_FAILED);
        c->workers[i].stack_end = stack + DEEP_STACK_BYTES;
    }
    pid_t child = start_child(start_deep, c);
    fixture f = open_fixture(child);
    jt_round_stop *first = NULL;
    for (int i = 0; i < 5; i++) {
        WAIT_UNTIL(c->workers[i].counter > 0);
        jt_round_stop *stop = add(&f, c->workers[i].tid, c->workers[i].stack_end);
        first = i == 0 ? stop : first;
    }
    take(&f);
    int copied = 0, no_room = 0;
    for (int i = 0; i < 5; i++) {
        CHECK_EQ(first[i].status, JT_OK);
        copied += !first[i].left_out && first[i].snapshot.stack_length == JT_SNAPSHOT_STACK_LIMIT;
        no_room += first[i].left_out;
        check_unharmed(c->workers[i].tid, &c->workers[i].counter);
    }
    CHECK_EQ(copied, 4);
    CHECK_EQ(no_room, 1);
    close_fixture(&f);
    kill_child(child);
}

/* ---- signals ---- */

static crowd *signalled;
static _Thread_local volatile sig_atomic_t handled;

static void count_signal(int number)
{
    (void)number;
    handled++;
}

static void *signal_itself(void *own)
{
    worker *w = own;
    w->tid = (int)syscall(SYS_gettid);
    for (;;) {
        int before = handled;
        syscall(SYS_tgkill, getpid(), w->tid, SIGUSR1);
        if (handled != before + 1)
            atomic_store(&signalled->end, 1);
        w->counter++;
    }
    return NULL;
}

static void start_signalling(void *shared)
{
    crowd *c = shared;
    signal(SIGUSR1, count_signal);
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, signal_itself, &c->workers[i]), 0);
    }
    wait_for_ever(NULL);
}

static void loses_no_signal(void)
{
    signalled = shared_memory(sizeof *signalled);
    pid_t child = start_child(start_signalling, signalled);
    for (int i = 0; i < THREADS; i++)
        WAIT_UNTIL(signalled->workers[i].counter > 0);
    fixture f = open_fixture(child);
    for (int rounds = 0; rounds < 20; rounds++) {
        jt_stop_round_clear(f.round);
        for (int i = 0; i < THREADS; i++)
            add(&f, signalled->workers[i].tid, NULL);
        take(&f);
    }
    check_all_unharmed(signalled);
    CHECK_EQ(signalled->end, 0);
    close_fixture(&f);
    kill_child(child);
}

/* ---- ends in a round ---- */

static void *run_shortly(void *own)
{
    worker *w = own;
    for (int i = 0; i < 20000; i++)
        w->counter++;
    return NULL;
}

/* Threads come and go, beside one that stays. */
static void start_short_threads(void *shared)
{
    crowd *c = shared;
    pthread_t threads[8];
    start_on(&c->workers[0], c->workers[0].stack_end - STACK_BYTES, STACK_BYTES);
    while (!atomic_load(&c->end)) {
        for (int i = 0; i < 8; i++)
            CHECK_EQ(pthread_create(&threads[i], NULL, run_shortly, &c->workers[i + 1]), 0);
        for (int i = 0; i < 8; i++)
            pthread_join(threads[i], NULL);
    }
    wait_for_ever(NULL);
}

/* Stops all threads of the list but the first one; returns how many ended meanwhile. */
static int take_listed(const fixture *f)
{
    jt_error err;
    const int *tids;
    size_t count;
    jt_round_stop *stops[CAPACITY];
    int ended = 0;
    jt_stop_round_clear(f->round);
    CHECK_STATUS(jt_process_list_tasks(f->process, &tids, &count, &err), JT_OK, err);
    for (size_t i = 1; i < count; i++)
        stops[i] = add(f, tids[i], NULL);
    take(f);
    for (size_t i = 1; i < count; i++) {
        CHECK(stops[i]->status == JT_OK || stops[i]->status == JT_GONE);
        ended += stops[i]->status == JT_GONE;
    }
    return ended;
}

static size_t count_tasks(const fixture *f)
{
    jt_error err;
    const int *tids;
    size_t count;
    CHECK_STATUS(jt_process_list_tasks(f->process, &tids, &count, &err), JT_OK, err);
    return count;
}

static void takes_notice_of_ending_threads(void)
{
    crowd *c = new_crowd();
    pid_t child = start_child(start_short_threads, c);
    WAIT_UNTIL(c->workers[1].counter > 0);
    fixture f = open_fixture(child);
    for (int rounds = 0, ended = 0; rounds < 50 || ended < 10; rounds++)
        ended += take_listed(&f);
    atomic_store(&c->end, 1);
    WAIT_UNTIL(count_tasks(&f) == 2); /* one that nobody took notice of would stay in the list, as a zombie */
    check_unharmed(c->workers[0].tid, &c->workers[0].counter);
    close_fixture(&f);
    kill_child(child);
}

/* The parent of a vfork waits uninterruptibly until its child ends. */
static void *wait_in_vfork(void *shared)
{
    crowd *c = shared;
    worker *w = &c->workers[THREADS];
    w->tid = (int)syscall(SYS_gettid);
    pid_t pid = vfork();
    if (pid == 0) {
        while (!atomic_load(&c->end))
            usleep(1000);
        _exit(0);
    }
    spin((void *)&w->counter);
    return NULL;
}

static void start_workers_and_vfork(void *shared)
{
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, wait_in_vfork, shared), 0);
    start_workers(shared);
}

static pid_t start_with_blocked(crowd *c)
{
    pid_t child = start_child(start_workers_and_vfork, c);
    for (int i = 0; i < THREADS; i++)
        WAIT_UNTIL(c->workers[i].counter > 0);
    WAIT_UNTIL(c->workers[THREADS].tid != 0 && state_of(c->workers[THREADS].tid) == 'D');
    return child;
}

static jt_round_stop *add_all(const fixture *f, const crowd *c)
{
    jt_round_stop *first = add(f, c->workers[0].tid, NULL);
    for (int i = 1; i <= THREADS; i++)
        add(f, c->workers[i].tid, NULL);
    return first;
}

static void gives_up_on_who_is_blocked(void)
{
    crowd *c = new_crowd();
    pid_t child = start_with_blocked(c);
    fixture f = open_fixture(child);
    jt_round_stop *stops = add_all(&f, c);
    take(&f);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(stops[i].status, JT_OK);
    jt_round_stop *blocked = &stops[THREADS];
    CHECK_EQ(blocked->status, JT_TIMED_OUT);
    jt_tracee late = blocked->tracee;
    CHECK(!jt_tracee_release_late(&late));
    check_all_unharmed(c);
    jt_stop_round_clear(f.round); /* the late one is there meanwhile, and hides nobody */
    atomic_store(&c->end, 1);
    WAIT_UNTIL(state_of(late.tid) == 't');
    for (int i = 0; i < THREADS; i++)
        add(&f, c->workers[i].tid, NULL);
    take(&f);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(stops[i].status, JT_OK);
    WAIT_UNTIL(jt_tracee_release_late(&late));
    check_unharmed(late.tid, &c->workers[THREADS].counter);
    check_all_unharmed(c);
    close_fixture(&f);
    kill_child(child);
}

typedef struct {
    pid_t child;
    int tid; /* that is in the round when the child is killed */
} killer;

static void *kill_in_round(void *argument)
{
    const killer *k = argument;
    WAIT_UNTIL(tracer_of(k->tid) != 0);
    kill(k->child, SIGKILL);
    return NULL;
}

/* A thread that is blocked keeps the round waiting; until it is killed, too, or given up just before that. */
static void survives_a_kill(void)
{
    for (int given_up = 0, killed = 0; killed < 3; killed += !given_up) {
        crowd *c = new_crowd();
        pid_t child = start_with_blocked(c);
        fixture f = open_fixture(child);
        killer k = {child, c->workers[THREADS].tid};
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, kill_in_round, &k), 0);
        jt_round_stop *stops = add_all(&f, c);
        take(&f);
        pthread_join(thread, NULL);
        for (int i = 0; i <= THREADS; i++) {
            given_up = stops[i].status == JT_TIMED_OUT;
            CHECK(stops[i].status == JT_OK || stops[i].status == JT_GONE || given_up);
            if (given_up)
                WAIT_UNTIL(jt_tracee_release_late(&stops[i].tracee));
        }
        int status = wait_for_child(child); /* its status was left to us */
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        atomic_store(&c->end, 1);
        close_fixture(&f);
    }
}

/* ---- who is not in the round ---- */

static void end_at_once(void *unused)
{
    (void)unused;
    _exit(7);
}

static void is_not_confused_by_children(void)
{
    crowd *c = new_crowd();
    pid_t child = start_crowd(c), ended = start_child(end_at_once, NULL);
    WAIT_UNTIL(state_of(ended) == 'Z');
    fixture f = open_fixture(child);
    jt_round_stop *stops = add(&f, c->workers[0].tid, NULL);
    for (int i = 1; i < THREADS; i++)
        add(&f, c->workers[i].tid, NULL);
    take(&f);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(stops[i].status, JT_OK);
    check_all_unharmed(c);
    CHECK_EQ(WEXITSTATUS(wait_for_child(ended)), 7);
    close_fixture(&f);
    kill_child(child);
}

typedef struct {
    int tid;
    atomic_int held;
} holder_work;

static void hold_for_ever(void *work)
{
    holder_work *w = work;
    jt_error err;
    jt_tracee tracee;
    CHECK_STATUS(jt_tracee_stop(&tracee, w->tid, &err), JT_OK, err);
    atomic_store(&w->held, 1);
    wait_for_ever(NULL);
}

static void leaves_out_whom_another_jtrace_holds(void)
{
    crowd *c = new_crowd();
    pid_t child = start_crowd(c);
    fixture f = open_fixture(child);
    holder_work *w = shared_memory(sizeof *w);
    w->tid = c->workers[1].tid;
    pid_t holder = start_child(hold_for_ever, w);
    WAIT_UNTIL(atomic_load(&w->held));
    for (int held = 1; held >= 0; held--) {
        jt_stop_round_clear(f.round);
        jt_round_stop *stops = add(&f, c->workers[0].tid, NULL);
        for (int i = 1; i < THREADS; i++)
            add(&f, c->workers[i].tid, NULL);
        take(&f);
        for (int i = 0; i < THREADS; i++) {
            CHECK_EQ(stops[i].left_out, held && i == 1);
            CHECK_EQ(stops[i].status, held && i == 1 ? JT_NOT_PERMITTED : JT_OK);
        }
        if (held)
            kill_child(holder);
    }
    check_all_unharmed(c);
    close_fixture(&f);
    kill_child(child);
}

enum { EXECS = 100 };

/* All of the list but, at every other time, the first thread. True when one is seized still. */
static bool take_executing(const fixture *f, int time, jt_tracee *late)
{
    jt_error err;
    const int *tids;
    size_t count, first = time % 2;
    jt_round_stop *stops[CAPACITY];
    bool is_late = false;
    jt_stop_round_clear(f->round);
    if (jt_process_list_tasks(f->process, &tids, &count, &err) == JT_GONE)
        return false;
    for (size_t i = first; i < count; i++)
        stops[i] = add(f, tids[i], NULL);
    take(f);
    for (size_t i = first; i < count; i++) {
        CHECK(stops[i]->status == JT_OK || stops[i]->status == JT_GONE || stops[i]->status == JT_TIMED_OUT);
        if (stops[i]->status == JT_TIMED_OUT && !jt_tracee_release_late(&stops[i]->tracee)) {
            *late = stops[i]->tracee;
            is_late = true;
        }
    }
    return is_late;
}

static void survives_exec_by_another_thread(void)
{
    pid_t child = start_executing_again(EXECS);
    fixture f = open_fixture(child);
    jt_tracee late;
    bool is_late = false;
    siginfo_t end = {.si_pid = 0};
    for (int time = 0; end.si_pid == 0; time++) { /* a thread left in its stop would keep the child for ever */
        is_late = is_late ? !jt_tracee_release_late(&late) : take_executing(&f, time, &late);
        CHECK_EQ(waitid(P_PID, (id_t)child, &end, WEXITED | WNOHANG | WNOWAIT), 0);
        if (end.si_code == CLD_TRAPPED)
            end.si_pid = 0;
    }
    close_fixture(&f);
    CHECK_EQ(wait_for_child(child), 0);
}

/* ---- the end of the tracer ---- */

typedef struct {
    crowd *crowd;
    pid_t target;
    atomic_ulong rounds;
} tracer_work;

static void take_for_ever(void *work)
{
    tracer_work *w = work;
    fixture f = open_fixture(w->target);
    for (;; w->rounds++) {
        jt_stop_round_clear(f.round);
        for (int i = 0; i < THREADS; i++)
            add(&f, w->crowd->workers[i].tid, NULL);
        take(&f);
    }
}

static void a_killed_tracer_leaves_nobody_stopped(void)
{
    tracer_work *w = shared_memory(sizeof *w);
    w->crowd = new_crowd();
    w->target = start_crowd(w->crowd);
    for (useconds_t i = 0; i < 10; i++) {
        unsigned long before = w->rounds;
        pid_t tracer = start_child(take_for_ever, w);
        WAIT_UNTIL(w->rounds != before);
        usleep(i * 300);
        kill_child(tracer);
        check_all_unharmed(w->crowd);
    }
    kill_child(w->target);
}

int main(int argc, char **argv)
{
    go_on_if_executed_again(argc, argv);
    copies_each_and_lets_all_go();
    knows_its_room();
    says_which_stacks_had_no_room();
    loses_no_signal();
    takes_notice_of_ending_threads();
    gives_up_on_who_is_blocked();
    survives_a_kill();
    is_not_confused_by_children();
    leaves_out_whom_another_jtrace_holds();
    survives_exec_by_another_thread();
    a_killed_tracer_leaves_nobody_stopped();
}
