#include "code_cache.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_HEAPS = 8,
    HEADER_COPY = 1024,
    BLOCK_COPY = 32, /* of a HeapBlock::Header */
    MAX_PC_DESCS = 1 << 20,
    MAX_PC_BYTES =
        64 << 20, /* of all blobs' PcDescs together; then, or when there are MAX_BLOBS, the cache starts anew */
    MAX_BLOBS = 1 << 16,
    CONFIRM_BATCH = 32,    /* blobs */
    REFRESH_EVERY = 64,    /* walks */
    SEGMENT_FREE = 0xff,   /* CodeHeap::free_sentinel */
    SEGMENT_WINDOW = 4096, /* bytes of the segment map read at once */
    MAX_BLOB_BYTES = 64 << 20,
    COMP_LEVEL_FULL_OPTIMIZATION = 4 /* CompLevel_full_optimization */
};

typedef struct {
    jt_addr address;
    jt_addr low, high, segmap_low, segmap_high;
    jt_addr reserved_low, reserved_high; /* where it may grow */
    int log2_segment_size;
} code_heap;

struct jt_code_cache {
    const jt_vm *vm;
    code_heap heaps[MAX_HEAPS];
    size_t heap_count;
    jt_blob **blobs;   /* ascending, never overlapping */
    size_t blob_count, blob_capacity;
    size_t pc_bytes;
    uint64_t walk;
    bool refreshed;    /* since this walk began */
    bool contradicted; /* by what was read since: a blob that was confirmed is not there any more */
    jt_blob *touched; /* to be confirmed; a list */
};

int jt_code_cache_create(const jt_vm *vm, jt_code_cache **cache, jt_error *err)
{
    *cache = calloc(1, sizeof **cache);
    if (*cache == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    (*cache)->vm = vm;
    return JT_OK;
}

static size_t pc_bytes(const jt_blob *blob)
{
    return blob->pc_count * sizeof *blob->pc_offsets;
}

static void free_blob(jt_code_cache *c, jt_blob *blob)
{
    if (blob->pc_offsets != NULL)
        c->pc_bytes -= pc_bytes(blob);
    free(blob->pc_offsets);
    free(blob);
}

static void forget_range(jt_code_cache *c, size_t first, size_t count)
{
    if (count == 0)
        return;
    for (size_t i = first; i < first + count; i++)
        free_blob(c, c->blobs[i]);
    memmove(c->blobs + first, c->blobs + first + count, (c->blob_count - first - count) * sizeof *c->blobs);
    c->blob_count -= count;
}

void jt_code_cache_destroy(jt_code_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < cache->blob_count; i++)
        free_blob(cache, cache->blobs[i]);
    free(cache->blobs);
    free(cache);
}

/* --- heaps --- */

static jt_addr space_word(jt_field space, jt_field bound, const uint8_t *copy, size_t length)
{
    jt_field f = {space.offset + bound.offset, 8, false};
    return (jt_addr)jt_field_value(f, copy, length);
}

static bool read_heap(const jt_vm *vm, jt_addr address, code_heap *heap)
{
    const jt_layout *l = &vm->layout;
    uint8_t copy[HEADER_COPY];
    size_t length = (size_t)l->heap_log2_segment_size.offset + 4;
    if (length > sizeof copy || jt_memory_read(vm->memory, address, copy, length) != JT_OK)
        return false;
    heap->address = address;
    heap->low = space_word(l->heap_memory, l->space_low, copy, length);
    heap->high = space_word(l->heap_memory, l->space_high, copy, length);
    heap->reserved_low = space_word(l->heap_memory, l->space_low_boundary, copy, length);
    heap->reserved_high = space_word(l->heap_memory, l->space_high_boundary, copy, length);
    heap->segmap_low = space_word(l->heap_segmap, l->space_low, copy, length);
    heap->segmap_high = space_word(l->heap_segmap, l->space_high, copy, length);
    heap->log2_segment_size = (int)jt_field_value(l->heap_log2_segment_size, copy, length);
    return heap->low != 0 && heap->low < heap->high && heap->segmap_low < heap->segmap_high &&
           heap->log2_segment_size >= 3 && heap->log2_segment_size <= 16;
}

