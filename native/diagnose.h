/* Why attaching or reading was refused, in words for the person who reads them. */
#ifndef JTRACE_DIAGNOSE_H
#define JTRACE_DIAGNOSE_H

#include "error.h"

/* Fills err (status JT_NOT_PERMITTED, or JT_GONE / JT_NO_TARGET when that is the truth) with one line: process,
 * cause (another tracer with its pid and name; other uid; missing CAP_SYS_PTRACE; user namespace; Yama's
 * ptrace_scope; seccomp) and what would help. Returns err->status. */
int jt_diagnose_refusal(int pid, int sys_errno, jt_error *err);
/* pid of the tracer that holds any task of the process, 0 if none */
int jt_diagnose_tracer(int pid);

#endif
