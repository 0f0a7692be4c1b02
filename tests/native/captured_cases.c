#include "captured_cases.h"

#include <inttypes.h>

#include "check.h"

enum {
    GENERAL_REGISTERS = 16, /* those that some CPU has and a rule may ask for */
    LINE_WORDS = LINE_BYTES / 8,
    LONGEST_RECORD = 64 * 1024
};

/* --- words --- */

/* NUL and space as they are written in text; text that has these has to be a number. */
enum { NUL_MARK = '~', SPACE_MARK = '^', TEXT_MARK = '\'' };

static bool is_text(const uint8_t bytes[8])
{
    bool letters = false;
    for (size_t i = 0; i < 8; i++) {
        uint8_t b = bytes[i];
        if ((b != '\0' && (b < ' ' || b > '~')) || b == NUL_MARK || b == SPACE_MARK)
            return false;
        letters = letters || (i > 3 && b != '\0');
    }
    return letters;
}

static void write_word(FILE *file, const uint8_t bytes[8])
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    if (!is_text(bytes)) {
        fprintf(file, " %" PRIx64, value);
        return;
    }
    fprintf(file, " %c", TEXT_MARK);
    for (size_t i = 0; i < 8; i++)
        fputc(bytes[i] == '\0' ? NUL_MARK : bytes[i] == ' ' ? SPACE_MARK : bytes[i], file);
}

/* The next number of a record; false at its end. */
static bool next_number(char **at, uint64_t *value)
{
    char *end;
    *value = strtoull(*at, &end, 16);
    bool found = end != *at;
    *at = end;
    return found;
}

/* The same of memory's words. */
static bool next_word(char **at, uint64_t *value)
{
    char *text = *at + strspn(*at, " ");
    if (*text != TEXT_MARK || strnlen(text, 9) != 9)
        return next_number(at, value);
    uint8_t bytes[8];
    for (size_t i = 0; i < 8; i++) {
        char c = text[i + 1];
        bytes[i] = (uint8_t)(c == NUL_MARK ? '\0' : c == SPACE_MARK ? ' ' : c);
    }
    memcpy(value, bytes, sizeof *value);
    *at = text + 9;
    return true;
}

/* --- writing --- */

static int by_address(const void *a, const void *b)
{
    jt_addr x = ((const memory_line *)a)->address, y = ((const memory_line *)b)->address;
    return x < y ? -1 : x > y;
}

static size_t changed_lines(const line_memory *now, const line_memory *known, memory_line *changed)
{
    size_t count = 0;
    for (size_t i = 0; i < now->count; i++) {
        const memory_line *old = line_memory_find(known, now->lines[i].address);
        if (old == NULL || memcmp(old->bytes, now->lines[i].bytes, LINE_BYTES) != 0)
            changed[count++] = now->lines[i];
    }
    qsort(changed, count, sizeof *changed, by_address);
    return count;
}

void captured_write_lines(FILE *file, const line_memory *now, line_memory *known)
{
    enum { LINES_A_RECORD = 64 };
    memory_line *changed = malloc((now->count + 1) * sizeof *changed);
    CHECK(changed != NULL);
    size_t count = changed_lines(now, known, changed);
    for (size_t i = 0, in_record = 0; i < count; i++, in_record++) {
        bool follows = i > 0 && changed[i].address == changed[i - 1].address + LINE_BYTES && in_record < LINES_A_RECORD;
        if (!follows) {
            fprintf(file, "%sm %" PRIx64, i > 0 ? "\n" : "", changed[i].address);
            in_record = 0;
        }
        for (size_t word = 0; word < LINE_WORDS; word++)
            write_word(file, changed[i].bytes + 8 * word);
        line_memory_put(known, &changed[i]);
    }
    if (count > 0)
        fputc('\n', file);
    free(changed);
}

void captured_write_process(FILE *file, jt_addr image)
{
    fprintf(file, "process %" PRIx64 "\n", image);
}

void captured_write_case(FILE *file, const captured_case *one)
{
    const jt_walk_input *in = &one->input;
    const jt_registers *r = &in->registers;
    fprintf(file, "case %s\nregisters %" PRIx64 " %" PRIx64 " %" PRIx64, one->name, r->pc, r->sp, r->fp);
    for (int i = 0; i < GENERAL_REGISTERS; i++)
        fprintf(file, " %" PRIx64, r->general[i]);
    fprintf(file,
            "\nthread %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %zx %d\n",
            in->java_thread, in->stack_base, in->anchor.sp, in->anchor.pc, in->anchor.fp, in->saved_exception_pc,
            in->cont_entry, in->stack_length, in->in_java);
    for (size_t i = 0; i < one->count; i++)
        fprintf(file, "frame %s %" PRIx64 " %" PRIx32 " %" PRId32 "\n", jt_frame_kind_name(one->frames[i].kind),
                one->frames[i].address, one->frames[i].identity, one->frames[i].position);
    fprintf(file, "end %s\n", one->status);
}

/* --- reading --- */

static void refuse(const captured_reader *r, const char *what)
{
    fprintf(stderr, "%s:%u: %s\n", r->path, r->line_number, what);
    exit(1);
}

static uint64_t number(const captured_reader *r, char **at)
{
    uint64_t value;
    if (!next_number(at, &value))
        refuse(r, "a number is missing");
    return value;
}

