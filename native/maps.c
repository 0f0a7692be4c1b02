#include "maps.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proc_file.h"

enum {
    MAX_MAPPINGS = 1 << 20,
    ATTEMPTS = 16, /* the thread whose table is read may end before it is */
};

void jt_mapping_set_path(jt_mapping *mapping, const char *path)
{
    static const char deleted[] = " (deleted)";
    size_t length = strlen(path);
    size_t suffix = sizeof deleted - 1;
    mapping->deleted = length > suffix && strcmp(path + length - suffix, deleted) == 0;
    if (mapping->deleted)
        length -= suffix;
    if (length >= sizeof mapping->path)
        length = sizeof mapping->path - 1;
    memcpy(mapping->path, path, length);
    mapping->path[length] = '\0';
}

bool jt_maps_parse_line(const char *line, jt_mapping *mapping)
{
    char readable, writable, executable, sharing;
    int path_at = -1;
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %c%c%c%c %" SCNx64 " %*x:%*x %*u %n", &mapping->start, &mapping->end,
               &readable, &writable, &executable, &sharing, &mapping->offset, &path_at) != 7)
        return false;
    if (path_at < 0 || mapping->start >= mapping->end)
        return false;
    mapping->readable = readable == 'r';
    mapping->writable = writable == 'w';
    mapping->executable = executable == 'x';
    jt_mapping_set_path(mapping, line + path_at);
    return true;
}

static int append(jt_maps *maps, size_t *capacity, const jt_mapping *mapping, jt_error *err)
{
    if (maps->count == MAX_MAPPINGS)
        return jt_fail(err, JT_UNSUPPORTED, "the process has more than %d mappings", MAX_MAPPINGS);
    if (maps->count == *capacity) {
        size_t wanted = *capacity == 0 ? 256 : *capacity * 2;
        jt_mapping *entries = realloc(maps->entries, wanted * sizeof *entries);
        if (entries == NULL)
            return jt_fail(err, JT_NO_MEMORY, "no memory for %zu mappings", wanted);
        maps->entries = entries;
        *capacity = wanted;
    }
    maps->entries[maps->count++] = *mapping;
    return JT_OK;
}

static int gone(int pid, jt_error *err)
{
    return jt_fail(err, JT_GONE, "process %d ended", pid);
}

static int read_lines(FILE *file, int pid, jt_maps *maps, jt_error *err)
{
    char *line = NULL;
    size_t line_capacity = 0, capacity = 0;
    int status = JT_OK;
    ssize_t length;
    errno = 0;
    while (status == JT_OK && (length = getline(&line, &line_capacity, file)) > 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        jt_mapping mapping;
        if (jt_maps_parse_line(line, &mapping))
            status = append(maps, &capacity, &mapping, err);
        else
            status = jt_fail(err, JT_FAILED, "/proc/%d/maps has a line of unknown form", pid);
    }
    if (status == JT_OK && !ferror(file) && maps->count == 0) /* no process is without mappings, but an ended one */
        status = gone(pid, err);
    if (status == JT_OK && ferror(file))
        status = jt_fail_errno(err, errno == ESRCH ? JT_GONE : JT_FAILED, errno, "cannot read /proc/%d/maps", pid);
    free(line);
    return status;
}

static int open_failure(int sys_errno)
{
    switch (sys_errno) {
    case ENOENT:
    case ESRCH:
        return JT_GONE;
    case EACCES:
    case EPERM:
        return JT_NOT_PERMITTED;
    default:
        return JT_FAILED;
    }
}

static int read_task(int pid, int tid, jt_maps *maps, jt_error *err)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/maps", pid, tid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return jt_fail_errno(err, open_failure(errno), errno, "cannot open %s", path);
    int status = read_lines(file, pid, maps, err);
    fclose(file);
    return status;
}

int jt_maps_read(int pid, jt_maps *maps, jt_error *err)
{
    *maps = (jt_maps){NULL, 0};
    int status = JT_GONE;
    for (int attempt = 0; status == JT_GONE && attempt < ATTEMPTS; attempt++) {
        int tid = jt_proc_task_with_memory(pid);
        if (tid == 0)
            return gone(pid, err);
        jt_maps_free(maps);
        status = read_task(pid, tid, maps, err);
    }
    return status;
}

void jt_maps_free(jt_maps *maps)
{
    free(maps->entries);
    *maps = (jt_maps){NULL, 0};
}

const jt_mapping *jt_maps_find(const jt_maps *maps, jt_addr address)
{
    size_t low = 0, high = maps->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const jt_mapping *mapping = &maps->entries[middle];
        if (address < mapping->start)
            high = middle;
        else if (address >= mapping->end)
            low = middle + 1;
        else
            return mapping;
    }
    return NULL;
}

const jt_mapping *jt_maps_first_of(const jt_maps *maps, const char *path)
{
    for (size_t i = 0; i < maps->count; i++)
        if (maps->entries[i].offset == 0 && strcmp(maps->entries[i].path, path) == 0)
            return &maps->entries[i];
    return NULL;
}
