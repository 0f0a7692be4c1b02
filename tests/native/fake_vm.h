/* A HotSpot VM made of bytes, for tests without a JVM: a libjvm image with the exported tables, threads, a code cache,
 * methods and one stack, laid out as JDK 8, 17 or 25 lays them out. Objects are written by field name, through the same
 * table that the image exports. */
#ifndef JTRACE_TESTS_FAKE_VM_H
#define JTRACE_TESTS_FAKE_VM_H

#include "hotspot/frame_walker.h"
#include "hotspot/java_threads.h"

typedef enum { FAKE_JDK8, FAKE_JDK17, FAKE_JDK25, FAKE_RELEASES } fake_release;

/* Where things are. */
#define FAKE_IMAGE 0x7f0000000000u /* libjvm.so */
#define FAKE_OBJECTS 0x100000u     /* threads, methods, names */
#define FAKE_CODE 0x7e0000000000u  /* the committed code heap */
#define FAKE_SEGMAP 0x7c0000000000u
#define FAKE_STACK 0x7d0000000000u /* the thread's */
enum {
    FAKE_IMAGE_SIZE = 128 * 1024,
    FAKE_OBJECTS_SIZE = 256 * 1024,
    FAKE_CODE_SIZE = 512 * 1024,
    FAKE_SEGMAP_SIZE = 16 * 1024,
    FAKE_STACK_SIZE = 128 * 1024,
    FAKE_STRUCTS_OFFSET = 0x4000, /* of gHotSpotVMStructs in the image */
    FAKE_STRUCT_STRIDE = 48,
    FAKE_MAX_REGIONS = 16,
    FAKE_CODELET_BYTES = 256,
    FAKE_CODELET_HEADER = 32
};
#define FAKE_STACK_BASE (FAKE_STACK + FAKE_STACK_SIZE)

typedef struct {
    jt_addr start;
    size_t size;
    uint8_t *bytes;
} fake_region;

/* Reads that are not all in one region fail. */
typedef struct {
    jt_memory base;
    fake_region regions[FAKE_MAX_REGIONS];
    size_t region_count;
    size_t reads;                                        /* asked for so far */
    void (*before_read)(void *context, jt_addr address); /* may change the target under the reader; NULL: nobody */
    void *context;
} fake_memory;

typedef struct {
    fake_memory memory;
    fake_release release;
    jt_vm vm; /* set by fake_vm_open */
    jt_addr next_object, next_string;
    size_t next_segment;
    jt_addr java_thread, osthread;
    jt_addr call_stub_return, interpreter;
    /* the thread, as the code that built the stack left it */
    jt_registers registers;
    jt_addr return_pc; /* what the next call leaves on the stack */
    jt_anchor anchor;
    jt_addr saved_exception_pc, cont_entry;
    const jt_frozen_stack *frozen;
    jt_addr copy_limit; /* bytes of the stack that are copied at most; 0: all */
} fake_vm;

/* Its image stands, and the thread, the interpreter and the call stub; nothing has been read. */
fake_vm *fake_vm_create(fake_release release);
void fake_vm_destroy(fake_vm *vm);
/* Reads tables and layout through the image, as for a live process. */
void fake_vm_open(fake_vm *vm);
int fake_vm_read_structs(fake_vm *vm, jt_vm_structs **structs, jt_error *err);

fake_region *fake_map(fake_vm *vm, jt_addr start, size_t size);
void *fake_at(fake_vm *vm, jt_addr address, size_t length);
void fake_write(fake_vm *vm, jt_addr address, const void *bytes, size_t length);
void fake_poke(fake_vm *vm, jt_addr address, uint64_t value, size_t width);
uint64_t fake_peek(fake_vm *vm, jt_addr address);
jt_addr fake_allocate(fake_vm *vm, size_t size);
jt_addr fake_string(fake_vm *vm, const char *text);

/* The exported tables. */
jt_addr fake_symbol(const char *name);
bool fake_has_field(const fake_vm *vm, const char *type, const char *name);
/* Address of a field of an object, or of a static field's variable. */
jt_addr fake_field(const fake_vm *vm, jt_addr object, const char *type, const char *name);
void fake_set(fake_vm *vm, jt_addr object, const char *type, const char *name, uint64_t value);
/* The same, unless this release has no such field. */
void fake_set_if(fake_vm *vm, jt_addr object, const char *type, const char *name, uint64_t value);
/* The row of a field in gHotSpotVMStructs; 0 when it is not exported. */
jt_addr fake_struct_row(fake_vm *vm, const char *type, const char *name);

