/* One look at a thread through a sample that the kernel took of it while it ran. */
#ifndef JTRACE_SAMPLE_LOOK_H
#define JTRACE_SAMPLE_LOOK_H

#include "perf_ring.h"
#include "thread_look.h"

/* As jt_look_at; the thread may have ended meanwhile. */
void jt_look_at_sample(jt_looker *looker, jt_looked_at *thread, const jt_perf_sample *sample, jt_look *look);

#endif
