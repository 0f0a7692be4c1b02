/* What a look at a thread does for --native. To be called only when jt_looker.native is set. */
#ifndef JTRACE_NATIVE_LOOK_H
#define JTRACE_NATIVE_LOOK_H

#include "thread_look.h"

/* Of a thread that is blocked and stands still; its Java frames, if any, are in looker->walk. Of its registers the
 * kernel tells pc and sp only. False: that was not enough, and a stop, which it does not notice, would tell more. */
bool jt_native_look_blocked(jt_looker *looker, const jt_looked_at *thread);

/* Of a thread's copy, with its Java frames in looker->walk. `blocked`: it was blocked when it was stopped, and its
 * registers are to serve for others. */
void jt_native_look_copied(jt_looker *looker, const jt_walk_input *in, bool blocked);

/* Of a sample of a thread that is not Java's. */
void jt_native_look_sampled(jt_looker *looker, const jt_registers *registers, const uint8_t *stack, size_t length);

/* Stops a thread that is not Java's, for its frames. */
void jt_native_look_stopped(jt_looker *looker, jt_looked_at *thread, jt_look *look);

/* Says that there are native frames which are not known. */
void jt_native_look_lost(jt_looker *looker);

#endif
