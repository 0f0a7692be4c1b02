/* Frames in the chunks of a virtual thread's stack. */
#ifndef JTRACE_FROZEN_FRAMES_H
#define JTRACE_FROZEN_FRAMES_H

#include "frame_arch.h"

/* Adds the frames of all chunks, youngest first; false when what is there are no frames. */
bool jt_walk_frozen(const jt_walk *walk, const jt_frozen_stack *frozen, jt_walk_result *result);

/* The same while frames of the newest chunk are thawed: those that left it already come first. `room`: the bytes that
 * were made free for them on the stack. False where that does not tell which frames those are. */
bool jt_walk_thawing(const jt_walk *walk, const jt_frozen_stack *frozen, jt_addr room, jt_walk_result *result);

#endif
