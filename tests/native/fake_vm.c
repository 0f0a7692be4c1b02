#include "fake_vm.h"

#include <elf.h>

#include "check.h"

/* --- what is exported; offsets as in the releases' own tables --- */

enum { NONE = -1, STATIC = -2 };

typedef struct {
    const char *type, *name, *type_string;
    int offsets[FAKE_RELEASES]; /* 8, 17, 25 */
} field_row;

static const field_row field_rows[] = {
    {"ThreadsSMRSupport", "_java_thread_list", "ThreadsList*", {NONE, STATIC, STATIC}},
    {"ThreadsList", "_length", "const uint", {NONE, 4, 4}},
    {"ThreadsList", "_threads", "JavaThread *const *const", {NONE, 16, 16}},
    {"Threads", "_thread_list", "JavaThread*", {STATIC, NONE, NONE}},
    {"JavaThread", "_next", "JavaThread*", {560, NONE, NONE}},
    {"JavaThread", "_osthread", "OSThread*", {392, 560, NONE}},
    {"Thread", "_osthread", "OSThread*", {NONE, NONE, 1016}},
    {"JavaThread", "_thread_state", "volatile JavaThreadState", {728, 824, 1324}},
    {"JavaThread", "_anchor", "JavaFrameAnchor", {576, 656, 1152}},
    {"JavaThread", "_stack_base", "address", {424, 592, 1048}},
    {"JavaThread", "_stack_size", "size_t", {432, 600, 1056}},
    {"JavaThread", "_cont_entry", "ContinuationEntry*", {NONE, NONE, 1560}},
    {"JavaThread", "_saved_exception_pc", "address", {744, 856, 1336}},
    {"OSThread", "_thread_id", "OSThread::thread_id_t", {216, 208, 12}},
    {"JavaFrameAnchor", "_last_Java_sp", "intptr_t*", {0, 0, 0}},
    {"JavaFrameAnchor", "_last_Java_pc", "address", {8, 8, 8}},
    {"JavaFrameAnchor", "_last_Java_fp", "intptr_t*", {16, 16, 16}},
    {"JavaCallWrapper", "_anchor", "JavaFrameAnchor", {32, 32, 32}},
    {"Abstract_VM_Version", "_vm_major_version", "int", {STATIC, STATIC, STATIC}},
    {"CodeCache", "_heap", "CodeHeap*", {STATIC, NONE, NONE}},
    {"CodeCache", "_heaps", "GrowableArray<CodeHeap*>*", {NONE, STATIC, STATIC}},
    {"GenericGrowableArray", "_len", "int", {0, NONE, NONE}},
    {"GrowableArrayBase", "_len", "int", {NONE, 0, 0}},
    {"GrowableArray<int>", "_data", "int*", {24, 8, 8}},
    {"CodeHeap", "_memory", "VirtualSpace", {0, 8, 0}},
    {"CodeHeap", "_segmap", "VirtualSpace", {112, 120, 112}},
    {"CodeHeap", "_log2_segment_size", "int", {248, 256, 248}},
    {"VirtualSpace", "_low_boundary", "char*", {0, 0, 0}},
    {"VirtualSpace", "_high_boundary", "char*", {8, 8, 8}},
    {"VirtualSpace", "_low", "char*", {16, 16, 16}},
    {"VirtualSpace", "_high", "char*", {24, 24, 24}},
    {"HeapBlock::Header", "_length", "size_t", {0, 0, NONE}},
    {"HeapBlock::Header", "_length", "uint32_t", {NONE, NONE, 0}},
    {"HeapBlock::Header", "_used", "bool", {8, 8, 4}},
    {"CodeBlob", "_name", "const char*", {8, 96, 8}},
    {"CodeBlob", "_size", "int", {16, 12, 24}},
    {"CodeBlob", "_header_size", "int", {20, 16, NONE}},
    {"CodeBlob", "_header_size", "u2", {NONE, NONE, 52}},
    {"CodeBlob", "_frame_size", "int", {44, 28, 44}},
    {"CodeBlob", "_frame_complete_offset", "int", {36, 20, NONE}},
    {"CodeBlob", "_frame_complete_offset", "int16_t", {NONE, NONE, 54}},
    {"CodeBlob", "_code_begin", "address", {NONE, 32, NONE}},
    {"CodeBlob", "_code_end", "address", {NONE, 40, NONE}},
    {"CodeBlob", "_code_offset", "int", {32, NONE, 36}},
    {"CodeBlob", "_data_offset", "int", {40, 24, 40}},
    {"CodeBlob", "_kind", "CodeBlobKind", {NONE, NONE, 56}},
    {"UpcallStub", "_frame_data_offset", "ByteSize", {NONE, NONE, 72}},
    {"UpcallStub::FrameData", "jfa", "JavaFrameAnchor", {NONE, NONE, 8}},
    {"nmethod", "_method", "Method*", {64, NONE, 80}},
    {"CompiledMethod", "_method", "Method*", {NONE, 112, NONE}},
    {"nmethod", "_compile_id", "int", {204, 304, 212}},
    {"nmethod", "_orig_pc_offset", "int", {200, 300, 208}},
    {"nmethod", "_osr_entry_point", "address", {136, 232, 144}},
    {"nmethod", "_entry_bci", "int", {72, 192, 156}},
    {"nmethod", "_scopes_pcs_offset", "int", {180, 268, 196}},
    {"nmethod", "_dependencies_offset", "int", {184, 272, NONE}},
    {"nmethod", "_scopes_data_offset", "int", {176, NONE, 200}},
    {"nmethod", "_immutable_data", "address", {NONE, NONE, 96}},
    {"CompiledMethod", "_deopt_handler_begin", "address", {NONE, 128, NONE}},
    {"CompiledMethod", "_deopt_mh_handler_begin", "address", {NONE, 136, NONE}},
    {"nmethod", "_deoptimize_offset", "int", {148, NONE, NONE}},
    {"nmethod", "_deopt_handler_offset", "int", {NONE, NONE, 176}},
    {"nmethod", "_deopt_mh_handler_offset", "int", {NONE, NONE, 180}},
    {"PcDesc", "_pc_offset", "int", {0, 0, 0}},
    {"AbstractInterpreter", "_code", "StubQueue*", {STATIC, STATIC, STATIC}},
    {"StubQueue", "_stub_buffer", "address", {8, 8, 8}},
    {"StubQueue", "_buffer_limit", "int", {20, 20, 20}},
    {"StubQueue", "_number_of_stubs", "int", {32, 32, 32}},
    {"InterpreterCodelet", "_size", "int", {0, 8, 8}},
    {"InterpreterCodelet", "_description", "const char*", {8, 0, 0}},
    {"StubRoutines", "_call_stub_return_address", "address", {STATIC, STATIC, STATIC}},
    {"ContinuationEntry", "_return_pc", "address", {NONE, NONE, STATIC}},
    {"Method", "_constMethod", "ConstMethod*", {8, 8, 8}},
    {"Method", "_access_flags", "AccessFlags", {32, 40, 44}},
    {"ConstMethod", "_constants", "ConstantPool*", {8, 8, 8}},
    {"ConstMethod", "_code_size", "u2", {32, 32, 34}},
    {"ConstMethod", "_name_index", "u2", {34, 34, 36}},
    {"ConstantPool", "_pool_holder", "InstanceKlass*", {24, 24, 24}},
    {"Klass", "_name", "Symbol*", {16, 24, 24}},
    {"Symbol", "_length", "u2", {0, 4, 4}},
    {"Symbol", "_body", "", {8, 6, 6}},
};

