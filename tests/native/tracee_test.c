#include "tracee.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <sys/ptrace.h>

#include "check.h"
#include "exec_again.h"
#include "process.h"

/* ---- stop and let go ---- */

static void leaves_a_running_thread_as_it_was(void)
{
    volatile unsigned long *counter = shared_memory(sizeof *counter);
    pid_t child = start_child(spin, (void *)counter);
    WAIT_UNTIL(*counter > 0);
    jt_error err;
    for (int i = 0; i < 2000; i++) {
        jt_tracee tracee;
        CHECK_STATUS(jt_tracee_stop(&tracee, child, &err), JT_OK, err);
        jt_registers registers;
        CHECK_STATUS(jt_tracee_registers(&tracee, &registers, &err), JT_OK, err);
        unsigned long stopped_at = *counter;
        CHECK(registers.pc != 0 && registers.sp != 0);
        CHECK_EQ(*counter, stopped_at);
        CHECK_EQ(jt_tracee_release(&tracee), JT_OK);
    }
    check_unharmed(child, counter);
    kill_child(child);
}

static void holds_it_while_stopped(void)
{
    volatile unsigned long *counter = shared_memory(sizeof *counter);
    pid_t child = start_child(spin, (void *)counter);
    WAIT_UNTIL(*counter > 0);
    jt_error err;
    jt_tracee tracee;
    CHECK_STATUS(jt_tracee_stop(&tracee, child, &err), JT_OK, err);
    unsigned long stopped_at = *counter;
    CHECK_EQ(state_of(child), 't');
    usleep(20000);
    CHECK_EQ(*counter, stopped_at);
    jt_registers registers;
    CHECK_STATUS(jt_tracee_registers(&tracee, &registers, &err), JT_OK, err);
    jt_addr code = (jt_addr)(uintptr_t)spin; /* the child is a fork: same addresses */
    CHECK(registers.pc >= code && registers.pc < code + 4096);
    jt_tracee_release(&tracee);
    check_unharmed(child, counter);
    kill_child(child);
}

static void says_when_there_is_nobody(void)
{
    jt_error err;
    jt_tracee tracee;
    CHECK_STATUS(jt_tracee_stop(&tracee, 1 << 22, &err), JT_GONE, err);
    pid_t zombie = start_child(wait_for_ever, NULL);
    kill(zombie, SIGKILL);
    WAIT_UNTIL(state_of(zombie) == 'Z');
    CHECK_STATUS(jt_tracee_stop(&tracee, zombie, &err), JT_GONE, err);
    CHECK_EQ(jt_tracee_stop(&tracee, zombie, NULL), JT_GONE);
    wait_for_child(zombie);
    CHECK_STATUS(jt_tracee_stop(&tracee, getpid(), &err), JT_NOT_PERMITTED, err);
}

/* ---- signals ---- */

typedef struct {
    volatile sig_atomic_t handled;
    atomic_ulong rounds;
    atomic_int lost;
    char *guarded; /* a page that cannot be read */
} signal_log;

static signal_log *signals;
static sigjmp_buf after_fault;

static void count_signal(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    signals->handled++;
    if (info->si_pid != getpid() || info->si_code != SI_USER)
        signals->lost = 1;
}

static void leave_fault(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    if (info->si_addr != signals->guarded || info->si_code != SEGV_ACCERR)
        signals->lost = 1;
    siglongjmp(after_fault, 1);
}

/* Sends itself signals and faults on purpose, as HotSpot does for null checks; each must arrive at once and as it was. */
static void signal_itself(void *unused)
{
    (void)unused;
    struct sigaction counting = {.sa_sigaction = count_signal, .sa_flags = SA_SIGINFO};
    struct sigaction leaving = {.sa_sigaction = leave_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &counting, NULL);
    sigaction(SIGSEGV, &leaving, NULL);
    for (;;) {
        int before = signals->handled;
        kill(getpid(), SIGUSR1);
        if (signals->handled != before + 1)
            signals->lost = 1;
        if (sigsetjmp(after_fault, 1) == 0) {
            (void)*(volatile char *)signals->guarded;
            signals->lost = 1; /* the fault did not happen */
        }
        signals->rounds++;
    }
}

