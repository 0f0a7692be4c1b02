#include "page_copy.h"

#include <stdlib.h>
#include <string.h>

#include "maps.h"

enum {
    PAGE = 4096,         /* every page size is a multiple of it: all of it can be read, or nothing */
    MAX_PAGES = 1 << 16, /* 256 MiB; what is beyond is not kept */
    FIRST_SLOTS = 1024,  /* a power of two */
    BATCH = 512          /* pages per call */
};

typedef struct {
    jt_addr address;
    uint64_t phase; /* in which it was read last; 0: never */
    bool readable;
    uint8_t *bytes; /* NULL: no room yet */
} page;

struct jt_page_copy {
    jt_memory base; /* first */
    const jt_memory *source;
    page *pages;
    size_t count, capacity;
    uint32_t *slots; /* open addressing: index of a page, and 1; 0 is free */
    size_t slot_count;
    uint64_t phase; /* counts up when what is kept is forgotten */
    bool keeping, noting;
    size_t late;
    jt_maps maps; /* read when the first page is late */
    bool has_maps;
};

/* --- the set of pages --- */

static size_t slot_of(const jt_page_copy *copy, jt_addr address)
{
    size_t slot = (size_t)((address / PAGE) * 0x9e3779b97f4a7c15u >> 20) & (copy->slot_count - 1);
    while (copy->slots[slot] != 0 && copy->pages[copy->slots[slot] - 1].address != address)
        slot = (slot + 1) & (copy->slot_count - 1);
    return slot;
}

static bool grow_slots(jt_page_copy *copy)
{
    size_t slot_count = copy->slot_count == 0 ? FIRST_SLOTS : 2 * copy->slot_count;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL)
        return false;
    free(copy->slots);
    copy->slots = slots;
    copy->slot_count = slot_count;
    for (size_t i = 0; i < copy->count; i++)
        copy->slots[slot_of(copy, copy->pages[i].address)] = (uint32_t)(i + 1);
    return true;
}

static bool grow_pages(jt_page_copy *copy)
{
    size_t capacity = copy->capacity == 0 ? FIRST_SLOTS : 2 * copy->capacity;
    page *pages = realloc(copy->pages, capacity * sizeof *pages);
    if (pages == NULL)
        return false;
    copy->pages = pages;
    copy->capacity = capacity;
    return true;
}

/* The entry of a page, made if need be; NULL when there is no room. */
static page *entry(jt_page_copy *copy, jt_addr address)
{
    size_t slot = slot_of(copy, address);
    if (copy->slots[slot] != 0)
        return &copy->pages[copy->slots[slot] - 1];
    if (copy->count == MAX_PAGES || (copy->count == copy->capacity && !grow_pages(copy)) ||
        (2 * copy->count >= copy->slot_count && !grow_slots(copy)))
        return NULL;
    copy->pages[copy->count++] = (page){.address = address};
    copy->slots[slot_of(copy, address)] = (uint32_t)copy->count;
    return &copy->pages[copy->count - 1];
}

static void forget_pages(jt_page_copy *copy)
{
    for (size_t i = 0; i < copy->count; i++)
        free(copy->pages[i].bytes);
    copy->count = 0;
    if (copy->slots != NULL)
        memset(copy->slots, 0, copy->slot_count * sizeof *copy->slots);
}

static bool is_read(const jt_page_copy *copy, const page *page)
{
    return page->phase == copy->phase;
}

static bool has_room(page *page)
{
    if (page->bytes == NULL)
        page->bytes = malloc(PAGE);
    return page->bytes != NULL;
}

/* --- reading --- */

/* What nobody can write to is still as it was: libraries' code and tables. */
static bool may_have_changed(jt_page_copy *copy, jt_addr address)
{
    if (!copy->has_maps)
        copy->has_maps = jt_memory_read_maps(copy->source, &copy->maps, NULL) == JT_OK;
    const jt_mapping *mapping = copy->has_maps ? jt_maps_find(&copy->maps, address) : NULL;
    return mapping == NULL || mapping->writable;
}

