/* Steps one Java thread instruction by instruction and walks its stack at each. The truth comes from the steps before:
 * from one instruction to the next a stack stays as it is, gains a callee or loses its leaf; nothing else is possible
 * (but for deoptimisation, OSR and exceptions, which are told apart). What does not fit is a wrong stack, counted and
 * listed by where it happened.
 *
 *   step_check PID THREAD-NAME REGION COUNT [-v]
 *
 * Steps until COUNT instructions of REGION (interpreted, c1, c2, wrapper, stub, outside) were checked. Prints for each
 * region "REGION checked=.. wrong=.. incomplete=.. scanned=.. misguided=.. deoptimizing=..", then what was found by
 * cause. Exit status 0 if it could
 * step, whatever it found. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "hotspot/frame_walker.h"
#include "hotspot/java_threads.h"
#include "process.h"
#include "snapshot.h"
#include "tracee.h"

enum {
    MAX_FRAMES = 4096,
    STACK_BYTES = 1 << 20,
    MAX_CAUSES = 256,
    RESYNC_AFTER = 400,
    OUTSIDE_EVERY = 64,
    MAX_STEPS_PER_CHECK = 200
};

typedef enum { INTERPRETED, C1, C2, WRAPPER, STUB, OUTSIDE, REGIONS } region;
static const char *const region_names[REGIONS] = {"interpreted", "c1", "c2", "wrapper", "stub", "outside"};

typedef struct {
    unsigned long checked, wrong, incomplete;
    unsigned long scanned, misguided; /* marked as uncertain by the walker; those of them that were wrong */
    unsigned long deoptimizing;       /* refused by the walker: old and new frames are mixed */
} tally;

typedef struct {
    jt_frame frames[MAX_FRAMES];
    jt_addr methods[MAX_FRAMES]; /* the Method of each */
    size_t count;
    int status;
    bool scanned;
} stack;

typedef struct {
    char text[160];
    unsigned long count;
} cause;

typedef struct {
    jt_process *process;
    jt_vm vm;
    jt_frame_walker *walker;
    /* a code cache and interpreter of our own, to name the place of each pc */
    jt_code_cache *places;
    jt_interpreter *interpreter;
    jt_field comp_level;
    jt_addr java_thread;
    int tid;
    uint8_t *bytes;
    stack good, now;
    unsigned wrong_in_a_row;
    unsigned long steps, resyncs;
    tally tallies[REGIONS];
    cause causes[MAX_CAUSES];
    size_t cause_count;
    bool verbose;
} stepper;

static void die(const char *what, const jt_error *err)
{
    fprintf(stderr, "step_check: %s: %s\n", what, err != NULL ? err->message : strerror(errno));
    exit(1);
}

/* --- setting up --- */

static int find_tid(const stepper *s, const char *name)
{
    const int *tids;
    size_t count;
    jt_error err;
    if (jt_process_list_tasks(s->process, &tids, &count, &err) != JT_OK)
        die("tasks", &err);
    for (size_t i = 0; i < count; i++) {
        char comm[64] = "";
        jt_task *task;
        if (jt_task_open(s->process, tids[i], &task, NULL) != JT_OK)
            continue;
        jt_task_read_comm(task, comm, sizeof comm);
        jt_task_close(task);
        if (strcmp(comm, name) == 0)
            return tids[i];
    }
    return -1;
}

static jt_addr find_java_thread(const stepper *s)
{
    jt_java_thread *threads;
    size_t count;
    jt_addr found = 0;
    jt_error err;
    if (jt_java_threads_list(&s->vm, &threads, &count, &err) != JT_OK)
        die("threads", &err);
    for (size_t i = 0; i < count; i++) {
        if (threads[i].tid == s->tid)
            found = threads[i].address;
    }
    free(threads);
    return found;
}

static void open_target(stepper *s, int pid, const char *name)
{
    jt_error err = {0};
    if (jt_process_open(pid, &s->process, &err) != JT_OK ||
        jt_vm_open(&s->vm, pid, jt_process_memory(s->process), &err) != JT_OK ||
        jt_frame_walker_create(&s->vm, &s->walker, &err) != JT_OK ||
        jt_code_cache_create(&s->vm, &s->places, &err) != JT_OK ||
        jt_interpreter_create(&s->vm, &s->interpreter, &err) != JT_OK)
        die("open", &err);
    jt_vm_field level;
    if (!jt_vm_structs_field(s->vm.structs, "nmethod", "_comp_level", &level))
        die("nmethod::_comp_level is not exported", NULL);
    /* int up to 17, one byte from 21 on: the low byte serves for both */
    s->comp_level = (jt_field){(int32_t)level.offset_or_address, 1, false};
    s->tid = find_tid(s, name);
    s->java_thread = s->tid < 0 ? 0 : find_java_thread(s);
    if (s->java_thread == 0)
        die("no such Java thread", NULL);
    jt_interpreter_refresh(s->interpreter);
    jt_code_cache_begin_walk(s->places);
    s->bytes = malloc(STACK_BYTES);
}