typedef struct {
    const char *name;
    int values[FAKE_RELEASES];
} value_row;

static const value_row type_rows[] = {
    {"HeapBlock", {16, 16, 8}},
    {"PcDesc", {16, 16, 16}},
    {"ConstMethod", {48, 48, 56}},
    {"ConstantPool", {80, 72, 80}},
    {"InterpreterCodelet", {24, 16, 16}},
};

enum { NOT_EXPORTED = 1 << 30 };
static const value_row int_constant_rows[] = {
    {"_thread_in_native", {4, 4, 4}},
    {"_thread_in_vm", {6, 6, 6}},
    {"_thread_in_Java", {8, 8, 8}},
    {"_thread_blocked", {NOT_EXPORTED, 10, 10}},
    {"frame::entry_frame_call_wrapper_offset", {-6, -6, -6}},
    {"frame::interpreter_frame_sender_sp_offset", {NOT_EXPORTED, -1, -1}},
    {"CodeBlobKind::Nmethod", {NOT_EXPORTED, NOT_EXPORTED, FAKE_KIND_NMETHOD}},
    {"CodeBlobKind::Adapter", {NOT_EXPORTED, NOT_EXPORTED, FAKE_KIND_ADAPTER}},
    {"CodeBlobKind::Vtable", {NOT_EXPORTED, NOT_EXPORTED, FAKE_KIND_VTABLE}},
    {"CodeBlobKind::Upcall", {NOT_EXPORTED, NOT_EXPORTED, FAKE_KIND_UPCALL}},
    {"CodeBlobKind::Safepoint", {NOT_EXPORTED, NOT_EXPORTED, FAKE_KIND_SAFEPOINT}},
    {"CodeBlobKind::Deoptimization", {NOT_EXPORTED, NOT_EXPORTED, FAKE_KIND_DEOPT}},
};

