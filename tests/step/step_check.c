/* Walks a Java thread's stack at every instruction and counts where it is wrong (stepper.h).
 *
 *   step_check PID THREAD-NAME REGION COUNT [-v]
 *
 * Steps until COUNT instructions of REGION (interpreted, c1, c2, wrapper, stub, outside) were checked, in bursts: at full
 * speed the thread is back in REGION in no time, while step by step one class to be loaded takes minutes. Prints for each
 * region "REGION checked=.. wrong=.. incomplete=.. scanned=.. misguided=.. deoptimizing=..", then what was found by
 * cause. Exit status 0 if it could step, whatever it found; where it did not find enough of REGION, stderr says where the
 * thread was last. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stepper.h"

enum {
    MAX_CAUSES = 256,
    BURSTS = 16,          /* in which COUNT instructions are met, or in more of them */
    MAX_ELSEWHERE = 4000, /* steps in a row, after which a burst ends: calls that are not long come back from there */
    MAX_LOOKS = 50000,    /* for a thread in REGION */
    MAX_STEPS_PER_CHECK = 100,
    PAUSE_NANOS = 1000000 /* between looks */
};

typedef struct {
    unsigned long checked, wrong, incomplete;
    unsigned long scanned, misguided; /* marked as uncertain by the walker; those of them that were wrong */
    unsigned long deoptimizing;       /* refused by the walker: old and new frames are mixed */
} tally;

typedef struct {
    char text[160];
    unsigned long count;
} cause;

typedef struct {
    stepper stepper;
    tally tallies[REGIONS];
    cause causes[MAX_CAUSES];
    size_t cause_count;
    bool verbose;
} books;

static void place_of(stepper *s, jt_addr pc, char *text, size_t size)
{
    if (jt_interpreter_contains(s->interpreter, pc)) {
        uint8_t code[8] = {0};
        jt_memory_read(s->vm.memory, pc, code, sizeof code);
        snprintf(text, size, "interpreter codelet %d, code %02x %02x %02x %02x %02x",
                 jt_interpreter_codelet(s->interpreter, pc), code[0], code[1], code[2], code[3], code[4]);
        return;
    }
    jt_blob *blob = jt_code_cache_find(s->places, pc);
    if (blob == NULL) {
        snprintf(text, size, "outside the code cache");
        return;
    }
    uint8_t code[8] = {0};
    jt_memory_read(s->vm.memory, pc, code, sizeof code);
    bool nmethod = blob->kind == JT_BLOB_NMETHOD;
    snprintf(text, size, "%s%s, code %02x %02x %02x %02x %02x", blob->name,
             nmethod && (int64_t)(pc - blob->code_begin) < blob->frame_complete ? " before frame_complete" : "",
             code[0], code[1], code[2], code[3], code[4]);
}

static void count_cause(books *b, const char *what, jt_addr pc)
{
    char place[120], text[160];
    place_of(&b->stepper, pc, place, sizeof place);
    snprintf(text, sizeof text, "%s at %s", what, place);
    for (size_t i = 0; i < b->cause_count; i++) {
        if (strcmp(b->causes[i].text, text) == 0) {
            b->causes[i].count++;
            return;
        }
    }
    if (b->cause_count < MAX_CAUSES) {
        memcpy(b->causes[b->cause_count].text, text, sizeof text);
        b->causes[b->cause_count++].count = 1;
    }
}

static void print_stack(const char *title, const stack *st)
{
    fprintf(stderr, "  %s (%s, %zu frames%s):", title, jt_walk_status_label(st->status), st->count,
            st->scanned ? ", scanned" : "");
    for (size_t i = 0; i < st->count && i < 8; i++)
        fprintf(stderr, " %s:%llx@%d", jt_frame_kind_name(st->frames[i].kind),
                (unsigned long long)st->methods[i] & 0xffffff, st->frames[i].position);
    fprintf(stderr, "\n");
}

