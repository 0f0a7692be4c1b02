#include "core_file.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "maps.h"

/* A core of two threads. One page is in it, of one mapped file the first page is, and the second is left out; of
 * another file nothing is. */
enum {
    PAGE = 4096,
    DATA = 0x10000,
    IMAGE = 0x20000,
    PLAIN = 0x30000,
    ENTRY = IMAGE + PAGE + 16,
    MAX_CORE = 8 * PAGE,
    SEGMENTS = 5, /* with the notes */
    BUILD_ID_AT = 512,
    TID = 42,
    OTHER_TID = 41,
};

typedef struct {
    char directory[64], core[96], image[96], plain[96];
    uint8_t bytes[MAX_CORE];
    size_t length;
} fixture;

static void write_bytes(const char *path, const void *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0);
    CHECK_EQ(write(fd, bytes, length), length);
    close(fd);
}

/* --- making it --- */

static void add(fixture *f, const void *bytes, size_t length)
{
    CHECK(f->length + length <= sizeof f->bytes);
    memcpy(f->bytes + f->length, bytes, length);
    f->length += length;
}

static void add_note(fixture *f, uint32_t type, const void *content, size_t length)
{
    Elf64_Nhdr header = {.n_namesz = 5, .n_descsz = (uint32_t)length, .n_type = type};
    static const uint8_t zeros[4];
    add(f, &header, sizeof header);
    add(f, "CORE\0\0\0", 8);
    add(f, content, length);
    add(f, zeros, (4 - length % 4) % 4);
}

static void add_thread(fixture *f, int tid)
{
    struct elf_prstatus status = {.pr_pid = tid};
    for (size_t i = 0; i < sizeof status.pr_reg / sizeof status.pr_reg[0]; i++)
        status.pr_reg[i] = (unsigned)tid * 1000 + i;
    add_note(f, NT_PRSTATUS, &status, sizeof status);
}

static void add_file_list(fixture *f)
{
    const uint64_t words[] = {3,     PAGE,         IMAGE, IMAGE + PAGE, 0, IMAGE + PAGE, IMAGE + 2 * PAGE, 1,
                              PLAIN, PLAIN + PAGE, 0};
    uint8_t list[1024];
    size_t length = sizeof words;
    memcpy(list, words, sizeof words);
    const char *const paths[] = {f->image, f->image, f->plain};
    for (size_t i = 0; i < 3; i++) {
        memcpy(list + length, paths[i], strlen(paths[i]) + 1);
        length += strlen(paths[i]) + 1;
    }
    add_note(f, NT_FILE, list, length);
}

/* The first page of an image with a build id. */
static void make_image_page(uint8_t page[PAGE], uint8_t id)
{
    Elf64_Ehdr header = {.e_phoff = sizeof header, .e_phnum = 1, .e_phentsize = sizeof(Elf64_Phdr)};
    Elf64_Nhdr note = {.n_namesz = 4, .n_descsz = 8, .n_type = NT_GNU_BUILD_ID};
    Elf64_Phdr segment = {.p_type = PT_NOTE, .p_offset = BUILD_ID_AT, .p_filesz = sizeof note + 12};
    memcpy(header.e_ident, ELFMAG, SELFMAG);
    memset(page, 0, PAGE);
    memcpy(page, &header, sizeof header);
    memcpy(page + sizeof header, &segment, sizeof segment);
    memcpy(page + BUILD_ID_AT, &note, sizeof note);
    memcpy(page + BUILD_ID_AT + sizeof note, "GNU", 4);
    memset(page + BUILD_ID_AT + sizeof note + 4, id, 8);
}

static void make_files(const fixture *f, uint8_t id)
{
    uint8_t pages[2 * PAGE];
    make_image_page(pages, id);
    memset(pages + PAGE, 'i', PAGE);
    write_bytes(f->image, pages, sizeof pages);
    write_bytes(f->plain, "plain", 5);
}

static Elf64_Phdr load(jt_addr address, uint64_t offset, uint64_t held)
{
    return (Elf64_Phdr){
        .p_type = PT_LOAD, .p_flags = PF_R, .p_vaddr = address, .p_memsz = PAGE, .p_offset = offset, .p_filesz = held};
}

