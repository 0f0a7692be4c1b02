/* All threads of a process stopped together, and what is needed of them copied: one instant, as a core file has it. */
#ifndef JTRACE_STANDSTILL_H
#define JTRACE_STANDSTILL_H

#include "core_threads.h"
#include "page_copy.h"
#include "process.h"
#include "tracee.h"

typedef struct {
    jt_core_thread *threads; /* ascending by tid; without registers where it did not stop */
    size_t count;
    uint64_t stop_nanos; /* from the first thread's stop to the last one's release */
    jt_tracee *late;     /* threads in uninterruptible sleep: seized, and still to be let go */
    size_t late_count;
} jt_standstill;

/* Stops every thread, also those that are started meanwhile; copies the pages that `pages` has noted, the JavaThreads
 * and the stacks of Java threads; lets all go. `vm` reads by `pages`, which keeps what was copied. To be freed in any case.
 * JT_NOT_PERMITTED, JT_GONE: nobody is stopped any more. */
int jt_standstill_take(jt_process *process, const jt_vm *vm, jt_page_copy *pages, jt_standstill *still, jt_error *err);
/* Lets those go that have stopped since; to be called now and then. */
void jt_standstill_release_late(jt_standstill *still);
void jt_standstill_free(jt_standstill *still);

#endif
