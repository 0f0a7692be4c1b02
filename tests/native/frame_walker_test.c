#include "hotspot/frame_arch.h"
#include "hotspot/frame_walker.h"

#include "check.h"
#include "fake_program.h"

enum { CAPACITY = 64, ENTER_SPECIAL_WORDS = 10 };

/* --- what is expected --- */

typedef struct {
    int kind;
    jt_addr address; /* Method, or the code's begin */
    int position;
} expected_frame;

static void check_frames(const fake_walk *walk, const char *what, const expected_frame *expected, size_t count)
{
    const jt_walk_result *r = &walk->result;
    bool same = r->count == count;
    for (size_t i = 0; same && i < count; i++) {
        int kind = expected[i].kind;
        bool code = kind != JT_FRAME_INTERPRETED && kind != JT_FRAME_VM && kind != JT_FRAME_FROZEN;
        jt_addr address = code ? fake_blob_start(expected[i].address) : expected[i].address;
        same = r->frames[i].kind == expected[i].kind && r->frames[i].address == address &&
               r->frames[i].position == expected[i].position;
    }
    if (same)
        return;
    fprintf(stderr, "%s: %s, not the frames expected:\n", what, jt_walk_status_label(walk->status));
    for (size_t i = 0; i < r->count || i < count; i++) {
        if (i < r->count)
            fprintf(stderr, "  found %s %llx %d", jt_frame_kind_name(r->frames[i].kind),
                    (unsigned long long)r->frames[i].address, r->frames[i].position);
        if (i < count)
            fprintf(stderr, "  expected %s %llx %d", jt_frame_kind_name(expected[i].kind),
                    (unsigned long long)expected[i].address, expected[i].position);
        fprintf(stderr, "\n");
    }
    exit(1);
}

/* The thread is in Java code at its registers. */
static void check_java(fake_program *p, const char *what, const expected_frame *expected, size_t count)
{
    fake_walk walk = fake_walk_java(p->vm, p->walker, CAPACITY);
    check_frames(&walk, what, expected, count);
    CHECK_EQ(walk.status, JT_WALK_COMPLETE);
    CHECK(!walk.result.scanned);
    fake_walk_free(&walk);
}

static int status_of_java(fake_program *p)
{
    fake_walk walk = fake_walk_java(p->vm, p->walker, CAPACITY);
    fake_walk_free(&walk);
    return walk.status;
}

/* By the rules alone: without registers there is no scan. */
static int status_from_anchor(fake_program *p)
{
    fake_set_anchor(p->vm);
    fake_walk walk = fake_walk_native(p->vm, p->walker, CAPACITY);
    fake_walk_free(&walk);
    p->vm->anchor = (jt_anchor){0};
    return walk.status;
}

#define FRAMES(...)                                                                                                    \
    (const expected_frame[]){__VA_ARGS__}, sizeof((expected_frame[]){__VA_ARGS__}) / sizeof(expected_frame)

/* --- whole stacks --- */

static void walks_frames_of_all_kinds(fake_release release)
{
    fake_program p;
    fake_program_start(&p, release, NULL, 0);
    fake_program_build_stack(&p, p.compiled + 130);
    check_java(&p, "mixed",
               FRAMES({JT_FRAME_COMPILED_LEAF, p.compiled, 130}, {JT_FRAME_INTERPRETED, p.run, 9},
                      {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                      {JT_FRAME_INTERPRETED, p.run, 5}));
    fake_program_end(&p);
}

static size_t reads_of_a_walk(fake_program *p, uint32_t *leaf_identity)
{
    size_t before = p->vm->memory.reads;
    fake_walk walk = fake_walk_java(p->vm, p->walker, CAPACITY);
    CHECK_EQ(walk.status, JT_WALK_COMPLETE);
    *leaf_identity = walk.result.frames[0].identity;
    fake_walk_free(&walk);
    return p->vm->memory.reads - before;
}

/* Of samples that were all taken before, what was confirmed for the first is not read again for the next. */
static void confirms_once_for_samples_of_before(void)
{
    fake_program p;
    uint32_t first, next, anew;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    fake_program_build_stack(&p, p.compiled + 130);
    reads_of_a_walk(&p, &first);
    size_t each = reads_of_a_walk(&p, &first);
    jt_frame_walker_begin_samples(p.walker);
    CHECK_EQ(reads_of_a_walk(&p, &first), each);
    fake_set(p.vm, fake_blob_start(p.compiled), "nmethod", "_compile_id", 1234);
    CHECK(reads_of_a_walk(&p, &next) < each);
    CHECK_EQ(next, first);
    jt_frame_walker_begin_samples(p.walker);
    reads_of_a_walk(&p, &anew);
    CHECK(anew != first);
    jt_frame_walker_end_samples(p.walker);
    CHECK_EQ(reads_of_a_walk(&p, &anew), each);
    CHECK_EQ(reads_of_a_walk(&p, &anew), each);
    fake_program_end(&p);
}

static void walks_from_the_anchor(fake_release release)
{
    fake_program p;
    fake_program_start(&p, release, NULL, 0);
    fake_program_build_stack(&p, p.compiled + FAKE_CALL);
    fake_set_anchor(p.vm);
    for (int without_pc = 0; without_pc < 2; without_pc++) {
        fake_walk walk = fake_walk_native(p.vm, p.walker, CAPACITY);
        check_frames(&walk, "anchor",
                     FRAMES({JT_FRAME_COMPILED, p.compiled, FAKE_CALL}, {JT_FRAME_INTERPRETED, p.run, 9},
                            {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                            {JT_FRAME_INTERPRETED, p.run, 5}));
        CHECK_EQ(walk.status, JT_WALK_COMPLETE);
        fake_walk_free(&walk);
        fake_poke(p.vm, p.vm->anchor.sp - 8, p.vm->anchor.pc, 8); /* then it is where the call left it */
        p.vm->anchor.pc = 0;
    }
    p.vm->anchor = (jt_anchor){0};
    fake_walk walk = fake_walk_native(p.vm, p.walker, CAPACITY);
    CHECK_EQ(walk.status, JT_WALK_NO_JAVA_FRAMES);
    CHECK_EQ(walk.result.count, 0);
    fake_walk_free(&walk);
    fake_program_end(&p);
}

/* An anchor that is just being set: its pc will be what the call leaves below sp. */
static void waits_for_an_anchor_to_be_complete(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    fake_program_build_stack(&p, p.compiled + 130);
    p.vm->anchor = (jt_anchor){.sp = p.vm->registers.sp};
    CHECK_EQ(status_of_java(&p), JT_WALK_COMPLETE);
    fake_program_end(&p);
}

/* An anchor in a JavaCallWrapper without a pc. */
static void finds_the_pc_of_saved_anchors(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    fake_call_java(p.vm, (jt_anchor){0});
    fake_interpreted_frame(p.vm, p.run, 5, 3, p.interpreted_pc);
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.wrapper + 100);
    fake_poke(p.vm, p.vm->registers.sp - 8, p.wrapper + 100, 8);
    fake_call_java(p.vm, (jt_anchor){p.vm->registers.sp, 0, p.vm->registers.fp});
    fake_interpreted_frame(p.vm, p.run, 9, 2, p.interpreted_pc);
    check_java(&p, "saved anchor",
               FRAMES({JT_FRAME_INTERPRETED, p.run, 9}, {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100},
                      {JT_FRAME_INTERPRETED, p.run, 5}));
    fake_program_end(&p);
}

/* An interpreted frame lies below its sender's sp. */
static void believes_no_sender_within_the_frame(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    fake_call_java(p.vm, (jt_anchor){0});
    fake_interpreted_frame(p.vm, p.run, 5, 3, p.interpreted_pc);
    CHECK_EQ(status_from_anchor(&p), JT_WALK_COMPLETE);
    fake_poke(p.vm, p.vm->registers.fp - 8, p.vm->registers.fp - 16, 8);
    CHECK_EQ(status_from_anchor(&p), JT_WALK_BROKEN_FRAME);
    fake_program_end(&p);
}

/* In Java by its state, but with an anchor: it is in the VM. */
static void marks_code_of_the_vm(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    fake_call_java(p.vm, (jt_anchor){0});
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.compiled + FAKE_CALL);
    fake_set_anchor(p.vm);
    p.vm->registers.sp -= 200;
    p.vm->registers.pc = FAKE_IMAGE + 0x10000;
    check_java(&p, "in the VM", FRAMES({JT_FRAME_VM, 0, 0}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL}));
    fake_program_end(&p);
}

static void finds_where_deoptimised_frames_were(fake_release release)
{
    fake_program p;
    fake_program_start(&p, release, NULL, 0);
    fake_call_java(p.vm, (jt_anchor){0});
    fake_interpreted_frame(p.vm, p.run, 5, 0, p.interpreted_pc);
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.compiled + FAKE_DEOPT);
    jt_addr orig_pc = p.vm->registers.sp + FAKE_ORIG_PC;
    fake_poke(p.vm, orig_pc, p.compiled + 120, 8);
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.inlined + FAKE_CALL);
    check_java(&p, "deoptimised",
               FRAMES({JT_FRAME_COMPILED_LEAF, p.inlined, FAKE_CALL}, {JT_FRAME_COMPILED, p.compiled, 120},
                      {JT_FRAME_INTERPRETED, p.run, 5}));
    CHECK_EQ(status_from_anchor(&p), JT_WALK_COMPLETE);
    fake_poke(p.vm, orig_pc, p.inlined + 120, 8); /* in other code */
    CHECK_EQ(status_from_anchor(&p), JT_WALK_BROKEN_FRAME);
    fake_poke(p.vm, orig_pc, p.compiled + 121, 8); /* without a PcDesc */
    CHECK_EQ(status_from_anchor(&p), JT_WALK_BROKEN_FRAME);
    fake_program_end(&p);
}

static void says_when_a_frame_is_being_replaced(fake_release release)
{
    fake_program p;
    fake_program_start(&p, release, NULL, 0);
    fake_call_java(p.vm, (jt_anchor){0});
    fake_interpreted_frame(p.vm, p.run, 5, 0, p.interpreted_pc);
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.compiled + FAKE_DEOPT);
    fake_poke(p.vm, p.vm->registers.sp + FAKE_ORIG_PC, p.compiled + 120, 8);
    fake_call(p.vm, p.deoptimization + 20); /* just called: on top is the deoptimised frame's return address */
    check_java(&p, "unpacking begins", FRAMES({JT_FRAME_COMPILED, p.compiled, 120}, {JT_FRAME_INTERPRETED, p.run, 5}));
    fake_push(p.vm, 0);
    fake_push(p.vm, 0);
    fake_walk walk = fake_walk_java(p.vm, p.walker, CAPACITY);
    CHECK_EQ(walk.status, JT_WALK_DEOPTIMIZING);
    CHECK(walk.result.in_transit);
    fake_walk_free(&walk);
    p.vm->anchor = (jt_anchor){.sp = p.vm->registers.sp, .pc = p.deoptimization + 40};
    p.vm->registers.sp -= 200; /* in the VM, which fills the new frames in */
    p.vm->registers.pc = FAKE_IMAGE + 0x10000;
    CHECK_EQ(status_of_java(&p), JT_WALK_DEOPTIMIZING);
    fake_program_end(&p);
}

static void believes_no_return_address_without_a_pc_desc(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    fake_call_java(p.vm, (jt_anchor){0});
    fake_interpreted_frame(p.vm, p.run, 5, 0, p.interpreted_pc);
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.compiled + FAKE_CALL + 1);
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.inlined + FAKE_CALL);
    CHECK_EQ(status_from_anchor(&p), JT_WALK_BROKEN_FRAME);
    fake_program_end(&p);
}

/* --- limits --- */

static void fills_no_more_frames_than_fit(void)
{
    for (size_t capacity = 0; capacity < 6; capacity++) {
        fake_program p;
        fake_program_start(&p, FAKE_JDK17, NULL, 0);
        fake_program_build_stack(&p, p.compiled + 130);
        fake_walk walk = fake_walk_java(p.vm, p.walker, capacity);
        CHECK_EQ(walk.status, capacity < 5 ? JT_WALK_TOO_MANY_FRAMES : JT_WALK_TOO_MANY_FRAMES);
        CHECK_EQ(walk.result.count, capacity < 5 ? capacity : 5);
        fake_walk_free(&walk);
        fake_set_anchor(p.vm);
        walk = fake_walk_native(p.vm, p.walker, capacity);
        fake_walk_free(&walk);
        p.vm->registers.pc = FAKE_IMAGE + 0x10000; /* a frame for the VM, and those that a scan finds */
        p.vm->registers.sp -= 64;
        p.vm->anchor = (jt_anchor){0};
        walk = fake_walk_java(p.vm, p.walker, capacity);
        fake_walk_free(&walk);
        fake_program_end(&p);
    }
}

static void says_when_the_copy_is_too_short(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    fake_program_build_stack(&p, p.compiled + FAKE_CALL);
    fake_set_anchor(p.vm);
    jt_addr bottom = FAKE_STACK_BASE; /* the last words that are needed: the anchor in the lowest JavaCallWrapper */
    while (fake_peek(p.vm, bottom -= 8) != p.vm->java_thread)
        ;
    jt_addr needed = fake_field(p.vm, bottom, "JavaCallWrapper", "_anchor") + 16 - (p.vm->anchor.sp - 8);
    for (jt_addr length = 16; length < needed + 64; length += 8) {
        p.vm->copy_limit = length;
        fake_walk walk = fake_walk_native(p.vm, p.walker, CAPACITY);
        CHECK_EQ(walk.status, length < needed ? JT_WALK_STACK_TRUNCATED : JT_WALK_COMPLETE);
        fake_walk_free(&walk);
    }
    fake_program_end(&p);
}

static void ends_in_cycles_of_frame_pointers(void)
{
    for (int hops = 1; hops <= 3; hops++) {
        fake_program p;
        jt_addr frames[3];
        fake_program_start(&p, FAKE_JDK17, NULL, 0);
        fake_call_java(p.vm, (jt_anchor){0});
        for (int i = 0; i < 3; i++) {
            fake_interpreted_frame(p.vm, p.run, 5, 0, p.interpreted_pc);
            frames[i] = p.vm->registers.fp;
        }
        p.vm->registers.pc = fake_codelet(p.vm, FAKE_BYTECODE) + 8;
        fake_poke(p.vm, frames[0], frames[hops - 1], 8);         /* saved fp: back down */
        fake_poke(p.vm, frames[0] + 8, p.interpreted_pc, 8);     /* as if it had been called from there */
        fake_poke(p.vm, frames[0] - 8, FAKE_STACK_BASE - 64, 8); /* sp at least rises */
        fake_walk walk = fake_walk_java(p.vm, p.walker, CAPACITY);
        CHECK_EQ(walk.status, JT_WALK_BROKEN_FRAME);
        CHECK(walk.result.count < 8);
        fake_walk_free(&walk);
        fake_program_end(&p);
    }
}

