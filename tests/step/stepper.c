#include "stepper.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/ucontext.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "hotspot/java_threads.h"

enum {
    STACK_BYTES = 1 << 20,
    RESYNC_AFTER = 400, /* stacks that do not follow from the last good one: it was wrong itself */
    OUTSIDE_EVERY = 64,
    FOLLOW_EVERY = 256, /* steps: to the thread's CPU, where the kernel may have moved it */
    REPORT_SECONDS = 30,
    TRAP_FLAG = 0x100 /* of the flags register: step by step */
};

const char *const region_names[REGIONS] = {"interpreted", "c1", "c2", "wrapper", "stub", "outside"};

static void die(const char *what, const jt_error *err)
{
    fprintf(stderr, "stepping: %s: %s\n", what, err != NULL ? err->message : strerror(errno));
    exit(1);
}

/* --- where it is --- */

static volatile sig_atomic_t report_due;

static void on_alarm(int number)
{
    (void)number;
    report_due = 1;
}

/* A wait for the thread ends, too: who hangs must say where. */
static void report_now_and_then(void)
{
    struct sigaction action = {.sa_handler = on_alarm}; /* no SA_RESTART */
    struct itimerval timer = {{REPORT_SECONDS, 0}, {REPORT_SECONDS, 0}};
    if (sigaction(SIGALRM, &action, NULL) != 0 || setitimer(ITIMER_REAL, &timer, NULL) != 0)
        die("timer", NULL);
}

void stepper_say_where(stepper *s)
{
    char state = '?';
    jt_task_syscall call = {.number = -1};
    jt_task_read_state(s->task, &state);
    jt_task_read_syscall(s->task, &call);
    fprintf(stderr,
            "stepping: step %lu, last pc %" PRIx64 " (%s), signal %d, %zu frames, %s; now in state %c, system call %" PRId64
            " at pc %" PRIx64 "\n",
            s->steps, s->registers.pc, region_names[stepper_region(s, s->registers.pc)], s->signal, s->now.count,
            jt_walk_status_label(s->now.status), state, call.number, call.pc);
}

