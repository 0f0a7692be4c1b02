#include "image_file.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build_id.h"
#include "open_below.h"

enum {
    MAX_FILE = 512 << 20,
    MAX_IMAGE = 64 << 20, /* of what is copied from memory */
    CHUNK = 64 << 10
};

/* --- the file --- */

/* By the mapping, whatever became of the file's name; needs CAP_CHECKPOINT_RESTORE or root. */
static int open_mapping(int pid, const jt_mapping *mapping)
{
    char path[96];
    snprintf(path, sizeof path, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid, mapping->start, mapping->end);
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* By its name, in the process's root directory, if that leads to the same build. */
static int open_by_name(int pid, const jt_memory *memory, const jt_maps *maps, const jt_mapping *mapping)
{
    char root[32];
    jt_build_id theirs, ours;
    if (mapping->deleted || mapping->path[0] != '/')
        return -1;
    snprintf(root, sizeof root, "/proc/%d/root", pid);
    int fd = jt_open_below(root, mapping->path);
    const jt_mapping *first = jt_maps_first_of(maps, mapping->path);
    bool other = fd >= 0 && first != NULL && jt_build_id_of_memory(memory, first->start, &theirs) &&
                 (!jt_build_id_of_file(fd, &ours) || !jt_build_id_equal(&theirs, &ours));
    if (!other)
        return fd;
    close(fd);
    return -1;
}

/* All of it, or nothing. */
static bool copy_file(int from, int to)
{
    struct stat about;
    if (fstat(from, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size <= 0 || about.st_size > MAX_FILE)
        return false;
    off_t left = about.st_size;
    while (left > 0) {
        ssize_t copied = sendfile(to, from, NULL, (size_t)left);
        if (copied <= 0)
            return false; /* also one that was shortened meanwhile */
        left -= copied;
    }
    return true;
}

/* --- the memory --- */

static bool copy_mapping(const jt_memory *memory, const jt_mapping *mapping, int to, uint8_t *buffer)
{
    uint64_t length = mapping->end - mapping->start;
    if (mapping->offset > MAX_IMAGE || length > MAX_IMAGE - mapping->offset)
        return false;
    for (uint64_t at = 0; at < length; at += CHUNK) {
        size_t part = length - at < CHUNK ? (size_t)(length - at) : CHUNK;
        if (jt_memory_read(memory, mapping->start + at, buffer, part) != JT_OK ||
            pwrite(to, buffer, part, (off_t)(mapping->offset + at)) != (ssize_t)part)
            return false;
    }
    return true;
}

/* Section headers are at a file's end, which is mapped by chance only. */
static bool forget_missing_sections(int fd)
{
    Elf64_Ehdr header;
    struct stat about;
    if (fstat(fd, &about) != 0 || pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header)
        return false;
    uint64_t size = (uint64_t)about.st_size, length = (uint64_t)header.e_shnum * header.e_shentsize;
    if (header.e_shoff <= size && length <= size - header.e_shoff)
        return true;
    header.e_shoff = 0;
    header.e_shnum = header.e_shstrndx = 0;
    return pwrite(fd, &header, sizeof header, 0) == (ssize_t)sizeof header;
}

/* What is mapped of it and cannot be written to, from the beginning up to the mapping that was asked for and beyond. */
static bool copy_memory(const jt_memory *memory, const jt_maps *maps, const jt_mapping *mapping, int to)
{
    uint8_t *buffer = malloc(CHUNK);
    bool copied = buffer != NULL;
    for (size_t i = 0; i < maps->count && copied; i++) {
        const jt_mapping *part = &maps->entries[i];
        bool same = part == mapping || (mapping->path[0] == '/' && part->deleted == mapping->deleted &&
                                             strcmp(part->path, mapping->path) == 0);
        if (same && part->readable && !part->writable)
            copied = copy_mapping(memory, part, to, buffer);
    }
    free(buffer);
    return copied && forget_missing_sections(to);
}

/* --- either --- */

int jt_image_file_copy(int pid, const jt_memory *memory, const jt_maps *maps, const jt_mapping *mapping)
{
    int copy = memfd_create("jtrace-image", MFD_CLOEXEC);
    if (copy < 0)
        return -1;
    int file = open_mapping(pid, mapping);
    if (file < 0)
        file = open_by_name(pid, memory, maps, mapping);
    bool copied = file >= 0 && copy_file(file, copy);
    if (file >= 0)
        close(file);
    if (!copied)
        copied = ftruncate(copy, 0) == 0 && copy_memory(memory, maps, mapping, copy);
    if (copied)
        return copy;
    close(copy);
    return -1;
}