/* The frames below an entry frame are older: they lie higher. */
static void follows_no_anchor_down_the_stack(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    fake_program_build_stack(&p, p.compiled + FAKE_CALL);
    fake_set_anchor(p.vm);
    jt_addr newest = p.vm->anchor.sp;
    jt_addr slot = p.vm->registers.sp;
    int changed = 0;
    for (; slot < FAKE_STACK_BASE; slot += 8) { /* both JavaCallWrappers */
        if (fake_peek(p.vm, slot) != p.vm->java_thread)
            continue;
        jt_addr anchor = fake_field(p.vm, slot, "JavaCallWrapper", "_anchor");
        for (int hop = -1; hop <= 1; hop++) {
            uint64_t good = fake_peek(p.vm, anchor), pc = fake_peek(p.vm, anchor + 8);
            fake_poke(p.vm, anchor, newest + (jt_addr)(8 * hop), 8);
            fake_poke(p.vm, anchor + 8, p.compiled + FAKE_CALL, 8);
            fake_walk walk = fake_walk_native(p.vm, p.walker, CAPACITY);
            CHECK_EQ(walk.status, JT_WALK_BROKEN_FRAME);
            fake_walk_free(&walk);
            fake_poke(p.vm, anchor, good, 8);
            fake_poke(p.vm, anchor + 8, pc, 8);
        }
        changed++;
    }
    CHECK_EQ(changed, 2);
    fake_program_end(&p);
}

static void survives_anchors_and_registers_from_anywhere(void)
{
    static const jt_addr anywhere[] = {
        0,          7,         8, FAKE_STACK - 8, FAKE_STACK_BASE - 8, FAKE_STACK_BASE, UINT64_MAX - 7, UINT64_MAX - 15,
        UINT64_MAX, 1ull << 63};
    enum { COUNT = sizeof anywhere / sizeof *anywhere };
    fake_program p;
    fake_program_start(&p, FAKE_JDK25, NULL, 0);
    fake_program_build_stack(&p, p.compiled + 130);
    jt_registers good = p.vm->registers;
    const jt_addr pcs[] = {p.compiled,
                           p.compiled + 130,
                           p.adapter + 8,
                           p.vtable + 8,
                           p.stub + 8,
                           p.safepoint + 8,
                           p.deoptimization + 8,
                           p.interpreted_pc,
                           fake_codelet(p.vm, FAKE_METHOD_ENTRY),
                           UINT64_MAX};
    for (size_t i = 0; i < COUNT * COUNT * (sizeof pcs / sizeof *pcs); i++) {
        p.vm->registers = good;
        p.vm->registers.fp = anywhere[i % COUNT];
        p.vm->registers.pc = pcs[i / COUNT / COUNT];
        if (i / COUNT % COUNT > 2)
            p.vm->registers.sp = anywhere[i / COUNT % COUNT];
        for (int r = 0; r < 16; r++)
            p.vm->registers.general[r] = anywhere[(i + (size_t)r) % COUNT];
        p.vm->registers.general[JT_RBX] = p.helper;
        p.vm->anchor = (jt_anchor){anywhere[i % 7], pcs[i % 3], anywhere[i % COUNT]};
        fake_walk walk = fake_walk_java(p.vm, p.walker, CAPACITY);
        fake_walk_free(&walk);
        walk = fake_walk_native(p.vm, p.walker, CAPACITY);
        fake_walk_free(&walk);
    }
    fake_program_end(&p);
}

/* --- instruction by instruction --- */

typedef enum {
    STEP_NOTHING,
    PUSH_RBP,
    MOV_RBP_RSP,
    SUB_RSP,
    STORE_RBP,
    ADD_RSP,
    POP_RBP,
    LEAVE,
    POP_R13,
    POP_RDX,
    PUSH_RDX,
    MOV_RSP_RBX,
    KEEP_RSP,  /* 40 bytes below itself */
    LOWER_RSP, /* to what was stored already */
    JUMP_OVER
} effect;

/* An instruction as it was met in a JVM, what it does, and what jtrace shall call the position before it is run. */
typedef struct {
    effect effect;
    int operand;
    int position; /* JT_POSITION_ENTRY, JT_POSITION_UNKNOWN, AT_PC, or NO_LEAF: the method's frame is not there */
    uint8_t length, bytes[11];
} instruction;

enum { AT_PC = -3, NO_LEAF = -4 };

static void execute(fake_vm *vm, const instruction *i)
{
    jt_registers *r = &vm->registers;
    switch (i->effect) {
    case STEP_NOTHING:
        break;
    case PUSH_RBP:
        fake_push(vm, r->fp);
        break;
    case MOV_RBP_RSP:
        r->fp = r->sp;
        break;
    case SUB_RSP:
        for (int bytes = 0; bytes < i->operand; bytes += 8)
            fake_push(vm, 0x77); /* what a stack holds where nothing was stored yet */
        break;
    case STORE_RBP:
        fake_poke(vm, r->sp + (jt_addr)i->operand, r->fp, 8);
        r->fp = 0x6666;
        break;
    case ADD_RSP:
        r->sp += (jt_addr)i->operand;
        break;
    case LEAVE:
        r->sp = r->fp;
        /* fall through */
    case POP_RBP:
        r->fp = fake_peek(vm, r->sp);
        r->sp += 8;
        break;
    case POP_R13:
        r->general[JT_R13] = fake_peek(vm, r->sp);
        r->sp += 8;
        break;
    case POP_RDX:
        r->general[JT_RDX] = fake_peek(vm, r->sp);
        r->sp += 8;
        break;
    case PUSH_RDX:
        fake_push(vm, r->general[JT_RDX]);
        break;
    case MOV_RSP_RBX:
        r->sp = r->general[JT_RBX];
        break;
    case KEEP_RSP:
        fake_poke(vm, r->sp - 40, r->sp, 8);
        break;
    case LOWER_RSP:
        r->sp -= (jt_addr)i->operand;
        break;
    case JUMP_OVER: /* that many instructions */
        for (int next = 1; next <= i->operand; next++)
            r->pc += i[next].length;
        break;
    }
    r->pc += i->length;
}

enum { MAX_CODE = 256 };

static size_t assemble(const instruction *code, size_t count, uint8_t bytes[MAX_CODE])
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(bytes + length, code[i].bytes, code[i].length);
        length += code[i].length;
    }
    return length;
}

/* The code that is stepped through was called by an interpreted method, the hardest to get right: it needs fp. */
static void call_from_interpreted(fake_program *p, jt_addr pc)
{
    fake_call_java(p->vm, (jt_anchor){0});
    fake_interpreted_frame(p->vm, p->run, 5, 1, p->interpreted_pc);
    p->vm->registers.sp &= ~(jt_addr)15;
    fake_call(p->vm, pc);
}

