/* Small files below /proc, and what is written in them. */
#ifndef JTRACE_PROC_FILE_H
#define JTRACE_PROC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JT_PROC_TEXT = 4096 }; /* more than any stat or status file that is read here */

/* Reads up to capacity-1 bytes from the start of the file and ends them with NUL. The number of bytes, or -errno. */
long jt_proc_read_fd(int fd, char *into, size_t capacity);
/* The same by path, relative to the directory `dir_fd` (or AT_FDCWD). */
long jt_proc_read_at(int dir_fd, const char *path, char *into, size_t capacity);
/* The same for /proc/<pid>/<name>. */
long jt_proc_read(int pid, const char *name, char *into, size_t capacity);

/* The number behind `key` ("TracerPid:") at a line's start; false when there is none. */
bool jt_proc_field(const char *text, const char *key, int base, uint64_t *value);
/* The last number of that line: for NSpid, the innermost namespace's. */
bool jt_proc_last_field(const char *text, const char *key, uint64_t *value);

typedef struct {
    char state;
    unsigned flags; /* PF_* */
    uint64_t utime_ticks, stime_ticks;
    uint64_t start_ticks; /* after boot: with the pid, the identity of a process */
    int cpu;              /* the CPU that it runs on, or ran on last */
} jt_proc_stat;

/* Reads a number in decimal behind any blanks, NULL when there is none; where it ends. sscanf takes ten times as long,
 * and these files are read at every tick. */
const char *jt_proc_take_number(const char *at, uint64_t *value);

/* /proc/.../stat. The name in it may hold anything, parentheses and spaces included. */
bool jt_proc_parse_stat(const char *text, jt_proc_stat *stat);

/* A task that has the process's memory: its first thread, or when that has ended and others go on, one of those. 0 when
 * there is none. A thread that has ended leads to no memory, by its id or by its files, and the first one's id and files
 * are those of the process. */
int jt_proc_task_with_memory(int pid);

/* The name of a task for messages: control bytes and non-ASCII replaced; "?" when it cannot be read. */
void jt_proc_name(int pid, char *into, size_t capacity);

#endif
