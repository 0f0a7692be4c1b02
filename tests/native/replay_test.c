/* Walks the captured cases (captured_cases.h) of every release under tests/native/fixtures: frames and status must be
 * those that were right in the live JVM. Then each of them again with some of its bytes, registers or thread's words
 * changed: whatever the walk makes of it, it ends, reads nothing outside its copies (built with -DJTRACE_SANITIZE=ON)
 * and writes no frame too many.
 *
 *   replay_test [RELEASE]      one release, and the name of each case */
#include <time.h>

#include "captured_cases.h"
#include "check.h"

enum { MUTATIONS = 4, MUTATION_SECONDS = 4 };

typedef struct {
    line_memory memory;
    captured_reader reader;
    jt_vm vm;
    unsigned process; /* the one that vm is of, counted from 1 */
    captured_case now;
    jt_frame frames[CAPTURED_FRAMES];
    unsigned cases, failures;
    bool verbose;
    uint64_t random;
} replay;

/* --- as it was --- */

static bool same_frames(const captured_case *expected, const jt_walk_result *result)
{
    if (expected->count != result->count)
        return false;
    for (size_t i = 0; i < result->count; i++) {
        const jt_frame *a = &expected->frames[i], *b = &result->frames[i];
        if (a->kind != b->kind || a->address != b->address || a->identity != b->identity || a->position != b->position)
            return false;
    }
    return true;
}

static void print_frames(const char *title, const char *status, const jt_frame *frames, size_t count)
{
    fprintf(stderr, "  %s: %s, %zu frames\n", title, status, count);
    for (size_t i = 0; i < count && i < 6; i++)
        fprintf(stderr, "    %s %llx %u %d\n", jt_frame_kind_name(frames[i].kind),
                (unsigned long long)frames[i].address, frames[i].identity, frames[i].position);
}

static void walk_as_captured(replay *r)
{
    const captured_case *one = &r->now;
    jt_walk_result result = {.frames = r->frames};
    const char *status = jt_walk_status_label(captured_walk(&r->vm, &one->input, &result));
    r->cases++;
    if (r->verbose)
        printf("%s\n", one->name);
    if (strcmp(status, one->status) == 0 && !result.scanned && same_frames(one, &result))
        return;
    r->failures++;
    fprintf(stderr, "%s:%u: %s%s\n", r->reader.path, r->reader.line_number, one->name,
            result.scanned ? ": found by a search" : "");
    print_frames("captured", one->status, one->frames, one->count);
    print_frames("walked", status, result.frames, result.count);
}

/* --- changed --- */

static uint64_t below(replay *r, uint64_t limit)
{
    r->random ^= r->random << 13; /* xorshift64 */
    r->random ^= r->random >> 7;
    r->random ^= r->random << 17;
    return r->random % limit;
}

/* The line that an address of the case lies in, or any. */
static memory_line *some_line(replay *r)
{
    const jt_walk_input *in = &r->now.input;
    jt_addr places[] = {in->stack_address + below(r, in->stack_length + 1), in->registers.pc,
                        r->now.count > 0 ? r->now.frames[below(r, r->now.count)].address : 0};
    memory_line *line = line_memory_find(&r->memory, places[below(r, 3)] & ~(jt_addr)(LINE_BYTES - 1));
    return line != NULL ? line : &r->memory.lines[below(r, r->memory.count)];
}

static uint64_t some_value(replay *r, const memory_line *line)
{
    const jt_walk_input *in = &r->now.input;
    const uint64_t values[] = {0,
                               UINT64_MAX,
                               INT32_MAX,
                               1ull << 63,
                               line->address,
                               in->registers.pc,
                               in->stack_address + 8 * below(r, in->stack_length / 8 + 1),
                               in->stack_base - 8,
                               r->now.count > 0 ? r->now.frames[below(r, r->now.count)].address : 1,
                               below(r, UINT64_MAX)};
    return values[below(r, sizeof values / sizeof *values)];
}

static void change_input(replay *r, jt_walk_input *in, uint64_t value)
{
    uint64_t *words[] = {&in->registers.pc, &in->registers.sp, &in->registers.fp, &in->anchor.sp, &in->anchor.pc,
                         &in->anchor.fp, &in->saved_exception_pc, &in->cont_entry, &in->stack_base,
                         &in->registers.general[below(r, 16)]};
    *words[below(r, sizeof words / sizeof *words)] = value;
    if (below(r, 4) == 0)
        in->in_java = !in->in_java;
    if (below(r, 4) == 0) {
        in->stack_truncated = true;
        in->stack_length -= below(r, in->stack_length + 1);
    }
}

static void walk_changed(replay *r)
{
    jt_walk_input in = r->now.input;
    jt_walk_result result = {.frames = r->frames};
    memory_line *line = some_line(r), before = *line;
    uint64_t value = some_value(r, line);
    if (below(r, 3) == 0)
        change_input(r, &in, value);
    else if (below(r, 2) == 0)
        line->bytes[below(r, LINE_BYTES)] ^= (uint8_t)(1 << below(r, 8));
    else
        memcpy(line->bytes + 8 * below(r, LINE_BYTES / 8), &value, sizeof value);
    CHECK(jt_walk_status_label(captured_walk(&r->vm, &in, &result)) != NULL);
    CHECK(result.count <= CAPTURED_FRAMES);
    for (size_t i = 0; i < result.count; i++)
        CHECK(jt_frame_kind_name(result.frames[i].kind) != NULL);
    line_memory_put(&r->memory, &before);
}

/* --- releases --- */

/* The VM of the process that the next case is of. */
static void open_vm(replay *r)
{
    jt_error err;
    jt_vm_close(&r->vm);
    CHECK_STATUS(captured_open_vm(&r->vm, &r->memory.base, r->reader.image, &err), JT_OK, err);
    r->process = r->reader.processes;
}

static void replay_release(replay *r, const char *release)
{
    char path[512];
    unsigned before = r->cases;
    snprintf(path, sizeof path, "%s/jdk%s.cases", FIXTURES, release);
    r->reader = (captured_reader){.file = fopen(path, "r"), .path = path, .memory = &r->memory};
    if (r->reader.file == NULL)
        perror(path);
    CHECK(r->reader.file != NULL);
    line_memory_init(&r->memory, NULL);
    r->process = 0;
    clock_t limit = clock() + MUTATION_SECONDS * CLOCKS_PER_SEC;
    while (captured_read_case(&r->reader, &r->now)) {
        if (r->process != r->reader.processes)
            open_vm(r);
        walk_as_captured(r);
        for (int i = 0; i < MUTATIONS && clock() < limit; i++)
            walk_changed(r);
    }
    jt_vm_close(&r->vm);
    fclose(r->reader.file);
    line_memory_free(&r->memory);
    printf("JDK %s: %u cases\n", release, r->cases - before);
    CHECK(r->cases > before);
}

int main(int argc, char **argv)
{
    static const char *const releases[] = {"8", "11", "17", "21", "25", "26", "27"};
    static replay r = {.random = 0x9E3779B97F4A7C15ull};
    r.verbose = argc > 1;
    for (size_t i = 0; i < sizeof releases / sizeof *releases; i++) {
        if (argc == 1 || strcmp(argv[1], releases[i]) == 0)
            replay_release(&r, releases[i]);
    }
    CHECK(r.cases > 0);
    CHECK_EQ(r.failures, 0);
}
