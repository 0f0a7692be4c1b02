#include "vm_structs.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_ENTRIES = 16384,       /* per table; JDK 27 has some 1,300 fields */
    MAX_STRIDE = 256,          /* bytes per table entry */
    MAX_NAME = 512,            /* bytes of one name; template types get long */
    STRING_BLOCK = 4096,       /* names lie close together: they are read by the page */
    STRING_BLOCKS = 512        /* pages kept while the tables are read */
};

typedef enum { FIELD, TYPE, CONSTANT } entry_kind;

typedef struct {
    entry_kind kind;
    uint32_t hash;
    const char *scope; /* a field's type; "" for the others */
    const char *name;
    const char *type_string;
    bool is_static;
    uint64_t value; /* offset or address, size, constant */
} entry;

/* Strings that never move. */
typedef struct arena_chunk {
    struct arena_chunk *next;
    size_t used;
    char bytes[65536 - 2 * sizeof(void *)];
} arena_chunk;

struct jt_vm_structs {
    entry *entries;
    size_t count, capacity;
    uint32_t *slots; /* open addressing, index + 1 */
    size_t slot_count;
    arena_chunk *arena;
};

typedef struct {
    jt_addr page;
    char bytes[STRING_BLOCK];
} string_block;

typedef struct {
    const jt_elf_image *image;
    jt_vm_structs *structs;
    string_block *blocks; /* STRING_BLOCKS, by page number */
    jt_error *err;
} reader;

static int give_up(const reader *r, const char *what)
{
    return jt_fail(r->err, JT_UNSUPPORTED, "its libjvm exports no readable %s", what);
}

static const char *arena_copy(jt_vm_structs *structs, const char *text)
{
    size_t length = strlen(text) + 1;
    arena_chunk *chunk = structs->arena;
    if (chunk == NULL || sizeof chunk->bytes - chunk->used < length) {
        chunk = calloc(1, sizeof *chunk);
        if (chunk == NULL)
            return NULL;
        chunk->next = structs->arena;
        structs->arena = chunk;
    }
    char *copy = chunk->bytes + chunk->used;
    memcpy(copy, text, length);
    chunk->used += length;
    return copy;
}

static const string_block *string_page(const reader *r, jt_addr page)
{
    string_block *block = &r->blocks[(page / STRING_BLOCK) % STRING_BLOCKS];
    if (page == 0)
        return NULL; /* what an empty block has */
    if (block->page != page) {
        block->page = 0;
        if (jt_memory_read(r->image->memory, page, block->bytes, STRING_BLOCK) != JT_OK)
            return NULL;
        block->page = page;
    }
    return block;
}

/* A string of the target through the pages read so far. "" for a null pointer, NULL when unreadable or too long. */
static const char *read_name(const reader *r, jt_addr address, char buffer[MAX_NAME])
{
    size_t length = 0;
    while (address != 0 && length < MAX_NAME) {
        jt_addr page = address & ~(jt_addr)(STRING_BLOCK - 1);
        const string_block *block = string_page(r, page);
        if (block == NULL)
            return NULL;
        size_t left = (size_t)(page + STRING_BLOCK - address);
        size_t room = MAX_NAME - length;
        size_t take = strnlen(block->bytes + (address - page), left < room ? left : room);
        memcpy(buffer + length, block->bytes + (address - page), take);
        length += take;
        if (take < left)
            break;
        address += take;
    }
    if (length >= MAX_NAME)
        return NULL;
    buffer[length] = '\0';
    return buffer;
}

static uint32_t hash_names(entry_kind kind, const char *scope, const char *name)
{
    uint32_t hash = 2166136261u ^ (uint32_t)kind; /* FNV-1a */
    for (; *scope != '\0'; scope++)
        hash = (hash ^ (uint8_t)*scope) * 16777619u;
    hash = (hash ^ '.') * 16777619u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    return hash;
}

static int add_entry(const reader *r, entry e)
{
    jt_vm_structs *s = r->structs;
    if (s->count == s->capacity) {
        size_t capacity = s->capacity == 0 ? 4096 : s->capacity * 2;
        entry *grown = realloc(s->entries, capacity * sizeof *grown);
        if (grown == NULL)
            return jt_fail(r->err, JT_NO_MEMORY, "out of memory");
        s->entries = grown;
        s->capacity = capacity;
    }
    e.hash = hash_names(e.kind, e.scope, e.name);
    s->entries[s->count++] = e;
    return JT_OK;
}

static int read_symbol_word(const reader *r, const char *symbol, uint64_t *value)
{
    jt_addr address;
    if (jt_elf_image_symbol(r->image, symbol, &address) != JT_OK ||
        jt_memory_read_u64(r->image->memory, address, value) != JT_OK)
        return give_up(r, symbol);
    return JT_OK;
}

