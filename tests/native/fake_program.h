/* A small Java program in a fake VM: its methods, their compiled code and stubs, and a walker to look at them. */
#ifndef JTRACE_TESTS_FAKE_PROGRAM_H
#define JTRACE_TESTS_FAKE_PROGRAM_H

#include "fake_vm.h"

/* Places in `compiled`, from where its code begins. */
enum {
    FAKE_CALL = 48,      /* a return address: with a PcDesc, and a call before it */
    FAKE_LEAF_CALL = 80, /* a call without debug info returns here */
    FAKE_DEOPT = 380,
    FAKE_FRAME_WORDS = 6, /* of all compiled code here */
    FAKE_ORIG_PC = 8
};

typedef struct {
    fake_vm *vm;
    jt_frame_walker *walker;
    jt_addr run, helper, native;        /* methods */
    jt_addr compiled, inlined, wrapper; /* code: of `helper`, of `run`, and the native wrapper of `native` */
    jt_addr adapter, vtable, stub, safepoint, deoptimization;
    jt_addr interpreted_pc; /* where an interpreted call returns to */
} fake_program;

/* `code` stands at the beginning of `compiled`; NULL: push rbp; sub rsp, 32. */
void fake_program_start(fake_program *p, fake_release release, const uint8_t *code, size_t length);
void fake_program_end(fake_program *p);

/* Bottom: run (interpreted, bci 5), helper (compiled), native; it calls back run (interpreted, bci 9), helper
 * (compiled), which is at `top`. */
void fake_program_build_stack(fake_program *p, jt_addr top);

#endif