static const value_row long_constant_rows[] = {
    {"markWord::klass_shift", {NOT_EXPORTED, NOT_EXPORTED, 42}},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Offsets within the image. */
enum {
    DYNAMIC = 0x200,
    SYMBOLS = 0x400,
    HASH = 0x800,
    STRTAB = 0x1000,
    WORDS = 0x2000,   /* of the exported symbols, 8 bytes each */
    STATICS = 0x2800, /* the static fields' variables */
    STRUCTS = FAKE_STRUCTS_OFFSET,
    TYPES = 0x6000,
    INTS = 0x7000,
    LONGS = 0x8000,
    STRINGS = 0x9000
};

static const struct {
    const char *name;
    uint64_t value;
} symbols[] = {
    {"gHotSpotVMStructs", FAKE_IMAGE + STRUCTS},     {"gHotSpotVMStructEntryArrayStride", FAKE_STRUCT_STRIDE},
    {"gHotSpotVMStructEntryTypeNameOffset", 0},      {"gHotSpotVMStructEntryFieldNameOffset", 8},
    {"gHotSpotVMStructEntryTypeStringOffset", 16},   {"gHotSpotVMStructEntryIsStaticOffset", 24},
    {"gHotSpotVMStructEntryOffsetOffset", 32},       {"gHotSpotVMStructEntryAddressOffset", 40},
    {"gHotSpotVMTypes", FAKE_IMAGE + TYPES},         {"gHotSpotVMTypeEntryArrayStride", 40},
    {"gHotSpotVMTypeEntryTypeNameOffset", 0},        {"gHotSpotVMTypeEntrySizeOffset", 32},
    {"gHotSpotVMIntConstants", FAKE_IMAGE + INTS},   {"gHotSpotVMIntConstantEntryArrayStride", 16},
    {"gHotSpotVMIntConstantEntryNameOffset", 0},     {"gHotSpotVMIntConstantEntryValueOffset", 8},
    {"gHotSpotVMLongConstants", FAKE_IMAGE + LONGS}, {"gHotSpotVMLongConstantEntryArrayStride", 16},
    {"gHotSpotVMLongConstantEntryNameOffset", 0},    {"gHotSpotVMLongConstantEntryValueOffset", 8},
};

/* --- memory --- */

static fake_region *region_of(fake_memory *memory, jt_addr address, size_t length)
{
    for (size_t i = 0; i < memory->region_count; i++) {
        fake_region *r = &memory->regions[i];
        if (address >= r->start && length <= r->size && address - r->start <= r->size - length)
            return r;
    }
    return NULL;
}

static size_t read_batch(const jt_memory *self, const jt_read *reads, size_t count)
{
    fake_memory *memory = (fake_memory *)self;
    for (size_t i = 0; i < count; i++) {
        memory->reads++;
        if (memory->before_read != NULL)
            memory->before_read(memory->context, reads[i].address);
        if (reads[i].length == 0)
            continue; /* as in process_vm_readv, wherever it points */
        const fake_region *r = region_of(memory, reads[i].address, reads[i].length);
        if (r == NULL)
            return i;
        memcpy(reads[i].into, r->bytes + (reads[i].address - r->start), reads[i].length);
    }
    return count;
}

fake_region *fake_map(fake_vm *vm, jt_addr start, size_t size)
{
    CHECK(vm->memory.region_count < FAKE_MAX_REGIONS);
    fake_region *r = &vm->memory.regions[vm->memory.region_count++];
    *r = (fake_region){start, size, calloc(1, size)};
    CHECK(r->bytes != NULL);
    return r;
}

void *fake_at(fake_vm *vm, jt_addr address, size_t length)
{
    fake_region *r = region_of(&vm->memory, address, length);
    CHECK(r != NULL);
    return r->bytes + (address - r->start);
}

void fake_write(fake_vm *vm, jt_addr address, const void *bytes, size_t length)
{
    if (length > 0)
        memcpy(fake_at(vm, address, length), bytes, length);
}

void fake_poke(fake_vm *vm, jt_addr address, uint64_t value, size_t width)
{
    fake_write(vm, address, &value, width);
}

uint64_t fake_peek(fake_vm *vm, jt_addr address)
{
    uint64_t value;
    memcpy(&value, fake_at(vm, address, sizeof value), sizeof value);
    return value;
}

jt_addr fake_allocate(fake_vm *vm, size_t size)
{
    jt_addr at = vm->next_object;
    vm->next_object += (size + 15) / 16 * 16;
    CHECK(vm->next_object <= FAKE_OBJECTS + FAKE_OBJECTS_SIZE);
    return at;
}

jt_addr fake_string(fake_vm *vm, const char *text)
{
    jt_addr at = vm->next_string;
    fake_write(vm, at, text, strlen(text) + 1);
    vm->next_string += strlen(text) + 1;
    return at;
}

/* --- the tables --- */

jt_addr fake_symbol(const char *name)
{
    for (size_t i = 0; i < COUNT(symbols); i++)
        if (strcmp(symbols[i].name, name) == 0)
            return FAKE_IMAGE + WORDS + 8 * i;
    CHECK(!"a known symbol");
    return 0;
}

static const field_row *find_row(const fake_vm *vm, const char *type, const char *name)
{
    for (size_t i = 0; i < COUNT(field_rows); i++) {
        const field_row *row = &field_rows[i];
        if (row->offsets[vm->release] != NONE && strcmp(row->type, type) == 0 && strcmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}

bool fake_has_field(const fake_vm *vm, const char *type, const char *name)
{
    return find_row(vm, type, name) != NULL;
}

static jt_addr variable_of(const field_row *row)
{
    return FAKE_IMAGE + STATICS + 8 * (jt_addr)(row - field_rows);
}

jt_addr fake_field(const fake_vm *vm, jt_addr object, const char *type, const char *name)
{
    const field_row *row = find_row(vm, type, name);
    CHECK(row != NULL);
    int offset = row->offsets[vm->release];
    return offset == STATIC ? variable_of(row) : object + (jt_addr)offset;
}

static size_t width_of(const char *type_string)
{
    static const struct {
        const char *type;
        size_t width;
    } widths[] = {{"int", 4},
                  {"const uint", 4},
                  {"volatile JavaThreadState", 4},
                  {"OSThread::thread_id_t", 4},
                  {"uint32_t", 4},
                  {"ByteSize", 4},
                  {"AccessFlags", 2},
                  {"u2", 2},
                  {"int16_t", 2},
                  {"bool", 1},
                  {"CodeBlobKind", 1}};
    for (size_t i = 0; i < COUNT(widths); i++)
        if (strcmp(widths[i].type, type_string) == 0)
            return widths[i].width;
    return 8;
}

void fake_set(fake_vm *vm, jt_addr object, const char *type, const char *name, uint64_t value)
{
    const field_row *row = find_row(vm, type, name);
    fake_poke(vm, fake_field(vm, object, type, name), value, width_of(row->type_string));
}

void fake_set_if(fake_vm *vm, jt_addr object, const char *type, const char *name, uint64_t value)
{
    if (fake_has_field(vm, type, name))
        fake_set(vm, object, type, name, value);
}

jt_addr fake_struct_row(fake_vm *vm, const char *type, const char *name)
{
    for (jt_addr row = FAKE_IMAGE + STRUCTS; fake_peek(vm, row) != 0; row += FAKE_STRUCT_STRIDE) {
        if (strcmp(fake_at(vm, fake_peek(vm, row), 1), type) == 0 &&
            strcmp(fake_at(vm, fake_peek(vm, row + 8), 1), name) == 0)
            return row;
    }
    return 0;
}

static void write_fields(fake_vm *vm)
{
    jt_addr at = FAKE_IMAGE + STRUCTS;
    for (size_t i = 0; i < COUNT(field_rows); i++) {
        const field_row *row = &field_rows[i];
        int offset = row->offsets[vm->release];
        if (offset == NONE)
            continue;
        const uint64_t words[] = {fake_string(vm, row->type),
                                  fake_string(vm, row->name),
                                  fake_string(vm, row->type_string),
                                  offset == STATIC,
                                  offset == STATIC ? 0 : (uint64_t)offset,
                                  offset == STATIC ? variable_of(row) : 0};
        fake_write(vm, at, words, sizeof words);
        at += FAKE_STRUCT_STRIDE;
    }
}

static void write_values(fake_vm *vm, jt_addr at, const value_row *rows, size_t count, size_t stride, size_t value_at)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].values[vm->release] == NOT_EXPORTED)
            continue;
        fake_poke(vm, at, fake_string(vm, rows[i].name), 8);
        fake_poke(vm, at + value_at, (uint64_t)(int64_t)rows[i].values[vm->release], 8);
        at += stride;
    }
}