/* Where one column of a table lies in its entries; the VM exports each as a symbol of its own. */
typedef struct {
    const char *symbol;
    uint64_t offset;
} column;

typedef struct {
    const char *table_symbol, *stride_symbol;
    column columns[6];
    size_t column_count;
    int (*take)(const reader *r, const uint8_t *row, const column *columns, bool *end);
} table;

static uint64_t word_at(const uint8_t *row, uint64_t offset)
{
    uint64_t value;
    memcpy(&value, row + offset, sizeof value);
    return value;
}

static int32_t int_at(const uint8_t *row, uint64_t offset)
{
    int32_t value;
    memcpy(&value, row + offset, sizeof value);
    return value;
}

/* Copies the name at `address`, which must be readable, into *copy. */
static int take_name(const reader *r, jt_addr address, const char **copy)
{
    char buffer[MAX_NAME];
    const char *name = read_name(r, address, buffer);
    if (name == NULL)
        return give_up(r, "names in its structure tables");
    *copy = arena_copy(r->structs, name);
    return *copy != NULL ? JT_OK : jt_fail(r->err, JT_NO_MEMORY, "out of memory");
}

enum { STRUCT_TYPE, STRUCT_FIELD, STRUCT_TYPE_STRING, STRUCT_IS_STATIC, STRUCT_OFFSET, STRUCT_ADDRESS };

static int take_struct(const reader *r, const uint8_t *row, const column *c, bool *end)
{
    jt_addr type = word_at(row, c[STRUCT_TYPE].offset);
    *end = type == 0;
    if (*end)
        return JT_OK;
    entry e = {.kind = FIELD, .is_static = int_at(row, c[STRUCT_IS_STATIC].offset) != 0};
    int status = take_name(r, type, &e.scope);
    if (status == JT_OK)
        status = take_name(r, word_at(row, c[STRUCT_FIELD].offset), &e.name);
    if (status == JT_OK)
        status = take_name(r, word_at(row, c[STRUCT_TYPE_STRING].offset), &e.type_string);
    if (status != JT_OK)
        return status;
    e.value = word_at(row, c[e.is_static ? STRUCT_ADDRESS : STRUCT_OFFSET].offset);
    return add_entry(r, e);
}

/* Types and constants: a name and a value. */
static int take_named(const reader *r, const uint8_t *row, const column *c, entry_kind kind, uint64_t value, bool *end)
{
    jt_addr name = word_at(row, c[0].offset);
    *end = name == 0;
    if (*end)
        return JT_OK;
    entry e = {.kind = kind, .scope = "", .type_string = "", .value = value};
    int status = take_name(r, name, &e.name);
    return status == JT_OK ? add_entry(r, e) : status;
}

static int take_type(const reader *r, const uint8_t *row, const column *c, bool *end)
{
    return take_named(r, row, c, TYPE, word_at(row, c[1].offset), end);
}

static int take_int_constant(const reader *r, const uint8_t *row, const column *c, bool *end)
{
    return take_named(r, row, c, CONSTANT, (uint64_t)(int64_t)int_at(row, c[1].offset), end);
}

static int take_long_constant(const reader *r, const uint8_t *row, const column *c, bool *end)
{
    return take_named(r, row, c, CONSTANT, word_at(row, c[1].offset), end);
}

static const table tables[] = {
    {"gHotSpotVMStructs", "gHotSpotVMStructEntryArrayStride",
     {{"gHotSpotVMStructEntryTypeNameOffset", 0}, {"gHotSpotVMStructEntryFieldNameOffset", 0},
      {"gHotSpotVMStructEntryTypeStringOffset", 0}, {"gHotSpotVMStructEntryIsStaticOffset", 0},
      {"gHotSpotVMStructEntryOffsetOffset", 0}, {"gHotSpotVMStructEntryAddressOffset", 0}}, 6, take_struct},
    {"gHotSpotVMTypes", "gHotSpotVMTypeEntryArrayStride",
     {{"gHotSpotVMTypeEntryTypeNameOffset", 0}, {"gHotSpotVMTypeEntrySizeOffset", 0}}, 2, take_type},
    {"gHotSpotVMIntConstants", "gHotSpotVMIntConstantEntryArrayStride",
     {{"gHotSpotVMIntConstantEntryNameOffset", 0}, {"gHotSpotVMIntConstantEntryValueOffset", 0}}, 2,
     take_int_constant},
    {"gHotSpotVMLongConstants", "gHotSpotVMLongConstantEntryArrayStride",
     {{"gHotSpotVMLongConstantEntryNameOffset", 0}, {"gHotSpotVMLongConstantEntryValueOffset", 0}}, 2,
     take_long_constant},
};

