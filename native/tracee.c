#include "tracee.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "diagnose.h"
#include "proc_file.h"
#include "wait_limit.h"

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif

enum {
    SEIZE_ATTEMPTS = 8,
    FIRST_PAUSE_NANOS = 15 * 1000, /* between attempts; each is twice the one before, 1.9 ms in all */
    STOP_LIMIT_NANOS = 100 * 1000 * 1000,
};

/* What a look at a seized thread finds. */
typedef enum { NOTHING, STOPPED, ENDED } finding;

/* ---- waiting ---- */

/* A thread that ends while it is seized stays a zombie until its tracer takes notice, and the process with it. Only the
 * end of a command that we started ourselves is left alone: its status is for jt_spawn_poll. */
static void take_notice_of_end(int tid)
{
    char text[JT_PROC_TEXT];
    uint64_t leader, parent;
    if (jt_proc_read(tid, "status", text, sizeof text) > 0 && jt_proc_field(text, "Tgid:", 10, &leader) &&
        jt_proc_field(text, "PPid:", 10, &parent) && leader == (uint64_t)tid && parent == (uint64_t)getpid())
        return;
    siginfo_t info;
    waitid(P_PID, (id_t)tid, &info, WEXITED | WNOHANG | __WALL);
}

/* A thread that called exec goes on under the id of its process, and stops under this id too: nobody waits for it
 * there. WNOWAIT and __WNOTHREAD leave all other events, and the children of other threads here, as they are. */
static finding look_for_renamed(void)
{
    siginfo_t info = {.si_pid = 0};
    if (waitid(P_ALL, 0, &info, WSTOPPED | WNOHANG | WNOWAIT | __WALL | __WNOTHREAD) != 0)
        return ENDED;
    return info.si_pid != 0 && ptrace(PTRACE_DETACH, info.si_pid, NULL, NULL) == 0 ? ENDED : NOTHING;
}

/* WNOWAIT: a stop needs no taking, as detaching ends it, and an end must be looked at before it is taken. */
static finding look(jt_tracee *tracee, int wait_flags)
{
    siginfo_t info = {.si_pid = 0};
    if (waitid(P_PID, (id_t)tracee->tid, &info, WEXITED | WSTOPPED | WNOWAIT | __WALL | wait_flags) != 0)
        return errno == ECHILD ? look_for_renamed() : NOTHING;
    if (info.si_pid == 0)
        return NOTHING;
    if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED) {
        take_notice_of_end(tracee->tid);
        return ENDED;
    }
    /* Not our interrupt's stop: it was about to take a signal, which it gets when it is detached. */
    tracee->pending_signal = info.si_status >> 8 == PTRACE_EVENT_STOP ? 0 : info.si_status & 0x7f;
    return STOPPED;
}

/* In the file of the thread: the one of that name above it adds up all threads of the process. */
static bool is_ready_to_run(int tid)
{
    char name[32], text[JT_PROC_TEXT];
    jt_proc_stat stat;
    snprintf(name, sizeof name, "task/%d/stat", tid);
    return jt_proc_read(tid, name, text, sizeof text) > 0 && jt_proc_parse_stat(text, &stat) && stat.state == 'R';
}

/* Gives up on a thread that sleeps uninterruptibly. One that only waits for a CPU, on a machine that is overloaded,
 * gets there. */
static finding wait_within(jt_tracee *tracee, const jt_wait_limit *limit)
{
    uint64_t last_moment = limit->deadline_nanos + JT_TRACEE_PATIENCE_NANOS;
    for (;;) {
        finding found = look(tracee, 0);
        if (found != NOTHING)
            return found;
        if (jt_wait_limit_passed(limit) && (jt_monotonic_nanos() > last_moment || !is_ready_to_run(tracee->tid)))
            return look(tracee, WNOHANG);
    }
}

/* ---- stopping ---- */

static int refused(int tid, jt_error *err)
{
    char text[JT_PROC_TEXT];
    jt_proc_stat stat;
    if (jt_proc_read(tid, "stat", text, sizeof text) <= 0 || !jt_proc_parse_stat(text, &stat) || stat.state == 'Z' ||
        stat.state == 'X') /* an ending thread is refused as well */
        return jt_fail(err, JT_GONE, "thread %d ended", tid);
    return err != NULL ? jt_diagnose_refusal(tid, EPERM, err) : JT_NOT_PERMITTED;
}

/* Whether what refuses the thread goes away by itself: another jtrace that holds it for some 50 us, or for longer when
 * it loses its CPU meanwhile. *free_looks counts how often nobody held it any more when looked at: once is such a
 * jtrace, too. */
static bool will_be_let_go(int tid, int *free_looks)
{
    char text[JT_PROC_TEXT];
    uint64_t tracer;
    if (jt_proc_read(tid, "status", text, sizeof text) <= 0 || !jt_proc_field(text, "TracerPid:", 10, &tracer))
        return false;
    return tracer == 0 ? ++*free_looks < 3 : jt_diagnose_is_another_jtrace((int)tracer);
}

static int seize(int tid, jt_error *err)
{
    int free_looks = 0, failure;
    struct timespec pause = {0, FIRST_PAUSE_NANOS};
    for (int attempt = 1;; attempt++) {
        if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) == 0)
            return JT_OK;
        failure = errno;
        if (failure != EPERM || attempt == SEIZE_ATTEMPTS || !will_be_let_go(tid, &free_looks))
            break;
        nanosleep(&pause, NULL);
        pause.tv_nsec *= 2;
    }
    if (failure == ESRCH)
        return jt_fail(err, JT_GONE, "thread %d ended", tid);
    if (failure == EPERM)
        return refused(tid, err);
    return jt_fail_errno(err, JT_FAILED, failure, "cannot seize thread %d", tid);
}