static void loses_no_signal(void)
{
    signals = shared_memory(sizeof *signals);
    signals->guarded = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pid_t child = start_child(signal_itself, NULL);
    WAIT_UNTIL(signals->rounds > 0);
    jt_error err;
    for (int i = 0; i < 2000; i++) {
        jt_tracee tracee;
        CHECK_STATUS(jt_tracee_stop(&tracee, child, &err), JT_OK, err);
        CHECK_EQ(jt_tracee_release(&tracee), JT_OK);
    }
    unsigned long rounds = signals->rounds;
    WAIT_UNTIL(signals->rounds > rounds + 10);
    CHECK_EQ(signals->lost, 0);
    CHECK_EQ(tracer_of(child), 0);
    kill_child(child);
}

static atomic_ulong *received;

static void count_usr1(int number)
{
    (void)number;
    ++*received;
}

static void count_received(void *counter)
{
    signal(SIGUSR1, count_usr1);
    spin(counter);
}

/* Sends the next signal when the last one arrived, as equal signals merge while they wait. */
static void send_signals(void *target)
{
    for (unsigned long sent = 1; sent <= 1000; sent++) {
        kill(*(pid_t *)target, SIGUSR1);
        while (*received < sent)
            sched_yield();
    }
}

static void delivers_signals_of_others(void)
{
    received = shared_memory(sizeof *received);
    volatile unsigned long *counter = shared_memory(sizeof *counter);
    pid_t child = start_child(count_received, (void *)counter);
    WAIT_UNTIL(*counter > 0);
    pid_t sender = start_child(send_signals, &child);
    jt_error err;
    while (waitpid(sender, NULL, WNOHANG) == 0) { /* a lost signal would keep the sender for ever */
        jt_tracee tracee;
        CHECK_STATUS(jt_tracee_stop(&tracee, child, &err), JT_OK, err);
        CHECK_EQ(jt_tracee_release(&tracee), JT_OK);
    }
    CHECK_EQ(*received, 1000);
    check_unharmed(child, counter);
    kill_child(child);
}

/* The stop of a signal comes before the interrupt's only when the signal falls between SEIZE and INTERRUPT: made here. */
static void delivers_a_signal_that_it_stopped_at(void)
{
    received = shared_memory(sizeof *received);
    volatile unsigned long *counter = shared_memory(sizeof *counter);
    pid_t child = start_child(count_received, (void *)counter);
    WAIT_UNTIL(*counter > 0);
    for (unsigned long i = 1; i <= 100; i++) {
        CHECK_EQ(ptrace(PTRACE_SEIZE, child, NULL, NULL), 0);
        kill(child, SIGUSR1);
        jt_tracee tracee = {.tid = child};
        WAIT_UNTIL(jt_tracee_release_late(&tracee));
        CHECK_EQ(tracee.pending_signal, SIGUSR1);
        WAIT_UNTIL(*received == i);
    }
    check_unharmed(child, counter);
    kill_child(child);
}

static void keeps_a_stopped_process_stopped(void)
{
    volatile unsigned long *counter = shared_memory(sizeof *counter);
    pid_t child = start_child(spin, (void *)counter);
    WAIT_UNTIL(*counter > 0);
    kill(child, SIGSTOP);
    WAIT_UNTIL(state_of(child) == 'T');
    unsigned long stopped_at = *counter;
    jt_error err;
    for (int i = 0; i < 20; i++) {
        jt_tracee tracee;
        CHECK_STATUS(jt_tracee_stop(&tracee, child, &err), JT_OK, err);
        CHECK_EQ(jt_tracee_release(&tracee), JT_OK);
        WAIT_UNTIL(state_of(child) == 'T');
        CHECK_EQ(tracer_of(child), 0);
    }
    CHECK_EQ(*counter, stopped_at);
    kill(child, SIGCONT);
    check_unharmed(child, counter);
    kill_child(child);
}

/* ---- ends in the window ---- */

