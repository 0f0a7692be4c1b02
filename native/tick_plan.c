#include "tick_plan.h"

enum {
    TURN_TICKS = 128,  /* after which it is every thread's turn again */
    LEAST_PATIENCE = 8,
    LIST_TICKS = 1024, /* between listings that nothing asked for */
    MANY_TASKS = 64,   /* for the process's clock to add up */
    CLOCK_READS = 4,   /* until the clock and the counters are of one instant, */
    INSTANT_NANOS = 500000 /* or at least not much of CPU time apart */
};

static bool is_quiet(const jt_tick_plan *plan, const jt_task_entry *entry)
{
    return entry->quiet >= plan->patience && entry->looked_at.settled && !entry->ended;
}

void jt_tick_plan_looked(jt_task_entry *entry, bool ran)
{
    if (ran || !entry->looked_at.settled)
        entry->quiet = 0;
    else if (entry->quiet < JT_QUIET_LOOKS)
        entry->quiet++;
}

/* Reads the counters for the look that follows. A thread that has none any more is left to that look. */
static void read_counters(jt_tick_plan *plan, jt_task_entry *entry)
{
    jt_looked_at *thread = &entry->looked_at;
    thread->has_counters = jt_task_read_schedule(thread->task, &thread->counters) == JT_OK;
    if (!thread->has_counters) {
        plan->known = false;
        entry->due = true;
        return;
    }
    plan->sum_nanos += thread->counters.run_nanos - entry->counted_nanos;
    entry->counted_nanos = thread->counters.run_nanos;
}

/* A quiet thread that runs costs a look at everybody's counters; until it is quiet each tick costs a look at its own. So
 * it becomes so when it has cost as much as its next run will. */
static uint32_t patience_with(const jt_task_list *list)
{
    size_t looks = list->count / 2;
    return looks < LEAST_PATIENCE ? LEAST_PATIENCE : looks > JT_QUIET_LOOKS ? JT_QUIET_LOOKS : (uint32_t)looks;
}

static void choose_running(jt_tick_plan *plan, jt_task_list *list, size_t *quiet)
{
    *quiet = 0;
    plan->patience = patience_with(list);
    for (size_t i = 0; i < list->count; i++) {
        jt_task_entry *entry = &list->entries[i];
        entry->looked_at.has_counters = false;
        entry->due = !is_quiet(plan, entry);
        *quiet += !entry->due;
    }
}

/* By their ids, so that nobody's turn is missed when threads come and go. */
static void choose_in_turn(jt_tick_plan *plan, jt_task_list *list, size_t quiet)
{
    size_t wanted = (quiet + TURN_TICKS - 1) / TURN_TICKS, i = 0;
    while (i < list->count && jt_task_tid(list->entries[i].looked_at.task) < plan->next_tid)
        i++;
    for (size_t passed = 0; passed < list->count && wanted > 0; passed++, i++) {
        jt_task_entry *entry = &list->entries[i % list->count];
        wanted -= !entry->due;
        entry->due = true;
        plan->next_tid = jt_task_tid(entry->looked_at.task) + 1;
    }
}

static void read_due(jt_tick_plan *plan, jt_task_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->entries[i].due)
            read_counters(plan, &list->entries[i]);
    }
}

static void read_others(jt_tick_plan *plan, jt_task_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        jt_task_entry *entry = &list->entries[i];
        if (entry->due)
            continue;
        read_counters(plan, entry);
        entry->due = !entry->looked_at.has_counters || !is_quiet(plan, entry) ||
                     entry->looked_at.counters.slices != entry->looked_at.schedule.slices;
    }
}

/* What ran while the others were read is among the due ones, most likely: so the clock is compared with their counters
 * as they are right after it. */
static int begin_books(jt_tick_plan *plan, jt_task_list *list, const jt_process *process, jt_error *err)
{
    uint64_t after = 0;
    plan->known = true;
    read_others(plan, list);
    for (int reads = 1; reads == 1 || (reads <= CLOCK_READS && after - plan->process_nanos > INSTANT_NANOS); reads++) {
        int status = jt_process_cpu_nanos(process, &plan->process_nanos);
        read_due(plan, list);
        if (status != JT_OK || jt_process_cpu_nanos(process, &after) != JT_OK)
            return jt_fail(err, JT_GONE, "process %d ended", jt_process_pid(process));
    }
    plan->other_nanos = plan->process_nanos - plan->sum_nanos;
    return JT_OK;
}

/* Whether all CPU time of the process is in the counters as they were read, after the clock: what they counted in
 * between makes the difference too small, and both are read again. */
static bool is_explained(jt_tick_plan *plan, jt_task_list *list, const jt_process *process)
{
    for (int reads = 1; plan->known; reads++) {
        int64_t unexplained = (int64_t)(plan->process_nanos - plan->sum_nanos - plan->other_nanos);
        if (unexplained == 0)
            return true;
        if (unexplained > 0 || reads == CLOCK_READS || jt_process_cpu_nanos(process, &plan->process_nanos) != JT_OK)
            return false;
        read_due(plan, list);
    }
    return false;
}

static int list_tasks(jt_tick_plan *plan, jt_task_list *list, jt_process *process, const jt_task_entry *first,
                      jt_task_ended *ended, void *context, jt_error *err)
{
    int status = jt_task_list_update(list, process, first, ended, context, err);
    plan->known = false;
    plan->sum_nanos = 0;
    for (size_t i = 0; i < list->count; i++)
        plan->sum_nanos += list->entries[i].counted_nanos;
    if (list->count >= MANY_TASKS)
        jt_process_keep_cpu_sum(process);
    return status;
}

int jt_tick_plan_make(jt_tick_plan *plan, jt_task_list *list, jt_process *process, uint64_t process_nanos,
                      const jt_task_entry *first, jt_task_ended *ended, void *context, jt_error *err)
{
    size_t quiet;
    int status = JT_OK;
    bool listed = plan->ticks++ % LIST_TICKS == 0 || jt_process_task_count(process) != list->listed;
    plan->process_nanos = process_nanos;
    if (listed)
        status = list_tasks(plan, list, process, first, ended, context, err);
    if (status != JT_OK)
        return status;
    choose_running(plan, list, &quiet);
    choose_in_turn(plan, list, quiet);
    read_due(plan, list);
    if (is_explained(plan, list, process))
        return JT_OK;
    if (plan->known) {
        read_others(plan, list);
        if (jt_process_cpu_nanos(process, &plan->process_nanos) == JT_OK &&
            (read_due(plan, list), is_explained(plan, list, process)))
            return JT_OK;
    }
    /* One may have started as another ended, and run: in a program of brief threads that is so at every second tick. */
    if (!listed)
        status = list_tasks(plan, list, process, first, ended, context, err);
    return status == JT_OK ? begin_books(plan, list, process, err) : status;
}
