/* A limit for a blocking system call of the calling thread: from the deadline on it is interrupted (EINTR), again and
 * again until the limit ends, so that an interrupt just before the call is not lost; it may be interrupted before, too.
 * A thread has one at a time. After the end there may be one more interrupt. */
#ifndef JTRACE_WAIT_LIMIT_H
#define JTRACE_WAIT_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

typedef struct jt_wait_timer jt_wait_timer;

typedef struct {
    jt_wait_timer *timer; /* the thread's */
    uint64_t deadline_nanos;
} jt_wait_limit;

uint64_t jt_monotonic_nanos(void);

int jt_wait_limit_start(jt_wait_limit *limit, uint64_t nanos, jt_error *err);
bool jt_wait_limit_passed(const jt_wait_limit *limit);
void jt_wait_limit_end(jt_wait_limit *limit);

#endif
