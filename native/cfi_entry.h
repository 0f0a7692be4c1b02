/* One function's call frame information: a frame description entry (FDE) and its common information entry (CIE). */
#ifndef JTRACE_CFI_ENTRY_H
#define JTRACE_CFI_ENTRY_H

#include "dwarf_bytes.h"

typedef struct {
    jt_addr address;    /* of the FDE */
    jt_addr begin, end; /* the code it describes */
    uint64_t code_alignment;
    int64_t data_alignment;
    uint64_t return_column;
    uint8_t pointer_encoding;
    bool signal_frame;            /* its caller was interrupted and did not call */
    jt_dwarf_bytes initial, body; /* the CIE's and the FDE's instructions, in `bytes` */
    uint8_t bytes[];
} jt_cfi_entry;

/* The entry whose FDE is at `address`; to be freed. JT_STALE when it makes no sense. */
int jt_cfi_entry_read(const jt_memory *memory, jt_addr address, jt_cfi_entry **entry);

#endif