/* --- the image: headers, and symbols in one chain of a SysV hash table --- */

static void write_headers(fake_vm *vm)
{
    Elf64_Ehdr header = {.e_phoff = sizeof header, .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2};
    memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
#if defined(__x86_64__)
    header.e_machine = EM_X86_64;
#else
    header.e_machine = EM_AARCH64;
#endif
    const Elf64_Dyn dynamic[] = {{DT_SYMTAB, {FAKE_IMAGE + SYMBOLS}},
                                 {DT_STRTAB, {FAKE_IMAGE + STRTAB}},
                                 {DT_HASH, {FAKE_IMAGE + HASH}},
                                 {DT_STRSZ, {WORDS - STRTAB}},
                                 {DT_NULL, {0}}};
    const Elf64_Phdr segments[] = {{.p_type = PT_LOAD, .p_memsz = FAKE_IMAGE_SIZE},
                                   {.p_type = PT_DYNAMIC, .p_vaddr = DYNAMIC, .p_memsz = sizeof dynamic}};
    fake_write(vm, FAKE_IMAGE, &header, sizeof header);
    fake_write(vm, FAKE_IMAGE + sizeof header, segments, sizeof segments);
    fake_write(vm, FAKE_IMAGE + DYNAMIC, dynamic, sizeof dynamic);
}

static void write_symbols(fake_vm *vm)
{
    enum { COUNT_ALL = COUNT(symbols) + 1 };
    uint32_t hash[3 + COUNT_ALL] = {1, COUNT_ALL, 1};
    uint32_t name_at = 1;
    for (uint32_t i = 1; i < COUNT_ALL; i++) {
        const Elf64_Sym symbol = {.st_name = name_at, .st_shndx = 1, .st_value = WORDS + 8 * (i - 1)};
        fake_write(vm, FAKE_IMAGE + SYMBOLS + i * sizeof symbol, &symbol, sizeof symbol);
        fake_write(vm, FAKE_IMAGE + STRTAB + name_at, symbols[i - 1].name, strlen(symbols[i - 1].name) + 1);
        fake_poke(vm, FAKE_IMAGE + WORDS + 8 * (i - 1), symbols[i - 1].value, 8);
        name_at += (uint32_t)strlen(symbols[i - 1].name) + 1;
        hash[3 + i] = i + 1 < COUNT_ALL ? i + 1 : 0;
    }
    fake_write(vm, FAKE_IMAGE + HASH, hash, sizeof hash);
}

int fake_vm_read_structs(fake_vm *vm, jt_vm_structs **structs, jt_error *err)
{
    jt_elf_image image;
    CHECK_STATUS(jt_elf_image_open(&image, &vm->memory.base, FAKE_IMAGE, err), JT_OK, *err);
    return jt_vm_structs_read(&image, structs, err);
}

/* A pid of 0 has no maps: nothing of the machine that runs the test gets in. */
void fake_vm_open(fake_vm *vm)
{
    jt_error err;
    vm->vm = (jt_vm){.memory = &vm->memory.base};
    CHECK_STATUS(fake_vm_read_structs(vm, &vm->vm.structs, &err), JT_OK, err);
    CHECK_STATUS(jt_layout_read(vm->vm.structs, &vm->vm.layout, &err), JT_OK, err);
}

/* --- threads --- */

