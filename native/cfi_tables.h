/* From a pc to its call frame information: the images of a process and the search tables of their .eh_frame_hdr. */
#ifndef JTRACE_CFI_TABLES_H
#define JTRACE_CFI_TABLES_H

#include <stdbool.h>

#include "cfi_entry.h"
#include "error.h"

typedef struct jt_cfi_tables jt_cfi_tables;

int jt_cfi_tables_create(const jt_memory *memory, jt_cfi_tables **tables, jt_error *err);
void jt_cfi_tables_destroy(jt_cfi_tables *tables);

/* The entry that describes the code at pc; it stays until the next call. JT_STALE when there is none. */
int jt_cfi_tables_find(jt_cfi_tables *tables, jt_addr pc, const jt_cfi_entry **entry);

/* Whether an image has both the code at pc and the variable: its data is mapped behind its start, before the next
 * image's. */
bool jt_cfi_tables_same_image(jt_cfi_tables *tables, jt_addr pc, jt_addr variable);

#endif
