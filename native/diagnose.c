#include "diagnose.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc_file.h"

enum { NAME_SIZE = 64, CAP_SYS_PTRACE_BIT = 19, SECCOMP_FILTER = 2 };

/* What is known of a refusal: the target's view and ours. */
typedef struct {
    int pid;
    char name[NAME_SIZE];
    uint64_t target_uid;
    bool uid_known;
    bool capable;           /* we hold CAP_SYS_PTRACE in our own user namespace */
    bool foreign_namespace; /* the target is in another user namespace */
    bool hidden;            /* the kernel protects it from its own user (not dumpable) */
    bool seccomp;           /* a filter may refuse our system calls */
    uint64_t yama;          /* ptrace_scope, 0 without Yama */
} refusal;

static int tracer_of_task(int pid, int tid)
{
    char name[64], text[JT_PROC_TEXT];
    uint64_t tracer = 0;
    snprintf(name, sizeof name, "task/%d/status", tid);
    if (jt_proc_read(pid, name, text, sizeof text) <= 0 || !jt_proc_field(text, "TracerPid:", 10, &tracer))
        return 0;
    return (int)tracer;
}

int jt_diagnose_tracer(int pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL)
        return 0;
    int tracer = 0;
    struct dirent *task;
    while (tracer == 0 && (task = readdir(tasks)) != NULL) {
        int tid = atoi(task->d_name);
        if (tid > 0)
            tracer = tracer_of_task(pid, tid);
    }
    closedir(tasks);
    return tracer;
}