jt_addr fake_thread(fake_vm *vm, int tid)
{
    jt_addr thread = fake_allocate(vm, 1600), osthread = fake_allocate(vm, 256);
    const char *holder = fake_has_field(vm, "JavaThread", "_osthread") ? "JavaThread" : "Thread";
    fake_set(vm, thread, holder, "_osthread", osthread);
    fake_set(vm, osthread, "OSThread", "_thread_id", (uint64_t)tid);
    fake_set(vm, thread, "JavaThread", "_stack_base", FAKE_STACK_BASE);
    fake_set(vm, thread, "JavaThread", "_stack_size", FAKE_STACK_SIZE);
    fake_set(vm, thread, "JavaThread", "_thread_state", 8);
    return thread;
}

void fake_set_threads(fake_vm *vm, const jt_addr *threads, size_t count)
{
    if (vm->release == FAKE_JDK8) {
        fake_set(vm, 0, "Threads", "_thread_list", count > 0 ? threads[0] : 0);
        for (size_t i = 0; i < count; i++)
            fake_set(vm, threads[i], "JavaThread", "_next", i + 1 < count ? threads[i + 1] : 0);
        return;
    }
    jt_addr list = fake_allocate(vm, 32), array = fake_allocate(vm, 8 * count + 8);
    fake_write(vm, array, threads, 8 * count);
    fake_set(vm, list, "ThreadsList", "_length", count);
    fake_set(vm, list, "ThreadsList", "_threads", array);
    fake_set(vm, 0, "ThreadsSMRSupport", "_java_thread_list", list);
}

/* --- methods --- */

/* A Symbol: what is in its first 16 bytes tells one name from another. */
static jt_addr symbol_named(fake_vm *vm, const char *text)
{
    jt_addr symbol = fake_allocate(vm, 16 + strlen(text));
    uint32_t hash = 5381;
    for (const char *at = text; *at != '\0'; at++)
        hash = hash * 33 + (uint8_t)*at;
    bool length_first = vm->release == FAKE_JDK8; /* then the count of references, and the hash */
    fake_poke(vm, symbol, length_first ? strlen(text) | 1 << 16 : hash << 16 | 1, 4);
    if (length_first)
        fake_poke(vm, symbol + 4, hash, 4);
    fake_set(vm, symbol, "Symbol", "_length", strlen(text));
    fake_write(vm, symbol + (length_first ? 8 : 6), text, strlen(text));
    return symbol;
}

/* Its entries are all the same name. */
static jt_addr constant_pool(fake_vm *vm)
{
    enum { ENTRIES = 64 };
    const size_t header = vm->release == FAKE_JDK17 ? 72 : 80;
    jt_addr pool = fake_allocate(vm, header + ENTRIES * 8), name = symbol_named(vm, "method");
    for (size_t i = 0; i < ENTRIES; i++)
        fake_poke(vm, pool + header + i * 8, name, 8);
    return pool;
}

jt_addr fake_method(fake_vm *vm, fake_method_spec spec)
{
    jt_addr method = fake_allocate(vm, 128), pool = constant_pool(vm), klass = fake_allocate(vm, 256);
    jt_addr const_method = fake_allocate(vm, 64 + (size_t)spec.code_size);
    fake_set(vm, method, "Method", "_constMethod", const_method);
    fake_set(vm, method, "Method", "_access_flags", spec.is_native ? 0x101 : 1);
    fake_set(vm, const_method, "ConstMethod", "_constants", pool);
    fake_set(vm, const_method, "ConstMethod", "_code_size", spec.code_size);
    fake_set(vm, const_method, "ConstMethod", "_name_index", 7);
    fake_set(vm, pool, "ConstantPool", "_pool_holder", klass);
    fake_set(vm, klass, "Klass", "_name", symbol_named(vm, spec.klass));
    return method;
}

jt_addr fake_bytecodes(fake_vm *vm, jt_addr method)
{
    jt_addr const_method = fake_peek(vm, fake_field(vm, method, "Method", "_constMethod"));
    return const_method + (vm->release == FAKE_JDK25 ? 56 : 48);
}

jt_addr fake_class_name(fake_vm *vm, jt_addr method)
{
    jt_addr const_method = fake_peek(vm, fake_field(vm, method, "Method", "_constMethod"));
    jt_addr pool = fake_peek(vm, fake_field(vm, const_method, "ConstMethod", "_constants"));
    jt_addr klass = fake_peek(vm, fake_field(vm, pool, "ConstantPool", "_pool_holder"));
    return fake_peek(vm, fake_field(vm, klass, "Klass", "_name"));
}

/* --- the code cache --- */

enum { BLOB_HEADER = 512 };

int fake_log2_segment_size(const fake_vm *vm)
{
    return vm->release == FAKE_JDK8 ? 6 : 7;
}

/* As CodeHeap::mark_segmap_as_used: 0 at the start, then up to 0xfe, and on from 1. */
void fake_mark_segments(fake_vm *vm, size_t first, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fake_poke(vm, FAKE_SEGMAP + first + i, i == 0 ? 0 : (i - 1) % 0xfe + 1, 1);
}

static void write_pc_descs(fake_vm *vm, jt_addr at, const fake_blob_spec *spec)
{
    fake_poke(vm, at, (uint64_t)-1, 4);
    for (size_t i = 0; i < spec->pc_count; i++)
        fake_poke(vm, at + 16 * (i + 1), (uint64_t)(int64_t)spec->pc_offsets[i], 4);
    fake_poke(vm, at + 16 * (spec->pc_count + 1), INT32_MAX, 4);
}

