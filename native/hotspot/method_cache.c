#include "method_cache.h"

#include <stdlib.h>
#include <string.h>

enum {
    INITIAL_SLOTS = 4096,
    MAX_METHODS = 1 << 16, /* then the cache starts anew */
    METHOD_COPY = 128,     /* bytes of a Method that hold the fields used here */
    CONST_METHOD_COPY = 64,
    NAME_COPY = 256, /* bytes of a class's name that are compared */
    SYMBOL_HEAD = 16,
    JVM_ACC_NATIVE = 0x100
};

struct jt_method_cache {
    const jt_vm *vm;
    jt_method **slots; /* open addressing by address */
    size_t slot_count, count;
    uint32_t last_identity;
    uint64_t walk;
    jt_method *touched; /* to be confirmed; a list */
};

int jt_method_cache_create(const jt_vm *vm, jt_method_cache **cache, jt_error *err)
{
    jt_method_cache *c = calloc(1, sizeof *c);
    if (c != NULL)
        c->slots = calloc(INITIAL_SLOTS, sizeof *c->slots);
    if (c == NULL || c->slots == NULL) {
        free(c);
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    }
    c->vm = vm;
    c->slot_count = INITIAL_SLOTS;
    *cache = c;
    return JT_OK;
}

static void forget_all(jt_method_cache *c)
{
    for (size_t i = 0; i < c->slot_count; i++) {
        free(c->slots[i]);
        c->slots[i] = NULL;
    }
    c->count = 0;
}

void jt_method_cache_destroy(jt_method_cache *cache)
{
    if (cache == NULL)
        return;
    forget_all(cache);
    free(cache->slots);
    free(cache);
}

void jt_method_cache_begin_walk(jt_method_cache *cache)
{
    if (cache->count >= MAX_METHODS)
        forget_all(cache);
    cache->walk++;
    jt_method_cache_continue(cache);
}

void jt_method_cache_continue(jt_method_cache *cache)
{
    cache->touched = NULL;
}

static size_t slot_of(const jt_method_cache *c, jt_addr address)
{
    size_t slot = (size_t)((address >> 3) * 0x9E3779B97F4A7C15ull >> 20) & (c->slot_count - 1);
    while (c->slots[slot] != NULL && c->slots[slot]->address != address)
        slot = (slot + 1) & (c->slot_count - 1);
    return slot;
}

static bool grow(jt_method_cache *c)
{
    jt_method **old = c->slots;
    size_t old_count = c->slot_count;
    jt_method **slots = calloc(old_count * 2, sizeof *slots);
    if (slots == NULL)
        return false;
    c->slots = slots;
    c->slot_count = old_count * 2;
    for (size_t i = 0; i < old_count; i++) {
        if (old[i] != NULL)
            c->slots[slot_of(c, old[i]->address)] = old[i];
    }
    free(old);
    return true;
}

static bool plausible(jt_addr address)
{
    return address >= 4096 && address < (jt_addr)1 << 47 && (address & 7) == 0;
}

static jt_addr name_slot(const jt_layout *l, jt_addr constants, uint16_t index)
{
    return constants + (jt_addr)l->constant_pool_size + (jt_addr)index * 8;
}

/* Reads the pointer to a Symbol at `slot`, and the Symbol's first bytes. */
static bool read_name(const jt_memory *memory, jt_addr slot, jt_addr *name, uint64_t head[2])
{
    return jt_memory_read_u64(memory, slot, name) == JT_OK && plausible(*name) &&
           jt_memory_read(memory, *name, head, 2 * sizeof *head) == JT_OK;
}

/* FNV-1a. A Symbol has 16 random bits, which is not enough where thousands of classes of one shape come and go. */
static uint64_t hash_of(const uint8_t *bytes, size_t length)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * 0x100000001B3u;
    return hash;
}

static jt_addr name_text(const jt_layout *l, const jt_method *m)
{
    return m->holder_name + (jt_addr)(int64_t)l->symbol_body.offset;
}

