#include "frame_walker.h"

#include <stdlib.h>
#include <string.h>

#include "../cfi_unwind.h"
#include "frame_arch.h"
#include "frame_scan.h"
#include "frozen_frames.h"

enum {
    MAX_ATTEMPTS = 64,                /* when what is known of code and methods turns out to be old */
    MAX_NATIVE_FRAMES = 64,           /* of a leaf call */
    MAX_SAMPLED_NATIVE_FRAMES = 1024, /* of anything that native code may do: load classes, compile */
    ENTER_SPECIAL_WORDS = 10,         /* the frame of Continuation.enterSpecial, x86_64, 21 to 27 */
    MAX_ENTRY_DISTANCE = 256,         /* bytes from a return barrier to the ContinuationEntry: stack arguments */
    MAX_THAW_SIZE = 64 * 1024,        /* bytes between sp and the ContinuationEntry, while frames are thawed */
    MAX_BEFORE_THAW = 32 /* the same, before room is made for them: a result is pushed, perhaps an alignment */
};

struct jt_frame_walker {
    const jt_vm *vm;
    jt_code_cache *code_cache;
    jt_method_cache *methods;
    jt_interpreter *interpreter;
    jt_cfi *cfi;
    /* What the VM sets once; 0: not yet. */
    jt_addr call_stub_return, continuation_return;
    bool java_has_run; /* so the interpreter and the call stub are what they will be */
    bool of_samples;   /* all stacks are of before jt_frame_walker_begin_samples, */
    bool confirmed_some; /* and what the caches confirmed since counts */
};

static const char *const frame_kind_names[JT_FRAME_KIND_COUNT] = {
    [JT_FRAME_NONE] = "NONE",
    [JT_FRAME_INTERPRETED] = "INTERPRETED",
    [JT_FRAME_COMPILED] = "COMPILED",
    [JT_FRAME_COMPILED_LEAF] = "COMPILED_LEAF",
    [JT_FRAME_NATIVE_WRAPPER] = "NATIVE_WRAPPER",
    [JT_FRAME_VM] = "VM",
    [JT_FRAME_FROZEN] = "FROZEN",
    [JT_FRAME_NATIVE_CODE] = "NATIVE_CODE",
    [JT_FRAME_NATIVE_LOST] = "NATIVE_LOST",
    [JT_FRAME_KERNEL] = "KERNEL",
};

static const char *const walk_status_labels[JT_WALK_STATUS_COUNT] = {
    [JT_WALK_COMPLETE] = "complete",
    [JT_WALK_NO_JAVA_FRAMES] = "no_java_frames",
    [JT_WALK_NO_ANCHOR] = "no_anchor",
    [JT_WALK_UNKNOWN_CODE] = "unknown_code",
    [JT_WALK_BROKEN_FRAME] = "broken_frame",
    [JT_WALK_STACK_UNREADABLE] = "stack_unreadable",
    [JT_WALK_STACK_TRUNCATED] = "stack_truncated",
    [JT_WALK_TOO_MANY_FRAMES] = "too_many_frames",
    [JT_WALK_GUESSED] = "guessed",
    [JT_WALK_DEOPTIMIZING] = "deoptimizing",
    [JT_WALK_STACK_MOVED] = "stack_moved",
    [JT_WALK_STOP_TIMED_OUT] = "stop_timed_out",
    [JT_WALK_STOP_REFUSED] = "stop_refused",
    [JT_WALK_CODE_CHANGED] = "code_changed",
    [JT_WALK_SAMPLE_LOST] = "sample_lost",
    [JT_WALK_NO_EVENT] = "no_event",
};

const char *jt_frame_kind_name(int kind)
{
    return kind >= 0 && kind < JT_FRAME_KIND_COUNT ? frame_kind_names[kind] : NULL;
}

const char *jt_walk_status_label(int status)
{
    return status >= 0 && status < JT_WALK_STATUS_COUNT ? walk_status_labels[status] : NULL;
}

