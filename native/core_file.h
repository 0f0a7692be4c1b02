/* A core file, as the kernel and gdb's gcore write it for 64-bit Linux: the memory, the mapped files and the threads of
 * a process as they were. It may be cut off, broken or hostile: whatever it says is checked against the file's size. */
#ifndef JTRACE_CORE_FILE_H
#define JTRACE_CORE_FILE_H

#include <stdbool.h>

#include "memory.h"
#include "registers.h"

typedef struct jt_core_file jt_core_file;

typedef struct {
    int tid;       /* in the pid namespace of whoever wrote the core */
    int inner_tid; /* as the VM knows it, where that is known; else the same */
    jt_registers registers;
} jt_core_thread;

/* Where the files are that the process had mapped; NULL: where they were. */
typedef struct {
    const char *sysroot; /* the root directory that they were in */
    const char *exe;     /* the executable: the launcher of a JDK, whose other files are beside it */
} jt_core_places;

/* JT_NO_TARGET: there is no such file, or it is no core; JT_UNSUPPORTED: one of another machine, or broken;
 * JT_NOT_PERMITTED. */
int jt_core_file_open(const char *path, const jt_core_places *places, jt_core_file **core, jt_error *err);
void jt_core_file_close(jt_core_file *core); /* NULL is fine */

/* What the core holds, and what it leaves out of files that are still there. */
const jt_memory *jt_core_file_memory(const jt_core_file *core);
int jt_core_file_pid(const jt_core_file *core); /* 0: it does not tell */
/* When it was last written, in ms since 1970: it has no time in it. */
int64_t jt_core_file_written_millis(const jt_core_file *core);
/* Ascending by tid. */
const jt_core_thread *jt_core_file_threads(const jt_core_file *core, size_t *count);

/* What was asked for and is missing, one line each; false when there is no further one. */
bool jt_core_file_missing(const jt_core_file *core, size_t index, char *into, size_t capacity);

#endif
