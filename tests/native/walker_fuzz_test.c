/* Pseudo-random corruption of a fake target's memory, registers and anchor: every walk ends, reads nothing outside its
 * copies (built with -DJTRACE_SANITIZE=ON), writes no frame too many, and says how it ended. The same on every run. */
#include <time.h>

#include "check.h"
#include "fake_program.h"

enum { ROUNDS_PER_TARGET = 40, MAX_TARGETS = 1200, CAPACITY = 200, SECONDS = 5 };
enum { STACK_WORDS = 200, CHUNK_WORDS = 40 }; /* more than the stack that is built */

static uint64_t state;

static uint64_t next_random(void)
{
    state ^= state << 13; /* xorshift64 */
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static uint64_t below(uint64_t limit)
{
    return next_random() % limit;
}

/* Values that are likely to hurt. */
static uint64_t evil_value(fake_program *p)
{
    const uint64_t values[] = {0,
                               1,
                               8,
                               UINT64_MAX,
                               UINT64_MAX - 7,
                               1ull << 63,
                               1ull << 47,
                               INT32_MAX,
                               (uint64_t)INT32_MIN,
                               0x8000000000000007,
                               p->run,
                               p->helper,
                               p->compiled + below(400),
                               p->wrapper + below(400),
                               p->compiled + FAKE_CALL,
                               p->compiled + FAKE_DEOPT,
                               p->adapter + below(128),
                               p->stub + below(128),
                               p->safepoint + below(128),
                               p->deoptimization + below(128),
                               p->interpreted_pc,
                               p->vm->call_stub_return,
                               p->vm->java_thread,
                               FAKE_CODE + below(FAKE_CODE_SIZE),
                               FAKE_OBJECTS + 8 * below(FAKE_OBJECTS_SIZE / 8),
                               FAKE_STACK + 8 * below(FAKE_STACK_SIZE / 8),
                               FAKE_STACK_BASE - 8 * below(STACK_WORDS),
                               p->vm->registers.sp + 8 * below(64) - 64,
                               next_random()};
    return values[below(sizeof values / sizeof *values)];
}

/* A word anywhere: most often on the stack, else in the VM's structures, code or tables. */
static jt_addr some_place(fake_program *p)
{
    switch (below(8)) {
    case 0:
        return FAKE_OBJECTS + below(p->vm->next_object - FAKE_OBJECTS - 8);
    case 1:
        return fake_blob_start(p->compiled) + below(1024);
    case 2:
        return FAKE_CODE + below(((jt_addr)p->vm->next_segment << fake_log2_segment_size(p->vm)) - 8);
    case 3:
        return FAKE_SEGMAP + below(p->vm->next_segment);
    default:
        return FAKE_STACK_BASE - 8 * (1 + below(STACK_WORDS));
    }
}

static void corrupt_memory(fake_program *p)
{
    static const size_t widths[] = {1, 2, 4, 8, 8, 8};
    for (uint64_t i = below(6); i > 0; i--)
        fake_poke(p->vm, some_place(p), evil_value(p), widths[below(6)]);
}

static void corrupt_registers(fake_program *p, const jt_registers *good)
{
    jt_registers *r = &p->vm->registers;
    *r = *good;
    if (below(2) == 0)
        r->pc = evil_value(p);
    if (below(4) == 0)
        r->fp = evil_value(p);
    if (below(8) == 0)
        r->sp = evil_value(p);
    for (int i = 0; i < 16; i++)
        if (below(3) == 0)
            r->general[i] = evil_value(p);
    p->vm->anchor = below(3) == 0 ? (jt_anchor){evil_value(p), evil_value(p), evil_value(p)} : (jt_anchor){0};
    p->vm->saved_exception_pc = evil_value(p);
    p->vm->cont_entry = below(2) == 0 ? evil_value(p) : good->sp + 8 * FAKE_FRAME_WORDS;
    p->vm->copy_limit = below(4) == 0 ? 8 * below(64) : 0;
}

/* While jtrace reads, the target goes on. */
static void change_meanwhile(void *context, jt_addr address)
{
    fake_program *p = context;
    (void)address;
    if (below(64) == 0)
        fake_poke(p->vm, some_place(p), evil_value(p), 8);
}

/* Frozen frames of any content, in chunks of any size. */
static void corrupt_chunks(fake_program *p, jt_frozen_stack *frozen, uint64_t words[CHUNK_WORDS])
{
    for (size_t i = 0; i < CHUNK_WORDS; i++)
        words[i] = below(3) == 0 ? below(CHUNK_WORDS) : evil_value(p);
    frozen->chunk_count = (size_t)below(3);
    for (size_t i = 0; i < frozen->chunk_count; i++) {
        jt_addr low = below(2) == 0 ? 0x600000 : UINT64_MAX - 8 * CHUNK_WORDS - 7;
        jt_addr end = low + 8 * (1 + below(CHUNK_WORDS));
        frozen->chunks[i] = (jt_frozen_chunk){low, low + below(end - low + 1) / 8 * 8, end, (const uint8_t *)words};
    }
    p->vm->frozen = below(4) == 0 ? NULL : frozen;
}

static void walk_a_target(fake_release release)
{
    fake_program p;
    fake_program_start(&p, release, NULL, 0);
    fake_program_build_stack(&p, p.compiled + (below(2) == 0 ? FAKE_CALL : below(400)));
    fake_blob_spec barrier = {.name = "(continuation stubs)", .kind = FAKE_KIND_BUFFER, .code_size = 64};
    p.vm->return_pc = below(3) == 0 ? p.vm->return_pc : fake_blob(p.vm, barrier) + 16;
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.compiled + FAKE_CALL);
    const jt_registers good = p.vm->registers;
    bool restless = below(2) == 0;
    jt_frozen_stack *frozen = calloc(1, sizeof *frozen);
    uint64_t *words =
        malloc(CHUNK_WORDS * sizeof *words); /* of their own, so that a sanitizer sees a read beyond them */
    for (int round = 0; round < ROUNDS_PER_TARGET; round++) {
        p.vm->registers = good;
        corrupt_memory(&p);
        corrupt_registers(&p, &good);
        corrupt_chunks(&p, frozen, words);
        p.vm->memory.before_read = restless ? change_meanwhile : NULL;
        p.vm->memory.context = &p;
        /* what is outside a small stack is not copied; see fake_vm.c for what is checked of every walk */
        fake_walk walk = below(3) == 0 ? fake_walk_native(p.vm, p.walker, below(CAPACITY))
                                       : fake_walk_java(p.vm, p.walker, below(CAPACITY));
        p.vm->memory.before_read = NULL;
        for (size_t i = 0; i < walk.result.count; i++)
            CHECK(jt_frame_kind_name(walk.result.frames[i].kind) != NULL);
        fake_walk_free(&walk);
    }
    free(words);
    free(frozen);
    fake_program_end(&p);
}

