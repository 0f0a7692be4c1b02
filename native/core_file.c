#include "core_file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_machine.h"
#include "mapped_files.h"

enum {
    SMALLEST_PAGE = 4096,
    MAX_SEGMENTS = 1 << 20,
    MAX_NOTES = 512 << 20, /* bytes; a thread has 4 KiB of them */
    MAX_MAPPINGS = 1 << 20,
    MAX_THREADS = 1 << 20,
};

typedef struct {
    jt_addr start, end; /* of the memory */
    uint64_t offset;    /* in the core */
    uint64_t length;    /* there, from start on; the rest was left out */
    bool executable, writable;
} segment;

struct jt_core_file {
    jt_memory memory; /* first: a pointer to this is a pointer to the jt_core_file */
    jt_memory image;  /* the same without files */
    int fd;
    int64_t written_millis;
    uint64_t size, whole_size; /* of the file; and as its headers have it */
    bool cut_was_met;          /* something was asked for that was cut off */
    segment *segments;         /* ascending by start */
    size_t segment_count;
    jt_core_thread *threads;
    size_t thread_count, thread_capacity;
    jt_maps maps;
    jt_mapped_files *files;
    int pid;
    jt_addr entry, vdso; /* of the executable; 0: not known */
};

/* --- the file --- */