static int read_columns(const reader *r, const table *t, column *columns, uint64_t *stride)
{
    int status = read_symbol_word(r, t->stride_symbol, stride);
    if (status != JT_OK)
        return status;
    if (*stride < sizeof(uint64_t) || *stride > MAX_STRIDE)
        return give_up(r, t->stride_symbol);
    for (size_t i = 0; i < t->column_count; i++) {
        columns[i] = t->columns[i];
        status = read_symbol_word(r, columns[i].symbol, &columns[i].offset);
        if (status != JT_OK)
            return status;
        if (columns[i].offset > *stride - sizeof(uint64_t))
            return give_up(r, columns[i].symbol);
    }
    return JT_OK;
}

static int read_table(const reader *r, const table *t)
{
    enum { ROWS = 64 };
    column columns[6];
    uint64_t stride;
    jt_addr base;
    int status = read_columns(r, t, columns, &stride);
    if (status == JT_OK)
        status = read_symbol_word(r, t->table_symbol, &base);
    bool end = false;
    for (size_t row = 0; status == JT_OK && !end; row += ROWS) {
        uint8_t rows[ROWS * MAX_STRIDE];
        size_t got = ROWS;
        if (row >= MAX_ENTRIES)
            return give_up(r, t->table_symbol);
        /* near the end of the mapping a whole batch may not be there */
        while (got > 0 && jt_memory_read(r->image->memory, base + row * stride, rows, got * stride) != JT_OK)
            got /= 2;
        if (got == 0)
            return give_up(r, t->table_symbol);
        for (size_t i = 0; i < got && status == JT_OK && !end; i++)
            status = t->take(r, rows + i * stride, columns, &end);
        row -= ROWS - got;
    }
    return status;
}

static int build_index(const reader *r)
{
    jt_vm_structs *s = r->structs;
    s->slot_count = 1024;
    while (s->slot_count < 2 * s->count)
        s->slot_count *= 2;
    s->slots = calloc(s->slot_count, sizeof *s->slots);
    if (s->slots == NULL)
        return jt_fail(r->err, JT_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < s->count; i++) {
        size_t slot = s->entries[i].hash & (s->slot_count - 1);
        while (s->slots[slot] != 0)
            slot = (slot + 1) & (s->slot_count - 1);
        s->slots[slot] = (uint32_t)i + 1;
    }
    return JT_OK;
}

int jt_vm_structs_read(const jt_elf_image *image, jt_vm_structs **structs, jt_error *err)
{
    reader r = {image, calloc(1, sizeof(jt_vm_structs)), calloc(STRING_BLOCKS, sizeof(string_block)), err};
    int status = r.structs != NULL && r.blocks != NULL ? JT_OK : jt_fail(err, JT_NO_MEMORY, "out of memory");
    for (size_t i = 0; status == JT_OK && i < sizeof tables / sizeof tables[0]; i++)
        status = read_table(&r, &tables[i]);
    if (status == JT_OK)
        status = build_index(&r);
    free(r.blocks);
    if (status != JT_OK)
        jt_vm_structs_free(r.structs);
    else
        *structs = r.structs;
    return status;
}

void jt_vm_structs_free(jt_vm_structs *structs)
{
    if (structs == NULL)
        return;
    while (structs->arena != NULL) {
        arena_chunk *chunk = structs->arena;
        structs->arena = chunk->next;
        free(chunk);
    }
    free(structs->entries);
    free(structs->slots);
    free(structs);
}

static const entry *find(const jt_vm_structs *s, entry_kind kind, const char *scope, const char *name)
{
    uint32_t hash = hash_names(kind, scope, name);
    for (size_t slot = hash & (s->slot_count - 1); s->slots[slot] != 0; slot = (slot + 1) & (s->slot_count - 1)) {
        const entry *e = &s->entries[s->slots[slot] - 1];
        if (e->hash == hash && e->kind == kind && strcmp(e->scope, scope) == 0 && strcmp(e->name, name) == 0)
            return e;
    }
    return NULL;
}

bool jt_vm_structs_field(const jt_vm_structs *structs, const char *type, const char *name, jt_vm_field *field)
{
    const entry *e = find(structs, FIELD, type, name);
    if (e == NULL)
        return false;
    *field = (jt_vm_field){e->type_string, e->is_static, e->value};
    return true;
}

bool jt_vm_structs_type_size(const jt_vm_structs *structs, const char *type, uint64_t *size)
{
    const entry *e = find(structs, TYPE, "", type);
    if (e != NULL)
        *size = e->value;
    return e != NULL;
}

bool jt_vm_structs_constant(const jt_vm_structs *structs, const char *name, int64_t *value)
{
    const entry *e = find(structs, CONSTANT, "", name);
    if (e != NULL)
        *value = (int64_t)e->value;
    return e != NULL;
}