static void make_core(fixture *f)
{
#if defined(__x86_64__)
    enum { MACHINE = EM_X86_64 };
#else
    enum { MACHINE = EM_AARCH64 };
#endif
    Elf64_Ehdr header = {.e_type = ET_CORE,
                         .e_machine = MACHINE,
                         .e_phoff = sizeof header,
                         .e_phnum = SEGMENTS,
                         .e_phentsize = sizeof(Elf64_Phdr)};
    memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    struct elf_prpsinfo process = {.pr_pid = TID};
    const uint64_t auxv[] = {AT_ENTRY, ENTRY, AT_NULL, 0};
    uint8_t page[PAGE];
    f->length = sizeof header + SEGMENTS * sizeof(Elf64_Phdr);
    size_t notes = f->length;
    add_note(f, NT_PRPSINFO, &process, sizeof process);
    add_thread(f, TID);
    add_thread(f, OTHER_TID);
    add_note(f, NT_AUXV, auxv, sizeof auxv);
    add_file_list(f);
    size_t notes_length = f->length - notes, pages = f->length;
    memset(page, 'd', PAGE);
    add(f, page, PAGE);
    make_image_page(page, 7);
    add(f, page, PAGE);
    const Elf64_Phdr segments[SEGMENTS] = {
        {.p_type = PT_NOTE, .p_offset = notes, .p_filesz = notes_length},
        load(DATA, pages, PAGE),
        load(IMAGE, pages + PAGE, PAGE),
        load(IMAGE + PAGE, 0, 0),
        load(PLAIN, 0, 0),
    };
    memcpy(f->bytes, &header, sizeof header);
    memcpy(f->bytes + sizeof header, segments, sizeof segments);
    write_bytes(f->core, f->bytes, f->length);
}

static void set_up(fixture *f)
{
    memset(f, 0, sizeof *f);
    strcpy(f->directory, "/tmp/core_file_test.XXXXXX");
    CHECK(mkdtemp(f->directory) != NULL);
    snprintf(f->core, sizeof f->core, "%s/core", f->directory);
    snprintf(f->image, sizeof f->image, "%s/image", f->directory);
    snprintf(f->plain, sizeof f->plain, "%s/plain", f->directory);
    make_files(f, 7);
    make_core(f);
}

static void tear_down(const fixture *f)
{
    unlink(f->core);
    unlink(f->image);
    unlink(f->plain);
    CHECK_EQ(rmdir(f->directory), 0);
}

static jt_core_file *open_core(const fixture *f, const char *sysroot, const char *exe)
{
    jt_error err;
    jt_core_file *core;
    CHECK_STATUS(jt_core_file_open(f->core, &(jt_core_places){sysroot, exe}, &core, &err), JT_OK, err);
    return core;
}

static int read_byte(const jt_core_file *core, jt_addr address)
{
    uint8_t byte;
    return jt_memory_read(jt_core_file_memory(core), address, &byte, 1) == JT_OK ? byte : -1;
}

/* --- tests --- */

static void reads_memory_and_threads(const fixture *f)
{
    jt_core_file *core = open_core(f, NULL, NULL);
    CHECK_EQ(jt_core_file_pid(core), TID);
    size_t count;
    const jt_core_thread *threads = jt_core_file_threads(core, &count);
    CHECK_EQ(count, 2);
    CHECK_EQ(threads[0].tid, OTHER_TID);
    CHECK_EQ(threads[1].tid, TID);
    CHECK(threads[1].registers.sp >= TID * 1000 && threads[1].registers.sp < TID * 1000 + 100);
    CHECK_EQ(read_byte(core, DATA), 'd');
    CHECK_EQ(read_byte(core, DATA + PAGE - 1), 'd');
    CHECK_EQ(read_byte(core, DATA - 1), -1);
    CHECK_EQ(read_byte(core, DATA + PAGE), -1);
    CHECK_EQ(read_byte(core, 0), -1);
    CHECK_EQ(read_byte(core, UINT64_MAX), -1);
    CHECK_EQ(read_byte(core, IMAGE), ELFMAG0);
    CHECK_EQ(read_byte(core, IMAGE + PAGE), 'i');
    CHECK_EQ(read_byte(core, PLAIN + 4), 'n');
    CHECK_EQ(read_byte(core, PLAIN + 5), 0); /* behind the file's end */
    uint8_t both[2];
    CHECK_EQ(jt_memory_read(jt_core_file_memory(core), IMAGE + PAGE - 1, both, 2), JT_OK);
    CHECK(both[0] == 0 && both[1] == 'i');
    char missing[256];
    CHECK(!jt_core_file_missing(core, 0, missing, sizeof missing));
    jt_core_file_close(core);
}

static void knows_its_maps(const fixture *f)
{
    jt_error err;
    jt_maps maps;
    jt_core_file *core = open_core(f, NULL, NULL);
    CHECK_STATUS(jt_memory_read_maps(jt_core_file_memory(core), &maps, &err), JT_OK, err);
    CHECK_EQ(maps.count, 3);
    const jt_mapping *second = jt_maps_find(&maps, IMAGE + PAGE);
    CHECK(second != NULL && strcmp(second->path, f->image) == 0);
    CHECK_EQ(second->offset, PAGE);
    jt_maps_free(&maps);
    jt_core_file_close(core);
}