static bool read_holder_name(const jt_method_cache *c, jt_method *m)
{
    const jt_layout *l = &c->vm->layout;
    bool knows_text =
        jt_field_present(l->symbol_length) && jt_field_present(l->symbol_body) && l->symbol_body.offset <= SYMBOL_HEAD;
    uint8_t text[NAME_COPY];
    if (!read_name(c->vm->memory, m->holder + (jt_addr)l->klass_name.offset, &m->holder_name, m->holder_name_head))
        return false;
    uint64_t length =
        knows_text ? (uint64_t)jt_field_value(l->symbol_length, m->holder_name_head, sizeof m->holder_name_head) : 0;
    m->holder_name_length = (uint16_t)(length < NAME_COPY ? length : NAME_COPY);
    if (jt_memory_read(c->vm->memory, name_text(l, m), text, m->holder_name_length) != JT_OK)
        return false;
    m->holder_name_hash = hash_of(text, m->holder_name_length);
    return true;
}

/* Follows Method -> ConstMethod -> ConstantPool -> name, and -> InstanceKlass -> name. All of it must be there. */
static bool read_method(const jt_method_cache *c, jt_addr address, jt_method *m)
{
    const jt_layout *l = &c->vm->layout;
    uint8_t method[METHOD_COPY] = {0}, const_method[CONST_METHOD_COPY] = {0};
    size_t method_size = (size_t)l->method_access_flags.offset + 8;
    if (method_size > sizeof method || !plausible(address) ||
        jt_memory_read(c->vm->memory, address, method, method_size) != JT_OK)
        return false;
    m->address = address;
    m->const_method = (jt_addr)jt_field_value(l->method_const_method, method, sizeof method);
    m->is_native = (jt_field_value(l->method_access_flags, method, sizeof method) & JVM_ACC_NATIVE) != 0;
    if (l->const_method_size > sizeof const_method || !plausible(m->const_method) ||
        jt_memory_read(c->vm->memory, m->const_method, const_method, l->const_method_size) != JT_OK)
        return false;
    m->constants = (jt_addr)jt_field_value(l->const_method_constants, const_method, sizeof const_method);
    m->code_size = (uint32_t)jt_field_value(l->const_method_code_size, const_method, sizeof const_method);
    m->name_index = (uint16_t)jt_field_value(l->const_method_name_index, const_method, sizeof const_method);
    m->bytecodes = m->const_method + l->const_method_size;
    return plausible(m->constants) &&
           jt_memory_read_u64(c->vm->memory, m->constants + (jt_addr)l->pool_holder.offset, &m->holder) == JT_OK &&
           plausible(m->holder) &&
           read_holder_name(c, m) &&
           read_name(c->vm->memory, name_slot(l, m->constants, m->name_index), &m->name, m->name_head) &&
           (m->code_size > 0 || m->is_native);
}

const jt_method *jt_method_cache_get(jt_method_cache *cache, jt_addr address)
{
    size_t slot = slot_of(cache, address);
    jt_method *m = cache->slots[slot];
    if (m == NULL) {
        jt_method fresh = {0};
        if (!read_method(cache, address, &fresh) || (2 * cache->count >= cache->slot_count && !grow(cache)))
            return NULL;
        m = malloc(sizeof *m);
        if (m == NULL)
            return NULL;
        *m = fresh;
        m->identity = ++cache->last_identity;
        cache->slots[slot_of(cache, address)] = m;
        cache->count++;
        m->checked_in_walk = cache->walk; /* read just now */
    } else if (m->checked_in_walk != cache->walk) {
        m->checked_in_walk = cache->walk;
        m->next_touched = cache->touched;
        cache->touched = m;
    }
    return m;
}

/* The words of one method that confirm it, as they are in the target now. */
typedef struct {
    jt_addr const_method, holder, holder_name, name;
    uint8_t const_method_copy[CONST_METHOD_COPY];
    uint64_t name_head[2];
    uint8_t holder_symbol[SYMBOL_HEAD + NAME_COPY];
} method_words;

enum { WORDS_READS = 7 };

static size_t symbol_length(const jt_layout *l, const jt_method *m)
{
    size_t length = m->holder_name_length == 0 ? 0 : (size_t)l->symbol_body.offset + m->holder_name_length;
    return length < SYMBOL_HEAD ? SYMBOL_HEAD : length;
}