static void leaves_the_end_of_our_own_child_to_its_parent(void)
{
    volatile unsigned long *counter = shared_memory(sizeof *counter);
    for (int i = 0; i < 20; i++) {
        pid_t child = start_child(spin, (void *)counter);
        jt_error err;
        jt_tracee tracee;
        CHECK_STATUS(jt_tracee_stop(&tracee, child, &err), JT_OK, err);
        kill(child, SIGKILL);
        CHECK_EQ(jt_tracee_release(&tracee), JT_OK);
        int status = wait_for_child(child);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
}

static void start_grandchild(void *pid)
{
    *(volatile pid_t *)pid = start_child(wait_for_ever, NULL);
    int status = wait_for_child(*(pid_t *)pid);
    _exit(WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static void lets_a_killed_process_end(void)
{
    volatile pid_t *grandchild = shared_memory(sizeof *grandchild);
    for (int i = 0; i < 20; i++) {
        *grandchild = 0;
        pid_t parent = start_child(start_grandchild, (void *)grandchild);
        WAIT_UNTIL(*grandchild != 0);
        jt_error err;
        jt_tracee tracee;
        CHECK_STATUS(jt_tracee_stop(&tracee, *grandchild, &err), JT_OK, err);
        kill(*grandchild, SIGKILL);
        CHECK_EQ(jt_tracee_release(&tracee), JT_OK);
        CHECK_EQ(WEXITSTATUS(wait_for_child(parent)), SIGKILL);
    }
}

static void *run_shortly(void *counter)
{
    for (int i = 0; i < 20000; i++)
        ++*(volatile unsigned long *)counter;
    return NULL;
}

static void start_threads(void *counter)
{
    volatile unsigned long *stop = (volatile unsigned long *)counter + 1;
    while (!*stop) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run_shortly, counter) == 0)
            pthread_join(thread, NULL);
    }
    wait_for_ever(NULL);
}

/* The last task of the list, 0 when that is the first thread. */
static int last_thread(jt_process *process)
{
    jt_error err;
    const int *tids;
    size_t count;
    CHECK_STATUS(jt_process_list_tasks(process, &tids, &count, &err), JT_OK, err);
    return count > 1 ? tids[count - 1] : 0;
}

/* Stops and lets go. An ending thread may be slow to end. */
static int stop_ending_thread(int tid)
{
    jt_error err;
    jt_tracee tracee;
    int status = jt_tracee_stop(&tracee, tid, &err);
    CHECK(status == JT_OK || status == JT_GONE || status == JT_TIMED_OUT);
    if (status == JT_OK)
        CHECK_EQ(jt_tracee_release(&tracee), JT_OK);
    else if (status == JT_TIMED_OUT)
        WAIT_UNTIL(jt_tracee_release_late(&tracee));
    return status;
}

static void takes_notice_of_ending_threads(void)
{
    volatile unsigned long *counter = shared_memory(2 * sizeof *counter);
    pid_t child = start_child(start_threads, (void *)counter);
    jt_error err;
    jt_process *process;
    CHECK_STATUS(jt_process_open(child, &process, &err), JT_OK, err);
    for (int stopped = 0, ended = 0; stopped < 300 || ended < 3;) {
        int tid = last_thread(process);
        int status = tid != 0 ? stop_ending_thread(tid) : JT_TIMED_OUT;
        stopped += status == JT_OK;
        ended += status == JT_GONE;
    }
    counter[1] = 1;
    WAIT_UNTIL(last_thread(process) == 0); /* one that nobody took notice of would stay in the list, as a zombie */
    jt_process_close(process);
    kill_child(child);
}

/* ---- exec ---- */

enum { EXECS = 300 };

/* Stops the last task. True when it is seized still. */
static bool stop_last_task(jt_process *process, jt_tracee *tracee)
{
    jt_error err;
    const int *tids;
    size_t count;
    if (jt_process_list_tasks(process, &tids, &count, &err) == JT_GONE || tids[count - 1] == jt_process_pid(process))
        return false;
    int status = jt_tracee_stop(tracee, tids[count - 1], &err);
    if (status == JT_OK)
        status = jt_tracee_release(tracee);
    CHECK(status == JT_OK || status == JT_GONE || status == JT_TIMED_OUT);
    return status == JT_TIMED_OUT;
}

static void survives_exec_by_another_thread(void)
{
    pid_t child = start_executing_again(EXECS);
    jt_error err;
    jt_process *process;
    CHECK_STATUS(jt_process_open(child, &process, &err), JT_OK, err);
    jt_tracee tracee;
    bool late = false;
    siginfo_t end = {.si_pid = 0};
    while (end.si_pid == 0) { /* a thread left in its stop would keep the child for ever */
        late = late ? !jt_tracee_release_late(&tracee) : stop_last_task(process, &tracee);
        CHECK_EQ(waitid(P_PID, (id_t)child, &end, WEXITED | WNOHANG | WNOWAIT), 0);
        if (end.si_code == CLD_TRAPPED)
            end.si_pid = 0;
    }
    jt_process_close(process);
    CHECK_EQ(wait_for_child(child), 0);
}

