#include "mapped_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build_id.h"
#include "open_below.h"

enum {
    SMALLEST_PAGE = 4096,
    MAX_FILES = 1024, /* that are asked for: libraries and archives, not jars */
    MAX_PATH = 4096,
    REASON = 160,
};

typedef struct {
    const char *path; /* of the first of its mappings */
    int fd;           /* -1: it cannot be used */
    char reason[REASON];
} mapped_file;

struct jt_mapped_files {
    const jt_maps *maps;
    const jt_memory *image;
    char sysroot[MAX_PATH];
    /* What begins with the first is looked for with the second instead; empty: nothing is. */
    char from[MAX_PATH], to[MAX_PATH];
    mapped_file *files;
    size_t count;
};

/* --- which file --- */

/* The longest end, of whole names, that both paths have in common goes: what is left is the one's place and the
 * other's. */
static void set_places(jt_mapped_files *files, const char *exe, const char *exe_file)
{
    size_t from = strlen(exe), to = strlen(exe_file);
    size_t cut_from = from, cut_to = to;
    while (from > 0 && to > 0 && exe[from - 1] == exe_file[to - 1]) {
        from--;
        to--;
        if (exe[from] == '/') {
            cut_from = from;
            cut_to = to;
        }
    }
    snprintf(files->from, sizeof files->from, "%.*s", (int)cut_from, exe);
    snprintf(files->to, sizeof files->to, "%.*s", (int)cut_to, exe_file);
}

int jt_mapped_files_create(const jt_maps *maps, const jt_memory *image, const char *sysroot, const char *exe,
                           const char *exe_file, jt_mapped_files **files, jt_error *err)
{
    jt_mapped_files *made = calloc(1, sizeof *made);
    if (made != NULL)
        made->files = calloc(MAX_FILES, sizeof *made->files);
    if (made == NULL || made->files == NULL) {
        free(made);
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    }
    made->maps = maps;
    made->image = image;
    snprintf(made->sysroot, sizeof made->sysroot, "%s", sysroot == NULL ? "" : sysroot);
    if (exe != NULL && exe_file != NULL)
        set_places(made, exe, exe_file);
    *files = made;
    return JT_OK;
}

void jt_mapped_files_destroy(jt_mapped_files *files)
{
    if (files == NULL)
        return;
    for (size_t i = 0; i < files->count; i++)
        if (files->files[i].fd >= 0)
            close(files->files[i].fd);
    free(files->files);
    free(files);
}

static int open_path(const jt_mapped_files *files, const char *path)
{
    char moved[2 * MAX_PATH];
    size_t from = strlen(files->from);
    if (from > 0 && strncmp(path, files->from, from) == 0 && (path[from] == '/' || path[from] == '\0')) {
        snprintf(moved, sizeof moved, "%s%s", files->to, path + from);
        return open(moved, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    }
    if (files->sysroot[0] != '\0')
        return jt_open_below(files->sysroot, path);
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* --- whether it is the same --- */

static bool is_long_enough(const jt_maps *maps, const char *path, uint64_t size)
{
    uint64_t mapped = (size + SMALLEST_PAGE - 1) & ~(uint64_t)(SMALLEST_PAGE - 1);
    for (size_t i = 0; i < maps->count; i++) {
        const jt_mapping *mapping = &maps->entries[i];
        if (strcmp(mapping->path, path) == 0 &&
            (mapping->offset > mapped || mapping->end - mapping->start > mapped - mapping->offset))
            return false;
    }
    return true;
}

static bool is_the_same(const jt_mapped_files *files, const jt_mapping *mapping, mapped_file *file)
{
    struct stat about;
    if (fstat(file->fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        snprintf(file->reason, sizeof file->reason, "is no regular file here");
        return false;
    }
    const jt_mapping *first = jt_maps_first_of(files->maps, mapping->path);
    jt_build_id theirs, ours;
    bool known = first != NULL && jt_build_id_of_memory(files->image, first->start, &theirs);
    if (known && (!jt_build_id_of_file(file->fd, &ours) || !jt_build_id_equal(&ours, &theirs))) {
        snprintf(file->reason, sizeof file->reason, "is another build here than the one that ran");
        return false;
    }
    if (!known && mapping->deleted) {
        snprintf(file->reason, sizeof file->reason, "was deleted or replaced while the process ran");
        return false;
    }
    if (!is_long_enough(files->maps, mapping->path, (uint64_t)about.st_size)) {
        snprintf(file->reason, sizeof file->reason, "is shorter here than what was mapped of it");
        return false;
    }
    return true;
}

static void open_file(const jt_mapped_files *files, const jt_mapping *mapping, mapped_file *file)
{
    file->path = mapping->path;
    file->fd = open_path(files, mapping->path);
    if (file->fd < 0) {
        bool absent = errno == ENOENT || errno == ENOTDIR;
        snprintf(file->reason, sizeof file->reason, absent ? "is not here" : "cannot be opened: %m");
        return;
    }
    if (!is_the_same(files, mapping, file)) {
        close(file->fd);
        file->fd = -1;
    }
}

static const mapped_file *file_of(jt_mapped_files *files, const jt_mapping *mapping)
{
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->files[i].path, mapping->path) == 0)
            return &files->files[i];
    if (files->count == MAX_FILES)
        return NULL;
    mapped_file *file = &files->files[files->count++];
    open_file(files, mapping, file);
    return file;
}

bool jt_mapped_files_read(jt_mapped_files *files, const jt_mapping *mapping, jt_addr address, void *into, size_t length)
{
    const mapped_file *file = mapping->path[0] == '/' ? file_of(files, mapping) : NULL;
    if (file == NULL || file->fd < 0)
        return false;
    uint64_t offset = mapping->offset + (address - mapping->start);
    ssize_t got = pread(file->fd, into, length, (off_t)offset);
    if (got < 0)
        return false;
    /* what a file's last page has behind the file's end */
    memset((uint8_t *)into + got, 0, length - (size_t)got);
    return true;
}

const char *jt_mapped_files_unusable(const jt_mapped_files *files, size_t index, const char **path)
{
    for (size_t i = 0; i < files->count; i++) {
        if (files->files[i].fd < 0 && index-- == 0) {
            *path = files->files[i].path;
            return files->files[i].reason;
        }
    }
    return NULL;
}
