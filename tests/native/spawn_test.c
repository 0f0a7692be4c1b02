#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "check.h"
#include "child.h"

static char *const plain_environment[] = {"PATH=/usr/bin:/bin", "GREETING=hello", NULL};

static int await(int pid)
{
    int status = -1, ended;
    WAIT_UNTIL((ended = jt_spawn_poll(pid, &status)) != 0);
    CHECK_EQ(ended, 1);
    CHECK_EQ(jt_spawn_poll(pid, &status), JT_GONE);
    return status;
}

static int run_shell(const char *script)
{
    jt_error err;
    int pid;
    char *const argv[] = {"sh", "-c", (char *)script, NULL};
    CHECK_STATUS(jt_spawn(argv, plain_environment, &pid, &err), JT_OK, err);
    return await(pid);
}

static void gives_exit_statuses(void)
{
    CHECK_EQ(run_shell("exit 0"), 0);
    CHECK_EQ(run_shell("exit 7"), 7);
    CHECK_EQ(run_shell("kill -9 $$"), 128 + 9);
    CHECK_EQ(run_shell("kill -TERM $$"), 128 + 15);
    CHECK_EQ(run_shell("test \"$GREETING\" = hello && test -z \"$HOME\""), 0);
}

static void waits_for_nothing(void)
{
    jt_error err;
    int pid, status;
    char *const argv[] = {"sleep", "600", NULL};
    CHECK_STATUS(jt_spawn(argv, plain_environment, &pid, &err), JT_OK, err);
    CHECK_EQ(jt_spawn_poll(pid, &status), 0);
    kill(pid, SIGTERM);
    CHECK_EQ(await(pid), 128 + SIGTERM);
}

static void fail_with(const char *command, char *const envp[], int sys_errno, const char *message)
{
    jt_error err;
    int pid;
    char *const argv[] = {(char *)command, NULL};
    CHECK_STATUS(jt_spawn(argv, envp, &pid, &err), JT_NO_TARGET, err);
    CHECK_EQ(err.sys_errno, sys_errno);
    CHECK_CONTAINS(err.message, message);
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

static void make_file(char *path, const char *content, mode_t mode)
{
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_EQ(write(fd, content, strlen(content)), strlen(content));
    CHECK_EQ(fchmod(fd, mode), 0);
    close(fd);
}

static void says_why_a_command_does_not_start(void)
{
    char *const elsewhere[] = {"PATH=/nonexistent", NULL};
    fail_with("jtrace-no-such-command", plain_environment, ENOENT, "jtrace-no-such-command: command not found");
    fail_with("sh", elsewhere, ENOENT, "sh: command not found");
    fail_with("", plain_environment, ENOENT, "command not found");
    fail_with("/nonexistent/x", plain_environment, ENOENT, "cannot execute /nonexistent/x: No such file");
    fail_with("/tmp", plain_environment, EISDIR, "cannot execute /tmp: Is a directory");

    char unexecutable[] = "/tmp/jtrace-spawn-XXXXXX", orphan[] = "/tmp/jtrace-spawn-XXXXXX";
    make_file(unexecutable, "#!/bin/sh\n", 0600);
    fail_with(unexecutable, plain_environment, EACCES, "Permission denied");
    char path_variable[] = "PATH=/nonexistent:/tmp";
    char *const only_tmp[] = {path_variable, NULL};
    fail_with(strrchr(unexecutable, '/') + 1, only_tmp, EACCES, "Permission denied");
    make_file(orphan, "#!/nonexistent/interpreter\n", 0700);
    fail_with(orphan, plain_environment, ENOENT, "No such file"); /* known by exec only: comes back by the pipe */
    unlink(unexecutable);
    unlink(orphan);
}

static void hands_on_nothing_but_the_standard_streams(void)
{
    int leaked = dup2(STDERR_FILENO, 9);
    CHECK_EQ(leaked, 9);
    CHECK_EQ(dup2(STDERR_FILENO, 200), 200);
    CHECK_EQ(run_shell("test -e /proc/$$/fd/2 && test ! -e /proc/$$/fd/3 && test ! -e /proc/$$/fd/9 && "
                       "test ! -e /proc/$$/fd/200"), 0);
    close(9);
    close(200);
}

static void starts_without_standard_streams(void)
{
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        close(STDIN_FILENO);
        close(STDOUT_FILENO);
        _exit(run_shell("exit 5"));
    }
    int status = wait_for_child(pid);
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), 5);
}

static void ignore(int number)
{
    (void)number;
}

/* Bits of /proc/PID/status: SIGHUP is 1, SIGPIPE 0x1000, SIGTERM 0x4000, SIGCHLD 0x10000. Signals 32 and 33 are
 * glibc's own, which sigaction does not touch; a JVM hands them to its children ignored. */
static void starts_with_clean_signals(void)
{
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGUSR2);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    signal(SIGHUP, SIG_IGN); /* as under nohup */
    signal(SIGUSR1, ignore);
    signal(SIGCHLD, SIG_IGN); /* as below some daemons: exit statuses must still be there */
    CHECK_EQ(run_shell("grep -q '^SigBlk:[[:space:]]*0*$' /proc/self/status && "
                       "grep -q '^SigIgn:[[:space:]]*0*[01][08]0000001$' /proc/self/status && exit 3"), 3);
    signal(SIGHUP, SIG_DFL);
    signal(SIGUSR1, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &blocked, NULL);
}

int main(void)
{
    gives_exit_statuses();
    waits_for_nothing();
    says_why_a_command_does_not_start();
    hands_on_nothing_but_the_standard_streams();
    starts_without_standard_streams();
    starts_with_clean_signals();
}