/* --- one look --- */

static jt_addr method_of(const stepper *s, const jt_frame *frame)
{
    uint64_t method = 0;
    if (frame->kind == JT_FRAME_INTERPRETED)
        return frame->address;
    if (frame->kind != JT_FRAME_VM && frame->kind != JT_FRAME_FROZEN)
        jt_memory_read_u64(s->vm.memory, frame->address + (jt_addr)s->vm.layout.nmethod_method.offset, &method);
    return method;
}

static bool walk(stepper *s, const jt_registers *registers, stack *out)
{
    jt_java_thread_words words;
    jt_walk_input in = {
        .java_thread = s->java_thread, .has_registers = true, .registers = *registers, .stack = s->bytes};
    if (jt_java_thread_read(&s->vm, s->java_thread, &words) != JT_OK)
        return false;
    in.stack_base = words.stack_base;
    in.cont_entry = words.cont_entry;
    in.saved_exception_pc = words.saved_exception_pc;
    in.anchor = jt_java_thread_anchor(&s->vm, &words);
    in.in_java = (words.state & ~1) == s->vm.layout.state_in_java;
    in.stack_address = registers->sp & ~(jt_addr)7;
    if (in.stack_address >= words.stack_base || words.stack_base - in.stack_address > STACK_BYTES)
        return false;
    in.stack_length = words.stack_base - in.stack_address;
    if (jt_memory_read(s->vm.memory, in.stack_address, s->bytes, in.stack_length) != JT_OK)
        return false;
    jt_walk_result result = {.frames = out->frames, .capacity = MAX_FRAMES};
    out->status = jt_frame_walker_walk(s->walker, &in, &result);
    out->count = result.count;
    out->scanned = result.scanned;
    if (out->count > 0 && out->frames[0].kind == JT_FRAME_VM) {
        out->count--;
        memmove(out->frames, out->frames + 1, out->count * sizeof *out->frames);
    }
    for (size_t i = 0; i < out->count; i++)
        out->methods[i] = method_of(s, &out->frames[i]);
    return true;
}

/* --- the truth --- */

/* Callers, which do not move: same code at the same place. */
static bool same_caller(const stack *a, size_t i, const stack *b, size_t j)
{
    return a->methods[i] == b->methods[j] && a->frames[i].address == b->frames[j].address &&
           a->frames[i].position == b->frames[j].position;
}

/* The frames below the leaves, `from_a` and `from_b` leaves left out, are the same. */
static bool same_tail(const stack *a, size_t from_a, const stack *b, size_t from_b)
{
    if (a->count < from_a || b->count < from_b || a->count - from_a != b->count - from_b)
        return false;
    for (size_t i = from_a, j = from_b; i < a->count; i++, j++) {
        if (!same_caller(a, i, b, j))
            return false;
    }
    return true;
}

static bool same_leaf_method(const stack *a, const stack *b)
{
    return a->count > 0 && b->count > 0 && a->methods[0] == b->methods[0];
}

/* The old leaf, now a caller: where it called from is known only now, so its position is free, its method not. */
static bool called(const stack *old, const stack *new)
{
    return new->count == old->count + 1 && old->count > 0 && new->methods[1] == old->methods[0] &&
           same_tail(old, 1, new, 2);
}

static bool returned(const stack *old, const stack *new)
{
    return old->count == new->count + 1 && new->count > 0 && old->methods[1] == new->methods[0] &&
           same_tail(old, 2, new, 1);
}

/* A leaf that was entered but has no frame, and jumps on: the method handle intrinsics (linkTo*, invokeBasic). */
static bool jumped_on(const stack *old, const stack *new)
{
    return old->count == new->count && old->count > 0 && same_tail(old, 1, new, 1) &&
           old->frames[0].kind == JT_FRAME_INTERPRETED && old->frames[0].position == 0;
}

/* Deoptimisation replaces one compiled frame by those inlined in it. Exceptions need no rule: each frame is left by
 * itself. */