/* Addresses of the CodeHeap objects: an array from 9 on, a single one in 8. */
static size_t heap_addresses(const jt_vm *vm, jt_addr out[MAX_HEAPS])
{
    const jt_layout *l = &vm->layout;
    if (l->code_heaps == 0)
        return jt_memory_read_u64(vm->memory, l->code_heap, &out[0]) == JT_OK && out[0] != 0 ? 1 : 0;
    jt_addr array, data;
    int32_t length;
    if (jt_memory_read_u64(vm->memory, l->code_heaps, &array) != JT_OK || array == 0 ||
        jt_memory_read_i32(vm->memory, array + (jt_addr)l->array_length.offset, &length) != JT_OK ||
        jt_memory_read_u64(vm->memory, array + (jt_addr)l->array_data.offset, &data) != JT_OK || length <= 0)
        return 0;
    size_t count = length > MAX_HEAPS ? MAX_HEAPS : (size_t)length;
    return jt_memory_read(vm->memory, data, out, count * sizeof *out) == JT_OK ? count : 0;
}

/* Heaps grow (CodeHeap::expand_by): read again every few walks, and in a walk that has a pc where one may grow. */
static void refresh_heaps(jt_code_cache *c)
{
    jt_addr addresses[MAX_HEAPS];
    size_t count = heap_addresses(c->vm, addresses);
    c->refreshed = true;
    c->heap_count = 0;
    for (size_t i = 0; i < count; i++)
        c->heap_count += read_heap(c->vm, addresses[i], &c->heaps[c->heap_count]);
}

void jt_code_cache_begin_walk(jt_code_cache *cache)
{
    if (cache->blob_count >= MAX_BLOBS || cache->pc_bytes >= MAX_PC_BYTES)
        forget_range(cache, 0, cache->blob_count);
    cache->contradicted = false;
    jt_code_cache_continue(cache);
    if (cache->walk++ % REFRESH_EVERY == 0)
        refresh_heaps(cache);
}

void jt_code_cache_continue(jt_code_cache *cache)
{
    cache->refreshed = false;
    cache->touched = NULL;
}

static const code_heap *heap_of(const jt_code_cache *c, jt_addr pc)
{
    for (size_t i = 0; i < c->heap_count; i++) {
        if (pc >= c->heaps[i].low && pc < c->heaps[i].high)
            return &c->heaps[i];
    }
    return NULL;
}

/* Whether a pc that lies in no heap is worth a new look at them. */
static bool may_be_code(const jt_code_cache *c, jt_addr pc)
{
    for (size_t i = 0; i < c->heap_count; i++) {
        if (pc >= c->heaps[i].reserved_low && pc < c->heaps[i].reserved_high)
            return true;
    }
    return c->heap_count == 0;
}

bool jt_code_cache_covers(const jt_code_cache *cache, jt_addr pc)
{
    return heap_of(cache, pc) != NULL;
}

/* --- from pc to block --- */

/* Back from the pc's segment to the block's first one. Values in the map are how far to go back at least; the index
 * falls strictly, and not by more than the largest blob has, so it ends soon. */
static bool block_start(const jt_vm *vm, const code_heap *heap, jt_addr pc, jt_addr *start)
{
    uint64_t index = (pc - heap->low) >> heap->log2_segment_size;
    const uint64_t first = index, farthest = (uint64_t)MAX_BLOB_BYTES >> heap->log2_segment_size;
    uint8_t window[SEGMENT_WINDOW];
    uint64_t window_first = 1, window_count = 0;
    for (;;) {
        if (index < window_first || index >= window_first + window_count) {
            window_first = index + 1 > SEGMENT_WINDOW ? index + 1 - SEGMENT_WINDOW : 0;
            window_count = index + 1 - window_first;
            if (index >= heap->segmap_high - heap->segmap_low ||
                jt_memory_read(vm->memory, heap->segmap_low + window_first, window, window_count) != JT_OK)
                return false;
        }
        uint8_t back = window[index - window_first];
        if (back == SEGMENT_FREE || back > index || first - index > farthest)
            return false;
        if (back == 0)
            break;
        index -= back;
    }
    *start = heap->low + (index << heap->log2_segment_size);
    return true;
}

