#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "check.h"
#include "child.h"
#include "diagnose.h"
#include "tracee.h"

static void refuse(int pid, int status, const char *message)
{
    jt_error err;
    jt_process *process;
    CHECK_STATUS(jt_process_open(pid, &process, &err), status, err);
    CHECK(process == NULL);
    CHECK_CONTAINS(err.message, message);
    CHECK(strchr(err.message, '\n') == NULL);
}

static jt_process *open_process(int pid)
{
    jt_error err;
    jt_process *process;
    CHECK_STATUS(jt_process_open(pid, &process, &err), JT_OK, err);
    CHECK_EQ(jt_process_pid(process), pid);
    return process;
}

static jt_task *open_task(const jt_process *process, int tid)
{
    jt_error err;
    jt_task *task;
    CHECK_STATUS(jt_task_open(process, tid, &task, &err), JT_OK, err);
    CHECK_EQ(jt_task_tid(task), tid);
    return task;
}

/* ---- who is refused ---- */

static void refuses_what_is_no_target(void)
{
    refuse(1 << 22, JT_NO_TARGET, "there is no process 4194304"); /* above the largest pid_max */
    refuse(0, JT_NO_TARGET, "there is no process 0");
    refuse(-1, JT_NO_TARGET, "there is no process -1");
    refuse(getpid(), JT_NO_TARGET, "is jtrace itself");
    pid_t zombie = start_child(wait_for_ever, NULL);
    kill(zombie, SIGKILL);
    WAIT_UNTIL(state_of(zombie) == 'Z');
    refuse(zombie, JT_NO_TARGET, "zombie");
    wait_for_child(zombie);
    refuse(zombie, JT_NO_TARGET, "there is no process");
}

static void refuses_kernel_threads(void)
{
    char name[16] = "";
    jt_proc_name(2, name, sizeof name);
    if (strcmp(name, "kthreadd") == 0)
        refuse(2, JT_NO_TARGET, "process 2 is a thread of the kernel");
    else
        fprintf(stderr, "not tested: kernel threads are not visible here\n");
}

static void start_sleeping_threads(void *count)
{
    for (int i = 0; i < *(int *)count; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, wait_in_thread, NULL);
    }
    wait_for_ever(NULL);
}

static size_t task_count(jt_process *process, const int **tids)
{
    jt_error err;
    size_t count;
    CHECK_STATUS(jt_process_list_tasks(process, tids, &count, &err), JT_OK, err);
    return count;
}

static void refuses_a_thread_id(void)
{
    int threads = 1;
    pid_t child = start_child(start_sleeping_threads, &threads);
    jt_process *process = open_process(child);
    const int *tids;
    WAIT_UNTIL(task_count(process, &tids) == 2);
    refuse(tids[tids[0] == child], JT_NO_TARGET, "is a thread of process");
    jt_process_close(process);
    kill_child(child);
}

static void become_nobody(void)
{
    CHECK_EQ(setresuid(65534, 65534, 65534), 0);
}

static void try_as_another_user(void *target)
{
    become_nobody();
    refuse(*(pid_t *)target, JT_NOT_PERMITTED, "it belongs to uid 0, jtrace runs as uid 65534");
    jt_error err;
    CHECK_EQ(jt_diagnose_refusal(*(pid_t *)target, 0, NULL), JT_NOT_PERMITTED);
    jt_tracee tracee;
    CHECK_STATUS(jt_tracee_stop(&tracee, *(pid_t *)target, &err), JT_NOT_PERMITTED, err);
    CHECK_CONTAINS(err.message, "uid 65534");
    CHECK_EQ(jt_tracee_stop(&tracee, *(pid_t *)target, NULL), JT_NOT_PERMITTED);
}

static void try_from_another_user_namespace(void *target)
{
    become_nobody();
    if (unshare(CLONE_NEWUSER) == 0)
        refuse(*(pid_t *)target, JT_NOT_PERMITTED, "in another user namespace");
    else
        fprintf(stderr, "not tested: no user namespace can be made here\n");
}

static void protect_itself(void *protected)
{
    prctl(PR_SET_DUMPABLE, 0);
    *(volatile bool *)protected = true;
    wait_for_ever(NULL);
}

static void try_a_protected_process(void *protected)
{
    become_nobody();
    pid_t child = start_child(protect_itself, protected);
    WAIT_UNTIL(*(volatile bool *)protected);
    refuse(child, JT_NOT_PERMITTED, "it is protected from its own user");
    kill_child(child);
}

