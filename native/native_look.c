#include "native_look.h"

#include <string.h>
#include <sys/syscall.h>

/* Calls that the kernel goes on with by itself when their thread was stopped, and epoll_wait, which returns early; the
 * JDK then waits for the rest of the time. What other code does of that nobody knows. */
static bool stop_is_unnoticed(int64_t system_call, bool java)
{
    switch (system_call) {
    case -1: /* none: a page fault, SIGSTOP */
    case SYS_futex:
    case SYS_poll:
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
    case SYS_wait4:
        return true;
    case SYS_read:
    case SYS_recvfrom:
    case SYS_accept:
    case SYS_accept4:
    case SYS_connect:
    case SYS_epoll_wait:
        return java;
    default:
        return false;
    }
}

bool jt_native_look_blocked(jt_looker *looker, const jt_looked_at *thread)
{
    jt_task_syscall blocked;
    if (jt_task_read_syscall(thread->task, &blocked) != JT_OK || blocked.running) {
        jt_native_look_lost(looker);
        return true;
    }
    const jt_native_place place = {.registers = {.pc = blocked.pc, .sp = blocked.sp}, .rest = looker->vm->memory};
    jt_native_outcome outcome = jt_native_frames_add(looker->native, looker->walker, &place, &looker->walk);
    return outcome != JT_NATIVE_NEEDS_STOP || looker->never_stop ||
           !stop_is_unnoticed(blocked.number, thread->java_thread != 0);
}

/* As a stop has copied it; NULL: it has not. */
static const uint8_t *red_zone(const jt_looker *looker)
{
    return looker->snapshot.has_red_zone ? looker->snapshot.red_zone : NULL;
}

static void add_copied(jt_looker *looker, const jt_native_place *place, bool blocked)
{
    jt_native_frames_add(looker->native, looker->walker, place, &looker->walk);
    if (blocked)
        jt_native_frames_learn(looker->native, looker->walker, place);
}

void jt_native_look_copied(jt_looker *looker, const jt_walk_input *in, bool blocked)
{
    const jt_native_place place = {in->registers,    JT_NATIVE_ALL, in->stack_address, in->stack,
                                   in->stack_length, NULL,          red_zone(looker)};
    add_copied(looker, &place, blocked);
}

void jt_native_look_sampled(jt_looker *looker, const jt_registers *registers, const uint8_t *stack, size_t length)
{
    const jt_native_place place = {*registers, JT_NATIVE_ALL, registers->sp, stack, length, NULL, NULL};
    jt_native_frames_add(looker->native, looker->walker, &place, &looker->walk);
}

/* One stop; false when it failed. */
static bool stop_once(jt_looker *looker, jt_looked_at *thread, jt_look *look)
{
    looker->snapshot.also_count = 0;
    return jt_look_stop(looker, thread, thread->stack_base, NULL, 0, look) == JT_OK;
}

/* Where a thread's stack ends nobody tells but the kernel, of the sp that a stop has shown. */
void jt_native_look_stopped(jt_looker *looker, jt_looked_at *thread, jt_look *look)
{
    const jt_snapshot *snapshot = &looker->snapshot;
    bool stopped = stop_once(looker, thread, look);
    if (stopped && snapshot->stack_length == 0) {
        thread->stack_base = jt_native_frames_mapping_end(looker->native, snapshot->registers.sp);
        stopped = thread->stack_base != 0 && stop_once(looker, thread, look);
    }
    if (!stopped) {
        jt_native_look_lost(looker);
        return;
    }
    const jt_native_place place = {
        snapshot->registers,    JT_NATIVE_ALL, snapshot->stack_address, snapshot->stack,
        snapshot->stack_length, NULL,          red_zone(looker)};
    add_copied(looker, &place, look->state != 'R');
}

void jt_native_look_lost(jt_looker *looker)
{
    jt_walk_result *walk = &looker->walk;
    if (walk->count == walk->capacity)
        return;
    memmove(walk->frames + 1, walk->frames, walk->count * sizeof *walk->frames);
    walk->frames[0] = (jt_frame){.kind = JT_FRAME_NATIVE_LOST};
    walk->count++;
}
