#include "safepoint_wait.h"

#include <string.h>

/* A JavaThread has a ThreadSafepointState (safepoint.hpp). No table exports it, but the field that points to it has been
 * the one before _saved_exception_pc from 8 to 27 (thread.hpp, javaThread.hpp), and it points back to its thread.
 *
 * 13 on (JDK-8203469): SafepointSynchronize::block, and nobody else, sets _safepoint_id; a thread that has it, and is
 * blocked, is in block's wait. Up to 12: block sets _has_called_back when it is about to wait for a safepoint that is
 * being brought about, and the VM thread resets it before it lets the threads go on. A thread that came to wait when all
 * the others had done so, from native code say, is not told from one that is blocked for itself. */
enum {
    HAS_CALLED_BACK = 1, /* up to 12 */
    THREAD = 8,
    SAFEPOINT_ID = 24, /* 13 on */
    STATE_BYTES = 32
};

/* 13 has the new state, and still the linked list of threads. */
static bool has_safepoint_id(const jt_vm *vm)
{
    int32_t major;
    if (vm->layout.threads_list != 0)
        return true;
    return jt_memory_read_i32(vm->memory, vm->layout.vm_major_version, &major) == JT_OK && major == 13;
}

bool jt_waits_for_safepoint(const jt_vm *vm, jt_addr java_thread, const jt_java_thread_words *words)
{
    const jt_layout *l = &vm->layout;
    jt_addr state_at, thread;
    uint64_t id;
    uint8_t state[STATE_BYTES];
    if (words->state != l->state_blocked || !jt_field_present(l->thread_saved_exception_pc) ||
        jt_memory_read_u64(vm->memory, java_thread + (jt_addr)l->thread_saved_exception_pc.offset - 8, &state_at) !=
            JT_OK ||
        jt_memory_read(vm->memory, state_at, state, sizeof state) != JT_OK)
        return false;
    memcpy(&thread, state + THREAD, sizeof thread);
    memcpy(&id, state + SAFEPOINT_ID, sizeof id);
    return thread == java_thread && (has_safepoint_id(vm) ? id != 0 : state[HAS_CALLED_BACK] == 1);
}
