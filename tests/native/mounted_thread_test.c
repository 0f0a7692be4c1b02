#include "mounted_thread.h"

#include "check.h"
#include "fake_vm.h"

enum { ROOT_IS_THREAD = 0, ROOT_IS_CONTINUATION = 1 };

/* Of the plan: slots, and where its words are. */
enum { SP_SLOT = 2, THAWING_SIZE_SLOT = 3, FIRST_SLOT = JT_FROZEN_PLAN_HEADER, FIRST_CHUNK = FIRST_SLOT + 4 * 3 };

/* What stands for Java: a plan that the test wrote, and who is asked for what. */
typedef struct {
    jt_heap_reader base;
    uint64_t words[JT_FROZEN_PLAN_WORDS];
    size_t count;
    jt_addr root;
    bool is_continuation;
    uint64_t reference, id;
} fake_heap_reader;

static size_t plan(const jt_heap_reader *self, jt_addr root, bool is_continuation, uint64_t *words, size_t capacity)
{
    fake_heap_reader *f = (fake_heap_reader *)self;
    f->root = root;
    f->is_continuation = is_continuation;
    CHECK(f->count <= capacity);
    memcpy(words, f->words, f->count * sizeof *words);
    return f->count;
}

static uint64_t answer_id(const jt_heap_reader *self, uint64_t reference, bool is_continuation)
{
    fake_heap_reader *f = (fake_heap_reader *)self;
    f->reference = reference;
    f->is_continuation = is_continuation;
    return f->id;
}

typedef struct {
    fake_vm *vm;
    jt_mounted_thread mounted;
    fake_heap_reader heap;
    jt_java_thread_words words;
    jt_addr handles[2], slot, numbers, chunk; /* in the target */
    jt_walk_input input;
    jt_walk_result walk;
    jt_error err;
} fixture;

static void set_up(fixture *f)
{
    memset(f, 0, sizeof *f);
    f->vm = fake_vm_create(FAKE_JDK25);
    fake_vm_open(f->vm);
    CHECK_STATUS(jt_mounted_init(&f->mounted, &f->vm->vm, &f->err), JT_OK, f->err);
    f->heap.base = (jt_heap_reader){plan, answer_id};
    f->heap.id = 77;
    f->mounted.heap = &f->heap.base;
    for (int i = 0; i < 2; i++)
        f->handles[i] = fake_allocate(f->vm, 8);
    f->slot = fake_allocate(f->vm, 8);
    f->numbers = fake_allocate(f->vm, 8);
    f->chunk = fake_allocate(f->vm, 64);
    fake_poke(f->vm, f->handles[0], 0x1000, 8);
    fake_poke(f->vm, f->handles[1], 0x2000, 8);
    fake_poke(f->vm, f->slot, 0x123456789, 8);
    fake_poke(f->vm, f->numbers, 3, 4);
    fake_poke(f->vm, f->numbers + 4, 7, 4);
    fake_poke(f->vm, f->chunk + 8, 42, 8);
    const uint64_t words[] = {4,
                              1,
                              1,
                              f->chunk,
                              SP_SLOT,
                              THAWING_SIZE_SLOT, /* */
                              f->slot,
                              0x123456789,
                              8,
                              f->slot,
                              0x23456789,
                              4, /* */
                              f->numbers,
                              3,
                              4,
                              f->numbers + 4,
                              7,
                              4, /* */
                              f->chunk,
                              f->chunk + 8,
                              f->chunk + 64};
    memcpy(f->heap.words, words, sizeof words);
    f->heap.count = sizeof words / sizeof *words;
    f->words.handles = (jt_thread_references){f->handles[0], f->handles[1]};
    f->words.cont_entry = FAKE_STACK_BASE - 160;
    f->input.cont_entry = f->words.cont_entry;
    f->walk.met_frozen = true;
}

static void tear_down(fixture *f)
{
    jt_mounted_free(&f->mounted);
    fake_vm_destroy(f->vm);
}

static void copy(fixture *f)
{
    jt_read reads[JT_MOUNTED_MAX_READS];
    size_t count = jt_mounted_reads(&f->mounted, reads);
    size_t done = jt_memory_read_batch(&f->vm->memory.base, reads, count);
    jt_mounted_copied(&f->mounted, done, count, &f->input);
}

