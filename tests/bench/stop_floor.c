/* What a stop costs at least: seize, interrupt, wait, read the registers and 4 KiB of stack, detach, and nothing else.
 *
 *   stop_floor PID COMM INTERVAL_US SECONDS
 *
 * Stops the threads of the process whose name begins with COMM in turn, and prints the number of stops, their median and
 * 99th percentile from the interrupt to the detach, in microseconds. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>

enum { MAX_THREADS = 64, STACK_BYTES = 4096 };

static int64_t now_nanos(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void fail(const char *what)
{
    fprintf(stderr, "stop_floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int has_name(int pid, const char *tid, const char *comm)
{
    char path[300], name[32] = "";
    snprintf(path, sizeof path, "/proc/%d/task/%s/comm", pid, tid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    int read = fgets(name, sizeof name, file) != NULL && strncmp(name, comm, strlen(comm)) == 0;
    fclose(file);
    return read;
}

static int find_threads(int pid, const char *comm, int tids[MAX_THREADS])
{
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL)
        fail(path);
    for (struct dirent *entry; count < MAX_THREADS && (entry = readdir(tasks)) != NULL;) {
        if (has_name(pid, entry->d_name, comm))
            tids[count++] = atoi(entry->d_name);
    }
    closedir(tasks);
    return count;
}

static int64_t stop_once(int pid, int tid)
{
    static uint8_t stack[STACK_BYTES];
    struct user_regs_struct registers;
    int status;
    if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0)
        fail("seize");
    int64_t begin = now_nanos();
    if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) != 0 || waitpid(tid, &status, __WALL) != tid)
        fail("interrupt");
    if (ptrace(PTRACE_GETREGS, tid, NULL, &registers) != 0)
        fail("registers");
    struct iovec local = {stack, sizeof stack}, remote = {(void *)(uintptr_t)registers.rsp, sizeof stack};
    (void)!process_vm_readv(pid, &local, 1, &remote, 1, 0); /* a stack may end before that */
    if (ptrace(PTRACE_DETACH, tid, NULL, NULL) != 0)
        fail("detach");
    return now_nanos() - begin;
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    int pid = atoi(argv[1]), tids[MAX_THREADS], count = find_threads(pid, argv[2], tids);
    int64_t interval = atoll(argv[3]) * 1000, end = now_nanos() + atoll(argv[4]) * 1000000000;
    size_t capacity = (size_t)((end - now_nanos()) / interval + 1) * (size_t)count, made = 0;
    int64_t *stops = calloc(capacity + 1, sizeof *stops);
    if (count == 0 || stops == NULL)
        fail("no threads of that name, or no memory");
    for (int64_t next = now_nanos(); next < end; next += interval) {
        struct timespec at = {next / 1000000000, next % 1000000000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
        for (int i = 0; i < count && made < capacity; i++)
            stops[made++] = stop_once(pid, tids[i]);
    }
    qsort(stops, made, sizeof *stops, compare);
    printf("%zu %.1f %.1f\n", made, (double)stops[made / 2] / 1e3, (double)stops[made * 99 / 100] / 1e3);
    free(stops);
    return 0;
}
