#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "diagnose.h"
#include "proc_file.h"

enum {
    PF_EXITING_FLAG = 0x00000004, /* the kernel's include/linux/sched.h */
    PF_SIGNALED_FLAG = 0x00000400,
    PF_KTHREAD_FLAG = 0x00200000,
    DIRECTORY_BYTES = 32 * 1024,
    MEMORY_ATTEMPTS = 16,    /* threads that may end while they are looked at, one after the other */
    SPARE_DESCRIPTORS = 128, /* left to others in our process: tasks keep no file open beyond */
};

struct jt_process {
    int pid;
    int pidfd;    /* -1 before Linux 5.3: then start_ticks alone is the identity */
    int tasks_fd; /* /proc/PID/task; bound to the process, not to the number */
    uint64_t start_ticks;
    jt_live_memory memory;
    timer_t cpu_timer;
    bool has_cpu_timer;
    int *tids;
    size_t tid_count, tid_capacity;
    _Alignas(8) uint8_t directory[DIRECTORY_BYTES]; /* of struct dirent64 */
};

/* ---- opening ---- */

static int gone(int pid, jt_error *err)
{
    return jt_fail(err, JT_GONE, "process %d ended", pid);
}

/* Refuses what no tracer can read, before the kernel does it with less to say. */
static int check_kind(int pid, const jt_proc_stat *stat, jt_error *err)
{
    if (stat->flags & PF_KTHREAD_FLAG)
        return jt_fail(err, JT_NO_TARGET, "process %d is a thread of the kernel", pid);
    char text[JT_PROC_TEXT];
    uint64_t leader;
    if (jt_proc_read(pid, "status", text, sizeof text) > 0 && jt_proc_field(text, "Tgid:", 10, &leader) &&
        leader != (uint64_t)pid)
        return jt_fail(err, JT_NO_TARGET, "%d is a thread of process %" PRIu64 ", not a process", pid, leader);
    if (jt_proc_task_with_memory(pid) == 0) /* an ended first thread alone does not make a zombie of it */
        return jt_fail(err, JT_NO_TARGET, "process %d has ended already (zombie)", pid);
    return JT_OK;
}

static int read_identity(jt_process *process, jt_error *err)
{
    char text[JT_PROC_TEXT];
    jt_proc_stat stat;
    if (process->pid <= 0 || jt_proc_read(process->pid, "stat", text, sizeof text) <= 0)
        return jt_diagnose_absence(process->pid, err);
    if (!jt_proc_parse_stat(text, &stat))
        return jt_fail(err, JT_FAILED, "/proc/%d/stat has an unknown form", process->pid);
    process->start_ticks = stat.start_ticks;
    return check_kind(process->pid, &stat, err);
}

static int open_files(jt_process *process, jt_error *err)
{
    process->pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0);
    if (process->pidfd < 0 && errno == ESRCH)
        return gone(process->pid, err);
    if (process->pidfd < 0 && errno != ENOSYS && errno != EPERM) /* EPERM: an old container's seccomp filter */
        return jt_fail_errno(err, JT_FAILED, errno, "cannot open process %d", process->pid);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", process->pid);
    process->tasks_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (process->tasks_fd < 0 && (errno == ENOENT || errno == ESRCH))
        return gone(process->pid, err);
    if (process->tasks_fd < 0)
        return jt_fail_errno(err, JT_FAILED, errno, "cannot open %s", path);
    return JT_OK;
}

/* What jtrace does to a target first. 0 or errno. */
static int probe_task(const jt_process *process, int tid)
{
    char path[64];
    snprintf(path, sizeof path, "%d/maps", tid);
    int maps = openat(process->tasks_fd, path, O_RDONLY | O_CLOEXEC);
    if (maps < 0)
        return errno;
    close(maps);
    char byte;
    struct iovec local = {&byte, 1}, remote = {(void *)(uintptr_t)4096, 1};
    return process_vm_readv(tid, &local, 1, &remote, 1, 0) < 0 && errno != EFAULT ? errno : 0;
}

/* The memory by way of one of its threads: the first one may have ended, or do so at any time. Bound to the memory, so
 * a reused id is never mistaken for the thread. */
