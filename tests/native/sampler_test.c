#include "sampler.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "child.h"
#include "thread_look.h"

/* A VM without Java threads in a child: the words that are read are this program's own, at the same place there. */
static uint64_t no_threads, something = 1;

typedef struct {
    pid_t child;
    jt_process *process;
    jt_vm vm;
    jt_sampler *sampler;
    jt_error err;
} fixture;

static void set_up(fixture *f, void (*body)(void *), void *argument)
{
    f->child = start_child(body, argument);
    CHECK_STATUS(jt_process_open(f->child, &f->process, &f->err), JT_OK, f->err);
    f->vm = (jt_vm){.memory = jt_process_memory(f->process)};
    f->vm.layout.thread_list_head = (jt_addr)(uintptr_t)&no_threads;
    f->vm.layout.interpreter_code = (jt_addr)(uintptr_t)&something;
    CHECK_STATUS(jt_sampler_create(f->process, &f->vm, &f->sampler, &f->err), JT_OK, f->err);
}

static void tear_down(fixture *f)
{
    kill_child(f->child);
    jt_sampler_destroy(f->sampler);
    jt_process_close(f->process);
}

static const uint64_t *tick(fixture *f)
{
    const uint64_t *words;
    size_t count;
    CHECK_STATUS(jt_sampler_tick(f->sampler, &words, &count, &f->err), JT_OK, f->err);
    CHECK_EQ(count, JT_TICK_HEADER_WORDS + words[JT_TICK_THREAD_COUNT] * JT_TICK_THREAD_WORDS);
    CHECK(words[JT_TICK_BEGIN_NANOS] <= words[JT_TICK_END_NANOS]);
    return words;
}

static bool is_new(const uint64_t *thread)
{
    return (thread[JT_TICK_THREAD_STATUS] >> 16 & JT_TICK_NEW) != 0;
}

static void reports_threads_without_java(void)
{
    fixture f;
    unsigned long *counter = shared_memory(sizeof *counter);
    set_up(&f, spin, counter);
    uint64_t cpu = 0;
    for (int i = 0; i < 3 || cpu == 0; i++) {
        const uint64_t *words = tick(&f);
        CHECK_EQ(words[JT_TICK_THREAD_COUNT], 1);
        const uint64_t *thread = words + JT_TICK_HEADER_WORDS;
        CHECK_EQ(thread[JT_TICK_THREAD_TID], f.child);
        CHECK_EQ(thread[JT_TICK_THREAD_STATUS] & 0xff, 'R');
        CHECK_EQ(thread[JT_TICK_THREAD_STATUS] >> 8 & 0xff, JT_WALK_NO_JAVA_FRAMES);
        CHECK_EQ(thread[JT_TICK_THREAD_JAVA_THREAD], 0);
        CHECK_EQ(thread[JT_TICK_THREAD_STOP_NANOS], 0);
        CHECK_EQ(is_new(thread), i == 0);
        /* the process's clock is read first: what is seen of the thread at a tick is in it at the next one */
        CHECK(cpu <= words[JT_TICK_CPU_NANOS]);
        cpu += thread[JT_TICK_THREAD_CPU_NANOS];
        usleep(1000);
    }
    tear_down(&f);
}

/* ---- threads that come and go ---- */

enum { MANY = 20 };

static void start_and_end_threads(void *turn)
{
    volatile int *asked = turn;
    for (int done = 0;; done++) {
        pthread_t threads[MANY];
        WAIT_UNTIL(*asked > 2 * done);
        for (int i = 0; i < MANY; i++)
            CHECK_EQ(pthread_create(&threads[i], NULL, wait_in_thread, NULL), 0);
        asked[1] = 2 * done + 1;
        WAIT_UNTIL(*asked > 2 * done + 1);
        for (int i = 0; i < MANY; i++) {
            pthread_cancel(threads[i]);
            pthread_join(threads[i], NULL);
        }
        asked[1] = 2 * done + 2;
    }
}

