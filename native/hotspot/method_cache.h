/* Methods seen on stacks: is this word a Method, where are its bytecodes, and is it still the same one?
 *
 * A Method's address is reused when its class is unloaded, often by a class of the same shape. What identifies one
 * here are the pointers from it to its own name and its class's, what tells one Symbol from another at its place, and
 * its class's name itself. */
#ifndef JTRACE_METHOD_CACHE_H
#define JTRACE_METHOD_CACHE_H

#include "vm.h"

typedef struct jt_method jt_method;
struct jt_method {
    jt_addr address;
    uint32_t identity; /* another Method at the same address has another one */
    bool is_native;
    jt_addr bytecodes;
    uint32_t code_size;
    /* the words that must not have changed */
    jt_addr const_method, constants, holder, holder_name, name;
    uint16_t name_index;
    uint64_t holder_name_head[2], name_head[2]; /* of the Symbols */
    uint16_t holder_name_length;                /* as far as it is compared */
    uint64_t holder_name_hash;
    uint64_t checked_in_walk;
    jt_method *next_touched;
};

typedef struct jt_method_cache jt_method_cache;

int jt_method_cache_create(const jt_vm *vm, jt_method_cache **cache, jt_error *err);
void jt_method_cache_destroy(jt_method_cache *cache);

/* A walk begins: what is asked for from now on is remembered until jt_method_cache_confirm. */
void jt_method_cache_begin_walk(jt_method_cache *cache);
/* Another stack of the same walk begins: what was confirmed for those before need not be again. */
void jt_method_cache_continue(jt_method_cache *cache);
/* The Method at `address`, or NULL when there is none. Valid until the next walk begins. */
const jt_method *jt_method_cache_get(jt_method_cache *cache, jt_addr address);
/* Whether all methods asked for since begin_walk are still what the cache says. Those that are not are forgotten:
 * walk again. */
bool jt_method_cache_confirm(jt_method_cache *cache);

#endif
