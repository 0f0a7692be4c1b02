#include "proc_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

long jt_proc_read_fd(int fd, char *into, size_t capacity)
{
    ssize_t length;
    do {
        length = pread(fd, into, capacity - 1, 0);
    } while (length < 0 && errno == EINTR);
    if (length < 0)
        return -errno;
    into[length] = '\0';
    return length;
}

long jt_proc_read_at(int dir_fd, const char *path, char *into, size_t capacity)
{
    int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    long length = jt_proc_read_fd(fd, into, capacity);
    close(fd);
    return length;
}

long jt_proc_read(int pid, const char *name, char *into, size_t capacity)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    return jt_proc_read_at(AT_FDCWD, path, into, capacity);
}

/* What follows `key` in the line that starts with it, or NULL. */
static const char *after_key(const char *text, const char *key)
{
    size_t length = strlen(key);
    for (const char *line = text; line != NULL && *line != '\0';) {
        if (strncmp(line, key, length) == 0)
            return line + length;
        line = strchr(line, '\n');
        if (line != NULL)
            line++;
    }
    return NULL;
}

bool jt_proc_field(const char *text, const char *key, int base, uint64_t *value)
{
    const char *at = after_key(text, key);
    if (at == NULL)
        return false;
    char *end;
    *value = strtoull(at, &end, base);
    return end != at;
}

bool jt_proc_last_field(const char *text, const char *key, uint64_t *value)
{
    const char *at = after_key(text, key);
    if (at == NULL)
        return false;
    bool found = false;
    at += strspn(at, " \t");
    while (*at >= '0' && *at <= '9') {
        char *end;
        *value = strtoull(at, &end, 10);
        found = true;
        at = end + strspn(end, " \t");
    }
    return found;
}

const char *jt_proc_take_number(const char *at, uint64_t *value)
{
    while (*at == ' ' || *at == '\t')
        at++;
    if (*at < '0' || *at > '9')
        return NULL;
    for (*value = 0; *at >= '0' && *at <= '9'; at++)
        *value = *value * 10 + (uint64_t)(*at - '0');
    return at;
}

/* The field that comes `ahead` fields after the one at `at`: 1 for the next. Fields are parted by single blanks. */
static const char *field_after(const char *at, int ahead)
{
    while (at != NULL && ahead-- > 0) {
        at = strchr(at, ' ');
        at += at != NULL;
    }
    return at;
}

/* proc(5): the fields' numbers, from the one behind the name on. */
enum { STAT_STATE = 3, STAT_FLAGS = 9, STAT_UTIME = 14, STAT_STIME = 15, STAT_START = 22, STAT_CPU = 39 };

bool jt_proc_parse_stat(const char *text, jt_proc_stat *stat)
{
    const char *name_end = strrchr(text, ')'); /* all fields behind the name are numbers or a letter */
    uint64_t flags, cpu;
    if (name_end == NULL || name_end[1] != ' ' || name_end[2] == '\0')
        return false;
    const char *state = name_end + 2, *at;
    if ((at = field_after(state, STAT_FLAGS - STAT_STATE)) == NULL || jt_proc_take_number(at, &flags) == NULL ||
        (at = field_after(at, STAT_UTIME - STAT_FLAGS)) == NULL ||
        (at = jt_proc_take_number(at, &stat->utime_ticks)) == NULL ||
        (at = jt_proc_take_number(at, &stat->stime_ticks)) == NULL ||
        (at = field_after(at, STAT_START - STAT_STIME)) == NULL ||
        jt_proc_take_number(at, &stat->start_ticks) == NULL ||
        (at = field_after(at, STAT_CPU - STAT_START)) == NULL || jt_proc_take_number(at, &cpu) == NULL)
        return false;
    stat->state = *state;
    stat->flags = (unsigned)flags;
    stat->cpu = (int)cpu;
    return true;
}

static bool has_memory(int pid, int tid)
{
    char name[32], text[128];
    snprintf(name, sizeof name, "task/%d/statm", tid);
    return jt_proc_read(pid, name, text, sizeof text) > 0 && strtoull(text, NULL, 10) > 0;
}

int jt_proc_task_with_memory(int pid)
{
    if (has_memory(pid, pid))
        return pid;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL)
        return 0;
    int found = 0;
    struct dirent *task;
    while (found == 0 && (task = readdir(tasks)) != NULL) {
        int tid = atoi(task->d_name);
        if (tid > 0 && has_memory(pid, tid))
            found = tid;
    }
    closedir(tasks);
    return found;
}

void jt_proc_name(int pid, char *into, size_t capacity)
{
    if (jt_proc_read(pid, "comm", into, capacity) <= 0) {
        snprintf(into, capacity, "?");
        return;
    }
    into[strcspn(into, "\n")] = '\0';
    for (char *at = into; *at != '\0'; at++)
        if (*at < 0x20 || *at > 0x7e)
            *at = '?';
}
