#include "elf_symbols.h"

#include <dlfcn.h>
#include <elf.h>
#include <stdbool.h>

#include "check.h"
#include "child.h"
#include "maps.h"

/* ---- a real image in another process ---- */

/* Where the file whose path contains `part` is mapped from its start. */
static jt_addr base_of(int pid, const char *part)
{
    jt_error err;
    jt_maps maps;
    CHECK_STATUS(jt_maps_read(pid, &maps, &err), JT_OK, err);
    jt_addr base = 0;
    for (size_t i = 0; i < maps.count && base == 0; i++)
        if (strstr(maps.entries[i].path, part) != NULL && maps.entries[i].offset == 0)
            base = maps.entries[i].start;
    jt_maps_free(&maps);
    return base;
}

static void finds_symbols_of_a_library(void)
{
    void *library = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    pid_t child = start_child(wait_for_ever, NULL);
    jt_addr base = base_of(child, "/libc");
    CHECK(library != NULL && base != 0);
    jt_live_memory memory;
    jt_live_memory_init(&memory, child);
    jt_error err;
    jt_elf_image image;
    CHECK_STATUS(jt_elf_image_open(&image, &memory.base, base, &err), JT_OK, err);
    const char *const names[] = {"getppid", "qsort", "environ", "puts"};
    jt_addr address;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_EQ(jt_elf_image_symbol(&image, names[i], &address), JT_OK);
        CHECK_EQ(address, (jt_addr)(uintptr_t)dlsym(library, names[i])); /* a fork has it at the same place */
    }
    CHECK_EQ(jt_elf_image_symbol(&image, "jtrace_no_such_symbol", &address), JT_STALE);
    CHECK_EQ(jt_elf_image_symbol(&image, "", &address), JT_STALE);
    CHECK_STATUS(jt_elf_image_open(&image, &memory.base, 4096, &err), JT_STALE, err);
    CHECK_STATUS(jt_elf_image_open(&image, &memory.base, base + 16, &err), JT_UNSUPPORTED, err);
    kill_child(child);
    dlclose(library);
}

/* The vdso's dynamic section is never relocated. */
static void finds_symbols_of_the_vdso(void)
{
    jt_live_memory memory;
    jt_live_memory_init(&memory, getpid());
    jt_addr base = base_of(getpid(), "[vdso]");
    if (base == 0) {
        fprintf(stderr, "not tested: there is no vdso\n");
        return;
    }
    jt_error err;
    jt_elf_image image;
    jt_addr address;
    CHECK_STATUS(jt_elf_image_open(&image, &memory.base, base, &err), JT_OK, err);
#if defined(__x86_64__)
    CHECK_EQ(jt_elf_image_symbol(&image, "__vdso_clock_gettime", &address), JT_OK);
#else
    CHECK_EQ(jt_elf_image_symbol(&image, "__kernel_clock_gettime", &address), JT_OK);
#endif
    CHECK(address > base && address < base + 65536);
}

/* ---- an image made for the test, with a SysV hash table ---- */

enum { BIAS = 0x700000000000, FIRST_VADDR = 0x10000, BUCKETS = 2, SYMBOLS = 4 };

static const char strings[] = "\0alpha\0beta\0gamma";

typedef struct {
    Elf64_Ehdr header;
    Elf64_Phdr segments[2];
    Elf64_Dyn dynamic[5];
    Elf64_Sym symbols[SYMBOLS];
    uint32_t hash[2 + BUCKETS + SYMBOLS];
    char strings[sizeof strings];
} made_image;

typedef struct {
    jt_memory base;
    made_image content;
    size_t reads;
} made_memory;

static size_t read_made(const jt_memory *self, const jt_read *reads, size_t count)
{
    made_memory *memory = (made_memory *)self;
    memory->reads++;
    for (size_t i = 0; i < count; i++) {
        jt_addr offset = reads[i].address - BIAS - FIRST_VADDR;
        if (offset > sizeof memory->content || reads[i].length > sizeof memory->content - offset)
            return i;
        memcpy(reads[i].into, (const char *)&memory->content + offset, reads[i].length);
    }
    return count;
}

static Elf64_Dyn pointer_to(int64_t tag, size_t offset)
{
    return (Elf64_Dyn){.d_tag = tag, .d_un.d_ptr = FIRST_VADDR + offset};
}

/* Symbols: alpha and beta are defined, gamma is not. All hang in the same chain: 3 -> 2 -> 1. */
static made_memory make_image(void)
{
    made_memory memory = {.base.read_batch = read_made};
    made_image *image = &memory.content;
    memcpy(image->header.e_ident, ELFMAG, SELFMAG);
    image->header.e_ident[EI_CLASS] = ELFCLASS64;
    image->header.e_ident[EI_DATA] = ELFDATA2LSB;
#if defined(__x86_64__)
    image->header.e_machine = EM_X86_64;
#else
    image->header.e_machine = EM_AARCH64;
#endif
    image->header.e_phoff = offsetof(made_image, segments);
    image->header.e_phentsize = sizeof(Elf64_Phdr);
    image->header.e_phnum = 2;
    image->segments[0] = (Elf64_Phdr){.p_type = PT_LOAD, .p_vaddr = FIRST_VADDR, .p_memsz = sizeof *image};
    image->segments[1] = (Elf64_Phdr){.p_type = PT_DYNAMIC,
                                      .p_vaddr = FIRST_VADDR + offsetof(made_image, dynamic),
                                      .p_memsz = sizeof image->dynamic};
    image->dynamic[0] = pointer_to(DT_SYMTAB, offsetof(made_image, symbols));
    image->dynamic[1] = pointer_to(DT_STRTAB, offsetof(made_image, strings));
    image->dynamic[2] = pointer_to(DT_HASH, offsetof(made_image, hash));
    image->dynamic[3] = (Elf64_Dyn){.d_tag = DT_STRSZ, .d_un.d_val = sizeof strings};
    memcpy(image->strings, strings, sizeof strings);
    image->symbols[1] = (Elf64_Sym){.st_name = 1, .st_shndx = 1, .st_value = 0x10100};
    image->symbols[2] = (Elf64_Sym){.st_name = 7, .st_shndx = 1, .st_value = 0x10200};
    image->symbols[3] = (Elf64_Sym){.st_name = 12, .st_shndx = SHN_UNDEF};
    const uint32_t hash[] = {BUCKETS, SYMBOLS, 3, 3, 0, 0, 1, 2};
    memcpy(image->hash, hash, sizeof hash);
    return memory;
}

