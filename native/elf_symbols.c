#include "elf_symbols.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>

#include "elf_machine.h"

/* The image belongs to the target and may hold anything: more than these is not read. */
enum {
    MAX_PROGRAM_HEADERS = 128,
    MAX_DYNAMIC_ENTRIES = 1024,
    MAX_CHAIN = 65536, /* symbols looked at for one name */
    MAX_NAME = 256,
};

/* The addresses, before the bias, that the image's segments span. */
typedef struct {
    uint64_t low, high;
} extent;

static int check_header(const Elf64_Ehdr *header, jt_error *err)
{
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return jt_fail(err, JT_UNSUPPORTED, "no ELF image is mapped there");
    if (header->e_ident[EI_CLASS] == ELFCLASS32)
        return jt_fail(err, JT_UNSUPPORTED, "it is a 32-bit process; jtrace reads 64-bit JVMs only");
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_machine != JT_ELF_MACHINE)
        return jt_fail(err, JT_UNSUPPORTED, "its ELF image is for another machine (ELF machine %u)",
                       (unsigned)header->e_machine);
    if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum == 0 || header->e_phnum > MAX_PROGRAM_HEADERS)
        return jt_fail(err, JT_UNSUPPORTED, "its ELF image has a broken header (%u program headers of %u bytes)",
                       (unsigned)header->e_phnum, (unsigned)header->e_phentsize);
    return JT_OK;
}

/* Finds the bias, the extent and PT_DYNAMIC; false when one of them is missing. */
static bool survey_segments(const Elf64_Phdr *headers, size_t count, jt_addr base, jt_addr *bias, extent *span,
                            Elf64_Phdr *dynamic)
{
    bool loaded = false, has_dynamic = false;
    for (size_t i = 0; i < count; i++) {
        const Elf64_Phdr *header = &headers[i];
        if (header->p_type == PT_DYNAMIC) {
            *dynamic = *header;
            has_dynamic = true;
        } else if (header->p_type == PT_LOAD && !loaded) {
            *bias = base - (header->p_vaddr - header->p_offset);
            *span = (extent){header->p_vaddr, header->p_vaddr + header->p_memsz};
            loaded = true;
        } else if (header->p_type == PT_LOAD && header->p_vaddr + header->p_memsz > span->high) {
            span->high = header->p_vaddr + header->p_memsz;
        }
    }
    return loaded && has_dynamic;
}

/* glibc adds the bias to the pointers of the dynamic section in place (elf/get-dynamic-info.h, ADJUST_DYN_INFO), musl
 * does not, and glibc leaves the vdso's alone. 0 when it points out of the image either way. */
static jt_addr dynamic_pointer(uint64_t value, jt_addr bias, const extent *span)
{
    if (value - bias >= span->low && value - bias < span->high)
        return value;
    if (value >= span->low && value < span->high)
        return value + bias;
    return 0;
}

static void take_dynamic_entry(jt_elf_image *image, const Elf64_Dyn *entry, const extent *span)
{
    switch (entry->d_tag) {
    case DT_SYMTAB:
        image->dynsym = dynamic_pointer(entry->d_un.d_ptr, image->bias, span);
        break;
    case DT_STRTAB:
        image->dynstr = dynamic_pointer(entry->d_un.d_ptr, image->bias, span);
        break;
    case DT_STRSZ:
        image->dynstr_size = entry->d_un.d_val;
        break;
    case DT_GNU_HASH:
        image->gnu_hash = dynamic_pointer(entry->d_un.d_ptr, image->bias, span);
        break;
    case DT_HASH:
        image->sysv_hash = dynamic_pointer(entry->d_un.d_ptr, image->bias, span);
        break;
    default:
        break;
    }
}

static int read_dynamic(jt_elf_image *image, const Elf64_Phdr *dynamic, const extent *span, jt_error *err)
{
    size_t count = dynamic->p_memsz / sizeof(Elf64_Dyn);
    if (count > MAX_DYNAMIC_ENTRIES)
        count = MAX_DYNAMIC_ENTRIES;
    Elf64_Dyn entries[MAX_DYNAMIC_ENTRIES];
    if (jt_memory_read(image->memory, image->bias + dynamic->p_vaddr, entries, count * sizeof *entries) != JT_OK)
        return jt_fail(err, JT_STALE, "its ELF image's dynamic section cannot be read");
    for (size_t i = 0; i < count && entries[i].d_tag != DT_NULL; i++)
        take_dynamic_entry(image, &entries[i], span);
    if (image->dynsym == 0 || image->dynstr == 0 || image->dynstr_size == 0 ||
        (image->gnu_hash == 0 && image->sysv_hash == 0))
        return jt_fail(err, JT_UNSUPPORTED, "its ELF image has no usable dynamic symbol table");
    return JT_OK;
}

/* The program headers, at most MAX_PROGRAM_HEADERS. */
static int read_program_headers(const jt_memory *memory, jt_addr base, Elf64_Phdr *headers, size_t *count,
                                jt_error *err)
{
    Elf64_Ehdr header;
    if (jt_memory_read(memory, base, &header, sizeof header) != JT_OK)
        return jt_fail(err, JT_STALE, "its ELF header cannot be read");
    int status = check_header(&header, err);
    if (status != JT_OK)
        return status;
    if (jt_memory_read(memory, base + header.e_phoff, headers, header.e_phnum * sizeof *headers) != JT_OK)
        return jt_fail(err, JT_STALE, "its ELF program headers cannot be read");
    *count = header.e_phnum;
    return JT_OK;
}

