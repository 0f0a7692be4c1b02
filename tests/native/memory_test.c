#include "memory.h"

#include <fcntl.h>

#include "check.h"
#include "child.h"
#include "error.h"

/* Two readable pages with an unmapped one between; the child holds 'c', this process something else. */
typedef struct {
    char *pages;
    size_t page;
    pid_t child;
    jt_live_memory memory;
} fixture;

static fixture set_up(void (*body)(void *))
{
    fixture f = {.page = (size_t)sysconf(_SC_PAGESIZE)};
    f.pages = mmap(NULL, 3 * f.page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(f.pages != MAP_FAILED);
    CHECK_EQ(munmap(f.pages + f.page, f.page), 0);
    memset(f.pages, 'c', f.page);
    memset(f.pages + 2 * f.page, 'd', f.page);
    strcpy(f.pages + 100, "hello");
    memcpy(f.pages + f.page - 4, "end", 4);
    f.child = start_child(body, NULL);
    memset(f.pages, 'p', f.page);
    jt_live_memory_init(&f.memory, f.child);
    return f;
}

static jt_addr remote(const fixture *f, size_t offset)
{
    return (jt_addr)(uintptr_t)f->pages + offset;
}

static void reads_exactly(const fixture *f)
{
    const jt_memory *memory = &f->memory.base;
    char bytes[8];
    CHECK_EQ(jt_memory_read(memory, remote(f, 0), bytes, sizeof bytes), JT_OK);
    CHECK(memcmp(bytes, "cccccccc", sizeof bytes) == 0);
    CHECK_EQ(jt_memory_read(memory, remote(f, f->page - 7), bytes, sizeof bytes), JT_STALE);
    CHECK_EQ(jt_memory_read(memory, remote(f, f->page), bytes, 1), JT_STALE);
    CHECK_EQ(jt_memory_read(memory, 0, bytes, 1), JT_STALE);
    CHECK_EQ(jt_memory_read(memory, UINT64_MAX - 2, bytes, sizeof bytes), JT_STALE);
    CHECK_EQ(jt_memory_read(memory, remote(f, f->page), bytes, 0), JT_OK);
    uint16_t two;
    int32_t four;
    uint64_t eight;
    CHECK_EQ(jt_memory_read_u16(memory, remote(f, 0), &two), JT_OK);
    CHECK_EQ(two, 0x6363);
    CHECK_EQ(jt_memory_read_i32(memory, remote(f, 0), &four), JT_OK);
    CHECK_EQ(four, 0x63636363);
    CHECK_EQ(jt_memory_read_u64(memory, remote(f, 0), &eight), JT_OK);
    CHECK_EQ(eight, 0x6363636363636363);
    CHECK_EQ(jt_memory_read_u64(memory, remote(f, f->page - 4), &eight), JT_STALE);
}

static void reads_strings(const fixture *f)
{
    const jt_memory *memory = &f->memory.base;
    char text[5000];
    CHECK_EQ(jt_memory_read_string(memory, remote(f, 100), text, 6), JT_OK);
    CHECK(strcmp(text, "hello") == 0);
    CHECK_EQ(jt_memory_read_string(memory, remote(f, 100), text, 5), JT_STALE);
    CHECK_EQ(text[0], 0);
    CHECK_EQ(jt_memory_read_string(memory, remote(f, f->page - 4), text, sizeof text), JT_OK);
    CHECK(strcmp(text, "end") == 0);
    CHECK_EQ(jt_memory_read_string(memory, remote(f, 2 * f->page), text, 100), JT_STALE); /* no terminator in reach */
    CHECK_EQ(jt_memory_read_string(memory, remote(f, f->page), text, sizeof text), JT_STALE);
    CHECK_EQ(jt_memory_read_string(memory, remote(f, 100), text, 0), JT_STALE);
}

/* More reads than one system call takes; the one at `bad`, if any, hits the hole. */
static size_t read_many(const fixture *f, char *into, size_t count, size_t bad)
{
    jt_read *reads = calloc(count, sizeof *reads);
    CHECK(reads != NULL);
    for (size_t i = 0; i < count; i++)
        reads[i] = (jt_read){remote(f, i == bad ? f->page : i % 2 * 2 * f->page), into + i, i % 7 != 3};
    size_t complete = jt_memory_read_batch(&f->memory.base, reads, count);
    free(reads);
    return complete;
}

static void reads_batches(const fixture *f)
{
    enum { COUNT = 3000, NONE = COUNT };
    char into[COUNT];
    memset(into, '-', sizeof into);
    CHECK_EQ(read_many(f, into, COUNT, NONE), COUNT);
    for (size_t i = 0; i < COUNT; i++)
        CHECK_EQ(into[i], i % 7 == 3 ? '-' : i % 2 ? 'd' : 'c');
    CHECK_EQ(read_many(f, into, 0, NONE), 0);
    const size_t bad[] = {0, 1, 1023, 1024, 1026, 2500, 2998};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(bad[i] % 7 != 3);
        CHECK_EQ(read_many(f, into, COUNT, bad[i]), bad[i]);
    }
}

static void counts_only_what_is_complete(const fixture *f)
{
    char into[64];
    jt_read reads[] = {
        {remote(f, 0), into, 8},
        {remote(f, f->page - 8), into + 8, 16}, /* half of it is mapped */
        {remote(f, 0), into + 24, 8},
    };
    CHECK_EQ(jt_memory_read_batch(&f->memory.base, reads, 3), 1);
}

static void reads_nothing_of_an_ended_process(const fixture *f)
{
    char byte;
    kill_child(f->child);
    CHECK_EQ(jt_memory_read(&f->memory.base, remote(f, 0), &byte, 1), JT_STALE);
}

static void reads_all(const fixture *f)
{
    reads_exactly(f);
    reads_strings(f);
    reads_batches(f);
    counts_only_what_is_complete(f);
}

/* The id of a process whose first thread ended leads to no memory; the file of another thread does. */
static void reads_all_by_a_file(fixture *f)
{
    char byte, path[64];
    WAIT_UNTIL(state_of(f->child) == 'Z');
    CHECK_EQ(jt_memory_read(&f->memory.base, remote(f, 0), &byte, 1), JT_STALE);
    snprintf(path, sizeof path, "/proc/%d/task/%d/mem", f->child, jt_proc_task_with_memory(f->child));
    f->memory.file = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(f->memory.file >= 0);
    reads_all(f);
}

int main(void)
{
    fixture f = set_up(wait_for_ever);
    reads_all(&f);
    reads_nothing_of_an_ended_process(&f);
    f = set_up(leave_another_thread);
    reads_all_by_a_file(&f);
    reads_nothing_of_an_ended_process(&f);
    close(f.memory.file);
}
