#include "diagnose.h"

#include <grp.h>
#include <sched.h>
#include <sys/mount.h>

#include "check.h"
#include "child.h"

/* ---- Yama, which not every kernel has ---- */

static void reads_yamas_scope(void)
{
    CHECK_EQ(jt_diagnose_yama_scope(NULL), 0);
    CHECK_EQ(jt_diagnose_yama_scope(""), 0);
    CHECK_EQ(jt_diagnose_yama_scope("0\n"), 0);
    CHECK_EQ(jt_diagnose_yama_scope("1\n"), 1);
    CHECK_EQ(jt_diagnose_yama_scope("2\n"), 2);
    CHECK_EQ(jt_diagnose_yama_scope("3\n"), 3);
}

static void explains(jt_refusal facts, const char *message)
{
    jt_error err;
    facts.pid = 4711;
    strcpy(facts.name, "java");
    CHECK_EQ(jt_diagnose_explain(&facts, &err), JT_NOT_PERMITTED);
    CHECK_EQ(err.status, JT_NOT_PERMITTED);
    CHECK_CONTAINS(err.message, "the kernel does not let jtrace read process 4711 (java): ");
    CHECK_CONTAINS(err.message, message);
    CHECK_EQ(jt_diagnose_explain(&facts, NULL), JT_NOT_PERMITTED);
}

static void explains_yamas_scope(void)
{
    jt_refusal own = {.target_uid = 1000, .uid_known = true, .our_uid = 1000};
    own.yama_scope = 1;
    explains(own, "Yama's ptrace_scope is 1, which allows only children; run jtrace as root (sudo), start the program "
                  "with jtrace -t, or set sysctl kernel.yama.ptrace_scope=0");
    own.yama_scope = 2;
    explains(own, "Yama's ptrace_scope is 2, which allows only CAP_SYS_PTRACE; run jtrace as root (sudo)");
    own.yama_scope = 3;
    explains(own, "Yama's ptrace_scope is 3, which forbids it to everybody until the next boot");
    own.capable = true;
    explains(own, "Yama's ptrace_scope is 3");
    jt_refusal foreign = {.target_uid = 0, .uid_known = true, .our_uid = 1000, .yama_scope = 1};
    explains(foreign, "it belongs to uid 0, jtrace runs as uid 1000"); /* Yama is not asked before that */
}

/* ---- users, capabilities, namespaces ---- */

static void explains_capabilities(void)
{
    jt_refusal own = {.target_uid = 1000, .uid_known = true, .our_uid = 1000};
    explains(own, "jtrace lacks CAP_SYS_PTRACE; run it as root (sudo), or in a container started with --cap-add "
                  "SYS_PTRACE");
    own.hidden = true;
    explains(own, "it is protected from its own user");
    jt_refusal root = {.target_uid = 0, .uid_known = true, .our_uid = 0};
    explains(root, "jtrace lacks CAP_SYS_PTRACE, and the process has capabilities that jtrace has not");
    jt_refusal of_user = {.target_uid = 1000, .uid_known = true, .our_uid = 0};
    explains(of_user,
             "it belongs to uid 1000, and jtrace runs as root without CAP_SYS_PTRACE; run it as uid 1000, or in "
             "a container started with --cap-add SYS_PTRACE");
    jt_refusal capable = {.target_uid = 0, .uid_known = true, .our_uid = 0, .capable = true};
    explains(capable, "a security module (SELinux, AppArmor) refuses");
    capable.seccomp = true;
    explains(capable, "a seccomp filter probably refuses");
}

static void explains_user_namespaces(void)
{
    jt_refusal foreign = {.target_uid = 0, .uid_known = true, .our_uid = 1000, .foreign_namespace = true};
    explains(foreign, "it is in another user namespace; run jtrace as root of the host");
    foreign.our_uid = 0;
    foreign.capable = true;
    explains(foreign,
             "it is in another user namespace, where jtrace's capabilities do not count; run jtrace as root of "
             "the host");
}

/* ---- other views of /proc ---- */

static void look_from_a_new_pid_namespace(void *unused)
{
    (void)unused;
    if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        _exit(77);
    pid_t inner = fork(); /* start_child wants to see its parent's number */
    if (inner != 0)
        _exit(wait_for_child(inner) == 0 ? 0 : 1);
    jt_error err;
    CHECK_STATUS(jt_diagnose_proc(&err), JT_FAILED, err);
    CHECK_CONTAINS(err.message, "/proc is that of another pid namespace: jtrace is process 1, and ");
    CHECK_CONTAINS(err.message, "mount -t proc proc /proc");
    CHECK_EQ(mount("proc", "/proc", "proc", 0, NULL), 0);
    CHECK_STATUS(jt_diagnose_proc(&err), JT_OK, err);
    CHECK_EQ(jt_diagnose_absence(4711, &err), JT_NO_TARGET);
    CHECK_CONTAINS(err.message, "there is no process 4711 here; jtrace runs in a container");
}

static void hide_another_users_process(void *pid)
{
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("proc", "/proc", "proc", 0, "hidepid=2") != 0)
        _exit(77);
    CHECK(setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0); /* group 0 sees all */
    CHECK_EQ(setresuid(65534, 65534, 65534), 0);
    jt_error err;
    CHECK_STATUS(jt_diagnose_proc(&err), JT_OK, err);
    CHECK_EQ(state_of(*(pid_t *)pid), 0);
    CHECK_EQ(jt_diagnose_absence(*(pid_t *)pid, &err), JT_NOT_PERMITTED);
    CHECK_CONTAINS(err.message,
                   "is hidden from jtrace, as /proc is mounted with hidepid; run jtrace as its user or as");
}

/* A child that cannot do what it is to test there says so. */
static void try_in_child(void (*body)(void *), void *argument, const char *what)
{
    int status = wait_for_child(start_child(body, argument));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        fprintf(stderr, "not tested: %s\n", what);
    else
        CHECK_EQ(status, 0);
}

static void knows_what_proc_does_not_show(void)
{
    jt_error err;
    CHECK_STATUS(jt_diagnose_proc(&err), JT_OK, err);
    CHECK_EQ(jt_diagnose_absence(1 << 22, &err), JT_NO_TARGET);
    CHECK_CONTAINS(err.message, "there is no process 4194304");
    try_in_child(look_from_a_new_pid_namespace, NULL, "no pid namespace can be made here");
    pid_t other = start_child(wait_for_ever, NULL);
    try_in_child(hide_another_users_process, &other, "/proc cannot be mounted here");
    kill_child(other);
}

int main(void)
{
    reads_yamas_scope();
    explains_yamas_scope();
    explains_capabilities();
    explains_user_namespaces();
    knows_what_proc_does_not_show();
}
