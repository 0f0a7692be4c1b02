/* Looks that were put off as their threads have to be stopped: all of them are, in one round (stop_round.h), and what
 * was copied is walked afterwards, one by one. */
#ifndef JTRACE_GATHERED_LOOKS_H
#define JTRACE_GATHERED_LOOKS_H

#include "stop_round.h"
#include "thread_look.h"

typedef struct jt_gathered_looks jt_gathered_looks;

int jt_gathered_looks_create(size_t capacity, jt_gathered_looks **looks, jt_error *err);
void jt_gathered_looks_destroy(jt_gathered_looks *looks); /* NULL is fine */

void jt_gathered_looks_clear(jt_gathered_looks *looks);
bool jt_gathered_looks_full(const jt_gathered_looks *looks);
size_t jt_gathered_looks_count(const jt_gathered_looks *looks);
/* Adds a look that was put off, if there is room. The thread is to stay where it is until the looks are cleared. */
void jt_gathered_looks_add(jt_gathered_looks *looks, jt_looked_at *thread, const jt_look *look);
/* Stops all threads, copies them, and lets them go. Returns how long that took in nanoseconds. */
uint64_t jt_gathered_looks_take(jt_gathered_looks *looks, jt_looker *looker);

/* Whose look it is. */
jt_looked_at *jt_gathered_looks_thread(const jt_gathered_looks *looks, size_t i);
/* What was put off, as of the stop; with frames as after jt_look_at. May be called again, and then walks the copy
 * again; of a virtual thread, which the collector may have moved since, the carrier is stopped again. Where the copy
 * does not do and not `may_stop`, what is missing is said to be. False when there was no copy: the thread is to be
 * looked at in another round. */
bool jt_gathered_looks_walk(jt_gathered_looks *looks, size_t i, jt_looker *looker, bool again, bool may_stop,
                            jt_look *look);

#endif
