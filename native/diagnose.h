/* Why a process cannot be found, attached to or read, in words for the person who reads them. */
#ifndef JTRACE_DIAGNOSE_H
#define JTRACE_DIAGNOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/* Fills err (status JT_NOT_PERMITTED, or JT_GONE / JT_NO_TARGET when that is the truth) with one line: process,
 * cause (another tracer with its pid and name; other uid; missing CAP_SYS_PTRACE; user namespace; Yama's
 * ptrace_scope; seccomp) and what would help. Returns err->status. */
int jt_diagnose_refusal(int pid, int sys_errno, jt_error *err);
/* pid of the tracer that holds any task of the process, 0 if none */
int jt_diagnose_tracer(int pid);
/* Whether a process is run by the same command as this one: a tracer that comes and goes. */
bool jt_diagnose_is_another_jtrace(int pid);

/* Whether /proc knows processes by the numbers that we and the kernel use for them: JT_OK, or JT_FAILED with what to do
 * when it is that of another pid namespace. */
int jt_diagnose_proc(jt_error *err);
/* For a process that /proc does not show: there is none (JT_NO_TARGET), or /proc is mounted so as to hide it from us
 * (JT_NOT_PERMITTED). */
int jt_diagnose_absence(int pid, jt_error *err);

/* ---- what the above is made of ---- */

enum { JT_DIAGNOSE_NAME = 64 };

/* What is known of a refusal: the target's view and ours. */
typedef struct {
    int pid;
    char name[JT_DIAGNOSE_NAME];
    uint64_t target_uid;
    bool uid_known;
    unsigned our_uid;       /* effective */
    bool capable;           /* we hold CAP_SYS_PTRACE in our own user namespace */
    bool foreign_namespace; /* the target is in another user namespace */
    bool hidden;            /* the kernel protects it from its own user (not dumpable) */
    bool seccomp;           /* a filter may refuse our system calls */
    unsigned yama_scope;    /* see jt_diagnose_yama_scope */
} jt_refusal;

/* Yama's restriction by the text of its ptrace_scope, 0 (none) to 3 (nobody). Without Yama there is no text: NULL. */
unsigned jt_diagnose_yama_scope(const char *text);
/* The line for a refusal that is not another tracer's doing. Returns JT_NOT_PERMITTED. */
int jt_diagnose_explain(const jt_refusal *facts, jt_error *err);

#endif