static void step_through(fake_release release, const char *what, const instruction *code, size_t count, bool is_native)
{
    uint8_t bytes[MAX_CODE];
    fake_program p;
    fake_program_start(&p, release, NULL, 0);
    jt_addr begin = is_native ? p.wrapper : p.compiled;
    memset(fake_at(p.vm, begin, 16), 0x90, 16);
    fake_write(p.vm, begin, bytes, assemble(code, count, bytes));
    call_from_interpreted(&p, begin);
    int kind = is_native ? JT_FRAME_NATIVE_WRAPPER : JT_FRAME_COMPILED_LEAF;
    for (size_t i = 0; i < count; i += code[i].effect == JUMP_OVER ? (size_t)code[i].operand + 1 : 1) {
        int offset = (int)(p.vm->registers.pc - begin);
        int position = code[i].position == AT_PC ? offset : code[i].position;
        char where[128];
        snprintf(where, sizeof where, "%s, release %d, pc +%d", what, release, offset);
        check_java(&p, where, FRAMES({kind, begin, position}, {JT_FRAME_INTERPRETED, p.run, 5}));
        execute(p.vm, &code[i]);
    }
    fake_program_end(&p);
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define ENTRY JT_POSITION_ENTRY
#define LEFT JT_POSITION_UNKNOWN

/* Frames of 6 words everywhere: 48 bytes. */
static const instruction pushed_17[] = {
    {STEP_NOTHING, 0, ENTRY, 7, {0x89, 0x84, 0x24, 0x00, 0xC0, 0xFE, 0xFF}}, /* mov [rsp-81920], eax */
    {PUSH_RBP, 0, ENTRY, 1, {0x55}},
    {SUB_RSP, 32, ENTRY, 4, {0x48, 0x83, 0xEC, 0x20}},
    {STEP_NOTHING, 0, AT_PC, 5, {0x0F, 0x1F, 0x44, 0x00, 0x00}},
    {ADD_RSP, 32, AT_PC, 4, {0x48, 0x83, 0xC4, 0x20}},
    {POP_RBP, 0, LEFT, 1, {0x5D}},
    {STEP_NOTHING, 0, LEFT, 7, {0x49, 0x3B, 0xA7, 0x48, 0x03, 0x00, 0x00}}, /* cmp rsp, [r15+0x348] */
    {STEP_NOTHING, 0, LEFT, 6, {0x0F, 0x87, 0x10, 0x00, 0x00, 0x00}},       /* ja */
    {STEP_NOTHING, 0, LEFT, 1, {0xC3}},
};

/* As pushed_17, with imm32 and a frame pointer (PreserveFramePointer), and 25's poll. */
static const instruction pushed_25[] = {
    {STEP_NOTHING, 0, ENTRY, 7, {0x89, 0x84, 0x24, 0x00, 0xC0, 0xFE, 0xFF}},
    {PUSH_RBP, 0, ENTRY, 1, {0x55}},
    {MOV_RBP_RSP, 0, ENTRY, 3, {0x48, 0x8B, 0xEC}},
    {SUB_RSP, 32, ENTRY, 7, {0x48, 0x81, 0xEC, 0x20, 0x00, 0x00, 0x00}},
    {STEP_NOTHING, 0, AT_PC, 8, {0x41, 0x81, 0x7F, 0x20, 0x01, 0x00, 0x00, 0x00}}, /* the entry barrier */
    {STEP_NOTHING, 0, AT_PC, 6, {0x0F, 0x85, 0x30, 0x00, 0x00, 0x00}},
    {STEP_NOTHING, 0, AT_PC, 2, {0x66, 0x90}},
    {ADD_RSP, 32, AT_PC, 7, {0x48, 0x81, 0xC4, 0x20, 0x00, 0x00, 0x00}},
    {POP_RBP, 0, LEFT, 1, {0x5D}},
    {STEP_NOTHING, 0, LEFT, 4, {0x49, 0x3B, 0x67, 0x28}}, /* cmp rsp, [r15+0x28] */
    {STEP_NOTHING, 0, LEFT, 6, {0x0F, 0x87, 0x10, 0x00, 0x00, 0x00}},
    {STEP_NOTHING, 0, LEFT, 1, {0xC3}},
};

/* C2 without a stack bang, and the poll of 8. */
static const instruction stored_8[] = {
    {SUB_RSP, 40, ENTRY, 7, {0x48, 0x81, 0xEC, 0x28, 0x00, 0x00, 0x00}},
    {STORE_RBP, 32, ENTRY, 5, {0x48, 0x89, 0x6C, 0x24, 0x20}},
    {STEP_NOTHING, 0, AT_PC, 1, {0x90}},
    {ADD_RSP, 32, AT_PC, 4, {0x48, 0x83, 0xC4, 0x20}},
    {POP_RBP, 0, LEFT, 1, {0x5D}},
    {STEP_NOTHING, 0, LEFT, 6, {0x85, 0x05, 0x00, 0x10, 0x20, 0x00}}, /* test [rip+..], eax */
    {STEP_NOTHING, 0, LEFT, 1, {0xC3}},
};

/* The long forms, vzeroupper, and the poll of 11. */
static const instruction stored_11[] = {
    {SUB_RSP, 40, ENTRY, 4, {0x48, 0x83, 0xEC, 0x28}},
    {STORE_RBP, 32, ENTRY, 8, {0x48, 0x89, 0xAC, 0x24, 0x20, 0x00, 0x00, 0x00}},
    {STEP_NOTHING, 0, AT_PC, 1, {0x90}},
    {STEP_NOTHING, 0, AT_PC, 3, {0xC5, 0xF8, 0x77}},
    {ADD_RSP, 32, AT_PC, 4, {0x48, 0x83, 0xC4, 0x20}},
    {POP_RBP, 0, LEFT, 1, {0x5D}},
    {STEP_NOTHING, 0, LEFT, 7, {0x4D, 0x8B, 0x97, 0x30, 0x01, 0x00, 0x00}}, /* mov r10, [r15+..] */
    {STEP_NOTHING, 0, LEFT, 3, {0x41, 0x85, 0x02}},                         /* test [r10], eax */
    {STEP_NOTHING, 0, LEFT, 1, {0xC3}},
};

/* A native wrapper ends with a leave, a poll and the check for an exception (17). */
static const instruction wrapper_17[] = {
    {STEP_NOTHING, 0, ENTRY, 7, {0x89, 0x84, 0x24, 0x00, 0xC0, 0xFE, 0xFF}},
    {PUSH_RBP, 0, ENTRY, 1, {0x55}},
    {MOV_RBP_RSP, 0, ENTRY, 3, {0x48, 0x8B, 0xEC}},
    {SUB_RSP, 32, ENTRY, 4, {0x48, 0x83, 0xEC, 0x20}},
    {STEP_NOTHING, 0, AT_PC, 1, {0x90}},
    {LEAVE, 0, AT_PC, 1, {0xC9}},
    {STEP_NOTHING, 0, LEFT, 8, {0x49, 0x81, 0x7F, 0x08, 0x00, 0x00, 0x00, 0x00}}, /* cmp qword [r15+8], 0 */
    {STEP_NOTHING, 0, LEFT, 6, {0x0F, 0x85, 0x10, 0x00, 0x00, 0x00}},
    {STEP_NOTHING, 0, LEFT, 1, {0xC3}},
};

/* 25's, whose poll is in line: je over lea, mov and jmp. */
static const instruction wrapper_25[] = {
    {PUSH_RBP, 0, ENTRY, 1, {0x55}},
    {MOV_RBP_RSP, 0, ENTRY, 3, {0x48, 0x8B, 0xEC}},
    {SUB_RSP, 32, ENTRY, 4, {0x48, 0x83, 0xEC, 0x20}},
    {STEP_NOTHING, 0, AT_PC, 1, {0x90}},
    {LEAVE, 0, AT_PC, 1, {0xC9}},
    {STEP_NOTHING, 0, LEFT, 5, {0x49, 0x83, 0x7F, 0x08, 0x00}}, /* cmp qword [r15+8], 0 */
    {STEP_NOTHING, 0, LEFT, 6, {0x0F, 0x85, 0x10, 0x00, 0x00, 0x00}},
    {STEP_NOTHING, 0, LEFT, 5, {0x41, 0xF6, 0x47, 0x28, 0x01}}, /* test byte [r15+0x28], 1 */
    {JUMP_OVER, 3, LEFT, 2, {0x74, 0x13}},
    {STEP_NOTHING, 0, LEFT, 7, {0x4C, 0x8D, 0x15, 0x00, 0xFF, 0xFF, 0xFF}}, /* lea r10, [rip-256] */
    {STEP_NOTHING, 0, LEFT, 7, {0x4D, 0x89, 0x97, 0x58, 0x03, 0x00, 0x00}}, /* mov [r15+0x358], r10 */
    {STEP_NOTHING, 0, LEFT, 5, {0xE9, 0x00, 0x00, 0x10, 0x00}},
    {STEP_NOTHING, 0, LEFT, 1, {0xC3}},
};

/* The same where the thread's fields lie farther from its start. */
static const instruction wrapper_far[] = {
    {PUSH_RBP, 0, ENTRY, 1, {0x55}},
    {MOV_RBP_RSP, 0, ENTRY, 3, {0x48, 0x8B, 0xEC}},
    {SUB_RSP, 32, ENTRY, 4, {0x48, 0x83, 0xEC, 0x20}},
    {STEP_NOTHING, 0, AT_PC, 1, {0x90}},
    {LEAVE, 0, AT_PC, 1, {0xC9}},
    {STEP_NOTHING, 0, LEFT, 8, {0x49, 0x83, 0xBF, 0x08, 0x04, 0x00, 0x00, 0x00}}, /* cmp qword [r15+0x408], 0 */
    {STEP_NOTHING, 0, LEFT, 2, {0x75, 0x10}},
    {STEP_NOTHING, 0, LEFT, 8, {0x41, 0xF6, 0x87, 0x28, 0x04, 0x00, 0x00, 0x01}}, /* test byte [r15+0x428], 1 */
    {JUMP_OVER, 3, LEFT, 2, {0x74, 0x13}},
    {STEP_NOTHING, 0, LEFT, 7, {0x4C, 0x8D, 0x15, 0x00, 0xFF, 0xFF, 0xFF}}, /* lea r10, [rip-256] */
    {STEP_NOTHING, 0, LEFT, 7, {0x4D, 0x89, 0x97, 0x58, 0x03, 0x00, 0x00}}, /* mov [r15+0x358], r10 */
    {STEP_NOTHING, 0, LEFT, 5, {0xE9, 0x00, 0x00, 0x10, 0x00}},
    {STEP_NOTHING, 0, LEFT, 1, {0xC3}},
};

/* The way out by an exception: jmp to a stub. */
static const instruction thrown_17[] = {
    {PUSH_RBP, 0, ENTRY, 1, {0x55}},     {SUB_RSP, 32, ENTRY, 4, {0x48, 0x83, 0xEC, 0x20}},
    {STEP_NOTHING, 0, AT_PC, 1, {0x90}}, {ADD_RSP, 32, AT_PC, 4, {0x48, 0x83, 0xC4, 0x20}},
    {POP_RBP, 0, LEFT, 1, {0x5D}},       {STEP_NOTHING, 0, LEFT, 5, {0xE9, 0x00, 0x00, 0x10, 0x00}},
};

/* Up to 8, C1's sine of a large angle: all registers are saved below the frame, then a call into the VM. */
static const instruction sine_8[] = {
    {PUSH_RBP, 0, ENTRY, 1, {0x55}},
    {SUB_RSP, 32, ENTRY, 4, {0x48, 0x83, 0xEC, 0x20}},
    {KEEP_RSP, 0, AT_PC, 5, {0x48, 0x89, 0x64, 0x24, 0xD8}}, /* mov [rsp-40], rsp */
    {LOWER_RSP, 128, AT_PC, 7, {0x48, 0x81, 0xEC, 0x80, 0x00, 0x00, 0x00}},
    /* mov [rsp+..], register */
    {STEP_NOTHING, 0, AT_PC, 10, {0x48, 0x89, 0x44, 0x24, 0x78, 0x48, 0x89, 0x4C, 0x24, 0x70}},
    {STEP_NOTHING, 0, AT_PC, 10, {0x48, 0x89, 0x54, 0x24, 0x68, 0x48, 0x89, 0x5C, 0x24, 0x60}},
    {STEP_NOTHING, 0, AT_PC, 10, {0x48, 0x89, 0x6C, 0x24, 0x50, 0x48, 0x89, 0x74, 0x24, 0x48}},
    {STEP_NOTHING, 0, AT_PC, 10, {0x48, 0x89, 0x7C, 0x24, 0x40, 0x4C, 0x89, 0x44, 0x24, 0x38}},
    {STEP_NOTHING, 0, AT_PC, 10, {0x4C, 0x89, 0x4C, 0x24, 0x30, 0x4C, 0x89, 0x54, 0x24, 0x28}},
    {STEP_NOTHING, 0, AT_PC, 10, {0x4C, 0x89, 0x5C, 0x24, 0x20, 0x4C, 0x89, 0x64, 0x24, 0x18}},
    {STEP_NOTHING, 0, AT_PC, 10, {0x4C, 0x89, 0x6C, 0x24, 0x10, 0x4C, 0x89, 0x74, 0x24, 0x08}},
    {STEP_NOTHING, 0, AT_PC, 4, {0x4C, 0x89, 0x3C, 0x24}},
    {SUB_RSP, 256, AT_PC, 7, {0x48, 0x81, 0xEC, 0x00, 0x01, 0x00, 0x00}}, /* vector registers */
    {STEP_NOTHING, 0, AT_PC, 5, {0xC5, 0xFA, 0x7F, 0x04, 0x24}},
    {SUB_RSP, 8, AT_PC, 4, {0x48, 0x83, 0xEC, 0x08}}, /* the argument */
    {STEP_NOTHING, 0, AT_PC, 3, {0xDD, 0x1C, 0x24}},
    {SUB_RSP, 8, AT_PC, 4, {0x48, 0x83, 0xEC, 0x08}}, /* aligned for the call */
    {STEP_NOTHING, 0, AT_PC, 5, {0xE8, 0x00, 0x00, 0x10, 0x00}},
    {ADD_RSP, 8, AT_PC, 4, {0x48, 0x83, 0xC4, 0x08}},
    {ADD_RSP, 8, AT_PC, 4, {0x48, 0x83, 0xC4, 0x08}},
    {ADD_RSP, 256, AT_PC, 7, {0x48, 0x81, 0xC4, 0x00, 0x01, 0x00, 0x00}},
    {STEP_NOTHING, 0, AT_PC, 5, {0x48, 0x8B, 0x44, 0x24, 0x78}},
    {ADD_RSP, 128, AT_PC, 7, {0x48, 0x81, 0xC4, 0x80, 0x00, 0x00, 0x00}},
    {STEP_NOTHING, 0, AT_PC, 1, {0x90}},
    {ADD_RSP, 32, AT_PC, 4, {0x48, 0x83, 0xC4, 0x20}},
    {POP_RBP, 0, LEFT, 1, {0x5D}},
    {STEP_NOTHING, 0, LEFT, 1, {0xC3}},
};

static void steps_through_compiled_code(fake_release release)
{
    step_through(release, "sine, 8", sine_8, COUNT_OF(sine_8), false);
    step_through(release, "pushed, 17", pushed_17, COUNT_OF(pushed_17), false);
    step_through(release, "pushed, 25", pushed_25, COUNT_OF(pushed_25), false);
    step_through(release, "stored, 8", stored_8, COUNT_OF(stored_8), false);
    step_through(release, "stored, 11", stored_11, COUNT_OF(stored_11), false);
    step_through(release, "wrapper, 17", wrapper_17, COUNT_OF(wrapper_17), true);
    step_through(release, "wrapper, 25", wrapper_25, COUNT_OF(wrapper_25), true);
    step_through(release, "wrapper, far", wrapper_far, COUNT_OF(wrapper_far), true);
    step_through(release, "thrown, 17", thrown_17, COUNT_OF(thrown_17), false);
}

/* An OSR method has a second entry, with a prologue of its own; it is jumped to from an interpreted frame that went. */
static void steps_through_an_osr_entry(void)
{
    enum { AT = 300 };
    static const instruction code[] = {
        {STEP_NOTHING, 0, ENTRY, 7, {0x89, 0x84, 0x24, 0x00, 0xC0, 0xFE, 0xFF}},
        {PUSH_RBP, 0, ENTRY, 1, {0x55}},
        {SUB_RSP, 32, ENTRY, 4, {0x48, 0x83, 0xEC, 0x20}},
        {STEP_NOTHING, 0, AT_PC, 1, {0x90}},
    };
    uint8_t bytes[MAX_CODE];
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    jt_addr blob = fake_blob_start(p.compiled);
    fake_set(p.vm, blob, "nmethod", "_entry_bci", 8);
    fake_set(p.vm, blob, "nmethod", "_osr_entry_point", p.compiled + AT);
    fake_write(p.vm, p.compiled + AT, bytes, assemble(code, COUNT_OF(code), bytes));
    call_from_interpreted(&p, p.compiled + AT);
    for (size_t i = 0; i < COUNT_OF(code); i++) {
        int position = code[i].position == AT_PC ? (int)(p.vm->registers.pc - p.compiled) : ENTRY;
        check_java(&p, "OSR", FRAMES({JT_FRAME_COMPILED_LEAF, p.compiled, position}, {JT_FRAME_INTERPRETED, p.run, 5}));
        execute(p.vm, &code[i]);
    }
    fake_program_end(&p);
}

/* A return poll that hit jumps to a stub at the method's end: the frame has gone. */
static void steps_through_return_poll_stubs(fake_release release)
{
    static const instruction with_lea[] = {
        {STEP_NOTHING, 0, LEFT, 7, {0x4C, 0x8D, 0x15, 0x00, 0xFF, 0xFF, 0xFF}}, /* lea r10, [rip-256] */
        {STEP_NOTHING, 0, LEFT, 7, {0x4D, 0x89, 0x97, 0x58, 0x03, 0x00, 0x00}}, /* mov [r15+0x358], r10 */
        {STEP_NOTHING, 0, LEFT, 5, {0xE9, 0x00, 0x00, 0x10, 0x00}},
    };
    static const instruction with_mov[] = {
        {STEP_NOTHING, 0, LEFT, 10, {0x49, 0xBA, 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x00, 0x00}}, /* mov r10, imm64 */
        {STEP_NOTHING, 0, LEFT, 7, {0x4D, 0x89, 0x97, 0x58, 0x03, 0x00, 0x00}},
        {STEP_NOTHING, 0, LEFT, 5, {0xE9, 0x00, 0x00, 0x10, 0x00}},
    };
    const struct {
        const instruction *code;
        size_t count;
    } stubs[] = {{with_lea, COUNT_OF(with_lea)}, {with_mov, COUNT_OF(with_mov)}};
    for (size_t s = 0; s < COUNT_OF(stubs); s++) {
        enum { AT = 320 };
        uint8_t bytes[MAX_CODE];
        fake_program p;
        fake_program_start(&p, release, NULL, 0);
        fake_write(p.vm, p.compiled + AT, bytes, assemble(stubs[s].code, stubs[s].count, bytes));
        call_from_interpreted(&p, p.compiled + AT);
        for (size_t i = 0; i < stubs[s].count; i++) {
            check_java(&p, "return poll stub",
                       FRAMES({JT_FRAME_COMPILED_LEAF, p.compiled, LEFT}, {JT_FRAME_INTERPRETED, p.run, 5}));
            execute(p.vm, &stubs[s].code[i]);
        }
        fake_program_end(&p);
    }
}

/* Words that nothing in the code tells of: a frame may be found, but by a guess. One goes by the alignment. */
static void guesses_frames_under_pushed_words(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    fake_program_build_stack(&p, p.compiled + 130);
    for (int pushed = 0; pushed <= 10; pushed++) {
        fake_walk walk = fake_walk_java(p.vm, p.walker, CAPACITY);
        check_frames(&walk, "pushed words",
                     FRAMES({JT_FRAME_COMPILED_LEAF, p.compiled, 130}, {JT_FRAME_INTERPRETED, p.run, 9},
                            {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                            {JT_FRAME_INTERPRETED, p.run, 5}));
        CHECK_EQ(walk.status, JT_WALK_COMPLETE);
        CHECK_EQ(walk.result.scanned, pushed > 1);
        fake_walk_free(&walk);
        fake_push(p.vm, 0x77);
    }
    fake_program_end(&p);
}

/* Pushes words below the frame on top, and where its return address would lie without them (but for the one that goes
 * by the alignment) puts that of an older call, with a whole stack behind it. */
static void leave_old_call(fake_program *p, int words)
{
    enum { FRAME = 8 * FAKE_FRAME_WORDS };
    jt_addr return_slot = p->vm->registers.sp + FRAME - 8, wrong = return_slot - 16 * (jt_addr)(words / 2);
    for (int word = 0; word < words; word++)
        fake_push(p->vm, 0x77);
    if (wrong == return_slot)
        return;
    fake_poke(p->vm, wrong, p->inlined + FAKE_CALL, 8);
    fake_poke(p->vm, wrong + FRAME, p->interpreted_pc, 8);
    fake_poke(p->vm, wrong + FRAME - 8, fake_peek(p->vm, return_slot + FRAME - 8), 8);
}

/* JDK 8's pow: two words are pushed, and where the return address would lie without them an older call has left one,
 * with a whole stack behind it. */
static void tells_old_calls_below_raised_precision(void)
{
    static const uint8_t pow_8[] = {0x48, 0x83, 0xEC, 0x08, 0x9B, 0xD9, 0x3C, 0x24, 0x48, 0x83, 0xEC, 0x08};
    enum { PC = 130 };
    fake_program p;
    fake_program_start(&p, FAKE_JDK8, NULL, 0);
    fake_write(p.vm, p.inlined + PC - sizeof pow_8, pow_8, sizeof pow_8);
    fake_call_java(p.vm, (jt_anchor){0});
    fake_interpreted_frame(p.vm, p.run, 5, 3, p.interpreted_pc);
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.compiled + FAKE_CALL);
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.inlined + PC);
    leave_old_call(&p, 2);
    check_java(&p, "an old call below raised precision",
               FRAMES({JT_FRAME_COMPILED_LEAF, p.inlined, PC}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                      {JT_FRAME_INTERPRETED, p.run, 5}));
    fake_program_end(&p);
}

