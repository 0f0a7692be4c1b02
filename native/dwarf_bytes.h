/* A cursor over bytes in DWARF's forms, copied from the target: never leaves them, whatever they hold. */
#ifndef JTRACE_DWARF_BYTES_H
#define JTRACE_DWARF_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"

typedef struct {
    const uint8_t *at, *end;
    jt_addr address; /* of *at in the target */
    bool bad;        /* something was missing or of no known form: that value and all after it are 0, and at is end */
} jt_dwarf_bytes;

jt_dwarf_bytes jt_dwarf_bytes_of(const void *bytes, size_t length, jt_addr address);
static inline bool jt_dwarf_more(const jt_dwarf_bytes *bytes)
{
    return bytes->at < bytes->end;
}

/* `size` is 1, 2, 4 or 8. */
uint64_t jt_dwarf_unsigned(jt_dwarf_bytes *bytes, size_t size);
int64_t jt_dwarf_signed(jt_dwarf_bytes *bytes, size_t size);
uint64_t jt_dwarf_uleb(jt_dwarf_bytes *bytes);
int64_t jt_dwarf_sleb(jt_dwarf_bytes *bytes);
/* The next `length` bytes as a cursor of their own. */
jt_dwarf_bytes jt_dwarf_take(jt_dwarf_bytes *bytes, uint64_t length);

/* A pointer in one of the DW_EH_PE encodings of .eh_frame (Linux Standard Base, "DWARF Exception Header Encoding");
 * data_base is what DW_EH_PE_datarel counts from. */
enum {
    JT_DW_EH_PE_ABSPTR = 0x00,
    JT_DW_EH_PE_ULEB128 = 0x01,
    JT_DW_EH_PE_UDATA2 = 0x02,
    JT_DW_EH_PE_UDATA4 = 0x03,
    JT_DW_EH_PE_UDATA8 = 0x04,
    JT_DW_EH_PE_SLEB128 = 0x09,
    JT_DW_EH_PE_SDATA2 = 0x0a,
    JT_DW_EH_PE_SDATA4 = 0x0b,
    JT_DW_EH_PE_SDATA8 = 0x0c,
    JT_DW_EH_PE_FORMAT = 0x0f, /* the bits that hold one of the above */
    JT_DW_EH_PE_PCREL = 0x10,
    JT_DW_EH_PE_DATAREL = 0x30,
    JT_DW_EH_PE_OMIT = 0xff
};
uint64_t jt_dwarf_pointer(jt_dwarf_bytes *bytes, uint8_t encoding, jt_addr data_base);
/* How many bytes a pointer of that encoding has; 0 when they differ or it is not known. */
size_t jt_dwarf_pointer_size(uint8_t encoding);

#endif