static void open_memory_file(jt_process *process, int tid)
{
    char path[64];
    snprintf(path, sizeof path, "%d/mem", tid);
    process->memory.file = openat(process->tasks_fd, path, O_RDONLY | O_CLOEXEC);
}

/* A refusal comes before anything was done to the target. */
static int open_memory(jt_process *process, jt_error *err)
{
    for (int attempt = 0; attempt < MEMORY_ATTEMPTS; attempt++) {
        int tid = jt_proc_task_with_memory(process->pid);
        if (tid == 0)
            return gone(process->pid, err);
        int refusal = probe_task(process, tid);
        if (refusal == 0) {
            open_memory_file(process, tid);
            return JT_OK;
        }
        if (refusal != ESRCH && refusal != ENOENT) /* that thread ended just now */
            return jt_diagnose_refusal(process->pid, refusal, err);
    }
    return gone(process->pid, err);
}

/* A tracer that stays. One that comes and goes, as another jtrace does, holds a thread for microseconds, or for some
 * milliseconds when it loses its CPU meanwhile; or many of them for a second or so, with pauses, when they wait for a
 * CPU (stop_round.h). */
static int check_tracer(const jt_process *process, jt_error *err)
{
    const struct timespec pause = {0, 20 * 1000 * 1000};
    int tracer = 0;
    for (int look = 0; look < 20 || (look < 200 && jt_diagnose_is_another_jtrace(tracer)); look++) {
        tracer = jt_diagnose_tracer(process->pid);
        if (tracer == 0 || tracer == getpid())
            return JT_OK;
        nanosleep(&pause, NULL);
    }
    char name[64];
    jt_proc_name(tracer, name, sizeof name);
    return jt_fail(err, JT_NOT_PERMITTED, "process %d is traced already, by process %d (%s); end that first",
                   process->pid, tracer, name);
}

static int set_up(jt_process *process, jt_error *err)
{
    int status = jt_diagnose_proc(err);
    if (status == JT_OK && process->pid == getpid())
        status = jt_fail(err, JT_NO_TARGET, "process %d is jtrace itself", process->pid);
    if (status == JT_OK)
        status = read_identity(process, err);
    if (status == JT_OK)
        status = open_files(process, err);
    if (status == JT_OK && !jt_process_alive(process)) /* the identity is that of what the pidfd holds */
        status = gone(process->pid, err);
    if (status == JT_OK)
        status = open_memory(process, err);
    if (status == JT_OK)
        status = check_tracer(process, err);
    return status;
}

int jt_process_open(int pid, jt_process **process, jt_error *err)
{
    *process = NULL;
    jt_process *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return jt_fail(err, JT_NO_MEMORY, "no memory for process %d", pid);
    opened->pid = pid;
    opened->pidfd = opened->tasks_fd = -1;
    jt_live_memory_init(&opened->memory, pid);
    int status = set_up(opened, err);
    if (status == JT_OK)
        *process = opened;
    else
        jt_process_close(opened);
    return status;
}

void jt_process_close(jt_process *process)
{
    if (process == NULL)
        return;
    if (process->pidfd >= 0)
        close(process->pidfd);
    if (process->tasks_fd >= 0)
        close(process->tasks_fd);
    if (process->memory.file >= 0)
        close(process->memory.file);
    if (process->has_cpu_timer)
        timer_delete(process->cpu_timer);
    free(process->tids);
    free(process);
}

/* ---- the process ---- */

int jt_process_pid(const jt_process *process)
{
    return process->pid;
}

const jt_memory *jt_process_memory(const jt_process *process)
{
    return &process->memory.base;
}

static bool same_by_start_time(const jt_process *process)
{
    char text[JT_PROC_TEXT];
    jt_proc_stat stat;
    return jt_proc_read(process->pid, "stat", text, sizeof text) > 0 && jt_proc_parse_stat(text, &stat) &&
           stat.start_ticks == process->start_ticks && jt_proc_task_with_memory(process->pid) != 0;
}

