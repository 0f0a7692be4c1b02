#include "cfi_unwind.h"

#include <alloca.h>
#include <dlfcn.h>
#include <inttypes.h>
#include <sys/ptrace.h>
#include <time.h>
#include <ucontext.h>

#include "check.h"
#include "child.h"
#include "tracee.h"

#define NOINLINE __attribute__((noinline))
/* The compiler neither drops a call before this nor makes a jump of it. */
#define KEEP_CALL() __asm__ volatile("" ::: "memory")
/* Functions in a section of their own are known by the linker's names for its ends. */
#define IN_SECTION(name) __attribute__((noinline, section(#name)))

enum { MAX_DEPTH = 256, LEVELS = 3, STEPS = 40000, ROUNDS = 20000 };

typedef struct {
    volatile uint64_t returns[LEVELS]; /* return addresses of nested calls, innermost first */
    volatile uint64_t base_return;     /* of the function that is unwound to */
    volatile uint64_t interrupted_pc, interrupted_sp;
    volatile int ready, go;
    volatile unsigned long rounds;
} shared_state;

static shared_state *shared;

static uint64_t as_address(const void *address)
{
    return (uint64_t)(uintptr_t)address;
}
#define RETURN_ADDRESS() as_address(__builtin_return_address(0))

typedef struct {
    pid_t child;
    jt_live_memory memory;
    jt_cfi *cfi;
    jt_tracee tracee;
    jt_registers registers;
} fixture;

static bool read_word(void *context, jt_addr address, jt_addr *word)
{
    const jt_live_memory *memory = context;
    return jt_memory_read_u64(&memory->base, address, word) == JT_OK;
}

static void set_up(fixture *f, void (*body)(void *))
{
    jt_error err;
    memset(shared, 0, sizeof *shared);
    f->child = start_child(body, NULL);
    jt_live_memory_init(&f->memory, f->child);
    CHECK_STATUS(jt_cfi_create(&f->memory.base, &f->cfi, &err), JT_OK, err);
    WAIT_UNTIL(shared->ready);
}

static void stop(fixture *f)
{
    jt_error err;
    CHECK_STATUS(jt_tracee_stop(&f->tracee, f->child, &err), JT_OK, err);
    CHECK_STATUS(jt_tracee_registers(&f->tracee, &f->registers, &err), JT_OK, err);
}

static void tear_down(fixture *f)
{
    jt_cfi_destroy(f->cfi);
    kill_child(f->child);
}

static int step(fixture *f, jt_registers *registers, bool *after_call)
{
    return jt_cfi_step(f->cfi, registers, after_call, read_word, &f->memory);
}

/* ---- a thread that sleeps in the C library ---- */

static NOINLINE void innermost(void)
{
    shared->returns[0] = RETURN_ADDRESS();
    shared->ready = 1;
    for (;;)
        usleep(1000000);
}

static NOINLINE void middle(int words)
{
    volatile char *room = alloca((size_t)words * 8); /* its CFA does not follow from sp */
    room[0] = 1;
    shared->returns[1] = RETURN_ADDRESS();
    innermost();
    KEEP_CALL();
}

static NOINLINE void outermost(void *unused)
{
    (void)unused;
    _Alignas(64) char aligned[64]; /* its CFA is stored in its frame */
    __asm__ volatile("" : : "r"(aligned) : "memory");
    shared->returns[2] = RETURN_ADDRESS();
    middle(shared->ready + 5);
    KEEP_CALL();
}

static void unwinds_a_sleeping_thread(void)
{
    fixture f;
    set_up(&f, outermost);
    WAIT_UNTIL(state_of(f.child) == 'S');
    stop(&f);
    bool after_call = false;
    int depth = 0;
    while (f.registers.pc != shared->returns[0] && depth < MAX_DEPTH) {
        CHECK_EQ(step(&f, &f.registers, &after_call), JT_OK);
        CHECK(after_call);
        depth++;
    }
    CHECK(depth >= 2 && depth < 8); /* the call that sleeps, its callers in the library, innermost */
    for (int i = 1; i < LEVELS; i++) {
        CHECK_EQ(step(&f, &f.registers, &after_call), JT_OK);
        CHECK_EQ(f.registers.pc, shared->returns[i]);
    }
    /* On to the process's entry, which has no caller. */
    for (depth = 0; step(&f, &f.registers, &after_call) == JT_OK; depth++)
        CHECK(depth < MAX_DEPTH);
    jt_registers bottom = f.registers;
    CHECK(step(&f, &f.registers, &after_call) == JT_CFI_OUTERMOST && after_call);
    CHECK(memcmp(&bottom, &f.registers, sizeof bottom) == 0);
    jt_tracee_release(&f.tracee);
    tear_down(&f);
}