jt_addr fake_thread(fake_vm *vm, int tid);
/* Publishes the threads in the release's own form. */
void fake_set_threads(fake_vm *vm, const jt_addr *threads, size_t count);

typedef struct {
    const char *klass; /* its class's name */
    bool is_native;
    uint16_t code_size;
} fake_method_spec;
jt_addr fake_method(fake_vm *vm, fake_method_spec spec);
jt_addr fake_bytecodes(fake_vm *vm, jt_addr method);
/* The symbol that names its class. */
jt_addr fake_class_name(fake_vm *vm, jt_addr method);

/* CodeBlobKind, as 25 exports it. */
enum {
    FAKE_KIND_NMETHOD = 1,
    FAKE_KIND_BUFFER,
    FAKE_KIND_ADAPTER,
    FAKE_KIND_VTABLE,
    FAKE_KIND_STUB = 6,
    FAKE_KIND_DEOPT,
    FAKE_KIND_SAFEPOINT,
    FAKE_KIND_EXCEPTION,
    FAKE_KIND_UPCALL = 11
};

typedef struct {
    const char *name;
    int kind;
    int frame_size_words;
    const uint8_t *code; /* its first bytes; the rest are nops */
    size_t code_length, code_size;
    /* nmethods */
    jt_addr method;
    int32_t compile_id, orig_pc_offset;
    int deopt_offset, osr_offset; /* from the code's begin; 0: none */
    const int32_t *pc_offsets;
    size_t pc_count;
} fake_blob_spec;

/* Where its code begins. */
jt_addr fake_blob(fake_vm *vm, fake_blob_spec spec);
/* Its header, from where its code begins. */
jt_addr fake_blob_start(jt_addr code_begin);
/* Marks `count` segments from `first` as one block, in HotSpot's way. */
void fake_mark_segments(fake_vm *vm, size_t first, size_t count);
int fake_log2_segment_size(const fake_vm *vm);

/* Codelets of the interpreter, in this order. */
enum fake_codelet { FAKE_METHOD_ENTRY, FAKE_NATIVE_ENTRY, FAKE_RETURN_ENTRY, FAKE_BYTECODE, FAKE_CODELETS };
jt_addr fake_codelet(const fake_vm *vm, enum fake_codelet codelet);

/* --- the stack, built as code does, from its base down; registers.sp and .fp follow --- */

void fake_push(fake_vm *vm, uint64_t word);
/* Native code calls Java by the call stub. `anchor` is that of the frames below, {0} at the bottom. */
void fake_call_java(fake_vm *vm, jt_anchor anchor);
/* A call to compiled code whose frame stands, and which has reached `pc`, a return address. */
void fake_compiled_frame(fake_vm *vm, int words, jt_addr pc);
/* A call to an interpreted method that stands at `bci`, with `expressions` words on its expression stack. */
void fake_interpreted_frame(fake_vm *vm, jt_addr method, int bci, int expressions, jt_addr pc);
/* Just the call: the return address is on the stack, pc at the callee's first instruction. */
void fake_call(fake_vm *vm, jt_addr pc);
/* Java calls native code, whose anchor is set: Java frames begin here. */
void fake_set_anchor(fake_vm *vm);

/* --- walking --- */

typedef struct {
    int status;
    jt_walk_result result;
} fake_walk;

/* Walks the thread in Java code, with its registers; frames belong to the walk. */
fake_walk fake_walk_java(fake_vm *vm, jt_frame_walker *walker, size_t capacity);
/* Walks it in native code, from its anchor. */
fake_walk fake_walk_native(fake_vm *vm, jt_frame_walker *walker, size_t capacity);
/* Walks it by registers and stack alone, as the kernel samples them. */
fake_walk fake_walk_sampled(fake_vm *vm, jt_frame_walker *walker, size_t capacity);
void fake_walk_free(fake_walk *walk);

#endif
