#include "tick_words.h"

#include <stdlib.h>
#include <string.h>

void jt_tick_words_free(jt_tick_words *tick)
{
    free(tick->words);
    *tick = (jt_tick_words){NULL, 0, 0};
}

static bool reserve(jt_tick_words *tick, size_t more)
{
    if (tick->count + more <= tick->capacity)
        return true;
    size_t capacity = tick->capacity == 0 ? 4096 : tick->capacity;
    while (capacity < tick->count + more)
        capacity *= 2;
    uint64_t *grown = realloc(tick->words, capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    tick->words = grown;
    tick->capacity = capacity;
    return true;
}

bool jt_tick_words_begin(jt_tick_words *tick)
{
    tick->count = 0;
    if (!reserve(tick, JT_TICK_HEADER_WORDS))
        return false;
    memset(tick->words, 0, JT_TICK_HEADER_WORDS * sizeof *tick->words);
    tick->count = JT_TICK_HEADER_WORDS;
    return true;
}

static uint64_t pack_status(const jt_look *look, unsigned flags, size_t frames)
{
    return (uint8_t)look->state | (uint64_t)look->status << 8 | (uint64_t)flags << 16 | (uint64_t)frames << 32;
}

/* The next record, of zeros but for its status; NULL when out of memory. */
static uint64_t *next_record(jt_tick_words *tick, const jt_look *look, unsigned flags, size_t frames)
{
    if (!reserve(tick, JT_TICK_THREAD_WORDS + JT_TICK_FRAME_WORDS * frames))
        return NULL;
    uint64_t *record = tick->words + tick->count;
    memset(record, 0, JT_TICK_THREAD_WORDS * sizeof *record);
    record[JT_TICK_THREAD_STATUS] = pack_status(look, flags, frames);
    tick->count += JT_TICK_THREAD_WORDS + JT_TICK_FRAME_WORDS * frames;
    tick->words[JT_TICK_THREAD_COUNT]++;
    return record;
}

bool jt_tick_words_add(jt_tick_words *tick, int tid, jt_addr java_thread, unsigned flags, const jt_look *look,
                       uint64_t samples, const jt_walk_result *walk)
{
    size_t frames = walk == NULL ? 0 : walk->count;
    uint64_t *record = next_record(tick, look, flags, frames);
    if (record == NULL)
        return false;
    record[JT_TICK_THREAD_TID] = (uint64_t)tid;
    record[JT_TICK_THREAD_JAVA_THREAD] = java_thread;
    record[JT_TICK_THREAD_CPU_NANOS] = look->cpu_nanos;
    record[JT_TICK_THREAD_STOP_NANOS] = look->stop_nanos;
    record[JT_TICK_THREAD_VIRTUAL] = look->virtual_thread;
    record[JT_TICK_THREAD_SAMPLES] = samples;
    uint64_t *out = record + JT_TICK_THREAD_WORDS;
    for (size_t i = 0; i < frames; i++) {
        const jt_frame *f = &walk->frames[i];
        *out++ = (uint64_t)f->kind << 56 | f->address;
        *out++ = (uint64_t)f->identity << 32 | (uint32_t)f->position;
        *out++ = f->base;
    }
    return true;
}

bool jt_tick_words_add_lost(jt_tick_words *tick, const jt_look *look, uint64_t samples)
{
    uint64_t *record = next_record(tick, look, JT_TICK_NEW, 0);
    if (record != NULL)
        record[JT_TICK_THREAD_SAMPLES] = samples;
    return record != NULL;
}
