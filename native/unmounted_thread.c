#include "unmounted_thread.h"

#include <stdlib.h>

#include "hotspot/frame_walker.h"
#include "tick_words.h"

struct jt_unmounted {
    const jt_vm *vm;
    jt_frame_walker *walker;
    jt_frozen_stack frozen;
    jt_walk_result walk;
    jt_tick_words part;
};

int jt_unmounted_create(const jt_vm *vm, jt_unmounted **unmounted, jt_error *err)
{
    jt_unmounted *made = calloc(1, sizeof *made);
    if (made == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    made->vm = vm;
    made->walk.capacity = JT_WALK_MAX_FRAMES;
    made->walk.frames = calloc(JT_WALK_MAX_FRAMES, sizeof *made->walk.frames);
    int status = made->walk.frames != NULL ? jt_frozen_stack_init(&made->frozen, err)
                                           : jt_fail(err, JT_NO_MEMORY, "out of memory");
    if (status == JT_OK)
        status = jt_frame_walker_create(vm, &made->walker, err);
    if (status != JT_OK)
        jt_unmounted_destroy(made);
    else
        *unmounted = made;
    return status;
}

void jt_unmounted_destroy(jt_unmounted *unmounted)
{
    if (unmounted == NULL)
        return;
    jt_frame_walker_destroy(unmounted->walker);
    jt_frozen_stack_free(&unmounted->frozen);
    jt_tick_words_free(&unmounted->part);
    free(unmounted->walk.frames);
    free(unmounted);
}

static int walk(jt_unmounted *unmounted, const uint64_t *plan, size_t plan_count)
{
    jt_read reads[JT_FROZEN_MAX_READS];
    unmounted->walk.count = 0;
    if (!jt_frozen_stack_plan(&unmounted->frozen, plan, plan_count))
        return JT_WALK_STACK_UNREADABLE;
    if (unmounted->frozen.chunk_count == 0)
        return JT_WALK_COMPLETE; /* it has not run yet */
    size_t count = jt_frozen_stack_reads(&unmounted->frozen, reads);
    if (jt_memory_read_batch(unmounted->vm->memory, reads, count) != count)
        return JT_WALK_STACK_UNREADABLE;
    if (!jt_frozen_stack_as_planned(&unmounted->frozen))
        return JT_WALK_STACK_MOVED;
    return jt_frame_walker_walk_frozen(unmounted->walker, &unmounted->frozen, &unmounted->walk);
}

int jt_unmounted_walk(jt_unmounted *unmounted, const uint64_t *plan, size_t plan_count, const uint64_t **words,
                      size_t *count, jt_error *err)
{
    jt_look look = {.status = walk(unmounted, plan, plan_count)};
    if (!jt_tick_words_begin(&unmounted->part) ||
        !jt_tick_words_add(&unmounted->part, 0, 0, JT_TICK_NEW, &look, 1, &unmounted->walk))
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    *words = unmounted->part.words;
    *count = unmounted->part.count;
    return JT_OK;
}
