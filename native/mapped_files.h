/* Files that a core's process had mapped: what the core leaves out of them is read from them, if they are still the
 * same. A core may name any file: only regular ones are opened, and only when one of their pages is asked for. */
#ifndef JTRACE_MAPPED_FILES_H
#define JTRACE_MAPPED_FILES_H

#include "maps.h"

typedef struct jt_mapped_files jt_mapped_files;

/* `maps` and `image` must outlive it; `image` is the memory without files, for the build ids of images. Files are
 * sought below `sysroot` (NULL: /). `exe_file` stands for the file `exe` of the process, and the files beside it for
 * those beside that; NULL: none does. */
int jt_mapped_files_create(const jt_maps *maps, const jt_memory *image, const char *sysroot, const char *exe,
                           const char *exe_file, jt_mapped_files **files, jt_error *err);
void jt_mapped_files_destroy(jt_mapped_files *files);

/* Reads what was at `address` of a mapping's page, at most to the page's end: exactly `length` bytes or false. */
bool jt_mapped_files_read(jt_mapped_files *files, const jt_mapping *mapping, jt_addr address, void *into,
                          size_t length);

/* The files that were asked for and could not be used, one after the other: why not, in words that follow its path;
 * NULL when there is no further one. */
const char *jt_mapped_files_unusable(const jt_mapped_files *files, size_t index, const char **path);

#endif
