/* The stack of a virtual thread that nobody carries (21+), as the words of a tick (sampler.h). */
#ifndef JTRACE_UNMOUNTED_THREAD_H
#define JTRACE_UNMOUNTED_THREAD_H

#include "error.h"
#include "hotspot/vm.h"

typedef struct jt_unmounted jt_unmounted;

/* `vm` must outlive it. */
int jt_unmounted_create(const jt_vm *vm, jt_unmounted **unmounted, jt_error *err);
void jt_unmounted_destroy(jt_unmounted *unmounted); /* NULL is fine */

/* By a plan as hotspot/frozen_stack.h describes it. Counts only if the plan is the same afterwards. One thread, without
 * a tid; *words is valid until the next call. */
int jt_unmounted_walk(jt_unmounted *unmounted, const uint64_t *plan, size_t plan_count, const uint64_t **words,
                      size_t *count, jt_error *err);

#endif
