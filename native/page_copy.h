/* A memory that can keep the pages that are read of another one: for a short phase, so that no page is read twice, or
 * as they were while the target stood still. */
#ifndef JTRACE_PAGE_COPY_H
#define JTRACE_PAGE_COPY_H

#include <stdbool.h>

#include "memory.h"

typedef struct jt_page_copy jt_page_copy;

/* `source` must outlive it. Reads go through to it until something else is asked for. */
int jt_page_copy_create(const jt_memory *source, jt_page_copy **copy, jt_error *err);
void jt_page_copy_destroy(jt_page_copy *copy); /* NULL is fine */
const jt_memory *jt_page_copy_memory(const jt_page_copy *copy);

/* From now on pages are read once, and kept. What was kept before is forgotten. */
void jt_page_copy_keep(jt_page_copy *copy);
/* Reads go through again. */
void jt_page_copy_pass(jt_page_copy *copy);

/* From now on it is noted which pages are read, kept or not. */
void jt_page_copy_note(jt_page_copy *copy);
/* These are noted, too. */
void jt_page_copy_want(jt_page_copy *copy, jt_addr from, uint64_t length);
/* While pages are kept: reads all that was noted and is not kept yet, in as few system calls as can be. */
void jt_page_copy_fill(jt_page_copy *copy);
/* How many pages that may have changed were read since jt_page_copy_fill or jt_page_copy_keep; counted from
 * jt_page_copy_note on. */
size_t jt_page_copy_late(const jt_page_copy *copy);

#endif
