#include "cfi_tables.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "elf_symbols.h"
#include "maps.h"

enum {
    MAX_IMAGES = 65536,
    MAX_TABLE = 16 * 1024 * 1024,      /* bytes of one image; libjvm's table has about 400 KiB */
    MAX_ALL_TABLES = 64 * 1024 * 1024, /* bytes of all images */
    HEADER_VERSION = 1,
    MAX_HEADER = 32,                   /* bytes before the table */
    CACHED_ENTRIES = 512,
    FIRST_PATIENCE = 16, /* misses between two looks at the maps */
    LONGEST_PATIENCE = 4096,
};

typedef struct {
    jt_addr base;       /* where the file's start is mapped */
    jt_addr start, end; /* its code */
    bool looked_at;     /* whether `table` was tried to be read */
    uint8_t *table;     /* pairs of pointers, ascending: code, its FDE; NULL when the image has none that is usable */
    size_t count;
    jt_addr table_address, header_address;
    uint8_t encoding;
} image;

struct jt_cfi_tables {
    const jt_memory *memory;
    image *images; /* ascending by start */
    size_t image_count, table_bytes;
    unsigned misses_left, patience;
    jt_cfi_entry *entries[CACHED_ENTRIES];
};

/* --- the images --- */

static void forget(jt_cfi_tables *tables)
{
    for (size_t i = 0; i < tables->image_count; i++)
        free(tables->images[i].table);
    free(tables->images);
    tables->images = NULL;
    tables->image_count = tables->table_bytes = 0;
    for (size_t i = 0; i < CACHED_ENTRIES; i++) {
        free(tables->entries[i]);
        tables->entries[i] = NULL;
    }
}

/* A file's first bytes begin an image, but for the second mapping of a small file whose segments share a page. */
static bool begins_image(const jt_mapping *mapping, const jt_mapping *before)
{
    if (mapping->offset != 0)
        return false;
    return before == NULL || before->offset != 0 || before->end != mapping->start ||
           strcmp(before->path, mapping->path) != 0;
}

static void add_code(jt_cfi_tables *tables, const jt_mapping *first, const jt_mapping *code)
{
    image *last = tables->image_count > 0 ? &tables->images[tables->image_count - 1] : NULL;
    if (last != NULL && last->base == first->start)
        last->end = code->end;
    else if (tables->image_count < MAX_IMAGES)
        tables->images[tables->image_count++] =
            (image){.base = first->start, .start = code->start, .end = code->end};
}

static int look_up_images(jt_cfi_tables *tables)
{
    jt_maps maps;
    int status = jt_memory_read_maps(tables->memory, &maps, NULL);
    size_t capacity = maps.count < MAX_IMAGES ? maps.count : MAX_IMAGES;
    if (status == JT_OK && capacity > 0) {
        forget(tables);
        tables->images = calloc(capacity, sizeof *tables->images);
        status = tables->images != NULL ? JT_OK : JT_NO_MEMORY;
    }
    const jt_mapping *first = NULL;
    for (size_t i = 0; status == JT_OK && i < maps.count; i++) {
        const jt_mapping *mapping = &maps.entries[i];
        if (mapping->path[0] == '\0')
            continue;
        if (begins_image(mapping, i > 0 ? mapping - 1 : NULL))
            first = mapping;
        if (mapping->executable && first != NULL && strcmp(first->path, mapping->path) == 0)
            add_code(tables, first, mapping);
    }
    jt_maps_free(&maps);
    return status;
}

static image *known_image(const jt_cfi_tables *tables, jt_addr pc)
{
    size_t low = 0, high = tables->image_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tables->images[middle].start <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || pc >= tables->images[low - 1].end)
        return NULL;
    return &tables->images[low - 1];
}

/* Libraries come, but most of the pcs without an image never get one (generated code), so each look at the maps that
 * was in vain makes the next one rarer. That another image took the place of one that went is not noticed before that
 * look: its callers may be wrong until then. */
static image *find_image(jt_cfi_tables *tables, jt_addr pc)
{
    image *found = known_image(tables, pc);
    if (found != NULL)
        return found;
    if (tables->misses_left > 0) {
        tables->misses_left--;
        return NULL;
    }
    if (look_up_images(tables) == JT_OK)
        found = known_image(tables, pc);
    tables->patience = found != NULL ? FIRST_PATIENCE : tables->patience * 2;
    if (tables->patience > LONGEST_PATIENCE)
        tables->patience = LONGEST_PATIENCE;
    tables->misses_left = tables->patience;
    return found;
}

bool jt_cfi_tables_same_image(jt_cfi_tables *tables, jt_addr pc, jt_addr variable)
{
    const image *of_code = find_image(tables, pc), *of_variable = NULL;
    for (size_t i = 0; i < tables->image_count && tables->images[i].base <= variable; i++)
        of_variable = &tables->images[i];
    return of_code != NULL && of_variable != NULL && of_code->base == of_variable->base;
}

