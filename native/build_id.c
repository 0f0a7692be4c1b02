#include "build_id.h"

#include <elf.h>
#include <string.h>
#include <unistd.h>

enum {
    MAX_PROGRAM_HEADERS = 128,
    MAX_NOTES = 4096 /* bytes of one segment of them */
};

/* A file's bytes by their offset: as if it were a memory. */
typedef struct {
    jt_memory base;
    int fd;
} file_memory;

static size_t read_file(const jt_memory *self, const jt_read *reads, size_t count)
{
    int fd = ((const file_memory *)self)->fd;
    size_t done = 0;
    while (done < count &&
           pread(fd, reads[done].into, reads[done].length, (off_t)reads[done].address) == (ssize_t)reads[done].length)
        done++;
    return done;
}

static bool find_note(const uint8_t *notes, size_t length, jt_build_id *id)
{
    size_t at = 0;
    while (length - at >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note;
        memcpy(&note, notes + at, sizeof note);
        at += sizeof note;
        size_t name = ((size_t)note.n_namesz + 3) & ~(size_t)3, content = ((size_t)note.n_descsz + 3) & ~(size_t)3;
        if (name > length - at || content > length - at - name)
            return false;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof ELF_NOTE_GNU &&
            memcmp(notes + at, ELF_NOTE_GNU, sizeof ELF_NOTE_GNU) == 0 && note.n_descsz <= sizeof id->bytes) {
            memcpy(id->bytes, notes + at + name, note.n_descsz);
            id->length = note.n_descsz;
            return true;
        }
        at += name + content;
    }
    return false;
}

/* It stands near the file's beginning, where offsets in the file and in the mapping are the same. */
bool jt_build_id_of_memory(const jt_memory *memory, jt_addr base, jt_build_id *id)
{
    Elf64_Ehdr header;
    if (jt_memory_read(memory, base, &header, sizeof header) != JT_OK || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_phnum > MAX_PROGRAM_HEADERS)
        return false;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;
        uint8_t notes[MAX_NOTES];
        if (jt_memory_read(memory, base + header.e_phoff + i * sizeof segment, &segment, sizeof segment) != JT_OK)
            return false;
        if (segment.p_type == PT_NOTE && segment.p_filesz <= sizeof notes &&
            jt_memory_read(memory, base + segment.p_offset, notes, segment.p_filesz) == JT_OK &&
            find_note(notes, segment.p_filesz, id))
            return true;
    }
    return false;
}

bool jt_build_id_of_file(int fd, jt_build_id *id)
{
    file_memory content = {{read_file, NULL}, fd};
    return jt_build_id_of_memory(&content.base, 0, id);
}

bool jt_build_id_equal(const jt_build_id *a, const jt_build_id *b)
{
    return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}