static void read_memory(const captured_reader *r, char *at)
{
    memory_line line = {.address = number(r, &at)};
    uint64_t value;
    if (line.address % LINE_BYTES != 0)
        refuse(r, "not the address of a line");
    while (next_word(&at, &value)) {
        for (size_t word = 0; word < LINE_WORDS; word++) {
            if (word > 0 && !next_word(&at, &value))
                refuse(r, "a word is missing");
            memcpy(line.bytes + 8 * word, &value, sizeof value);
        }
        line_memory_put(r->memory, &line);
        line.address += LINE_BYTES;
    }
}

static void read_registers(const captured_reader *r, char *at, jt_registers *registers)
{
    registers->pc = number(r, &at);
    registers->sp = number(r, &at);
    registers->fp = number(r, &at);
    for (int i = 0; i < GENERAL_REGISTERS; i++)
        registers->general[i] = number(r, &at);
}

static void read_thread(const captured_reader *r, char *at, jt_walk_input *in)
{
    in->java_thread = number(r, &at);
    in->stack_base = number(r, &at);
    in->anchor.sp = number(r, &at);
    in->anchor.pc = number(r, &at);
    in->anchor.fp = number(r, &at);
    in->saved_exception_pc = number(r, &at);
    in->cont_entry = number(r, &at);
    in->stack_length = number(r, &at);
    in->in_java = number(r, &at) != 0;
}

static void read_frame(const captured_reader *r, const char *at, captured_case *one)
{
    char kind[32];
    if (one->count == CAPTURED_FRAMES)
        refuse(r, "too many frames");
    jt_frame *frame = &one->frames[one->count++];
    if (sscanf(at, "%31s %" SCNx64 " %" SCNx32 " %" SCNd32, kind, &frame->address, &frame->identity,
               &frame->position) != 4)
        refuse(r, "not a frame");
    for (frame->kind = 0; frame->kind < JT_FRAME_KIND_COUNT; frame->kind++) {
        if (strcmp(jt_frame_kind_name(frame->kind), kind) == 0)
            return;
    }
    refuse(r, "no such kind of frame");
}

static const char *known_status(const captured_reader *r, const char *label)
{
    for (int status = 0; status < JT_WALK_STATUS_COUNT; status++) {
        if (strcmp(jt_walk_status_label(status), label) == 0)
            return jt_walk_status_label(status);
    }
    refuse(r, "no such status");
    return NULL;
}

/* Stack and registers are taken together, so the stack begins where sp points to. */
static void finish_case(const captured_reader *r, captured_case *one)
{
    jt_walk_input *in = &one->input;
    in->has_registers = true;
    in->stack_address = in->registers.sp & ~(jt_addr)7;
    if (in->stack_length > CAPTURED_STACK)
        refuse(r, "not a stack");
}

/* One record; true when it ends a case. */
static bool read_record(captured_reader *r, char *record, captured_case *one)
{
    char *rest = strchr(record, ' ');
    if (rest == NULL)
        refuse(r, "not a record");
    *rest++ = '\0';
    if (strcmp(record, "m") == 0) {
        read_memory(r, rest);
    } else if (strcmp(record, "process") == 0) {
        r->image = number(r, &rest);
        r->processes++;
    } else if (strcmp(record, "case") == 0) {
        memset(one, 0, sizeof *one);
        snprintf(one->name, sizeof one->name, "%s", rest);
    } else if (strcmp(record, "registers") == 0) {
        read_registers(r, rest, &one->input.registers);
    } else if (strcmp(record, "thread") == 0) {
        read_thread(r, rest, &one->input);
    } else if (strcmp(record, "frame") == 0) {
        read_frame(r, rest, one);
    } else if (strcmp(record, "end") == 0) {
        one->status = known_status(r, rest);
        finish_case(r, one);
        return true;
    } else {
        refuse(r, "no such record");
    }
    return false;
}

bool captured_read_case(captured_reader *reader, captured_case *one)
{
    char record[LONGEST_RECORD];
    while (fgets(record, sizeof record, reader->file) != NULL) {
        reader->line_number++;
        size_t length = strcspn(record, "\n");
        if (record[length] == '\0')
            refuse(reader, "too long");
        record[length] = '\0';
        if (read_record(reader, record, one))
            return true;
    }
    return false;
}

/* --- walking --- */

int captured_open_vm(jt_vm *vm, const jt_memory *memory, jt_addr image_address, jt_error *err)
{
    jt_elf_image image;
    *vm = (jt_vm){.memory = memory};
    int status = jt_elf_image_open(&image, memory, image_address, err);
    if (status == JT_OK)
        status = jt_vm_structs_read(&image, &vm->structs, err);
    if (status == JT_OK)
        status = jt_layout_read(vm->structs, &vm->layout, err);
    return status;
}

int captured_walk(const jt_vm *vm, const jt_walk_input *input, jt_walk_result *result)
{
    jt_walk_input in = *input;
    jt_frame_walker *walker;
    jt_error err;
    uint8_t *stack = malloc(in.stack_length); /* as long as it is, so that the sanitizers see its end */
    CHECK(stack != NULL || in.stack_length == 0);
    in.stack = stack;
    int status = JT_WALK_STACK_UNREADABLE;
    result->capacity = CAPTURED_FRAMES;
    if (jt_memory_read(vm->memory, in.stack_address, stack, in.stack_length) == JT_OK) {
        CHECK_STATUS(jt_frame_walker_create(vm, &walker, &err), JT_OK, err);
        status = jt_frame_walker_walk(walker, &in, result);
        jt_frame_walker_destroy(walker);
    }
    free(stack);
    return status;
}
