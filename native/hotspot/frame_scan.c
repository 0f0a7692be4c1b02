#include "frame_scan.h"

enum {
    SCAN_WORDS = 4096, /* how far up to look */
    MAX_TRIES = 64,    /* walks tried per scan */
    MAX_CHAIN = 32     /* frame pointers followed for candidates */
};

/* Stricter than a return pc met on a regular walk: on a scanned stack old values lie about, and some are code
 * addresses that were never return addresses (exception pcs, poll pcs). */
static bool credible(const jt_walk *walk, jt_addr pc)
{
    if (!jt_walk_is_return_pc(walk, pc))
        return false;
    if (pc == walk->call_stub_return || jt_interpreter_contains(walk->interpreter, pc))
        return true;
    jt_blob *blob = jt_code_cache_find(walk->code_cache, pc);
    return blob != NULL &&
           (jt_blob_is_deopt_pc(blob, pc) || blob->kind == JT_BLOB_CONTINUATION || jt_walk_call_precedes(walk, pc));
}

/* A leaf call from compiled code into the VM has no PcDesc. */
static bool leaf_call(const jt_walk *walk, jt_addr pc)
{
    jt_blob *blob = jt_code_cache_find(walk->code_cache, pc);
    return blob != NULL && blob->kind == JT_BLOB_NMETHOD && jt_walk_call_precedes(walk, pc);
}

typedef struct {
    const jt_walk *walk;
    bool (*try)(void *context, jt_cursor cursor);
    void *context;
    int tries;
} scan;

static bool try_with_fp(scan *s, jt_addr pc, jt_addr slot, jt_addr fp)
{
    if (s->tries >= MAX_TRIES)
        return false;
    s->tries++;
    return s->try(s->context, (jt_cursor){.pc = pc, .sp = slot + 8, .fp = fp, .leaf_call = true});
}

/* The fp that goes with a return address: what the callee pushed right below it, the register, or a link of the
 * register's chain (libjvm is built with frame pointers, the C library is not). */
static bool try_slot(scan *s, jt_addr pc, jt_addr slot)
{
    jt_addr fp = s->walk->input->registers.fp, below;
    if (jt_walk_word(s->walk, slot - 8, &below) && below > slot && try_with_fp(s, pc, slot, below))
        return true;
    for (int i = 0; i < MAX_CHAIN && jt_walk_on_stack(s->walk, fp); i++) {
        jt_addr next;
        if (fp > slot && try_with_fp(s, pc, slot, fp))
            return true;
        if (fp > slot || !jt_walk_word(s->walk, fp, &next) || next <= fp)
            break;
        fp = next;
    }
    return try_with_fp(s, pc, slot, s->walk->input->registers.fp);
}

bool jt_frame_scan(const jt_walk *walk, bool (*try)(void *context, jt_cursor cursor), void *context)
{
    scan s = {walk, try, context, 0};
    jt_addr slot = walk->input->registers.sp;
    for (size_t i = 0; i < SCAN_WORDS && s.tries < MAX_TRIES; i++, slot += 8) {
        jt_addr word;
        if (!jt_walk_word(walk, slot, &word))
            break;
        word = jt_arch_strip(word);
        if (jt_code_cache_covers(walk->code_cache, word) && (credible(walk, word) || leaf_call(walk, word)) &&
            try_slot(&s, word, slot))
            return true;
    }
    return false;
}

bool jt_frame_scan_call_wrapper(const jt_walk *walk, jt_cursor *cursor, bool *bottom)
{
    const jt_layout *l = &walk->vm->layout;
    jt_addr slot = walk->input->registers.sp, word;
    *bottom = false;
    for (; jt_walk_word(walk, slot, &word); slot += 8) {
        jt_addr anchor = slot + (jt_addr)l->call_wrapper_anchor.offset, sp;
        if (word != walk->input->java_thread)
            continue;
        if (jt_walk_saved_anchor(walk, anchor, slot, cursor)) {
            *bottom = false;
            return true;
        }
        /* perhaps a mere variable with a 0 behind it: only when no other follows */
        *bottom = *bottom || (jt_walk_word(walk, anchor + (jt_addr)l->anchor_sp.offset, &sp) && sp == 0);
    }
    return *bottom;
}
