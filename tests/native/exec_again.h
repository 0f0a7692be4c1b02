/* A child that runs its own program again and again, each time from another thread than the first: that thread gets the
 * first one's id. */
#ifndef JTRACE_TESTS_EXEC_AGAIN_H
#define JTRACE_TESTS_EXEC_AGAIN_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"

typedef struct {
    char program[PATH_MAX], left[16];
} exec_again;

static inline void *execute_again(void *what)
{
    exec_again *again = what;
    char *const argv[] = {again->program, "exec-again", again->left, NULL};
    char *const envp[] = {NULL};
    execve(again->program, argv, envp);
    _exit(1);
}

static inline void execute_again_in_thread(void *times)
{
    static exec_again again;
    int count = *(const int *)times;
    if (count == 0)
        _exit(0);
    CHECK(readlink("/proc/self/exe", again.program, sizeof again.program - 1) > 0);
    snprintf(again.left, sizeof again.left, "%d", count - 1);
    pthread_t thread;
    if (pthread_create(&thread, NULL, execute_again, &again) == 0)
        pthread_join(thread, NULL);
    _exit(1);
}

/* For a test's main: does not return in such a child. */
static inline void go_on_if_executed_again(int argc, char **argv)
{
    if (argc != 3 || strcmp(argv[1], "exec-again") != 0)
        return;
    int count = atoi(argv[2]);
    execute_again_in_thread(&count);
}

static inline pid_t start_executing_again(int times)
{
    return start_child(execute_again_in_thread, &times);
}

#endif