static uint64_t identity(const fixture *f)
{
    bool unnamed;
    return jt_mounted_identity(&f->mounted, &f->input, &unnamed);
}

static void copies_as_planned(void)
{
    fixture f;
    set_up(&f);
    jt_mounted_plan(&f.mounted, f.vm->java_thread, &f.words);
    CHECK_EQ(f.heap.root, f.handles[0]);
    CHECK_EQ(f.heap.is_continuation, ROOT_IS_THREAD);
    copy(&f);
    CHECK(f.input.frozen == &f.mounted.frozen);
    CHECK_EQ(f.input.frozen->chunk_count, 1);
    CHECK_EQ(f.input.frozen->chunks[0].bytes[8], 42);
    CHECK(f.input.frozen->complete);
    CHECK(jt_mounted_confirm(&f.mounted, &f.input, &f.walk));
    CHECK_EQ(identity(&f), 77);
    CHECK_EQ(f.heap.reference, 0x1000);
    tear_down(&f);
}

/* Frames were thawed, or frozen, before the thread was stopped: the copy tells which are left. */
static void takes_frames_as_they_are_in_the_copy(void)
{
    static const struct {
        uint64_t sp;
        jt_addr begin; /* from the chunk's; 0: these were not copied */
    } cases[] = {{3, 8}, {4, 16}, {7, 40}, {8, 64}, {100, 64}, {2, 0}, {UINT32_MAX, 64}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture f;
        set_up(&f);
        f.heap.words[FIRST_CHUNK] = f.chunk + 8;
        f.input.has_registers = true;
        jt_mounted_plan(&f.mounted, f.vm->java_thread, &f.words);
        fake_poke(f.vm, f.numbers, cases[i].sp, 4);
        fake_poke(f.vm, f.numbers + 4, 5, 4);
        copy(&f);
        CHECK_EQ(f.input.frozen != NULL, cases[i].begin != 0);
        CHECK_EQ(jt_mounted_confirm(&f.mounted, &f.input, &f.walk), cases[i].begin != 0);
        if (f.input.frozen != NULL) {
            CHECK_EQ(f.input.frozen->chunks[0].begin, f.chunk + cases[i].begin);
            CHECK_EQ(f.input.frozen->thawing_size, 40);
            f.input.has_registers = false; /* one that rests has no reason to change */
            CHECK_EQ(jt_mounted_confirm(&f.mounted, &f.input, &f.walk), false);
        }
        tear_down(&f);
    }
}

/* The thread went on before it was stopped. */
static void does_not_believe_what_changed(void)
{
    fixture f;
    set_up(&f);
    jt_mounted_plan(&f.mounted, f.vm->java_thread, &f.words);
    fake_poke(f.vm, f.slot, 0x123456788, 8);
    copy(&f);
    CHECK(f.input.frozen == NULL);
    CHECK(!jt_mounted_confirm(&f.mounted, &f.input, &f.walk));
    CHECK_EQ(identity(&f), 77);
    f.walk.met_frozen = false; /* all of it is on the stack */
    CHECK(jt_mounted_confirm(&f.mounted, &f.input, &f.walk));
    tear_down(&f);
}

/* The thread went on since, but objects stay where they are as long as one is in Java. */
static void believes_what_cannot_have_moved(void)
{
    fixture f;
    set_up(&f);
    f.heap.words[2] = JT_FROZEN_COMPLETE | JT_FROZEN_STAYS;
    jt_mounted_plan(&f.mounted, f.vm->java_thread, &f.words);
    copy(&f);
    CHECK(f.input.frozen != NULL && f.input.frozen->complete);
    f.heap.words[FIRST_SLOT + 1] += 64;
    for (int stopped = 0; stopped < 2; stopped++) {
        for (int in_java = 0; in_java < 2; in_java++) {
            f.input.has_registers = stopped;
            f.input.in_java = in_java;
            CHECK_EQ(jt_mounted_confirm(&f.mounted, &f.input, &f.walk), stopped && in_java);
        }
    }
    tear_down(&f);
}