/* The tables themselves: whatever they say, they are taken or refused, and a VM opened by them is walked. */
static void open_a_target(fake_release release)
{
    fake_vm *vm = fake_vm_create(release);
    for (uint64_t i = below(4) + 1; i > 0; i--)
        fake_poke(vm, FAKE_IMAGE + below(0x9800), below(2) == 0 ? next_random() : below(70000), below(2) == 0 ? 8 : 2);
    jt_error err;
    jt_elf_image image;
    jt_vm_structs *structs;
    jt_layout layout;
    if (jt_elf_image_open(&image, &vm->memory.base, FAKE_IMAGE, &err) == JT_OK &&
        jt_vm_structs_read(&image, &structs, &err) == JT_OK) {
        if (jt_layout_read(structs, &layout, &err) == JT_OK) {
            vm->vm = (jt_vm){.memory = &vm->memory.base, .structs = structs, .layout = layout};
            jt_frame_walker *walker;
            CHECK_STATUS(jt_frame_walker_create(&vm->vm, &walker, &err), JT_OK, err);
            fake_call_java(vm, (jt_anchor){0});
            fake_compiled_frame(vm, 6, vm->interpreter + 40);
            vm->registers.pc = FAKE_CODE + below(8192);
            fake_walk walk = fake_walk_java(vm, walker, CAPACITY);
            fake_walk_free(&walk);
            jt_java_thread *threads;
            size_t count;
            CHECK_STATUS(jt_java_threads_list(&vm->vm, &threads, &count, &err), JT_OK, err);
            free(threads);
            jt_frame_walker_destroy(walker);
        } else {
            jt_vm_structs_free(structs);
        }
    }
    fake_vm_destroy(vm);
}

/* Ends early on a slow machine (by CPU time); what was run until then counts. */
int main(void)
{
    for (int target = 0; target < MAX_TARGETS && clock() < SECONDS * CLOCKS_PER_SEC; target++) {
        state = 0x9E3779B97F4A7C15ull * (uint64_t)(target + 1);
        walk_a_target((fake_release)(target % FAKE_RELEASES));
        open_a_target((fake_release)(target % FAKE_RELEASES));
    }
}
