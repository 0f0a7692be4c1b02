/* Unwinding and names by elfutils' libdwfl, over a stack that was copied: see unwinder.h. */
#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unwinder.h"
#include "symbol_name.h"

enum {
    THREAD = 1, /* libdwfl wants ids; there is one thread at a time */
    MAX_SYMBOL_SPAN = 16 << 20 /* bytes of a function; what claims to be larger is asked about place by place */
};

struct jt_unwinder {
    Dwfl *dwfl;
    bool attached;
    const jt_unwind_start *start; /* of the thread that is just unwound */
    uint64_t *pcs;
    size_t capacity, count;
    int end; /* enum jt_unwound, as far as the frames' callback has decided */
};

/* --- files --- */

/* Of debug information only what is installed here and has the same build id: nothing by a name that the target
 * gives, and nothing from the network, where dwfl_standard_find_debuginfo would look in the end. */
static int find_debuginfo(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base, const char *file_name,
                          const char *link, GElf_Word crc, char **found)
{
    return dwfl_build_id_find_debuginfo(module, data, name, base, file_name, link, crc, found);
}

/* All modules come with their file. */
static int find_elf(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base, char **file_name, Elf **elf)
{
    (void)module, (void)data, (void)name, (void)base, (void)file_name, (void)elf;
    return -1;
}

static char *debuginfo_path = "/usr/lib/debug";
static const Dwfl_Callbacks callbacks = {
    .find_elf = find_elf, .find_debuginfo = find_debuginfo, .debuginfo_path = &debuginfo_path};

static jt_unwinder *create(void)
{
    jt_unwinder *unwinder = calloc(1, sizeof *unwinder);
    if (unwinder != NULL)
        unwinder->dwfl = dwfl_begin(&callbacks);
    if (unwinder != NULL && unwinder->dwfl == NULL) {
        free(unwinder);
        return NULL;
    }
    return unwinder;
}

static void destroy(jt_unwinder *unwinder)
{
    if (unwinder != NULL)
        dwfl_end(unwinder->dwfl);
    free(unwinder);
}

/* What to add to the image's addresses, from the segment that holds `offset` of its file. */
static bool find_bias(int fd, uint64_t address, uint64_t offset, uint64_t *bias)
{
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    size_t count;
    bool found = false;
    if (elf != NULL && elf_kind(elf) == ELF_K_ELF && elf_getphdrnum(elf, &count) == 0) {
        for (size_t i = 0; i < count && !found; i++) {
            GElf_Phdr segment;
            if (gelf_getphdr(elf, (int)i, &segment) == NULL || segment.p_type != PT_LOAD || segment.p_align == 0)
                continue;
            uint64_t into = segment.p_offset & (segment.p_align - 1), begin = segment.p_offset - into;
            found = offset >= begin && offset - begin < segment.p_filesz + into;
            *bias = address - (offset - begin) - (segment.p_vaddr - into);
        }
    }
    elf_end(elf);
    return found;
}

static bool add_module(jt_unwinder *unwinder, const char *name, int fd, uint64_t address, uint64_t offset)
{
    uint64_t bias;
    if (!find_bias(fd, address, offset, &bias)) {
        close(fd);
        return false;
    }
    dwfl_report_begin_add(unwinder->dwfl);
    bool added = dwfl_report_elf(unwinder->dwfl, name, name, fd, bias, true) != NULL;
    dwfl_report_end(unwinder->dwfl, NULL, NULL);
    if (!added)
        close(fd);
    return added;
}

/* --- unwinding --- */

static pid_t next_thread(Dwfl *dwfl, void *arg, void **thread_arg)
{
    (void)dwfl;
    if (*thread_arg != NULL)
        return 0;
    *thread_arg = arg;
    return THREAD;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *arg, void **thread_arg)
{
    (void)dwfl, (void)tid;
    *thread_arg = arg;
    return true;
}

static bool read_word(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *word, void *arg)
{
    (void)dwfl;
    const jt_unwind_start *start = ((const jt_unwinder *)arg)->start;
    uint64_t read;
    if (!start->read_word(start->context, address, &read))
        return false;
    *word = read;
    return true;
}

static bool set_registers(Dwfl_Thread *thread, void *arg)
{
    const jt_unwind_start *start = ((const jt_unwinder *)arg)->start;
    for (int i = 0; i < JT_UNWINDER_REGISTERS; i++) {
        Dwarf_Word value = start->registers[i];
        if (start->known[i] && !dwfl_thread_state_registers(thread, i, 1, &value))
            return false;
    }
    return true;
}