static bool read_at(const jt_core_file *core, uint64_t offset, void *into, size_t length)
{
    if (offset > core->size || length > core->size - offset)
        return false;
    for (size_t done = 0; done < length;) {
        ssize_t got = pread(core->fd, (uint8_t *)into + done, length - done, (off_t)(offset + done));
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

static int cut_off(const char *path, const char *what, jt_error *err)
{
    return jt_fail(err, JT_UNSUPPORTED, "%.300s is cut off: its %s are missing", path, what);
}

static int open_file(jt_core_file *core, const char *path, jt_error *err)
{
    /* not to wait for the other end of a pipe */
    core->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (core->fd < 0 && (errno == EACCES || errno == EPERM))
        return jt_fail_errno(err, JT_NOT_PERMITTED, errno, "cannot read the core %.300s", path);
    if (core->fd < 0)
        return jt_fail_errno(err, JT_NO_TARGET, errno, "cannot read the core %.300s", path);
    struct stat about;
    if (fstat(core->fd, &about) != 0 || !S_ISREG(about.st_mode))
        return jt_fail(err, JT_NO_TARGET, "%.300s is not a core file: it is no regular file", path);
    core->size = (uint64_t)about.st_size;
    core->written_millis = (int64_t)about.st_mtim.tv_sec * 1000 + about.st_mtim.tv_nsec / 1000000;
    return JT_OK;
}

static int read_header(const jt_core_file *core, const char *path, Elf64_Ehdr *header, jt_error *err)
{
    if (!read_at(core, 0, header, sizeof *header) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return jt_fail(err, JT_NO_TARGET, "%.300s is not a core file", path);
    if (header->e_type != ET_CORE)
        return jt_fail(err, JT_NO_TARGET, "%.300s is not a core file, but a program or library", path);
    if (header->e_ident[EI_CLASS] != ELFCLASS64)
        return jt_fail(err, JT_UNSUPPORTED, "%.300s is of a 32-bit process; jtrace reads 64-bit JVMs only", path);
    if (header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_machine != JT_ELF_MACHINE)
        return jt_fail(err, JT_UNSUPPORTED, "%.300s is of another kind of machine (ELF machine %u)", path,
                       (unsigned)header->e_machine);
    if (header->e_phentsize != sizeof(Elf64_Phdr))
        return jt_fail(err, JT_UNSUPPORTED, "%.300s has a broken header (program headers of %u bytes)", path,
                       (unsigned)header->e_phentsize);
    return JT_OK;
}

/* Where 16 bits do not hold the number, the first section header has it. */
static bool count_headers(const jt_core_file *core, const Elf64_Ehdr *header, size_t *count)
{
    Elf64_Shdr first;
    *count = header->e_phnum;
    if (header->e_phnum != PN_XNUM)
        return true;
    if (!read_at(core, header->e_shoff, &first, sizeof first))
        return false;
    *count = first.sh_info;
    return *count <= MAX_SEGMENTS;
}

static int read_program_headers(const jt_core_file *core, const char *path, Elf64_Phdr **headers, size_t *count,
                                jt_error *err)
{
    Elf64_Ehdr header;
    int status = read_header(core, path, &header, err);
    if (status != JT_OK)
        return status;
    if (!count_headers(core, &header, count))
        return cut_off(path, "program headers", err);
    *headers = calloc(*count + 1, sizeof **headers);
    if (*headers == NULL)
        return jt_fail(err, JT_NO_MEMORY, "no memory for %zu segments", *count);
    return read_at(core, header.e_phoff, *headers, *count * sizeof **headers) ? JT_OK
                                                                              : cut_off(path, "program headers", err);
}

/* --- segments --- */

static int by_start(const void *left, const void *right)
{
    jt_addr a = ((const segment *)left)->start, b = ((const segment *)right)->start;
    return (a > b) - (a < b);
}

static void take_segment(jt_core_file *core, const Elf64_Phdr *header)
{
    if (header->p_memsz == 0 || header->p_vaddr + header->p_memsz < header->p_vaddr ||
        header->p_offset + header->p_filesz < header->p_offset)
        return;
    core->segments[core->segment_count++] =
        (segment){.start = header->p_vaddr,
                  .end = header->p_vaddr + header->p_memsz,
                  .offset = header->p_offset,
                  .length = header->p_filesz < header->p_memsz ? header->p_filesz : header->p_memsz,
                  .executable = (header->p_flags & PF_X) != 0,
                  .writable = (header->p_flags & PF_W) != 0};
}

static int take_segments(jt_core_file *core, const Elf64_Phdr *headers, size_t count, jt_error *err)
{
    core->segments = calloc(count + 1, sizeof *core->segments);
    if (core->segments == NULL)
        return jt_fail(err, JT_NO_MEMORY, "no memory for %zu segments", count);
    for (size_t i = 0; i < count; i++) {
        if (headers[i].p_type == PT_LOAD)
            take_segment(core, &headers[i]);
        uint64_t end = headers[i].p_offset + headers[i].p_filesz;
        if (end >= headers[i].p_offset && end > core->whole_size)
            core->whole_size = end;
    }
    qsort(core->segments, core->segment_count, sizeof *core->segments, by_start);
    return JT_OK;
}

static const segment *find_segment(const jt_core_file *core, jt_addr address)
{
    size_t low = 0, high = core->segment_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (core->segments[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && address < core->segments[low - 1].end ? &core->segments[low - 1] : NULL;
}

/* --- notes --- */

/* One note's content. */
typedef struct {
    const uint8_t *bytes;
    size_t length;
} content;

static uint64_t word_at(content of, size_t index)
{
    uint64_t word;
    memcpy(&word, of.bytes + index * sizeof word, sizeof word);
    return word;
}

/* The general registers, and nothing else of a thread, are needed: what follows them may differ from system to system.
 */
static int take_thread(jt_core_file *core, content status, jt_error *err)
{
    struct elf_prstatus thread;
    if (status.length < offsetof(struct elf_prstatus, pr_reg) + sizeof thread.pr_reg ||
        core->thread_count == MAX_THREADS)
        return JT_OK;
    memset(&thread, 0, sizeof thread);
    memcpy(&thread, status.bytes, status.length < sizeof thread ? status.length : sizeof thread);
    if (core->thread_count == core->thread_capacity) {
        size_t capacity = core->thread_capacity == 0 ? 64 : core->thread_capacity * 2;
        jt_core_thread *threads = realloc(core->threads, capacity * sizeof *threads);
        if (threads == NULL)
            return jt_fail(err, JT_NO_MEMORY, "no memory for %zu threads", capacity);
        core->threads = threads;
        core->thread_capacity = capacity;
    }
    jt_core_thread *taken = &core->threads[core->thread_count];
    taken->tid = taken->inner_tid = thread.pr_pid;
    if (jt_registers_from_prstatus(&taken->registers, &thread.pr_reg, sizeof thread.pr_reg) == JT_OK)
        core->thread_count++;
    return JT_OK;
}

static void take_process(jt_core_file *core, content info)
{
    struct elf_prpsinfo process;
    if (info.length < sizeof process)
        return;
    memcpy(&process, info.bytes, sizeof process);
    core->pid = process.pr_pid;
}

static void take_auxv(jt_core_file *core, content auxv)
{
    for (size_t i = 0; i + 1 < auxv.length / sizeof(uint64_t); i += 2) {
        if (word_at(auxv, i) == AT_ENTRY)
            core->entry = word_at(auxv, i + 1);
        else if (word_at(auxv, i) == AT_SYSINFO_EHDR)
            core->vdso = word_at(auxv, i + 1);
    }
}

static int by_mapping_start(const void *left, const void *right)
{
    jt_addr a = ((const jt_mapping *)left)->start, b = ((const jt_mapping *)right)->start;
    return (a > b) - (a < b);
}

/* Pages of data and code that the core has nothing of are named by gcore in this list only, so their rights are not
 * known: they count as readable and executable. */
static void add_mapping(jt_core_file *core, jt_addr start, jt_addr end, uint64_t offset, const char *path)
{
    const segment *held = find_segment(core, start);
    jt_mapping *mapping = &core->maps.entries[core->maps.count++];
    *mapping = (jt_mapping){.start = start, .end = end, .offset = offset, .readable = true};
    mapping->executable = held == NULL || held->executable;
    mapping->writable = held != NULL && held->writable;
    jt_mapping_set_path(mapping, path);
}

/* NT_FILE: count, page size; start, end and offset in pages of each; then the paths, each ended by NUL. */
static int take_files(jt_core_file *core, content files, jt_error *err)
{
    enum { HEADER_WORDS = 2, ENTRY_WORDS = 3 };
    size_t words = files.length / sizeof(uint64_t);
    if (words < HEADER_WORDS || core->maps.entries != NULL)
        return JT_OK;
    uint64_t count = word_at(files, 0), page = word_at(files, 1);
    if (count > MAX_MAPPINGS || count > (words - HEADER_WORDS) / ENTRY_WORDS)
        return JT_OK;
    core->maps.entries = calloc(count + 1, sizeof *core->maps.entries); /* and one for the vdso */
    if (core->maps.entries == NULL)
        return jt_fail(err, JT_NO_MEMORY, "no memory for %" PRIu64 " mappings", count);
    const uint8_t *path = files.bytes + (HEADER_WORDS + count * ENTRY_WORDS) * sizeof(uint64_t);
    const uint8_t *end = files.bytes + files.length;
    for (size_t i = 0; i < count && path < end; i++) {
        const uint8_t *nul = memchr(path, '\0', (size_t)(end - path));
        if (nul == NULL)
            break;
        size_t at = HEADER_WORDS + i * ENTRY_WORDS;
        if (word_at(files, at) < word_at(files, at + 1))
            add_mapping(core, word_at(files, at), word_at(files, at + 1), word_at(files, at + 2) * page,
                        (const char *)path);
        path = nul + 1;
    }
    return JT_OK;
}

static int take_note(jt_core_file *core, uint32_t type, content note, jt_error *err)
{
    switch (type) {
    case NT_PRSTATUS:
        return take_thread(core, note, err);
    case NT_PRPSINFO:
        take_process(core, note);
        return JT_OK;
    case NT_AUXV:
        take_auxv(core, note);
        return JT_OK;
    case NT_FILE:
        return take_files(core, note, err);
    default:
        return JT_OK;
    }
}

static int take_notes(jt_core_file *core, const uint8_t *notes, size_t length, jt_error *err)
{
    static const char owner[] = "CORE";
    size_t at = 0;
    int status = JT_OK;
    while (status == JT_OK && length - at >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note;
        memcpy(&note, notes + at, sizeof note);
        at += sizeof note;
        size_t name = ((size_t)note.n_namesz + 3) & ~(size_t)3, size = ((size_t)note.n_descsz + 3) & ~(size_t)3;
        if (name > length - at || size > length - at - name)
            break;
        if (note.n_namesz >= strlen(owner) && memcmp(notes + at, owner, strlen(owner)) == 0)
            status = take_note(core, note.n_type, (content){notes + at + name, note.n_descsz}, err);
        at += name + size;
    }
    return status;
}

static int read_notes(jt_core_file *core, const char *path, const Elf64_Phdr *header, jt_error *err)
{
    if (header->p_filesz > MAX_NOTES)
        return jt_fail(err, JT_UNSUPPORTED, "%.300s has more notes than jtrace reads", path);
    if (header->p_offset > core->size || header->p_filesz > core->size - header->p_offset)
        return cut_off(path, "notes on threads and mapped files", err);
    uint8_t *notes = malloc(header->p_filesz + 1);
    if (notes == NULL)
        return jt_fail(err, JT_NO_MEMORY, "no memory for notes of %" PRIu64 " bytes", header->p_filesz);
    int status = read_at(core, header->p_offset, notes, header->p_filesz)
                     ? take_notes(core, notes, header->p_filesz, err)
                     : cut_off(path, "notes on threads and mapped files", err);
    free(notes);
    return status;
}

static int by_tid(const void *left, const void *right)
{
    int a = ((const jt_core_thread *)left)->tid, b = ((const jt_core_thread *)right)->tid;
    return (a > b) - (a < b);
}

static int check_notes(jt_core_file *core, const char *path, jt_error *err)
{
    if (core->thread_count == 0)
        return jt_fail(err, JT_UNSUPPORTED, "%.300s has no threads (NT_PRSTATUS)", path);
    if (core->maps.count == 0)
        return jt_fail(err, JT_UNSUPPORTED, "%.300s has no list of mapped files (NT_FILE)", path);
    qsort(core->threads, core->thread_count, sizeof *core->threads, by_tid);
    const segment *vdso = core->vdso == 0 ? NULL : find_segment(core, core->vdso);
    if (vdso != NULL && vdso->start == core->vdso)
        add_mapping(core, vdso->start, vdso->end, 0, "[vdso]");
    qsort(core->maps.entries, core->maps.count, sizeof *core->maps.entries, by_mapping_start);
    return JT_OK;
}

/* --- its memory --- */

/* As many bytes as lie in the core, from an address on that has some there. */
static size_t held_at(const jt_core_file *core, jt_addr address, size_t length, uint64_t *offset)
{
    const segment *held = find_segment(core, address);
    if (held == NULL || address - held->start >= held->length)
        return 0;
    uint64_t skipped = address - held->start;
    *offset = held->offset + skipped;
    return length < held->length - skipped ? length : held->length - skipped;
}

/* What lies in no segment may be a page of a mapped file. */
static size_t read_left_out(const jt_core_file *core, jt_addr address, void *into, size_t length)
{
    const jt_mapping *mapping = jt_maps_find(&core->maps, address);
    if (mapping == NULL)
        return 0;
    size_t in_page = SMALLEST_PAGE - (size_t)(address % SMALLEST_PAGE);
    size_t part = length < in_page ? length : in_page;
    if (part > mapping->end - address)
        part = mapping->end - address;
    return jt_mapped_files_read(core->files, mapping, address, into, part) ? part : 0;
}

static bool read_one(jt_core_file *core, const jt_read *read, bool with_files)
{
    for (size_t done = 0; done < read->length;) {
        uint8_t *into = (uint8_t *)read->into + done;
        jt_addr address = read->address + done;
        uint64_t offset;
        size_t part = held_at(core, address, read->length - done, &offset);
        if (part > 0 && !read_at(core, offset, into, part)) {
            core->cut_was_met = true;
            return false;
        }
        if (part == 0 && with_files)
            part = read_left_out(core, address, into, read->length - done);
        if (part == 0)
            return false;
        done += part;
    }
    return true;
}

static size_t read_all(jt_core_file *core, const jt_read *reads, size_t count, bool with_files)
{
    size_t done = 0;
    while (done < count && read_one(core, &reads[done], with_files))
        done++;
    return done;
}

static size_t read_memory(const jt_memory *self, const jt_read *reads, size_t count)
{
    return read_all((jt_core_file *)self, reads, count, true);
}

static size_t read_image(const jt_memory *self, const jt_read *reads, size_t count)
{
    return read_all((jt_core_file *)((char *)self - offsetof(jt_core_file, image)), reads, count, false);
}

static int read_maps(const jt_memory *self, jt_maps *maps, jt_error *err)
{
    const jt_maps *known = &((const jt_core_file *)self)->maps;
    maps->entries = calloc(known->count, sizeof *maps->entries);
    if (maps->entries == NULL)
        return jt_fail(err, JT_NO_MEMORY, "no memory for %zu mappings", known->count);
    memcpy(maps->entries, known->entries, known->count * sizeof *maps->entries);
    maps->count = known->count;
    return JT_OK;
}

/* --- all of it --- */

static int read_contents(jt_core_file *core, const char *path, jt_error *err)
{
    Elf64_Phdr *headers = NULL;
    size_t count = 0;
    int status = read_program_headers(core, path, &headers, &count, err);
    if (status == JT_OK)
        status = take_segments(core, headers, count, err);
    for (size_t i = 0; status == JT_OK && i < count; i++)
        if (headers[i].p_type == PT_NOTE)
            status = read_notes(core, path, &headers[i], err);
    free(headers);
    return status == JT_OK ? check_notes(core, path, err) : status;
}

static int find_files(jt_core_file *core, const jt_core_places *places, jt_error *err)
{
    const jt_mapping *executable = jt_maps_find(&core->maps, core->entry);
    return jt_mapped_files_create(&core->maps, &core->image, places->sysroot,
                                  executable == NULL ? NULL : executable->path, places->exe, &core->files, err);
}

int jt_core_file_open(const char *path, const jt_core_places *places, jt_core_file **core, jt_error *err)
{
    jt_core_file *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    opened->memory = (jt_memory){read_memory, read_maps};
    opened->image = (jt_memory){read_image, NULL};
    int status = open_file(opened, path, err);
    if (status == JT_OK)
        status = read_contents(opened, path, err);
    if (status == JT_OK)
        status = find_files(opened, places, err);
    if (status == JT_OK)
        *core = opened;
    else
        jt_core_file_close(opened);
    return status;
}

void jt_core_file_close(jt_core_file *core)
{
    if (core == NULL)
        return;
    jt_mapped_files_destroy(core->files);
    jt_maps_free(&core->maps);
    free(core->threads);
    free(core->segments);
    if (core->fd >= 0)
        close(core->fd);
    free(core);
}

const jt_memory *jt_core_file_memory(const jt_core_file *core)
{
    return &core->memory;
}

int jt_core_file_pid(const jt_core_file *core)
{
    return core->pid;
}

int64_t jt_core_file_written_millis(const jt_core_file *core)
{
    return core->written_millis;
}

const jt_core_thread *jt_core_file_threads(const jt_core_file *core, size_t *count)
{
    *count = core->thread_count;
    return core->threads;
}

bool jt_core_file_missing(const jt_core_file *core, size_t index, char *into, size_t capacity)
{
    if (core->cut_was_met && index-- == 0) {
        snprintf(into, capacity, "the core is cut off: it has %" PRIu64 " of %" PRIu64 " MiB", core->size >> 20,
                 core->whole_size >> 20);
        return true;
    }
    const char *path;
    const char *reason = jt_mapped_files_unusable(core->files, index, &path);
    if (reason != NULL)
        snprintf(into, capacity, "the core leaves out pages of %s, and that file %s", path, reason);
    return reason != NULL;
}
