/* The file of an image that a process has mapped, found as the process sees it. */
#ifndef JTRACE_IMAGE_FILE_H
#define JTRACE_IMAGE_FILE_H

#include "maps.h"

/* A copy that nobody else can change, in a descriptor of its own: the file, or what is mapped of it when it cannot be
 * opened any more (the vdso has none). -1: neither can be read, or it is too large. */
int jt_image_file_copy(int pid, const jt_memory *memory, const jt_maps *maps, const jt_mapping *mapping);

#endif