static void explain(stepper *s, const char *what, const jt_registers *r)
{
    char place[120];
    place_of(s, r->pc, place, sizeof place);
    fprintf(stderr, "%s at step %lu, pc %llx sp %llx fp %llx rax %llx rbx %llx r13 %llx: %s\n", what, s->steps,
            (unsigned long long)r->pc, (unsigned long long)r->sp, (unsigned long long)r->fp,
            (unsigned long long)r->general[JT_RAX], (unsigned long long)r->general[JT_RBX],
            (unsigned long long)r->general[JT_R13], place);
    uint8_t code[40] = {0};
    jt_memory_read(s->vm.memory, r->pc - 12, code, sizeof code);
    fprintf(stderr, "  code from pc - 12:");
    for (size_t i = 0; i < sizeof code; i++)
        fprintf(stderr, " %02x", code[i]);
    fprintf(stderr, ", rdi %llx\n", (unsigned long long)r->general[JT_RDI]);
    print_stack("last good", &s->good);
    print_stack("now", &s->now);
}

static void count(void *context, step_verdict verdict)
{
    books *b = context;
    stepper *s = &b->stepper;
    const jt_registers *registers = &s->registers;
    tally *t = &b->tallies[stepper_region(s, registers->pc)];
    t->checked++;
    if (s->now.scanned) {
        t->scanned++;
        count_cause(b, "scanned", registers->pc);
    }
    if (verdict == STEP_DEOPTIMIZING)
        t->deoptimizing++;
    if (verdict == STEP_RIGHT || verdict == STEP_DEOPTIMIZING)
        return;
    *(verdict == STEP_INCOMPLETE ? &t->incomplete : s->now.scanned ? &t->misguided : &t->wrong) += 1;
    count_cause(b, verdict == STEP_WRONG ? "wrong" : jt_walk_status_label(s->now.status), registers->pc);
    if (b->verbose && s->wrong_in_a_row == 0)
        explain(s, verdict == STEP_WRONG ? "wrong" : "incomplete", registers);
}

static region region_named(const char *name)
{
    for (int i = 0; i < REGIONS; i++) {
        if (strcmp(region_names[i], name) == 0)
            return (region)i;
    }
    fprintf(stderr, "step_check: no region %s\n", name);
    exit(2);
}

/* From a thread in `wanted` on. */
static void step_burst(books *b, region wanted, unsigned long checks)
{
    const unsigned long *checked = &b->tallies[wanted].checked;
    unsigned long enough = *checked + checks / BURSTS + 1;
    for (int elsewhere = 0; *checked < enough && elsewhere < MAX_ELSEWHERE;) {
        unsigned long before = *checked;
        stepper_step(&b->stepper, count, b);
        elsewhere = *checked == before ? elsewhere + 1 : 0;
    }
}

static void step(books *b, region wanted, unsigned long checks)
{
    stepper *s = &b->stepper;
    for (int looks = 0; looks < MAX_LOOKS && s->steps < MAX_STEPS_PER_CHECK * checks; looks++) {
        stepper_begin(s);
        if (stepper_region(s, s->registers.pc) == wanted)
            step_burst(b, wanted, checks);
        stepper_end(s);
        if (b->tallies[wanted].checked >= checks)
            return;
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NANOS}, NULL);
    }
    stepper_say_where(s);
}

static void print(const books *b)
{
    for (int i = 0; i < REGIONS; i++) {
        const tally *t = &b->tallies[i];
        printf("%s checked=%lu wrong=%lu incomplete=%lu scanned=%lu misguided=%lu deoptimizing=%lu\n", region_names[i],
               t->checked, t->wrong, t->incomplete, t->scanned, t->misguided, t->deoptimizing);
    }
    for (size_t i = 0; i < b->cause_count; i++)
        printf("%8lu %s\n", b->causes[i].count, b->causes[i].text);
}

int main(int argc, char **argv)
{
    static books b;
    if (argc < 5) {
        fprintf(stderr, "usage: step_check PID THREAD-NAME REGION COUNT [-v]\n");
        return 2;
    }
    b.verbose = argc > 5 && strcmp(argv[5], "-v") == 0;
    region wanted = region_named(argv[3]);
    unsigned long checks = strtoul(argv[4], NULL, 10);
    stepper_open(&b.stepper, atoi(argv[1]), argv[2]);
    step(&b, wanted, checks);
    print(&b);
    stepper_close(&b.stepper);
    return 0;
}