static bool says_used(const jt_layout *l, const uint8_t *block)
{
    return jt_field_value(l->block_used, block, (size_t)l->block_size) != 0;
}

static bool block_used(const jt_vm *vm, jt_addr block)
{
    uint8_t header[BLOCK_COPY];
    size_t length = (size_t)vm->layout.block_size;
    return length <= sizeof header && jt_memory_read(vm->memory, block, header, length) == JT_OK &&
           says_used(&vm->layout, header);
}

/* --- from block to blob --- */

static jt_blob_kind kind_by_name(const char *name)
{
    if (strcmp(name, "nmethod") == 0)
        return JT_BLOB_NMETHOD;
    if (strcmp(name, "native nmethod") == 0)
        return JT_BLOB_NATIVE_NMETHOD;
    if (strcmp(name, "vtable chunks") == 0)
        return JT_BLOB_VTABLE;
    if (strcmp(name, "I2C/C2I adapters") == 0)
        return JT_BLOB_ADAPTER;
    if (strcmp(name, "SafepointBlob") == 0)
        return JT_BLOB_SAFEPOINT;
    if (strcmp(name, "DeoptimizationBlob") == 0 || strcmp(name, "UncommonTrapBlob") == 0)
        return JT_BLOB_DEOPTIMIZATION;
    /* flush_icache_stub, 25 on flush_icache_initial_stub and flush_icache_final_stub (AbstractICache::initialize) */
    if (strncmp(name, "flush_icache_", strlen("flush_icache_")) == 0)
        return JT_BLOB_NATIVE_LEAF;
    /* the name's first letter changes its case between releases */
    return strstr(name, "ontinuation") != NULL ? JT_BLOB_CONTINUATION : JT_BLOB_OTHER;
}

static jt_blob_kind blob_kind(const jt_layout *l, const jt_blob *blob, const uint8_t *header, size_t length)
{
    jt_blob_kind by_name = kind_by_name(blob->name);
    if (!jt_field_present(l->blob_kind))
        return by_name;
    int64_t kind = jt_field_value(l->blob_kind, header, length);
    if (kind == l->kind_nmethod)
        return by_name == JT_BLOB_NATIVE_NMETHOD ? JT_BLOB_NATIVE_NMETHOD : JT_BLOB_NMETHOD;
    if (kind == l->kind_adapter)
        return JT_BLOB_ADAPTER;
    if (kind == l->kind_vtable)
        return JT_BLOB_VTABLE;
    if (kind == l->kind_upcall)
        return JT_BLOB_UPCALL;
    if (kind == l->kind_safepoint)
        return JT_BLOB_SAFEPOINT;
    if (kind == l->kind_deoptimization || kind == l->kind_uncommon_trap)
        return JT_BLOB_DEOPTIMIZATION;
    return by_name == JT_BLOB_CONTINUATION || by_name == JT_BLOB_NATIVE_LEAF ? by_name : JT_BLOB_OTHER;
}

static bool read_code_range(const jt_layout *l, jt_blob *blob, const uint8_t *header, size_t length)
{
    if (jt_field_present(l->blob_code_begin)) {
        blob->code_begin = (jt_addr)jt_field_value(l->blob_code_begin, header, length);
        blob->code_end = (jt_addr)jt_field_value(l->blob_code_end, header, length);
    } else {
        blob->code_begin = blob->start + (jt_addr)jt_field_value(l->blob_code_offset, header, length);
        blob->code_end = blob->start + (jt_addr)jt_field_value(l->blob_data_offset, header, length);
    }
    return blob->code_begin >= blob->start && blob->code_begin <= blob->code_end && blob->code_end <= blob->end;
}

static jt_addr deopt_pc(jt_field address, jt_field offset, const jt_blob *blob, const uint8_t *header, size_t length)
{
    if (jt_field_present(address))
        return (jt_addr)jt_field_value(address, header, length);
    int64_t from_start = jt_field_present(offset) ? jt_field_value(offset, header, length) : -1;
    return from_start > 0 ? blob->start + (jt_addr)from_start : 0; /* -1: none, as for native wrappers */
}

