#include "gathered_looks.h"

#include <stdlib.h>

#include "native_look.h"

typedef struct {
    jt_looked_at *thread;
    jt_look look;        /* so far */
    jt_round_stop *stop; /* NULL: there was none */
    jt_java_thread_copy copy;
    jt_mounted_thread mounted;
} gathered_look;

struct jt_gathered_looks {
    gathered_look *looks; /* touched as far as they are needed */
    size_t count, capacity;
    jt_stop_round *round;
};

int jt_gathered_looks_create(size_t capacity, jt_gathered_looks **looks, jt_error *err)
{
    jt_gathered_looks *g = calloc(1, sizeof *g);
    if (g == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    g->capacity = capacity;
    g->looks = calloc(capacity, sizeof *g->looks);
    int status =
        g->looks != NULL ? jt_stop_round_create(capacity, &g->round, err) : jt_fail(err, JT_NO_MEMORY, "out of memory");
    if (status != JT_OK)
        jt_gathered_looks_destroy(g);
    else
        *looks = g;
    return status;
}

void jt_gathered_looks_destroy(jt_gathered_looks *looks)
{
    if (looks == NULL)
        return;
    for (size_t i = 0; looks->looks != NULL && i < looks->capacity; i++)
        jt_mounted_free(&looks->looks[i].mounted);
    jt_stop_round_destroy(looks->round);
    free(looks->looks);
    free(looks);
}

void jt_gathered_looks_clear(jt_gathered_looks *looks)
{
    looks->count = 0;
    jt_stop_round_clear(looks->round);
}

bool jt_gathered_looks_full(const jt_gathered_looks *looks)
{
    return looks->count == looks->capacity;
}

size_t jt_gathered_looks_count(const jt_gathered_looks *looks)
{
    return looks->count;
}

void jt_gathered_looks_add(jt_gathered_looks *looks, jt_looked_at *thread, const jt_look *look)
{
    if (looks->count == looks->capacity)
        return;
    gathered_look *gathered = &looks->looks[looks->count++];
    gathered->thread = thread;
    gathered->look = *look;
    gathered->stop = NULL;
}

jt_looked_at *jt_gathered_looks_thread(const jt_gathered_looks *looks, size_t i)
{
    return looks->looks[i].thread;
}

/* --- the round --- */

/* Of the thread as it is now, a moment before the round. */
static void plan(jt_gathered_looks *looks, gathered_look *gathered, jt_looker *looker)
{
    jt_java_thread_words words;
    jt_read also[JT_MOUNTED_MAX_READS];
    jt_mounted_thread *mounted = &gathered->mounted;
    if (!jt_look_read_thread(looker, gathered->thread, &words)) {
        gathered->look.stale_thread = true;
        gathered->look.status = JT_WALK_NO_JAVA_FRAMES;
        return;
    }
    mounted->vm = looker->vm;
    mounted->heap = looker->mounted.heap;
    jt_mounted_plan(mounted, gathered->thread->java_thread, &words);
    size_t count = jt_mounted_reads(mounted, also);
    jt_read thread_words = jt_java_thread_plan(looker->vm, gathered->thread->java_thread, &gathered->copy);
    gathered->stop = jt_stop_round_add(looks->round, jt_task_tid(gathered->thread->task), words.stack_base,
                                       &thread_words, 1, also, count, looker->native != NULL);
}

/* Not bound to a CPU: the threads are on all of them. */
uint64_t jt_gathered_looks_take(jt_gathered_looks *looks, jt_looker *looker)
{
    for (size_t i = 0; i < looks->count; i++)
        plan(looks, &looks->looks[i], looker);
    uint64_t begin = jt_monotonic_nanos();
    jt_tracer_schedule_reset(&looker->schedule);
    jt_tracer_schedule_enter(&looker->schedule, -1);
    int status = jt_stop_round_take(looks->round, looker->process, NULL);
    jt_tracer_schedule_leave(&looker->schedule);
    for (size_t i = 0; i < looks->count; i++) {
        gathered_look *gathered = &looks->looks[i];
        if (status != JT_OK)
            gathered->stop = NULL;
        else if (gathered->stop != NULL && gathered->stop->status == JT_TIMED_OUT)
            gathered->thread->late = gathered->stop->tracee;
    }
    return jt_monotonic_nanos() - begin;
}

/* --- the walks --- */

static bool carries_virtual_thread(const gathered_look *gathered, const jt_java_thread_words *in_window)
{
    const jt_thread_references *references = &gathered->mounted.references;
    return in_window->cont_entry != 0 || references->virtual_thread != references->thread;
}

/* With the looker's own copies put aside. False when frozen frames were not copied as they were then, or were on their
 * way; without `in_part` there is nothing then. */
static bool walk_copy(jt_looker *looker, const gathered_look *gathered, const jt_java_thread_words *in_window,
                      bool in_part, jt_look *look)
{
    jt_walk_input in;
    jt_snapshot own_snapshot = looker->snapshot;
    jt_mounted_thread own_mounted = looker->mounted;
    looker->snapshot = gathered->stop->snapshot;
    looker->mounted = gathered->mounted;
    looker->mounted.heap = own_mounted.heap;
    jt_look_take_copy(looker, gathered->thread, in_window, &in);
    bool stands = jt_look_walk(looker, &in, look, &look->status) && !looker->walk.in_transit;
    if (!stands && in_part)
        look->status = jt_look_walk_without_frozen(looker, &in);
    if ((stands || in_part) && looker->native != NULL)
        jt_native_look_copied(looker, &in, look->state != 'R');
    looker->mounted = own_mounted;
    looker->snapshot = own_snapshot;
    return stands || in_part;
}

static void walk(jt_looker *looker, const gathered_look *gathered, bool again, bool may_stop, jt_look *look)
{
    jt_looked_at *thread = gathered->thread;
    jt_java_thread_words words;
    jt_java_thread_take(looker->vm, &gathered->copy, &words);
    bool moved = again && may_stop && carries_virtual_thread(gathered, &words);
    if (!moved && walk_copy(looker, gathered, &words, !may_stop, look)) {
        thread->stopped_without |= look->status == JT_WALK_NO_JAVA_FRAMES;
        return;
    }
    looker->walk.count = 0;
    look->stale_thread = !jt_look_read_thread(looker, thread, &words);
    if (look->stale_thread)
        look->status = JT_WALK_NO_JAVA_FRAMES;
    else
        jt_look_stop_and_read(looker, thread, &words, look);
}

bool jt_gathered_looks_walk(jt_gathered_looks *looks, size_t i, jt_looker *looker, bool again, bool may_stop,
                            jt_look *look)
{
    gathered_look *gathered = &looks->looks[i];
    *look = gathered->look;
    look->put_off = false;
    looker->walk.count = 0;
    looker->walk.scanned = false;
    if (gathered->stop == NULL || gathered->stop->left_out)
        return look->stale_thread;
    look->stop_nanos = again ? 0 : gathered->stop->snapshot.stop_nanos;
    look->gone = gathered->stop->status == JT_GONE;
    if (gathered->stop->status == JT_OK)
        walk(looker, gathered, again, may_stop, look);
    else
        look->status = jt_look_status_of_refusal(gathered->stop->status);
    jt_look_notice_end(looker, gathered->thread, look);
    jt_look_conclude(looker, gathered->thread, look);
    return true;
}
