#include "sample_look.h"

#include <string.h>

#include "native_look.h"

static const uint64_t FRAME_ADDRESS = (UINT64_C(1) << 56) - 1; /* the bits that a tick's words have for it */
enum { OVERLAP = 4096 }; /* bytes of the copy that must still be there for what lies above them to be believed */

/* What was known of the thread when it was looked at, or is known still. */
static void read_thread(const jt_looker *looker, jt_looked_at *thread, jt_java_thread_words *words, jt_walk_input *in)
{
    if (!jt_look_read_thread(looker, thread, words))
        memset(words, 0, sizeof *words);
    else
        thread->stack_base = words->stack_base;
    jt_look_fill_input(looker, thread, words, in);
    in->stack_base = thread->stack_base;
}

/* The rest of a stack that is deeper than the kernel copies, read after the sample was taken. It is what it was then as
 * long as the thread has not returned to it: its callees' frames, at the copy's end, are still as they were. */
static bool complete_stack(const jt_looker *looker, jt_walk_input *in)
{
    uint8_t *stack = looker->snapshot.stack, now[OVERLAP];
    jt_addr end = in->stack_address + in->stack_length;
    size_t overlap = in->stack_length < OVERLAP ? in->stack_length : OVERLAP;
    if (in->stack_base - in->stack_address > JT_SNAPSHOT_STACK_LIMIT) /* what the buffer has, touched or not */
        return false;
    if (jt_memory_read(looker->vm->memory, end, stack + in->stack_length, in->stack_base - end) != JT_OK ||
        jt_memory_read(looker->vm->memory, end - overlap, now, overlap) != JT_OK ||
        memcmp(now, stack + in->stack_length - overlap, overlap) != 0)
        return false;
    in->stack_length = in->stack_base - in->stack_address;
    return true;
}

/* Gives the size of a stack of which the kernel copied less than there was, completed or not; else 0. */
static uint64_t take_stack(const jt_looker *looker, const jt_perf_sample *sample, jt_walk_input *in)
{
    if (sample->stack_length > 0)
        memcpy(looker->snapshot.stack, sample->stack, sample->stack_length);
    in->stack_address = sample->registers.sp;
    in->stack_length = sample->stack_length;
    jt_addr end = in->stack_address + in->stack_length;
    /* the base of a thread that ended before it was ever looked at is not known: the kernel copies up to the mapping's
     * end, if that is not too far */
    if (in->stack_base <= in->stack_address || in->stack_base == 0)
        in->stack_base = end;
    if (in->stack_base < end)
        in->stack_length = in->stack_base - in->stack_address;
    if (in->stack_length == 0 || end >= in->stack_base)
        return 0;
    in->stack_truncated = !complete_stack(looker, in);
    return in->stack_base - in->stack_address;
}

/* Frames that were on their way from the heap to the stack or back are at rest by now, elsewhere: nobody can read them
 * again as they were. */
static int walk_sample(jt_looker *looker, const jt_java_thread_words *words, jt_walk_input *in, jt_look *look)
{
    for (int attempts = 0; attempts < JT_FROZEN_ATTEMPTS; attempts++) {
        int status;
        jt_look_copy_frozen(looker, words, in);
        bool same = jt_mounted_as_sampled(&looker->mounted, in);
        bool confirmed = jt_look_walk(looker, in, look, &status);
        if (looker->walk.in_transit)
            break;
        if (!same || confirmed)
            return status;
    }
    return jt_look_walk_without_frozen(looker, in);
}

/* Above all others. */
static void add_kernel_frames(jt_looker *looker, const jt_perf_sample *sample)
{
    jt_walk_result *walk = &looker->walk;
    if (sample->kernel_count == 0 || sample->kernel_count > walk->capacity - walk->count)
        return;
    memmove(walk->frames + sample->kernel_count, walk->frames, walk->count * sizeof *walk->frames);
    for (size_t i = 0; i < sample->kernel_count; i++)
        walk->frames[i] = (jt_frame){.kind = JT_FRAME_KERNEL, .address = sample->kernel_frames[i] & FRAME_ADDRESS};
    walk->count += sample->kernel_count;
}

static void look_at_sample(jt_looker *looker, jt_looked_at *thread, const jt_perf_sample *sample, jt_look *look)
{
    jt_walk_input in;
    jt_java_thread_words words;
    memset(look, 0, sizeof *look);
    look->state = 'R';
    look->status = JT_WALK_NO_JAVA_FRAMES;
    looker->walk.count = 0;
    looker->walk.scanned = false;
    thread->settled = false; /* the last stack of the thread that its reader has seen is the sample's now */
    if (thread->java_thread == 0) {
        if (looker->native != NULL && sample->has_registers)
            jt_native_look_sampled(looker, &sample->registers, sample->stack, sample->stack_length);
        return;
    }
    look->status = JT_WALK_STACK_UNREADABLE;
    if (!sample->has_registers)
        return;
    read_thread(looker, thread, &words, &in);
    in.sampled = true;
    in.saved_exception_pc = 0; /* of another poll by now, perhaps */
    in.has_registers = true;
    in.registers = sample->registers;
    look->cut_stack_bytes = take_stack(looker, sample, &in);
    look->status = walk_sample(looker, &words, &in, look);
    if (looker->native != NULL)
        jt_native_look_copied(looker, &in, false);
    jt_look_conclude(looker, thread, look);
}

void jt_look_at_sample(jt_looker *looker, jt_looked_at *thread, const jt_perf_sample *sample, jt_look *look)
{
    look_at_sample(looker, thread, sample, look);
    add_kernel_frames(looker, sample);
}