static void follows_threads_that_come_and_go(void)
{
    fixture f;
    volatile int *turn = shared_memory(2 * sizeof *turn);
    set_up(&f, start_and_end_threads, (void *)turn);
    CHECK_EQ(tick(&f)[JT_TICK_THREAD_COUNT], 1);
    for (int round = 0; round < 3; round++) {
        turn[0] = 2 * round + 1;
        WAIT_UNTIL(turn[1] == turn[0]);
        const uint64_t *words = tick(&f);
        CHECK_EQ(words[JT_TICK_THREAD_COUNT], MANY + 1);
        for (int i = 0; i <= MANY; i++) {
            const uint64_t *thread = words + JT_TICK_HEADER_WORDS + i * JT_TICK_THREAD_WORDS;
            CHECK_EQ(is_new(thread), thread[JT_TICK_THREAD_TID] != (uint64_t)f.child);
        }
        turn[0] = 2 * round + 2;
        WAIT_UNTIL(turn[1] == turn[0]);
        /* a joined thread has left user code, but is listed for a moment */
        WAIT_UNTIL(tick(&f)[JT_TICK_THREAD_COUNT] == 1);
    }
    tear_down(&f);
}

/* ---- threads that do not run ---- */

enum { QUIET = 200, WAKEABLE = QUIET / 2 };

typedef struct {
    int pipe[2];
    int *tid, *started;
} quiet_body;

static void *wait_quietly(void *argument)
{
    const quiet_body *body = argument;
    __atomic_add_fetch(body->started, 1, __ATOMIC_SEQ_CST);
    return wait_in_thread(NULL);
}

static void *wait_for_byte(void *argument)
{
    const quiet_body *body = argument;
    char byte;
    *body->tid = (int)syscall(SYS_gettid);
    __atomic_add_fetch(body->started, 1, __ATOMIC_SEQ_CST);
    while (read(body->pipe[0], &byte, 1) == 1)
        ;
    return NULL;
}

static void start_quiet_threads(void *argument)
{
    pthread_t thread;
    for (int i = 0; i < QUIET; i++)
        CHECK_EQ(pthread_create(&thread, NULL, i == WAKEABLE ? wait_for_byte : wait_quietly, argument), 0);
    wait_for_ever(NULL);
}

typedef struct {
    uint64_t threads, running, samples, cpu; /* of all records, or of the thread's */
} tally;

static tally tally_of(const uint64_t *words, int tid)
{
    tally sum = {0};
    for (uint64_t i = 0; i < words[JT_TICK_THREAD_COUNT]; i++) {
        const uint64_t *thread = words + JT_TICK_HEADER_WORDS + i * JT_TICK_THREAD_WORDS;
        if (tid != 0 && thread[JT_TICK_THREAD_TID] != (uint64_t)tid)
            continue;
        sum.threads++;
        sum.running += (thread[JT_TICK_THREAD_STATUS] & 0xff) == 'R';
        sum.samples += thread[JT_TICK_THREAD_SAMPLES];
        sum.cpu += thread[JT_TICK_THREAD_CPU_NANOS];
    }
    return sum;
}

static bool all_wait(const fixture *f)
{
    const int *tids;
    size_t count;
    CHECK_EQ(jt_process_list_tasks(f->process, &tids, &count, NULL), JT_OK);
    for (size_t i = 0; i < count; i++) {
        if (state_of(tids[i]) != 'S')
            return false;
    }
    return true;
}

static void start_quiet(fixture *f, quiet_body *body)
{
    body->tid = shared_memory(sizeof *body->tid);
    body->started = shared_memory(sizeof *body->started);
    CHECK_EQ(pipe(body->pipe), 0);
    set_up(f, start_quiet_threads, body);
    WAIT_UNTIL(__atomic_load_n(body->started, __ATOMIC_SEQ_CST) == QUIET);
    CHECK_EQ(jt_process_task_count(f->process), QUIET + 1);
    WAIT_UNTIL(all_wait(f));
    CHECK_EQ(tally_of(tick(f), 0).threads, QUIET + 1);
}

static void end_quiet(fixture *f, quiet_body *body)
{
    close(body->pipe[0]);
    close(body->pipe[1]);
    tear_down(f);
}

