#include "perf_ring.h"

#include "check.h"

enum { RING = 4096, REGISTERS = 17 };

/* A ring that nobody but the test fills. */
typedef struct {
    struct perf_event_mmap_page control;
    uint8_t data[RING];
    jt_perf_ring ring;
    uint8_t copy[JT_PERF_MAX_RECORD];
    jt_perf_record record;
} fixture;

static void set_up(fixture *f, uint64_t position)
{
    memset(f, 0, sizeof *f);
    f->control.data_head = f->control.data_tail = position;
    f->ring = (jt_perf_ring){&f->control, f->data, RING, false};
}

static bool next(fixture *f)
{
    return jt_perf_ring_next(&f->ring, f->copy, &f->record);
}

static void put(fixture *f, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        f->data[f->control.data_head++ % RING] = ((const uint8_t *)bytes)[i];
}

static void put_u64(fixture *f, uint64_t value)
{
    put(f, &value, sizeof value);
}

static void put_header(fixture *f, uint32_t type, uint16_t body)
{
    struct perf_event_header header = {.type = type, .size = (uint16_t)(sizeof header + body)};
    put(f, &header, sizeof header);
}

/* Registers hold their places in the sample; the stack is `room` bytes, of which `filled` are there. */
static void put_sample(fixture *f, int tid, uint64_t room, uint64_t filled)
{
    uint32_t ids[2] = {7, (uint32_t)tid};
    put_header(f, PERF_RECORD_SAMPLE, (uint16_t)(8 + 8 + 8 * REGISTERS + 8 + room + 8));
    put(f, ids, sizeof ids);
    put_u64(f, PERF_SAMPLE_REGS_ABI_64);
    for (uint64_t i = 0; i < REGISTERS; i++)
        put_u64(f, 100 + i);
    put_u64(f, room);
    for (uint64_t i = 0; i < room; i++)
        put(f, &(uint8_t){(uint8_t)i}, 1);
    put_u64(f, filled);
}

static void check_sample(fixture *f, int tid, size_t filled)
{
    CHECK(next(f));
    CHECK_EQ(f->record.kind, JT_PERF_SAMPLE);
    const jt_perf_sample *sample = &f->record.sample;
    CHECK_EQ(sample->pid, 7);
    CHECK_EQ(sample->tid, tid);
    CHECK(sample->has_registers);
    CHECK_EQ(sample->registers.general[JT_RBX], 101);
    CHECK_EQ(sample->registers.fp, 106);
    CHECK_EQ(sample->registers.sp, 107);
    CHECK_EQ(sample->registers.pc, 108);
    CHECK_EQ(sample->registers.general[JT_R13], 114);
    CHECK_EQ(sample->registers.general[JT_R15], 116);
    CHECK_EQ(sample->stack_length, filled);
    for (size_t i = 0; i < filled; i++)
        CHECK_EQ(sample->stack[i], (uint8_t)i);
}

/* A sample without registers and stack, with these words for its frames. */
static void put_frames(fixture *f, uint64_t said, const uint64_t *words, size_t count)
{
    uint32_t ids[2] = {7, 8};
    put_header(f, PERF_RECORD_SAMPLE, (uint16_t)(8 + 8 + 8 * count + 8 + 8));
    put(f, ids, sizeof ids);
    put_u64(f, said);
    put(f, words, count * sizeof *words);
    put_u64(f, PERF_SAMPLE_REGS_ABI_NONE);
    put_u64(f, 0);
}

