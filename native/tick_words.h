/* The words of one part of a tick (sampler.h), as they are put together. */
#ifndef JTRACE_TICK_WORDS_H
#define JTRACE_TICK_WORDS_H

#include "sampler.h"
#include "thread_look.h"

typedef struct {
    uint64_t *words;
    size_t count, capacity;
} jt_tick_words;

void jt_tick_words_free(jt_tick_words *tick);

/* Begins a part, of no threads yet. False when out of memory. */
bool jt_tick_words_begin(jt_tick_words *tick);

/* Adds a thread's record; `flags` are of enum jt_tick_flag. `walk` has its frames; NULL: there are none. */
bool jt_tick_words_add(jt_tick_words *tick, int tid, jt_addr java_thread, unsigned flags, const jt_look *look,
                       uint64_t samples, const jt_walk_result *walk);
/* Adds a record for samples of nobody knows which thread. */
bool jt_tick_words_add_lost(jt_tick_words *tick, const jt_look *look, uint64_t samples);

#endif
