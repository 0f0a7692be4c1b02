#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REPORT_FD = 3 }; /* the child's end of the pipe that tells why exec failed */

/* ---- finding the command, before the fork ---- */

static const char *search_path(char *const envp[])
{
    for (char *const *variable = envp; *variable != NULL; variable++)
        if (strncmp(*variable, "PATH=", 5) == 0)
            return *variable + 5;
    return "/usr/local/bin:/usr/bin:/bin";
}

/* 0 or the errno that a shell would report. */
static int check_executable(const char *path)
{
    struct stat file;
    if (stat(path, &file) != 0)
        return errno;
    if (S_ISDIR(file.st_mode))
        return EISDIR;
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

/* As a shell: the first executable file wins, else the first one that is not executable tells why. */
static int search(const char *name, const char *directories, char *path, size_t capacity)
{
    int reason = ENOENT;
    for (const char *at = directories; at != NULL;) {
        size_t length = strcspn(at, ":");
        int written = snprintf(path, capacity, "%.*s%s%s", (int)length, at, length > 0 ? "/" : "./", name);
        int result = written >= 0 && (size_t)written < capacity ? check_executable(path) : ENAMETOOLONG;
        if (result == 0)
            return 0;
        if (result == EACCES && reason == ENOENT)
            reason = EACCES;
        at = at[length] == ':' ? at + length + 1 : NULL;
    }
    return reason;
}

/* The file that `name` stands for: 0 or the errno that a shell would report. */
static int find_command(const char *name, char *const envp[], char *path, size_t capacity)
{
    if (strchr(name, '/') == NULL)
        return name[0] != '\0' ? search(name, search_path(envp), path, capacity) : ENOENT;
    size_t size = strlen(name) + 1;
    if (size > capacity)
        return ENAMETOOLONG;
    memcpy(path, name, size);
    return check_executable(path);
}

static int cannot_execute(const char *name, int reason, jt_error *err)
{
    if (reason != ENOENT || strchr(name, '/') != NULL)
        return jt_fail_errno(err, JT_NO_TARGET, reason, "cannot execute %s", name);
    jt_fail(err, JT_NO_TARGET, "%s: command not found", name);
    if (err != NULL)
        err->sys_errno = reason;
    return JT_NO_TARGET;
}

/* ---- in the child: nothing but async-signal-safe calls, as other threads held locks at the fork ---- */

/* Handlers end with exec anyway, but must not run before; what was ignored when jtrace started stays ignored (nohup). */
static void reset_signals(void)
{
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) != 0 || action.sa_handler == SIG_IGN)
            continue;
        action = (struct sigaction){.sa_handler = SIG_DFL};
        sigaction(number, &action, NULL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_from(unsigned first)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, ~0u, 0) == 0)
        return;
#endif
    struct rlimit limit;
    unsigned end = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < INT_MAX ? (unsigned)limit.rlim_cur : 65536;
    for (unsigned fd = first; fd < end; fd++)
        close((int)fd);
}

static _Noreturn void run_command(const char *path, char *const argv[], char *const envp[], int report)
{
    if (report != REPORT_FD)
        dup3(report, REPORT_FD, O_CLOEXEC);
    close_from(REPORT_FD + 1);
    reset_signals();
    execve(path, argv, envp);
    int reason = errno;
    while (write(REPORT_FD, &reason, sizeof reason) < 0 && errno == EINTR)
        ;
    _exit(127);
}

/* ---- in jtrace ---- */

/* With all signals blocked, so that no handler of ours runs in the child. */
static pid_t fork_command(const char *path, char *const argv[], char *const envp[], int report)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0)
        run_command(path, argv, envp, report);
    int saved_errno = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved_errno;
    return pid;
}

/* The errno of a failed exec, 0 when it succeeded: the pipe's other end closes then. */
static int read_report(int fd)
{
    int reason = 0;
    ssize_t length;
    do {
        length = read(fd, &reason, sizeof reason);
    } while (length < 0 && errno == EINTR);
    return length == (ssize_t)sizeof reason ? reason : 0;
}

static int start(const char *path, char *const argv[], char *const envp[], int *pid, jt_error *err)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0)
        return jt_fail_errno(err, JT_FAILED, errno, "cannot make a pipe");
    pid_t child = fork_command(path, argv, envp, report[1]);
    int fork_errno = errno;
    close(report[1]);
    int reason = child > 0 ? read_report(report[0]) : 0;
    close(report[0]);
    if (child < 0)
        return jt_fail_errno(err, JT_FAILED, fork_errno, "cannot start %s", argv[0]);
    if (reason != 0) {
        waitpid(child, NULL, 0);
        return cannot_execute(path, reason, err);
    }
    *pid = child;
    return JT_OK;
}

/* A parent that ignored SIGCHLD hands that on, and the kernel then keeps no exit status. The JDK does the same for its
 * own children (ProcessImpl_md.c, setSIGCHLDHandler). */
static void keep_exit_statuses(void)
{
    struct sigaction action;
    if (sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_IGN) {
        action = (struct sigaction){.sa_handler = SIG_DFL};
        sigaction(SIGCHLD, &action, NULL);
    }
}

int jt_spawn(char *const argv[], char *const envp[], int *pid, jt_error *err)
{
    if (argv[0] == NULL)
        return jt_fail(err, JT_FAILED, "no command to start");
    char path[PATH_MAX];
    int reason = find_command(argv[0], envp, path, sizeof path);
    if (reason != 0)
        return cannot_execute(argv[0], reason, err);
    keep_exit_statuses();
    return start(path, argv, envp, pid, err);
}

int jt_spawn_poll(int pid, int *exit_status)
{
    /* WNOWAIT first: a ptrace stop of the command's first thread would be reported too, and is not ours to take. */
    siginfo_t info = {.si_pid = 0};
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
        return errno == ECHILD ? JT_GONE : 0;
    bool exited = info.si_code == CLD_EXITED;
    if (info.si_pid == 0 || (!exited && info.si_code != CLD_KILLED && info.si_code != CLD_DUMPED))
        return 0;
    *exit_status = exited ? info.si_status : 128 + info.si_status;
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG);
    return 1;
}