static void reads_the_kernels_frames(void)
{
    const uint64_t words[] = {(uint64_t)PERF_CONTEXT_KERNEL, 0xffffffff81000010, 0xffffffff81000020,
                              (uint64_t)PERF_CONTEXT_USER, 0x1234};
    enum { COUNT = sizeof words / sizeof *words };
    fixture f;
    set_up(&f, 0);
    f.ring.with_kernel_frames = true;
    put_frames(&f, COUNT, words, COUNT);
    CHECK(next(&f));
    CHECK_EQ(f.record.kind, JT_PERF_SAMPLE);
    CHECK_EQ(f.record.sample.kernel_count, 2);
    CHECK_EQ(f.record.sample.kernel_frames[0], 0xffffffff81000010);
    CHECK_EQ(f.record.sample.kernel_frames[1], 0xffffffff81000020);
    put_frames(&f, 0, NULL, 0); /* in user mode */
    CHECK(next(&f));
    CHECK_EQ(f.record.kind, JT_PERF_SAMPLE);
    CHECK_EQ(f.record.sample.kernel_count, 0);
    put_frames(&f, 1000000, words, COUNT); /* more than the record has */
    CHECK(next(&f));
    CHECK_EQ(f.record.kind, JT_PERF_LOST);
}

static void keeps_the_kernels_first_frames_of_many(void)
{
    uint64_t words[400] = {(uint64_t)PERF_CONTEXT_KERNEL};
    for (size_t i = 1; i < 400; i++)
        words[i] = 0xffffffff81000000 + i;
    fixture f;
    set_up(&f, 0);
    f.ring.with_kernel_frames = true;
    put_frames(&f, 400, words, 400);
    CHECK(next(&f));
    CHECK_EQ(f.record.kind, JT_PERF_SAMPLE);
    CHECK_EQ(f.record.sample.kernel_count, JT_PERF_MAX_KERNEL_FRAMES);
    CHECK_EQ(f.record.sample.kernel_frames[JT_PERF_MAX_KERNEL_FRAMES - 1],
             0xffffffff81000000 + JT_PERF_MAX_KERNEL_FRAMES);
}

static void reads_samples_wherever_the_ring_ends(void)
{
    fixture f;
    set_up(&f, UINT64_MAX / 8 * 8 - 3 * RING);
    CHECK(!next(&f));
    for (int tid = 1; tid <= 200; tid++) {
        uint64_t room = (uint64_t)(tid * 8 % 1024);
        put_sample(&f, tid, room, room - room % 16);
        put_sample(&f, tid + 1000, 24, 24);
        if (room == 0) { /* then nothing is said of how much is filled */
            f.control.data_head = f.control.data_tail;
            continue;
        }
        check_sample(&f, tid, room - room % 16);
        check_sample(&f, tid + 1000, 24);
        CHECK(!next(&f));
    }
}

static void counts_lost_samples_and_throttling(void)
{
    fixture f;
    set_up(&f, 0);
    put_header(&f, PERF_RECORD_LOST, 16);
    put_u64(&f, 4711);
    put_u64(&f, 12);
    put_header(&f, PERF_RECORD_THROTTLE, 24);
    for (int i = 0; i < 3; i++)
        put_u64(&f, 1);
    put_header(&f, PERF_RECORD_UNTHROTTLE, 24);
    for (int i = 0; i < 3; i++)
        put_u64(&f, 1);
    put_sample(&f, 9, 64, 64);
    CHECK(next(&f));
    CHECK_EQ(f.record.kind, JT_PERF_LOST);
    CHECK_EQ(f.record.lost, 12);
    CHECK(next(&f));
    CHECK_EQ(f.record.kind, JT_PERF_THROTTLED);
    CHECK(next(&f));
    CHECK_EQ(f.record.kind, JT_PERF_OTHER);
    check_sample(&f, 9, 64);
    CHECK(!next(&f));
}

static void takes_samples_without_registers(void)
{
    fixture f;
    set_up(&f, 8);
    put_header(&f, PERF_RECORD_SAMPLE, 24);
    put_u64(&f, 5);
    put_u64(&f, PERF_SAMPLE_REGS_ABI_NONE);
    put_u64(&f, 0);
    put_header(&f, PERF_RECORD_SAMPLE, 24 + 8 * REGISTERS);
    put_u64(&f, 5);
    put_u64(&f, PERF_SAMPLE_REGS_ABI_32);
    for (int i = 0; i < REGISTERS; i++)
        put_u64(&f, 1);
    put_u64(&f, 0);
    for (int i = 0; i < 2; i++) {
        CHECK(next(&f));
        CHECK_EQ(f.record.kind, JT_PERF_SAMPLE);
        CHECK(!f.record.sample.has_registers);
        CHECK_EQ(f.record.sample.stack_length, 0);
    }
    CHECK(!next(&f));
}