int jt_frame_walker_create(const jt_vm *vm, jt_frame_walker **walker, jt_error *err)
{
    jt_frame_walker *w = calloc(1, sizeof *w);
    if (w == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    w->vm = vm;
    int status = jt_code_cache_create(vm, &w->code_cache, err);
    if (status == JT_OK)
        status = jt_method_cache_create(vm, &w->methods, err);
    if (status == JT_OK)
        status = jt_interpreter_create(vm, &w->interpreter, err);
    if (status == JT_OK)
        status = jt_cfi_create(vm->memory, &w->cfi, err);
    if (status != JT_OK)
        jt_frame_walker_destroy(w);
    else
        *walker = w;
    return status;
}

void jt_frame_walker_destroy(jt_frame_walker *walker)
{
    if (walker == NULL)
        return;
    jt_code_cache_destroy(walker->code_cache);
    jt_method_cache_destroy(walker->methods);
    jt_interpreter_destroy(walker->interpreter);
    jt_cfi_destroy(walker->cfi);
    free(walker);
}

/* --- helpers shared with the CPU's file and the scan --- */

bool jt_walk_on_stack(const jt_walk *walk, jt_addr address)
{
    const jt_walk_input *in = walk->input;
    /* by differences: an address near the end of memory must not wrap around */
    return address >= in->stack_address && in->stack_length >= sizeof(jt_addr) &&
           address - in->stack_address <= in->stack_length - sizeof(jt_addr) && (address & 7) == 0;
}

bool jt_walk_word(const jt_walk *walk, jt_addr address, jt_addr *word)
{
    if (!jt_walk_on_stack(walk, address))
        return false;
    memcpy(word, walk->input->stack + (address - walk->input->stack_address), sizeof *word);
    return true;
}

bool jt_walk_is_return_pc(const jt_walk *walk, jt_addr pc)
{
    if (pc == 0 || !jt_code_cache_covers(walk->code_cache, pc))
        return false;
    if (pc == walk->call_stub_return || jt_interpreter_contains(walk->interpreter, pc))
        return true;
    jt_blob *blob = jt_code_cache_find(walk->code_cache, pc);
    if (blob == NULL)
        return false;
    if (blob->kind == JT_BLOB_NMETHOD)
        return jt_blob_is_deopt_pc(blob, pc) || jt_code_cache_has_pc_desc(walk->code_cache, blob, pc);
    if (blob->kind == JT_BLOB_OTHER || blob->kind == JT_BLOB_SAFEPOINT || blob->kind == JT_BLOB_DEOPTIMIZATION)
        return blob->frame_size_words > 0;
    return blob->kind != JT_BLOB_VTABLE && blob->kind != JT_BLOB_ADAPTER && blob->kind != JT_BLOB_NATIVE_LEAF;
}

/* A bcp of `method` as a bci. Native methods have no bytecodes, their frames' bcp slot holds none. JDK 8 writes the bci
 * itself into all frames for the time of a full collection (frame::gc_prologue), a rest from when methods moved. */
static bool bci_of(const jt_layout *layout, const jt_method *method, jt_addr bcp, int32_t *bci)
{
    if (method->is_native) {
        *bci = 0;
        return true;
    }
    if (!layout->bcp_slot_after_mirror && bcp < method->code_size) {
        *bci = (int32_t)bcp;
        return true;
    }
    if (bcp < method->bytecodes || bcp >= method->bytecodes + method->code_size)
        return false;
    *bci = (int32_t)(bcp - method->bytecodes);
    return true;
}

const jt_method *jt_walk_interpreted(const jt_walk *walk, jt_addr fp, int32_t *bci)
{
    jt_addr address, bcp;
    if (!jt_walk_word(walk, fp + (jt_addr)(int64_t)(8 * JT_INTERPRETED_METHOD), &address) ||
        !jt_walk_word(walk, fp + (jt_addr)(int64_t)(8 * jt_arch_bcp_slot(&walk->vm->layout)), &bcp))
        return NULL;
    const jt_method *method = jt_method_cache_get(walk->methods, address);
    return method != NULL && bci_of(&walk->vm->layout, method, bcp, bci) ? method : NULL;
}

static void add_top(jt_tops *tops, const jt_frame *leaf, jt_cursor caller, bool guessed)
{
    if (tops->count == JT_MAX_TOPS)
        return;
    jt_top *top = &tops->items[tops->count++];
    top->has_leaf = leaf != NULL;
    if (leaf != NULL)
        top->leaf = *leaf;
    top->caller = caller;
    top->guessed = guessed;
}

void jt_tops_add(jt_tops *tops, const jt_frame *leaf, jt_cursor caller)
{
    add_top(tops, leaf, caller, false);
}

void jt_tops_add_guess(jt_tops *tops, const jt_frame *leaf, jt_cursor caller)
{
    add_top(tops, leaf, caller, true);
}

static bool is_around(const jt_code_around *around, jt_addr at, size_t length)
{
    return at >= around->at && length <= around->length && at - around->at <= around->length - length;
}

bool jt_walk_code(const jt_walk *walk, jt_addr at, void *into, size_t length)
{
    jt_code_around *around = walk->code_around;
    jt_addr from = walk->input->registers.pc - JT_CODE_BEFORE;
    if (around->at != from && at - from <= JT_CODE_AROUND - length) {
        around->at = from;
        around->length = JT_CODE_AROUND;
        if (jt_memory_read(walk->vm->memory, around->at, around->bytes, around->length) != JT_OK)
            around->length = 0; /* near an end of what is mapped: not tried again */
    }
    if (!is_around(around, at, length))
        return jt_memory_read(walk->vm->memory, at, into, length) == JT_OK;
    memcpy(into, around->bytes + (at - around->at), length);
    return true;
}

bool jt_walk_call_precedes(const jt_walk *walk, jt_addr pc)
{
    uint8_t before[JT_CALL_BYTES];
    return jt_memory_read(walk->vm->memory, pc - JT_CALL_BYTES, before, sizeof before) == JT_OK &&
           jt_arch_call_precedes(before);
}

jt_frame jt_nmethod_frame(const jt_blob *blob, uint8_t kind, int32_t position)
{
    if (blob->kind == JT_BLOB_NATIVE_NMETHOD)
        kind = JT_FRAME_NATIVE_WRAPPER;
    return (jt_frame){kind, blob->start, (uint32_t)blob->compile_id, position, 0};
}

jt_frame jt_method_frame(const jt_method *method, int32_t bci)
{
    return (jt_frame){JT_FRAME_INTERPRETED, method->address, method->identity, bci, 0};
}

/* --- one step --- */

typedef enum { STEP_ON, STEP_BOTTOM, STEP_BROKEN, STEP_UNKNOWN_CODE, STEP_OFF_COPY } step_result;

bool jt_walk_push(jt_walk_result *result, jt_frame frame)
{
    if (result->count >= result->capacity)
        return false;
    result->frames[result->count++] = frame;
    return true;
}

/* The caller of a frame of known size: return address and saved fp lie right below it. */
static step_result sized_caller(const jt_walk *walk, int32_t words, jt_cursor *cursor)
{
    jt_addr sender_sp = cursor->sp + (jt_addr)words * 8;
    jt_cursor caller = {.sp = sender_sp};
    if (!jt_walk_word(walk, sender_sp - 8, &caller.pc) || !jt_walk_word(walk, sender_sp - 16, &caller.fp))
        return STEP_OFF_COPY;
    caller.pc = jt_arch_strip(caller.pc);
    *cursor = caller;
    return STEP_ON;
}

/* Goes on at an anchor that was saved on the stack: the Java frames below native ones. */
static step_result follow_anchor(const jt_walk *walk, jt_addr anchor_address, jt_cursor *cursor)
{
    const jt_layout *l = &walk->vm->layout;
    jt_cursor next = {0};
    if (!jt_walk_word(walk, anchor_address + (jt_addr)l->anchor_sp.offset, &next.sp) ||
        !jt_walk_word(walk, anchor_address + (jt_addr)l->anchor_pc.offset, &next.pc))
        return STEP_OFF_COPY;
    if (next.sp == 0)
        return STEP_BOTTOM;
    if (next.sp <= cursor->sp)
        return STEP_BROKEN; /* stacks grow downwards: older frames lie higher */
    if (jt_field_present(l->anchor_fp) && !jt_walk_word(walk, anchor_address + (jt_addr)l->anchor_fp.offset, &next.fp))
        return STEP_OFF_COPY;
    if (next.pc == 0 && !jt_walk_word(walk, next.sp - 8, &next.pc))
        return STEP_OFF_COPY;
    next.pc = jt_arch_strip(next.pc);
    *cursor = next;
    return STEP_ON;
}

bool jt_walk_saved_anchor(const jt_walk *walk, jt_addr anchor, jt_addr below, jt_cursor *cursor)
{
    *cursor = (jt_cursor){.sp = below};
    return follow_anchor(walk, anchor, cursor) == STEP_ON;
}

/* On the stack, but above what was copied of it. */
static bool beyond_copy(const jt_walk *walk, jt_addr address)
{
    const jt_walk_input *in = walk->input;
    return in->stack_truncated && address >= in->stack_address + in->stack_length && address < in->stack_base;
}

/* The call stub's frame, through which native code called Java (StubGenerator::generate_call_stub). */
static step_result step_entry(const jt_walk *walk, jt_cursor *cursor)
{
    const jt_layout *l = &walk->vm->layout;
    jt_addr wrapper;
    jt_addr slot = cursor->fp + (jt_addr)l->entry_frame_call_wrapper_offset * 8;
    if (!jt_walk_word(walk, slot, &wrapper))
        return beyond_copy(walk, slot) ? STEP_OFF_COPY : STEP_BROKEN;
    if (wrapper <= cursor->fp || !jt_walk_on_stack(walk, wrapper))
        return wrapper > cursor->fp && beyond_copy(walk, wrapper) ? STEP_OFF_COPY : STEP_BROKEN;
    jt_cursor at = {.sp = cursor->fp, .fp = cursor->fp, .pc = cursor->pc};
    step_result result = follow_anchor(walk, wrapper + (jt_addr)l->call_wrapper_anchor.offset, &at);
    if (result == STEP_ON)
        *cursor = at;
    return result;
}

static step_result step_interpreted(const jt_walk *walk, jt_cursor *cursor, jt_walk_result *result)
{
    if (beyond_copy(walk, cursor->fp + 8))
        return STEP_OFF_COPY;
    int32_t bci;
    const jt_method *method = jt_walk_interpreted(walk, cursor->fp, &bci);
    jt_cursor caller = {0};
    if (method == NULL || !jt_walk_word(walk, cursor->fp + 8, &caller.pc) ||
        !jt_walk_word(walk, cursor->fp, &caller.fp) ||
        !jt_walk_word(walk, cursor->fp + (jt_addr)(int64_t)(8 * JT_INTERPRETED_SENDER_SP), &caller.sp))
        return STEP_BROKEN;
    jt_frame frame = jt_method_frame(method, bci);
    frame.base = cursor->fp;
    if (caller.sp <= cursor->fp || !jt_walk_push(result, frame))
        return STEP_BROKEN;
    caller.pc = jt_arch_strip(caller.pc);
    *cursor = caller;
    return STEP_ON;
}

/* Whether a ContinuationEntry can be there: of a continuation in no other one, in enterSpecial's frame
 * (continuationEntry.hpp, 21 to 24). */
static bool is_continuation_entry(const jt_walk *walk, jt_addr entry)
{
    enum { PARENT = 8, CONTINUATION = 16, FLAGS = 32 };
    jt_addr parent, continuation, flags, return_pc;
    return jt_walk_word(walk, entry + PARENT, &parent) && parent == 0 &&
           jt_walk_word(walk, entry + CONTINUATION, &continuation) && continuation != 0 &&
           jt_walk_word(walk, entry + FLAGS, &flags) && (uint32_t)flags <= 1 &&
           jt_walk_word(walk, entry + 8 * (ENTER_SPECIAL_WORDS - 1), &return_pc) &&
           jt_walk_is_return_pc(walk, jt_arch_strip(return_pc));
}

/* Whether what has enterSpecial's return address is below the entry. By the time that a sample is read the thread may
 * be at another entry, or at none: only the stack tells. */
static bool below_entry(const jt_walk *walk, jt_addr sp)
{
    return walk->input->sampled ? !is_continuation_entry(walk, sp) : sp < walk->input->cont_entry;
}

static jt_addr entry_above(const jt_walk *walk, jt_addr sp)
{
    for (jt_addr entry = sp; entry - sp <= MAX_ENTRY_DISTANCE; entry += 8) {
        if (is_continuation_entry(walk, entry))
            return entry;
    }
    return 0;
}

static step_result step_nmethod(const jt_walk *walk, jt_blob *blob, jt_cursor *cursor, jt_walk_result *result)
{
    jt_addr pc = cursor->pc;
    if (jt_blob_is_deopt_pc(blob, pc) &&
        (!jt_walk_word(walk, cursor->sp + (jt_addr)(int64_t)blob->orig_pc_offset, &pc) || pc < blob->code_begin ||
         pc >= blob->code_end))
        return STEP_BROKEN;
    /* below its frame the entry's return address is one that an earlier call left behind */
    bool left_behind = pc == walk->continuation_return && below_entry(walk, cursor->sp);
    if (blob->frame_size_words <= 0 || left_behind)
        return STEP_BROKEN;
    uint8_t kind = JT_FRAME_COMPILED;
    if (blob->kind == JT_BLOB_NMETHOD && !jt_code_cache_has_pc_desc(walk->code_cache, blob, pc)) {
        if (!cursor->leaf_call)
            return STEP_BROKEN;
        kind = JT_FRAME_COMPILED_LEAF; /* no PcDesc of its own: named by the next one */
    }
    jt_frame frame = jt_nmethod_frame(blob, kind, (int32_t)(pc - blob->code_begin));
    frame.base = cursor->sp;
    if (!jt_walk_push(result, frame))
        return STEP_BROKEN;
    return sized_caller(walk, blob->frame_size_words, cursor);
}

/* Where the ContinuationEntry is. 21 to 24 do not export the JavaThread's field, but it is one of its words: of those
 * that point into the stack, the others point to the continuation's own frames, below it. */
static jt_addr continuation_entry(const jt_walk *walk, jt_addr sp)
{
    const jt_addr *words = walk->input->thread_words;
    jt_addr found = 0, now[JT_THREAD_WORDS];
    bool known = walk->input->cont_entry != 0;
    if (known && !(walk->input->sampled && below_entry(walk, walk->input->cont_entry)))
        return walk->input->cont_entry;
    if (walk->input->sampled && (found = entry_above(walk, sp)) != 0)
        return found;
    if (words == NULL && jt_memory_read(walk->vm->memory, walk->input->java_thread, now, sizeof now) == JT_OK)
        words = now;
    for (size_t i = 0; words != NULL && i < JT_THREAD_WORDS; i++) {
        if (words[i] >= sp && words[i] - sp <= MAX_THAW_SIZE && words[i] > found &&
            is_continuation_entry(walk, words[i]))
            found = words[i];
    }
    return found;
}

static bool same_frame(const jt_frame *a, const jt_frame *b)
{
    return a->kind == b->kind && a->address == b->address && a->identity == b->identity && a->position == b->position;
}

/* While frames are frozen, they are in the chunk already, and on the stack still: its sp is set before they are taken
 * off (freeze_fast_copy and finalize_freeze in continuationFreezeThaw.cpp). The youngest is then doYield's caller, or
 * the native method itself where the VM has preempted it (24+). A native method is not called by itself: elsewhere the
 * chunk begins with another frame. `base`: the frames before it are those of the stack. Gives how many of them are in
 * the chunk, too; 0: none. */
static size_t being_frozen(const jt_walk_result *result, size_t base)
{
    size_t leaf = base > 0 && result->frames[0].kind == JT_FRAME_VM ? 1 : 0;
    const jt_frame *on_stack = &result->frames[leaf], *in_chunk = &result->frames[base];
    if (base < leaf + 2 || result->count == base || on_stack->kind != JT_FRAME_NATIVE_WRAPPER)
        return 0;
    if (in_chunk->kind == JT_FRAME_NATIVE_WRAPPER && in_chunk->address == on_stack->address)
        return base - leaf;
    return same_frame(on_stack + 1, in_chunk) ? base - leaf - 1 : 0;
}

/* Leaves out what is there twice; false when it is not. */
static bool skip_copies(jt_walk_result *result, size_t base, size_t copies)
{
    const jt_frame *in_chunk = result->frames + base;
    if (result->count - base < copies)
        return false;
    for (size_t i = 0; i < copies; i++) {
        if (!same_frame(in_chunk - copies + i, in_chunk + i))
            return false;
    }
    result->count -= copies;
    memmove(result->frames + base, in_chunk + copies, (result->count - base) * sizeof *in_chunk);
    return true;
}

static void push_frozen(const jt_walk *walk, jt_walk_result *result)
{
    size_t base = result->count;
    const jt_frozen_stack *frozen = walk->input->frozen;
    result->met_frozen = true;
    bool read = frozen != NULL && jt_walk_frozen(walk, frozen, result);
    size_t copies = read ? being_frozen(result, base) : 0;
    if (copies > 0 && !skip_copies(result, base, copies)) {
        result->in_transit = true;
        read = false;
    }
    if (!read)
        result->count = base;
    bool marked = result->count > 0 && result->frames[result->count - 1].kind == JT_FRAME_FROZEN;
    if (!marked && (!read || !frozen->complete))
        jt_walk_push(result, (jt_frame){.kind = JT_FRAME_FROZEN});
}

/* Below a continuation's frames is Continuation.enterSpecial's, which begins with the ContinuationEntry. */
static step_result go_to_entry(const jt_walk *walk, jt_addr entry, jt_cursor *cursor)
{
    *cursor = (jt_cursor){.pc = walk->continuation_return, .sp = entry};
    /* not exported: enterSpecial's frame is left out */
    return walk->continuation_return != 0 ? STEP_ON : sized_caller(walk, ENTER_SPECIAL_WORDS, cursor);
}

/* Frames of the continuation that are still frozen lie in a heap object; its return barrier stands in for them
 * (StubGenerator::generate_cont_returnBarrier, 21+). */
static step_result step_return_barrier(const jt_walk *walk, jt_cursor *cursor, jt_walk_result *result)
{
    jt_addr entry = continuation_entry(walk, cursor->sp);
    if (entry == 0 || entry < cursor->sp)
        return STEP_UNKNOWN_CODE;
    push_frozen(walk, result);
    return go_to_entry(walk, entry, cursor);
}

static step_result step_blob(const jt_walk *walk, jt_cursor *cursor, jt_walk_result *result)
{
    jt_blob *blob = jt_code_cache_find(walk->code_cache, cursor->pc);
    if (blob == NULL)
        return STEP_UNKNOWN_CODE;
    switch (blob->kind) {
    case JT_BLOB_NMETHOD:
    case JT_BLOB_NATIVE_NMETHOD:
        return step_nmethod(walk, blob, cursor, result);
    case JT_BLOB_UPCALL:
        return follow_anchor(walk, cursor->sp + (jt_addr)(int64_t)blob->upcall_anchor_offset, cursor);
    case JT_BLOB_CONTINUATION:
        return step_return_barrier(walk, cursor, result);
    default:
        if (blob->frame_size_words <= 0)
            return STEP_UNKNOWN_CODE;
        step_result taken = sized_caller(walk, blob->frame_size_words, cursor);
        cursor->leaf_call = true; /* C1 calls monitorexit and others without debug info */
        return taken;
    }
}

static step_result step(const jt_walk *walk, jt_cursor *cursor, jt_walk_result *result)
{
    jt_addr sp = cursor->sp;
    step_result taken;
    if (cursor->pc == walk->call_stub_return)
        taken = step_entry(walk, cursor);
    else if (jt_interpreter_contains(walk->interpreter, cursor->pc))
        taken = step_interpreted(walk, cursor, result);
    else
        taken = step_blob(walk, cursor, result);
    /* Every frame has at least its return address: sp rises, so the walk ends. Only behind a return barrier it may be
     * that of the frame before. */
    bool behind_barrier = cursor->pc == walk->continuation_return &&
                          (cursor->sp == walk->input->cont_entry || walk->input->sampled);
    if (taken == STEP_ON && cursor->sp <= sp && !(behind_barrier && cursor->sp == sp))
        return STEP_BROKEN;
    return taken;
}

static int status_of(const jt_walk *walk, step_result taken)
{
    switch (taken) {
    case STEP_BOTTOM:
        return JT_WALK_COMPLETE;
    case STEP_OFF_COPY:
        return walk->input->stack_truncated ? JT_WALK_STACK_TRUNCATED : JT_WALK_BROKEN_FRAME;
    case STEP_UNKNOWN_CODE:
        return JT_WALK_UNKNOWN_CODE;
    default:
        return JT_WALK_BROKEN_FRAME;
    }
}

/* Walks from a cursor to the bottom. Steps are bounded by the frames that fit, plus those that show no frame. */
static int walk_from(const jt_walk *walk, jt_cursor cursor, jt_walk_result *result)
{
    step_result taken = STEP_ON;
    for (size_t steps = 0; taken == STEP_ON; steps++) {
        if (result->count >= result->capacity || steps > 2 * result->capacity)
            return JT_WALK_TOO_MANY_FRAMES;
        taken = step(walk, &cursor, result);
    }
    return status_of(walk, taken);
}

/* --- the top --- */

/* An attempt to go on from a cursor; the best failure is kept to be shown. */
typedef struct {
    const jt_walk *walk;
    jt_walk_result *result;
    size_t kept; /* frames at the leaf that stay whatever is tried */
    int status;
} attempt;

static bool try_cursor(void *context, jt_cursor cursor)
{
    attempt *a = context;
    a->result->count = a->kept;
    a->status = walk_from(a->walk, cursor, a->result);
    return a->status == JT_WALK_COMPLETE || a->status == JT_WALK_TOO_MANY_FRAMES ||
           a->status == JT_WALK_STACK_TRUNCATED;
}

static int walk_scanned(const jt_walk *walk, size_t kept, int status, jt_walk_result *result)
{
    attempt a = {walk, result, kept, status};
    jt_cursor cursor = {0};
    bool bottom;
    result->count = kept;
    if (jt_frame_scan(walk, try_cursor, &a)) {
        result->scanned = true;
        return a.status;
    }
    result->count = kept;
    if (!jt_frame_scan_call_wrapper(walk, &cursor, &bottom))
        return status;
    if (bottom)
        return kept == 0 ? JT_WALK_NO_JAVA_FRAMES : status;
    if (!try_cursor(&a, cursor))
        return status;
    result->scanned = true;
    return a.status;
}

/* Java frames begin at the anchor: the thread is in native or VM code, whatever its pc. */
static int walk_anchor(const jt_walk *walk, jt_walk_result *result)
{
    const jt_anchor *anchor = &walk->input->anchor;
    jt_cursor cursor = {.pc = anchor->pc, .sp = anchor->sp, .fp = anchor->fp};
    if (cursor.pc == 0 && !jt_walk_word(walk, cursor.sp - 8, &cursor.pc))
        return JT_WALK_STACK_UNREADABLE;
    cursor.pc = jt_arch_strip(cursor.pc);
    return walk_from(walk, cursor, result);
}

static void push_vm_marker(const jt_walk *walk, jt_walk_result *result)
{
    if (walk->input->has_registers && !jt_code_cache_covers(walk->code_cache, walk->input->registers.pc))
        jt_walk_push(result, (jt_frame){.kind = JT_FRAME_VM});
}

/* In the stubs that thaw, or in the VM on their behalf: the frames that are next to run are in the heap. Once there is
 * room for them on the stack, some may have left the chunk, and not be on the stack yet (thaw_fast and finalize_thaw in
 * continuationFreezeThaw.cpp set the chunk's sp first). */
static bool add_thawing_top(const jt_walk *walk, jt_tops *tops)
{
    const jt_frame youngest = {.kind = JT_FRAME_FROZEN};
    jt_cursor cursor = {.pc = walk->input->registers.pc, .sp = walk->input->registers.sp & ~(jt_addr)7};
    jt_addr entry = continuation_entry(walk, cursor.sp);
    bool thawing = entry < cursor.sp || entry - cursor.sp > MAX_BEFORE_THAW;
    jt_tops_add(tops, thawing ? &youngest : NULL, cursor);
    return thawing;
}

/* Of the thread whose frames are just being thawed, until they are on the stack. False when it cannot be told which
 * those are. */
static bool walk_thawing(const jt_walk *walk, jt_walk_result *result, int *status)
{
    size_t base = result->count;
    const jt_frozen_stack *frozen = walk->input->frozen;
    jt_addr lowest;
    jt_cursor cursor;
    if (frozen == NULL || walk->input->sampled || !jt_arch_thaw_room(walk, &lowest))
        return false; /* when a sample is read, the thaw is over */
    jt_addr entry = continuation_entry(walk, lowest);
    if (entry < lowest || !jt_walk_thawing(walk, frozen, entry - lowest, result) ||
        go_to_entry(walk, entry, &cursor) != STEP_ON) {
        result->count = base;
        return false;
    }
    result->met_frozen = true;
    if (!frozen->complete)
        jt_walk_push(result, (jt_frame){.kind = JT_FRAME_FROZEN});
    *status = walk_from(walk, cursor, result);
    return true;
}

/* Half of the frames are old, half are new: no guess would be right. */
static int being_deoptimized(jt_walk_result *result)
{
    result->in_transit = true;
    return JT_WALK_DEOPTIMIZING;
}

/* pc is in the interpreter or in `blob`. */
static int walk_java_top(const jt_walk *walk, jt_blob *blob, jt_walk_result *result)
{
    size_t base = result->count;
    jt_tops tops = {.count = 0};
    int thaw_status;
    if (blob != NULL && blob->kind == JT_BLOB_CONTINUATION && walk_thawing(walk, result, &thaw_status))
        return thaw_status;
    bool thawing = blob != NULL && blob->kind == JT_BLOB_CONTINUATION && add_thawing_top(walk, &tops);
    jt_arch_tops(walk, blob, &tops);
    int status = JT_WALK_BROKEN_FRAME;
    for (size_t i = 0; i < tops.count; i++) {
        result->count = base;
        if (tops.items[i].has_leaf)
            jt_walk_push(result, tops.items[i].leaf);
        attempt a = {walk, result, result->count, 0};
        result->in_transit = thawing && i == 0;
        if (try_cursor(&a, tops.items[i].caller)) {
            result->scanned = tops.items[i].guessed;
            return a.status;
        }
        status = a.status;
    }
    result->count = base;
    if (blob != NULL && blob->kind == JT_BLOB_DEOPTIMIZATION)
        return being_deoptimized(result);
    if (tops.count > 0 && tops.items[0].has_leaf)
        jt_walk_push(result, tops.items[0].leaf);
    return walk_scanned(walk, result->count, status, result);
}

static bool read_stack_word(void *context, jt_addr address, jt_addr *word)
{
    return jt_walk_word(context, address, word);
}

/* Hand-written routines and generated ones without call frame information (SpinPause, _Copy_*, flush_icache_*) have
 * no frame: the return address is on top. */
static bool step_frameless(const jt_walk *walk, jt_registers *registers)
{
    if (!jt_walk_word(walk, registers->sp, &registers->pc))
        return false;
    registers->sp += 8;
    return true;
}

/* Whether pc is in the VM's own image; it has this variable in it, too. */
static bool in_vm_image(const jt_walk *walk, jt_addr pc)
{
    return jt_cfi_same_image(walk->cfi, pc, walk->vm->layout.interpreter_code);
}

/* Native frames without an anchor are unwound by their call frame information up to the Java code or stub that called
 * them, with the registers as they are there. False when they lead to none; *status is JT_WALK_NO_JAVA_FRAMES then if
 * they are all there are, and JT_WALK_UNKNOWN_CODE if it ended on the way. *vm_frames: how many of them are the VM's;
 * NULL: nobody wants to know. */
static bool walk_native_frames(const jt_walk *walk, jt_walk_result *result, int *status, int *vm_frames)
{
    jt_walk_input input = *walk->input;
    jt_walk caller = *walk;
    caller.input = &input;
    bool after_call = false;
    int most = input.sampled ? MAX_SAMPLED_NATIVE_FRAMES : MAX_NATIVE_FRAMES;
    *status = JT_WALK_UNKNOWN_CODE;
    if (vm_frames != NULL)
        *vm_frames = 0;
    for (int i = 0; i < most; i++) {
        if (vm_frames != NULL)
            *vm_frames += in_vm_image(walk, input.registers.pc);
        int step = jt_cfi_step(walk->cfi, &input.registers, &after_call, read_stack_word, &caller);
        if (step == JT_CFI_OUTERMOST)
            *status = JT_WALK_NO_JAVA_FRAMES;
        if (step == JT_CFI_OUTERMOST || (step != JT_OK && !(i == 0 && step_frameless(walk, &input.registers))))
            break;
        jt_blob *blob = jt_code_cache_find(walk->code_cache, input.registers.pc);
        if (blob != NULL || jt_interpreter_contains(walk->interpreter, input.registers.pc)) {
            *status = walk_java_top(&caller, blob, result);
            return true;
        }
    }
    return false;
}

/* In Java, but not in Java code: a leaf call into the VM or the C library. */
static int walk_leaf_call(const jt_walk *walk, jt_walk_result *result)
{
    int status;
    push_vm_marker(walk, result);
    if (!walk_native_frames(walk, result, &status, NULL))
        return walk_scanned(walk, result->count, JT_WALK_UNKNOWN_CODE, result);
    return status;
}

/* Whether native code called Java somewhere on the stack: through the call stub, or by an upcall. */
static bool has_entry(const jt_walk *walk)
{
    const jt_walk_input *in = walk->input;
    jt_addr word;
    for (jt_addr slot = (in->stack_address + 7) & ~(jt_addr)7; jt_walk_word(walk, slot, &word); slot += 8) {
        word = jt_arch_strip(word);
        if (word == walk->call_stub_return)
            return true;
        if (!jt_code_cache_covers(walk->code_cache, word))
            continue;
        jt_blob *blob = jt_code_cache_find(walk->code_cache, word);
        if (blob != NULL && blob->kind == JT_BLOB_UPCALL)
            return true;
    }
    return false;
}

static bool is_native_method(const jt_walk *walk, const jt_frame *frame)
{
    if (frame->kind != JT_FRAME_INTERPRETED)
        return frame->kind == JT_FRAME_NATIVE_WRAPPER;
    const jt_method *method = jt_method_cache_get(walk->methods, frame->address);
    return method != NULL && method->is_native;
}

/* Sampled by the kernel in native code. The stack tells all, as the anchor does not: what called the code is found as
 * for a leaf call, and the thread's state by where the code is. */
static int walk_sampled_native(const jt_walk *walk, jt_walk_result *result)
{
    if (!walk->input->stack_truncated && !has_entry(walk))
        return JT_WALK_NO_JAVA_FRAMES;
    int status, vm_frames;
    push_vm_marker(walk, result);
    bool marked = result->count > 0;
    if (!walk_native_frames(walk, result, &status, &vm_frames)) {
        if (status != JT_WALK_NO_JAVA_FRAMES)
            return walk_scanned(walk, result->count, status, result);
        result->count = 0;
        return status;
    }
    if (marked && vm_frames == 0 && result->count > 1 && is_native_method(walk, &result->frames[1])) {
        result->count--;
        memmove(result->frames, result->frames + 1, result->count * sizeof *result->frames);
    }
    return status;
}

/* In the VM without an anchor: JavaCalls is just putting the old one back (~JavaCallWrapper), or there never was one.
 */
static int walk_unanchored(const jt_walk *walk, jt_walk_result *result)
{
    int status;
    push_vm_marker(walk, result);
    if (walk_native_frames(walk, result, &status, NULL))
        return status;
    result->count = 0;
    return JT_WALK_NO_JAVA_FRAMES;
}

static int walk_registers(const jt_walk *walk, jt_walk_result *result)
{
    jt_addr pc = walk->input->registers.pc;
    jt_blob *blob = jt_code_cache_find(walk->code_cache, pc);
    bool native_leaf = blob != NULL && blob->kind == JT_BLOB_NATIVE_LEAF;
    if (!native_leaf && (blob != NULL || jt_interpreter_contains(walk->interpreter, pc)))
        return walk_java_top(walk, blob, result);
    return walk->input->sampled ? walk_sampled_native(walk, result) : walk_leaf_call(walk, result);
}

/* An anchor without a pc counts on the call that follows it to leave one below sp: until then the registers tell. */
static bool anchor_usable(const jt_walk *walk)
{
    const jt_walk_input *in = walk->input;
    if (in->anchor.sp == 0 || !jt_walk_on_stack(walk, in->anchor.sp))
        return false;
    return !in->has_registers || in->anchor.sp > in->registers.sp ||
           (in->anchor.sp == in->registers.sp && in->anchor.pc != 0);
}

/* The VM fills in the new frames, called with an anchor by the stub that made room for them
 * (Deoptimization::unpack_frames). */
static bool is_unpacking(const jt_walk *walk)
{
    jt_blob *blob = jt_code_cache_find(walk->code_cache, jt_arch_strip(walk->input->anchor.pc));
    return blob != NULL && blob->kind == JT_BLOB_DEOPTIMIZATION;
}

/* A thread that stands still, from an anchor that leads nowhere. */
static int walk_broken(const jt_walk *walk, size_t kept, int status, jt_walk_result *result)
{
    if (!is_unpacking(walk))
        return status == JT_WALK_BROKEN_FRAME ? walk_scanned(walk, kept, status, result) : status;
    result->count = kept;
    return being_deoptimized(result);
}

static int walk_once(const jt_walk *walk, jt_walk_result *result)
{
    const jt_walk_input *in = walk->input;
    result->count = 0;
    result->scanned = false;
    result->met_frozen = result->in_transit = false;
    if (in->sampled && in->stack_length == 0)
        return JT_WALK_STACK_UNREADABLE;
    if (in->sampled)
        return walk_registers(walk, result);
    if (anchor_usable(walk)) {
        if (in->in_java)
            push_vm_marker(walk, result);
        size_t kept = result->count;
        int status = walk_anchor(walk, result);
        bool broken = status == JT_WALK_BROKEN_FRAME || status == JT_WALK_UNKNOWN_CODE;
        return broken && in->has_registers ? walk_broken(walk, kept, status, result) : status;
    }
    if (in->has_registers && in->in_java)
        return in->stack_length == 0 ? JT_WALK_STACK_UNREADABLE : walk_registers(walk, result);
    if (in->anchor.sp != 0)
        return JT_WALK_NO_ANCHOR;
    return in->has_registers ? walk_unanchored(walk, result) : JT_WALK_NO_JAVA_FRAMES;
}

static void read_once(const jt_vm *vm, jt_addr variable, jt_addr *value)
{
    if (*value == 0 && variable != 0 && jt_memory_read_u64(vm->memory, variable, value) != JT_OK)
        *value = 0;
}

/* Of a VM that is just starting not all is there. Continuation.enterSpecial is linked when it is first called. */
static void read_started(jt_frame_walker *walker)
{
    const jt_layout *l = &walker->vm->layout;
    read_once(walker->vm, l->continuation_return, &walker->continuation_return);
    if (walker->java_has_run)
        return;
    jt_interpreter_refresh(walker->interpreter);
    read_once(walker->vm, l->call_stub_return, &walker->call_stub_return);
}

static jt_walk walk_of(const jt_frame_walker *walker, const jt_walk_input *input, jt_code_around *around)
{
    return (jt_walk){walker->vm,  walker->code_cache,       walker->methods,             walker->interpreter,
                     walker->cfi, walker->call_stub_return, walker->continuation_return, input,
                     around};
}

bool jt_frame_walker_may_have_entry(jt_frame_walker *walker, const jt_walk_input *input)
{
    read_started(walker);
    jt_code_cache_begin_walk(walker->code_cache);
    jt_code_around around = {.at = 0};
    jt_walk walk = walk_of(walker, input, &around);
    return walk.call_stub_return == 0 || has_entry(&walk);
}

void jt_frame_walker_begin_samples(jt_frame_walker *walker)
{
    walker->of_samples = true;
    walker->confirmed_some = false;
}

void jt_frame_walker_end_samples(jt_frame_walker *walker)
{
    walker->of_samples = false;
}

static void begin_walk(jt_frame_walker *walker)
{
    if (walker->of_samples && walker->confirmed_some) {
        jt_code_cache_continue(walker->code_cache);
        jt_method_cache_continue(walker->methods);
        return;
    }
    jt_code_cache_begin_walk(walker->code_cache);
    jt_method_cache_begin_walk(walker->methods);
}

typedef int walk_some(const jt_walk *walk, jt_walk_result *result);

static int walk_confirmed(jt_frame_walker *walker, const jt_walk_input *input, walk_some *walk_it,
                          jt_walk_result *result)
{
    read_started(walker);
    jt_code_around around;
    jt_walk walk = walk_of(walker, input, &around);
    for (int attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
        around.at = around.length = 0;
        begin_walk(walker);
        int status = walk_it(&walk, result);
        bool code_same = jt_code_cache_confirm(walker->code_cache);
        walker->confirmed_some = jt_method_cache_confirm(walker->methods) && code_same;
        if (walker->confirmed_some) {
            walker->java_has_run |= status == JT_WALK_COMPLETE && result->count > 0;
            return status;
        }
        /* What was old is forgotten now. It may have led the walk astray, so there may be more of it on the stack. */
    }
    result->count = 0;
    return JT_WALK_CODE_CHANGED;
}

bool jt_frame_walker_covers(const jt_frame_walker *walker, jt_addr pc)
{
    return jt_code_cache_covers(walker->code_cache, pc);
}

int jt_frame_walker_walk(jt_frame_walker *walker, const jt_walk_input *input, jt_walk_result *result)
{
    return walk_confirmed(walker, input, walk_once, result);
}

static int walk_frozen_once(const jt_walk *walk, jt_walk_result *result)
{
    result->count = 0;
    result->scanned = result->in_transit = false;
    result->met_frozen = true;
    if (jt_walk_frozen(walk, walk->input->frozen, result) && walk->input->frozen->complete)
        return JT_WALK_COMPLETE;
    return result->count >= result->capacity ? JT_WALK_TOO_MANY_FRAMES : JT_WALK_BROKEN_FRAME;
}

int jt_frame_walker_walk_frozen(jt_frame_walker *walker, const jt_frozen_stack *frozen, jt_walk_result *result)
{
    const jt_walk_input input = {.frozen = frozen};
    return walk_confirmed(walker, &input, walk_frozen_once, result);
}