bool jt_process_alive(const jt_process *process)
{
    if (process->pidfd < 0)
        return same_by_start_time(process);
    struct pollfd ended = {.fd = process->pidfd, .events = POLLIN};
    return poll(&ended, 1, 0) <= 0;
}

/* The kernel's number for the CPU clock of a process: include/linux/posix-timers.h, make_process_cpuclock. */
static clockid_t cpu_clock(const jt_process *process)
{
    return (clockid_t)(~(unsigned)process->pid << 3 | 2);
}

/* The timer's time never comes. While it is set, the kernel keeps the sum that it makes for each reading otherwise. */
void jt_process_keep_cpu_sum(jt_process *process)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGURG}; /* that nobody takes notice of */
    const struct itimerspec never = {.it_value = {.tv_sec = INT_MAX}};
    if (process->has_cpu_timer || timer_create(cpu_clock(process), &event, &process->cpu_timer) != 0)
        return;
    process->has_cpu_timer = true;
    timer_settime(process->cpu_timer, 0, &never, NULL);
}

int jt_process_cpu_nanos(const jt_process *process, uint64_t *nanos)
{
    struct timespec time;
    if (clock_gettime(cpu_clock(process), &time) != 0)
        return JT_GONE;
    *nanos = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
    return JT_OK;
}

/* ---- its tasks ---- */

static int add_tid(jt_process *process, int tid, jt_error *err)
{
    if (process->tid_count == process->tid_capacity) {
        size_t capacity = process->tid_capacity == 0 ? 256 : process->tid_capacity * 2;
        int *tids = realloc(process->tids, capacity * sizeof *tids);
        if (tids == NULL)
            return jt_fail(err, JT_NO_MEMORY, "no memory for %zu thread ids", capacity);
        process->tids = tids;
        process->tid_capacity = capacity;
    }
    process->tids[process->tid_count++] = tid;
    return JT_OK;
}

static int add_directory_part(jt_process *process, size_t length, jt_error *err)
{
    for (size_t at = 0; at < length;) {
        const struct dirent64 *entry = (const struct dirent64 *)(process->directory + at);
        int tid = atoi(entry->d_name); /* 0 for . and .. */
        int status = tid > 0 ? add_tid(process, tid, err) : JT_OK;
        if (status != JT_OK)
            return status;
        at += entry->d_reclen;
    }
    return JT_OK;
}

static int by_number(const void *left, const void *right)
{
    int a = *(const int *)left, b = *(const int *)right;
    return (a > b) - (a < b);
}

/* The kernel lists tasks in the order of their start, which is that of their ids until those wrap around. */
static void sort_tids(jt_process *process)
{
    for (size_t i = 1; i < process->tid_count; i++) {
        if (process->tids[i - 1] > process->tids[i]) {
            qsort(process->tids, process->tid_count, sizeof *process->tids, by_number);
            return;
        }
    }
}

int jt_process_list_tasks(jt_process *process, const int **tids, size_t *count, jt_error *err)
{
    process->tid_count = 0;
    lseek(process->tasks_fd, 0, SEEK_SET);
    long length;
    while ((length = syscall(SYS_getdents64, process->tasks_fd, process->directory, sizeof process->directory)) > 0) {
        int status = add_directory_part(process, (size_t)length, err);
        if (status != JT_OK)
            return status;
    }
    if (length < 0 && errno != ENOENT && errno != ESRCH)
        return jt_fail_errno(err, JT_FAILED, errno, "cannot list the threads of process %d", process->pid);
    if (process->tid_count == 0)
        return gone(process->pid, err);
    sort_tids(process);
    *tids = process->tids;
    *count = process->tid_count;
    return JT_OK;
}

size_t jt_process_task_count(const jt_process *process)
{
    struct stat directory; /* its links: itself, its parent, and one for each task */
    return fstat(process->tasks_fd, &directory) == 0 ? (size_t)directory.st_nlink - 2 : SIZE_MAX;
}

bool jt_process_is_read_by_pid(const jt_process *process, jt_addr address)
{
    uint64_t word;
    struct iovec local = {&word, sizeof word}, remote = {(void *)(uintptr_t)address, sizeof word};
    return process_vm_readv(process->pid, &local, 1, &remote, 1, 0) == sizeof word;
}