static bool deoptimised(const stack *old, const stack *new)
{
    if (old->count == 0 || new->count < old->count || old->frames[0].kind == JT_FRAME_INTERPRETED)
        return false;
    size_t more = new->count - old->count;
    return new->frames[0].kind == JT_FRAME_INTERPRETED && old->methods[0] == new->methods[more] &&
           same_tail(old, 1, new, more + 1);
}

static bool follows(const stack *old, const stack *new)
{
    return (same_leaf_method(old, new) && same_tail(old, 1, new, 1)) || (old->count == 0 && new->count <= 1) ||
           (old->count == 1 && new->count == 0) || called(old, new) || returned(old, new) || deoptimised(old, new) ||
           jumped_on(old, new);
}

/* --- the books --- */

static void place_of(stepper *s, jt_addr pc, char *text, size_t size)
{
    if (jt_interpreter_contains(s->interpreter, pc)) {
        uint8_t code[8] = {0};
        jt_memory_read(s->vm.memory, pc, code, sizeof code);
        snprintf(text, size, "interpreter codelet %d, code %02x %02x %02x %02x %02x",
                 jt_interpreter_codelet(s->interpreter, pc), code[0], code[1], code[2], code[3], code[4]);
        return;
    }
    jt_blob *blob = jt_code_cache_find(s->places, pc);
    if (blob == NULL) {
        snprintf(text, size, "outside the code cache");
        return;
    }
    uint8_t code[8] = {0};
    jt_memory_read(s->vm.memory, pc, code, sizeof code);
    bool nmethod = blob->kind == JT_BLOB_NMETHOD;
    snprintf(text, size, "%s%s, code %02x %02x %02x %02x %02x", blob->name,
             nmethod && (int64_t)(pc - blob->code_begin) < blob->frame_complete ? " before frame_complete" : "",
             code[0], code[1], code[2], code[3], code[4]);
}

static void count_cause(stepper *s, const char *what, jt_addr pc)
{
    char place[120], text[160];
    place_of(s, pc, place, sizeof place);
    snprintf(text, sizeof text, "%s at %s", what, place);
    for (size_t i = 0; i < s->cause_count; i++) {
        if (strcmp(s->causes[i].text, text) == 0) {
            s->causes[i].count++;
            return;
        }
    }
    if (s->cause_count < MAX_CAUSES) {
        memcpy(s->causes[s->cause_count].text, text, sizeof text);
        s->causes[s->cause_count++].count = 1;
    }
}

static region region_of(stepper *s, jt_addr pc)
{
    if (jt_interpreter_contains(s->interpreter, pc))
        return INTERPRETED;
    jt_blob *blob = jt_code_cache_find(s->places, pc);
    if (blob == NULL)
        return OUTSIDE;
    if (blob->kind == JT_BLOB_NATIVE_NMETHOD)
        return WRAPPER;
    if (blob->kind != JT_BLOB_NMETHOD)
        return STUB;
    uint8_t level = 0;
    jt_memory_read(s->vm.memory, blob->start + (jt_addr)s->comp_level.offset, &level, 1);
    return level == 4 ? C2 : C1;
}

static void print_stack(const char *title, const stack *st)
{
    fprintf(stderr, "  %s (%s, %zu frames%s):", title, jt_walk_status_label(st->status), st->count,
            st->scanned ? ", scanned" : "");
    for (size_t i = 0; i < st->count && i < 8; i++)
        fprintf(stderr, " %s:%llx@%d", jt_frame_kind_name(st->frames[i].kind),
                (unsigned long long)st->methods[i] & 0xffffff, st->frames[i].position);
    fprintf(stderr, "\n");
}

static void explain(stepper *s, const char *what, const jt_registers *r)
{
    if (!s->verbose)
        return;
    char place[120];
    place_of(s, r->pc, place, sizeof place);
    fprintf(stderr, "%s at step %lu, pc %llx sp %llx fp %llx rax %llx rbx %llx r13 %llx: %s\n", what, s->steps,
            (unsigned long long)r->pc, (unsigned long long)r->sp, (unsigned long long)r->fp,
            (unsigned long long)r->general[JT_RAX], (unsigned long long)r->general[JT_RBX],
            (unsigned long long)r->general[JT_R13], place);
    uint8_t code[40] = {0};
    jt_memory_read(s->vm.memory, r->pc - 12, code, sizeof code);
    fprintf(stderr, "  code from pc - 12:");
    for (size_t i = 0; i < sizeof code; i++)
        fprintf(stderr, " %02x", code[i]);
    fprintf(stderr, ", rdi %llx\n", (unsigned long long)r->general[JT_RDI]);
    print_stack("last good", &s->good);
    print_stack("now", &s->now);
}

