/* The dynamic symbols of an ELF image, read from the target's memory: works in containers and chroots, and for
 * files that were replaced or deleted on disk, because no file is opened. */
#ifndef JTRACE_ELF_SYMBOLS_H
#define JTRACE_ELF_SYMBOLS_H

#include <stdint.h>

#include "error.h"
#include "memory.h"

typedef struct {
    const jt_memory *memory;
    jt_addr bias;             /* load address minus first PT_LOAD vaddr */
    jt_addr dynsym, dynstr;   /* absolute */
    uint64_t dynstr_size;
    jt_addr gnu_hash, sysv_hash; /* absolute, 0 if absent; one at least is there */
} jt_elf_image;

/* `base` is where the image's file offset 0 is mapped. JT_UNSUPPORTED for a 32-bit or foreign image. */
int jt_elf_image_open(jt_elf_image *image, const jt_memory *memory, jt_addr base, jt_error *err);
/* Absolute address of a defined symbol; JT_STALE when it is not exported. */
int jt_elf_image_symbol(const jt_elf_image *image, const char *name, jt_addr *address);
/* Where the first segment of that type (PT_GNU_EH_FRAME, say) is in memory, and its size there; JT_STALE when the image
 * has none. `base` as above. */
int jt_elf_image_segment(const jt_memory *memory, jt_addr base, uint32_t type, jt_addr *address, uint64_t *size);

#endif
