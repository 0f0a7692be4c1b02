#include "fake_program.h"

#include "check.h"

static const uint8_t plain_prologue[] = {0x55, 0x48, 0x83, 0xEC, 0x20}; /* push rbp; sub rsp, 32 */

static const int32_t pc_offsets[] = {FAKE_CALL, 120, 200};

static jt_addr add_compiled(fake_program *p, const char *name, jt_addr method, int id, const uint8_t *code,
                            size_t length)
{
    jt_addr begin = fake_blob(p->vm, (fake_blob_spec){.name = name,
                                                      .kind = FAKE_KIND_NMETHOD,
                                                      .frame_size_words = FAKE_FRAME_WORDS,
                                                      .code = code,
                                                      .code_length = length,
                                                      .code_size = 400,
                                                      .method = method,
                                                      .compile_id = id,
                                                      .orig_pc_offset = FAKE_ORIG_PC,
                                                      .deopt_offset = FAKE_DEOPT,
                                                      .pc_offsets = pc_offsets,
                                                      .pc_count = 3});
    fake_poke(p->vm, begin + FAKE_CALL - 5, 0xE8, 1);
    fake_poke(p->vm, begin + FAKE_CALL - 4, 0, 4);
    fake_poke(p->vm, begin + FAKE_LEAF_CALL - 5, 0xE8, 1);
    fake_poke(p->vm, begin + FAKE_LEAF_CALL - 4, 0, 4);
    return begin;
}

static jt_addr add_stub(fake_program *p, const char *name, int kind, int words)
{
    return fake_blob(p->vm, (fake_blob_spec){.name = name, .kind = kind, .frame_size_words = words, .code_size = 128});
}

void fake_program_start(fake_program *p, fake_release release, const uint8_t *code, size_t length)
{
    jt_error err;
    *p = (fake_program){.vm = fake_vm_create(release)};
    if (code == NULL) {
        code = plain_prologue;
        length = sizeof plain_prologue;
    }
    p->run = fake_method(p->vm, (fake_method_spec){.klass = "demo/Run", .code_size = 40});
    p->helper = fake_method(p->vm, (fake_method_spec){.klass = "demo/Helper", .code_size = 60});
    p->native = fake_method(p->vm, (fake_method_spec){.klass = "demo/Native", .is_native = true});
    p->compiled = add_compiled(p, "nmethod", p->helper, 11, code, length);
    p->inlined = add_compiled(p, "nmethod", p->run, 12, plain_prologue, sizeof plain_prologue);
    p->wrapper = add_compiled(p, "native nmethod", p->native, 13, plain_prologue, sizeof plain_prologue);
    p->adapter = add_stub(p, "I2C/C2I adapters", FAKE_KIND_ADAPTER, 0);
    p->vtable = add_stub(p, "vtable chunks", FAKE_KIND_VTABLE, 0);
    p->stub = add_stub(p, "RuntimeStub - something", FAKE_KIND_STUB, 4);
    p->safepoint = add_stub(p, "SafepointBlob", FAKE_KIND_SAFEPOINT, 4);
    p->deoptimization = add_stub(p, "DeoptimizationBlob", FAKE_KIND_DEOPT, 4);
    p->interpreted_pc = fake_codelet(p->vm, FAKE_RETURN_ENTRY) + 16;
    fake_vm_open(p->vm);
    CHECK_STATUS(jt_frame_walker_create(&p->vm->vm, &p->walker, &err), JT_OK, err);
}

void fake_program_end(fake_program *p)
{
    jt_frame_walker_destroy(p->walker);
    fake_vm_destroy(p->vm);
}

void fake_program_build_stack(fake_program *p, jt_addr top)
{
    fake_call_java(p->vm, (jt_anchor){0});
    fake_interpreted_frame(p->vm, p->run, 5, 3, p->interpreted_pc);
    fake_compiled_frame(p->vm, FAKE_FRAME_WORDS, p->compiled + FAKE_CALL);
    fake_compiled_frame(p->vm, FAKE_FRAME_WORDS, p->wrapper + 100);
    fake_call_java(p->vm, (jt_anchor){p->vm->registers.sp, p->wrapper + 100, p->vm->registers.fp});
    fake_interpreted_frame(p->vm, p->run, 9, 2, p->interpreted_pc);
    fake_compiled_frame(p->vm, FAKE_FRAME_WORDS, top);
}
