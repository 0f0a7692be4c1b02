/* Makes fixtures of a live JVM for tests/native/replay_test.c: steps a Java thread (stepper.h), and of each kind of
 * place where its stack was right it writes down what the walker was given, what it read, and the frames.
 *
 *   capture PID THREAD-NAME STEPS FILE
 *
 * Adds to FILE what it does not have yet. Prints how many stacks were right, how many kinds of places are new, and where
 * stacks were not right. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../native/captured_cases.h"
#include "../native/check.h"
#include "stepper.h"

enum {
    MAX_KINDS = 4096,
    MAX_ALIKE = 10,           /* kinds of places that differ in the instruction only, and of those */
    MAX_ALIKE_BUILDING = 32,  /* where a frame is built */
    MAX_ATTEMPTS = 10,        /* to capture a case of a kind, which may be too large */
    SETTLED = 64,             /* right stacks in a row after which one is believed to be right */
    ON_THE_WAY = 4,           /* steps after which code or frame have not just changed */
    BURST = 5000,             /* steps, after which the thread runs by itself to get somewhere else */
    MAX_OUTSIDE = 500,        /* steps in native code after which one ends early */
    PAUSE_NANOS = 5000000,
    PAGE_BYTES = 4096,
    CODE_BYTES = 3,           /* of an instruction: opcode and operands, mostly without constants */
    MAX_FRAMES = 12,          /* deep stacks add nothing: the same places are met with shallow ones */
    MAX_NEW_BYTES = 32 * 1024 /* of memory that a case adds to the file: another one at such a place may be smaller */
};

/* A kind of place. */
typedef struct {
    char name[CAPTURED_NAME];
    bool captured;
    unsigned attempts, not_right;
} kind;

typedef struct {
    stepper stepper;
    jt_vm vm; /* the same, read through `seen` */
    line_memory seen, written;
    FILE *file;
    captured_case now;
    kind kinds[MAX_KINDS];
    size_t kind_count, cases;
    unsigned long right, others;
    unsigned long unlike; /* places where a fresh walker found something else */
    /* where the steps before were */
    jt_addr last_code, last_frame;
    unsigned steps_in_code, steps_with_frame;
} recorder;

/* --- what kind of place --- */

enum {
    RET = 0xC3,
    LEAVE = 0xC9,
    PUSHF = 0x9C,
    POPF = 0x9D,
    PUSH_OR_POP = 0x50, /* of any register */
    CALL = 0xE8,
    JMP = 0xE9,
    JMP_SHORT = 0xEB,
    JCC_SHORT = 0x70,
    JCC = 0x80, /* after 0F */
    MOV_CONSTANT = 0xB8
};

/* Instructions that move sp or go elsewhere: where frames begin and end. */
static bool moves_frame(const uint8_t *b)
{
    size_t rex = (b[0] & 0xF0) == 0x40;
    const uint8_t op = b[rex], modrm = b[rex + 1];
    if ((op & 0xF0) == PUSH_OR_POP || op == PUSHF || op == POPF || op == RET || op == LEAVE || op == CALL || op == JMP)
        return true;
    if (op == 0xFF)
        return (modrm & 0x38) >= 0x10; /* call, jmp, push by register or memory */
    if (op == 0x83 || op == 0x81)
        return (modrm & 0xC7) == 0xC4; /* add, sub, and with rsp */
    if (op == 0x8B || op == 0x8D)
        return (modrm & 0x38) == 0x20; /* mov, lea into rsp */
    return op == 0x89 && (modrm & 0xC7) == 0xC4;
}

/* How many of an instruction's first bytes say what it does; constants follow. */
static size_t telling_bytes(const uint8_t *b)
{
    bool rex = (b[0] & 0xF0) == 0x40;
    if (b[0] == RET || b[0] == CALL || b[0] == JMP || b[0] == JMP_SHORT || (b[0] & 0xF0) == JCC_SHORT)
        return 1;
    if ((b[0] == 0x0F && (b[1] & 0xF0) == JCC) || (rex && (b[1] & 0xF8) == MOV_CONSTANT))
        return 2;
    return CODE_BYTES;
}