static void count_failure(stepper *s, tally *t, bool complete, const jt_registers *r)
{
    *(!complete ? &t->incomplete : s->now.scanned ? &t->misguided : &t->wrong) += 1;
    count_cause(s, complete ? "wrong" : jt_walk_status_label(s->now.status), r->pc);
    if (s->wrong_in_a_row == 0)
        explain(s, complete ? "wrong" : "incomplete", r);
    if (++s->wrong_in_a_row >= RESYNC_AFTER && complete) {
        s->resyncs++;
        s->good = s->now;
        s->wrong_in_a_row = 0;
    }
}

static void check(stepper *s, const jt_registers *r)
{
    jt_code_cache_begin_walk(s->places);
    tally *t = &s->tallies[region_of(s, r->pc)];
    if (!walk(s, r, &s->now))
        return;
    t->checked++;
    if (s->now.scanned) {
        t->scanned++;
        count_cause(s, "scanned", r->pc);
    }
    if (s->now.status == JT_WALK_DEOPTIMIZING) {
        t->deoptimizing++;
        return;
    }
    bool complete = s->now.status == JT_WALK_COMPLETE || s->now.status == JT_WALK_NO_JAVA_FRAMES;
    if (complete && follows(&s->good, &s->now)) {
        s->wrong_in_a_row = 0;
        s->good = s->now;
    } else {
        count_failure(s, t, complete, r);
    }
    jt_code_cache_confirm(s->places);
}

/* --- stepping --- */

static void one_step(stepper *s, int *signal)
{
    int status;
    if (ptrace(PTRACE_SINGLESTEP, s->tid, NULL, (void *)(intptr_t)*signal) != 0 ||
        waitpid(s->tid, &status, __WALL) != s->tid)
        die("step", NULL);
    if (!WIFSTOPPED(status))
        die("the thread ended", NULL);
    /* a signal of the target's own (null checks, safepoint polls) is handed on with the next step */
    *signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
}

static void run(stepper *s, region wanted, unsigned long count)
{
    jt_tracee tracee;
    jt_registers registers;
    jt_error err = {0};
    int signal = 0;
    unsigned long outside = 0;
    if (jt_tracee_stop(&tracee, s->tid, &err) != JT_OK || jt_tracee_registers(&tracee, &registers, &err) != JT_OK)
        die("stop", &err);
    walk(s, &registers, &s->good);
    for (; s->tallies[wanted].checked < count && s->steps < MAX_STEPS_PER_CHECK * count; s->steps++) {
        one_step(s, &signal);
        if (jt_tracee_registers(&tracee, &registers, &err) != JT_OK)
            die("registers", &err);
        if (jt_code_cache_covers(s->places, registers.pc) || outside++ % OUTSIDE_EVERY == 0)
            check(s, &registers);
    }
    tracee.pending_signal = signal;
    jt_tracee_release(&tracee);
}

static region region_named(const char *name)
{
    for (int i = 0; i < REGIONS; i++) {
        if (strcmp(region_names[i], name) == 0)
            return (region)i;
    }
    fprintf(stderr, "step_check: no region %s\n", name);
    exit(2);
}

static void print(const stepper *s)
{
    for (int i = 0; i < REGIONS; i++) {
        const tally *t = &s->tallies[i];
        printf("%s checked=%lu wrong=%lu incomplete=%lu scanned=%lu misguided=%lu deoptimizing=%lu\n", region_names[i],
               t->checked, t->wrong, t->incomplete, t->scanned, t->misguided, t->deoptimizing);
    }
    for (size_t i = 0; i < s->cause_count; i++)
        printf("%8lu %s\n", s->causes[i].count, s->causes[i].text);
}

int main(int argc, char **argv)
{
    static stepper s;
    if (argc < 5) {
        fprintf(stderr, "usage: step_check PID THREAD-NAME REGION COUNT [-v]\n");
        return 2;
    }
    s.verbose = argc > 5 && strcmp(argv[5], "-v") == 0;
    open_target(&s, atoi(argv[1]), argv[2]);
    run(&s, region_named(argv[3]), strtoul(argv[4], NULL, 10));
    print(&s);
    jt_frame_walker_destroy(s.walker);
    jt_code_cache_destroy(s.places);
    jt_interpreter_destroy(s.interpreter);
    jt_vm_close(&s.vm);
    jt_process_close(s.process);
    free(s.bytes);
    return 0;
}