/* Threads that are left out have their samples in the end, so that each has as many as there were ticks. */
static void leaves_out_threads_that_do_not_run(void)
{
    enum { TICKS = 300 };
    fixture f;
    quiet_body body;
    uint64_t looked_at = 0, samples = 0;
    start_quiet(&f, &body);
    const uint64_t *words;
    size_t count;
    CHECK_STATUS(jt_sampler_settle(f.sampler, &words, &count, &f.err), JT_OK, f.err);
    for (int i = 0; i < TICKS; i++) {
        tally all = tally_of(tick(&f), 0);
        CHECK_EQ(all.running, 0);
        looked_at += all.threads;
        samples += all.samples;
    }
    CHECK(looked_at <= TICKS * QUIET / 4);
    CHECK_STATUS(jt_sampler_settle(f.sampler, &words, &count, &f.err), JT_OK, f.err);
    samples += tally_of(words, 0).samples;
    CHECK_EQ(samples, TICKS * (QUIET + 1));
    CHECK_STATUS(jt_sampler_settle(f.sampler, &words, &count, &f.err), JT_OK, f.err);
    CHECK_EQ(words[JT_TICK_THREAD_COUNT], 0);
    end_quiet(&f, &body);
}

static uint64_t slices_of(const fixture *f, int tid)
{
    jt_error err;
    jt_task *task;
    jt_task_schedule schedule;
    CHECK_STATUS(jt_task_open(f->process, tid, &task, &err), JT_OK, err);
    CHECK_EQ(jt_task_read_schedule(task, &schedule), JT_OK);
    jt_task_close(task);
    return schedule.slices;
}

/* Between two ticks one thread of many runs for a moment. */
static void sees_at_once_that_a_thread_ran(void)
{
    fixture f;
    quiet_body body;
    start_quiet(&f, &body);
    for (int turn = 0; turn < 10; turn++) {
        for (int i = 0; i < 150; i++)
            tick(&f);
        uint64_t before = slices_of(&f, *body.tid);
        CHECK_EQ(write(body.pipe[1], "x", 1), 1);
        WAIT_UNTIL(slices_of(&f, *body.tid) != before && state_of(*body.tid) == 'S');
        tally its = tally_of(tick(&f), *body.tid);
        CHECK(its.threads > 0);
        CHECK(its.cpu > 0);
    }
    end_quiet(&f, &body);
}

/* ---- the VM thread ---- */

typedef struct {
    int pipe[2];
    volatile int *woken;
} vm_thread_body;

static void *be_vm_thread(void *argument)
{
    const vm_thread_body *body = argument;
    char byte;
    prctl(PR_SET_NAME, "VM Thread");
    for (;;) {
        ++*body->woken;
        CHECK_EQ(read(body->pipe[0], &byte, 1), 1);
    }
    return NULL;
}

static void start_vm_thread(void *argument)
{
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, be_vm_thread, argument), 0);
    wait_for_ever(NULL);
}

static void look_again(fixture *f)
{
    const uint64_t *words;
    size_t count;
    CHECK_STATUS(jt_sampler_look_again(f->sampler, &words, &count, &f->err), JT_OK, f->err);
    CHECK_EQ(words[JT_TICK_THREAD_COUNT], 1);
}

/* Between two looks a collection may have unloaded what the first one saw: not without the VM thread. */
static void knows_when_the_vm_thread_ran(void)
{
    fixture f;
    vm_thread_body body = {.woken = shared_memory(sizeof *body.woken)};
    CHECK_EQ(pipe(body.pipe), 0);
    set_up(&f, start_vm_thread, &body);
    WAIT_UNTIL(*body.woken == 1);
    CHECK_EQ(tick(&f)[JT_TICK_THREAD_COUNT], 2);
    for (int turn = 1; turn < 4; turn++) {
        WAIT_UNTIL((look_again(&f), jt_sampler_undisturbed(f.sampler)));
        CHECK(jt_sampler_undisturbed(f.sampler));
        CHECK_EQ(write(body.pipe[1], "x", 1), 1);
        WAIT_UNTIL(*body.woken > turn);
        CHECK(!jt_sampler_undisturbed(f.sampler));
    }
    close(body.pipe[0]);
    close(body.pipe[1]);
    tear_down(&f);
}