static void refuses_other_files(const fixture *f)
{
    char missing[256];
    make_files(f, 8);
    jt_core_file *core = open_core(f, NULL, NULL);
    CHECK_EQ(read_byte(core, IMAGE + PAGE), -1);
    CHECK(jt_core_file_missing(core, 0, missing, sizeof missing));
    CHECK_CONTAINS(missing, f->image);
    CHECK_CONTAINS(missing, "another build");
    CHECK(!jt_core_file_missing(core, 1, missing, sizeof missing));
    jt_core_file_close(core);
    CHECK_EQ(truncate(f->plain, 0), 0);
    CHECK_EQ(unlink(f->image), 0);
    core = open_core(f, NULL, NULL);
    CHECK_EQ(read_byte(core, PLAIN), -1);
    CHECK_EQ(read_byte(core, IMAGE + PAGE), -1);
    CHECK(jt_core_file_missing(core, 0, missing, sizeof missing));
    CHECK_CONTAINS(missing, "is shorter here");
    CHECK(jt_core_file_missing(core, 1, missing, sizeof missing));
    CHECK_CONTAINS(missing, "is not here");
    jt_core_file_close(core);
    CHECK_EQ(mkfifo(f->image, 0600), 0); /* nobody writes to it: opening must not wait */
    core = open_core(f, NULL, NULL);
    CHECK_EQ(read_byte(core, IMAGE + PAGE), -1);
    CHECK(jt_core_file_missing(core, 0, missing, sizeof missing));
    CHECK_CONTAINS(missing, "no regular file");
    jt_core_file_close(core);
    CHECK_EQ(unlink(f->image), 0);
    make_files(f, 7);
}

/* The files where somebody says that they are. */
static void finds_files_elsewhere(const fixture *f)
{
    char root[96], path[256], exe[192];
    uint8_t page[PAGE];
    snprintf(root, sizeof root, "%s/root", f->directory);
    jt_core_file *core = open_core(f, root, NULL);
    CHECK_EQ(read_byte(core, IMAGE + PAGE), -1); /* there is no such directory */
    jt_core_file_close(core);
    CHECK_EQ(mkdir(root, 0700), 0);
    /* the image is the executable: what lies beside it is found, too */
    snprintf(exe, sizeof exe, "%s/image", root);
    snprintf(path, sizeof path, "%s/plain", root);
    write_bytes(path, "other", 5);
    make_image_page(page, 7);
    write_bytes(exe, page, PAGE);
    CHECK_EQ(truncate(exe, 2 * PAGE), 0);
    core = open_core(f, NULL, exe);
    CHECK_EQ(read_byte(core, IMAGE + PAGE), 0);
    CHECK_EQ(read_byte(core, PLAIN), 'o');
    jt_core_file_close(core);
    core = open_core(f, root, NULL); /* below it are no files by the whole path */
    CHECK_EQ(read_byte(core, PLAIN), -1);
    jt_core_file_close(core);
    core = open_core(f, "/", NULL);
    CHECK_EQ(read_byte(core, PLAIN), 'p');
    jt_core_file_close(core);
    unlink(exe);
    unlink(path);
    CHECK_EQ(rmdir(root), 0);
}

static void expect_refusal(const fixture *f, int expected, const char *message)
{
    jt_error err;
    jt_core_file *core;
    CHECK_STATUS(jt_core_file_open(f->core, &(jt_core_places){NULL, NULL}, &core, &err), expected, err);
    CHECK_CONTAINS(err.message, message);
    write_bytes(f->core, f->bytes, f->length);
}

static void refuses_what_is_no_core(const fixture *f)
{
    Elf64_Ehdr header;
    write_bytes(f->core, "hello", 5);
    expect_refusal(f, JT_NO_TARGET, "is not a core file");
    write_bytes(f->core, f->bytes, 0);
    expect_refusal(f, JT_NO_TARGET, "is not a core file");
    memcpy(&header, f->bytes, sizeof header);
    header.e_type = ET_EXEC;
    write_bytes(f->core, &header, sizeof header);
    expect_refusal(f, JT_NO_TARGET, "a program or library");
    header.e_type = ET_CORE;
    header.e_ident[EI_CLASS] = ELFCLASS32;
    write_bytes(f->core, &header, sizeof header);
    expect_refusal(f, JT_UNSUPPORTED, "32-bit");
    write_bytes(f->core, f->bytes, sizeof header + 10);
    expect_refusal(f, JT_UNSUPPORTED, "its program headers are missing");
    write_bytes(f->core, f->bytes, sizeof header + SEGMENTS * sizeof(Elf64_Phdr) + 100);
    expect_refusal(f, JT_UNSUPPORTED, "its notes on threads and mapped files are missing");
    jt_error err;
    jt_core_file *core;
    CHECK_STATUS(jt_core_file_open("/nonexistent/core", &(jt_core_places){NULL, NULL}, &core, &err), JT_NO_TARGET, err);
    CHECK_STATUS(jt_core_file_open("/tmp", &(jt_core_places){NULL, NULL}, &core, &err), JT_NO_TARGET, err);
}

