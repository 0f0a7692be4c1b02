#include "tracer_schedule.h"

#include <errno.h>
#include <sys/resource.h>

enum { SAMPLING_NICE = -10 };

/* On a busy machine a tracer of no importance misses its ticks, and comes to walk a copied stack when the code that the
 * stack points to is gone. */
static void be_important(const jt_tracer_schedule *schedule)
{
    errno = 0;
    if (schedule->policy == SCHED_OTHER && getpriority(PRIO_PROCESS, 0) == 0 && errno == 0)
        setpriority(PRIO_PROCESS, 0, SAMPLING_NICE); /* of this thread only; refused unless root: stays as it is */
}

void jt_tracer_schedule_init(jt_tracer_schedule *schedule)
{
    schedule->cpu = -1;
    schedule->first.sched_priority = sched_get_priority_min(SCHED_RR);
    schedule->may_move = sched_getaffinity(0, sizeof schedule->allowed, &schedule->allowed) == 0;
    schedule->policy = sched_getscheduler(0);
    /* a user who runs jtrace under a policy of his own keeps it */
    schedule->may_go_first = schedule->policy == SCHED_OTHER && sched_getparam(0, &schedule->param) == 0;
    be_important(schedule);
}

/* Who goes first is not moved by the kernel while nobody else does on that CPU: it need not be bound to it. */
static bool is_there(const jt_tracer_schedule *schedule, int cpu)
{
    return cpu == schedule->cpu || (schedule->cpu < 0 && schedule->may_go_first && sched_getcpu() == cpu);
}

static void move(jt_tracer_schedule *schedule, int cpu)
{
    cpu_set_t one;
    if (!schedule->may_move || is_there(schedule, cpu) || cpu < 0 || cpu >= CPU_SETSIZE ||
        !CPU_ISSET(cpu, &schedule->allowed))
        return;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof one, &one) == 0)
        schedule->cpu = cpu;
}

void jt_tracer_schedule_enter(jt_tracer_schedule *schedule, int cpu)
{
    if (schedule->may_go_first && sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &schedule->first) != 0)
        schedule->may_go_first = false; /* not root, or RLIMIT_RTPRIO 0: not tried again */
    move(schedule, cpu); /* then, or it would wait there until the thread's time slice ends */
}

void jt_tracer_schedule_leave(jt_tracer_schedule *schedule)
{
    if (schedule->may_go_first)
        sched_setscheduler(0, schedule->policy, &schedule->param);
}

void jt_tracer_schedule_reset(jt_tracer_schedule *schedule)
{
    if (schedule->cpu < 0)
        return;
    sched_setaffinity(0, sizeof schedule->allowed, &schedule->allowed);
    schedule->cpu = -1;
}