/* ---- the end ---- */

static void check_gone(fixture *f)
{
    const uint64_t *words;
    size_t count;
    CHECK_STATUS(jt_sampler_tick(f->sampler, &words, &count, &f->err), JT_GONE, f->err);
}

static void says_when_the_process_ended(void)
{
    fixture f;
    set_up(&f, wait_for_ever, NULL);
    tick(&f);
    kill(f.child, SIGKILL);
    WAIT_UNTIL(state_of(f.child) == 'Z');
    check_gone(&f);
    tear_down(&f);
}

static void leave_another_behind(void *unused)
{
    pthread_t thread;
    pthread_create(&thread, NULL, wait_in_thread, unused);
    raise(SIGSTOP); /* until it was looked at */
    syscall(SYS_exit, 0);
}

static void goes_on_without_the_first_thread(void)
{
    fixture f;
    set_up(&f, leave_another_behind, NULL);
    WAIT_UNTIL(state_of(f.child) == 'T');
    CHECK_EQ(tick(&f)[JT_TICK_THREAD_COUNT], 2);
    kill(f.child, SIGCONT);
    WAIT_UNTIL(state_of(f.child) == 'Z');
    jt_sampler_want_all(f.sampler); /* the other one may not have run since it was continued */
    const uint64_t *words = tick(&f);
    CHECK_EQ(words[JT_TICK_THREAD_COUNT], 1);
    CHECK(words[JT_TICK_HEADER_WORDS + JT_TICK_THREAD_TID] != (uint64_t)f.child);
    tear_down(&f);
}

static int last_task_of(jt_process *process)
{
    jt_error err;
    const int *tids;
    size_t count;
    CHECK_STATUS(jt_process_list_tasks(process, &tids, &count, &err), JT_OK, err);
    return tids[count - 1];
}

/* Killed, its threads come to their end one by one. The last one is held just before it gives up the memory. */
static void says_when_it_is_ending(void)
{
    fixture f;
    set_up(&f, leave_another_behind, NULL);
    WAIT_UNTIL(state_of(f.child) == 'T');
    int last = last_task_of(f.process);
    CHECK(last != f.child);
    CHECK_EQ(ptrace(PTRACE_SEIZE, last, NULL, PTRACE_O_TRACEEXIT), 0);
    tick(&f);
    kill(f.child, SIGKILL);
    int status = wait_for_child(last);
    CHECK(WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_EXIT);
    WAIT_UNTIL(state_of(f.child) == 'Z');
    CHECK(jt_process_alive(f.process));
    check_gone(&f);
    CHECK_EQ(ptrace(PTRACE_DETACH, last, NULL, NULL), 0);
    tear_down(&f);
}

/* A thread that was seized and did not stop in time is killed: jtrace must take notice, or it stays a zombie. */
static void lets_go_of_a_late_thread_that_was_killed(void)
{
    fixture f;
    jt_looker looker;
    jt_looked_at thread = {.task = NULL};
    jt_look look;
    set_up(&f, wait_for_ever, NULL);
    CHECK_STATUS(jt_looker_init(&looker, f.process, &f.vm, &f.err), JT_OK, f.err);
    CHECK_STATUS(jt_task_open(f.process, f.child, &thread.task, &f.err), JT_OK, f.err);
    CHECK_EQ(ptrace(PTRACE_SEIZE, f.child, NULL, NULL), 0);
    thread.late = (jt_tracee){.tid = f.child};
    kill(f.child, SIGKILL);
    WAIT_UNTIL(state_of(f.child) == 'Z');
    jt_look_at(&looker, &thread, &look);
    CHECK(look.gone);
    CHECK_EQ(thread.late.tid, 0);
    jt_task_close(thread.task);
    jt_looker_free(&looker);
    tear_down(&f);
}

/* ---- the kernel's samples ---- */

static void spin_beside_a_waiter(void *counter)
{
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, wait_in_thread, NULL), 0);
    spin(counter);
}