/* Ended, or killed: the signal is pending until the thread takes it, then the flags tell. */
static bool is_ending(const jt_process *process, int tid)
{
    char path[32], text[JT_PROC_TEXT];
    uint64_t pending;
    jt_proc_stat stat;
    snprintf(path, sizeof path, "%d/status", tid);
    if (jt_proc_read_at(process->tasks_fd, path, text, sizeof text) <= 0 ||
        !jt_proc_field(text, "SigPnd:", 16, &pending) || (pending >> (SIGKILL - 1) & 1) != 0)
        return true;
    snprintf(path, sizeof path, "%d/stat", tid);
    return jt_proc_read_at(process->tasks_fd, path, text, sizeof text) <= 0 || !jt_proc_parse_stat(text, &stat) ||
           (stat.flags & (PF_EXITING_FLAG | PF_SIGNALED_FLAG)) != 0;
}

bool jt_process_ending(jt_process *process)
{
    const int *tids;
    size_t count;
    if (jt_proc_task_with_memory(process->pid) == process->pid)
        return false;
    if (jt_process_list_tasks(process, &tids, &count, NULL) != JT_OK)
        return true;
    for (size_t i = 0; i < count; i++)
        if (!is_ending(process, tids[i]))
            return false;
    return true;
}

/* ---- one task ---- */

enum task_file { TASK_STAT, TASK_SCHEDSTAT, TASK_SYSCALL, TASK_FILES };
static const char *const task_file_names[TASK_FILES] = {"stat", "schedstat", "syscall"};

struct jt_task {
    int tasks_fd; /* the process's */
    int tid, inner_tid;
    int *files; /* [TASK_FILES], -1: not open */
};

static long read_unkept(const jt_task *task, const char *name, char *into, size_t capacity)
{
    char path[64];
    snprintf(path, sizeof path, "%d/%s", task->tid, name);
    return jt_proc_read_at(task->tasks_fd, path, into, capacity);
}

static bool worth_keeping(int fd)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 && (rlim_t)fd + SPARE_DESCRIPTORS < limit.rlim_cur;
}