/* Stubs have no offset from which on their frame is complete. */
static bool is_building(const jt_blob *blob, jt_addr pc)
{
    return blob->frame_complete > 0 && pc - blob->code_begin < (jt_addr)blob->frame_complete;
}

/* Follows which code the thread is in, since when, and when its frame has changed there. */
static void follow_code(recorder *r, const jt_registers *registers, const jt_blob *blob)
{
    jt_addr code = blob != NULL ? blob->start : jt_interpreter_contains(r->stepper.interpreter, registers->pc);
    jt_addr frame = blob != NULL ? registers->sp : registers->fp; /* expressions move an interpreted frame's sp */
    r->steps_in_code = code == r->last_code ? r->steps_in_code + 1 : 0;
    r->steps_with_frame = code == r->last_code && frame != r->last_frame ? 0 : r->steps_with_frame + 1;
    r->last_code = code;
    r->last_frame = frame;
}

static const char *codelet_name(const recorder *r, jt_addr pc)
{
    static const char *const names[] = {"", " method entry", " return entry", " codelet"};
    return names[jt_interpreter_codelet(r->stepper.interpreter, pc)];
}

/* Whether the frame may be built or taken down here, so that each instruction is a place of its own. */
static bool on_the_way(const recorder *r, const jt_registers *registers, const jt_blob *blob, const uint8_t *code)
{
    bool just_came = r->steps_in_code < ON_THE_WAY;
    if (r->steps_with_frame < ON_THE_WAY)
        return true;
    if (blob == NULL) {
        jt_codelet_kind codelet = jt_interpreter_codelet(r->stepper.interpreter, registers->pc);
        return codelet == JT_CODELET_METHOD_ENTRY || (codelet == JT_CODELET_RETURN_ENTRY && just_came) ||
               code[0] == LEAVE;
    }
    if (blob->kind == JT_BLOB_NMETHOD || blob->kind == JT_BLOB_NATIVE_NMETHOD)
        return is_building(blob, registers->pc) || moves_frame(code);
    return just_came || moves_frame(code) || blob->kind == JT_BLOB_ADAPTER || blob->kind == JT_BLOB_VTABLE;
}

static void describe_code(const recorder *r, const jt_registers *registers, const jt_blob *blob, char *text, size_t size)
{
    uint8_t code[CODE_BYTES] = {0};
    jt_memory_read(r->stepper.vm.memory, registers->pc, code, sizeof code);
    *text = '\0';
    if (!on_the_way(r, registers, blob, code))
        return;
    for (size_t i = 0, length = 0; i < telling_bytes(code); i++)
        length += (size_t)snprintf(text + length, size - length, " %02x", code[i]);
}

/* The frame of a method that is being entered stands, but does not have all its words. */
static bool new_frame(const recorder *r, const jt_registers *registers)
{
    enum { WORDS = 12 }; /* of a whole one */
    return jt_interpreter_codelet(r->stepper.interpreter, registers->pc) == JT_CODELET_METHOD_ENTRY &&
           registers->fp - registers->sp < WORDS * 8;
}

/* Each kind has one name, and one case of it is enough. */
static void name_place(recorder *r, const jt_registers *registers, char *name)
{
    stepper *s = &r->stepper;
    const stack *now = &s->now;
    region region = stepper_region(s, registers->pc);
    const jt_blob *blob = jt_code_cache_find(s->places, registers->pc);
    char code[32] = "", detail[64] = "";
    follow_code(r, registers, blob);
    if (region != OUTSIDE)
        describe_code(r, registers, blob, code, sizeof code);
    if (region == INTERPRETED)
        snprintf(detail, sizeof detail, "%s%s", codelet_name(r, registers->pc),
                 new_frame(r, registers) ? " new frame" : "");
    else if (region != OUTSIDE)
        snprintf(detail, sizeof detail, "%s%.40s%s", region == STUB ? " " : "", region == STUB ? blob->name : "",
                 is_building(blob, registers->pc) ? " building" : "");
    snprintf(name, CAPTURED_NAME, "%s%s%s, %s of %s%s", region_names[region], detail, code,
             now->count > 0 ? jt_frame_kind_name(now->frames[0].kind) : "none",
             now->count > 1 ? jt_frame_kind_name(now->frames[1].kind) : "none",
             s->input.anchor.sp != 0 ? ", anchor" : "");
}

