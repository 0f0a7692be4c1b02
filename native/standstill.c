#include "standstill.h"

#include <sched.h>
#include <stdlib.h>

#include "tracer_schedule.h"
#include "wait_limit.h"

enum {
    BELOW_SP = JT_RED_ZONE + 8, /* where a call left its return address, too */
    MAX_STACK_BYTES = 64 << 20, /* an sp farther from the stack's base is not on that stack */
    JAVA_THREAD_BYTES = 4096    /* more than a JavaThread has */
};

typedef enum { STOPPING, STOPPED, LATE, GONE } thread_state;

typedef struct {
    jt_tracee tracee;
    thread_state state;
} held_thread;

/* Those that were sent to their stop, ascending by tid. */
typedef struct {
    held_thread *threads;
    size_t count, capacity;
} held_threads;

static int by_tid(const void *left, const void *right)
{
    int a = ((const held_thread *)left)->tracee.tid, b = ((const held_thread *)right)->tracee.tid;
    return (a > b) - (a < b);
}

static bool is_held(const held_threads *held, size_t sorted, int tid)
{
    held_thread key = {.tracee = {.tid = tid}};
    return sorted > 0 && bsearch(&key, held->threads, sorted, sizeof key, by_tid) != NULL;
}

static bool make_room(held_threads *held)
{
    if (held->count < held->capacity)
        return true;
    size_t capacity = held->capacity == 0 ? 64 : 2 * held->capacity;
    held_thread *threads = realloc(held->threads, capacity * sizeof *threads);
    if (threads == NULL)
        return false;
    held->threads = threads;
    held->capacity = capacity;
    return true;
}

/* --- stopping --- */

/* Sends those to their stop that were not yet; *any: there were some. */
static int begin_new(jt_process *process, held_threads *held, bool *any, jt_error *err)
{
    const int *tids;
    size_t count, before = held->count;
    int status = jt_process_list_tasks(process, &tids, &count, err);
    for (size_t i = 0; i < count && status == JT_OK; i++) {
        if (is_held(held, before, tids[i]))
            continue;
        if (!make_room(held))
            return jt_fail(err, JT_NO_MEMORY, "out of memory");
        held_thread *thread = &held->threads[held->count];
        *thread = (held_thread){.state = STOPPING};
        status = jt_tracee_begin(&thread->tracee, tids[i], err);
        held->count += status == JT_OK;
        if (status == JT_GONE)
            status = JT_OK;
    }
    *any = held->count > before;
    return status;
}

static void await_all(held_threads *held, const jt_wait_limit *limit)
{
    for (size_t i = 0; i < held->count; i++) {
        held_thread *thread = &held->threads[i];
        if (thread->state != STOPPING)
            continue;
        int status = jt_tracee_await(&thread->tracee, limit, NULL);
        thread->state = status == JT_OK ? STOPPED : status == JT_TIMED_OUT ? LATE : GONE;
    }
    qsort(held->threads, held->count, sizeof *held->threads, by_tid);
}

/* Until a list has no new ones: by then nobody is left who could start any. */
static int stop_all(jt_process *process, held_threads *held, jt_error *err)
{
    jt_wait_limit limit;
    bool any = true;
    int status = jt_tracee_limit(&limit, err);
    if (status != JT_OK)
        return status;
    while (any && status == JT_OK) {
        status = begin_new(process, held, &any, err);
        await_all(held, &limit);
    }
    jt_wait_limit_end(&limit);
    return status;
}

static void release_all(held_threads *held)
{
    for (size_t i = 0; i < held->count; i++) {
        held_thread *thread = &held->threads[i];
        if (thread->state == STOPPED && jt_tracee_release(&thread->tracee) == JT_TIMED_OUT)
            thread->state = LATE;
    }
}

/* --- copying --- */

static int copy_registers(const held_threads *held, jt_standstill *still, jt_error *err)
{
    still->threads = calloc(held->count + 1, sizeof *still->threads);
    if (still->threads == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < held->count; i++) {
        const held_thread *thread = &held->threads[i];
        jt_core_thread *copied = &still->threads[still->count];
        *copied = (jt_core_thread){.tid = thread->tracee.tid, .inner_tid = thread->tracee.tid};
        if (thread->state == STOPPED && jt_tracee_registers(&thread->tracee, &copied->registers, NULL) != JT_OK)
            copied->registers = (jt_registers){0};
        still->count += thread->state != GONE;
    }
    return JT_OK;
}