static const Dwfl_Thread_Callbacks thread_callbacks = {.next_thread = next_thread,
                                                       .get_thread = get_thread,
                                                       .memory_read = read_word,
                                                       .set_initial_registers = set_registers};

static int take_frame(Dwfl_Frame *frame, void *arg)
{
    jt_unwinder *unwinder = arg;
    Dwarf_Addr pc;
    bool is_exact; /* not a return address, which may be that of the next function */
    if (!dwfl_frame_pc(frame, &pc, &is_exact)) {
        unwinder->end = JT_UNWOUND_IN_PART;
        return DWARF_CB_ABORT;
    }
    if (unwinder->start->ends_at(unwinder->start->context, pc)) {
        unwinder->end = JT_UNWOUND_TO_END;
        return DWARF_CB_ABORT;
    }
    if (unwinder->count == unwinder->capacity) {
        unwinder->end = JT_UNWOUND_TOO_MANY;
        return DWARF_CB_ABORT;
    }
    unwinder->pcs[unwinder->count++] = is_exact ? pc : pc - 1;
    return DWARF_CB_OK;
}

/* Whether call frame information says of the frame at `pc` that it has no caller. libdwfl ends in the same way where it
 * does not find the caller. */
static bool is_outermost(jt_unwinder *unwinder, uint64_t pc)
{
    Dwarf_Addr bias;
    Dwarf_Frame *frame;
    Dwfl_Module *module = dwfl_addrmodule(unwinder->dwfl, pc);
    Dwarf_CFI *cfi = module == NULL ? NULL : dwfl_module_eh_cfi(module, &bias);
    if (cfi == NULL || dwarf_cfi_addrframe(cfi, pc - bias, &frame) != 0)
        return false;
    Dwarf_Op storage[3], *rule;
    size_t count;
    int return_address = dwarf_frame_info(frame, NULL, NULL, NULL);
    bool undefined = return_address >= 0 && dwarf_frame_register(frame, return_address, storage, &rule, &count) == 0 &&
                     count == 0 && rule == storage;
    free(frame);
    return undefined;
}

static int unwind(jt_unwinder *unwinder, const jt_unwind_start *start, uint64_t *pcs, size_t capacity, size_t *count)
{
    unwinder->start = start;
    unwinder->pcs = pcs;
    unwinder->capacity = capacity;
    unwinder->count = 0;
    if (!unwinder->attached) /* by the first image's kind of CPU, so not before there is one */
        unwinder->attached = dwfl_attach_state(unwinder->dwfl, NULL, THREAD, &thread_callbacks, unwinder);
    int result = unwinder->attached ? dwfl_getthread_frames(unwinder->dwfl, THREAD, take_frame, unwinder) : -1;
    *count = unwinder->count;
    if (result == 0 && *count > 0 && is_outermost(unwinder, pcs[*count - 1]))
        return JT_UNWOUND_TO_BOTTOM;
    return result == DWARF_CB_ABORT ? unwinder->end : JT_UNWOUND_IN_PART;
}

/* --- names --- */

static bool name(jt_unwinder *unwinder, uint64_t pc, char *into, size_t capacity, uint64_t *begin, uint64_t *end)
{
    Dwfl_Module *module = dwfl_addrmodule(unwinder->dwfl, pc);
    if (module == NULL)
        return false;
    Dwarf_Addr low = 0, bias = 0;
    const char *file = dwfl_module_info(module, NULL, &low, NULL, NULL, NULL, NULL, NULL);
    GElf_Off offset = 0;
    GElf_Sym symbol = {0};
    const char *found = dwfl_module_addrinfo(module, pc, &offset, &symbol, NULL, NULL, NULL);
    *begin = pc;
    *end = pc + 1;
    if (found == NULL || found[0] == '\0') {
        dwfl_module_getelf(module, &bias);
        snprintf(into, capacity, "%s!0x%llx", file == NULL ? "" : file, (unsigned long long)(pc - bias));
        return true;
    }
    if (offset < symbol.st_size && symbol.st_size <= MAX_SYMBOL_SPAN && offset <= pc) {
        *begin = pc - offset;
        *end = *begin + symbol.st_size;
    }
    int length = snprintf(into, capacity, "%s!", file == NULL ? "" : file);
    if (length >= 0 && (size_t)length < capacity)
        jt_symbol_name(found, into + length, capacity - (size_t)length);
    return true;
}

static const jt_unwinder_functions functions = {JT_UNWINDER_ABI, create, destroy, add_module, unwind, name};

__attribute__((visibility("default"))) jt_unwinder_entry jtrace_unwinder;

const jt_unwinder_functions *jtrace_unwinder(void)
{
    return &functions;
}
