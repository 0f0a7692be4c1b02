/* Child processes to read and to trace. They end with the test, however that ends. */
#ifndef JTRACE_TESTS_CHILD_H
#define JTRACE_TESTS_CHILD_H

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "proc_file.h"

/* Runs `body` in a child. */
static inline pid_t start_child(void (*body)(void *), void *argument)
{
    pid_t parent = getpid(), pid = fork();
    CHECK(pid >= 0);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent)
        body(argument);
    _exit(0);
}

/* Its status as waitpid gives it. The wait may be interrupted: see wait_limit.h. */
static inline int wait_for_child(pid_t pid)
{
    int status;
    pid_t ended;
    do
        ended = waitpid(pid, &status, __WALL);
    while (ended < 0 && errno == EINTR);
    CHECK_EQ(ended, pid);
    return status;
}

static inline void kill_child(pid_t pid)
{
    kill(pid, SIGKILL);
    wait_for_child(pid);
}

/* Memory that stays shared with children. */
static inline void *shared_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    return memory;
}

/* State letter of a task, 0 when it is gone. */
static inline char state_of(int tid)
{
    char text[JT_PROC_TEXT];
    jt_proc_stat stat;
    return jt_proc_read(tid, "stat", text, sizeof text) > 0 && jt_proc_parse_stat(text, &stat) ? stat.state : 0;
}

static inline int tracer_of(int tid)
{
    char text[JT_PROC_TEXT];
    uint64_t tracer = 0;
    CHECK(jt_proc_read(tid, "status", text, sizeof text) > 0);
    CHECK(jt_proc_field(text, "TracerPid:", 10, &tracer));
    return (int)tracer;
}

/* Without a limit of its own: a test that hangs is ended by ctest. */
#define WAIT_UNTIL(condition)                                                                                          \
    do {                                                                                                               \
        usleep(200);                                                                                                   \
    } while (!(condition))

/* A child body: counts in shared memory, for ever. */
static inline void spin(void *counter)
{
    for (;;)
        ++*(volatile unsigned long *)counter;
}

static inline void wait_for_ever(void *unused)
{
    (void)unused;
    for (;;)
        pause();
}

static inline void *wait_in_thread(void *unused)
{
    wait_for_ever(unused);
    return NULL;
}

/* A child body: the first thread ends, and leaves another one. */
static inline void leave_another_thread(void *unused)
{
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, wait_in_thread, unused), 0);
    syscall(SYS_exit, 0);
}

/* It is on its own again: nobody's tracee, and counting. */
static inline void check_unharmed(int pid, volatile unsigned long *counter)
{
    CHECK_EQ(tracer_of(pid), 0);
    unsigned long before = *counter;
    WAIT_UNTIL(*counter != before);
}

#endif
