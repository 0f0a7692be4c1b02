/* The target's code cache: which blob holds a pc, and what the walker must know of it. Blobs are cached and confirmed
 * by what identifies them, because nmethods come and go and their addresses are reused. */
#ifndef JTRACE_CODE_CACHE_H
#define JTRACE_CODE_CACHE_H

#include "vm.h"

typedef enum {
    JT_BLOB_NMETHOD,
    JT_BLOB_NATIVE_NMETHOD,
    JT_BLOB_VTABLE,  /* vtable and itable stubs */
    JT_BLOB_ADAPTER, /* I2C and C2I */
    JT_BLOB_UPCALL,
    JT_BLOB_SAFEPOINT, /* where a poll that hits goes to */
    JT_BLOB_DEOPTIMIZATION, /* replaces a compiled frame by interpreted ones */
    JT_BLOB_CONTINUATION, /* 21+: stubs that freeze, thaw and run continuations */
    JT_BLOB_NATIVE_LEAF, /* without a frame, called by native code only */
    JT_BLOB_OTHER
} jt_blob_kind;

/* Where a compiled method builds its frame: [start, pushed) return address on top of the stack, [pushed, built) the
 * caller's fp above it, from built on the whole frame. pushed == built when rbp is stored, not pushed. */
typedef struct {
    jt_addr start, pushed, built, saved; /* saved: from here on the frame holds the caller's fp */
} jt_prologue;

typedef struct jt_blob jt_blob;
struct jt_blob {
    jt_addr start, end; /* of the blob, header included */
    jt_addr code_begin, code_end;
    int32_t frame_size_words; /* 0 or less: no frame rule */
    int32_t frame_complete;   /* offset from code_begin, negative: not known */
    jt_blob_kind kind;
    jt_addr name_address;
    char name[64];
    /* nmethods only */
    jt_addr method;
    int32_t compile_id;
    bool optimized; /* by C2 or another compiler of the highest level; also when the level is not exported */
    int32_t orig_pc_offset; /* bytes from sp */
    jt_addr deopt_handler, deopt_mh_handler;
    jt_addr osr_entry; /* 0 if not an OSR method */
    int32_t *pc_offsets; /* of all PcDescs, ascending; NULL until asked for */
    uint32_t pc_count;
    jt_addr pc_descs;
    jt_prologue prologues[2]; /* normal entry, OSR entry; built == 0: none found */
    bool prologues_known;
    /* upcall stubs only */
    int32_t upcall_anchor_offset; /* bytes from sp to the JavaFrameAnchor */
    uint64_t checked_in_walk;
    jt_blob *next_touched;
};

typedef struct jt_code_cache jt_code_cache;

int jt_code_cache_create(const jt_vm *vm, jt_code_cache **cache, jt_error *err);
void jt_code_cache_destroy(jt_code_cache *cache);

/* As in method_cache.h. */
void jt_code_cache_begin_walk(jt_code_cache *cache);
void jt_code_cache_continue(jt_code_cache *cache);
bool jt_code_cache_confirm(jt_code_cache *cache);

/* Whether an address can lie in the code cache at all; cheap. */
bool jt_code_cache_covers(const jt_code_cache *cache, jt_addr pc);
/* The blob whose code holds pc, or NULL. Valid until the next walk begins. */
jt_blob *jt_code_cache_find(jt_code_cache *cache, jt_addr pc);
/* Whether a PcDesc exists for exactly this pc. */
bool jt_code_cache_has_pc_desc(jt_code_cache *cache, jt_blob *blob, jt_addr pc);
/* Whether pc is the blob's deoptimisation handler, the return address of a frame that was deoptimised. */
bool jt_blob_is_deopt_pc(const jt_blob *blob, jt_addr pc);

#endif
