#include "snapshot.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "wait_limit.h"

enum {
    MAX_STACK_DEPTH = 64 * 1024 * 1024, /* an sp farther from the stack's base is not on that stack */
    WORD = 8,
};

int jt_snapshot_init(jt_snapshot *snapshot, jt_error *err)
{
    *snapshot = (jt_snapshot){.stack = NULL};
    void *stack = mmap(NULL, JT_SNAPSHOT_STACK_LIMIT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED)
        return jt_fail_errno(err, JT_NO_MEMORY, errno, "cannot map the stack buffer");
    snapshot->stack = stack;
    jt_snapshot_make_room(snapshot, JT_SNAPSHOT_STACK_CAPACITY);
    return JT_OK;
}

void jt_snapshot_free(jt_snapshot *snapshot)
{
    if (snapshot->stack != NULL)
        munmap(snapshot->stack, JT_SNAPSHOT_STACK_LIMIT);
    *snapshot = (jt_snapshot){.stack = NULL};
}

bool jt_snapshot_make_room(jt_snapshot *snapshot, uint64_t length)
{
    size_t capacity = length < JT_SNAPSHOT_STACK_LIMIT ? (size_t)length : JT_SNAPSHOT_STACK_LIMIT;
    if (capacity <= snapshot->capacity)
        return false;
    memset(snapshot->stack + snapshot->capacity, 1, capacity - snapshot->capacity);
    snapshot->capacity = capacity;
    return true;
}

static void choose_stack(jt_snapshot *snapshot, jt_addr stack_end)
{
    jt_addr from = snapshot->registers.sp / WORD * WORD;
    uint64_t depth = stack_end - from;
    snapshot->stack_address = from;
    snapshot->stack_length = 0;
    if (from >= stack_end || depth > MAX_STACK_DEPTH)
        return;
    snapshot->stack_length = depth < snapshot->capacity ? depth / WORD * WORD : snapshot->capacity;
}

/* What is done while the thread stands still: two system calls. */
static int copy(jt_snapshot *snapshot, const jt_memory *memory, jt_addr stack_end, jt_read *reads, size_t extra_count,
                const jt_tracee *tracee, jt_error *err)
{
    int status = jt_tracee_registers(tracee, &snapshot->registers, err);
    if (status != JT_OK)
        return status;
    choose_stack(snapshot, stack_end);
    reads[extra_count] = (jt_read){snapshot->stack_address, snapshot->stack, snapshot->stack_length};
    size_t count = extra_count + 1 + snapshot->also_count;
    reads[count] = (jt_read){snapshot->registers.sp - JT_RED_ZONE, snapshot->red_zone, JT_RED_ZONE};
    size_t done = jt_memory_read_batch(memory, reads, count + snapshot->wants_red_zone);
    snapshot->has_red_zone = done > count;
    if (done > count)
        done = count;
    snapshot->also_done = done <= extra_count ? 0 : done - extra_count - 1;
    if (done < extra_count)
        return jt_fail(err, JT_STALE, "what is to be read with the stack of thread %d is not mapped", tracee->tid);
    if (done == extra_count)
        snapshot->stack_length = 0;
    return JT_OK;
}

/* In their order: the extra ones, room for the stack's, the others, and room for the red zone's. */
static int list_reads(jt_snapshot *snapshot, const jt_read *extra, size_t extra_count,
                      jt_read reads[JT_SNAPSHOT_MAX_READS + 1], jt_error *err)
{
    if (extra_count >= JT_SNAPSHOT_MAX_READS || snapshot->also_count >= JT_SNAPSHOT_MAX_READS - extra_count)
        return jt_fail(err, JT_FAILED, "%zu extra reads are too many", extra_count + snapshot->also_count);
    if (extra_count > 0)
        memcpy(reads, extra, extra_count * sizeof *reads);
    if (snapshot->also_count > 0)
        memcpy(reads + extra_count + 1, snapshot->also, snapshot->also_count * sizeof *reads);
    snapshot->also_done = 0;
    return JT_OK;
}

int jt_snapshot_copy(jt_snapshot *snapshot, const jt_process *process, const jt_tracee *tracee, jt_addr stack_end,
                     const jt_read *extra, size_t extra_count, jt_error *err)
{
    jt_read reads[JT_SNAPSHOT_MAX_READS + 1];
    int status = list_reads(snapshot, extra, extra_count, reads, err);
    if (status != JT_OK)
        return status;
    return copy(snapshot, jt_process_memory(process), stack_end, reads, extra_count, tracee, err);
}

int jt_snapshot_take(jt_snapshot *snapshot, const jt_process *process, int tid, jt_addr stack_end, const jt_read *extra,
                     size_t extra_count, jt_tracee *tracee, jt_error *err)
{
    jt_read reads[JT_SNAPSHOT_MAX_READS + 1];
    int status = list_reads(snapshot, extra, extra_count, reads, err);
    if (status != JT_OK)
        return status;
    snapshot->stop_nanos = 0;
    const jt_memory *memory = jt_process_memory(process);
    status = jt_tracee_stop(tracee, tid, err);
    if (status != JT_OK)
        return status;
    status = copy(snapshot, memory, stack_end, reads, extra_count, tracee, err);
    int released = jt_tracee_release(tracee);
    snapshot->stop_nanos = jt_monotonic_nanos() - tracee->interrupt_nanos;
    if (released != JT_OK)
        return jt_fail(err, released, "thread %d was killed in its stop, and has not ended yet", tid);
    return status;
}