/* A record for each of the kernel's samples, and at each tick one for the thread that waits; nothing else. */
static void takes_the_kernels_samples(void)
{
    enum { PERIOD = 1000000, TICKS = 50 };
    fixture f;
    unsigned long *counter = shared_memory(sizeof *counter);
    set_up(&f, spin_beside_a_waiter, counter);
    WAIT_UNTIL(*counter > 0);
    const int *tids;
    size_t tasks;
    CHECK_STATUS(jt_process_list_tasks(f.process, &tids, &tasks, &f.err), JT_OK, f.err);
    CHECK_EQ(tasks, 2);
    WAIT_UNTIL(state_of(tids[1]) == 'S'); /* until then it is no waiter */
    bool with_kernel;
    int permitted = jt_sampler_use_perf(f.sampler, PERIOD, JT_STOPS_NEVER, &with_kernel, &f.err);
    if (permitted == JT_NOT_PERMITTED) {
        printf("the kernel permits no perf events here: %s\n", f.err.message);
        tear_down(&f);
        return;
    }
    CHECK_STATUS(permitted, JT_OK, f.err);
    uint64_t first_cpu = 0, last_cpu = 0, seen = 0, idle = 0;
    for (int i = 0; i < TICKS; i++) {
        const uint64_t *words = tick(&f);
        last_cpu = words[JT_TICK_CPU_NANOS];
        first_cpu = i == 0 ? last_cpu : first_cpu;
        for (uint64_t t = 0; t < words[JT_TICK_THREAD_COUNT]; t++) {
            const uint64_t *thread = words + JT_TICK_HEADER_WORDS + t * JT_TICK_THREAD_WORDS;
            bool runs = (thread[JT_TICK_THREAD_STATUS] & 0xff) == 'R';
            CHECK(runs ? thread[JT_TICK_THREAD_SAMPLES] >= 1 : thread[JT_TICK_THREAD_SAMPLES] == 1);
            CHECK_EQ(thread[JT_TICK_THREAD_STOP_NANOS], 0);
            CHECK(runs || thread[JT_TICK_THREAD_CPU_NANOS] == 0);
            CHECK_EQ(runs, thread[JT_TICK_THREAD_TID] == (uint64_t)f.child);
            seen += thread[JT_TICK_THREAD_CPU_NANOS];
            idle += !runs;
        }
        usleep(4000);
    }
    CHECK_EQ(idle, TICKS);
    const uint64_t *words;
    size_t count;
    CHECK_STATUS(jt_sampler_settle(f.sampler, &words, &count, &f.err), JT_OK, f.err);
    for (uint64_t t = 0; t < words[JT_TICK_THREAD_COUNT]; t++)
        seen += words[JT_TICK_HEADER_WORDS + t * JT_TICK_THREAD_WORDS + JT_TICK_THREAD_CPU_NANOS];
    /* late timers and lost samples make no difference; clock and counters are not read at one instant */
    CHECK(seen <= (last_cpu - first_cpu) / 100 * 101 + 2 * PERIOD);
    CHECK(seen >= (last_cpu - first_cpu) / 100 * 99 - 2 * PERIOD);
    tear_down(&f);
}

static void *spin_in_thread(void *counter)
{
    spin(counter);
    return NULL;
}

/* Two threads on one CPU: each waits half of its time. */
static void share_a_cpu(void *counter)
{
    cpu_set_t allowed, one;
    pthread_t thread;
    int cpu = 0;
    CHECK_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    while (!CPU_ISSET(cpu, &allowed))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    CHECK_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    CHECK_EQ(pthread_create(&thread, NULL, spin_in_thread, counter), 0);
    spin(counter);
}

static int64_t waited_nanos(const jt_task *task)
{
    jt_task_schedule now;
    CHECK_EQ(jt_task_read_schedule(task, &now), JT_OK);
    return (int64_t)now.wait_nanos;
}

/* More than one for each of the kernel's samples. */
static int64_t samples_of_waiting(const fixture *f, const uint64_t *words)
{
    int64_t samples = 0;
    for (uint64_t t = 0; t < words[JT_TICK_THREAD_COUNT]; t++) {
        const uint64_t *thread = words + JT_TICK_HEADER_WORDS + t * JT_TICK_THREAD_WORDS;
        bool is_sample = (thread[JT_TICK_THREAD_STATUS] >> 16 & JT_TICK_UNCHANGED) == 0;
        if (thread[JT_TICK_THREAD_TID] == (uint64_t)f->child)
            samples += (int64_t)thread[JT_TICK_THREAD_SAMPLES] - is_sample;
    }
    return samples;
}