static void read_nmethod(const jt_layout *l, jt_blob *blob, const uint8_t *h, size_t length)
{
    blob->method = (jt_addr)jt_field_value(l->nmethod_method, h, length);
    blob->compile_id = (int32_t)jt_field_value(l->nmethod_compile_id, h, length);
    blob->optimized = !jt_field_present(l->nmethod_comp_level) ||
                      jt_field_value(l->nmethod_comp_level, h, length) == COMP_LEVEL_FULL_OPTIMIZATION;
    blob->orig_pc_offset = (int32_t)jt_field_value(l->nmethod_orig_pc_offset, h, length);
    blob->deopt_handler = deopt_pc(l->nmethod_deopt_address, l->nmethod_deopt_offset, blob, h, length);
    blob->deopt_mh_handler = deopt_pc(l->nmethod_deopt_mh_address, l->nmethod_deopt_mh_offset, blob, h, length);
    if (jt_field_value(l->nmethod_entry_bci, h, length) != -1) /* InvocationEntryBci: not OSR */
        blob->osr_entry = (jt_addr)jt_field_value(l->nmethod_osr_entry_point, h, length);
    jt_addr base = jt_field_present(l->nmethod_immutable_data)
                       ? (jt_addr)jt_field_value(l->nmethod_immutable_data, h, length)
                       : blob->start;
    int32_t first = (int32_t)jt_field_value(l->nmethod_scopes_pcs_offset, h, length);
    int32_t end = (int32_t)jt_field_value(l->nmethod_pcs_end_offset, h, length);
    int64_t bytes = (int64_t)end - first;
    if (first >= 0 && bytes > 0 && bytes / (int64_t)l->pc_desc_size <= MAX_PC_DESCS) {
        blob->pc_descs = base + (jt_addr)first;
        blob->pc_count = (uint32_t)(bytes / (int64_t)l->pc_desc_size);
    }
}

/* The header as it was copied; the name's text is not in it, but tells the kind. */
static bool parse_header(const jt_layout *l, const uint8_t *h, jt_blob *blob)
{
    size_t length = (size_t)l->blob_header_limit;
    int64_t size = jt_field_value(l->blob_size, h, length);
    if (size <= 0 || size > MAX_BLOB_BYTES)
        return false;
    blob->end = blob->start + (jt_addr)size;
    blob->frame_size_words = (int32_t)jt_field_value(l->blob_frame_size, h, length);
    blob->frame_complete = (int32_t)jt_field_value(l->blob_frame_complete, h, length);
    blob->kind = blob_kind(l, blob, h, length);
    if (!read_code_range(l, blob, h, length))
        return false;
    if (blob->kind == JT_BLOB_NMETHOD || blob->kind == JT_BLOB_NATIVE_NMETHOD)
        read_nmethod(l, blob, h, length);
    if (blob->kind == JT_BLOB_UPCALL && jt_field_present(l->upcall_frame_data) && jt_field_present(l->upcall_jfa))
        blob->upcall_anchor_offset = (int32_t)jt_field_value(l->upcall_frame_data, h, length) + l->upcall_jfa.offset;
    return true;
}

static jt_addr name_address(const jt_layout *l, const uint8_t *h)
{
    return (jt_addr)jt_field_value(l->blob_name, h, (size_t)l->blob_header_limit);
}

static bool read_blob(const jt_vm *vm, jt_addr start, jt_blob *blob)
{
    const jt_layout *l = &vm->layout;
    uint8_t h[HEADER_COPY];
    if ((size_t)l->blob_header_limit > sizeof h ||
        jt_memory_read(vm->memory, start, h, (size_t)l->blob_header_limit) != JT_OK)
        return false;
    blob->start = start;
    blob->name_address = name_address(l, h);
    if (jt_memory_read_string(vm->memory, blob->name_address, blob->name, sizeof blob->name) != JT_OK)
        strcpy(blob->name, "?"); /* long or unreadable: none of the names that matter */
    return parse_header(l, h, blob);
}