/* As containers do it. */
static void try_under_a_seccomp_filter(void *target)
{
    struct sock_filter refuse_reading[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof refuse_reading / sizeof *refuse_reading, refuse_reading};
    CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    CHECK_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
    refuse(*(pid_t *)target, JT_NOT_PERMITTED, "a seccomp filter probably refuses");
}

static void says_why_it_is_not_permitted(void)
{
    if (geteuid() != 0) {
        refuse(1, JT_NOT_PERMITTED, "it belongs to uid 0, jtrace runs as uid");
        return;
    }
    pid_t target = start_child(wait_for_ever, NULL);
    CHECK_EQ(wait_for_child(start_child(try_as_another_user, &target)), 0);
    CHECK_EQ(wait_for_child(start_child(try_from_another_user_namespace, &target)), 0);
    CHECK_EQ(wait_for_child(start_child(try_a_protected_process, shared_memory(sizeof(bool)))), 0);
    CHECK_EQ(wait_for_child(start_child(try_under_a_seccomp_filter, &target)), 0);
    kill_child(target);
}

/* Stays seized, in a child with a name that would garble a terminal. */
static void hold(void *target)
{
    prctl(PR_SET_NAME, "bad\033[2Jname");
    if (ptrace(PTRACE_SEIZE, *(pid_t *)target, NULL, NULL) != 0)
        _exit(1);
    wait_for_ever(NULL);
}

static void names_another_tracer(void)
{
    pid_t target = start_child(wait_for_ever, NULL);
    pid_t tracer = start_child(hold, &target);
    WAIT_UNTIL(tracer_of(target) == tracer);
    CHECK_EQ(jt_diagnose_tracer(target), tracer);
    char message[128];
    snprintf(message, sizeof message, "process %d is traced already, by process %d (bad?[2Jname)", target, tracer);
    refuse(target, JT_NOT_PERMITTED, message);
    jt_error err;
    jt_tracee tracee;
    CHECK_STATUS(jt_tracee_stop(&tracee, target, &err), JT_NOT_PERMITTED, err);
    snprintf(message, sizeof message, "is traced already, by process %d", tracer);
    CHECK_CONTAINS(err.message, message);
    kill_child(tracer);
    WAIT_UNTIL(tracer_of(target) == 0);
    jt_process_close(open_process(target));
    kill_child(target);
}

static void hold_for_moments(void *target)
{
    for (;;) {
        jt_tracee tracee;
        if (jt_tracee_stop(&tracee, *(pid_t *)target, NULL) == JT_OK) {
            usleep(30000);
            jt_tracee_release(&tracee);
        }
        usleep(30000);
    }
}

/* Each time the tracer is there at first. On an overloaded machine it may be there at every look, but not always. */
static void does_not_mind_a_tracer_that_comes_and_goes(void)
{
    pid_t target = start_child(wait_for_ever, NULL);
    pid_t tracer = start_child(hold_for_moments, &target);
    int opened = 0;
    for (int i = 0; i < 10; i++) {
        WAIT_UNTIL(tracer_of(target) != 0);
        jt_process *process;
        jt_error err;
        opened += jt_process_open(target, &process, &err) == JT_OK;
        jt_process_close(process);
    }
    CHECK(opened > 0);
    kill_child(tracer);
    kill_child(target);
}

/* ---- what is known of a target ---- */

static void knows_that_it_ended(void)
{
    pid_t child = start_child(wait_for_ever, NULL);
    jt_process *process = open_process(child);
    jt_task *task = open_task(process, child);
    uint64_t nanos;
    char state;
    CHECK(jt_process_alive(process));
    CHECK_EQ(jt_process_cpu_nanos(process, &nanos), JT_OK);
    kill(child, SIGKILL);
    WAIT_UNTIL(state_of(child) == 'Z');
    CHECK(!jt_process_alive(process));
    CHECK_EQ(jt_process_cpu_nanos(process, &nanos), JT_OK); /* until somebody takes notice */
    CHECK_EQ(jt_task_read_state(task, &state), JT_OK);
    CHECK_EQ(state, 'Z');
    wait_for_child(child);
    CHECK(!jt_process_alive(process));
    const int *tids;
    size_t count;
    jt_error err;
    jt_task_schedule schedule;
    jt_task_syscall syscall;
    char name[32];
    CHECK_STATUS(jt_process_list_tasks(process, &tids, &count, &err), JT_GONE, err);
    CHECK_EQ(jt_task_read_state(task, &state), JT_GONE);
    CHECK_EQ(jt_task_read_schedule(task, &schedule), JT_GONE);
    CHECK_EQ(jt_task_read_syscall(task, &syscall), JT_GONE);
    CHECK_EQ(jt_task_read_comm(task, name, sizeof name), JT_GONE);
    jt_task *none;
    CHECK_STATUS(jt_task_open(process, child, &none, &err), JT_GONE, err);
    CHECK(none == NULL);
    jt_task_close(task);
    jt_process_close(process);
    jt_process_close(NULL);
}