/* As with stops, a thread that is ready to run has as many samples as one that runs. */
static void the_kernels_samples_stand_for_waiting_too(void)
{
    enum { PERIOD = 1000000, TICKS = 100 };
    fixture f;
    unsigned long *counter = shared_memory(sizeof *counter);
    jt_task *task;
    bool with_kernel;
    set_up(&f, share_a_cpu, counter);
    WAIT_UNTIL(*counter > 0);
    WAIT_UNTIL(jt_process_task_count(f.process) == 2);
    CHECK_STATUS(jt_task_open(f.process, f.child, &task, &f.err), JT_OK, f.err);
    int64_t before = waited_nanos(task), after_first = 0, before_last = 0, samples = 0;
    if (jt_sampler_use_perf(f.sampler, PERIOD, JT_STOPS_NEVER, &with_kernel, &f.err) == JT_OK) {
        const uint64_t *words;
        size_t count;
        for (int i = 0; i < TICKS; i++) {
            before_last = waited_nanos(task);
            samples += samples_of_waiting(&f, tick(&f));
            after_first = i == 0 ? waited_nanos(task) : after_first;
            usleep(4000);
        }
        CHECK_STATUS(jt_sampler_settle(f.sampler, &words, &count, &f.err), JT_OK, f.err);
        samples += samples_of_waiting(&f, words);
        CHECK(samples * PERIOD <= waited_nanos(task) - before + 2 * PERIOD);
        CHECK(samples * PERIOD >= before_last - after_first - 2 * PERIOD);
        CHECK(samples > 20); /* of some 200 */
    }
    jt_task_close(task);
    tear_down(&f);
}

/* ---- one thread after the other ---- */

typedef struct {
    volatile int asked; /* which one is to run */
    volatile int running;
    volatile int tid;
} succession;

static void *run_in_turn(void *of)
{
    succession *s = of;
    int mine = s->running + 1;
    s->tid = (int)syscall(SYS_gettid);
    s->running = mine;
    while (s->asked == mine)
        ;
    return NULL;
}

static void succeed(void *of)
{
    succession *s = of;
    for (;;) {
        pthread_t thread;
        WAIT_UNTIL(s->asked > s->running);
        CHECK_EQ(pthread_create(&thread, NULL, run_in_turn, of), 0);
        pthread_join(thread, NULL);
    }
}

static bool has_running(const uint64_t *words, int tid)
{
    for (uint64_t t = 0; t < words[JT_TICK_THREAD_COUNT]; t++) {
        const uint64_t *thread = words + JT_TICK_HEADER_WORDS + t * JT_TICK_THREAD_WORDS;
        if (thread[JT_TICK_THREAD_TID] == (uint64_t)tid && (thread[JT_TICK_THREAD_STATUS] & 0xff) == 'R')
            return true;
    }
    return false;
}

/* There are as many threads as before, and yet the new one is met at the tick at which it runs. */
static void sees_a_thread_that_takes_anothers_place(void)
{
    fixture f;
    succession *s = shared_memory(sizeof *s);
    set_up(&f, succeed, s);
    for (int i = 1; i <= 10; i++) {
        s->asked = i;
        WAIT_UNTIL(s->running == i && jt_process_task_count(f.process) == 2);
        CHECK(has_running(tick(&f), s->tid));
    }
    tear_down(&f);
}

int main(void)
{
    reports_threads_without_java();
    takes_the_kernels_samples();
    the_kernels_samples_stand_for_waiting_too();
    follows_threads_that_come_and_go();
    sees_a_thread_that_takes_anothers_place();
    leaves_out_threads_that_do_not_run();
    sees_at_once_that_a_thread_ran();
    knows_when_the_vm_thread_ran();
    says_when_the_process_ended();
    goes_on_without_the_first_thread();
    says_when_it_is_ending();
    lets_go_of_a_late_thread_that_was_killed();
}