static void check_one_lost(fixture *f)
{
    CHECK(next(f));
    CHECK_EQ(f->record.kind, JT_PERF_LOST);
    CHECK_EQ(f->record.lost, 1);
}

/* A record that contradicts itself is one lost sample; the next one is read. */
static void believes_no_length_within_a_record(void)
{
    static const uint64_t rooms[][2] = {{1u << 20, 0}, {64, 72}, {UINT64_MAX, 1}, {64, UINT64_MAX}};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        fixture f;
        set_up(&f, 0);
        uint64_t before = f.control.data_head;
        put_sample(&f, 3, 64, rooms[i][1]);
        memcpy(f.data + before + 24 + 8 * REGISTERS, &rooms[i][0], 8);
        put_sample(&f, 4, 8, 8);
        check_one_lost(&f);
        check_sample(&f, 4, 8);
    }
    for (uint16_t body = 0; body < 8 + 8 + 8 * REGISTERS + 8; body += 4) { /* cut off anywhere */
        fixture f;
        set_up(&f, 0);
        put_header(&f, PERF_RECORD_SAMPLE, body);
        for (uint16_t at = 0; at < body; at += 4)
            put(&f, &(uint32_t){at == 8 ? PERF_SAMPLE_REGS_ABI_64 : 0}, 4);
        put_sample(&f, 4, 8, 8);
        check_one_lost(&f);
        check_sample(&f, 4, 8);
    }
}

/* Where the next record begins is not known then: the ring is emptied. */
static void believes_no_length_of_a_record(void)
{
    static const struct perf_event_header headers[] = {{.type = PERF_RECORD_SAMPLE, .size = 0},
                                                       {.type = PERF_RECORD_SAMPLE, .size = 7},
                                                       {.type = PERF_RECORD_SAMPLE, .size = UINT16_MAX}};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        fixture f;
        set_up(&f, 0);
        put(&f, &headers[i], sizeof *headers);
        put_sample(&f, 4, 8, 8);
        check_one_lost(&f);
        CHECK(!next(&f));
    }
    static const uint64_t heads[] = {4, RING + 8, UINT64_MAX};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        fixture f;
        set_up(&f, 0);
        f.control.data_head = heads[i];
        check_one_lost(&f);
        CHECK(!next(&f));
    }
}

static void survives_any_bytes(void)
{
    fixture f;
    set_up(&f, 0);
    uint32_t state = 1;
    for (int round = 0; round < 20000; round++) {
        for (int i = 0; i < RING / 64; i++) {
            state = state * 1664525 + 1013904223;
            f.data[state >> 8 & (RING - 1)] = (uint8_t)(state >> 24 & (round & 1 ? 0xff : 0x0f));
        }
        f.control.data_head = f.control.data_tail + RING;
        for (int records = 0; next(&f); records++) {
            CHECK(records <= RING / 8);
            uint8_t sum = 0;
            for (size_t i = 0; f.record.kind == JT_PERF_SAMPLE && i < f.record.sample.stack_length; i++)
                sum ^= f.record.sample.stack[i];
            f.copy[0] ^= sum;
        }
    }
}

int main(void)
{
    reads_the_kernels_frames();
    keeps_the_kernels_first_frames_of_many();
    reads_samples_wherever_the_ring_ends();
    counts_lost_samples_and_throttling();
    takes_samples_without_registers();
    believes_no_length_within_a_record();
    believes_no_length_of_a_record();
    survives_any_bytes();
}