/* Whether a header read later says the same. All that was taken from it is compared, not only what tells one blob from
 * the next at the same place: it may have been read while it was being written. */
static bool says_the_same(const jt_layout *l, const uint8_t *h, const jt_blob *blob)
{
    jt_blob now = {.start = blob->start, .name_address = name_address(l, h)};
    memcpy(now.name, blob->name, sizeof now.name);
    return now.name_address == blob->name_address && parse_header(l, h, &now) && now.end == blob->end &&
           now.kind == blob->kind && now.code_begin == blob->code_begin && now.code_end == blob->code_end &&
           now.frame_size_words == blob->frame_size_words && now.frame_complete == blob->frame_complete &&
           now.method == blob->method && now.compile_id == blob->compile_id && now.optimized == blob->optimized &&
           now.orig_pc_offset == blob->orig_pc_offset && now.deopt_handler == blob->deopt_handler &&
           now.deopt_mh_handler == blob->deopt_mh_handler && now.osr_entry == blob->osr_entry &&
           now.pc_descs == blob->pc_descs && now.pc_count == blob->pc_count &&
           now.upcall_anchor_offset == blob->upcall_anchor_offset;
}

/* --- the cache --- */

/* Index of the first blob that ends after `address`. */
static size_t position_of(const jt_code_cache *c, jt_addr address)
{
    size_t low = 0, high = c->blob_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->blobs[middle]->end > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static jt_blob *insert(jt_code_cache *c, const jt_blob *fresh)
{
    size_t at = position_of(c, fresh->start), overlapped = 0;
    /* what it overlaps is gone: its space was given to this one */
    while (at + overlapped < c->blob_count && c->blobs[at + overlapped]->start < fresh->end) {
        if (c->blobs[at + overlapped]->checked_in_walk == c->walk) {
            c->contradicted = true; /* both in one walk: the code cache changed under it */
            return NULL;
        }
        overlapped++;
    }
    forget_range(c, at, overlapped);
    if (c->blob_count == c->blob_capacity) {
        size_t capacity = c->blob_capacity == 0 ? 256 : c->blob_capacity * 2;
        jt_blob **grown = realloc(c->blobs, capacity * sizeof *grown);
        if (grown == NULL)
            return NULL;
        c->blobs = grown;
        c->blob_capacity = capacity;
    }
    jt_blob *blob = malloc(sizeof *blob);
    if (blob == NULL)
        return NULL;
    *blob = *fresh;
    memmove(c->blobs + at + 1, c->blobs + at, (c->blob_count - at) * sizeof *c->blobs);
    c->blobs[at] = blob;
    c->blob_count++;
    return blob;
}

static jt_blob *find_cached(const jt_code_cache *c, jt_addr pc)
{
    size_t at = position_of(c, pc);
    return at < c->blob_count && c->blobs[at]->start <= pc ? c->blobs[at] : NULL;
}

static jt_blob *read_and_cache(jt_code_cache *c, jt_addr pc)
{
    if (heap_of(c, pc) == NULL && !c->refreshed && may_be_code(c, pc))
        refresh_heaps(c);
    const code_heap *heap = heap_of(c, pc);
    jt_addr block;
    jt_blob fresh = {0};
    if (heap == NULL || !block_start(c->vm, heap, pc, &block) || !block_used(c->vm, block) ||
        !read_blob(c->vm, block + c->vm->layout.block_size, &fresh) || pc < fresh.start || pc >= fresh.end)
        return NULL;
    return insert(c, &fresh);
}

jt_blob *jt_code_cache_find(jt_code_cache *cache, jt_addr pc)
{
    jt_blob *blob = find_cached(cache, pc);
    if (blob == NULL) {
        blob = read_and_cache(cache, pc);
        if (blob != NULL)
            blob->checked_in_walk = cache->walk; /* read just now */
    } else if (blob->checked_in_walk != cache->walk) {
        blob->checked_in_walk = cache->walk;
        blob->next_touched = cache->touched;
        cache->touched = blob;
    }
    return blob != NULL && pc >= blob->code_begin && pc < blob->code_end ? blob : NULL;
}

static void forget(jt_code_cache *c, const jt_blob *blob)
{
    size_t at = position_of(c, blob->start);
    if (at < c->blob_count && c->blobs[at] == blob)
        forget_range(c, at, 1);
}

/* A blob that was freed keeps its header, as long as nobody overwrites it, while another one may stand in the rest of
 * its place (CodeHeap::search_freelist hands out the end of a free block): its block tells that it is free. */
static bool confirm_batch(jt_code_cache *c, jt_blob *const *batch, size_t n)
{
    const jt_layout *l = &c->vm->layout;
    uint8_t copies[CONFIRM_BATCH][BLOCK_COPY + HEADER_COPY]; /* the header stands right behind that of its block */
    jt_read reads[CONFIRM_BATCH] = {0};
    size_t block_size = (size_t)l->block_size, length = block_size + (size_t)l->blob_header_limit;
    bool all = true;
    for (size_t i = 0; i < n; i++)
        reads[i] = (jt_read){batch[i]->start - block_size, copies[i], length};
    size_t done = jt_memory_read_batch(c->vm->memory, reads, n);
    for (size_t i = 0; i < n; i++) {
        if (i >= done || !says_used(l, copies[i]) || !says_the_same(l, copies[i] + block_size, batch[i])) {
            forget(c, batch[i]);
            all = false;
        }
    }
    return all;
}

bool jt_code_cache_confirm(jt_code_cache *cache)
{
    bool all = !cache->contradicted;
    while (cache->touched != NULL) {
        jt_blob *batch[CONFIRM_BATCH];
        size_t n = 0;
        for (; n < CONFIRM_BATCH && cache->touched != NULL; cache->touched = cache->touched->next_touched)
            batch[n++] = cache->touched;
        all &= confirm_batch(cache, batch, n);
    }
    return all;
}

/* --- PcDescs --- */

/* They ascend, between two that stand for no instruction: -1 (PcDesc::lower_offset_limit), and one beyond the code
 * (nmethod::copy_scopes_pcs). If not, they are not written yet: an nmethod's header is there before them. */
static bool are_pc_offsets(const jt_blob *blob, const int32_t *offsets)
{
    for (uint32_t i = 1; i < blob->pc_count; i++) {
        if (offsets[i] <= offsets[i - 1])
            return false;
    }
    return blob->pc_count >= 2 && offsets[0] == -1 &&
           offsets[blob->pc_count - 1] > (int64_t)(blob->code_end - blob->code_begin);
}

static bool load_pc_offsets(jt_code_cache *c, jt_blob *blob)
{
    const jt_layout *l = &c->vm->layout;
    if (c->pc_bytes >= MAX_PC_BYTES)
        return false; /* until the next walk begins */
    size_t bytes = (size_t)blob->pc_count * (size_t)l->pc_desc_size;
    uint8_t *descs = malloc(bytes);
    int32_t *offsets = malloc(pc_bytes(blob));
    bool ok = descs != NULL && offsets != NULL && jt_memory_read(c->vm->memory, blob->pc_descs, descs, bytes) == JT_OK;
    for (uint32_t i = 0; ok && i < blob->pc_count; i++)
        offsets[i] = (int32_t)jt_field_value(l->pc_desc_pc_offset, descs + i * l->pc_desc_size, l->pc_desc_size);
    free(descs);
    if (!ok || !are_pc_offsets(blob, offsets)) {
        free(offsets);
        return false;
    }
    blob->pc_offsets = offsets;
    c->pc_bytes += pc_bytes(blob);
    return true;
}

bool jt_code_cache_has_pc_desc(jt_code_cache *cache, jt_blob *blob, jt_addr pc)
{
    if (blob->pc_count == 0 || (blob->pc_offsets == NULL && !load_pc_offsets(cache, blob)))
        return false;
    int64_t wanted = (int64_t)(pc - blob->code_begin);
    uint32_t low = 0, high = blob->pc_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (blob->pc_offsets[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low < blob->pc_count && blob->pc_offsets[low] == wanted;
}

bool jt_blob_is_deopt_pc(const jt_blob *blob, jt_addr pc)
{
    return pc != 0 && (pc == blob->deopt_handler || pc == blob->deopt_mh_handler);
}
