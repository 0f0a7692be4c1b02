#include "page_copy.h"

#include <stdint.h>

#include "check.h"
#include "child.h"

enum { PAGE = 4096, PAGES = 5 };

/* A child that shares `bytes`, with a hole in the third page. */
typedef struct {
    uint8_t *bytes;
    pid_t child;
    jt_live_memory source;
    jt_page_copy *copy;
} fixture;

static void set_up(fixture *f)
{
    f->bytes = shared_memory(PAGES * PAGE);
    memset(f->bytes, 1, PAGES * PAGE);
    CHECK_EQ(munmap(f->bytes + 2 * PAGE, PAGE), 0);
    f->child = start_child(wait_for_ever, NULL);
    jt_live_memory_init(&f->source, f->child);
    CHECK_EQ(jt_page_copy_create(&f->source.base, &f->copy, NULL), JT_OK);
}

static void tear_down(fixture *f)
{
    jt_page_copy_destroy(f->copy);
    kill_child(f->child);
}

static jt_addr at(const fixture *f, size_t offset)
{
    return (jt_addr)(uintptr_t)f->bytes + offset;
}

static int byte(const fixture *f, size_t offset)
{
    uint8_t value;
    int status = jt_memory_read(jt_page_copy_memory(f->copy), at(f, offset), &value, 1);
    return status == JT_OK ? value : status;
}

static void reads_go_through_at_first(const fixture *f)
{
    f->bytes[10] = 2;
    CHECK_EQ(byte(f, 10), 2);
    f->bytes[10] = 3;
    CHECK_EQ(byte(f, 10), 3);
    CHECK_EQ(byte(f, 2 * PAGE), JT_STALE);
}

static void keeps_pages_until_told_otherwise(const fixture *f)
{
    jt_page_copy_keep(f->copy);
    CHECK_EQ(byte(f, 20), 1);
    f->bytes[20] = f->bytes[21] = 4;
    CHECK_EQ(byte(f, 20), 1);
    CHECK_EQ(byte(f, 21), 1);
    jt_page_copy_keep(f->copy);
    CHECK_EQ(byte(f, 20), 4);
    f->bytes[20] = 5;
    jt_page_copy_pass(f->copy);
    CHECK_EQ(byte(f, 20), 5);
}

static void reads_across_pages(const fixture *f)
{
    uint8_t bytes[PAGE + 1];
    jt_page_copy_keep(f->copy);
    f->bytes[PAGE - 1] = 7;
    f->bytes[PAGE] = 8;
    CHECK_EQ(jt_memory_read(jt_page_copy_memory(f->copy), at(f, PAGE - 50), bytes, PAGE), JT_OK);
    CHECK_EQ(bytes[49], 7);
    CHECK_EQ(bytes[50], 8);
    CHECK_EQ(bytes[PAGE - 1], 1);
    CHECK_EQ(jt_memory_read(jt_page_copy_memory(f->copy), at(f, PAGE), bytes, PAGE + 1), JT_STALE);
    CHECK_EQ(jt_memory_read(jt_page_copy_memory(f->copy), UINT64_MAX - 3, bytes, 8), JT_STALE);
    CHECK_EQ(jt_memory_read(jt_page_copy_memory(f->copy), 0, bytes, 8), JT_STALE);
    jt_page_copy_pass(f->copy);
}

/* What was noted is read at once, the page that cannot be read among it. */
static void fills_what_was_noted(const fixture *f)
{
    jt_page_copy_note(f->copy);
    CHECK_EQ(byte(f, 0), 1);
    jt_page_copy_want(f->copy, at(f, 2 * PAGE - 10), PAGE + 20);
    jt_page_copy_want(f->copy, UINT64_MAX - 10, 100);
    jt_page_copy_keep(f->copy);
    jt_page_copy_fill(f->copy);
    f->bytes[0] = f->bytes[3 * PAGE] = f->bytes[4 * PAGE] = 9;
    CHECK_EQ(byte(f, 0), 1);
    CHECK_EQ(byte(f, 2 * PAGE), JT_STALE);
    CHECK_EQ(byte(f, 3 * PAGE), 1);
    CHECK_EQ(jt_page_copy_late(f->copy), 0);
    CHECK_EQ(byte(f, 4 * PAGE), 9);
    CHECK_EQ(jt_page_copy_late(f->copy), 1);
}

int main(void)
{
    fixture f;
    set_up(&f);
    reads_go_through_at_first(&f);
    keeps_pages_until_told_otherwise(&f);
    reads_across_pages(&f);
    fills_what_was_noted(&f);
    tear_down(&f);
    return 0;
}