/* Length of a name up to the instruction's bytes in it. */
static size_t length_without_code(const char *name)
{
    size_t length = strcspn(name, ",");
    while (length > 3 && name[length - 3] == ' ' && isxdigit(name[length - 2]) && isxdigit(name[length - 1]))
        length -= 3;
    return length;
}

/* Whether two kinds of places differ in nothing but the instruction. */
static bool alike(const char *a, const char *b)
{
    size_t length = length_without_code(a);
    return length == length_without_code(b) && strncmp(a, b, length) == 0 && strcmp(strchr(a, ','), strchr(b, ',')) == 0;
}

/* The kind of that name, new or not; NULL when there are too many. */
static kind *find_kind(recorder *r, const char *name)
{
    for (size_t i = 0; i < r->kind_count; i++) {
        if (strcmp(r->kinds[i].name, name) == 0)
            return &r->kinds[i];
    }
    if (r->kind_count == MAX_KINDS)
        return NULL;
    kind *added = &r->kinds[r->kind_count++];
    snprintf(added->name, sizeof added->name, "%s", name);
    return added;
}

static bool is_wanted(const recorder *r, const kind *one)
{
    if (one == NULL || one->captured || one->attempts == MAX_ATTEMPTS)
        return false;
    bool building = strstr(one->name, "building") != NULL || strstr(one->name, "method entry") != NULL;
    size_t like_it = 0;
    for (size_t i = 0; i < r->kind_count; i++)
        like_it += r->kinds[i].captured && alike(r->kinds[i].name, one->name);
    return like_it < (building ? MAX_ALIKE_BUILDING : MAX_ALIKE);
}

/* --- one case --- */

static bool same_frames(const jt_walk_result *result, const stack *truth)
{
    size_t marks = result->count > 0 && result->frames[0].kind == JT_FRAME_VM;
    if (result->count - marks != truth->count)
        return false;
    for (size_t i = 0; i < truth->count; i++) {
        const jt_frame *a = &result->frames[i + marks], *b = &truth->frames[i];
        /* an interpreted frame's identity is a number that the walker gives */
        if (a->kind != b->kind || a->address != b->address || a->position != b->position ||
            (a->identity != b->identity && a->kind != JT_FRAME_INTERPRETED))
            return false;
    }
    return true;
}

static size_t new_bytes(const recorder *r)
{
    size_t bytes = 0;
    for (size_t i = 0; i < r->seen.count; i++) {
        const memory_line *line = &r->seen.lines[i], *old = line_memory_find(&r->written, line->address);
        if (old == NULL || memcmp(old->bytes, line->bytes, LINE_BYTES) != 0)
            bytes += LINE_BYTES;
    }
    return bytes;
}

/* Walks anew, by nothing but what is read now. */
static bool walk_again(recorder *r)
{
    captured_case *one = &r->now;
    jt_walk_result result = {.frames = one->frames};
    line_memory_clear(&r->seen);
    int status = captured_walk(&r->vm, &one->input, &result);
    one->count = result.count;
    one->status = jt_walk_status_label(status);
    return status == r->stepper.now.status && !result.scanned && same_frames(&result, &r->stepper.now);
}