/* A collector moved a chunk, whose old place still looks as it did. */
static void does_not_believe_what_moved(void)
{
    fixture f;
    set_up(&f);
    jt_mounted_plan(&f.mounted, f.vm->java_thread, &f.words);
    copy(&f);
    CHECK(f.input.frozen != NULL);
    const size_t words[] = {FIRST_CHUNK + 2, FIRST_SLOT,
                            FIRST_SLOT + 1}; /* the chunk's end, a slot's address and value */
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        f.heap.words[words[i]] += 64;
        CHECK(!jt_mounted_confirm(&f.mounted, &f.input, &f.walk));
        f.heap.words[words[i]] -= 64;
        CHECK(jt_mounted_confirm(&f.mounted, &f.input, &f.walk));
    }
    f.heap.count = 0;
    CHECK(!jt_mounted_confirm(&f.mounted, &f.input, &f.walk));
    tear_down(&f);
}

static void lives_with_memory_that_is_gone(void)
{
    fixture f;
    set_up(&f);
    f.heap.words[FIRST_CHUNK] = f.heap.words[FIRST_CHUNK + 1] = 8, f.heap.words[FIRST_CHUNK + 2] = 64;
    jt_mounted_plan(&f.mounted, f.vm->java_thread, &f.words);
    copy(&f);
    CHECK(f.input.frozen == NULL);
    CHECK_EQ(identity(&f), 77); /* the references were read before it */
    f.words.handles.thread = 8;
    jt_mounted_plan(&f.mounted, f.vm->java_thread, &f.words);
    copy(&f);
    CHECK(f.input.frozen == NULL);
    f.input.stack_length = 0;
    CHECK_EQ(identity(&f), 0);
    tear_down(&f);
}

/* While it acts as its carrier, only the ContinuationEntry knows the virtual thread. */
static void finds_it_by_the_continuation_entry(void)
{
    fixture f;
    set_up(&f);
    uint64_t stack[20] = {[2] = 0x3000};
    fake_poke(f.vm, f.handles[0], 0x2000, 8);
    f.input.stack = (const uint8_t *)stack;
    f.input.stack_address = f.words.cont_entry;
    f.input.stack_length = sizeof stack;
    jt_mounted_plan(&f.mounted, f.vm->java_thread, &f.words);
    CHECK_EQ(f.heap.root, f.words.cont_entry + 16);
    CHECK_EQ(f.heap.is_continuation, ROOT_IS_CONTINUATION);
    copy(&f);
    CHECK(f.input.frozen != NULL);
    CHECK_EQ(identity(&f), 77);
    CHECK_EQ(f.heap.reference, 0x3000);
    CHECK_EQ(f.heap.is_continuation, ROOT_IS_CONTINUATION);
    f.input.cont_entry = f.words.cont_entry + 140; /* the word is not in the copy */
    CHECK_EQ(identity(&f), 0);
    tear_down(&f);
}

/* A collection's pause, say: the thread is to be asked for again. */
static void tells_when_it_could_not_be_named(void)
{
    static const struct {
        uint64_t answer, id;
        bool unnamed;
    } cases[] = {{77, 77, false}, {(uint64_t)-77, 77, true}, {0, 0, true}};
    fixture f;
    set_up(&f);
    jt_mounted_plan(&f.mounted, f.vm->java_thread, &f.words);
    copy(&f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool unnamed = !cases[i].unnamed;
        f.heap.id = cases[i].answer;
        CHECK_EQ(jt_mounted_identity(&f.mounted, &f.input, &unnamed), cases[i].id);
        CHECK_EQ(unnamed, cases[i].unnamed);
    }
    tear_down(&f);
}

static void asks_nobody_about_platform_threads(void)
{
    fixture f;
    set_up(&f);
    f.words.cont_entry = f.input.cont_entry = 0;
    jt_mounted_plan(&f.mounted, f.vm->java_thread, &f.words);
    copy(&f);
    CHECK(f.input.frozen == NULL);
    CHECK_EQ(identity(&f), 0);
    f.words.handles = (jt_thread_references){0};
    jt_mounted_plan(&f.mounted, f.vm->java_thread, &f.words);
    jt_read reads[JT_MOUNTED_MAX_READS];
    CHECK_EQ(jt_mounted_reads(&f.mounted, reads), 0);
    CHECK_EQ(f.heap.root, 0);
    CHECK_EQ(f.heap.reference, 0);
    f.mounted.heap = NULL;
    CHECK(jt_mounted_confirm(&f.mounted, &f.input, &f.walk)); /* nobody could do better */
    tear_down(&f);
}

