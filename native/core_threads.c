#include "core_threads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tick_words.h"

/* A JavaThread by the stack that it runs on. */
typedef struct {
    jt_addr low, high; /* of the stack */
    jt_java_thread thread;
    bool found; /* one of the core's threads is on it */
} stack_owner;

struct jt_core_threads {
    const jt_core_file *core; /* NULL: it is a process that stood still */
    const jt_core_thread *list;
    size_t all;
    const jt_vm *vm;
    jt_looker looker;
    stack_owner *owners; /* ascending by low */
    size_t owner_count;
    bool inner_ids; /* those of the core are those that the VM knows */
    size_t next;
    bool read_before;   /* all of them: the next pass says that nothing has changed */
    size_t zero_stacks; /* threads whose stack the core has as zeros only */
    jt_tick_words part;
};

/* --- the VM --- */

/* One line, and in it what would help. */
static int say_what_is_missing(const jt_core_file *core, const char *path, int status, jt_error *err)
{
    char missing[512];
    if (status != JT_UNSUPPORTED || !jt_core_file_missing(core, 0, missing, sizeof missing))
        return status;
    return jt_fail(err, status, "%.300s cannot be read: %s; see --sysroot and --exe in jtrace dump -h", path, missing);
}

int jt_core_open_vm(const jt_core_file *core, const char *path, jt_vm *vm, jt_error *err)
{
    char whose[320];
    snprintf(whose, sizeof whose, "%.300s", path);
    int status = jt_vm_open(vm, whose, jt_core_file_memory(core), err);
    return status == JT_OK ? JT_OK : say_what_is_missing(core, path, status, err);
}

/* --- which thread is which JavaThread --- */

static int by_low(const void *left, const void *right)
{
    jt_addr a = ((const stack_owner *)left)->low, b = ((const stack_owner *)right)->low;
    return (a > b) - (a < b);
}

static int find_owners(jt_core_threads *threads, jt_error *err)
{
    jt_java_thread *listed;
    size_t count;
    int status = jt_java_threads_list(threads->vm, &listed, &count, err);
    if (status != JT_OK)
        return status;
    threads->owners = calloc(count + 1, sizeof *threads->owners);
    if (threads->owners == NULL)
        status = jt_fail(err, JT_NO_MEMORY, "no memory for %zu threads", count);
    for (size_t i = 0; status == JT_OK && i < count; i++) {
        jt_java_thread_words words;
        if (jt_java_thread_read(threads->vm, listed[i].address, &words) == JT_OK && words.stack_size < words.stack_base)
            threads->owners[threads->owner_count++] =
                (stack_owner){words.stack_base - words.stack_size, words.stack_base, listed[i], false};
    }
    free(listed);
    char missing[512];
    if (status == JT_OK && threads->owner_count == 0 && threads->core != NULL &&
        jt_core_file_missing(threads->core, 0, missing, sizeof missing))
        status = jt_fail(err, JT_UNSUPPORTED, "no Java threads can be read: %s", missing);
    if (status == JT_OK)
        qsort(threads->owners, threads->owner_count, sizeof *threads->owners, by_low);
    return status;
}

static stack_owner *find_owner(const jt_core_threads *threads, jt_addr sp)
{
    size_t low = 0, high = threads->owner_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (threads->owners[middle].low <= sp)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && sp < threads->owners[low - 1].high ? &threads->owners[low - 1] : NULL;
}

static void match_ids(jt_core_threads *threads)
{
    threads->inner_ids = threads->owner_count > 0;
    for (size_t i = 0; i < threads->all; i++) {
        stack_owner *owner = find_owner(threads, threads->list[i].registers.sp);
        if (owner != NULL)
            owner->found = true;
        if (owner != NULL && owner->thread.tid != threads->list[i].tid)
            threads->inner_ids = false;
    }
}

bool jt_core_threads_inner_ids(const jt_core_threads *threads)
{
    return threads->inner_ids;
}

/* By its stack: the ids of the core are those of another pid namespace where gcore was run outside of the process's.
 * Only a thread that is on another stack than its own, in a signal handler say, is found by its id. */
static jt_addr java_thread_of(const jt_core_threads *threads, const jt_core_thread *thread)
{
    const stack_owner *owner = find_owner(threads, thread->registers.sp);
    if (owner != NULL)
        return owner->thread.address;
    for (size_t i = 0; i < threads->owner_count; i++)
        if (!threads->owners[i].found && threads->owners[i].thread.tid == thread->inner_tid)
            return threads->owners[i].thread.address;
    return 0;
}

/* --- a thread --- */

/* From the stack pointer, or where that is on another stack, from the last Java frame on. */
static bool read_stack(jt_core_threads *threads, const jt_java_thread_words *words, jt_walk_input *in)
{
    bool own = in->registers.sp < words->stack_base && in->registers.sp >= words->stack_base - words->stack_size;
    in->has_registers = own;
    return jt_look_read_stack(&threads->looker, own ? in->registers.sp + 8 : in->anchor.sp, words->stack_base,
                              threads->looker.snapshot.stack, in);
}