static bool read_piece(jt_page_copy *copy, jt_addr address, uint8_t *into, size_t length)
{
    jt_addr offset = address % PAGE;
    page *page = entry(copy, address - offset);
    if (page == NULL || !has_room(page))
        return jt_memory_read(copy->source, address, into, length) == JT_OK;
    if (!is_read(copy, page)) {
        page->readable = jt_memory_read(copy->source, page->address, page->bytes, PAGE) == JT_OK;
        page->phase = copy->phase;
        if (copy->noting && may_have_changed(copy, address))
            copy->late++;
    }
    if (page->readable)
        memcpy(into, page->bytes + offset, length);
    return page->readable;
}

static bool read_kept(jt_page_copy *copy, const jt_read *read)
{
    size_t done = 0;
    if (read->length > UINT64_MAX - read->address)
        return false;
    while (done < read->length) {
        jt_addr address = read->address + done;
        size_t length = PAGE - (size_t)(address % PAGE);
        if (length > read->length - done)
            length = read->length - done;
        if (!read_piece(copy, address, (uint8_t *)read->into + done, length))
            return false;
        done += length;
    }
    return true;
}

static size_t read_batch(const jt_memory *self, const jt_read *reads, size_t count)
{
    jt_page_copy *copy = (jt_page_copy *)(uintptr_t)self;
    size_t done = 0;
    if (copy->noting)
        for (size_t i = 0; i < count; i++)
            jt_page_copy_want(copy, reads[i].address, reads[i].length);
    if (!copy->keeping)
        return jt_memory_read_batch(copy->source, reads, count);
    while (done < count && read_kept(copy, &reads[done]))
        done++;
    return done;
}

static int read_maps(const jt_memory *self, jt_maps *maps, jt_error *err)
{
    return jt_memory_read_maps(((const jt_page_copy *)self)->source, maps, err);
}

/* --- what is asked for --- */

int jt_page_copy_create(const jt_memory *source, jt_page_copy **copy, jt_error *err)
{
    jt_page_copy *made = calloc(1, sizeof *made);
    if (made == NULL || !grow_slots(made)) {
        free(made);
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    }
    made->base = (jt_memory){read_batch, read_maps};
    made->source = source;
    *copy = made;
    return JT_OK;
}

void jt_page_copy_destroy(jt_page_copy *copy)
{
    if (copy == NULL)
        return;
    forget_pages(copy);
    jt_maps_free(&copy->maps);
    free(copy->pages);
    free(copy->slots);
    free(copy);
}

const jt_memory *jt_page_copy_memory(const jt_page_copy *copy)
{
    return &copy->base;
}

void jt_page_copy_keep(jt_page_copy *copy)
{
    copy->phase++;
    copy->keeping = true;
    copy->late = 0;
}

void jt_page_copy_pass(jt_page_copy *copy)
{
    copy->keeping = false;
}

void jt_page_copy_note(jt_page_copy *copy)
{
    copy->noting = true;
}

void jt_page_copy_want(jt_page_copy *copy, jt_addr from, uint64_t length)
{
    if (length == 0 || length > UINT64_MAX - from || length > (uint64_t)MAX_PAGES * PAGE)
        return;
    for (jt_addr at = from - from % PAGE; at < from + length; at += PAGE)
        entry(copy, at);
}

/* Up to BATCH of the pages from `first` on that were not read yet; the one that cannot be read is passed by. Returns up
 * to which all have been. */
static size_t fill_some(jt_page_copy *copy, size_t first)
{
    jt_read reads[BATCH];
    size_t which[BATCH + 1], count = 0, next = first;
    for (; count < BATCH && next < copy->count; next++) {
        page *page = &copy->pages[next];
        if (is_read(copy, page) || !has_room(page))
            continue;
        which[count] = next;
        reads[count++] = (jt_read){page->address, page->bytes, PAGE};
    }
    which[count] = next;
    size_t done = count == 0 ? 0 : jt_memory_read_batch(copy->source, reads, count);
    for (size_t i = 0; i < count && i <= done; i++) {
        copy->pages[which[i]].phase = copy->phase;
        copy->pages[which[i]].readable = i < done;
    }
    return done < count ? which[done] + 1 : next;
}

void jt_page_copy_fill(jt_page_copy *copy)
{
    for (size_t done = 0; done < copy->count;)
        done = fill_some(copy, done);
    copy->late = 0;
}

size_t jt_page_copy_late(const jt_page_copy *copy)
{
    return copy->late;
}