/* As much of the stack as the walk needs: above it are the thread's native frames and its thread-local variables. */
static bool walk_shortest(recorder *r)
{
    jt_walk_input *in = &r->now.input;
    size_t low = 0, high = in->stack_length / 8; /* words: too few, enough */
    while (high - low > 1) {
        in->stack_length = 8 * (low + (high - low) / 2);
        if (walk_again(r))
            high = in->stack_length / 8;
        else
            low = in->stack_length / 8;
    }
    in->stack_length = 8 * high;
    return walk_again(r);
}

static bool is_small(const recorder *r)
{
    return r->now.input.stack_length <= CAPTURED_STACK && r->stepper.now.count <= MAX_FRAMES;
}

static void capture(recorder *r, kind *one)
{
    r->now.input = r->stepper.input;
    snprintf(r->now.name, sizeof r->now.name, "%s", one->name);
    if (!is_small(r))
        return;
    one->attempts++;
    if (!walk_again(r)) { /* native frames were unwound by tables that are not captured, or the target has changed */
        r->unlike++;
        return;
    }
    if (!walk_shortest(r) || new_bytes(r) > MAX_NEW_BYTES)
        return;
    captured_write_lines(r->file, &r->seen, &r->written);
    captured_write_case(r->file, &r->now);
    one->captured = true;
    r->cases++;
}

static void checked(void *context, step_verdict verdict)
{
    recorder *r = context;
    const stepper *s = &r->stepper;
    char name[CAPTURED_NAME];
    *(verdict == STEP_RIGHT ? &r->right : &r->others) += 1;
    name_place(r, &s->registers, name);
    kind *one = find_kind(r, name);
    if (one != NULL && (verdict == STEP_WRONG || verdict == STEP_INCOMPLETE) && s->wrong_in_a_row == 0)
        one->not_right++;
    if (verdict == STEP_RIGHT && s->right_in_a_row >= SETTLED && !s->now.scanned && is_wanted(r, one))
        capture(r, one);
}

/* --- the file --- */

/* What FILE has already. */
static void read_file(recorder *r, const char *path)
{
    captured_reader reader = {.file = fopen(path, "r"), .path = path, .memory = &r->written};
    if (reader.file == NULL)
        return;
    while (captured_read_case(&reader, &r->now)) {
        kind *one = find_kind(r, r->now.name);
        if (one != NULL)
            one->captured = true;
    }
    fclose(reader.file);
}

static void open_file(recorder *r, const char *path)
{
    line_memory_init(&r->written, NULL);
    read_file(r, path);
    r->file = fopen(path, "a");
    if (r->file == NULL) {
        perror(path);
        exit(1);
    }
}

static bool has_pointers(const line_memory *memory, const memory_line *line)
{
    for (size_t i = 0; i < LINE_BYTES; i += 8) {
        jt_addr word;
        memcpy(&word, line->bytes + i, sizeof word);
        if (line_memory_find(memory, word & ~(jt_addr)(LINE_BYTES - 1)) != NULL)
            return true;
    }
    return false;
}

/* The lines from `name` to its end. */
static void keep_name(const line_memory *memory, jt_addr name, line_memory *kept)
{
    const memory_line *line = line_memory_find(memory, name & ~(jt_addr)(LINE_BYTES - 1));
    for (size_t skip = name % LINE_BYTES; line != NULL; skip = 0) {
        line_memory_put(kept, line);
        if (memchr(line->bytes + skip, '\0', LINE_BYTES - skip) != NULL)
            break;
        line = line_memory_find(memory, line->address + LINE_BYTES);
    }
}

/* A page of which everything was read, and that holds text only. */
static bool is_text_page(const line_memory *memory, jt_addr page)
{
    for (jt_addr address = page; address < page + PAGE_BYTES; address += LINE_BYTES) {
        const memory_line *line = line_memory_find(memory, address);
        if (line == NULL || has_pointers(memory, line))
            return false;
    }
    return true;
}