static jt_elf_image open_made(const made_memory *memory)
{
    jt_error err;
    jt_elf_image image;
    CHECK_STATUS(jt_elf_image_open(&image, &memory->base, BIAS + FIRST_VADDR, &err), JT_OK, err);
    CHECK_EQ(image.bias, BIAS);
    return image;
}

static void check_made_symbols(const made_memory *memory)
{
    jt_elf_image image = open_made(memory);
    jt_addr address;
    CHECK_EQ(jt_elf_image_symbol(&image, "alpha", &address), JT_OK);
    CHECK_EQ(address, BIAS + 0x10100);
    CHECK_EQ(jt_elf_image_symbol(&image, "beta", &address), JT_OK);
    CHECK_EQ(address, BIAS + 0x10200);
    CHECK_EQ(jt_elf_image_symbol(&image, "gamma", &address), JT_STALE);
    CHECK_EQ(jt_elf_image_symbol(&image, "bet", &address), JT_STALE);
    CHECK_EQ(jt_elf_image_symbol(&image, "betas", &address), JT_STALE);
}

static void takes_relative_and_relocated_pointers(void)
{
    made_memory memory = make_image();
    check_made_symbols(&memory); /* as musl leaves them */
    for (int i = 0; i < 3; i++)
        memory.content.dynamic[i].d_un.d_ptr += BIAS; /* as glibc leaves them */
    check_made_symbols(&memory);
}

static void ends_in_broken_tables(void)
{
    made_memory memory = make_image();
    memory.content.hash[1] = UINT32_MAX;
    memory.content.hash[2 + BUCKETS + 1] = 3; /* 3 -> 2 -> 1 -> 3 ... */
    jt_elf_image image = open_made(&memory);
    jt_addr address;
    memory.reads = 0;
    CHECK_EQ(jt_elf_image_symbol(&image, "delta", &address), JT_STALE);
    CHECK(memory.reads < 1000000);
    memory.content.hash[2] = memory.content.hash[3] = 0x7fffffff; /* a symbol far outside */
    CHECK_EQ(jt_elf_image_symbol(&image, "alpha", &address), JT_STALE);
    memory.content.hash[0] = 0; /* no bucket to divide by */
    CHECK_EQ(jt_elf_image_symbol(&image, "alpha", &address), JT_STALE);
}

static void ends_in_a_broken_gnu_table(void)
{
    made_memory memory = make_image();
    memory.content.dynamic[2].d_tag = DT_GNU_HASH;
    const uint32_t hash[] = {1, 1, 0, 0, 1, 2, 2, 2};
    memcpy(memory.content.hash, hash, sizeof hash);
    jt_elf_image image = open_made(&memory);
    jt_addr address;
    CHECK_EQ(jt_elf_image_symbol(&image, "alpha", &address), JT_STALE); /* the chain runs out of the image */
    memory.content.hash[0] = 0;
    CHECK_EQ(jt_elf_image_symbol(&image, "alpha", &address), JT_STALE);
    memory.content.hash[0] = memory.content.hash[2] = UINT32_MAX;
    CHECK_EQ(jt_elf_image_symbol(&image, "alpha", &address), JT_STALE);
}

static void refuse_image(const made_memory *memory, int status, const char *message)
{
    jt_error err;
    jt_elf_image image;
    CHECK_STATUS(jt_elf_image_open(&image, &memory->base, BIAS + FIRST_VADDR, &err), status, err);
    CHECK_CONTAINS(err.message, message);
}

static void refuses_foreign_and_broken_images(void)
{
    made_memory memory = make_image();
    memory.content.header.e_ident[EI_CLASS] = ELFCLASS32;
    refuse_image(&memory, JT_UNSUPPORTED, "32-bit process");
    memory = make_image();
    memory.content.header.e_machine = EM_S390;
    refuse_image(&memory, JT_UNSUPPORTED, "another machine");
    memory = make_image();
    memory.content.header.e_phnum = UINT16_MAX;
    refuse_image(&memory, JT_UNSUPPORTED, "broken header");
    memory = make_image();
    memory.content.header.e_phoff = UINT64_MAX;
    refuse_image(&memory, JT_STALE, "program headers");
    memory = make_image();
    memory.content.segments[1].p_type = PT_NULL;
    refuse_image(&memory, JT_UNSUPPORTED, "not dynamically linked");
    memory = make_image();
    memory.content.segments[1].p_memsz = UINT64_MAX;
    refuse_image(&memory, JT_STALE, "dynamic section");
    memory = make_image();
    memory.content.dynamic[0].d_un.d_ptr = UINT64_MAX;
    refuse_image(&memory, JT_UNSUPPORTED, "no usable dynamic symbol table");
}

int main(void)
{
    finds_symbols_of_a_library();
    finds_symbols_of_the_vdso();
    takes_relative_and_relocated_pointers();
    ends_in_broken_tables();
    ends_in_a_broken_gnu_table();
    refuses_foreign_and_broken_images();
}
