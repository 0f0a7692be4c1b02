/* The door to libjtrace_native_frames.so: what elfutils does for --native. A library of its own, as libjtrace.so is
 * to be loaded where elfutils is not installed. Functions are handed over in both directions; nothing else is
 * linked. */
#ifndef JTRACE_UNWINDER_H
#define JTRACE_UNWINDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    JT_UNWINDER_ABI = 1,          /* counts up when anything here changes */
    JT_UNWINDER_REGISTERS = 17,   /* by DWARF number; the last one is the pc on x86_64 */
};

/* How it ended. */
enum jt_unwound {
    JT_UNWOUND_TO_BOTTOM,  /* of the thread: the frames say that they have no caller */
    JT_UNWOUND_TO_END,     /* where the caller wanted it to */
    JT_UNWOUND_IN_PART,    /* no rule, or one that needs a register or memory that is not known */
    JT_UNWOUND_TOO_MANY    /* frames */
};

/* Where a thread is, and what may be asked about it. */
typedef struct {
    uint64_t registers[JT_UNWINDER_REGISTERS];
    bool known[JT_UNWINDER_REGISTERS];
    void *context;
    bool (*read_word)(void *context, uint64_t address, uint64_t *word);
    /* Whether the frame that this pc belongs to, and those below it, are not wanted. */
    bool (*ends_at)(void *context, uint64_t pc);
} jt_unwind_start;

typedef struct jt_unwinder jt_unwinder;

typedef struct {
    int abi;
    jt_unwinder *(*create)(void); /* NULL: out of memory */
    void (*destroy)(jt_unwinder *unwinder);
    /* The file of a mapping of code, where `offset` of it lies at `address`. Takes fd. False when it is no image that
     * can be read. Nobody else must be able to change the file: libdw maps it. */
    bool (*add_module)(jt_unwinder *unwinder, const char *name, int fd, uint64_t address, uint64_t offset);
    /* Leaf first: pcs within the instructions at which the frames are. */
    int (*unwind)(jt_unwinder *unwinder, const jt_unwind_start *start, uint64_t *pcs, size_t capacity, size_t *count);
    /* "libc.so.6!read", or "libx.so!0x12f0" by the place in the file where no symbol covers it; and what else has this
     * name, at least pc itself. False when pc lies in no module. */
    bool (*name)(jt_unwinder *unwinder, uint64_t pc, char *into, size_t capacity, uint64_t *begin, uint64_t *end);
} jt_unwinder_functions;

/* What the library exports, by the type of jt_unwinder_entry. */
#define JT_UNWINDER_ENTRY "jtrace_unwinder"
typedef const jt_unwinder_functions *jt_unwinder_entry(void);

#endif