/* C1 has two words, or four, on the stack for slow_subtype_check: at the call, and at the pops and tests behind it.
 * Where the return address would lie without them an older call has left one, with a whole stack behind it. */
static void tells_old_calls_below_passed_words(void)
{
    static const struct {
        int words, at; /* pc is behind that many bytes of code */
        uint8_t code[17];
    } cases[] = {
        {2, 0, {0xE8, 0, 0, 0, 0, 0x5E, 0x5E, 0x85, 0xF6}},       /* call; pop rsi; pop rsi; test esi, esi */
        {2, 5, {0xE8, 0, 0, 0, 0, 0x41, 0x5B, 0x5E, 0x85, 0xF6}}, /* at the pops, one with a prefix */
        {4, 0, {0xE8, 0, 0, 0, 0, 0x58, 0x5E, 0x83, 0xFE, 0, 0x75, 9, 0x58, 0x5E, 0x90}}, /* arraycopy */
        {4, 5, {0xE8, 0, 0, 0, 0, 0x58, 0x5E, 0x83, 0xFE, 0, 0x75, 9, 0x58, 0x5E, 0x90}},
        {2, 7, {0xE8, 0, 0, 0, 0, 0x58, 0x5E, 0x83, 0xFE, 0, 0x75, 9, 0x58, 0x5E, 0x90}}, /* cmp esi, 0 */
        {2, 10, {0xE8, 0, 0, 0, 0, 0x58, 0x5E, 0x83, 0xFE, 0, 0x75, 9, 0x58, 0x5E, 0x90}},
        {1, 1, {0x56, 0x51, 0xE8, 0, 0, 0, 0, 0x5E, 0x5E, 0x85, 0xF6}}, /* between push rsi; push rcx */
        {0, 0, {0x56, 0x51, 0xE8, 0, 0, 0, 0, 0x5E, 0x5E, 0x85, 0xF6}},
        {2, 2, {0x56, 0x51, 0x85, 0xC0, 0x56, 0x51, 0xE8, 0, 0, 0, 0, 0x59, 0x5E, 0x74, 2, 0x59, 0x5E}},
        {2, 4, {0x56, 0x51, 0x85, 0xC0, 0x56, 0x51, 0xE8, 0, 0, 0, 0, 0x59, 0x5E, 0x74, 2, 0x59, 0x5E}},
        {3, 5, {0x56, 0x51, 0x85, 0xC0, 0x56, 0x51, 0xE8, 0, 0, 0, 0, 0x59, 0x5E, 0x74, 2, 0x59, 0x5E}},
        {0, 0, {0x56, 0x51, 0x85, 0xC0, 0x56, 0x51, 0xE8, 0, 0, 0, 0, 0x59, 0x5E, 0x74, 2, 0x59, 0x5E}},
    };
    enum { CODE = 140 };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        fake_program p;
        fake_program_start(&p, FAKE_JDK17, NULL, 0);
        fake_write(p.vm, p.inlined + CODE, cases[i].code, sizeof cases[i].code);
        fake_call_java(p.vm, (jt_anchor){0});
        fake_interpreted_frame(p.vm, p.run, 5, 3, p.interpreted_pc);
        fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.compiled + FAKE_CALL);
        fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.inlined + CODE + (jt_addr)cases[i].at);
        leave_old_call(&p, cases[i].words);
        check_java(&p, "an old call below words passed on the stack",
                   FRAMES({JT_FRAME_COMPILED_LEAF, p.inlined, CODE + cases[i].at},
                          {JT_FRAME_COMPILED, p.compiled, FAKE_CALL}, {JT_FRAME_INTERPRETED, p.run, 5}));
        fake_program_end(&p);
    }
}

/* Where a barrier of C2 saves registers: mov [rsp+8], rdx; ..; call; mov rdx, [rsp+8]; vzeroupper; all but the first
 * and the last two instructions of `sub rsp, 16; ..; add rsp, 16; jmp`. */
static void tells_old_calls_below_saved_registers(void)
{
    static const uint8_t slow_path[] = {0x48, 0x83, 0xEC, 0x10, 0x48, 0x89, 0x54, 0x24, 0x08, 0xE8, 0,
                                        0,    0,    0,    0x48, 0x8B, 0x54, 0x24, 0x08, 0xC5, 0xF8, 0x77,
                                        0x48, 0x83, 0xC4, 0x10, 0xE9, 0,    0,    0,    0};
    static const int inside[] = {4, 9, 14, 19, 22};
    enum { CODE = 240 };
    for (size_t i = 0; i < COUNT_OF(inside); i++) {
        fake_program p;
        fake_program_start(&p, FAKE_JDK17, NULL, 0);
        fake_write(p.vm, p.inlined + CODE, slow_path, sizeof slow_path);
        fake_call_java(p.vm, (jt_anchor){0});
        fake_interpreted_frame(p.vm, p.run, 5, 3, p.interpreted_pc);
        fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.compiled + FAKE_CALL);
        fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.inlined + CODE + (jt_addr)inside[i]);
        leave_old_call(&p, 2);
        check_java(&p, "an old call below saved registers",
                   FRAMES({JT_FRAME_COMPILED_LEAF, p.inlined, CODE + inside[i]},
                          {JT_FRAME_COMPILED, p.compiled, FAKE_CALL}, {JT_FRAME_INTERPRETED, p.run, 5}));
        fake_program_end(&p);
    }
}

/* Around a call of exp or pow C1 of JDK 8 saves all registers. Where it restores the last general ones, the code that
 * tells so is far before: 16 times 2 moves of vector registers lie between. */
static void tells_old_calls_far_behind_pusha(void)
{
    enum { PUSHA = 16, VECTORS = PUSHA + 12 + 74, NO_VECTORS = 700, PC = PUSHA + 790, SIZE = 900, WORDS = 16 };
    static const uint8_t pusha[] = {0x48, 0x89, 0x64, 0x24, 0xD8, 0x48, 0x81, 0xEC, 0x80, 0, 0, 0};
    static const uint8_t take[] = {0x48, 0x81, 0xEC, 0, 1, 0, 0}, give_back[] = {0x48, 0x81, 0xC4, 0, 1, 0, 0};
    uint8_t code[SIZE];
    fake_program p;
    memset(code, 0x90, sizeof code);
    memcpy(code + PUSHA, pusha, sizeof pusha);
    memcpy(code + VECTORS, take, sizeof take);
    memcpy(code + NO_VECTORS, give_back, sizeof give_back);
    fake_program_start(&p, FAKE_JDK8, NULL, 0);
    jt_addr exp = fake_blob(p.vm, (fake_blob_spec){.name = "nmethod",
                                                   .kind = FAKE_KIND_NMETHOD,
                                                   .frame_size_words = FAKE_FRAME_WORDS,
                                                   .code = code,
                                                   .code_length = sizeof code,
                                                   .code_size = sizeof code,
                                                   .method = p.helper,
                                                   .compile_id = 14});
    fake_call_java(p.vm, (jt_anchor){0});
    fake_interpreted_frame(p.vm, p.run, 5, 3, p.interpreted_pc);
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.compiled + FAKE_CALL);
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, exp + PC);
    jt_addr sp = p.vm->registers.sp;
    leave_old_call(&p, WORDS);
    fake_poke(p.vm, sp - 40, sp, 8);
    check_java(&p, "an old call far behind pusha",
               FRAMES({JT_FRAME_COMPILED_LEAF, exp, PC}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                      {JT_FRAME_INTERPRETED, p.run, 5}));
    fake_program_end(&p);
}

/* --- stubs --- */

/* I2C as gen_i2c_adapter makes it: pop rax; mov r13, rsp; sub rsp, ..; and rsp, -16; push rax; ..; jmp. */
static void steps_through_adapters(fake_release release)
{
    fake_program p;
    fake_program_start(&p, release, NULL, 0);
    call_from_interpreted(&p, p.adapter + 16);
    jt_registers *r = &p.vm->registers;
    const expected_frame caller = {JT_FRAME_INTERPRETED, p.run, 5};
    check_java(&p, "adapter: on top", &caller, 1);
    r->general[JT_RAX] = fake_peek(p.vm, r->sp);
    r->sp += 8;
    check_java(&p, "adapter: in rax", &caller, 1);
    r->general[JT_R13] = r->sp;
    check_java(&p, "adapter: r13 is the sender's sp", &caller, 1);
    for (int i = 0; i < 5; i++)
        fake_push(p.vm, 0x44);
    check_java(&p, "adapter: room for arguments", &caller, 1);
    fake_push(p.vm, r->general[JT_RAX]);
    check_java(&p, "adapter: pushed again", &caller, 1);
    r->general[JT_RAX] = 0;
    check_java(&p, "adapter: on top once more", &caller, 1);
    r->pc = p.vtable + 16;
    check_java(&p, "vtable stub", &caller, 1);
    fake_program_end(&p);
}

