/* Starting a command that jtrace profiles (-t). Not by java.lang.Process, whose reaper waits for the child in another
 * thread and would take ptrace stops of the child's first thread for its end. */
#ifndef JTRACE_SPAWN_H
#define JTRACE_SPAWN_H

#include "error.h"

/* Starts argv[0] (found in PATH of `envp`) with our stdin, stdout and stderr and nothing else: other descriptors closed,
 * signal mask and handlers as at a shell's start. A command that cannot be executed fails here
 * (JT_NO_TARGET, errno in err), not in the child. */
int jt_spawn(char *const argv[], char *const envp[], int *pid, jt_error *err);
/* Reaps without waiting. Returns 1 and *exit_status (shell's way: code, or 128+signal) once ended, 0 if it still
 * runs, JT_GONE when there is no such child (any more). */
int jt_spawn_poll(int pid, int *exit_status);

#endif