static void write_nmethod(fake_vm *vm, jt_addr blob, jt_addr code, jt_addr after_code, const fake_blob_spec *spec)
{
    size_t pc_bytes = 16 * (spec->pc_count + 2);
    bool own = fake_has_field(vm, "nmethod", "_immutable_data");
    jt_addr data = own ? fake_allocate(vm, pc_bytes) : blob;
    uint64_t first = own ? 0 : after_code - blob;
    write_pc_descs(vm, data + first, spec);
    fake_set_if(vm, blob, "nmethod", "_immutable_data", data);
    fake_set(vm, blob, "nmethod", "_scopes_pcs_offset", first);
    fake_set(vm, blob, "nmethod", own ? "_scopes_data_offset" : "_dependencies_offset", first + pc_bytes);
    fake_set(vm, blob, vm->release == FAKE_JDK17 ? "CompiledMethod" : "nmethod", "_method", spec->method);
    fake_set(vm, blob, "nmethod", "_compile_id", (uint64_t)spec->compile_id);
    fake_set(vm, blob, "nmethod", "_orig_pc_offset", (uint64_t)spec->orig_pc_offset);
    fake_set(vm, blob, "nmethod", "_entry_bci", spec->osr_offset > 0 ? 5 : (uint64_t)-1);
    fake_set(vm, blob, "nmethod", "_osr_entry_point", spec->osr_offset > 0 ? code + (jt_addr)spec->osr_offset : 0);
    jt_addr deopt = spec->deopt_offset > 0 ? code + (jt_addr)spec->deopt_offset : 0;
    fake_set_if(vm, blob, "CompiledMethod", "_deopt_handler_begin", deopt);
    fake_set_if(vm, blob, "nmethod", "_deoptimize_offset", deopt != 0 ? deopt - blob : (uint64_t)-1);
    fake_set_if(vm, blob, "nmethod", "_deopt_handler_offset", deopt != 0 ? deopt - blob : (uint64_t)-1);
    fake_set_if(vm, blob, "nmethod", "_deopt_mh_handler_offset", (uint64_t)-1);
}

jt_addr fake_blob_start(jt_addr code_begin)
{
    return code_begin - BLOB_HEADER;
}

jt_addr fake_blob(fake_vm *vm, fake_blob_spec spec)
{
    bool nmethod = strstr(spec.name, "nmethod") != NULL;
    size_t size = BLOB_HEADER + spec.code_size + (nmethod ? 16 * (spec.pc_count + 2) : 0);
    size_t block_header = vm->release == FAKE_JDK25 ? 8 : 16, segment = (size_t)1 << fake_log2_segment_size(vm);
    size_t count = (block_header + size + segment - 1) / segment;
    jt_addr block = FAKE_CODE + vm->next_segment * segment, blob = block + block_header, code = blob + BLOB_HEADER;
    fake_mark_segments(vm, vm->next_segment, count);
    vm->next_segment += count;
    CHECK(vm->next_segment * segment <= FAKE_CODE_SIZE);
    fake_set(vm, block, "HeapBlock::Header", "_length", count);
    fake_set(vm, block, "HeapBlock::Header", "_used", 1);
    fake_set(vm, blob, "CodeBlob", "_name", fake_string(vm, spec.name));
    fake_set(vm, blob, "CodeBlob", "_size", size);
    fake_set(vm, blob, "CodeBlob", "_header_size", BLOB_HEADER);
    fake_set(vm, blob, "CodeBlob", "_frame_size", (uint64_t)(int64_t)spec.frame_size_words);
    fake_set(vm, blob, "CodeBlob", "_frame_complete_offset", (uint64_t)-1);
    fake_set_if(vm, blob, "CodeBlob", "_code_begin", code);
    fake_set_if(vm, blob, "CodeBlob", "_code_end", code + spec.code_size);
    fake_set_if(vm, blob, "CodeBlob", "_code_offset", BLOB_HEADER);
    fake_set_if(vm, blob, "CodeBlob", "_data_offset", BLOB_HEADER + spec.code_size);
    fake_set_if(vm, blob, "CodeBlob", "_kind", (uint64_t)spec.kind);
    memset(fake_at(vm, code, spec.code_size), 0x90, spec.code_size);
    fake_write(vm, code, spec.code, spec.code_length);
    if (nmethod)
        write_nmethod(vm, blob, code, code + spec.code_size, &spec);
    return code;
}

static void write_heap(fake_vm *vm)
{
    jt_addr heap = fake_allocate(vm, 512);
    jt_addr memory = fake_field(vm, heap, "CodeHeap", "_memory"), segmap = fake_field(vm, heap, "CodeHeap", "_segmap");
    fake_set(vm, memory, "VirtualSpace", "_low_boundary", FAKE_CODE);
    fake_set(vm, memory, "VirtualSpace", "_high_boundary", FAKE_CODE + FAKE_CODE_SIZE);
    fake_set(vm, memory, "VirtualSpace", "_low", FAKE_CODE);
    fake_set(vm, memory, "VirtualSpace", "_high", FAKE_CODE + FAKE_CODE_SIZE);
    fake_set(vm, segmap, "VirtualSpace", "_low", FAKE_SEGMAP);
    fake_set(vm, segmap, "VirtualSpace", "_high", FAKE_SEGMAP + FAKE_SEGMAP_SIZE);
    fake_set(vm, heap, "CodeHeap", "_log2_segment_size", (uint64_t)fake_log2_segment_size(vm));
    memset(fake_at(vm, FAKE_SEGMAP, FAKE_SEGMAP_SIZE), 0xff, FAKE_SEGMAP_SIZE);
    if (vm->release == FAKE_JDK8) {
        fake_set(vm, 0, "CodeCache", "_heap", heap);
        return;
    }
    jt_addr array = fake_allocate(vm, 32), data = fake_allocate(vm, 16);
    fake_set(vm, array, "GrowableArrayBase", "_len", 1);
    fake_set(vm, array, "GrowableArray<int>", "_data", data);
    fake_poke(vm, data, heap, 8);
    fake_set(vm, 0, "CodeCache", "_heaps", array);
}

