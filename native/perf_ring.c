#include "perf_ring.h"

#include <string.h>

/* Reads a record's body in order, never beyond its end. */
typedef struct {
    const jt_perf_ring *ring;
    uint64_t at; /* counted since the ring began, as head and tail are */
    size_t left;
    bool short_of; /* something was asked for that is not there */
} reader;

static void copy_out(const jt_perf_ring *ring, uint64_t from, void *into, size_t length)
{
    size_t at = (size_t)(from & (ring->size - 1));
    size_t first = length < ring->size - at ? length : ring->size - at;
    memcpy(into, ring->data + at, first);
    memcpy((uint8_t *)into + first, ring->data, length - first);
}

/* Where the bytes begin that are left behind. */
static uint64_t skip(reader *r, uint64_t length)
{
    uint64_t from = r->at;
    if (length > r->left) {
        r->short_of = true;
        return from;
    }
    r->at += length;
    r->left -= length;
    return from;
}

/* Leaves `value` as it is when there are not so many bytes. */
static void take_into(reader *r, void *value, size_t size)
{
    uint64_t from = skip(r, size);
    if (!r->short_of)
        copy_out(r->ring, from, value, size);
}

static uint64_t take_u64(reader *r)
{
    uint64_t value = 0;
    take_into(r, &value, sizeof value);
    return value;
}

static void take_registers(reader *r, jt_perf_sample *sample)
{
    uint64_t values[64] = {0};
    size_t count = (size_t)__builtin_popcountll(jt_perf_register_mask);
    uint64_t abi = take_u64(r);
    if (abi == PERF_SAMPLE_REGS_ABI_NONE)
        return;
    take_into(r, values, count * sizeof *values);
    if (r->short_of || abi != PERF_SAMPLE_REGS_ABI_64) /* 32-bit code's are as many, and mean others */
        return;
    jt_registers_from_perf(&sample->registers, values);
    sample->has_registers = true;
}

/* The room for the stack has the size that was asked for; behind it stands how much of it is filled. */
static void take_stack(reader *r, jt_perf_sample *sample, uint8_t *into)
{
    uint64_t room = take_u64(r);
    if (room == 0)
        return;
    uint64_t from = skip(r, room), filled = take_u64(r);
    if (filled > room)
        r->short_of = true;
    if (r->short_of)
        return;
    copy_out(r->ring, from, into, filled);
    sample->stack = into;
    sample->stack_length = filled;
}

/* Pcs, and between them words that say what follows: the highest 4095 numbers. User mode's are not asked for. */
static void take_kernel_frames(reader *r, jt_perf_sample *sample)
{
    uint64_t count = take_u64(r);
    bool kernel = false;
    for (uint64_t i = 0; i < count && !r->short_of; i++) {
        uint64_t pc = take_u64(r);
        if (pc >= (uint64_t)PERF_CONTEXT_MAX)
            kernel = pc == (uint64_t)PERF_CONTEXT_KERNEL;
        else if (kernel && sample->kernel_count < JT_PERF_MAX_KERNEL_FRAMES)
            sample->kernel_frames[sample->kernel_count++] = pc;
    }
}

static bool parse_sample(reader *r, jt_perf_sample *sample, uint8_t *stack)
{
    take_into(r, &sample->pid, sizeof(int32_t));
    take_into(r, &sample->tid, sizeof(int32_t));
    if (r->ring->with_kernel_frames)
        take_kernel_frames(r, sample);
    take_registers(r, sample);
    take_stack(r, sample, stack);
    return !r->short_of;
}

static void parse(uint32_t type, reader *r, uint8_t *stack, jt_perf_record *record)
{
    memset(record, 0, sizeof *record);
    switch (type) {
    case PERF_RECORD_SAMPLE:
        record->kind = parse_sample(r, &record->sample, stack) ? JT_PERF_SAMPLE : JT_PERF_LOST;
        record->lost = 1;
        break;
    case PERF_RECORD_LOST:
        record->kind = JT_PERF_LOST;
        take_u64(r); /* the event's id */
        record->lost = take_u64(r);
        break;
    case PERF_RECORD_THROTTLE:
        record->kind = JT_PERF_THROTTLED;
        break;
    default:
        record->kind = JT_PERF_OTHER;
    }
}

uint64_t jt_perf_ring_head(const jt_perf_ring *ring)
{
    /* pairs with the kernel's barriers: records are written before the head, and overwritten only behind the tail */
    return __atomic_load_n(&ring->control->data_head, __ATOMIC_ACQUIRE);
}

uint64_t jt_perf_ring_tail(const jt_perf_ring *ring)
{
    return ring->control->data_tail; /* ours */
}

/* The header of the record at `place`; false when it makes no sense. */
static bool read_header(const jt_perf_ring *ring, uint64_t place, uint64_t head, struct perf_event_header *header)
{
    if (head - place < sizeof *header || head - place > ring->size)
        return false;
    copy_out(ring, place, header, sizeof *header);
    return header->size >= sizeof *header && header->size <= head - place;
}

bool jt_perf_ring_peek(const jt_perf_ring *ring, uint64_t *place, uint64_t end, int *tid)
{
    struct perf_event_header header;
    int32_t ids[2] = {0, 0}; /* pid and tid are the first two that samples begin with */
    if (*place == end || !read_header(ring, *place, end, &header))
        return false;
    if (header.type == PERF_RECORD_SAMPLE && header.size >= sizeof header + sizeof ids)
        copy_out(ring, *place + sizeof header, ids, sizeof ids);
    *tid = ids[1];
    *place += header.size;
    return true;
}

bool jt_perf_ring_next(jt_perf_ring *ring, uint8_t stack[JT_PERF_MAX_RECORD], jt_perf_record *record)
{
    uint64_t head = jt_perf_ring_head(ring), tail = jt_perf_ring_tail(ring);
    struct perf_event_header header;
    if (head == tail)
        return false;
    bool sane = read_header(ring, tail, head, &header);
    if (sane) {
        reader body = {ring, tail + sizeof header, header.size - sizeof header, false};
        parse(header.type, &body, stack, record);
    } else {
        *record = (jt_perf_record){.kind = JT_PERF_LOST, .lost = 1};
    }
    __atomic_store_n(&ring->control->data_tail, sane ? tail + header.size : head, __ATOMIC_RELEASE);
    return true;
}