static void says_that_it_is_cut_off(const fixture *f)
{
    char missing[256];
    write_bytes(f->core, f->bytes, f->length - PAGE);
    jt_core_file *core = open_core(f, NULL, NULL);
    CHECK_EQ(read_byte(core, DATA), 'd');
    CHECK(!jt_core_file_missing(core, 0, missing, sizeof missing));
    CHECK_EQ(read_byte(core, IMAGE), -1);
    CHECK(jt_core_file_missing(core, 0, missing, sizeof missing));
    CHECK_CONTAINS(missing, "cut off");
    jt_core_file_close(core);
    write_bytes(f->core, f->bytes, f->length);
}

/* More segments than 16 bits can count: the number stands in the first section header. */
static void counts_many_segments(const fixture *f)
{
    uint8_t many[MAX_CORE + sizeof(Elf64_Shdr)];
    Elf64_Ehdr header;
    memcpy(many, f->bytes, f->length);
    memcpy(&header, many, sizeof header);
    header.e_phnum = PN_XNUM;
    header.e_shoff = f->length;
    const Elf64_Shdr first = {.sh_info = SEGMENTS};
    memcpy(many, &header, sizeof header);
    memcpy(many + f->length, &first, sizeof first);
    write_bytes(f->core, many, f->length + sizeof first);
    jt_core_file *core = open_core(f, NULL, NULL);
    CHECK_EQ(read_byte(core, DATA), 'd');
    jt_core_file_close(core);
    write_bytes(f->core, many, f->length);
    expect_refusal(f, JT_UNSUPPORTED, "its program headers are missing");
}

/* --- broken ones --- */

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* Whatever it gives, all of it can be asked for. */
static bool survives(const fixture *f, uint64_t *random)
{
    jt_core_file *core;
    jt_error err;
    if (jt_core_file_open(f->core, &(jt_core_places){NULL, f->image}, &core, &err) != JT_OK) {
        CHECK(err.message[0] != '\0');
        return false;
    }
    size_t count, entries = 0;
    jt_core_file_threads(core, &count);
    CHECK(count > 0);
    jt_maps maps;
    CHECK_STATUS(jt_memory_read_maps(jt_core_file_memory(core), &maps, &err), JT_OK, err);
    for (; entries < maps.count; entries++)
        read_byte(core, maps.entries[entries].start + next_random(random) % PAGE);
    jt_maps_free(&maps);
    for (jt_addr address = DATA - PAGE; address < PLAIN + 2 * PAGE; address += PAGE / 2)
        read_byte(core, address);
    char missing[64];
    for (size_t i = 0; jt_core_file_missing(core, i, missing, sizeof missing); i++)
        CHECK(i <= entries);
    jt_core_file_close(core);
    return true;
}

static void survives_broken_cores(fixture *f)
{
    enum { ROUNDS = 1500, MAX_FLIPS = 6 };
    uint64_t random = 1;
    size_t readable = 0;
    size_t headers = f->length - 2 * PAGE; /* what is not a page */
    for (size_t length = 0; length < headers; length += 7) {
        write_bytes(f->core, f->bytes, length);
        readable += survives(f, &random);
    }
    CHECK_EQ(readable, 0);
    for (int round = 0; round < ROUNDS; round++) {
        uint8_t broken[MAX_CORE];
        memcpy(broken, f->bytes, f->length);
        for (uint64_t flips = 1 + next_random(&random) % MAX_FLIPS; flips > 0; flips--)
            broken[next_random(&random) % headers] ^= (uint8_t)(1u << next_random(&random) % 8);
        size_t length = next_random(&random) % 4 == 0 ? next_random(&random) % f->length : f->length;
        write_bytes(f->core, broken, length);
        readable += survives(f, &random);
    }
    CHECK(readable > 0 && readable < ROUNDS);
}

int main(void)
{
    fixture f;
    set_up(&f);
    reads_memory_and_threads(&f);
    knows_its_maps(&f);
    refuses_other_files(&f);
    finds_files_elsewhere(&f);
    refuses_what_is_no_core(&f);
    says_that_it_is_cut_off(&f);
    counts_many_segments(&f);
    survives_broken_cores(&f);
    tear_down(&f);
    return 0;
}
