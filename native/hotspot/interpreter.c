#include "interpreter.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_CODE_BYTES = 16 << 20,
    MAX_CODELETS = 4096, /* 17 has some 280 */
    QUEUE_COPY = 64,
    CODELET_COPY = 32
};

typedef struct {
    jt_addr start;
    jt_codelet_kind kind;
} codelet;

struct jt_interpreter {
    const jt_vm *vm;
    jt_addr begin, end;
    int32_t stub_count;
    codelet *codelets; /* ascending */
    size_t codelet_count;
};

int jt_interpreter_create(const jt_vm *vm, jt_interpreter **interpreter, jt_error *err)
{
    *interpreter = calloc(1, sizeof **interpreter);
    if (*interpreter == NULL)
        return jt_fail(err, JT_NO_MEMORY, "out of memory");
    (*interpreter)->vm = vm;
    return JT_OK;
}

void jt_interpreter_destroy(jt_interpreter *interpreter)
{
    if (interpreter == NULL)
        return;
    free(interpreter->codelets);
    free(interpreter);
}

/* Descriptions are those of TemplateInterpreterGenerator::generate_all, from 8 to 27: "method entry point (kind = ...)",
 * "native method entry point (kind = ...)", "return entry points", "invoke return entry points". */
static jt_codelet_kind kind_of(const char *description)
{
    if (strstr(description, "method entry point") != NULL)
        return JT_CODELET_METHOD_ENTRY;
    if (strstr(description, "return entry points") != NULL || strcmp(description, "deoptimization entry points") == 0)
        return JT_CODELET_RETURN_ENTRY;
    return JT_CODELET_OTHER;
}

static bool read_codelet(const jt_vm *vm, jt_addr address, codelet *out, int32_t *size)
{
    const jt_layout *l = &vm->layout;
    uint8_t header[CODELET_COPY];
    char description[64];
    size_t length = (size_t)l->codelet_header_size;
    if (length > sizeof header || jt_memory_read(vm->memory, address, header, length) != JT_OK)
        return false;
    jt_addr text = (jt_addr)jt_field_value(l->codelet_description, header, length);
    *size = (int32_t)jt_field_value(l->codelet_size, header, length);
    out->start = address;
    out->kind = jt_memory_read_string(vm->memory, text, description, sizeof description) == JT_OK
                    ? kind_of(description)
                    : JT_CODELET_OTHER;
    return *size > 0;
}

/* The queue holds the codelets one after the other (StubQueue), each with its header first. */
static void read_codelets(jt_interpreter *interpreter)
{
    const jt_layout *l = &interpreter->vm->layout;
    if (!jt_field_present(l->codelet_size) || !jt_field_present(l->codelet_description) || interpreter->stub_count <= 0 ||
        interpreter->stub_count > MAX_CODELETS)
        return;
    codelet *codelets = calloc((size_t)interpreter->stub_count, sizeof *codelets);
    size_t count = 0;
    jt_addr at = interpreter->begin;
    int32_t size;
    while (codelets != NULL && count < (size_t)interpreter->stub_count && at < interpreter->end &&
           read_codelet(interpreter->vm, at, &codelets[count], &size)) {
        count++;
        at += (jt_addr)size;
    }
    free(interpreter->codelets);
    interpreter->codelets = codelets;
    interpreter->codelet_count = codelets == NULL ? 0 : count;
}

void jt_interpreter_refresh(jt_interpreter *interpreter)
{
    const jt_layout *l = &interpreter->vm->layout;
    jt_addr queue;
    uint8_t copy[QUEUE_COPY];
    if (jt_memory_read_u64(interpreter->vm->memory, l->interpreter_code, &queue) != JT_OK || queue == 0 ||
        jt_memory_read(interpreter->vm->memory, queue, copy, sizeof copy) != JT_OK)
        return;
    jt_addr begin = (jt_addr)jt_field_value(l->queue_buffer, copy, sizeof copy);
    int64_t limit = jt_field_value(l->queue_limit, copy, sizeof copy);
    int32_t stubs = (int32_t)jt_field_value(l->queue_stub_count, copy, sizeof copy);
    if (limit <= 0 || limit > MAX_CODE_BYTES)
        return;
    if (begin == interpreter->begin && begin + (jt_addr)limit == interpreter->end && stubs == interpreter->stub_count)
        return;
    interpreter->begin = begin;
    interpreter->end = begin + (jt_addr)limit;
    interpreter->stub_count = stubs;
    read_codelets(interpreter);
}

bool jt_interpreter_contains(const jt_interpreter *interpreter, jt_addr pc)
{
    return pc >= interpreter->begin && pc < interpreter->end;
}

jt_codelet_kind jt_interpreter_codelet(const jt_interpreter *interpreter, jt_addr pc)
{
    size_t low = 0, high = interpreter->codelet_count;
    if (high == 0 || pc < interpreter->codelets[0].start)
        return JT_CODELET_UNKNOWN;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (interpreter->codelets[middle].start <= pc)
            low = middle;
        else
            high = middle;
    }
    return interpreter->codelets[low].kind;
}