static const char *const codelet_names[FAKE_CODELETS] = {
    [FAKE_METHOD_ENTRY] = "method entry point (kind = zerolocals)",
    [FAKE_NATIVE_ENTRY] = "native method entry point (kind = native)",
    [FAKE_RETURN_ENTRY] = "invoke return entry points",
    [FAKE_BYTECODE] = "iadd",
};

static void write_interpreter(fake_vm *vm)
{
    vm->interpreter = fake_blob(vm, (fake_blob_spec){.name = "Interpreter",
                                                     .kind = FAKE_KIND_BUFFER,
                                                     .code_size = FAKE_CODELETS * FAKE_CODELET_BYTES});
    for (int i = 0; i < FAKE_CODELETS; i++) {
        jt_addr codelet = vm->interpreter + (jt_addr)i * FAKE_CODELET_BYTES;
        memset(fake_at(vm, codelet, FAKE_CODELET_HEADER), 0, FAKE_CODELET_HEADER);
        fake_set(vm, codelet, "InterpreterCodelet", "_size", FAKE_CODELET_BYTES);
        fake_set(vm, codelet, "InterpreterCodelet", "_description", fake_string(vm, codelet_names[i]));
    }
    jt_addr queue = fake_allocate(vm, 64);
    fake_set(vm, queue, "StubQueue", "_stub_buffer", vm->interpreter);
    fake_set(vm, queue, "StubQueue", "_buffer_limit", FAKE_CODELETS * FAKE_CODELET_BYTES);
    fake_set(vm, queue, "StubQueue", "_number_of_stubs", FAKE_CODELETS);
    fake_set(vm, 0, "AbstractInterpreter", "_code", queue);
}

jt_addr fake_codelet(const fake_vm *vm, enum fake_codelet codelet)
{
    return vm->interpreter + (jt_addr)codelet * FAKE_CODELET_BYTES + FAKE_CODELET_HEADER;
}

/* --- the VM --- */

fake_vm *fake_vm_create(fake_release release)
{
    fake_vm *vm = calloc(1, sizeof *vm);
    CHECK(vm != NULL);
    vm->release = release;
    vm->memory.base.read_batch = read_batch;
    fake_map(vm, FAKE_IMAGE, FAKE_IMAGE_SIZE);
    fake_map(vm, FAKE_OBJECTS, FAKE_OBJECTS_SIZE);
    fake_map(vm, FAKE_CODE, FAKE_CODE_SIZE);
    fake_map(vm, FAKE_SEGMAP, FAKE_SEGMAP_SIZE);
    fake_map(vm, FAKE_STACK, FAKE_STACK_SIZE);
    vm->next_object = FAKE_OBJECTS;
    vm->next_string = FAKE_IMAGE + STRINGS;
    write_headers(vm);
    write_symbols(vm);
    write_fields(vm);
    write_values(vm, FAKE_IMAGE + TYPES, type_rows, COUNT(type_rows), 40, 32);
    write_values(vm, FAKE_IMAGE + INTS, int_constant_rows, COUNT(int_constant_rows), 16, 8);
    write_values(vm, FAKE_IMAGE + LONGS, long_constant_rows, COUNT(long_constant_rows), 16, 8);
    write_heap(vm);
    write_interpreter(vm);
    jt_addr stub =
        fake_blob(vm, (fake_blob_spec){.name = "StubRoutines (1)", .kind = FAKE_KIND_BUFFER, .code_size = 256});
    vm->call_stub_return = stub + 128;
    fake_set(vm, 0, "StubRoutines", "_call_stub_return_address", vm->call_stub_return);
    vm->java_thread = fake_thread(vm, 100);
    fake_set_threads(vm, &vm->java_thread, 1);
    vm->registers.sp = FAKE_STACK_BASE - 256;
    return vm;
}

void fake_vm_destroy(fake_vm *vm)
{
    jt_vm_close(&vm->vm);
    for (size_t i = 0; i < vm->memory.region_count; i++)
        free(vm->memory.regions[i].bytes);
    free(vm);
}

/* --- the stack --- */

void fake_push(fake_vm *vm, uint64_t word)
{
    vm->registers.sp -= 8;
    fake_poke(vm, vm->registers.sp, word, 8);
}

void fake_call(fake_vm *vm, jt_addr pc)
{
    fake_push(vm, vm->return_pc);
    vm->registers.pc = pc;
}

/* A frame's fp: what compiled code keeps in that register is no frame pointer. */
static const uint64_t SOME_VALUE = 0x5555;