/* ---- below a signal handler ---- */

extern const char __start_jt_spin[], __stop_jt_spin[];

static void handle(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info;
    const ucontext_t *interrupted = context;
    shared->interrupted_pc = (uint64_t)interrupted->uc_mcontext.gregs[REG_RIP];
    shared->interrupted_sp = (uint64_t)interrupted->uc_mcontext.gregs[REG_RSP];
    shared->go = 1;
    for (;;)
        usleep(1000000);
}

static IN_SECTION(jt_spin) void spin_for_ever(void)
{
    shared->base_return = RETURN_ADDRESS();
    shared->ready = 1;
    for (;;)
        shared->rounds++;
}

static void spin_with_handler(void *unused)
{
    (void)unused;
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
    CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
    spin_for_ever();
    KEEP_CALL();
}

/* The kernel has it so in rt_sigreturn, behind `mov $15, %rax; syscall`, where __restore_rt's code ends. */
static void unwinds_from_the_way_back(fixture *f, const jt_registers *in_restorer)
{
    jt_registers registers = *in_restorer;
    bool after_call = false;
    registers.pc += 9;
    CHECK_EQ(step(f, &registers, &after_call), JT_OK);
    CHECK(!after_call);
    CHECK_EQ(registers.pc, shared->interrupted_pc);
    CHECK_EQ(registers.sp, shared->interrupted_sp);
}

static void unwinds_through_a_signal_handler(void)
{
    fixture f;
    set_up(&f, spin_with_handler);
    WAIT_UNTIL(shared->rounds > 0);
    kill(f.child, SIGUSR1);
    WAIT_UNTIL(shared->go);
    stop(&f);
    bool after_call = false;
    int depth = 0;
    jt_registers callee;
    do {
        callee = f.registers;
        CHECK_EQ(step(&f, &f.registers, &after_call), JT_OK);
        CHECK(++depth < MAX_DEPTH);
    } while (after_call);
    unwinds_from_the_way_back(&f, &callee);
    CHECK_EQ(f.registers.pc, shared->interrupted_pc);
    CHECK_EQ(f.registers.sp, shared->interrupted_sp);
    CHECK(f.registers.pc >= as_address(__start_jt_spin) && f.registers.pc < as_address(__stop_jt_spin));
    CHECK_EQ(step(&f, &f.registers, &after_call), JT_OK);
    CHECK(after_call);
    CHECK_EQ(f.registers.pc, shared->base_return);
    jt_tracee_release(&f.tracee);
    tear_down(&f);
}

/* ---- every instruction ---- */

extern const char __start_jt_base[], __stop_jt_base[];

static int compare(const void *a, const void *b)
{
    int left = *(const int *)a, right = *(const int *)b;
    return (left > right) - (left < right);
}

static NOINLINE int recurse(int depth)
{
    volatile int local = depth;
    int below = depth == 0 ? 0 : recurse(depth - 1);
    KEEP_CALL();
    return below + local;
}

static NOINLINE int variable_frame(int words)
{
    volatile int *room = alloca((size_t)words * sizeof *room);
    room[0] = recurse(words % 3);
    return room[0];
}

static NOINLINE int aligned_frame(int seed)
{
    _Alignas(64) volatile int room[16];
    room[seed % 16] = recurse(2);
    return room[seed % 16];
}

/* Frames of all forms, and library functions that are bound at their first call. */
static NOINLINE int work(int seed)
{
    char text[64], copy[64];
    int numbers[] = {seed, 3, seed * 7 % 11, 1, 9, seed % 5};
    struct timespec now;
    int done = snprintf(text, sizeof text, "%d %s %.3f", seed, "words", seed / 7.0);
    qsort(numbers, sizeof numbers / sizeof *numbers, sizeof *numbers, compare);
    clock_gettime(CLOCK_MONOTONIC, &now);
    memcpy(copy, text, (size_t)done + 1);
    char *heap = malloc((size_t)(seed % 100) + 1);
    heap[0] = (char)numbers[2];
    done += (int)strtol(copy, NULL, 10) + heap[0];
    free(heap);
    done += variable_frame(seed % 20 + 1) + aligned_frame(seed) + (int)strtod(copy, NULL);
    return done + (getenv("JTRACE_NO_SUCH_NAME") != NULL) + (int)getppid();
}

static IN_SECTION(jt_base) void base(void *unused)
{
    (void)unused;
    shared->base_return = RETURN_ADDRESS();
    shared->ready = 1;
    while (!shared->go)
        continue;
    for (int seed = 1;; seed++) {
        work(seed);
        shared->rounds++;
    }
}