int jt_elf_image_open(jt_elf_image *image, const jt_memory *memory, jt_addr base, jt_error *err)
{
    *image = (jt_elf_image){.memory = memory};
    Elf64_Phdr headers[MAX_PROGRAM_HEADERS];
    size_t count;
    int status = read_program_headers(memory, base, headers, &count, err);
    if (status != JT_OK)
        return status;
    extent span = {0, 0};
    Elf64_Phdr dynamic = {0};
    if (!survey_segments(headers, count, base, &image->bias, &span, &dynamic))
        return jt_fail(err, JT_UNSUPPORTED, "its ELF image is not dynamically linked");
    return read_dynamic(image, &dynamic, &span, err);
}

static const Elf64_Phdr *find_segment(const Elf64_Phdr *headers, size_t count, uint32_t type)
{
    for (size_t i = 0; i < count; i++)
        if (headers[i].p_type == type)
            return &headers[i];
    return NULL;
}

int jt_elf_image_segment(const jt_memory *memory, jt_addr base, uint32_t type, jt_addr *address, uint64_t *size)
{
    Elf64_Phdr headers[MAX_PROGRAM_HEADERS];
    size_t count;
    int status = read_program_headers(memory, base, headers, &count, NULL);
    if (status != JT_OK)
        return status;
    const Elf64_Phdr *loaded = find_segment(headers, count, PT_LOAD);
    const Elf64_Phdr *wanted = find_segment(headers, count, type);
    if (loaded == NULL || wanted == NULL)
        return JT_STALE;
    *address = base - (loaded->p_vaddr - loaded->p_offset) + wanted->p_vaddr;
    *size = wanted->p_memsz;
    return JT_OK;
}

/* Whether symbol `index` is a definition of `name`. JT_OK: it is, JT_STALE: it is not, or cannot be read. */
static int match_symbol(const jt_elf_image *image, uint32_t index, const char *name, jt_addr *address)
{
    Elf64_Sym symbol;
    if (jt_memory_read(image->memory, image->dynsym + (uint64_t)index * sizeof symbol, &symbol, sizeof symbol) != JT_OK)
        return JT_STALE;
    if (symbol.st_shndx == SHN_UNDEF || ELF64_ST_TYPE(symbol.st_info) == STT_TLS ||
        symbol.st_name >= image->dynstr_size)
        return JT_STALE;
    char found[MAX_NAME];
    if (jt_memory_read_string(image->memory, image->dynstr + symbol.st_name, found, strlen(name) + 1) != JT_OK ||
        strcmp(found, name) != 0)
        return JT_STALE;
    *address = image->bias + symbol.st_value;
    return JT_OK;
}

static uint32_t gnu_hash_of(const char *name)
{
    uint32_t hash = 5381;
    for (const unsigned char *at = (const unsigned char *)name; *at != '\0'; at++)
        hash = hash * 33 + *at;
    return hash;
}

static int gnu_hash_lookup(const jt_elf_image *image, const char *name, jt_addr *address)
{
    struct {
        uint32_t buckets, first_symbol, bloom_words, bloom_shift;
    } table;
    if (jt_memory_read(image->memory, image->gnu_hash, &table, sizeof table) != JT_OK || table.buckets == 0)
        return JT_STALE;
    uint32_t hash = gnu_hash_of(name);
    jt_addr buckets = image->gnu_hash + sizeof table + (uint64_t)table.bloom_words * sizeof(uint64_t);
    jt_addr chains = buckets + (uint64_t)table.buckets * sizeof(uint32_t);
    uint32_t index;
    if (jt_memory_read(image->memory, buckets + (uint64_t)(hash % table.buckets) * sizeof index, &index,
                       sizeof index) != JT_OK ||
        index < table.first_symbol)
        return JT_STALE;
    for (uint32_t step = 0; step < MAX_CHAIN; step++, index++) {
        uint32_t chain;
        if (jt_memory_read(image->memory, chains + (uint64_t)(index - table.first_symbol) * sizeof chain, &chain,
                           sizeof chain) != JT_OK)
            return JT_STALE;
        if ((chain | 1) == (hash | 1) && match_symbol(image, index, name, address) == JT_OK)
            return JT_OK;
        if (chain & 1) /* the last one of its bucket */
            return JT_STALE;
    }
    return JT_STALE;
}

static uint32_t sysv_hash_of(const char *name)
{
    uint32_t hash = 0;
    for (const unsigned char *at = (const unsigned char *)name; *at != '\0'; at++) {
        hash = (hash << 4) + *at;
        hash ^= (hash >> 24) & 0xf0;
    }
    return hash & 0x0fffffff;
}

static int sysv_hash_lookup(const jt_elf_image *image, const char *name, jt_addr *address)
{
    uint32_t counts[2]; /* buckets, chains */
    if (jt_memory_read(image->memory, image->sysv_hash, counts, sizeof counts) != JT_OK || counts[0] == 0)
        return JT_STALE;
    jt_addr buckets = image->sysv_hash + sizeof counts;
    jt_addr chains = buckets + (uint64_t)counts[0] * sizeof(uint32_t);
    jt_addr next = buckets + (uint64_t)(sysv_hash_of(name) % counts[0]) * sizeof(uint32_t);
    for (uint32_t step = 0; step < MAX_CHAIN; step++) {
        uint32_t index;
        if (jt_memory_read(image->memory, next, &index, sizeof index) != JT_OK || index == STN_UNDEF ||
            index >= counts[1])
            return JT_STALE;
        if (match_symbol(image, index, name, address) == JT_OK)
            return JT_OK;
        next = chains + (uint64_t)index * sizeof(uint32_t);
    }
    return JT_STALE;
}

int jt_elf_image_symbol(const jt_elf_image *image, const char *name, jt_addr *address)
{
    if (strlen(name) >= MAX_NAME)
        return JT_STALE;
    if (image->gnu_hash != 0)
        return gnu_hash_lookup(image, name, address);
    return sysv_hash_lookup(image, name, address);
}