/* C2I: the caller is compiled, and only r13 knows where its frame ends. */
static void steps_through_adapters_from_compiled_code(fake_release release)
{
    fake_program p;
    fake_program_start(&p, release, NULL, 0);
    fake_program_build_stack(&p, p.compiled + FAKE_CALL);
    jt_registers *r = &p.vm->registers;
    fake_call(p.vm, p.adapter + 64);
    const expected_frame frames[] = {{JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                                     {JT_FRAME_INTERPRETED, p.run, 9},
                                     {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100},
                                     {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                                     {JT_FRAME_INTERPRETED, p.run, 5}};
    check_java(&p, "C2I: on top", frames, 5);
    r->general[JT_RAX] = fake_peek(p.vm, r->sp);
    r->sp += 8;
    r->general[JT_R13] = r->sp;
    for (int i = 0; i < 20; i++) {
        check_java(&p, "C2I: room for arguments", frames, 5);
        fake_push(p.vm, 0x44);
    }
    fake_push(p.vm, r->general[JT_RAX]);
    check_java(&p, "C2I: pushed again", frames, 5);
    fake_program_end(&p);
}

/* C2I on its way into the VM to have the caller's call patched: r13 is where sp was, all registers are saved above it.
 */
static void steps_through_adapters_that_patch_the_call(fake_release release)
{
    fake_program p;
    fake_program_start(&p, release, NULL, 0);
    fake_program_build_stack(&p, p.compiled + FAKE_CALL);
    jt_registers *r = &p.vm->registers;
    fake_call(p.vm, p.adapter + 64);
    const expected_frame frames[] = {{JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                                     {JT_FRAME_INTERPRETED, p.run, 9},
                                     {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100},
                                     {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                                     {JT_FRAME_INTERPRETED, p.run, 5}};
    r->general[JT_R13] = r->sp;
    r->general[JT_RAX] = fake_peek(p.vm, r->sp);
    for (int i = 0; i < 40; i++) {
        check_java(&p, "C2I: saves registers to have the call patched", frames, 5);
        fake_push(p.vm, i % 3 == 0 ? p.inlined + FAKE_CALL : 0x44);
    }
    r->general[JT_RAX] = 0x77; /* as the VM leaves it */
    fake_poke(p.vm, r->pc - 5, 0xE8, 1);
    check_java(&p, "C2I: the call is patched", frames, 5);
    fake_program_end(&p);
}

/* Where nothing is known of a stub's code: its return address is on top, below a saved rbp, or the throwing pc in rdx.
 */
static void finds_the_caller_of_an_unknown_stub(void)
{
    for (int where = 0; where < 3; where++) {
        fake_program p;
        fake_program_start(&p, FAKE_JDK17, NULL, 0);
        fake_program_build_stack(&p, p.compiled + FAKE_CALL);
        if (where < 2)
            fake_call(p.vm, p.stub + 50);
        if (where == 1)
            fake_push(p.vm, 0x123);
        if (where == 2)
            p.vm->registers.general[JT_RDX] = p.compiled + FAKE_CALL;
        p.vm->registers.pc = p.stub + 50;
        check_java(&p, "unknown stub",
                   FRAMES({JT_FRAME_COMPILED, p.compiled, FAKE_CALL}, {JT_FRAME_INTERPRETED, p.run, 9},
                          {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                          {JT_FRAME_INTERPRETED, p.run, 5}));
        fake_program_end(&p);
    }
}

static void walks_out_of_runtime_stubs(fake_release release)
{
    static const uint8_t enter[] = {0x55, 0x48, 0x8B, 0xEC, 0x48, 0x83, 0xEC, 0x10}; /* 4 words: sub rsp, 16 */
    fake_program p;
    fake_program_start(&p, release, NULL, 0);
    fake_write(p.vm, p.stub, enter, sizeof enter);
    fake_program_build_stack(&p, p.compiled + FAKE_CALL);
    p.vm->registers.fp = 0x123; /* the compiled code's */
    const expected_frame callers[] = {{JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                                      {JT_FRAME_INTERPRETED, p.run, 9},
                                      {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100},
                                      {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                                      {JT_FRAME_INTERPRETED, p.run, 5}};
    const instruction code[] = {{PUSH_RBP, 0, 0, 1, {0x55}},
                                {MOV_RBP_RSP, 0, 0, 3, {0x48, 0x8B, 0xEC}},
                                {SUB_RSP, 16, 0, 4, {0x48, 0x83, 0xEC, 0x10}},
                                {SUB_RSP, 160, 0, 1, {0x90}}, /* more than its frame size says */
                                {STEP_NOTHING, 0, 0, 1, {0x90}}};
    fake_call(p.vm, p.stub);
    for (size_t i = 0; i < COUNT_OF(code); i++) {
        check_java(&p, "runtime stub", callers, COUNT_OF(callers));
        execute(p.vm, &code[i]);
    }
    fake_program_end(&p);
}

/* C1 and C2 call some stubs without debug info: the call before the return address vouches for it. */
static void names_callers_without_debug_info(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    fake_program_build_stack(&p, p.compiled + FAKE_LEAF_CALL);
    fake_call(p.vm, p.stub + 20);
    p.vm->registers.sp -= 3 * 8;
    fake_poke(p.vm, p.vm->registers.sp + 16, 0x123, 8); /* the caller's fp */
    fake_walk walk = fake_walk_java(p.vm, p.walker, CAPACITY);
    CHECK_EQ(walk.status, JT_WALK_COMPLETE);
    CHECK_EQ(walk.result.count, 5);
    CHECK_EQ(walk.result.frames[0].kind, JT_FRAME_COMPILED_LEAF);
    CHECK_EQ(walk.result.frames[0].position, FAKE_LEAF_CALL);
    fake_walk_free(&walk);
    fake_program_end(&p);
}

/* Stubs that are no frames to HotSpot: the call to them is found, whatever they pushed. C1 passes two words on the
 * stack to slow_subtype_check. */
static void finds_the_call_of_a_stub(int passed)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    jt_addr stub =
        fake_blob(p.vm, (fake_blob_spec){.name = "StubRoutines (2)", .kind = FAKE_KIND_BUFFER, .code_size = 128});
    fake_program_build_stack(&p, p.compiled + FAKE_LEAF_CALL);
    fake_poke(p.vm, p.compiled + FAKE_LEAF_CALL - 4, stub - (p.compiled + FAKE_LEAF_CALL), 4);
    for (int i = 0; i < passed; i++) {
        fake_poke(p.vm, p.compiled + FAKE_LEAF_CALL + (jt_addr)i, 0x58, 1); /* pop rax */
        fake_push(p.vm, 0x77);
    }
    fake_call(p.vm, stub);
    for (int i = 0; i < 30; i++) {
        p.vm->registers.pc = stub + (jt_addr)i;
        check_java(&p, "stub's call",
                   FRAMES({JT_FRAME_COMPILED_LEAF, p.compiled, FAKE_LEAF_CALL}, {JT_FRAME_INTERPRETED, p.run, 9},
                          {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                          {JT_FRAME_INTERPRETED, p.run, 5}));
        fake_push(p.vm, i % 2 == 0 ? p.inlined + FAKE_CALL : 0x44); /* old return addresses: of other calls */
    }
    fake_program_end(&p);
}

/* Stubs with a frame pointer: their return address lies above it, whatever older calls of the same stub have left in
 * their frame. The nmethod entry barrier pushes a cookie before it (StubGenerator::generate_method_entry_barrier). */
static void finds_the_caller_above_a_stubs_frame_pointer(const uint8_t *cookie, size_t length)
{
    static const uint8_t enter[] = {0x55, 0x48, 0x8B, 0xEC};
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    jt_addr stub =
        fake_blob(p.vm, (fake_blob_spec){.name = "StubRoutines (2)", .kind = FAKE_KIND_BUFFER, .code_size = 128});
    fake_write(p.vm, stub + 16, cookie, length);
    fake_write(p.vm, stub + 16 + length, enter, sizeof enter);
    fake_program_build_stack(&p, p.compiled + FAKE_LEAF_CALL);
    fake_poke(p.vm, p.compiled + FAKE_LEAF_CALL - 4, stub + 16 - (p.compiled + FAKE_LEAF_CALL), 4);
    fake_poke(p.vm, p.inlined + FAKE_CALL - 4, stub + 16 - (p.inlined + FAKE_CALL), 4);
    fake_call(p.vm, stub + 40);
    if (length > 0)
        fake_push(p.vm, UINT64_MAX);
    fake_push(p.vm, p.vm->registers.fp);
    p.vm->registers.fp = p.vm->registers.sp;
    for (int i = 0; i < 8; i++) {
        fake_push(p.vm, i % 2 == 0 ? 0x44 : p.inlined + FAKE_CALL);
        check_java(&p, "stub with a frame pointer",
                   FRAMES({JT_FRAME_COMPILED_LEAF, p.compiled, FAKE_LEAF_CALL}, {JT_FRAME_INTERPRETED, p.run, 9},
                          {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                          {JT_FRAME_INTERPRETED, p.run, 5}));
    }
    fake_program_end(&p);
}

/* A stub's own end, at each instruction of it. Its frame is larger than its frame size says. */
static void step_out_of_a_stub(const char *what, const instruction *code, size_t count, int pushed)
{
    uint8_t bytes[MAX_CODE];
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    fake_write(p.vm, p.stub + 40, bytes, assemble(code, count, bytes));
    fake_program_build_stack(&p, p.compiled + FAKE_CALL);
    fake_call(p.vm, p.stub + 40);
    fake_push(p.vm, p.vm->registers.fp);
    if (code[0].effect == LEAVE)
        p.vm->registers.fp = p.vm->registers.sp;
    for (int i = 0; i < pushed; i++)
        fake_push(p.vm, 0x44);
    for (size_t i = 0; i < count; i++) {
        check_java(&p, what,
                   FRAMES({JT_FRAME_COMPILED, p.compiled, FAKE_CALL}, {JT_FRAME_INTERPRETED, p.run, 9},
                          {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                          {JT_FRAME_INTERPRETED, p.run, 5}));
        execute(p.vm, &code[i]);
    }
    fake_program_end(&p);
}

static void steps_out_of_stubs(void)
{
    static const instruction returning[] = {
        {ADD_RSP, 64, 0, 4, {0x48, 0x83, 0xC4, 0x40}},
        {ADD_RSP, 8, 0, 1, {0x9D}}, /* popf */
        {POP_RBP, 0, 0, 1, {0x5D}},
        {STEP_NOTHING, 0, 0, 1, {0xC3}},
    };
    static const instruction leaving[] = {{LEAVE, 0, 0, 1, {0xC9}}, {STEP_NOTHING, 0, 0, 1, {0xC3}}};
    /* to the handler that was found: rdx is the throwing pc (unwind_exception) */
    static const instruction to_a_handler[] = {
        {ADD_RSP, 72, 0, 4, {0x48, 0x83, 0xC4, 0x48}},
        {POP_RBP, 0, 0, 1, {0x5D}},
        {POP_RDX, 0, 0, 1, {0x5A}},
        {STEP_NOTHING, 0, 0, 11, {0x49, 0xC7, 0x87, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}},
        {STEP_NOTHING, 0, 0, 3, {0x48, 0x8B, 0xD8}}, /* mov rbx, rax */
        {STEP_NOTHING, 0, 0, 2, {0xFF, 0xE3}},       /* jmp rbx */
    };
    /* forward_exception of 8, behind its call with sp aligned for it; the jump goes over the call without that */
    static const instruction forwarding_8[] = {
        {ADD_RSP, 8, 0, 4, {0x48, 0x83, 0xC4, 0x08}},
        {STEP_NOTHING, 0, 0, 10, {0xE9, 0x05, 0x00, 0x00, 0x00, 0xE8, 0x73, 0x65, 0xAF, 0x09}},
        {STEP_NOTHING, 0, 0, 3, {0x48, 0x8B, 0xD8}}, /* mov rbx, rax */
        {POP_RDX, 0, 0, 1, {0x5A}},
        {STEP_NOTHING, 0, 0, 4, {0x49, 0x8B, 0x47, 0x08}},
        {STEP_NOTHING, 0, 0, 8, {0x49, 0xC7, 0x47, 0x08, 0x00, 0x00, 0x00, 0x00}},
        {STEP_NOTHING, 0, 0, 2, {0xFF, 0xE3}}, /* jmp rbx */
    };
    step_out_of_a_stub("stub's ret", returning, COUNT_OF(returning), 9);
    step_out_of_a_stub("stub's leave", leaving, COUNT_OF(leaving), 9);
    step_out_of_a_stub("stub's jump to a handler", to_a_handler, COUNT_OF(to_a_handler), 9);
    step_out_of_a_stub("8's jump to a handler", forwarding_8, COUNT_OF(forwarding_8), 0);
}

/* handle_exception_from_callee: the handler's address took the place of the return address. leave; pop rcx; jmp rcx. */
static void steps_to_a_handler_in_the_same_frame(void)
{
    static const uint8_t end[] = {0xC9, 0x59, 0xFF, 0xE1};
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    fake_write(p.vm, p.stub + 40, end, sizeof end);
    fake_program_build_stack(&p, p.compiled + FAKE_CALL);
    jt_registers *r = &p.vm->registers;
    const expected_frame frames[] = {{JT_FRAME_COMPILED_LEAF, p.compiled, 350},
                                     {JT_FRAME_INTERPRETED, p.run, 9},
                                     {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100},
                                     {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                                     {JT_FRAME_INTERPRETED, p.run, 5}};
    fake_push(p.vm, p.compiled + 350);
    fake_push(p.vm, r->fp);
    r->fp = r->sp;
    r->sp -= 256;
    r->pc = p.stub + 40;
    check_java(&p, "handler: leave", frames, 5);
    r->sp = r->fp + 8;
    r->fp = 0x123;
    r->pc += 1;
    check_java(&p, "handler: pop rcx", frames, 5);
    r->general[JT_RCX] = fake_peek(p.vm, r->sp);
    r->sp += 8;
    r->pc += 1;
    check_java(&p, "handler: jmp rcx", frames, 5);
    fake_program_end(&p);
}

/* linkTo* and invokeBasic are native methods whose code jumps on, without a frame. */
static void skips_method_handle_intrinsics(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    memset(fake_at(p.vm, p.wrapper, 16), 0x90, 16);
    call_from_interpreted(&p, p.wrapper + 20);
    check_java(&p, "intrinsic", FRAMES({JT_FRAME_INTERPRETED, p.run, 5}));
    fake_program_end(&p);
}

/* Some collectors' barriers push registers in them, and call the VM. */
static void skips_method_handle_intrinsics_with_a_barrier(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    jt_addr intrinsic = fake_blob(
        p.vm,
        (fake_blob_spec){.name = "native nmethod", .kind = FAKE_KIND_NMETHOD, .code_size = 128, .method = p.native});
    fake_program_build_stack(&p, p.compiled + FAKE_CALL);
    fake_poke(p.vm, p.compiled + FAKE_CALL - 4, intrinsic - (p.compiled + FAKE_CALL), 4);
    fake_call(p.vm, intrinsic + 40);
    for (int i = 0; i < 5; i++) {
        check_java(&p, "intrinsic with a barrier",
                   FRAMES({JT_FRAME_COMPILED, p.compiled, FAKE_CALL}, {JT_FRAME_INTERPRETED, p.run, 9},
                          {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                          {JT_FRAME_INTERPRETED, p.run, 5}));
        fake_push(p.vm, 0x44);
    }
    fake_program_end(&p);
}

/* A stub with a frame in the middle of the stack, called without debug info. */
static void walks_through_stubs(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    fake_program_build_stack(&p, p.compiled + FAKE_LEAF_CALL);
    fake_compiled_frame(p.vm, 4, p.stub + 60);
    fake_set_anchor(p.vm);
    fake_walk walk = fake_walk_native(p.vm, p.walker, CAPACITY);
    check_frames(&walk, "through a stub",
                 FRAMES({JT_FRAME_COMPILED_LEAF, p.compiled, FAKE_LEAF_CALL}, {JT_FRAME_INTERPRETED, p.run, 9},
                        {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                        {JT_FRAME_INTERPRETED, p.run, 5}));
    CHECK_EQ(walk.status, JT_WALK_COMPLETE);
    fake_walk_free(&walk);
    fake_program_end(&p);
}

/* A poll in the middle of a method: push rbx in place of the return address, which the thread knows; then a frame. */
static void steps_through_the_safepoint_blob(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    static const uint8_t begin[] = {0x53, 0x55, 0x48, 0x8B, 0xEC};
    fake_write(p.vm, p.safepoint, begin, sizeof begin);
    fake_program_build_stack(&p, p.compiled + 120);
    p.vm->saved_exception_pc = p.compiled + 120;
    p.vm->registers.pc = p.safepoint;
    const expected_frame callers[] = {{JT_FRAME_COMPILED, p.compiled, 120},
                                      {JT_FRAME_INTERPRETED, p.run, 9},
                                      {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100},
                                      {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                                      {JT_FRAME_INTERPRETED, p.run, 5}};
    const instruction code[] = {{STEP_NOTHING, 0, 0, 1, {0x53}},
                                {PUSH_RBP, 0, 0, 1, {0x55}},
                                {MOV_RBP_RSP, 0, 0, 3, {0x48, 0x8B, 0xEC}},
                                {SUB_RSP, 256, 0, 1, {0x90}},
                                {STEP_NOTHING, 0, 0, 1, {0x90}}};
    for (size_t i = 0; i < COUNT_OF(code); i++) {
        check_java(&p, "safepoint blob", callers, COUNT_OF(callers));
        if (i == 0)
            fake_push(p.vm, 0x99); /* rbx */
        execute(p.vm, &code[i]);
    }
    fake_poke(p.vm, p.vm->registers.fp + 8, p.compiled + 120, 8); /* the place was filled */
    p.vm->saved_exception_pc = 0;
    check_java(&p, "safepoint blob: filled", callers, COUNT_OF(callers));
    fake_program_end(&p);
}

/* --- the interpreter --- */

/* A method entry builds its frame as generate_fixed_frame does. rbx is the Method, r13 the sender's sp, then the bcp.
 */
static void steps_through_a_method_entry(fake_release release, bool from_compiled)
{
    fake_program p;
    fake_program_start(&p, release, NULL, 0);
    fake_call_java(p.vm, (jt_anchor){0});
    fake_interpreted_frame(p.vm, p.run, 5, 2, p.interpreted_pc);
    if (from_compiled)
        fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.inlined + FAKE_CALL);
    jt_registers *r = &p.vm->registers;
    const expected_frame frames[] = {{JT_FRAME_INTERPRETED, p.helper, 0},
                                     {JT_FRAME_COMPILED, p.inlined, FAKE_CALL},
                                     {JT_FRAME_INTERPRETED, p.run, 5}};
    const expected_frame without_compiled[] = {frames[0], frames[2]};
    const expected_frame *expected = from_compiled ? frames : without_compiled;
    size_t count = from_compiled ? 3 : 2;
    r->general[JT_RBX] = p.helper;
    r->general[JT_R13] = r->sp;
    jt_addr sender_sp = r->sp;
    if (from_compiled) /* through C2I, which makes room for the arguments */
        r->sp -= 32;
    fake_call(p.vm, fake_codelet(p.vm, FAKE_METHOD_ENTRY) + 8);
    check_java(&p, "entry: called", expected, count);
    r->general[JT_RAX] = fake_peek(p.vm, r->sp); /* pop rax */
    r->sp += 8;
    check_java(&p, "entry: return address in rax", expected, count);
    for (int i = 0; i < 3; i++) {
        fake_push(p.vm, 0); /* locals */
        check_java(&p, "entry: locals", expected, count);
    }
    fake_push(p.vm, r->general[JT_RAX]);
    check_java(&p, "entry: return address pushed", expected, count);
    r->general[JT_RAX] = 0;
    fake_push(p.vm, r->fp);
    check_java(&p, "entry: push rbp", expected, count);
    r->fp = r->sp;
    check_java(&p, "entry: mov rbp, rsp", expected, count);
    fake_push(p.vm, sender_sp);
    check_java(&p, "entry: push r13", expected, count);
    fake_push(p.vm, 0);
    check_java(&p, "entry: last sp", expected, count);
    r->general[JT_R13] = fake_bytecodes(p.vm, p.helper);
    check_java(&p, "entry: r13 is the bcp", expected, count);
    fake_push(p.vm, p.helper);
    check_java(&p, "entry: push rbx", expected, count);
    for (int i = 0; i < (release == FAKE_JDK8 ? 3 : 4); i++) {
        fake_push(p.vm, 0x33); /* mirror, mdp, cache, locals */
        check_java(&p, "entry: fixed words", expected, count);
    }
    fake_push(p.vm, r->general[JT_R13]);
    fake_push(p.vm, r->sp - 8);
    check_java(&p, "entry: complete", expected, count);
    fake_program_end(&p);
}

/* linkTo* took an argument off the stack: the sender's sp is where the return address lies. */
static void enters_a_method_through_a_linker(fake_release release)
{
    fake_program p;
    fake_program_start(&p, release, NULL, 0);
    fake_call_java(p.vm, (jt_anchor){0});
    fake_interpreted_frame(p.vm, p.run, 7, 2, p.interpreted_pc);
    fake_interpreted_frame(p.vm, p.run, 5, 2, p.interpreted_pc);
    jt_registers *r = &p.vm->registers;
    const expected_frame frames[] = {
        {JT_FRAME_INTERPRETED, p.helper, 0}, {JT_FRAME_INTERPRETED, p.run, 5}, {JT_FRAME_INTERPRETED, p.run, 7}};
    r->general[JT_RBX] = p.helper;
    fake_call(p.vm, fake_codelet(p.vm, FAKE_METHOD_ENTRY) + 8);
    r->general[JT_R13] = r->sp;
    check_java(&p, "linked: called", frames, 3);
    r->general[JT_RAX] = fake_peek(p.vm, r->sp);
    r->sp += 8;
    check_java(&p, "linked: return address in rax", frames, 3);
    fake_push(p.vm, r->general[JT_RAX]);
    check_java(&p, "linked: pushed again", frames, 3);
    fake_program_end(&p);
}

/* The bcp register is ahead of the frame's slot; after a return it is still the callee's. */
/* In a full collection of JDK 8 the bcp's slot holds a bci; in no other release. */
static void takes_a_bci_for_a_bcp(fake_release release)
{
    fake_program p;
    fake_program_start(&p, release, NULL, 0);
    fake_call_java(p.vm, (jt_anchor){0});
    fake_interpreted_frame(p.vm, p.run, 5, 2, p.interpreted_pc);
    jt_addr slot = p.vm->registers.fp - (release == FAKE_JDK8 ? 7 : 8) * 8;
    fake_poke(p.vm, slot, 21, 8);
    fake_set_anchor(p.vm);
    fake_walk walk = fake_walk_native(p.vm, p.walker, CAPACITY);
    CHECK_EQ(walk.status, release == FAKE_JDK8 ? JT_WALK_COMPLETE : JT_WALK_BROKEN_FRAME);
    CHECK(release != FAKE_JDK8 || (walk.result.count == 1 && walk.result.frames[0].position == 21));
    fake_walk_free(&walk);
    fake_poke(p.vm, slot, 40, 8); /* beyond the method's code */
    walk = fake_walk_native(p.vm, p.walker, CAPACITY);
    CHECK_EQ(walk.status, JT_WALK_BROKEN_FRAME);
    fake_walk_free(&walk);
    fake_program_end(&p);
}

static void takes_the_live_bcp(fake_release release)
{
    fake_program p;
    fake_program_start(&p, release, NULL, 0);
    fake_call_java(p.vm, (jt_anchor){0});
    fake_interpreted_frame(p.vm, p.run, 5, 2, fake_codelet(p.vm, FAKE_BYTECODE) + 8);
    jt_addr bytecodes = fake_bytecodes(p.vm, p.run);
    const struct {
        jt_addr r13;
        int bci;
    } cases[] = {{bytecodes + 11, 11}, {bytecodes, 0}, {bytecodes + 39, 39}, {bytecodes + 40, 5},
                 {bytecodes - 1, 5},   {0, 5},         {UINT64_MAX, 5}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        p.vm->registers.general[JT_R13] = cases[i].r13;
        check_java(&p, "live bcp", FRAMES({JT_FRAME_INTERPRETED, p.run, cases[i].bci}));
    }
    p.vm->registers.general[JT_R13] = bytecodes + 11; /* a recursion returned */
    p.vm->registers.pc = p.interpreted_pc;
    check_java(&p, "after a return", FRAMES({JT_FRAME_INTERPRETED, p.run, 5}));
    fake_program_end(&p);
}

/* A return: leave; pop r13; mov rsp, rbx; jmp r13 (templateTable_x86.cpp, _return), in the codelet of the bytecode. */
static void steps_through_a_method_exit(fake_release release, bool to_compiled)
{
    static const instruction code[] = {{LEAVE, 0, 0, 1, {0xC9}},
                                       {POP_R13, 0, 0, 2, {0x41, 0x5D}},
                                       {MOV_RSP_RBX, 0, 0, 3, {0x48, 0x8B, 0xE3}},
                                       {STEP_NOTHING, 0, 0, 3, {0x41, 0xFF, 0xE5}}};
    /* 25 tells JFR and the continuation between them */
    static const instruction code_25[] = {
        {LEAVE, 0, 0, 1, {0xC9}},
        {POP_R13, 0, 0, 2, {0x41, 0x5D}},
        {STEP_NOTHING, 0, 0, 8, {0x41, 0xC6, 0x87, 0x00, 0x06, 0x00, 0x00, 0x00}},
        {STEP_NOTHING, 0, 0, 7, {0x49, 0x3B, 0xA7, 0x10, 0x06, 0x00, 0x00}},
        {STEP_NOTHING, 0, 0, 2, {0x72, 0x0B}},
        {STEP_NOTHING, 0, 0, 11, {0x49, 0xC7, 0x87, 0x10, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}},
        {MOV_RSP_RBX, 0, 0, 3, {0x48, 0x8B, 0xE3}},
        {STEP_NOTHING, 0, 0, 3, {0x41, 0xFF, 0xE5}}};
    /* on the way to an exception handler, which is looked up by a call (generate_throw_exception) */
    static const instruction code_8[] = {
        {LEAVE, 0, 0, 1, {0xC9}},
        {POP_RDX, 0, 0, 1, {0x5A}},
        {MOV_RSP_RBX, 0, 0, 3, {0x48, 0x8B, 0xE3}},
        {STEP_NOTHING, 0, 0, 10, {0x49, 0xBA}}, /* mov r10, 0 */
        {STEP_NOTHING, 0, 0, 7, {0x4D, 0x89, 0x97, 0xA0, 0x02, 0x00, 0x00}},
        {SUB_RSP, 8, 0, 1, {0x50}}, /* push rax; push rdx */
        {PUSH_RDX, 0, 0, 1, {0x52}},
        {STEP_NOTHING, 0, 0, 6, {0x48, 0x8B, 0xF2, 0x49, 0x8B, 0xFF}},
        {STEP_NOTHING, 0, 0, 6, {0xF7, 0xC4, 0x0F, 0x00, 0x00, 0x00}}, /* test esp, 15; je; ... */
        {STEP_NOTHING, 0, 0, 6, {0x0F, 0x84, 0x12, 0x00, 0x00, 0x00}},
        {SUB_RSP, 8, 0, 4, {0x48, 0x83, 0xEC, 0x08}},
        {STEP_NOTHING, 0, 0, 5, {0xE8}},
        {ADD_RSP, 8, 0, 4, {0x48, 0x83, 0xC4, 0x08}},
        {STEP_NOTHING, 0, 0, 10, {0xE9, 0x05, 0x00, 0x00, 0x00, 0xE8}},
        {STEP_NOTHING, 0, 0, 3, {0x48, 0x8B, 0xD8}},
        {POP_RDX, 0, 0, 1, {0x5A}}, /* pop rdx; pop rax */
        {ADD_RSP, 8, 0, 1, {0x58}},
        {STEP_NOTHING, 0, 0, 2, {0xFF, 0xE3}}}; /* jmp rbx */
    const instruction *used = release == FAKE_JDK25 ? code_25 : release == FAKE_JDK8 ? code_8 : code;
    size_t count = release == FAKE_JDK25 ? COUNT_OF(code_25) : release == FAKE_JDK8 ? COUNT_OF(code_8) : COUNT_OF(code);
    uint8_t bytes[MAX_CODE];
    fake_program p;
    fake_program_start(&p, release, NULL, 0);
    jt_addr codelet = fake_codelet(p.vm, FAKE_BYTECODE) + 8;
    fake_write(p.vm, codelet, bytes, assemble(used, count, bytes));
    fake_call_java(p.vm, (jt_anchor){0});
    fake_interpreted_frame(p.vm, p.run, 5, 2, p.interpreted_pc);
    if (to_compiled)
        fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.compiled + FAKE_CALL);
    jt_addr sender_sp = p.vm->registers.sp;
    fake_interpreted_frame(p.vm, p.helper, 7, 4, codelet);
    p.vm->registers.general[JT_RBX] = sender_sp;
    const expected_frame frames[] = {{JT_FRAME_INTERPRETED, p.helper, 7},
                                     {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                                     {JT_FRAME_INTERPRETED, p.run, 5}};
    const expected_frame without_compiled[] = {frames[0], frames[2]};
    const expected_frame *expected = to_compiled ? frames : without_compiled;
    size_t depth = to_compiled ? 3 : 2;
    check_java(&p, "exit: the frame stands", expected, depth);
    for (size_t i = 0; i + 1 < count; i++) {
        execute(p.vm, &used[i]);
        check_java(&p, "exit: the frame has gone", expected + 1, depth - 1);
    }
    fake_program_end(&p);
}

/* --- leaf calls, continuations, upcalls --- */

/* Native code without call frame information, called from compiled code: found by the scan, and marked so. */
static void scans_when_nothing_else_helps(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    fake_program_build_stack(&p, p.compiled + FAKE_CALL);
    fake_call(p.vm, FAKE_IMAGE + 0x10000);
    for (int i = 0; i < 20; i++)
        fake_push(p.vm, i % 3 == 0 ? p.compiled + 77 : 0x44); /* what looks like code, and was never returned to */
    fake_walk walk = fake_walk_java(p.vm, p.walker, CAPACITY);
    check_frames(&walk, "scan",
                 FRAMES({JT_FRAME_VM, 0, 0}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                        {JT_FRAME_INTERPRETED, p.run, 9}, {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100},
                        {JT_FRAME_COMPILED, p.compiled, FAKE_CALL}, {JT_FRAME_INTERPRETED, p.run, 5}));
    CHECK_EQ(walk.status, JT_WALK_COMPLETE);
    CHECK(walk.result.scanned);
    fake_walk_free(&walk);
    fake_program_end(&p);
}

/* No return address is near: the JavaCallWrapper leads to the Java frames. */
static void scans_for_call_wrappers(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    fake_call_java(p.vm, (jt_anchor){0});
    fake_interpreted_frame(p.vm, p.run, 5, 3, p.interpreted_pc);
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.wrapper + 100);
    fake_call_java(p.vm, (jt_anchor){p.vm->registers.sp, p.wrapper + 100, p.vm->registers.fp});
    p.vm->registers.sp -= 5000 * 8;
    p.vm->registers.pc = FAKE_IMAGE + 0x10000;
    fake_push(p.vm, p.vm->java_thread); /* a mere variable */
    fake_walk walk = fake_walk_java(p.vm, p.walker, CAPACITY);
    check_frames(
        &walk, "call wrapper",
        FRAMES({JT_FRAME_VM, 0, 0}, {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100}, {JT_FRAME_INTERPRETED, p.run, 5}));
    CHECK(walk.result.scanned);
    fake_walk_free(&walk);
    fake_program_end(&p);
}

/* A virtual thread on its carrier: at the bottom `run`, then enterSpecial's frame, then what was thawed. */
static jt_addr build_mounted_stack(fake_program *p)
{
    jt_addr barrier = fake_blob(p->vm, (fake_blob_spec){.name = "StubRoutines (continuationstubs)",
                                                        .kind = FAKE_KIND_BUFFER,
                                                        .code_size = 160}) +
                      16;
    fake_call_java(p->vm, (jt_anchor){0});
    fake_interpreted_frame(p->vm, p->run, 5, 2, p->interpreted_pc);
    fake_compiled_frame(p->vm, ENTER_SPECIAL_WORDS, p->wrapper + 100);
    jt_addr entry = p->vm->registers.sp;
    p->vm->return_pc = barrier;
    fake_compiled_frame(p->vm, FAKE_FRAME_WORDS, p->compiled + 130);
    return entry;
}

/* Frozen frames lie in the heap: their return barrier stands for them, and enterSpecial's frame is at the
 * ContinuationEntry. */
static void crosses_a_return_barrier(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK25, NULL, 0);
    fake_set(p.vm, 0, "ContinuationEntry", "_return_pc", p.wrapper + 100);
    /* of the wrapper's own frame size, which is smaller than enterSpecial's */
    p.vm->cont_entry = build_mounted_stack(&p) + 8 * (ENTER_SPECIAL_WORDS - FAKE_FRAME_WORDS);
    check_java(&p, "return barrier",
               FRAMES({JT_FRAME_COMPILED_LEAF, p.compiled, 130}, {JT_FRAME_FROZEN, 0, 0},
                      {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100}, {JT_FRAME_INTERPRETED, p.run, 5}));
    p.vm->registers.pc = p.compiled + FAKE_CALL;
    fake_set_anchor(p.vm);
    for (int i = 0; i < 2; i++) {
        fake_walk walk = fake_walk_native(p.vm, p.walker, CAPACITY);
        CHECK_EQ(walk.status, i == 0 ? JT_WALK_COMPLETE : JT_WALK_UNKNOWN_CODE);
        CHECK_EQ(walk.result.met_frozen, i == 0);
        fake_walk_free(&walk);
        p.vm->cont_entry = p.vm->registers.sp - 64; /* not on the way up */
    }
    fake_program_end(&p);
}

/* A release that does not export where the entry is: it is a word of the JavaThread, a little above sp. */
static void finds_the_entry_in_the_thread(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    jt_addr entry = build_mounted_stack(&p);
    p.vm->registers.pc = p.compiled + FAKE_CALL;
    CHECK_EQ(status_from_anchor(&p), JT_WALK_UNKNOWN_CODE);
    fake_poke(p.vm, p.vm->java_thread + 1336, entry, 8);
    fake_poke(p.vm, entry + 8, 0, 8);
    fake_poke(p.vm, entry + 16, 0x80001234, 8);
    fake_poke(p.vm, entry + 32, 1, 8);
    fake_poke(p.vm, p.vm->java_thread + 1344, entry + 8, 8); /* no return address is there */
    fake_poke(p.vm, p.vm->java_thread + 1352, p.vm->registers.sp, 8);
    fake_poke(p.vm, p.vm->java_thread + 1360, FAKE_STACK_BASE, 8);
    check_java(&p, "entry in the thread",
               FRAMES({JT_FRAME_COMPILED_LEAF, p.compiled, FAKE_CALL}, {JT_FRAME_FROZEN, 0, 0},
                      {JT_FRAME_INTERPRETED, p.run, 5}));
    fake_program_end(&p);
}

/* A return address of enterSpecial's that an earlier call has left on the stack leads nowhere. */
static void does_not_take_what_an_earlier_entry_left(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK25, NULL, 0);
    fake_set(p.vm, 0, "ContinuationEntry", "_return_pc", p.wrapper + 100);
    fake_call_java(p.vm, (jt_anchor){0});
    fake_interpreted_frame(p.vm, p.run, 5, 2, p.interpreted_pc);
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.wrapper + 100);
    p.vm->registers.pc = p.wrapper + 100;
    p.vm->cont_entry = p.vm->registers.sp;
    CHECK_EQ(status_from_anchor(&p), JT_WALK_COMPLETE);
    p.vm->cont_entry += 8;
    CHECK_EQ(status_from_anchor(&p), JT_WALK_BROKEN_FRAME);
    fake_program_end(&p);
}

/* Frozen frames as a chunk holds them, from the youngest: `helper` compiled and at a call, `run` interpreted at 9 with
 * `locals` words below its caller's sp, `helper` compiled and deoptimised, a word of alignment. */
typedef struct {
    jt_frozen_stack stack;
    uint64_t words[64];
    size_t run; /* index of its fp */
} fake_chunk;

enum { CHUNK_METADATA = 2, CHUNK_ADDRESS = 0x600000, RUN_WORDS = 12 };

static void freeze(fake_program *p, fake_chunk *chunk)
{
    memset(chunk, 0, sizeof *chunk);
    size_t sp = CHUNK_METADATA;
    chunk->words[sp - 1] = p->compiled + FAKE_CALL;
    sp += FAKE_FRAME_WORDS;
    chunk->words[sp - 1] = p->interpreted_pc;
    chunk->run = sp + RUN_WORDS;
    chunk->words[sp - 2] = chunk->run - (sp - 2); /* relative to where it stands */
    chunk->words[chunk->run + JT_INTERPRETED_SENDER_SP] = 4;
    chunk->words[chunk->run + JT_INTERPRETED_METHOD] = p->run;
    chunk->words[chunk->run - 8] = fake_bytecodes(p->vm, p->run) + 9;
    chunk->words[chunk->run + 1] = p->compiled + FAKE_DEOPT;
    size_t unextended = chunk->run + 4; /* two words of locals */
    chunk->words[unextended + FAKE_ORIG_PC / 8] = p->compiled + FAKE_CALL;
    sp = unextended + FAKE_FRAME_WORDS + 1;
    chunk->stack.chunks[0] =
        (jt_frozen_chunk){CHUNK_ADDRESS, CHUNK_ADDRESS, CHUNK_ADDRESS + 8 * sp, (uint8_t *)chunk->words};
    chunk->stack.chunk_count = 1;
    chunk->stack.complete = true;
    chunk->stack.thawing_size = UINT64_MAX;
    p->vm->frozen = &chunk->stack;
}

static void start_frozen_program(fake_program *p, fake_chunk *chunk)
{
    fake_program_start(p, FAKE_JDK25, NULL, 0);
    fake_set(p->vm, 0, "ContinuationEntry", "_return_pc", p->wrapper + 100);
    p->vm->cont_entry = build_mounted_stack(p) + 8 * (ENTER_SPECIAL_WORDS - FAKE_FRAME_WORDS);
    freeze(p, chunk);
}

static void reads_frozen_frames(void)
{
    fake_program p;
    fake_chunk chunk;
    start_frozen_program(&p, &chunk);
#define THAWED {JT_FRAME_COMPILED_LEAF, p.compiled, 130}
#define CHUNK_FRAMES                                                                                                   \
    {JT_FRAME_COMPILED, p.compiled, FAKE_CALL}, {JT_FRAME_INTERPRETED, p.run, 9},                                      \
    {                                                                                                                  \
        JT_FRAME_COMPILED, p.compiled, FAKE_CALL                                                                       \
    }
#define ON_CARRIER                                                                                                     \
    {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100},                                                                         \
    {                                                                                                                  \
        JT_FRAME_INTERPRETED, p.run, 5                                                                                 \
    }
    check_java(&p, "frozen", FRAMES(THAWED, CHUNK_FRAMES, ON_CARRIER));
    chunk.stack.chunks[1] = chunk.stack.chunks[0]; /* of what was frozen earlier */
    chunk.stack.chunk_count = 2;
    check_java(&p, "two chunks", FRAMES(THAWED, CHUNK_FRAMES, CHUNK_FRAMES, ON_CARRIER));
    chunk.stack.complete = false;
    check_java(&p, "too many", FRAMES(THAWED, CHUNK_FRAMES, CHUNK_FRAMES, {JT_FRAME_FROZEN, 0, 0}, ON_CARRIER));
    chunk.stack.chunk_count = 0;
    check_java(&p, "none", FRAMES(THAWED, {JT_FRAME_FROZEN, 0, 0}, ON_CARRIER));
    fake_program_end(&p);
}

/* The stub that thaws frames, and the VM on its behalf: those in the heap come next, whatever lies above sp. Once there
 * is room for them on the stack, some may have left the heap. */
static void reads_frozen_frames_while_some_are_thawed(void)
{
    fake_program p;
    fake_chunk chunk;
    start_frozen_program(&p, &chunk);
    jt_addr barrier = fake_peek(p.vm, p.vm->registers.sp + 8 * FAKE_FRAME_WORDS - 8);
    p.vm->registers.pc = barrier + 4;
    p.vm->registers.sp = p.vm->cont_entry - 16;
    check_java(&p, "before the thaw", FRAMES(CHUNK_FRAMES, ON_CARRIER));
    p.vm->registers.sp -= 32;
    check_java(&p, "thaw", FRAMES({JT_FRAME_FROZEN, 0, 0}, CHUNK_FRAMES, ON_CARRIER));
    chunk.stack.chunk_count = 0;
    check_java(&p, "thaw of the last", FRAMES({JT_FRAME_FROZEN, 0, 0}, ON_CARRIER));
    fake_walk walk = fake_walk_java(p.vm, p.walker, CAPACITY);
    CHECK(walk.result.in_transit);
    fake_walk_free(&walk);
    fake_program_end(&p);
}

/* How the stub that stands in for a return goes on when it has made room for frames, and how much lower sp is then. */
static const struct {
    uint8_t length, bytes[7], lower;
} thawing_code[] = {
    {4, {0x48, 0x83, 0xE4, 0xF0}, 0},       /* and rsp, -16 */
    {1, {0x50}, 0},                         /* push rax */
    {4, {0x48, 0x83, 0xEC, 0x10}, 8},       /* sub rsp, 16 */
    {5, {0xC5, 0xFB, 0x11, 0x04, 0x24}, 24}, /* vmovsd [rsp], xmm0 */
    {3, {0x49, 0x8B, 0xFF}, 24},            /* mov rdi, r15 */
    {7, {0x48, 0xC7, 0xC6, 1}, 24},         /* mov rsi, 1 */
    {4, {0x40, 0xF6, 0xC4, 0x0F}, 24},      /* test spl, 15 */
    {6, {0x0F, 0x84, 0x12}, 24},            /* je */
    {4, {0x48, 0x83, 0xEC, 0x08}, 24},      /* sub rsp, 8 */
    {5, {0xE8}, 32},                        /* call */
    {4, {0x48, 0x83, 0xC4, 0x08}, 32},      /* add rsp, 8 */
    {5, {0xE9, 5}, 24},                     /* jmp */
    {5, {0xE8}, 24},                        /* call */
    {3, {0x48, 0x8B, 0xD8}, 24},            /* mov rbx, rax */
    {5, {0xC5, 0xFB, 0x10, 0x04, 0x24}, 24}, /* vmovsd xmm0, [rsp] */
    {4, {0x48, 0x83, 0xC4, 0x10}, 24},      /* add rsp, 16 */
    {1, {0x58}, 8},                         /* pop rax */
    {3, {0x48, 0x8B, 0xE3}, 0},             /* mov rsp, rbx */
    {4, {0x48, 0x83, 0xEC, 0x10}, 0},       /* sub rsp, 16: the frames are on the stack */
};
enum { THAWING_INSTRUCTIONS = sizeof thawing_code / sizeof *thawing_code };

static void write_thawing_code(fake_program *p, jt_addr at)
{
    for (int i = 0; i < THAWING_INSTRUCTIONS; i++) {
        for (int j = 0; j < thawing_code[i].length; j++)
            fake_poke(p->vm, at++, thawing_code[i].bytes[j], 1);
    }
}

/* A frame has left the chunk and is not on the stack yet, or is just about to leave it: the room that was made for all
 * says where it was. */
static void reads_frames_that_are_just_thawed(void)
{
    enum { LEFT = 8 * 17, MORE = 32 };
    fake_program p;
    fake_chunk chunk;
    start_frozen_program(&p, &chunk);
    jt_addr stub = fake_peek(p.vm, p.vm->registers.sp + 8 * FAKE_FRAME_WORDS - 8) + 16;
    write_thawing_code(&p, stub);
    for (int thawed = 0; thawed < 2; thawed++) {
        chunk.stack.chunks[0].begin = CHUNK_ADDRESS + (jt_addr)thawed * 8 * FAKE_FRAME_WORDS;
        chunk.stack.thawing_size = LEFT + (1 - (jt_addr)thawed) * 8 * FAKE_FRAME_WORDS;
        for (jt_addr alignment = 0; alignment <= 8; alignment += 8) {
            jt_addr room = LEFT + 8 * FAKE_FRAME_WORDS + MORE + alignment;
            p.vm->registers.pc = stub;
            for (int i = 0; i < THAWING_INSTRUCTIONS - 1; i++) {
                p.vm->registers.sp = p.vm->cont_entry - room - thawing_code[i].lower;
                check_java(&p, "just thawed", FRAMES(CHUNK_FRAMES, ON_CARRIER));
                p.vm->registers.pc += thawing_code[i].length;
            }
        }
    }
#define REST_OF_CHUNK {JT_FRAME_INTERPRETED, p.run, 9}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL}
    check_java(&p, "not any more", FRAMES({JT_FRAME_FROZEN, 0, 0}, REST_OF_CHUNK, ON_CARRIER));
    p.vm->registers.pc = stub;
    const jt_addr wrong[] = {UINT64_MAX, LEFT + 16, LEFT - 16, 0, 1 << 20};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        chunk.stack.thawing_size = wrong[i];
        check_java(&p, "not known", FRAMES({JT_FRAME_FROZEN, 0, 0}, REST_OF_CHUNK, ON_CARRIER));
    }
    chunk.stack.thawing_size = 0; /* all of them have left it */
    chunk.stack.chunks[0].begin = chunk.stack.chunks[0].end;
    p.vm->registers.sp = p.vm->cont_entry - (chunk.stack.chunks[0].end - CHUNK_ADDRESS - 8 * CHUNK_METADATA) - MORE;
    check_java(&p, "the last", FRAMES(CHUNK_FRAMES, ON_CARRIER));
    fake_program_end(&p);
}

/* In doYield, called by the compiled method: its frames are in the chunk already. */
static void shows_frames_that_are_being_frozen_once(void)
{
    fake_program p;
    fake_chunk chunk;
    start_frozen_program(&p, &chunk);
    p.vm->return_pc = p.compiled + FAKE_CALL;
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.wrapper + 100);
    check_java(&p, "being frozen", FRAMES({JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100}, CHUNK_FRAMES, ON_CARRIER));
    chunk.words[CHUNK_METADATA - 1] = p.inlined + FAKE_CALL; /* frozen before: the caller of what is on the stack */
    check_java(&p, "not being frozen",
               FRAMES({JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                      {JT_FRAME_COMPILED, p.inlined, FAKE_CALL}, {JT_FRAME_INTERPRETED, p.run, 9},
                      {JT_FRAME_COMPILED, p.compiled, FAKE_CALL}, ON_CARRIER));
    chunk.words[CHUNK_METADATA - 1] = p.wrapper + 100; /* preempted in the native method, but with another caller */
    check_java(&p, "being preempted",
               FRAMES({JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                      {JT_FRAME_FROZEN, 0, 0}, ON_CARRIER));
    fake_walk walk = fake_walk_java(p.vm, p.walker, CAPACITY);
    CHECK(walk.result.in_transit);
    fake_walk_free(&walk);
    fake_program_end(&p);
}

/* Whatever a chunk holds: all of its frames are shown, or none. */
static void shows_no_part_of_a_broken_chunk(void)
{
    fake_program p;
    fake_chunk chunk;
    start_frozen_program(&p, &chunk);
    const size_t top = CHUNK_METADATA, below = CHUNK_METADATA + FAKE_FRAME_WORDS;
    const struct {
        size_t word;
        uint64_t value;
    } wrong[] = {
        {top - 1, 0},
        {top - 1, p.compiled + 50},  /* no return address */
        {top - 1, p.vtable + 3},     /* not a method's code */
        {below - 2, 0},              /* the interpreted frame's fp: where it stands, */
        {below - 2, 1000},           /* outside, */
        {below - 2, (uint64_t)-4},   /* below, */
        {below - 2, UINT64_MAX / 8}, /* around the end of memory */
        {chunk.run + JT_INTERPRETED_SENDER_SP, 0},
        {chunk.run + JT_INTERPRETED_SENDER_SP, 50},
        {chunk.run + JT_INTERPRETED_SENDER_SP, (uint64_t)-20},
        {chunk.run + JT_INTERPRETED_METHOD, p.run + 8},
        {chunk.run - 8, 1}, /* bcp */
        {chunk.run + 1, p.compiled + FAKE_LEAF_CALL},
        {chunk.run + 4 + FAKE_ORIG_PC / 8, 17},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        freeze(&p, &chunk);
        chunk.words[wrong[i].word] = wrong[i].value;
        check_java(&p, "broken chunk", FRAMES(THAWED, {JT_FRAME_FROZEN, 0, 0}, ON_CARRIER));
    }
    for (size_t words = 3; words < chunk.run + 4 + FAKE_FRAME_WORDS; words++) {
        freeze(&p, &chunk);
        chunk.stack.chunks[0].end = CHUNK_ADDRESS + 8 * words; /* its last frame does not fit */
        size_t compiled = CHUNK_METADATA + FAKE_FRAME_WORDS, interpreted = chunk.run + 2;
        bool fits = words == compiled || words == compiled + 1 || words == interpreted || words == interpreted + 1;
        fake_walk walk = fake_walk_java(p.vm, p.walker, CAPACITY);
        CHECK_EQ(walk.status, JT_WALK_COMPLETE);
        CHECK_EQ(walk.result.frames[1].kind == JT_FRAME_FROZEN, !fits);
        fake_walk_free(&walk);
    }
    fake_program_end(&p);
}

/* The program's run and a native wrapper, and the frame of an upcall's stub, which keeps the anchor of these. Returns
 * where the stub calls Java. */
static jt_addr fake_upcall(fake_program *p)
{
    jt_addr upcall = fake_blob(
        p->vm, (fake_blob_spec){.name = "upcall_stub", .kind = FAKE_KIND_UPCALL, .code_size = 64});
    fake_set(p->vm, fake_blob_start(upcall), "UpcallStub", "_frame_data_offset", 24);
    fake_call_java(p->vm, (jt_anchor){0});
    fake_interpreted_frame(p->vm, p->run, 5, 2, p->interpreted_pc);
    fake_compiled_frame(p->vm, FAKE_FRAME_WORDS, p->wrapper + 100);
    fake_set_anchor(p->vm);
    p->vm->registers.sp -= 256;
    jt_addr frame = p->vm->registers.sp;
    jt_addr anchor = fake_field(p->vm, frame + 24, "UpcallStub::FrameData", "jfa");
    fake_set(p->vm, anchor, "JavaFrameAnchor", "_last_Java_sp", p->vm->anchor.sp);
    fake_set(p->vm, anchor, "JavaFrameAnchor", "_last_Java_pc", p->vm->anchor.pc);
    fake_set(p->vm, anchor, "JavaFrameAnchor", "_last_Java_fp", p->vm->anchor.fp);
    p->vm->anchor = (jt_anchor){0};
    return upcall + 32;
}

static void crosses_an_upcall(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK25, NULL, 0);
    p.vm->return_pc = fake_upcall(&p);
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.compiled + 130);
    check_java(&p, "upcall",
               FRAMES({JT_FRAME_COMPILED_LEAF, p.compiled, 130}, {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100},
                      {JT_FRAME_INTERPRETED, p.run, 5}));
    fake_program_end(&p);
}

/* The stub itself, before and after it calls Java: no anchor is set, and it has no size of a frame. */
static void reads_an_upcall_from_within(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK25, NULL, 0);
    p.vm->registers.pc = fake_upcall(&p);
    check_java(&p, "in an upcall's stub",
               FRAMES({JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100}, {JT_FRAME_INTERPRETED, p.run, 5}));
    fake_program_end(&p);
}

/* --- a target that changes --- */

/* Code was replaced at the same address since the last walk: the walk notices, and does it again. */
static void walks_again_when_code_was_replaced(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    fake_program_build_stack(&p, p.compiled + 130);
    CHECK_EQ(status_of_java(&p), JT_WALK_COMPLETE);
    fake_set(p.vm, fake_blob_start(p.compiled), "nmethod", "_compile_id", 99);
    fake_walk walk = fake_walk_java(p.vm, p.walker, CAPACITY);
    CHECK_EQ(walk.status, JT_WALK_COMPLETE);
    CHECK_EQ(walk.result.frames[0].identity, 99);
    CHECK_EQ(walk.result.frames[3].identity, 99);
    uint32_t identity = walk.result.frames[1].identity;
    fake_walk_free(&walk);
    jt_addr const_method = fake_peek(p.vm, fake_field(p.vm, p.run, "Method", "_constMethod"));
    fake_set(p.vm, const_method, "ConstMethod", "_name_index", 55);
    walk = fake_walk_java(p.vm, p.walker, CAPACITY);
    CHECK_EQ(walk.status, JT_WALK_COMPLETE);
    CHECK(walk.result.frames[1].identity != identity);
    CHECK_EQ(walk.result.frames[1].identity, walk.result.frames[4].identity);
    fake_walk_free(&walk);
    fake_program_end(&p);
}

/* Classes come and go: each method on the stack has taken the place of one that was known. The walk goes no further
 * than the first whose bytecodes are elsewhere, so it learns of one at a time. */
static void walks_until_nothing_old_is_left(void)
{
    enum { METHODS = 20 };
    fake_program p;
    jt_addr methods[METHODS];
    uint32_t identities[METHODS];
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    for (int i = 0; i < METHODS; i++)
        methods[i] = fake_method(p.vm, (fake_method_spec){.klass = "Old", .code_size = 40});
    const jt_registers at_start = p.vm->registers;
    for (int round = 0; round < 2; round++) {
        p.vm->registers = at_start;
        fake_call_java(p.vm, (jt_anchor){0});
        for (int i = METHODS - 1; i >= 0; i--)
            fake_interpreted_frame(p.vm, methods[i], 5, 3, p.interpreted_pc);
        fake_walk walk = fake_walk_java(p.vm, p.walker, CAPACITY);
        CHECK_EQ(walk.status, JT_WALK_COMPLETE);
        CHECK_EQ(walk.result.count, METHODS);
        for (int i = 0; i < METHODS; i++) {
            CHECK(round == 0 || walk.result.frames[i].identity != identities[i]);
            identities[i] = walk.result.frames[i].identity;
            jt_addr other = fake_method(p.vm, (fake_method_spec){.klass = "New", .code_size = 40});
            fake_set(p.vm, methods[i], "Method", "_constMethod",
                     fake_peek(p.vm, fake_field(p.vm, other, "Method", "_constMethod")));
        }
        CHECK(!walk.result.scanned);
        fake_walk_free(&walk);
    }
    fake_program_end(&p);
}

/* --- sampled by the kernel --- */

static void check_sampled(fake_program *p, const char *what, const expected_frame *expected, size_t count)
{
    fake_walk walk = fake_walk_sampled(p->vm, p->walker, CAPACITY);
    check_frames(&walk, what, expected, count);
    CHECK_EQ(walk.status, JT_WALK_COMPLETE);
    CHECK(!walk.result.scanned);
    fake_walk_free(&walk);
}

/* The anchor was read at another time: it is of no use, in Java code and out of it. */
static void walks_samples_without_the_anchor(fake_release release)
{
    fake_program p;
    fake_program_start(&p, release, NULL, 0);
    fake_program_build_stack(&p, p.compiled + 130);
    p.vm->anchor = (jt_anchor){FAKE_STACK_BASE - 64, p.compiled + FAKE_CALL, FAKE_STACK_BASE - 32};
    check_sampled(&p, "sampled in Java code",
                  FRAMES({JT_FRAME_COMPILED_LEAF, p.compiled, 130}, {JT_FRAME_INTERPRETED, p.run, 9},
                         {JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                         {JT_FRAME_INTERPRETED, p.run, 5}));
    fake_program_end(&p);
}

static void call_native(fake_program *p, jt_addr return_pc)
{
    p->vm->return_pc = return_pc;
    fake_call(p->vm, FAKE_IMAGE + 0x10000);
}

/* Native code that a native method's wrapper called is that method's; what compiled code called is the VM's. */
static void names_what_called_sampled_native_code(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    fake_call_java(p.vm, (jt_anchor){0});
    fake_interpreted_frame(p.vm, p.run, 5, 3, p.interpreted_pc);
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.compiled + FAKE_CALL);
    call_native(&p, p.compiled + FAKE_CALL);
    check_sampled(&p, "leaf call",
                  FRAMES({JT_FRAME_VM, 0, 0}, {JT_FRAME_COMPILED_LEAF, p.compiled, FAKE_CALL},
                         {JT_FRAME_INTERPRETED, p.run, 5}));
    p.vm->registers.sp += 8;
    p.vm->registers.pc = p.compiled + FAKE_CALL;
    fake_compiled_frame(p.vm, FAKE_FRAME_WORDS, p.wrapper + 100);
    call_native(&p, p.wrapper + 100);
    check_sampled(&p, "native method",
                  FRAMES({JT_FRAME_NATIVE_WRAPPER, p.wrapper, 100}, {JT_FRAME_COMPILED, p.compiled, FAKE_CALL},
                         {JT_FRAME_INTERPRETED, p.run, 5}));
    fake_program_end(&p);
}

/* When the sample is read the thread is at another ContinuationEntry, or at none: that on the stack is taken. */
static void finds_the_entry_of_a_sample(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    jt_addr entry = build_mounted_stack(&p);
    fake_poke(p.vm, entry + 8, 0, 8);
    fake_poke(p.vm, entry + 16, 0x80001234, 8);
    fake_poke(p.vm, entry + 32, 1, 8);
    const jt_addr at[] = {0, entry, entry - 64, FAKE_STACK_BASE - 128};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        p.vm->cont_entry = at[i];
        check_sampled(&p, "entry of a sample",
                      FRAMES({JT_FRAME_COMPILED_LEAF, p.compiled, 130}, {JT_FRAME_FROZEN, 0, 0},
                             {JT_FRAME_INTERPRETED, p.run, 5}));
    }
    fake_program_end(&p);
}

static int status_of_sample(fake_program *p)
{
    fake_walk walk = fake_walk_sampled(p->vm, p->walker, CAPACITY);
    CHECK(walk.status != JT_WALK_NO_JAVA_FRAMES || walk.result.count == 0);
    fake_walk_free(&walk);
    return walk.status;
}

/* Whatever of the code cache lies about on the stack of a compiler thread: without a way in there is no Java frame. */
static void tells_samples_without_java_frames(void)
{
    fake_program p;
    fake_program_start(&p, FAKE_JDK17, NULL, 0);
    for (int i = 0; i < 100; i++)
        fake_push(p.vm, i % 2 == 0 ? p.compiled + FAKE_CALL : p.stub + 20);
    p.vm->registers.pc = FAKE_IMAGE + 0x10000;
    CHECK_EQ(status_of_sample(&p), JT_WALK_NO_JAVA_FRAMES);
    fake_blob_spec flush = {.name = "flush_icache_stub", .kind = FAKE_KIND_BUFFER, .code_size = 64};
    p.vm->registers.pc = fake_blob(p.vm, flush) + 5;
    CHECK_EQ(status_of_sample(&p), JT_WALK_NO_JAVA_FRAMES);
    fake_push(p.vm, p.vm->call_stub_return);
    CHECK(status_of_sample(&p) != JT_WALK_NO_JAVA_FRAMES);
    p.vm->registers.sp = FAKE_STACK_BASE; /* nothing was copied */
    CHECK_EQ(status_of_sample(&p), JT_WALK_STACK_UNREADABLE);
    fake_program_end(&p);
}

int main(void)
{
    for (int r = 0; r < FAKE_RELEASES; r++) {
        fake_release release = (fake_release)r;
        walks_frames_of_all_kinds(release);
        walks_from_the_anchor(release);
        walks_samples_without_the_anchor(release);
        finds_where_deoptimised_frames_were(release);
        says_when_a_frame_is_being_replaced(release);
        steps_through_compiled_code(release);
        steps_through_return_poll_stubs(release);
        steps_through_adapters(release);
        steps_through_adapters_from_compiled_code(release);
        steps_through_adapters_that_patch_the_call(release);
        walks_out_of_runtime_stubs(release);
        steps_through_a_method_entry(release, false);
        steps_through_a_method_entry(release, true);
        enters_a_method_through_a_linker(release);
        takes_the_live_bcp(release);
        takes_a_bci_for_a_bcp(release);
        steps_through_a_method_exit(release, false);
        steps_through_a_method_exit(release, true);
    }
    confirms_once_for_samples_of_before();
    marks_code_of_the_vm();
    names_what_called_sampled_native_code();
    finds_the_entry_of_a_sample();
    tells_samples_without_java_frames();
    waits_for_an_anchor_to_be_complete();
    finds_the_pc_of_saved_anchors();
    believes_no_sender_within_the_frame();
    believes_no_return_address_without_a_pc_desc();
    fills_no_more_frames_than_fit();
    says_when_the_copy_is_too_short();
    ends_in_cycles_of_frame_pointers();
    follows_no_anchor_down_the_stack();
    survives_anchors_and_registers_from_anywhere();
    steps_through_an_osr_entry();
    guesses_frames_under_pushed_words();
    tells_old_calls_below_raised_precision();
    tells_old_calls_below_passed_words();
    tells_old_calls_below_saved_registers();
    tells_old_calls_far_behind_pusha();
    names_callers_without_debug_info();
    finds_the_call_of_a_stub(0);
    static const uint8_t cookie[] = {0x6A, 0xFF}, long_cookie[] = {0x68, 0xFF, 0xFF, 0xFF, 0xFF};
    finds_the_caller_above_a_stubs_frame_pointer(NULL, 0);
    finds_the_caller_above_a_stubs_frame_pointer(cookie, sizeof cookie);
    finds_the_caller_above_a_stubs_frame_pointer(long_cookie, sizeof long_cookie);
    finds_the_call_of_a_stub(2);
    steps_out_of_stubs();
    steps_to_a_handler_in_the_same_frame();
    skips_method_handle_intrinsics();
    skips_method_handle_intrinsics_with_a_barrier();
    walks_through_stubs();
    finds_the_caller_of_an_unknown_stub();
    steps_through_the_safepoint_blob();
    scans_when_nothing_else_helps();
    scans_for_call_wrappers();
    crosses_a_return_barrier();
    finds_the_entry_in_the_thread();
    does_not_take_what_an_earlier_entry_left();
    reads_frozen_frames();
    reads_frozen_frames_while_some_are_thawed();
    reads_frames_that_are_just_thawed();
    shows_frames_that_are_being_frozen_once();
    shows_no_part_of_a_broken_chunk();
    crosses_an_upcall();
    reads_an_upcall_from_within();
    walks_again_when_code_was_replaced();
    walks_until_nothing_old_is_left();
}