static void empty_page(line_memory *memory, jt_addr page, const line_memory *kept)
{
    for (jt_addr address = page; address < page + PAGE_BYTES; address += LINE_BYTES) {
        if (line_memory_find(kept, address) == NULL)
            memset(line_memory_find(memory, address)->bytes, 0, LINE_BYTES);
    }
}

/* Names are read by the page, and most of the text there is other text. Lines to which nothing points are emptied. */
static void empty_other_text(line_memory *memory)
{
    line_memory kept;
    line_memory_init(&kept, NULL);
    for (size_t i = 0; i < memory->count; i++) {
        for (size_t at = 0; at < LINE_BYTES; at += 8) {
            jt_addr word;
            memcpy(&word, memory->lines[i].bytes + at, sizeof word);
            keep_name(memory, word, &kept);
        }
    }
    for (size_t i = 0; i < memory->count; i++) {
        jt_addr page = memory->lines[i].address;
        if (page % PAGE_BYTES == 0 && is_text_page(memory, page))
            empty_page(memory, page, &kept);
    }
    line_memory_free(&kept);
}

static int read_maps_of_source(const jt_memory *self, jt_maps *maps, jt_error *err)
{
    return jt_memory_read_maps(((const line_memory *)self)->source, maps, err);
}

/* Opens the VM once more, through `seen`, and writes what that reads, and what each walk reads of the interpreter. */
static void open_vm(recorder *r)
{
    jt_error err;
    jt_vm found;
    jt_interpreter *interpreter;
    line_memory_init(&r->seen, jt_process_memory(r->stepper.process));
    r->seen.base.read_maps = read_maps_of_source;
    CHECK_STATUS(jt_vm_open(&found, "the process", &r->seen.base, &err), JT_OK, err);
    r->seen.base.read_maps = NULL; /* as in the cases: no unwind tables */
    jt_vm_close(&found);
    jt_addr image = r->seen.lines[0].address; /* libjvm.so is looked for by its name first, and its header read first */
    CHECK_STATUS(captured_open_vm(&r->vm, &r->seen.base, image, &err), JT_OK, err);
    CHECK_STATUS(jt_interpreter_create(&r->vm, &interpreter, &err), JT_OK, err);
    jt_interpreter_refresh(interpreter);
    jt_interpreter_destroy(interpreter);
    empty_other_text(&r->seen);
    captured_write_process(r->file, image);
    captured_write_lines(r->file, &r->seen, &r->written);
}

/* Ends early where the thread stays in native code. */
static void step_burst(recorder *r)
{
    stepper *s = &r->stepper;
    stepper_begin(s);
    for (int i = 0, outside = 0; i < BURST && outside < MAX_OUTSIDE; i++) {
        stepper_step(s, checked, r);
        outside = jt_code_cache_covers(s->places, s->registers.pc) ? 0 : outside + 1;
    }
    stepper_end(s);
}

static void print(const recorder *r)
{
    printf("%lu stacks right, %lu not; %zu cases more, %lu stacks that need more than is captured\n", r->right, r->others,
           r->cases, r->unlike);
    for (size_t i = 0; i < r->kind_count; i++) {
        if (r->kinds[i].not_right > 0)
            printf("    not right %u times: %s\n", r->kinds[i].not_right, r->kinds[i].name);
    }
}

int main(int argc, char **argv)
{
    static recorder r;
    if (argc != 5) {
        fprintf(stderr, "usage: capture PID THREAD-NAME STEPS FILE\n");
        return 2;
    }
    int pid = atoi(argv[1]);
    unsigned long steps = strtoul(argv[3], NULL, 10);
    stepper_open(&r.stepper, pid, argv[2]);
    open_file(&r, argv[4]);
    open_vm(&r);
    while (r.stepper.steps < steps) {
        step_burst(&r);
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NANOS}, NULL);
    }
    print(&r);
    fclose(r.file);
    jt_vm_close(&r.vm);
    line_memory_free(&r.seen);
    line_memory_free(&r.written);
    stepper_close(&r.stepper);
    return 0;
}