/* All of it by another thread: the first one's files and id lead to no memory. */
static void reads_on_when_the_first_thread_ended(void)
{
    static uint64_t word = 0x1122334455667788;
    pid_t child = start_child(leave_another_thread, NULL);
    WAIT_UNTIL(state_of(child) == 'Z');
    jt_process *process = open_process(child);
    const int *tids;
    CHECK_EQ(task_count(process, &tids), 2);
    CHECK_EQ(jt_proc_task_with_memory(child), tids[1] == child ? tids[0] : tids[1]);
    uint64_t value = 0, nanos;
    CHECK_EQ(jt_memory_read_u64(jt_process_memory(process), (jt_addr)(uintptr_t)&word, &value), JT_OK);
    CHECK(value == word);
    CHECK_EQ(jt_process_cpu_nanos(process, &nanos), JT_OK);
    CHECK(jt_process_alive(process) && !jt_process_ending(process));
    kill_child(child);
    CHECK_EQ(jt_memory_read_u64(jt_process_memory(process), (jt_addr)(uintptr_t)&word, &value), JT_STALE);
    CHECK(!jt_process_alive(process) && jt_process_ending(process));
    jt_process_close(process);
}

static void start_another_thread_and_end(void *go)
{
    pthread_t thread;
    pthread_create(&thread, NULL, wait_in_thread, NULL);
    WAIT_UNTIL(*(volatile bool *)go);
    syscall(SYS_exit, 0);
}

static void reads_on_when_the_first_thread_ends(void)
{
    static uint64_t word = 42;
    volatile bool *go = shared_memory(sizeof *go);
    pid_t child = start_child(start_another_thread_and_end, (void *)go);
    jt_process *process = open_process(child);
    const jt_memory *memory = jt_process_memory(process);
    uint64_t value = 0;
    CHECK_EQ(jt_memory_read_u64(memory, (jt_addr)(uintptr_t)&word, &value), JT_OK);
    *go = true;
    WAIT_UNTIL(state_of(child) == 'Z');
    value = 0;
    CHECK_EQ(jt_memory_read_u64(memory, (jt_addr)(uintptr_t)&word, &value), JT_OK);
    CHECK_EQ(value, 42);
    jt_process_close(process);
    kill_child(child);
}

static void lists_its_tasks(void)
{
    int threads = 2000; /* more than one read of the directory holds */
    pid_t child = start_child(start_sleeping_threads, &threads);
    jt_process *process = open_process(child);
    const int *tids;
    WAIT_UNTIL(task_count(process, &tids) == (size_t)threads + 1);
    bool leader = false;
    for (int i = 0; i <= threads; i++) {
        CHECK(i == 0 || tids[i - 1] < tids[i]);
        leader |= tids[i] == child;
    }
    CHECK(leader);
    jt_process_close(process);
    kill_child(child);
}

static void sees_that_a_task_sleeps(void)
{
    pid_t child = start_child(wait_for_ever, NULL);
    WAIT_UNTIL(state_of(child) == 'S');
    jt_process *process = open_process(child);
    jt_task *task = open_task(process, child);
    jt_task_schedule before, after;
    char state;
    CHECK_EQ(jt_task_read_schedule(task, &before), JT_OK);
    CHECK(before.slices > 0 && before.run_nanos > 0);
    for (int i = 0; i < 20; i++) {
        usleep(1000);
        CHECK_EQ(jt_task_read_state(task, &state), JT_OK);
        CHECK_EQ(state, 'S');
    }
    CHECK_EQ(jt_task_read_schedule(task, &after), JT_OK);
    CHECK_EQ(after.slices, before.slices);
    CHECK_EQ(after.run_nanos, before.run_nanos);

    jt_task_syscall syscall;
    CHECK_EQ(jt_task_read_syscall(task, &syscall), JT_OK);
    CHECK(!syscall.running);
    jt_addr here = (jt_addr)(uintptr_t)&state; /* the child is a fork: its stack is where ours is */
    CHECK(syscall.sp > here - 65536 && syscall.sp < here + 65536);
    CHECK(syscall.number >= 0 && syscall.pc != 0);
#ifdef SYS_pause
    CHECK_EQ(syscall.number, SYS_pause);
#endif
    jt_task_close(task);
    jt_process_close(process);
    kill_child(child);
}