/* --- plans --- */

static bool takes(jt_frozen_stack *stack, const uint64_t *words, size_t count)
{
    bool taken = jt_frozen_stack_plan(stack, words, count);
    jt_read reads[JT_FROZEN_MAX_READS];
    size_t bytes = 0;
    for (size_t i = 0, n = jt_frozen_stack_reads(stack, reads); i < n; i++)
        bytes += reads[i].length;
    CHECK(bytes <= JT_FROZEN_CAPACITY + 8 * JT_FROZEN_MAX_SLOTS);
    return taken;
}

static void refuses_plans_without_sense(void)
{
    jt_error err;
    jt_frozen_stack stack;
    CHECK_STATUS(jt_frozen_stack_init(&stack, &err), JT_OK, err);
    enum { PLAN = 12 };
    const uint64_t good[] = {1, 1, 1, 0x1f00, 0, 0, 0x1000, 5, 8, 0x1f00, 0x2000, 0x2100};
    CHECK(takes(&stack, good, PLAN));
    CHECK_EQ(stack.chunk_count, 1);
    for (size_t count = 0; count < PLAN; count++)
        CHECK(!takes(&stack, good, count));
    const uint64_t counts[] = {JT_FROZEN_MAX_SLOTS + 1, UINT64_MAX, UINT64_MAX / 3, 1ull << 63, 2};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        for (int which = 0; which < 2; which++) {
            uint64_t bad[PLAN];
            memcpy(bad, good, sizeof bad);
            bad[which] = counts[i];
            CHECK(!takes(&stack, bad, PLAN));
            CHECK(!jt_frozen_stack_same_plan(&stack, bad, PLAN, false));
        }
    }
    const uint64_t widths[] = {0, 2, 16, UINT64_MAX};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        uint64_t bad[PLAN];
        memcpy(bad, good, sizeof bad);
        bad[FIRST_SLOT + 2] = widths[i];
        CHECK(!takes(&stack, bad, PLAN));
    }
    for (size_t number = 4; number < FIRST_SLOT; number++) {
        uint64_t bad[PLAN];
        memcpy(bad, good, sizeof bad);
        bad[number] = 1; /* there is no second slot */
        CHECK(!takes(&stack, bad, PLAN));
    }
    jt_frozen_stack_free(&stack);
}

/* What is too large, or no range of words, is left out, and that it is. */
static void leaves_out_chunks_that_do_not_fit(void)
{
    jt_error err;
    jt_frozen_stack stack;
    CHECK_STATUS(jt_frozen_stack_init(&stack, &err), JT_OK, err);
    const uint64_t bad[][3] = {{0x2008, 0x2000, 0x3000},
                               {0x1f00, 0x2000, 0x1000},
                               {0x1f01, 0x2000, 0x2010},
                               {0x1f00, 0x2001, 0x2011},
                               {0x2000, 0x2100, 0x2000 + JT_FROZEN_CAPACITY},
                               {0, 0, UINT64_MAX - 7},
                               {0, UINT64_MAX - 7, 0},
                               {UINT64_MAX - 7, UINT64_MAX - 7, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const uint64_t words[] = {0,         3,         1,         0,      0,      0,     0x1000, 0x1000, 0x1008, /* */
                                  bad[i][0], bad[i][1], bad[i][2], 0x3000, 0x3000, 0x3008};
        CHECK(takes(&stack, words, 15));
        CHECK_EQ(stack.chunk_count, 1);
        CHECK(!stack.complete);
        CHECK(jt_frozen_stack_same_plan(&stack, words, 15, true));
    }
    jt_frozen_stack_free(&stack);
}

int main(void)
{
    copies_as_planned();
    takes_frames_as_they_are_in_the_copy();
    does_not_believe_what_changed();
    does_not_believe_what_moved();
    believes_what_cannot_have_moved();
    lives_with_memory_that_is_gone();
    finds_it_by_the_continuation_entry();
    tells_when_it_could_not_be_named();
    asks_nobody_about_platform_threads();
    refuses_plans_without_sense();
    leaves_out_chunks_that_do_not_fit();
}