static bool in_base(jt_addr pc)
{
    return pc >= as_address(__start_jt_base) && pc < as_address(__stop_jt_base);
}

enum { PRESERVED = 6 };

/* A call under way: where its return address is stored, what it is, and what its caller has in its registers. */
typedef struct {
    jt_addr slot, return_address;
    uint64_t preserved[PRESERVED];
} call;

typedef struct {
    call calls[MAX_DEPTH];
    size_t depth;
} call_stack;

static void take_preserved(const jt_registers *registers, uint64_t preserved[PRESERVED])
{
    const uint64_t values[PRESERVED] = {registers->fp,
                                        registers->general[JT_RBX],
                                        registers->general[JT_R12],
                                        registers->general[JT_R13],
                                        registers->general[JT_R14],
                                        registers->general[JT_R15]};
    memcpy(preserved, values, sizeof values);
}

/* What the instruction between `before` and `after` did to the stack of calls: a call pushes the address after itself,
 * a return frees that word. */
static void follow(call_stack *stack, const fixture *f, const jt_registers *before, const jt_registers *after)
{
    enum { LONGEST_CALL = 8 };
    while (stack->depth > 0 && stack->calls[stack->depth - 1].slot < after->sp)
        stack->depth--;
    uint64_t word;
    if (after->sp != before->sp - sizeof word || jt_memory_read_u64(&f->memory.base, after->sp, &word) != JT_OK ||
        word <= before->pc || word > before->pc + LONGEST_CALL || after->pc == word)
        return;
    CHECK(stack->depth < MAX_DEPTH);
    call *made = &stack->calls[stack->depth++];
    *made = (call){.slot = after->sp, .return_address = word};
    take_preserved(before, made->preserved);
}

static void single_step(fixture *f)
{
    jt_error err;
    CHECK_EQ(ptrace(PTRACE_SINGLESTEP, f->child, NULL, NULL), 0);
    int status = wait_for_child(f->child);
    CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
    CHECK_STATUS(jt_tracee_registers(&f->tracee, &f->registers, &err), JT_OK, err);
}

static bool is_caller(const call *expected, const jt_registers *actual)
{
    uint64_t preserved[PRESERVED];
    take_preserved(actual, preserved);
    return actual->pc == expected->return_address && actual->sp == expected->slot + sizeof(uint64_t) &&
           memcmp(preserved, expected->preserved, sizeof preserved) == 0;
}

static void tell_wrong(const jt_registers *at, const jt_registers *caller, int status)
{
    Dl_info place; /* the child's images are at the same addresses */
    memset(&place, 0, sizeof place);
    dladdr((void *)(uintptr_t)at->pc, &place);
    fprintf(stderr, "wrong caller at %#" PRIx64 " (%s, %s+%#" PRIx64 "): status %d, pc %#" PRIx64 ", sp %#" PRIx64 "\n",
            at->pc, place.dli_fname, place.dli_sname, at->pc - as_address(place.dli_saddr), status, caller->pc,
            caller->sp);
}

/* Whether all callers down to `base`, or base's own, are as they must be. */
static bool unwinds_to_base(fixture *f, const call_stack *stack)
{
    jt_registers registers = f->registers;
    bool after_call = false;
    if (stack->depth == 0)
        return step(f, &registers, &after_call) == JT_OK && registers.pc == shared->base_return;
    for (size_t i = stack->depth; i-- > 0;) {
        jt_registers at = registers;
        int status = step(f, &registers, &after_call);
        if (status != JT_OK || !is_caller(&stack->calls[i], &registers)) {
            tell_wrong(&at, &registers, status);
            return false;
        }
    }
    return in_base(registers.pc);
}

static void unwinds_at_every_instruction(void)
{
    fixture f;
    static call_stack stack;
    unsigned long wrong = 0, below = 0;
    set_up(&f, base);
    stop(&f);
    shared->go = 1;
    CHECK(in_base(f.registers.pc));
    for (int i = 0; i < STEPS; i++) {
        jt_registers before = f.registers;
        single_step(&f);
        follow(&stack, &f, &before, &f.registers);
        CHECK(stack.depth > 0 || in_base(f.registers.pc));
        below += stack.depth > 0;
        wrong += !unwinds_to_base(&f, &stack);
    }
    printf("%d instructions, %lu of them below the function that is unwound to, %lu rounds: %lu wrong\n", STEPS, below,
           shared->rounds, wrong);
    CHECK_EQ(wrong, 0);
    CHECK(below > STEPS / 2);
    jt_tracee_release(&f.tracee);
    tear_down(&f);
}