/* --- an image's table --- */

/* .eh_frame_hdr: version, three encodings, the pointer to .eh_frame, the number of pairs, the pairs. */
static bool parse_header(image *found, jt_dwarf_bytes header)
{
    uint8_t version = (uint8_t)jt_dwarf_unsigned(&header, 1);
    uint8_t frame_encoding = (uint8_t)jt_dwarf_unsigned(&header, 1);
    uint8_t count_encoding = (uint8_t)jt_dwarf_unsigned(&header, 1);
    found->encoding = (uint8_t)jt_dwarf_unsigned(&header, 1);
    jt_dwarf_pointer(&header, frame_encoding & JT_DW_EH_PE_FORMAT, 0);
    found->count = jt_dwarf_pointer(&header, count_encoding, found->header_address);
    found->table_address = header.address;
    return version == HEADER_VERSION && !header.bad && jt_dwarf_pointer_size(found->encoding) > 0;
}

static size_t pair_size(const image *found)
{
    return 2 * jt_dwarf_pointer_size(found->encoding);
}

static void read_table(jt_cfi_tables *tables, image *found)
{
    uint64_t size;
    uint8_t header[MAX_HEADER];
    if (jt_elf_image_segment(tables->memory, found->base, PT_GNU_EH_FRAME, &found->header_address, &size) != JT_OK)
        return;
    size_t header_length = size < sizeof header ? size : sizeof header;
    if (jt_memory_read(tables->memory, found->header_address, header, header_length) != JT_OK ||
        !parse_header(found, jt_dwarf_bytes_of(header, header_length, found->header_address)))
        return;
    size_t room = size - (found->table_address - found->header_address);
    if (room > MAX_TABLE)
        room = MAX_TABLE;
    if (found->count > room / pair_size(found))
        return;
    size_t length = found->count * pair_size(found);
    if (length == 0 || tables->table_bytes + length > MAX_ALL_TABLES)
        return;
    uint8_t *table = malloc(length);
    if (table == NULL || jt_memory_read(tables->memory, found->table_address, table, length) != JT_OK) {
        free(table);
        return;
    }
    found->table = table;
    tables->table_bytes += length;
}

/* The first or second pointer of a pair. */
static jt_addr pair_part(const image *found, size_t index, size_t part)
{
    size_t size = jt_dwarf_pointer_size(found->encoding);
    size_t at = index * pair_size(found) + part * size;
    jt_dwarf_bytes bytes = jt_dwarf_bytes_of(found->table + at, size, found->table_address + at);
    return jt_dwarf_pointer(&bytes, found->encoding, found->header_address);
}

/* The FDE of the last code that begins at or before pc; 0 when there is none. */
static jt_addr search_table(const image *found, jt_addr pc)
{
    size_t low = 0, high = found->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pair_part(found, middle, 0) <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? pair_part(found, low - 1, 1) : 0;
}

/* --- */

static int cached_entry(jt_cfi_tables *tables, jt_addr fde, const jt_cfi_entry **entry)
{
    jt_cfi_entry **slot = &tables->entries[(fde / sizeof(uint32_t)) % CACHED_ENTRIES];
    if (*slot == NULL || (*slot)->address != fde) {
        jt_cfi_entry *fresh;
        int status = jt_cfi_entry_read(tables->memory, fde, &fresh);
        if (status != JT_OK)
            return status;
        free(*slot);
        *slot = fresh;
    }
    *entry = *slot;
    return JT_OK;
}

int jt_cfi_tables_find(jt_cfi_tables *tables, jt_addr pc, const jt_cfi_entry **entry)
{
    image *found = find_image(tables, pc);
    if (found == NULL)
        return JT_STALE;
    if (!found->looked_at) {
        found->looked_at = true;
        read_table(tables, found);
    }
    jt_addr fde = found->table != NULL ? search_table(found, pc) : 0;
    if (fde == 0)
        return JT_STALE;
    int status = cached_entry(tables, fde, entry);
    if (status == JT_OK && (pc < (*entry)->begin || pc >= (*entry)->end))
        return JT_STALE; /* code without an entry, after code that has one */
    return status;
}

int jt_cfi_tables_create(const jt_memory *memory, jt_cfi_tables **tables, jt_error *err)
{
    jt_cfi_tables *made = calloc(1, sizeof *made);
    if (made == NULL)
        return jt_fail(err, JT_NO_MEMORY, "no memory for the images' unwind tables");
    made->memory = memory;
    made->patience = FIRST_PATIENCE;
    *tables = made;
    return JT_OK;
}

void jt_cfi_tables_destroy(jt_cfi_tables *tables)
{
    if (tables == NULL)
        return;
    forget(tables);
    free(tables);
}
