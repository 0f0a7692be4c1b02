#include "diagnose.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc_file.h"

enum { CAP_SYS_PTRACE_BIT = 19, SECCOMP_FILTER = 2 };

/* The inode of the first pid namespace, that of no container: the kernel's include/linux/proc_ns.h. */
static const ino_t FIRST_PID_NAMESPACE = 0xEFFFFFFC;

/* ---- the facts ---- */

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

bool jt_diagnose_is_another_jtrace(int pid)
{
    char its[64], ours[64];
    return pid != getpid() && jt_proc_read(pid, "comm", its, sizeof its) > 0 &&
           jt_proc_read(getpid(), "comm", ours, sizeof ours) > 0 && strcmp(its, ours) == 0;
}

unsigned jt_diagnose_yama_scope(const char *text)
{
    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : 0;
}

static unsigned read_yama_scope(void)
{
    char text[32];
    long length = jt_proc_read_at(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", text, sizeof text);
    return jt_diagnose_yama_scope(length > 0 ? text : NULL);
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

static void survey_ourselves(jt_refusal *facts)
{
    char text[JT_PROC_TEXT];
    uint64_t capabilities = 0, seccomp = 0;
    if (jt_proc_read(getpid(), "status", text, sizeof text) > 0) {
        jt_proc_field(text, "CapEff:", 16, &capabilities);
        jt_proc_field(text, "Seccomp:", 10, &seccomp);
    }
    facts->capable = (capabilities >> CAP_SYS_PTRACE_BIT & 1) != 0;
    facts->seccomp = seccomp == SECCOMP_FILTER;
    facts->yama_scope = read_yama_scope();
}

static void survey_target(jt_refusal *facts)
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

/* ---- the words ---- */

/* Another user's process, for somebody who has no CAP_SYS_PTRACE. */
static int explain_other_user(const jt_refusal *facts, const char *lead, jt_error *err)
{
    unsigned uid = (unsigned)facts->target_uid;
    if (facts->our_uid == 0)
        return jt_fail(err, JT_NOT_PERMITTED,
                       "%s: it belongs to uid %u, and jtrace runs as root without CAP_SYS_PTRACE; "
                       "run it as uid %u, or in a container started with --cap-add SYS_PTRACE",
                       lead, uid, uid);
    return jt_fail(err, JT_NOT_PERMITTED,
                   "%s: it belongs to uid %u, jtrace runs as uid %u; run jtrace as that user or as "
                   "root (sudo)",
                   lead, uid, facts->our_uid);
}

/* What Yama's ptrace_scope of 1 or 2 keeps from somebody who has no CAP_SYS_PTRACE. */
static int explain_yama(const jt_refusal *facts, const char *lead, jt_error *err)
{
    if (facts->yama_scope == 1)
        return jt_fail(err, JT_NOT_PERMITTED,
                       "%s: Yama's ptrace_scope is 1, which allows only children; run jtrace as "
                       "root (sudo), start the program with jtrace -t, or set sysctl kernel.yama.ptrace_scope=0",
                       lead);
    return jt_fail(err, JT_NOT_PERMITTED,
                   "%s: Yama's ptrace_scope is 2, which allows only CAP_SYS_PTRACE; run jtrace as "
                   "root (sudo)",
                   lead);
}

/* What stands in the way of somebody who has no CAP_SYS_PTRACE. */
static int explain_unprivileged(const jt_refusal *facts, const char *lead, jt_error *err)
{
    if (facts->foreign_namespace)
        return jt_fail(err, JT_NOT_PERMITTED, "%s: it is in another user namespace; run jtrace as root of the host",
                       lead);
    if (facts->uid_known && facts->target_uid != facts->our_uid)
        return explain_other_user(facts, lead, err);
    if (facts->yama_scope == 1 || facts->yama_scope == 2)
        return explain_yama(facts, lead, err);
    if (facts->hidden && facts->our_uid != 0)
        return jt_fail(err, JT_NOT_PERMITTED,
                       "%s: it is protected from its own user (not dumpable: it changed its "
                       "user or has file capabilities); run jtrace as root (sudo)",
                       lead);
    if (facts->our_uid == 0)
        return jt_fail(
            err, JT_NOT_PERMITTED,
            "%s: jtrace lacks CAP_SYS_PTRACE, and the process has capabilities that "
            "jtrace has not; run it as root of the host, or in a container started with --cap-add SYS_PTRACE",
            lead);
    return jt_fail(err, JT_NOT_PERMITTED,
                   "%s: jtrace lacks CAP_SYS_PTRACE; run it as root (sudo), or in a container "
                   "started with --cap-add SYS_PTRACE",
                   lead);
}

/* What stands in the way although we have CAP_SYS_PTRACE. */
static int explain_privileged(const jt_refusal *facts, const char *lead, jt_error *err)
{
    if (facts->foreign_namespace)
        return jt_fail(err, JT_NOT_PERMITTED,
                       "%s: it is in another user namespace, where jtrace's capabilities do not "
                       "count; run jtrace as root of the host",
                       lead);
    if (facts->seccomp)
        return jt_fail(err, JT_NOT_PERMITTED,
                       "%s: a seccomp filter probably refuses ptrace or process_vm_readv to "
                       "jtrace; run it on the host, or in a container started with --cap-add SYS_PTRACE --security-opt "
                       "seccomp=unconfined",
                       lead);
    return jt_fail(err, JT_NOT_PERMITTED,
                   "%s: it is traced already, or a security module (SELinux, AppArmor) refuses; "
                   "look into the kernel's audit log",
                   lead);
}

int jt_diagnose_explain(const jt_refusal *facts, jt_error *err)
{
    char lead[128];
    snprintf(lead, sizeof lead, "the kernel does not let jtrace read process %d (%s)", facts->pid, facts->name);
    if (facts->yama_scope >= 3)
        return jt_fail(err, JT_NOT_PERMITTED,
                       "%s: Yama's ptrace_scope is 3, which forbids it to everybody until the "
                       "next boot",
                       lead);
    return facts->capable ? explain_privileged(facts, lead, err) : explain_unprivileged(facts, lead, err);
}

static int explain_tracer(const jt_refusal *facts, int tracer, jt_error *err)
{
    char name[JT_DIAGNOSE_NAME];
    jt_proc_name(tracer, name, sizeof name);
    return jt_fail(err, JT_NOT_PERMITTED, "process %d (%s) is traced already, by process %d (%s); end that first",
                   facts->pid, facts->name, tracer, name);
}

int jt_diagnose_refusal(int pid, int sys_errno, jt_error *err)
{
    char text[JT_PROC_TEXT];
    jt_proc_stat stat;
    if (jt_proc_read(pid, "stat", text, sizeof text) <= 0 || !jt_proc_parse_stat(text, &stat))
        return jt_fail(err, JT_GONE, "process %d ended", pid);
    if ((stat.state == 'Z' || stat.state == 'X') && jt_proc_task_with_memory(pid) == 0)
        return jt_fail(err, JT_NO_TARGET, "process %d has ended already (zombie)", pid);
    jt_refusal facts = {.pid = pid, .our_uid = geteuid()};
    survey_ourselves(&facts);
    survey_target(&facts);
    int tracer = jt_diagnose_tracer(pid);
    int status = tracer != 0 ? explain_tracer(&facts, tracer, err) : jt_diagnose_explain(&facts, err);
    if (err != NULL)
        err->sys_errno = sys_errno;
    return status;
}

/* ---- what /proc does not show ---- */

int jt_diagnose_proc(jt_error *err)
{
    char text[32];
    ssize_t length = readlink("/proc/self", text, sizeof text - 1);
    text[length > 0 ? length : 0] = '\0';
    if (atoi(text) == getpid())
        return JT_OK;
    const char *advice = "enter the mount namespace along with the pid namespace (nsenter -p -m), or mount a /proc of "
                         "its own (mount -t proc proc /proc)";
    if (text[0] == '\0')
        return jt_fail(err, JT_FAILED, "/proc is not that of jtrace's pid namespace, as jtrace is not in it; %s",
                       advice);
    return jt_fail(err, JT_FAILED, "/proc is that of another pid namespace: jtrace is process %d, and %s there; %s",
                   getpid(), text, advice);
}

static int explain_hiding(int pid, jt_error *err)
{
    const char *advice = geteuid() != 0 ? "run jtrace as its user or as root (sudo)"
                                        : "jtrace runs as root without CAP_SYS_PTRACE over it; run it as the process's "
                                          "user or as root of the host";
    return jt_fail(err, JT_NOT_PERMITTED, "process %d is hidden from jtrace, as /proc is mounted with hidepid; %s", pid,
                   advice);
}

int jt_diagnose_absence(int pid, jt_error *err)
{
    if (pid > 0 && (kill(pid, 0) == 0 || errno == EPERM))
        return explain_hiding(pid, err);
    struct stat namespace;
    if (stat("/proc/self/ns/pid", &namespace) == 0 && namespace.st_ino != FIRST_PID_NAMESPACE)
        return jt_fail(err, JT_NO_TARGET,
                       "there is no process %d here; jtrace runs in a container, and -p takes the pid "
                       "as seen in there",
                       pid);
    return jt_fail(err, JT_NO_TARGET, "there is no process %d", pid);
}