/* ---- libraries that come later ---- */

static bool read_same_word(void *context, jt_addr address, jt_addr *word)
{
    (void)context, (void)address;
    *word = 0x1234;
    return true;
}

static void finds_a_library_that_comes_later(void)
{
    static const char name[] = "libresolv.so.2";
    if (dlopen(name, RTLD_LAZY | RTLD_NOLOAD) != NULL) {
        fprintf(stderr, "not tested: %s is there already\n", name);
        return;
    }
    jt_error err;
    jt_live_memory memory;
    jt_live_memory_init(&memory, getpid());
    jt_cfi *cfi;
    CHECK_STATUS(jt_cfi_create(&memory.base, &cfi, &err), JT_OK, err);
    jt_registers start = {.pc = as_address((void *)work), .sp = 4096}, registers = start;
    bool after_call = false;
    CHECK_EQ(jt_cfi_step(cfi, &registers, &after_call, read_same_word, NULL), JT_OK);
    CHECK_EQ(registers.pc, 0x1234);
    CHECK_EQ(registers.sp, 4096 + 8);
    void *library = dlopen(name, RTLD_LAZY);
    CHECK(library != NULL);
    start.pc = as_address(dlsym(library, "ns_name_ntop"));
    int misses = 0;
    do {
        registers = start;
        after_call = false;
        CHECK(misses++ < 100);
    } while (jt_cfi_step(cfi, &registers, &after_call, read_same_word, NULL) != JT_OK);
    CHECK_EQ(registers.sp, 4096 + 8);
    jt_cfi_destroy(cfi);
    dlclose(library);
}

/* ---- a target whose tables are broken on purpose ---- */

typedef struct {
    jt_memory base;
    jt_live_memory live;
    uint64_t random;
} broken_memory;

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* Reads as it should, and then changes some bytes of one read in four. */
static size_t read_broken(const jt_memory *self, const jt_read *reads, size_t count)
{
    broken_memory *memory = (broken_memory *)self;
    size_t done = jt_memory_read_batch(&memory->live.base, reads, count);
    for (size_t i = 0; i < done; i++) {
        uint64_t breaks = next_random(&memory->random) % 4 == 0 ? 1 + next_random(&memory->random) % 8 : 0;
        for (uint64_t b = 0; b < breaks && reads[i].length > 0; b++)
            ((uint8_t *)reads[i].into)[next_random(&memory->random) % reads[i].length] =
                (uint8_t)next_random(&memory->random);
    }
    return done;
}

static int read_maps(const jt_memory *self, jt_maps *maps, jt_error *err)
{
    return jt_memory_read_maps(&((const broken_memory *)self)->live.base, maps, err);
}

static bool read_random(void *context, jt_addr address, jt_addr *word)
{
    *word = next_random(context) ^ address;
    return *word % 16 != 0;
}

static void survives_broken_tables(void)
{
    enum { ROUNDS_PER_TARGET = 100 };
    jt_error err;
    broken_memory memory = {.base = {read_broken, read_maps}, .random = 1};
    jt_live_memory_init(&memory.live, getpid());
    const uint64_t places[] = {as_address((void *)work), as_address((void *)survives_broken_tables),
                               as_address(dlsym(RTLD_DEFAULT, "qsort")),
                               as_address(dlsym(RTLD_DEFAULT, "getaddrinfo"))};
    unsigned long found = 0;
    jt_cfi *cfi = NULL;
    for (int i = 0; i < ROUNDS; i++) {
        if (i % ROUNDS_PER_TARGET == 0) {
            jt_cfi_destroy(cfi);
            CHECK_STATUS(jt_cfi_create(&memory.base, &cfi, &err), JT_OK, err);
        }
        jt_registers before = {.sp = 1 << 20};
        before.pc = places[next_random(&memory.random) % 4] + next_random(&memory.random) % 0x4000;
        jt_registers after = before;
        bool after_call = next_random(&memory.random) % 2;
        int status = jt_cfi_step(cfi, &after, &after_call, read_random, &memory.random);
        if (status == JT_OK)
            CHECK(after.sp > before.sp);
        else
            CHECK(memcmp(&before, &after, sizeof before) == 0);
        found += status == JT_OK;
    }
    jt_cfi_destroy(cfi);
    CHECK(found > 0 && found < ROUNDS);
}

int main(void)
{
    shared = shared_memory(sizeof *shared);
    unwinds_a_sleeping_thread();
    unwinds_through_a_signal_handler();
    unwinds_at_every_instruction();
    finds_a_library_that_comes_later();
    survives_broken_tables();
    return 0;
}
