/* /proc/PID/maps: what is mapped where. */
#ifndef JTRACE_MAPS_H
#define JTRACE_MAPS_H

#include <stdbool.h>

#include "error.h"
#include "memory.h"

typedef struct {
    jt_addr start;
    jt_addr end;
    uint64_t offset;
    bool readable, writable, executable;
    char path[512]; /* empty when anonymous; " (deleted)" is cut off and told in `deleted` */
    bool deleted;
} jt_mapping;

struct jt_maps {
    jt_mapping *entries; /* ascending by start */
    size_t count;
};

/* Reads the whole table (bounded at 1 Mi entries) of a process, also when its first thread has ended. Free with jt_maps_free, also after a failure. */
int jt_maps_read(int pid, jt_maps *maps, jt_error *err);
void jt_maps_free(jt_maps *maps);
/* One line of the table, without its newline; false when it has another form. Longer paths are cut. */
bool jt_maps_parse_line(const char *line, jt_mapping *mapping);
/* Also sets `deleted`. */
void jt_mapping_set_path(jt_mapping *mapping, const char *path);
/* The mapping that holds `address`, or NULL. */
const jt_mapping *jt_maps_find(const jt_maps *maps, jt_addr address);
/* The mapping of the beginning of a file; NULL when that was not mapped. */
const jt_mapping *jt_maps_first_of(const jt_maps *maps, const char *path);

#endif
