/* Whether a JavaThread waits for a safepoint: for its begin, as others are not there yet, or for its end. */
#ifndef JTRACE_SAFEPOINT_WAIT_H
#define JTRACE_SAFEPOINT_WAIT_H

#include "java_threads.h"

/* `words` are the thread's. Certain for a thread that does not run from the time when they were read until this returns.
 * False also when it cannot be told. */
bool jt_waits_for_safepoint(const jt_vm *vm, jt_addr java_thread, const jt_java_thread_words *words);

#endif