/* ---- a thread that does not reach its stop ---- */

/* The parent of a vfork waits uninterruptibly until its child ends. */
static void wait_in_vfork(void *shared)
{
    volatile unsigned long *counter = shared;
    volatile unsigned long *end = counter + 1;
    pid_t pid = vfork();
    if (pid == 0) {
        while (!*end)
            usleep(1000);
        _exit(0);
    }
    wait_for_child(pid);
    spin(shared);
}

static void gives_up_in_time(void)
{
    volatile unsigned long *counter = shared_memory(2 * sizeof *counter);
    pid_t child = start_child(wait_in_vfork, (void *)counter);
    WAIT_UNTIL(state_of(child) == 'D');
    jt_error err;
    jt_tracee tracee;
    CHECK_STATUS(jt_tracee_stop(&tracee, child, &err), JT_TIMED_OUT, err);
    CHECK_EQ(jt_tracee_release_late(&tracee), 0);
    counter[1] = 1;
    WAIT_UNTIL(jt_tracee_release_late(&tracee));
    WAIT_UNTIL(*counter > 0);
    check_unharmed(child, counter);
    kill_child(child);
}

/* ---- the end of the tracer ---- */

static void trace_for_ever(void *target)
{
    for (;;) {
        jt_tracee tracee;
        jt_registers registers;
        if (jt_tracee_stop(&tracee, *(pid_t *)target, NULL) != JT_OK)
            _exit(1);
        jt_tracee_registers(&tracee, &registers, NULL);
        jt_tracee_release(&tracee);
    }
}

static void may_be_killed_at_any_time(void)
{
    volatile unsigned long *counter = shared_memory(sizeof *counter);
    pid_t child = start_child(spin, (void *)counter);
    WAIT_UNTIL(*counter > 0);
    srand(1);
    for (int i = 0; i < 50; i++) {
        pid_t tracer = start_child(trace_for_ever, &child);
        usleep(1000 + (useconds_t)(rand() % 2000));
        kill(tracer, SIGKILL);
        int status = wait_for_child(tracer);
        CHECK(WIFSIGNALED(status));
        check_unharmed(child, counter);
    }
    kill_child(child);
}

/* Stops the thread again and again, and counts how often it got it. */
static void take_turns(pid_t target, atomic_ulong *turns)
{
    jt_tracee tracee;
    int status = jt_tracee_stop(&tracee, target, NULL);
    CHECK(status == JT_OK || status == JT_NOT_PERMITTED); /* refused while the other one has it */
    if (status == JT_OK)
        CHECK_EQ(jt_tracee_release(&tracee), JT_OK);
    *turns += status == JT_OK;
    usleep(200);
}

typedef struct {
    pid_t target;
    atomic_ulong turns;
} other_tracer;

static void take_turns_for_ever(void *other)
{
    for (;;)
        take_turns(((other_tracer *)other)->target, &((other_tracer *)other)->turns);
}

static void shares_a_target_with_another_tracer(void)
{
    volatile unsigned long *counter = shared_memory(sizeof *counter);
    other_tracer *other = shared_memory(sizeof *other);
    other->target = start_child(spin, (void *)counter);
    WAIT_UNTIL(*counter > 0);
    pid_t tracer = start_child(take_turns_for_ever, other);
    atomic_ulong turns = 0;
    while (turns < 300 || other->turns < 300)
        take_turns(other->target, &turns);
    kill_child(tracer);
    check_unharmed(other->target, counter);
    kill_child(other->target);
}

int main(int argc, char **argv)
{
    go_on_if_executed_again(argc, argv);
    leaves_a_running_thread_as_it_was();
    holds_it_while_stopped();
    says_when_there_is_nobody();
    loses_no_signal();
    delivers_signals_of_others();
    delivers_a_signal_that_it_stopped_at();
    keeps_a_stopped_process_stopped();
    leaves_the_end_of_our_own_child_to_its_parent();
    lets_a_killed_process_end();
    takes_notice_of_ending_threads();
    survives_exec_by_another_thread();
    gives_up_in_time();
    may_be_killed_at_any_time();
    shares_a_target_with_another_tracer();
}
