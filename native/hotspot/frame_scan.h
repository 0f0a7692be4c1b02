/* The last resort: look for a return address on the stack, and believe it only if the walk from it reaches the bottom.
 * A frame may be skipped this way, so what it finds is marked. */
#ifndef JTRACE_FRAME_SCAN_H
#define JTRACE_FRAME_SCAN_H

#include "frame_arch.h"

/* Calls `try` with each candidate, nearest first, until one is accepted. */
bool jt_frame_scan(const jt_walk *walk, bool (*try)(void *context, jt_cursor cursor), void *context);
/* The same for entry frames: the nearest JavaCallWrapper of this thread on the stack. *bottom: there is but one that no
 * Java frame lies below. */
bool jt_frame_scan_call_wrapper(const jt_walk *walk, jt_cursor *cursor, bool *bottom);

#endif
