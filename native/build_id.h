/* The build id of an image: whether two files, or a file and what is mapped, are the same build. */
#ifndef JTRACE_BUILD_ID_H
#define JTRACE_BUILD_ID_H

#include <stdbool.h>

#include "memory.h"

typedef struct {
    uint8_t bytes[64];
    size_t length;
} jt_build_id;

/* Of the image whose file begins at `base` of a memory. False when it has none. */
bool jt_build_id_of_memory(const jt_memory *memory, jt_addr base, jt_build_id *id);
bool jt_build_id_of_file(int fd, jt_build_id *id);
bool jt_build_id_equal(const jt_build_id *a, const jt_build_id *b);

#endif