static uint64_t yama_scope(void)
{
    char text[32];
    if (jt_proc_read_at(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", text, sizeof text) <= 0)
        return 0;
    return strtoull(text, NULL, 10);
}

/* Their inodes tell namespaces apart, but may be as unreadable as the process itself; the id maps are not. */
static bool in_foreign_namespace(int pid)
{
    struct stat ours, theirs;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
    if (stat("/proc/self/ns/user", &ours) == 0 && stat(path, &theirs) == 0)
        return ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev;
    char our_map[JT_PROC_TEXT], their_map[JT_PROC_TEXT];
    return jt_proc_read(getpid(), "uid_map", our_map, sizeof our_map) >= 0 && /* empty at first */
           jt_proc_read(pid, "uid_map", their_map, sizeof their_map) >= 0 && strcmp(our_map, their_map) != 0;
}

static void survey_ourselves(refusal *facts)
{
    char text[JT_PROC_TEXT];
    uint64_t capabilities = 0, seccomp = 0;
    if (jt_proc_read(getpid(), "status", text, sizeof text) > 0) {
        jt_proc_field(text, "CapEff:", 16, &capabilities);
        jt_proc_field(text, "Seccomp:", 10, &seccomp);
    }
    facts->capable = (capabilities >> CAP_SYS_PTRACE_BIT & 1) != 0;
    facts->seccomp = seccomp == SECCOMP_FILTER;
    facts->yama = yama_scope();
}

static void survey_target(refusal *facts)
{
    char text[JT_PROC_TEXT], path[64];
    struct stat directory;
    jt_proc_name(facts->pid, facts->name, sizeof facts->name);
    facts->uid_known = jt_proc_read(facts->pid, "status", text, sizeof text) > 0 &&
                       jt_proc_field(text, "Uid:", 10, &facts->target_uid);
    facts->foreign_namespace = in_foreign_namespace(facts->pid);
    /* The files of a process that is not dumpable belong to root (proc(5)). */
    snprintf(path, sizeof path, "/proc/%d/stat", facts->pid);
    facts->hidden = facts->uid_known && stat(path, &directory) == 0 && directory.st_uid != facts->target_uid;
}

/* What stands in the way of somebody who has no CAP_SYS_PTRACE. */
static int explain_unprivileged(const refusal *facts, const char *lead, jt_error *err)
{
    unsigned uid = (unsigned)geteuid();
    if (facts->uid_known && facts->target_uid != uid && uid != 0)
        return jt_fail(err, JT_NOT_PERMITTED, "%s: it belongs to uid %u, jtrace runs as uid %u; run jtrace as that user "
                       "or as root (sudo)", lead, (unsigned)facts->target_uid, uid);
    if (facts->foreign_namespace)
        return jt_fail(err, JT_NOT_PERMITTED, "%s: it is in another user namespace; run jtrace as root of the host",
                       lead);
    if (facts->yama == 1)
        return jt_fail(err, JT_NOT_PERMITTED, "%s: Yama's ptrace_scope is 1, which allows only children; run jtrace as "
                       "root (sudo), start the program with jtrace -t, or set sysctl kernel.yama.ptrace_scope=0", lead);
    if (facts->yama == 2)
        return jt_fail(err, JT_NOT_PERMITTED, "%s: Yama's ptrace_scope is 2, which allows only CAP_SYS_PTRACE; run "
                       "jtrace as root (sudo)", lead);
    if (facts->hidden)
        return jt_fail(err, JT_NOT_PERMITTED, "%s: it is protected from its own user (not dumpable: it changed its "
                       "user or has file capabilities); run jtrace as root (sudo)", lead);
    return jt_fail(err, JT_NOT_PERMITTED, "%s: jtrace lacks CAP_SYS_PTRACE; run it as root (sudo), or in a container "
                   "started with --cap-add SYS_PTRACE", lead);
}

/* What stands in the way although we have CAP_SYS_PTRACE. */
static int explain_privileged(const refusal *facts, const char *lead, jt_error *err)
{
    if (facts->foreign_namespace)
        return jt_fail(err, JT_NOT_PERMITTED, "%s: it is in another user namespace, where jtrace's capabilities do not "
                       "count; run jtrace as root of the host", lead);
    if (facts->seccomp)
        return jt_fail(err, JT_NOT_PERMITTED, "%s: a seccomp filter probably refuses ptrace or process_vm_readv to "
                       "jtrace; run it on the host, or in a container started with --cap-add SYS_PTRACE --security-opt "
                       "seccomp=unconfined", lead);
    return jt_fail(err, JT_NOT_PERMITTED, "%s: it is traced already, or a security module (SELinux, AppArmor) refuses; "
                   "look into the kernel's audit log", lead);
}

static int explain(const refusal *facts, jt_error *err)
{
    char lead[128];
    snprintf(lead, sizeof lead, "the kernel does not let jtrace read process %d (%s)", facts->pid, facts->name);
    int tracer = jt_diagnose_tracer(facts->pid);
    if (tracer != 0) {
        char tracer_name[NAME_SIZE];
        jt_proc_name(tracer, tracer_name, sizeof tracer_name);
        return jt_fail(err, JT_NOT_PERMITTED, "process %d (%s) is traced already, by process %d (%s); end that first",
                       facts->pid, facts->name, tracer, tracer_name);
    }
    if (facts->yama == 3)
        return jt_fail(err, JT_NOT_PERMITTED, "%s: Yama's ptrace_scope is 3, which forbids it to everybody until the "
                       "next boot", lead);
    return facts->capable ? explain_privileged(facts, lead, err) : explain_unprivileged(facts, lead, err);
}

int jt_diagnose_refusal(int pid, int sys_errno, jt_error *err)
{
    char text[JT_PROC_TEXT];
    jt_proc_stat stat;
    if (jt_proc_read(pid, "stat", text, sizeof text) <= 0 || !jt_proc_parse_stat(text, &stat))
        return jt_fail(err, JT_GONE, "process %d ended", pid);
    if (stat.state == 'Z' || stat.state == 'X')
        return jt_fail(err, JT_NO_TARGET, "process %d has ended already (zombie)", pid);
    refusal facts = {.pid = pid};
    survey_ourselves(&facts);
    survey_target(&facts);
    int status = explain(&facts, err);
    if (err != NULL)
        err->sys_errno = sys_errno;
    return status;
}