static long read_file(const jt_task *task, enum task_file file, char *into, size_t capacity)
{
    if (task->files[file] >= 0)
        return jt_proc_read_fd(task->files[file], into, capacity);
    char path[64];
    snprintf(path, sizeof path, "%d/%s", task->tid, task_file_names[file]);
    int fd = openat(task->tasks_fd, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    long length = jt_proc_read_fd(fd, into, capacity);
    if (worth_keeping(fd))
        task->files[file] = fd;
    else
        close(fd);
    return length;
}

/* Maps the failure to read a task's file: most often it ended. */
static int read_failure(const jt_task *task, long result)
{
    char path[32];
    snprintf(path, sizeof path, "%d", task->tid);
    switch (-result) {
    case ESRCH:
        return JT_GONE;
    case ENOENT: /* the task, or a file that this kernel does not have */
        return faccessat(task->tasks_fd, path, F_OK, 0) == 0 ? JT_UNSUPPORTED : JT_GONE;
    case EPERM:
    case EACCES:
        return JT_NOT_PERMITTED;
    default:
        return JT_FAILED;
    }
}

int jt_task_open(const jt_process *process, int tid, jt_task **task, jt_error *err)
{
    *task = NULL;
    jt_task *opened = calloc(1, sizeof *opened + TASK_FILES * sizeof(int));
    if (opened == NULL)
        return jt_fail(err, JT_NO_MEMORY, "no memory for thread %d", tid);
    *opened = (jt_task){process->tasks_fd, tid, tid, (int *)(opened + 1)};
    for (int file = 0; file < TASK_FILES; file++)
        opened->files[file] = -1;
    char text[JT_PROC_TEXT];
    long length = read_unkept(opened, "status", text, sizeof text);
    if (length <= 0) {
        int status = read_failure(opened, length);
        jt_task_close(opened);
        return jt_fail_errno(err, status, (int)-length, "cannot read thread %d", tid);
    }
    uint64_t inner;
    if (jt_proc_last_field(text, "NSpid:", &inner))
        opened->inner_tid = (int)inner;
    *task = opened;
    return JT_OK;
}

void jt_task_close(jt_task *task)
{
    if (task == NULL)
        return;
    for (int file = 0; file < TASK_FILES; file++)
        if (task->files[file] >= 0)
            close(task->files[file]);
    free(task);
}

int jt_task_tid(const jt_task *task)
{
    return task->tid;
}

int jt_task_inner_tid(const jt_task *task)
{
    return task->inner_tid;
}

static int read_stat(const jt_task *task, jt_proc_stat *stat)
{
    char text[JT_PROC_TEXT];
    long length = read_file(task, TASK_STAT, text, sizeof text);
    if (length <= 0)
        return read_failure(task, length);
    return jt_proc_parse_stat(text, stat) ? JT_OK : JT_FAILED;
}

/* For kernels without schedstat: coarse times, and context switches for slices. */
static int read_coarse_schedule(const jt_task *task, jt_task_schedule *schedule)
{
    jt_proc_stat stat;
    int status = read_stat(task, &stat);
    if (status != JT_OK)
        return status;
    char text[JT_PROC_TEXT];
    long length = read_unkept(task, "status", text, sizeof text);
    if (length <= 0)
        return read_failure(task, length);
    uint64_t voluntary = 0, forced = 0;
    jt_proc_field(text, "voluntary_ctxt_switches:", 10, &voluntary);
    jt_proc_field(text, "nonvoluntary_ctxt_switches:", 10, &forced);
    uint64_t tick_nanos = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
    *schedule = (jt_task_schedule){(stat.utime_ticks + stat.stime_ticks) * tick_nanos, 0, voluntary + forced};
    return JT_OK;
}

int jt_task_read_schedule(const jt_task *task, jt_task_schedule *schedule)
{
    char text[128];
    long length = read_file(task, TASK_SCHEDSTAT, text, sizeof text);
    if (length == 0 || length == -ENOENT)
        return read_coarse_schedule(task, schedule);
    if (length < 0)
        return read_failure(task, length);
    const char *at = jt_proc_take_number(text, &schedule->run_nanos);
    if (at != NULL)
        at = jt_proc_take_number(at, &schedule->wait_nanos);
    if (at == NULL || jt_proc_take_number(at, &schedule->slices) == NULL)
        return JT_FAILED;
    if (schedule->slices == 0) /* the kernel does not count: "0 0 0" */
        return read_coarse_schedule(task, schedule);
    return JT_OK;
}

int jt_task_read_state(const jt_task *task, char *state)
{
    int cpu;
    return jt_task_read_place(task, state, &cpu);
}

int jt_task_read_place(const jt_task *task, char *state, int *cpu)
{
    jt_proc_stat stat;
    int status = read_stat(task, &stat);
    if (status != JT_OK)
        return status;
    *state = stat.state;
    *cpu = stat.cpu;
    return stat.state == 'X' ? JT_GONE : JT_OK;
}

int jt_task_read_syscall(const jt_task *task, jt_task_syscall *syscall)
{
    char text[256];
    long length = read_file(task, TASK_SYSCALL, text, sizeof text);
    if (length <= 0)
        return read_failure(task, length);
    *syscall = (jt_task_syscall){.running = strncmp(text, "running", 7) == 0, .number = -1};
    if (syscall->running)
        return JT_OK;
    if (sscanf(text, "-1 %" SCNx64 " %" SCNx64, &syscall->sp, &syscall->pc) == 2)
        return JT_OK;
    if (sscanf(text, "%" SCNd64 " %*x %*x %*x %*x %*x %*x %" SCNx64 " %" SCNx64, &syscall->number, &syscall->sp,
               &syscall->pc) == 3)
        return JT_OK;
    return JT_FAILED;
}

int jt_task_read_comm(const jt_task *task, char *into, size_t capacity)
{
    long length = read_unkept(task, "comm", into, capacity);
    if (length <= 0)
        return read_failure(task, length);
    if (into[length - 1] == '\n')
        into[length - 1] = '\0';
    return JT_OK;
}