/* Fails for an ending thread: the wait will see its end. */
static void interrupt(jt_tracee *tracee)
{
    tracee->interrupt_nanos = jt_monotonic_nanos();
    ptrace(PTRACE_INTERRUPT, tracee->tid, NULL, NULL);
}

int jt_tracee_begin(jt_tracee *tracee, int tid, jt_error *err)
{
    *tracee = (jt_tracee){.tid = tid};
    int status = seize(tid, err);
    if (status == JT_OK)
        interrupt(tracee);
    return status;
}

int jt_tracee_begin_at_once(jt_tracee *tracee, int tid, bool *held)
{
    int free_looks = 0;
    *tracee = (jt_tracee){.tid = tid};
    do {
        *held = false;
        if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) == 0) {
            interrupt(tracee);
            return JT_OK;
        }
        if (errno != EPERM)
            return errno == ESRCH ? JT_GONE : JT_FAILED;
        int before = free_looks;
        *held = will_be_let_go(tid, &free_looks) && free_looks == before;
        if (free_looks == before)
            break;
    } while (free_looks < 3);
    return *held ? JT_NOT_PERMITTED : refused(tid, NULL);
}

static int status_of(const jt_tracee *tracee, finding found, jt_error *err)
{
    switch (found) {
    case STOPPED:
        return JT_OK;
    case ENDED:
        return jt_fail(err, JT_GONE, "thread %d ended", tracee->tid);
    default:
        return jt_fail(err, JT_TIMED_OUT, "thread %d does not reach its stop", tracee->tid);
    }
}

int jt_tracee_await(jt_tracee *tracee, const jt_wait_limit *limit, jt_error *err)
{
    return status_of(tracee, wait_within(tracee, limit), err);
}

int jt_tracee_check(jt_tracee *tracee)
{
    return status_of(tracee, look(tracee, WNOHANG), NULL);
}

/* __WNOTHREAD: never a child of another thread here. */
int jt_tracee_any(bool wait)
{
    siginfo_t info = {.si_pid = 0};
    int flags = WEXITED | WSTOPPED | WNOWAIT | __WALL | __WNOTHREAD | (wait ? 0 : WNOHANG);
    if (waitid(P_ALL, 0, &info, flags) != 0)
        return errno == EINTR ? 0 : -1;
    return info.si_pid;
}

bool jt_tracee_starves(const jt_tracee *tracee)
{
    return is_ready_to_run(tracee->tid);
}

int jt_tracee_limit(jt_wait_limit *limit, jt_error *err)
{
    return jt_wait_limit_start(limit, STOP_LIMIT_NANOS, err);
}

int jt_tracee_stop(jt_tracee *tracee, int tid, jt_error *err)
{
    *tracee = (jt_tracee){.tid = tid};
    jt_wait_limit limit;
    int status = jt_tracee_limit(&limit, err);
    if (status != JT_OK)
        return status;
    status = jt_tracee_begin(tracee, tid, err);
    if (status == JT_OK)
        status = jt_tracee_await(tracee, &limit, err);
    jt_wait_limit_end(&limit);
    return status;
}

int jt_tracee_registers(const jt_tracee *tracee, jt_registers *registers, jt_error *err)
{
    uint64_t set[64]; /* more than any CPU's NT_PRSTATUS */
    struct iovec into = {set, sizeof set};
    if (ptrace(PTRACE_GETREGSET, tracee->tid, (void *)NT_PRSTATUS, &into) != 0) {
        int status = errno == ESRCH ? JT_GONE : JT_FAILED;
        return jt_fail_errno(err, status, errno, "cannot read the registers of thread %d", tracee->tid);
    }
    if (jt_registers_from_prstatus(registers, set, into.iov_len) != JT_OK)
        return jt_fail(err, JT_UNSUPPORTED, "thread %d does not run 64-bit code", tracee->tid);
    return JT_OK;
}

/* ---- letting go ---- */

static bool detach(const jt_tracee *tracee)
{
    return ptrace(PTRACE_DETACH, tracee->tid, NULL, (void *)(intptr_t)tracee->pending_signal) == 0;
}

/* Of one that was killed in the window. */
static int await_end(jt_tracee *tracee, const jt_wait_limit *limit)
{
    return wait_within(tracee, limit) == ENDED ? JT_OK : JT_TIMED_OUT;
}

int jt_tracee_release(jt_tracee *tracee)
{
    if (detach(tracee))
        return JT_OK;
    jt_wait_limit limit;
    if (jt_wait_limit_start(&limit, STOP_LIMIT_NANOS, NULL) != JT_OK)
        return jt_tracee_release_late(tracee) ? JT_OK : JT_TIMED_OUT;
    int status = await_end(tracee, &limit);
    jt_wait_limit_end(&limit);
    return status;
}

int jt_tracee_release_within(jt_tracee *tracee, const jt_wait_limit *limit)
{
    return detach(tracee) ? JT_OK : await_end(tracee, limit);
}

int jt_tracee_release_late(jt_tracee *tracee)
{
    switch (look(tracee, WNOHANG)) {
    case STOPPED:
        return detach(tracee);
    case ENDED:
        return true;
    default:
        return false;
    }
}
