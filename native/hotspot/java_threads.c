#include "java_threads.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_THREADS = 1 << 20,
    MAX_UNREADABLE = 1024, /* threads that end while they are read are few */
    BATCH = 512
};

/* 14 on: the array that ThreadsSMRSupport publishes (threadSMR.hpp). */
static int smr_addresses(const jt_vm *vm, jt_addr **addresses, size_t *count, jt_error *err)
{
    const jt_layout *l = &vm->layout;
    jt_addr list, array;
    int32_t length;
    if (jt_memory_read_u64(vm->memory, l->threads_list, &list) != JT_OK || list == 0 ||
        jt_memory_read_i32(vm->memory, list + (jt_addr)l->threads_list_length.offset, &length) != JT_OK ||
        jt_memory_read_u64(vm->memory, list + (jt_addr)l->threads_list_threads.offset, &array) != JT_OK ||
        length <= 0 || length > MAX_THREADS)
        return JT_OK;
    jt_addr *found = malloc((size_t)length * sizeof *found);
    if (found == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    if (jt_memory_read(vm->memory, array, found, (size_t)length * sizeof *found) != JT_OK) {
        free(found); /* replaced and freed meanwhile: the next tick looks again */
        return JT_OK;
    }
    *addresses = found;
    *count = (size_t)length;
    return JT_OK;
}

/* Up to 13: a linked list. One that is torn may lead back into itself: it ends when it meets the last thread whose
 * place in it was a power of two. */
static int linked_addresses(const jt_vm *vm, jt_addr **addresses, size_t *count, jt_error *err)
{
    size_t capacity = 0;
    jt_addr at = 0;
    if (jt_memory_read_u64(vm->memory, vm->layout.thread_list_head, &at) != JT_OK)
        return JT_OK;
    size_t mark = 0;
    while (at != 0 && *count < MAX_THREADS && (*count == 0 || at != (*addresses)[mark])) {
        if ((*count & (*count - 1)) == 0 && *count > 0)
            mark = *count - 1;
        if (*count == capacity) {
            capacity = capacity == 0 ? 64 : capacity * 2;
            jt_addr *grown = realloc(*addresses, capacity * sizeof *grown);
            if (grown == NULL)
                return jt_fail(err, JT_NO_MEMORY, "out of memory");
            *addresses = grown;
        }
        (*addresses)[(*count)++] = at;
        if (jt_memory_read_u64(vm->memory, at + (jt_addr)vm->layout.thread_next.offset, &at) != JT_OK)
            break;
    }
    return JT_OK;
}

/* Reads one word per base address at `offset`; unreadable ones stay 0, and all of them after too many. */
static void read_column(const jt_vm *vm, const jt_addr *bases, size_t count, int32_t offset, void *into, size_t width)
{
    jt_read reads[BATCH];
    size_t unreadable = 0;
    for (size_t first = 0; first < count && unreadable <= MAX_UNREADABLE;) {
        size_t n = count - first < BATCH ? count - first : BATCH;
        for (size_t i = 0; i < n; i++) {
            jt_addr base = bases[first + i];
            /* a base that is not known reads nothing */
            reads[i] =
                (jt_read){base + (jt_addr)(int64_t)offset, (char *)into + (first + i) * width, base == 0 ? 0 : width};
        }
        size_t done = jt_memory_read_batch(vm->memory, reads, n);
        first += done < n ? done + 1 : n; /* skip the one that failed */
        unreadable += done < n;
    }
}

int jt_java_threads_list(const jt_vm *vm, jt_java_thread **threads, size_t *count, jt_error *err)
{
    jt_addr *addresses = NULL;
    size_t n = 0;
    *threads = NULL;
    *count = 0;
    int status = vm->layout.threads_list != 0 ? smr_addresses(vm, &addresses, &n, err)
                                              : linked_addresses(vm, &addresses, &n, err);
    jt_addr *osthreads = calloc(n + 1, sizeof *osthreads);
    int32_t *tids = calloc(n + 1, sizeof *tids);
    jt_java_thread *found = calloc(n + 1, sizeof *found);
    if (status == JT_OK && (osthreads == NULL || tids == NULL || found == NULL))
        status = jt_fail(err, JT_NO_MEMORY, "out of memory");
    if (status == JT_OK) {
        read_column(vm, addresses, n, vm->layout.thread_osthread.offset, osthreads, sizeof *osthreads);
        read_column(vm, osthreads, n, vm->layout.osthread_thread_id.offset, tids, sizeof *tids);
        for (size_t i = 0; i < n; i++) {
            if (tids[i] > 0)
                found[(*count)++] = (jt_java_thread){addresses[i], tids[i]};
        }
        *threads = found;
        found = NULL;
    }
    free(found);
    free(tids);
    free(osthreads);
    free(addresses);
    return status;
}

bool jt_java_threads_have(const jt_vm *vm, jt_addr thread)
{
    jt_java_thread *threads;
    size_t count;
    if (jt_java_threads_list(vm, &threads, &count, NULL) != JT_OK)
        return true;
    bool found = count == 0;
    for (size_t i = 0; i < count && !found; i++)
        found = threads[i].address == thread;
    free(threads);
    return found;
}

/* Where virtual threads are, threads have handles for both. */
static bool both_handles(const jt_layout *l)
{
    return jt_field_present(l->thread_virtual) && jt_field_present(l->thread_object);
}

static size_t anchor_size(const jt_layout *l)
{
    size_t pc_end = (size_t)l->anchor_pc.offset + 8;
    size_t fp_end = jt_field_present(l->anchor_fp) ? (size_t)l->anchor_fp.offset + 8 : 0;
    size_t size = fp_end > pc_end ? fp_end : pc_end;
    return size < JT_ANCHOR_BYTES ? size : JT_ANCHOR_BYTES;
}

static void widen(jt_java_thread_range *range, jt_field field, size_t size)
{
    if (!jt_field_present(field))
        return;
    size_t from = (size_t)field.offset, end = from + size;
    if (range->end == 0 || from < range->from)
        range->from = from;
    if (end > range->end)
        range->end = end;
}

/* Where in a JavaThread all of it is, so that one read gets it: some 600 bytes. */
static jt_java_thread_range range_of(const jt_layout *l)
{
    jt_java_thread_range range = {0, 0};
    widen(&range, l->thread_state, sizeof(int32_t));
    widen(&range, l->thread_anchor, anchor_size(l));
    const jt_field words[] = {l->thread_osthread,           l->thread_stack_base, l->thread_stack_size, l->thread_cont_entry,
                              l->thread_saved_exception_pc, l->thread_virtual,    l->thread_object};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        widen(&range, words[i], sizeof(jt_addr));
    return range;
}

jt_read jt_java_thread_plan(const jt_vm *vm, jt_addr thread, jt_java_thread_copy *copy)
{
    copy->range = range_of(&vm->layout);
    size_t length = copy->range.end - copy->range.from;
    return (jt_read){thread + copy->range.from, copy->bytes, length < sizeof copy->bytes ? length : sizeof copy->bytes};
}

/* 0: the field is not there. */
static jt_addr copied(const jt_java_thread_copy *copy, jt_field field, size_t size)
{
    size_t at = (size_t)field.offset - copy->range.from;
    jt_addr value = 0;
    if (jt_field_present(field) && at + size <= sizeof copy->bytes)
        memcpy(&value, copy->bytes + at, size);
    return value;
}

void jt_java_thread_take(const jt_vm *vm, const jt_java_thread_copy *copy, jt_java_thread_words *words)
{
    const jt_layout *l = &vm->layout;
    size_t anchor_at = (size_t)l->thread_anchor.offset - copy->range.from;
    memset(words, 0, sizeof *words);
    if (anchor_at + anchor_size(l) <= sizeof copy->bytes)
        memcpy(words->anchor, copy->bytes + anchor_at, anchor_size(l));
    words->state = (int32_t)copied(copy, l->thread_state, sizeof words->state);
    words->osthread = copied(copy, l->thread_osthread, sizeof(jt_addr));
    words->stack_base = copied(copy, l->thread_stack_base, sizeof(jt_addr));
    words->stack_size = copied(copy, l->thread_stack_size, sizeof(jt_addr));
    words->cont_entry = copied(copy, l->thread_cont_entry, sizeof(jt_addr));
    words->saved_exception_pc = copied(copy, l->thread_saved_exception_pc, sizeof(jt_addr));
    if (both_handles(l)) {
        words->handles.virtual_thread = copied(copy, l->thread_virtual, sizeof(jt_addr));
        words->handles.thread = copied(copy, l->thread_object, sizeof(jt_addr));
    }
}

void jt_java_thread_references_plan(const jt_thread_references *handles, jt_thread_references *references,
                                    jt_read reads[JT_THREAD_REFERENCES])
{
    reads[0] = (jt_read){handles->virtual_thread, &references->virtual_thread, sizeof references->virtual_thread};
    reads[1] = (jt_read){handles->thread, &references->thread, sizeof references->thread};
}

int jt_java_thread_read(const jt_vm *vm, jt_addr thread, jt_java_thread_words *words)
{
    jt_java_thread_copy copy;
    jt_read read = jt_java_thread_plan(vm, thread, &copy);
    if (jt_memory_read_batch(vm->memory, &read, 1) != 1)
        return JT_STALE;
    jt_java_thread_take(vm, &copy, words);
    return JT_OK;
}

int jt_java_thread_identify(const jt_vm *vm, jt_addr thread, jt_addr osthread, jt_java_thread_words *words, int *tid)
{
    jt_java_thread_copy copy;
    int32_t value;
    jt_read reads[] = {jt_java_thread_plan(vm, thread, &copy),
                       {osthread + (jt_addr)vm->layout.osthread_thread_id.offset, &value, sizeof value}};
    size_t done = jt_memory_read_batch(vm->memory, reads, osthread != 0 ? 2 : 1);
    if (done == 0)
        return JT_STALE;
    jt_java_thread_take(vm, &copy, words);
    if (done == 1 || words->osthread != osthread)
        return jt_java_thread_tid(vm, words->osthread, tid);
    *tid = value;
    return JT_OK;
}

jt_anchor jt_java_thread_anchor(const jt_vm *vm, const jt_java_thread_words *words)
{
    const jt_layout *l = &vm->layout;
    return (jt_anchor){.sp = (jt_addr)jt_field_value(l->anchor_sp, words->anchor, sizeof words->anchor),
                       .pc = (jt_addr)jt_field_value(l->anchor_pc, words->anchor, sizeof words->anchor),
                       .fp = (jt_addr)jt_field_value(l->anchor_fp, words->anchor, sizeof words->anchor)};
}

int jt_java_thread_tid(const jt_vm *vm, jt_addr osthread, int *tid)
{
    int32_t value;
    int status = osthread == 0
                     ? JT_STALE
                     : jt_memory_read_i32(vm->memory, osthread + (jt_addr)vm->layout.osthread_thread_id.offset, &value);
    if (status == JT_OK)
        *tid = value;
    return status;
}