static void sees_that_a_task_runs(void)
{
    volatile unsigned long *counter = shared_memory(sizeof *counter);
    pid_t child = start_child(spin, (void *)counter);
    WAIT_UNTIL(*counter > 0);
    jt_process *process = open_process(child);
    jt_task *task = open_task(process, child);
    char state;
    CHECK_EQ(jt_task_read_state(task, &state), JT_OK);
    CHECK_EQ(state, 'R');
    jt_task_syscall syscall;
    CHECK_EQ(jt_task_read_syscall(task, &syscall), JT_OK);
    CHECK(syscall.running);
    jt_task_schedule before, after;
    uint64_t cpu_before, cpu_after;
    CHECK_EQ(jt_task_read_schedule(task, &before), JT_OK);
    CHECK_EQ(jt_process_cpu_nanos(process, &cpu_before), JT_OK);
    do {
        usleep(1000);
        CHECK_EQ(jt_task_read_schedule(task, &after), JT_OK);
        CHECK_EQ(jt_process_cpu_nanos(process, &cpu_after), JT_OK);
    } while (after.run_nanos == before.run_nanos || cpu_after == cpu_before);
    CHECK(after.run_nanos > before.run_nanos && cpu_after > cpu_before);
    jt_task_close(task);
    jt_process_close(process);
    kill_child(child);
}

/* In a mount namespace of its own, an empty file hides schedstat, as if the kernel had none. */
static void read_without_schedstat(void *target)
{
    char path[64];
    pid_t child = *(pid_t *)target;
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", child, child);
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("/dev/null", path, NULL, MS_BIND, NULL) != 0) {
        fprintf(stderr, "not tested: schedstat cannot be hidden here\n");
        return;
    }
    jt_process *process = open_process(child);
    jt_task *task = open_task(process, child);
    jt_task_schedule before, after;
    CHECK_EQ(jt_task_read_schedule(task, &before), JT_OK);
    CHECK_EQ(before.wait_nanos, 0);
    do {
        usleep(1000);
        CHECK_EQ(jt_task_read_schedule(task, &after), JT_OK);
    } while (after.run_nanos == before.run_nanos);
    CHECK_EQ(after.run_nanos % 1000000, 0); /* whole ticks */
    kill(child, SIGSTOP);
    WAIT_UNTIL(state_of(child) == 'T');
    CHECK_EQ(jt_task_read_schedule(task, &after), JT_OK);
    CHECK(after.slices > before.slices); /* it left its CPU once at least */
    jt_task_close(task);
    jt_process_close(process);
}

static void does_without_schedstat(void)
{
    volatile unsigned long *counter = shared_memory(sizeof *counter);
    pid_t child = start_child(spin, (void *)counter);
    CHECK_EQ(wait_for_child(start_child(read_without_schedstat, &child)), 0);
    kill_child(child);
}

/* A stopped (T) task is blocked outside any system call. */
static void reads_where_a_stopped_task_is(void)
{
    volatile unsigned long *counter = shared_memory(sizeof *counter);
    pid_t child = start_child(spin, (void *)counter);
    WAIT_UNTIL(*counter > 0);
    kill(child, SIGSTOP);
    WAIT_UNTIL(state_of(child) == 'T');
    jt_process *process = open_process(child);
    jt_task *task = open_task(process, child);
    jt_task_syscall syscall;
    CHECK_EQ(jt_task_read_syscall(task, &syscall), JT_OK);
    CHECK(!syscall.running);
    CHECK_EQ(syscall.number, -1);
    jt_addr code = (jt_addr)(uintptr_t)spin;
    CHECK(syscall.pc >= code && syscall.pc < code + 4096);
    jt_task_close(task);
    jt_process_close(process);
    kill_child(child);
}