static void report_if_due(stepper *s)
{
    if (!report_due)
        return;
    report_due = 0;
    stepper_say_where(s);
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

void stepper_open(stepper *s, int pid, const char *thread_name)
{
    jt_error err = {0};
    char whose[32];
    snprintf(whose, sizeof whose, "process %d", pid);
    if (jt_process_open(pid, &s->process, &err) != JT_OK ||
        jt_vm_open(&s->vm, whose, jt_process_memory(s->process), &err) != JT_OK ||
        jt_frame_walker_create(&s->vm, &s->walker, &err) != JT_OK ||
        jt_code_cache_create(&s->vm, &s->places, &err) != JT_OK ||
        jt_interpreter_create(&s->vm, &s->interpreter, &err) != JT_OK)
        die("open", &err);
    jt_vm_field level;
    if (!jt_vm_structs_field(s->vm.structs, "nmethod", "_comp_level", &level))
        die("nmethod::_comp_level is not exported", NULL);
    /* int up to 17, one byte from 21 on: the low byte serves for both */
    s->comp_level = (jt_field){(int32_t)level.offset_or_address, 1, false};
    s->tid = find_tid(s, thread_name);
    s->java_thread = s->tid < 0 ? 0 : find_java_thread(s);
    if (s->java_thread == 0 || jt_task_open(s->process, s->tid, &s->task, &err) != JT_OK)
        die("no such Java thread", NULL);
    jt_interpreter_refresh(s->interpreter);
    jt_code_cache_begin_walk(s->places);
    s->bytes = malloc(STACK_BYTES);
    jt_tracer_schedule_init(&s->schedule);
    report_now_and_then();
}

void stepper_close(stepper *s)
{
    jt_frame_walker_destroy(s->walker);
    jt_code_cache_destroy(s->places);
    jt_interpreter_destroy(s->interpreter);
    jt_task_close(s->task);
    jt_vm_close(&s->vm);
    jt_process_close(s->process);
    free(s->bytes);
}

region stepper_region(stepper *s, jt_addr pc)
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
    s->input = in;
    jt_walk_result result = {.frames = out->frames, .capacity = STEPPER_MAX_FRAMES};
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

static step_verdict judge(const stepper *s)
{
    if (s->now.status == JT_WALK_DEOPTIMIZING)
        return STEP_DEOPTIMIZING;
    if (s->now.status != JT_WALK_COMPLETE && s->now.status != JT_WALK_NO_JAVA_FRAMES)
        return STEP_INCOMPLETE;
    return follows(&s->good, &s->now) ? STEP_RIGHT : STEP_WRONG;
}

static void copy_stack(stack *to, const stack *from)
{
    memcpy(to->frames, from->frames, from->count * sizeof *to->frames);
    memcpy(to->methods, from->methods, from->count * sizeof *to->methods);
    to->count = from->count;
    to->status = from->status;
    to->scanned = from->scanned;
}

/* What the next stack is held against. */
static void remember(stepper *s, step_verdict verdict)
{
    if (verdict == STEP_DEOPTIMIZING)
        return;
    s->right_in_a_row = verdict == STEP_RIGHT ? s->right_in_a_row + 1 : 0;
    s->wrong_in_a_row = verdict == STEP_RIGHT ? 0 : s->wrong_in_a_row + 1;
    if (verdict == STEP_WRONG && s->wrong_in_a_row >= RESYNC_AFTER)
        s->wrong_in_a_row = 0;
    else if (verdict != STEP_RIGHT)
        return;
    copy_stack(&s->good, &s->now);
}

static void check(stepper *s, stepper_checked checked, void *context)
{
    jt_code_cache_begin_walk(s->places);
    if (!walk(s, &s->registers, &s->now))
        return;
    if (s->lost) {
        s->lost = s->now.status != JT_WALK_COMPLETE || s->now.scanned;
        copy_stack(&s->good, &s->now);
        return;
    }
    step_verdict verdict = judge(s);
    checked(context, verdict);
    remember(s, verdict);
    jt_code_cache_confirm(s->places);
}

/* --- stepping --- */

static bool at_pushf(const stepper *s)
{
    enum { PUSHF = 0x9C };
    uint8_t code = 0;
    return jt_memory_read(s->vm.memory, s->registers.pc, &code, 1) == JT_OK && code == PUSHF;
}

static void clear_saved_trap_flag(const stepper *s, jt_addr flags_address)
{
    void *place = (void *)(uintptr_t)flags_address;
    errno = 0;
    long flags = ptrace(PTRACE_PEEKDATA, s->tid, place, NULL);
    if (errno != 0 || ((flags & TRAP_FLAG) != 0 &&
                       ptrace(PTRACE_POKEDATA, s->tid, place, (void *)(flags & ~TRAP_FLAG)) != 0))
        die("flags", NULL);
}

static void read_registers(stepper *s)
{
    jt_error err = {0};
    if (jt_tracee_registers(&s->tracee, &s->registers, &err) != JT_OK)
        die("registers", &err);
}

/* From another CPU each step is two wake-ups across CPUs, which cost more than all the rest. */
static void follow(stepper *s)
{
    char state;
    int cpu;
    if (jt_task_read_place(s->task, &state, &cpu) == JT_OK)
        jt_tracer_schedule_enter(&s->schedule, cpu);
}

/* One that sleeps uninterruptibly stops when it wakes up. */
static void stop(stepper *s)
{
    jt_error err = {0};
    int status;
    while ((status = jt_tracee_stop(&s->tracee, s->tid, &err)) == JT_TIMED_OUT) {
        while (!jt_tracee_release_late(&s->tracee))
            report_if_due(s);
    }
    if (status != JT_OK)
        die("stop", &err);
}

void stepper_begin(stepper *s)
{
    follow(s);
    report_if_due(s);
    stop(s);
    read_registers(s);
    jt_code_cache_begin_walk(s->places);
    s->signal = s->tracee.pending_signal;
    s->right_in_a_row = s->wrong_in_a_row = 0;
    s->lost = true;
}

static int wait_for_stop(stepper *s)
{
    int status;
    pid_t stopped;
    while ((stopped = waitpid(s->tid, &status, __WALL)) < 0 && errno == EINTR)
        report_if_due(s);
    if (stopped != s->tid)
        die("step", NULL);
    if (!WIFSTOPPED(status))
        die("the thread ended", NULL);
    return status;
}

/* Flags that are saved while a thread is stepped have the trap flag set. Restored when nobody steps the thread any more,
 * it would end the process. Stubs that save all registers do so (pushf), and the kernel when a signal is handled. */
static void step_instruction(stepper *s)
{
    jt_addr sp = s->registers.sp;
    bool saves_flags = at_pushf(s), handles_signal = s->signal != 0;
    if (ptrace(PTRACE_SINGLESTEP, s->tid, NULL, (void *)(intptr_t)s->signal) != 0)
        die("step", NULL);
    int status = wait_for_stop(s);
    /* a signal of the target's own (null checks, safepoint polls) is handed on with the next step */
    s->signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
    read_registers(s);
    if (saves_flags && s->registers.sp == sp - 8)
        clear_saved_trap_flag(s, s->registers.sp);
    if (handles_signal && s->signal == 0) /* at the handler's first instruction; its third argument is the context */
        clear_saved_trap_flag(s, s->registers.general[JT_RDX] + offsetof(ucontext_t, uc_mcontext.gregs[REG_EFL]));
}

void stepper_step(stepper *s, stepper_checked checked, void *context)
{
    if (s->steps % FOLLOW_EVERY == 0)
        follow(s);
    report_if_due(s);
    step_instruction(s);
    if (jt_code_cache_covers(s->places, s->registers.pc) || s->steps % OUTSIDE_EVERY == 0)
        check(s, checked, context);
    s->steps++;
}

/* The kernel leaves the trap flag alone where it was restored by the program, by popf or sigreturn. */
static void clear_trap_flag(const stepper *s)
{
    void *place = (void *)offsetof(struct user, regs.eflags);
    errno = 0;
    long flags = ptrace(PTRACE_PEEKUSER, s->tid, place, NULL);
    if (errno != 0 || ptrace(PTRACE_POKEUSER, s->tid, place, (void *)(flags & ~TRAP_FLAG)) != 0)
        die("flags", NULL);
}

void stepper_end(stepper *s)
{
    clear_trap_flag(s);
    s->tracee.pending_signal = s->signal;
    jt_tracee_release(&s->tracee);
    jt_tracer_schedule_leave(&s->schedule);
}