void fake_call_java(fake_vm *vm, jt_anchor anchor)
{
    jt_registers *r = &vm->registers;
    r->sp -= 128; /* native frames */
    jt_addr wrapper = r->sp;
    fake_poke(vm, wrapper, vm->java_thread, 8);
    jt_addr saved = fake_field(vm, wrapper, "JavaCallWrapper", "_anchor");
    fake_set(vm, saved, "JavaFrameAnchor", "_last_Java_sp", anchor.sp);
    fake_set(vm, saved, "JavaFrameAnchor", "_last_Java_pc", anchor.pc);
    fake_set(vm, saved, "JavaFrameAnchor", "_last_Java_fp", anchor.fp);
    fake_push(vm, FAKE_IMAGE + 0x1f000); /* returns into libjvm */
    fake_push(vm, r->fp);
    r->fp = r->sp;
    r->sp -= 14 * 8;
    fake_poke(vm, r->fp - 6 * 8, wrapper, 8);
    vm->return_pc = vm->call_stub_return;
}

void fake_compiled_frame(fake_vm *vm, int words, jt_addr pc)
{
    vm->registers.sp &= ~(jt_addr)15; /* as calls of compiled code have it, and the I2C adapters see to */
    fake_call(vm, pc);
    fake_push(vm, vm->registers.fp);
    vm->registers.sp -= (jt_addr)(words - 2) * 8;
    vm->registers.fp = SOME_VALUE;
    vm->return_pc = pc;
}

void fake_interpreted_frame(fake_vm *vm, jt_addr method, int bci, int expressions, jt_addr pc)
{
    jt_addr sender_sp = vm->registers.sp;
    fake_call(vm, pc);
    fake_push(vm, vm->registers.fp);
    vm->registers.fp = vm->registers.sp;
    fake_push(vm, sender_sp);
    fake_push(vm, 0); /* last sp */
    fake_push(vm, method);
    if (vm->release != FAKE_JDK8)
        fake_push(vm, 0x33); /* mirror */
    fake_push(vm, 0);        /* mdp */
    fake_push(vm, 0);        /* constant pool cache */
    fake_push(vm, 0);        /* locals */
    fake_push(vm, fake_bytecodes(vm, method) + (jt_addr)bci);
    fake_push(vm, vm->registers.sp - 8); /* initial expression sp */
    for (int i = 0; i < expressions; i++)
        fake_push(vm, (uint64_t)i);
    vm->registers.general[JT_R13] = fake_bytecodes(vm, method) + (jt_addr)bci;
    vm->return_pc = pc;
}

void fake_set_anchor(fake_vm *vm)
{
    vm->anchor = (jt_anchor){.sp = vm->registers.sp, .pc = vm->registers.pc, .fp = vm->registers.fp};
}

/* --- walking --- */

static fake_walk walk(fake_vm *vm, jt_frame_walker *walker, jt_walk_input *in, jt_addr from, size_t capacity)
{
    jt_addr length = from < FAKE_STACK_BASE && from >= FAKE_STACK ? (FAKE_STACK_BASE - from) / 8 * 8 : 0;
    if (vm->copy_limit != 0 && length > vm->copy_limit) {
        length = vm->copy_limit;
        in->stack_truncated = true;
    }
    uint8_t *copy = malloc(length + 1); /* its own block, so that a sanitizer sees a read beyond it */
    in->java_thread = vm->java_thread;
    in->stack_base = FAKE_STACK_BASE;
    in->saved_exception_pc = vm->saved_exception_pc;
    in->cont_entry = vm->cont_entry;
    in->frozen = vm->frozen;
    in->thread_words = vm->release == FAKE_JDK25 ? NULL : fake_at(vm, vm->java_thread, 8 * JT_THREAD_WORDS);
    in->stack_address = from;
    in->stack_length = length;
    in->stack = copy;
    if (length > 0)
        memcpy(copy, fake_at(vm, from, length), length);
    fake_walk made = {.result = {.frames = calloc(capacity + 1, sizeof(jt_frame)), .capacity = capacity}};
    /* one more that nobody may touch */
    made.result.frames[capacity].address = SOME_VALUE;
    made.status = jt_frame_walker_walk(walker, in, &made.result);
    CHECK_EQ(made.result.frames[capacity].address, SOME_VALUE);
    CHECK(made.result.count <= capacity);
    CHECK(jt_walk_status_label(made.status) != NULL);
    free(copy);
    return made;
}

fake_walk fake_walk_java(fake_vm *vm, jt_frame_walker *walker, size_t capacity)
{
    jt_walk_input in = {.anchor = vm->anchor, .in_java = true, .has_registers = true, .registers = vm->registers};
    return walk(vm, walker, &in, vm->registers.sp & ~(jt_addr)7, capacity);
}

fake_walk fake_walk_native(fake_vm *vm, jt_frame_walker *walker, size_t capacity)
{
    jt_walk_input in = {.anchor = vm->anchor};
    return walk(vm, walker, &in, (vm->anchor.sp - 8) & ~(jt_addr)7, capacity);
}

fake_walk fake_walk_sampled(fake_vm *vm, jt_frame_walker *walker, size_t capacity)
{
    jt_walk_input in = {.anchor = vm->anchor, .has_registers = true, .registers = vm->registers, .sampled = true};
    return walk(vm, walker, &in, vm->registers.sp, capacity);
}

void fake_walk_free(fake_walk *walk)
{
    free(walk->result.frames);
}