static void plan_reads(const jt_method_cache *c, const jt_method *m, method_words *now, jt_read *reads)
{
    const jt_layout *l = &c->vm->layout;
    reads[0] = (jt_read){m->address + (jt_addr)l->method_const_method.offset, &now->const_method, 8};
    reads[1] = (jt_read){m->const_method, now->const_method_copy, l->const_method_size};
    reads[2] = (jt_read){m->constants + (jt_addr)l->pool_holder.offset, &now->holder, 8};
    reads[3] = (jt_read){m->holder + (jt_addr)l->klass_name.offset, &now->holder_name, 8};
    reads[4] = (jt_read){m->holder_name, now->holder_symbol, symbol_length(l, m)};
    reads[5] = (jt_read){name_slot(l, m->constants, m->name_index), &now->name, 8};
    reads[6] = (jt_read){m->name, now->name_head, sizeof now->name_head};
}

/* The 16 bits of the reference count in a symbol's head change all the time. They come after the length up to 11, and
 * first from then on, with the length at 4 (symbol.hpp). */
static bool same_symbol(const jt_layout *l, const uint64_t a[2], const uint64_t b[2])
{
    const uint64_t count = l->symbol_length.offset == 0 ? 0xFFFF0000u : 0xFFFFu;
    return ((a[0] ^ b[0]) & ~count) == 0 && a[1] == b[1];
}

static bool same_const_method(const jt_layout *l, const jt_method *m, const method_words *now)
{
    const uint8_t *copy = now->const_method_copy;
    return (jt_addr)jt_field_value(l->const_method_constants, copy, CONST_METHOD_COPY) == m->constants &&
           (uint16_t)jt_field_value(l->const_method_name_index, copy, CONST_METHOD_COPY) == m->name_index;
}

static bool same_holder_name(const jt_layout *l, const jt_method *m, const uint8_t *symbol)
{
    uint64_t head[2];
    memcpy(head, symbol, sizeof head);
    const uint8_t *text = m->holder_name_length == 0 ? symbol : symbol + l->symbol_body.offset;
    return same_symbol(l, head, m->holder_name_head) && hash_of(text, m->holder_name_length) == m->holder_name_hash;
}

static bool unchanged(const jt_method_cache *c, const jt_method *m, const method_words *now)
{
    const jt_layout *l = &c->vm->layout;
    return now->const_method == m->const_method && now->holder == m->holder && now->holder_name == m->holder_name &&
           now->name == m->name && same_const_method(l, m, now) && same_symbol(l, now->name_head, m->name_head) &&
           same_holder_name(l, m, now->holder_symbol);
}

static void forget(jt_method_cache *c, jt_method *m)
{
    size_t slot = slot_of(c, m->address);
    free(m);
    c->slots[slot] = NULL;
    c->count--;
    /* re-seat what probed past the hole */
    for (size_t next = (slot + 1) & (c->slot_count - 1); c->slots[next] != NULL;
         next = (next + 1) & (c->slot_count - 1)) {
        jt_method *moved = c->slots[next];
        c->slots[next] = NULL;
        c->slots[slot_of(c, moved->address)] = moved;
    }
}

bool jt_method_cache_confirm(jt_method_cache *cache)
{
    enum { BATCH = 32 };
    bool all = true;
    while (cache->touched != NULL) {
        jt_method *batch[BATCH];
        method_words now[BATCH];
        jt_read reads[BATCH * WORDS_READS];
        size_t n = 0;
        for (; n < BATCH && cache->touched != NULL; cache->touched = cache->touched->next_touched) {
            plan_reads(cache, cache->touched, &now[n], reads + n * WORDS_READS);
            batch[n++] = cache->touched;
        }
        size_t done = jt_memory_read_batch(cache->vm->memory, reads, n * WORDS_READS) / WORDS_READS;
        for (size_t i = 0; i < n; i++) {
            /* after an unreadable one the rest of the batch was not read: forgotten as well, and read anew */
            if (i >= done || !unchanged(cache, batch[i], &now[i])) {
                forget(cache, batch[i]);
                all = false;
            }
        }
    }
    return all;
}