static void sleep_under_an_odd_name(void *unused)
{
    prctl(PR_SET_NAME, "a) R 1 2 (b\n");
    wait_for_ever(unused);
}

static void is_not_misled_by_a_name(void)
{
    pid_t child = start_child(sleep_under_an_odd_name, NULL);
    WAIT_UNTIL(state_of(child) == 'S');
    jt_process *process = open_process(child);
    jt_task *task = open_task(process, child);
    char state, name[32];
    CHECK_EQ(jt_task_read_state(task, &state), JT_OK);
    CHECK_EQ(state, 'S');
    CHECK_EQ(jt_task_read_comm(task, name, sizeof name), JT_OK);
    CHECK(strcmp(name, "a) R 1 2 (b\n") == 0);
    jt_task_close(task);
    jt_process_close(process);
    kill_child(child);
}

static void report_namespaced_child(void *inner)
{
    if (unshare(CLONE_NEWPID) != 0)
        _exit(77);
    pid_t pid = fork();
    if (pid == 0) { /* its parent is outside: start_child would take it for ended */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        wait_for_ever(NULL);
    }
    *(volatile pid_t *)inner = pid;
    wait_for_child(pid);
}

static void knows_ids_in_other_pid_namespaces(void)
{
    volatile pid_t *pid = shared_memory(sizeof *pid);
    pid_t parent = start_child(report_namespaced_child, (void *)pid);
    while (*pid == 0) {
        if (waitpid(parent, NULL, WNOHANG) == parent) {
            fprintf(stderr, "not tested: no pid namespace can be made here\n");
            return;
        }
        usleep(200);
    }
    jt_process *process = open_process(*pid);
    jt_task *task = open_task(process, *pid);
    CHECK_EQ(jt_task_inner_tid(task), 1);
    jt_task_close(task);
    jt_process_close(process);
    kill(*pid, SIGKILL); /* by name: it may not have come to ask for our death's signal yet */
    wait_for_child(parent);
}

/* ---- descriptors ---- */

static int open_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    CHECK(directory != NULL);
    int count = 0;
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

static void read_all(const jt_task *task)
{
    jt_task_schedule schedule;
    jt_task_syscall syscall;
    char state;
    CHECK_EQ(jt_task_read_state(task, &state), JT_OK);
    CHECK_EQ(jt_task_read_schedule(task, &schedule), JT_OK);
    CHECK_EQ(jt_task_read_syscall(task, &syscall), JT_OK);
}

static void keeps_files_open_only_while_there_are_descriptors(void)
{
    pid_t child = start_child(wait_for_ever, NULL);
    jt_process *process = open_process(child);
    struct rlimit before, low;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    const int limits[] = {64, 1024};
    for (size_t i = 0; i < 2; i++) {
        low.rlim_cur = (rlim_t)limits[i];
        CHECK_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
        int descriptors = open_descriptors();
        jt_task *task = open_task(process, child);
        read_all(task);
        read_all(task);
        CHECK_EQ(open_descriptors() - descriptors, i == 0 ? 0 : 3);
        jt_task_close(task);
        CHECK_EQ(open_descriptors(), descriptors);
    }
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    jt_process_close(process);
    kill_child(child);
}

static void leaks_nothing_when_it_refuses(void)
{
    int descriptors = open_descriptors();
    refuse(getpid(), JT_NO_TARGET, "itself");
    pid_t zombie = start_child(wait_for_ever, NULL);
    jt_process_close(open_process(zombie));
    kill(zombie, SIGKILL);
    WAIT_UNTIL(state_of(zombie) == 'Z');
    refuse(zombie, JT_NO_TARGET, "zombie");
    wait_for_child(zombie);
    CHECK_EQ(open_descriptors(), descriptors);
}

int main(void)
{
    refuses_what_is_no_target();
    refuses_kernel_threads();
    refuses_a_thread_id();
    says_why_it_is_not_permitted();
    names_another_tracer();
    does_not_mind_a_tracer_that_comes_and_goes();
    knows_that_it_ended();
    reads_on_when_the_first_thread_ended();
    reads_on_when_the_first_thread_ends();
    lists_its_tasks();
    sees_that_a_task_sleeps();
    sees_that_a_task_runs();
    does_without_schedstat();
    reads_where_a_stopped_task_is();
    is_not_misled_by_a_name();
    knows_ids_in_other_pid_namespaces();
    keeps_files_open_only_while_there_are_descriptors();
    leaks_nothing_when_it_refuses();
}