/* gdb writes zeros for all of a segment's MiB in which there is a page that it cannot read: a stack's guard page that
 * is no mapping of its own (MADV_GUARD_INSTALL: glibc 2.42 on Linux 6.13). */
static bool is_zero(const jt_walk_input *in)
{
    return in->stack_length > 0 && in->stack[0] == 0 && memcmp(in->stack, in->stack + 1, in->stack_length - 1) == 0;
}

/* Nothing moves here: what cannot be read now never can. */
static int walk(jt_core_threads *threads, const jt_java_thread_words *words, jt_walk_input *in, jt_look *look)
{
    int status;
    jt_look_copy_frozen(&threads->looker, words, in);
    return jt_look_walk(&threads->looker, in, look, &status) ? status
                                                             : jt_look_walk_without_frozen(&threads->looker, in);
}

static void look_at(jt_core_threads *threads, const jt_core_thread *thread, jt_addr java_thread, jt_look *look)
{
    jt_looked_at looked_at = {.java_thread = java_thread};
    jt_java_thread_words words;
    jt_walk_input in;
    memset(look, 0, sizeof *look);
    look->status = JT_WALK_NO_JAVA_FRAMES;
    threads->looker.walk.count = 0;
    threads->looker.walk.scanned = false;
    if (java_thread == 0)
        return;
    look->status = JT_WALK_STACK_UNREADABLE;
    if (jt_java_thread_read(threads->vm, java_thread, &words) != JT_OK)
        return;
    jt_look_fill_input(&threads->looker, &looked_at, &words, &in);
    in.registers = thread->registers;
    if (read_stack(threads, &words, &in)) {
        bool zero = is_zero(&in);
        threads->zero_stacks += zero;
        if (!zero)
            look->status = walk(threads, &words, &in, look);
    }
    jt_look_conclude(&threads->looker, &looked_at, look);
}

/* --- all of them --- */

static int create(const jt_core_threads *of, jt_core_threads **threads, jt_error *err)
{
    jt_core_threads *made = malloc(sizeof *made);
    if (made == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    *made = *of;
    int status = jt_looker_init(&made->looker, NULL, made->vm, err);
    if (status == JT_OK)
        status = find_owners(made, err);
    if (status != JT_OK) {
        jt_core_threads_destroy(made);
        return status;
    }
    match_ids(made);
    *threads = made;
    return JT_OK;
}

int jt_core_threads_create(const jt_core_file *core, const jt_vm *vm, jt_core_threads **threads, jt_error *err)
{
    jt_core_threads of = {.core = core, .vm = vm};
    of.list = jt_core_file_threads(core, &of.all);
    return create(&of, threads, err);
}

int jt_core_threads_create_of(const jt_core_thread *list, size_t count, const jt_vm *vm, jt_core_threads **threads,
                              jt_error *err)
{
    const jt_core_threads of = {.list = list, .all = count, .vm = vm};
    return create(&of, threads, err);
}

void jt_core_threads_destroy(jt_core_threads *threads)
{
    if (threads == NULL)
        return;
    jt_looker_free(&threads->looker);
    jt_tick_words_free(&threads->part);
    free(threads->owners);
    free(threads);
}

void jt_core_threads_read_heap_by(jt_core_threads *threads, const jt_heap_reader *heap)
{
    threads->looker.mounted.heap = heap;
}

void jt_core_threads_rewind(jt_core_threads *threads)
{
    threads->read_before = threads->read_before || (threads->next == threads->all && threads->all > 0);
    threads->next = 0;
}

bool jt_core_threads_missing(const jt_core_threads *threads, size_t index, char *into, size_t capacity)
{
    if (threads->zero_stacks == 0)
        return jt_core_file_missing(threads->core, index, into, capacity);
    if (index > 0)
        return jt_core_file_missing(threads->core, index - 1, into, capacity);
    snprintf(into, capacity,
             "the core has only zeros for the stacks of %zu threads: gdb could not read them, a core by the kernel has "
             "them",
             threads->zero_stacks);
    return true;
}

int jt_core_threads_next(jt_core_threads *threads, const uint64_t **words, size_t *count, jt_error *err)
{
    bool has_frames = false, has_room = jt_tick_words_begin(&threads->part);
    while (has_room && !has_frames && threads->next < threads->all) {
        const jt_core_thread *thread = &threads->list[threads->next++];
        jt_look look = {.unchanged = true};
        jt_addr java_thread = java_thread_of(threads, thread);
        if (!threads->read_before)
            look_at(threads, thread, java_thread, &look);
        has_frames = !look.unchanged && threads->looker.walk.count > 0;
        has_room = jt_tick_words_add(&threads->part, thread->tid, java_thread,
                                     look.unchanged ? JT_TICK_UNCHANGED : JT_TICK_NEW, &look, 1,
                                     look.unchanged ? NULL : &threads->looker.walk);
    }
    if (!has_room)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    threads->part.words[JT_TICK_MORE] = threads->next < threads->all;
    *words = threads->part.words;
    *count = threads->part.count;
    return JT_OK;
}
