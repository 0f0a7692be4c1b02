/* The template interpreter's code: its range, and which codelet an address belongs to. */
#ifndef JTRACE_INTERPRETER_H
#define JTRACE_INTERPRETER_H

#include "vm.h"

typedef enum {
    JT_CODELET_OTHER,        /* bytecodes, handlers: the frame stands */
    JT_CODELET_METHOD_ENTRY, /* builds the frame of a method that was just called */
    JT_CODELET_RETURN_ENTRY, /* a call returned: the bcp register is still the callee's at first */
    JT_CODELET_UNKNOWN
} jt_codelet_kind;

typedef struct jt_interpreter jt_interpreter;

int jt_interpreter_create(const jt_vm *vm, jt_interpreter **interpreter, jt_error *err);
void jt_interpreter_destroy(jt_interpreter *interpreter);

/* The interpreter is made while the VM starts, and read here once it stands; cheap when nothing changed. */
void jt_interpreter_refresh(jt_interpreter *interpreter);
bool jt_interpreter_contains(const jt_interpreter *interpreter, jt_addr pc);
jt_codelet_kind jt_interpreter_codelet(const jt_interpreter *interpreter, jt_addr pc);

#endif
