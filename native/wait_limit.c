#include "wait_limit.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { AGAIN_NANOS = 10 * 1000 * 1000 };

/* A thread's own. Setting it takes longer than the wait that it limits, so it stays set from one wait to the next, and
 * is put off when it has come near. */
struct jt_wait_timer {
    timer_t id;
    volatile sig_atomic_t in_use;
    volatile uint64_t fires_nanos; /* the next one at the latest; 0: it is not set */
};

/* A signal is the only thing that gets a thread out of waitid; a poll instead would cost the stopped thread its wake-up
 * delay or us a CPU. Signal handlers belong to the whole process, so this is the one piece of global state: set once,
 * never changed, and on a signal that nobody here had a handler for. */
static pthread_once_t set_up_once = PTHREAD_ONCE_INIT;
static int interrupt_signal; /* 0: none was free */
static pthread_key_t timer_key;
static bool has_timer_key;

static struct timespec to_timespec(uint64_t nanos)
{
    return (struct timespec){(time_t)(nanos / 1000000000u), (long)(nanos % 1000000000u)};
}

static void set_timer(jt_wait_timer *timer, uint64_t now_nanos, uint64_t nanos)
{
    struct itimerspec when = {.it_value = to_timespec(nanos), .it_interval = to_timespec(nanos == 0 ? 0 : AGAIN_NANOS)};
    timer->fires_nanos = nanos == 0 ? 0 : now_nanos + nanos;
    timer_settime(timer->id, 0, &when, NULL);
}

/* In the thread that has the timer, wherever that is. */
static void interrupt(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    jt_wait_timer *timer = info->si_code == SI_TIMER ? info->si_value.sival_ptr : NULL;
    int before = errno;
    if (timer != NULL && !timer->in_use)
        set_timer(timer, 0, 0);
    errno = before;
}

static void delete_timer(void *timer)
{
    timer_delete(((jt_wait_timer *)timer)->id);
    free(timer);
}

/* The JDK wakes blocked threads with SIGRTMAX-2 (NativeThread.c, linux_close.c), but installs that only when it is
 * needed; C libraries and debuggers take numbers near both ends. So the search starts in between. */
static void set_up(void)
{
    has_timer_key = pthread_key_create(&timer_key, delete_timer) == 0;
    for (int number = SIGRTMAX - 8; number > SIGRTMIN + 1 && interrupt_signal == 0; number--) {
        struct sigaction present;
        if (sigaction(number, NULL, &present) != 0 || present.sa_handler != SIG_DFL)
            continue;
        /* no SA_RESTART: waits are to end */
        struct sigaction ours = {.sa_sigaction = interrupt, .sa_flags = SA_SIGINFO};
        sigemptyset(&ours.sa_mask);
        if (sigaction(number, &ours, NULL) == 0)
            interrupt_signal = number;
    }
}

uint64_t jt_monotonic_nanos(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int create_timer(jt_wait_timer *timer)
{
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = interrupt_signal;
    event.sigev_value.sival_ptr = timer;
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid /* glibc names it so since 2.38 only */
#endif
    event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
    return timer_create(CLOCK_MONOTONIC, &event, &timer->id);
}

/* Makes the thread's timer, and lets its signal through: this thread may have inherited a full mask. */
static jt_wait_timer *make_timer(void)
{
    jt_wait_timer *timer = has_timer_key ? calloc(1, sizeof *timer) : NULL;
    sigset_t unblocked;
    sigemptyset(&unblocked);
    sigaddset(&unblocked, interrupt_signal);
    pthread_sigmask(SIG_UNBLOCK, &unblocked, NULL);
    if (timer == NULL || create_timer(timer) != 0) {
        free(timer);
        return NULL;
    }
    if (pthread_setspecific(timer_key, timer) != 0) {
        delete_timer(timer);
        return NULL;
    }
    return timer;
}

int jt_wait_limit_start(jt_wait_limit *limit, uint64_t nanos, jt_error *err)
{
    pthread_once(&set_up_once, set_up);
    if (interrupt_signal == 0)
        return jt_fail(err, JT_FAILED, "no real-time signal is free to limit waits with");
    limit->timer = has_timer_key ? pthread_getspecific(timer_key) : NULL;
    if (limit->timer == NULL)
        limit->timer = make_timer();
    if (limit->timer == NULL)
        return jt_fail_errno(err, JT_FAILED, errno, "cannot create a timer");
    uint64_t now = jt_monotonic_nanos();
    limit->deadline_nanos = now + nanos;
    limit->timer->in_use = true; /* from here on it is not taken back */
    if (limit->timer->fires_nanos < now + nanos / 2 || limit->timer->fires_nanos > limit->deadline_nanos)
        set_timer(limit->timer, now, nanos);
    return JT_OK;
}

bool jt_wait_limit_passed(const jt_wait_limit *limit)
{
    return jt_monotonic_nanos() >= limit->deadline_nanos;
}

void jt_wait_limit_end(jt_wait_limit *limit)
{
    limit->timer->in_use = false;
}