/* From the lowest of what is on it: the stack pointer of the thread that is there, or the last Java frame's. */
static void want_stack(const jt_vm *vm, jt_page_copy *pages, const jt_standstill *still,
                       const jt_java_thread_words *words)
{
    jt_addr base = words->stack_base, low = words->stack_base - words->stack_size;
    jt_addr from = jt_java_thread_anchor(vm, words).sp;
    if (words->stack_size > base)
        return;
    if (from < low || from > base)
        from = base;
    for (size_t i = 0; i < still->count; i++) {
        jt_addr sp = still->threads[i].registers.sp;
        if (sp >= low && sp < from)
            from = sp;
    }
    if (from >= base || base - from > MAX_STACK_BYTES)
        return;
    jt_page_copy_want(pages, from - BELOW_SP, base - from + BELOW_SP);
}

static int copy_memory(const jt_vm *vm, jt_page_copy *pages, const jt_standstill *still, jt_error *err)
{
    jt_java_thread *threads;
    size_t count;
    jt_page_copy_keep(pages);
    jt_page_copy_fill(pages);
    int status = jt_java_threads_list(vm, &threads, &count, err);
    if (status != JT_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        jt_java_thread_words words;
        jt_page_copy_want(pages, threads[i].address, JAVA_THREAD_BYTES);
        if (jt_java_thread_read(vm, threads[i].address, &words) == JT_OK)
            want_stack(vm, pages, still, &words);
    }
    jt_page_copy_fill(pages);
    free(threads);
    return JT_OK;
}

/* --- the standstill --- */

static int keep_late(const held_threads *held, jt_standstill *still, jt_error *err)
{
    still->late = calloc(held->count + 1, sizeof *still->late);
    if (still->late == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < held->count; i++)
        if (held->threads[i].state == LATE)
            still->late[still->late_count++] = held->threads[i].tracee;
    return JT_OK;
}

/* What the VM calls those that did not stop: they are found by nothing else. */
static void find_inner_ids(const jt_process *process, jt_standstill *still)
{
    for (size_t i = 0; i < still->count; i++) {
        jt_core_thread *thread = &still->threads[i];
        jt_task *task;
        if (thread->registers.sp != 0 || jt_task_open(process, thread->tid, &task, NULL) != JT_OK)
            continue;
        thread->inner_tid = jt_task_inner_tid(task);
        jt_task_close(task);
    }
}

int jt_standstill_take(jt_process *process, const jt_vm *vm, jt_page_copy *pages, jt_standstill *still, jt_error *err)
{
    held_threads held = {0};
    jt_tracer_schedule schedule;
    *still = (jt_standstill){0};
    jt_page_copy_note(pages);
    jt_page_copy_keep(pages);
    jt_page_copy_fill(pages); /* makes room, so that no page fault of ours falls into the stop */
    jt_tracer_schedule_init(&schedule);
    jt_tracer_schedule_enter(&schedule, sched_getcpu());
    uint64_t begin = jt_monotonic_nanos();
    int status = stop_all(process, &held, err);
    if (status == JT_OK)
        status = copy_registers(&held, still, err);
    if (status == JT_OK)
        status = copy_memory(vm, pages, still, err);
    release_all(&held);
    still->stop_nanos = jt_monotonic_nanos() - begin;
    jt_tracer_schedule_leave(&schedule);
    jt_tracer_schedule_reset(&schedule);
    int kept = keep_late(&held, still, err);
    find_inner_ids(process, still);
    free(held.threads);
    return status != JT_OK ? status : kept;
}

void jt_standstill_release_late(jt_standstill *still)
{
    size_t left = 0;
    for (size_t i = 0; i < still->late_count; i++)
        if (!jt_tracee_release_late(&still->late[i]))
            still->late[left++] = still->late[i];
    still->late_count = left;
}

void jt_standstill_free(jt_standstill *still)
{
    free(still->threads);
    free(still->late);
    *still = (jt_standstill){0};
}
