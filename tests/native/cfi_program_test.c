#include "cfi_program.h"

#include "cfi_expression.h"
#include "check.h"

#define BYTES(...) ((const uint8_t[]){__VA_ARGS__})
#define CURSOR(...) jt_dwarf_bytes_of(BYTES(__VA_ARGS__), sizeof BYTES(__VA_ARGS__), 0x1000)

/* ---- DWARF's forms ---- */

static void reads_numbers(void)
{
    jt_dwarf_bytes bytes = CURSOR(0xe5, 0x8e, 0x26, 0x7f, 0x80, 0x7f, 0xfe, 0xff, 0x34, 0x12, 0x01);
    CHECK_EQ(jt_dwarf_uleb(&bytes), 624485);
    CHECK_EQ(jt_dwarf_sleb(&bytes), -1);
    CHECK_EQ(jt_dwarf_sleb(&bytes), -128);
    CHECK_EQ(jt_dwarf_signed(&bytes, 2), -2);
    CHECK_EQ(jt_dwarf_unsigned(&bytes, 2), 0x1234);
    CHECK_EQ(bytes.address, 0x100a);
    CHECK(!bytes.bad && jt_dwarf_more(&bytes));
    CHECK_EQ(jt_dwarf_unsigned(&bytes, 4), 0); /* one byte is left */
    CHECK(bytes.bad && !jt_dwarf_more(&bytes));
    CHECK_EQ(jt_dwarf_sleb(&bytes), 0);
}

static void reads_long_numbers(void)
{
    jt_dwarf_bytes all = CURSOR(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
    CHECK(jt_dwarf_uleb(&all) == UINT64_MAX && !all.bad);
    jt_dwarf_bytes lowest = CURSOR(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f);
    CHECK(jt_dwarf_sleb(&lowest) == INT64_MIN && !lowest.bad);
    jt_dwarf_bytes longer = CURSOR(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01);
    CHECK(jt_dwarf_uleb(&longer) == 0 && longer.bad);
    jt_dwarf_bytes cut = CURSOR(0x80, 0x80);
    CHECK(jt_dwarf_sleb(&cut) == 0 && cut.bad);
}

static uint64_t pointer(uint8_t encoding, bool *bad)
{
    jt_dwarf_bytes bytes = CURSOR(0xf0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
    uint64_t value = jt_dwarf_pointer(&bytes, encoding, 0x500000);
    *bad = bytes.bad;
    return value;
}

static void reads_pointers(void)
{
    bool bad;
    CHECK(pointer(JT_DW_EH_PE_PCREL | JT_DW_EH_PE_SDATA4, &bad) == 0x1000 - 16 && !bad);
    CHECK(pointer(JT_DW_EH_PE_DATAREL | JT_DW_EH_PE_SDATA4, &bad) == 0x500000 - 16 && !bad);
    CHECK(pointer(JT_DW_EH_PE_DATAREL | JT_DW_EH_PE_SDATA8, &bad) == 0x500000 - 16 && !bad);
    CHECK(pointer(JT_DW_EH_PE_DATAREL | JT_DW_EH_PE_UDATA4, &bad) == UINT64_C(0x1004ffff0) && !bad);
    CHECK(pointer(JT_DW_EH_PE_UDATA2, &bad) == 0xfff0 && !bad);
    CHECK(pointer(JT_DW_EH_PE_ABSPTR, &bad) == (uint64_t)-16 && !bad);
    CHECK(pointer(JT_DW_EH_PE_OMIT, &bad) == 0 && bad);
    CHECK(pointer(0x80 | JT_DW_EH_PE_ABSPTR, &bad) == 0 && bad); /* indirect */
    CHECK(pointer(0x07, &bad) == 0 && bad);                      /* no such form */
}

/* ---- entries ---- */

/* A CIE at 0x2000 and its FDE at 0x2020, of the code 0x3000 to 0x3100. */
enum { MEMORY_AT = 0x2000, FDE_AT = 0x2020, MEMORY_SIZE = 0x60 };
typedef struct {
    jt_memory base;
    uint8_t bytes[MEMORY_SIZE];
} small_memory;

static size_t read_small(const jt_memory *self, const jt_read *reads, size_t count)
{
    const small_memory *memory = (const small_memory *)self;
    for (size_t i = 0; i < count; i++) {
        uint64_t at = reads[i].address - MEMORY_AT;
        if (at > MEMORY_SIZE || reads[i].length > MEMORY_SIZE - at)
            return i;
        memcpy(reads[i].into, memory->bytes + at, reads[i].length);
    }
    return count;
}

static small_memory two_records(void)
{
    small_memory memory = {.base = {read_small}};
    static const uint8_t cie[] = {28, 0, 0, 0, 0, 0, 0, 0,           /* length, id */
                                  1, 'z', 'P', 'L', 'R', 'S', 0,     /* version, augmentation */
                                  1, 0x78, 16,                       /* alignments 1 and -8, return column */
                                  7, 0x9b, 1, 2, 3, 4, 0x1b, 0x1b,   /* personality, LSDA, pointers */
                                  0x0c, 7, 8, 0x90, 1};              /* def_cfa, offset */
    static const uint8_t fde[] = {20, 0, 0, 0, FDE_AT - MEMORY_AT + 4, 0, 0, 0, /* length, way to the CIE */
                                  0xd8, 0x0f, 0, 0, 0, 1, 0, 0,                 /* 0x3000 from 0x2028, 0x100 bytes */
                                  4, 9, 9, 9, 9,                                /* LSDA */
                                  0x41, 0x0e, 16};                              /* advance_loc, def_cfa_offset */
    memcpy(memory.bytes, cie, sizeof cie);
    memcpy(memory.bytes + (FDE_AT - MEMORY_AT), fde, sizeof fde);
    return memory;
}

static void reads_an_entry(void)
{
    small_memory memory = two_records();
    jt_cfi_entry *entry;
    CHECK_EQ(jt_cfi_entry_read(&memory.base, FDE_AT, &entry), JT_OK);
    CHECK_EQ(entry->begin, 0x3000);
    CHECK_EQ(entry->end, 0x3100);
    CHECK_EQ(entry->code_alignment, 1);
    CHECK_EQ(entry->data_alignment, -8);
    CHECK_EQ(entry->return_column, 16);
    CHECK(entry->signal_frame);
    jt_cfi_row row;
    CHECK_EQ(jt_cfi_program_run(entry, 0x3000, &row), JT_OK);
    CHECK(row.cfa.kind == JT_CFI_CFA && row.cfa_register == 7 && row.cfa.value == 8);
    CHECK(row.rules[16].kind == JT_CFI_OFFSET && row.rules[16].value == (uint64_t)-8);
    CHECK_EQ(jt_cfi_program_run(entry, 0x3001, &row), JT_OK);
    CHECK_EQ(row.cfa.value, 16);
    free(entry);
}

static void refuses_a_broken_entry(void)
{
    static const struct {
        unsigned at;
        uint8_t value;
    } changes[] = {
        {0x00, 0},                      /* CIE: no length */
        {0x03, 0xff},                   /* one that is too long */
        {0x04, 1},                      /* it is no CIE */
        {0x08, 9},                      /* of another version */
        {0x09, 'e'},                    /* an augmentation without its length */
        {0x12, 120},                    /* an augmentation that is longer than the CIE */
        {0x19, 0xff},                   /* pointers of no encoding */
        {0x19, 0x9b},                   /* indirect pointers */
        {0x20, 200},                    /* FDE: longer than the memory */
        {0x20, 4},                      /* nothing in it */
        {0x24, 0},                      /* it is a CIE */
        {0x27, 0x70},                   /* its CIE is nowhere */
        {0x2d, 0},                      /* it describes no code */
        {0x30, 120},                    /* an LSDA pointer that is longer than the FDE */
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        small_memory memory = two_records();
        memory.bytes[changes[i].at] = changes[i].value;
        jt_cfi_entry *entry;
        CHECK_EQ(jt_cfi_entry_read(&memory.base, FDE_AT, &entry), JT_STALE);
    }
}

/* ---- programs ---- */

/* Runs `body` for code at 0x1000, after def_cfa(rsp, 8), offset(return address, -8). */
static int run_to(jt_dwarf_bytes body, jt_addr pc, jt_cfi_row *row)
{
    jt_cfi_entry entry = {.begin = 0x1000, .end = 0x2000000, .code_alignment = 1, .data_alignment = -8};
    entry.initial = CURSOR(0x0c, 7, 8, 0x90, 1);
    entry.body = body;
    return jt_cfi_program_run(&entry, pc, row);
}

static void follows_the_code(void)
{
    /* +1 push rbp; +0x203 pushes rbx; then rbp is the base; a second way out at +0x30203; the first again after it */
    jt_dwarf_bytes body = CURSOR(0x41, 0x0e, 16, 0x86, 2, 0x03, 0x02, 0x02, 0x83, 3, 0x0d, 6, 0x0a, 0x04, 0, 0, 3, 0,
                                 0x0c, 7, 8, 0xc6, 0x02, 5, 0x0b);
    static const struct {
        unsigned at, cfa_register, offset, rbp_kind, rbx_kind;
    } rows[] = {{0, 7, 8, JT_CFI_SAME, JT_CFI_SAME},
                {1, 7, 16, JT_CFI_OFFSET, JT_CFI_SAME},
                {0x202, 7, 16, JT_CFI_OFFSET, JT_CFI_SAME},
                {0x203, 6, 16, JT_CFI_OFFSET, JT_CFI_OFFSET},
                {0x30202, 6, 16, JT_CFI_OFFSET, JT_CFI_OFFSET},
                {0x30203, 7, 8, JT_CFI_SAME, JT_CFI_OFFSET},
                {0x30208, 6, 16, JT_CFI_OFFSET, JT_CFI_OFFSET}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        jt_cfi_row row;
        CHECK_EQ(run_to(body, 0x1000 + rows[i].at, &row), JT_OK);
        CHECK_EQ(row.cfa_register, rows[i].cfa_register);
        CHECK_EQ(row.cfa.value, rows[i].offset);
        CHECK_EQ(row.rules[6].kind, rows[i].rbp_kind);
        CHECK_EQ(row.rules[3].kind, rows[i].rbx_kind);
        CHECK_EQ(row.rules[16].value, -8);
    }
}

static void knows_all_rules(void)
{
    jt_cfi_row row;
    jt_dwarf_bytes body = CURSOR(0x05, 3, 2, 0x11, 12, 0x7f, 0x2f, 13, 3, 0x14, 14, 4, 0x15, 15, 0x7e, 0x09, 6, 1, 0x07,
                                 0, 0x08, 16, 0x10, 1, 2, 0x77, 0, 0x16, 2, 1, 0x30, 0x05, 0xc8, 1, 9, 0x2e, 0x80, 1);
    CHECK_EQ(run_to(body, 0x1000, &row), JT_OK);
    CHECK(row.rules[3].kind == JT_CFI_OFFSET && row.rules[3].value == (uint64_t)-16);
    CHECK(row.rules[12].kind == JT_CFI_OFFSET && row.rules[12].value == 8);
    CHECK(row.rules[13].kind == JT_CFI_OFFSET && row.rules[13].value == 24);
    CHECK(row.rules[14].kind == JT_CFI_VAL_OFFSET && row.rules[14].value == (uint64_t)-32);
    CHECK(row.rules[15].kind == JT_CFI_VAL_OFFSET && row.rules[15].value == 16);
    CHECK(row.rules[6].kind == JT_CFI_REGISTER && row.rules[6].value == 1);
    CHECK(row.rules[0].kind == JT_CFI_UNDEFINED && row.rules[16].kind == JT_CFI_SAME);
    CHECK(row.rules[1].kind == JT_CFI_EXPRESSION && row.rules[1].length == 2 && row.rules[1].expression[0] == 0x77);
    CHECK(row.rules[2].kind == JT_CFI_VAL_EXPRESSION && row.rules[2].length == 1);
    CHECK_EQ(run_to(CURSOR(0x0f, 2, 0x77, 8), 0x1000, &row), JT_OK);
    CHECK(row.cfa.kind == JT_CFI_VAL_EXPRESSION && row.cfa.length == 2);
    CHECK_EQ(run_to(CURSOR(0x12, 6, 0x7e), 0x1000, &row), JT_OK);
    CHECK(row.cfa_register == 6 && row.cfa.value == 16);
    CHECK_EQ(run_to(CURSOR(0x13, 0x7d), 0x1000, &row), JT_OK);
    CHECK(row.cfa_register == 7 && row.cfa.value == 24);
}

static void refuses_broken_programs(void)
{
    jt_cfi_row row;
    uint8_t deep[64];
    memset(deep, 0x0a, sizeof deep);
    CHECK_EQ(run_to(jt_dwarf_bytes_of(deep, sizeof deep, 0), 0x1000, &row), JT_STALE);
    CHECK_EQ(run_to(CURSOR(0x0b), 0x1000, &row), JT_STALE);                       /* nothing was remembered */
    CHECK_EQ(run_to(CURSOR(0x3f), 0x1000, &row), JT_STALE);                       /* no such instruction */
    CHECK_EQ(run_to(CURSOR(0x0e), 0x1000, &row), JT_STALE);                       /* cut off */
    CHECK_EQ(run_to(CURSOR(0x10, 3, 90, 0), 0x1000, &row), JT_STALE);             /* an expression that is */
    CHECK_EQ(run_to(CURSOR(0x0f, 2, 0x77, 8, 0x0e, 16), 0x1000, &row), JT_STALE); /* an offset from no register */
    CHECK_EQ(run_to(CURSOR(0x01, 0), 0x1000, &row), JT_STALE);                    /* half a location */
}

/* ---- expressions ---- */

static bool read_double(void *context, jt_addr address, jt_addr *word)
{
    *word = address * 2;
    return address != *(const jt_addr *)context;
}

static jt_addr no_memory = 13;

static int evaluate(jt_dwarf_bytes expression, jt_addr pc, uint64_t *result)
{
    jt_registers registers = {.pc = pc, .sp = 0x7000, .fp = 0x8000};
    jt_cfi_frame frame = {&registers, read_double, &no_memory};
    uint64_t pushed = 100;
    return jt_cfi_evaluate(expression, &frame, &pushed, result);
}

/* The CFA of the linker's PLT entries: the word that they push is there from byte 11 of 16 on. */
static void evaluates_a_plt_entry(void)
{
    for (jt_addr pc = 0x4000; pc < 0x4020; pc++) {
        uint64_t cfa;
        CHECK_EQ(evaluate(CURSOR(0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22), pc, &cfa), JT_OK);
        CHECK_EQ(cfa, 0x7008 + (pc % 16 >= 11 ? 8 : 0));
    }
}

static void evaluates_operations(void)
{
    const struct {
        jt_dwarf_bytes expression;
        uint64_t result;
    } cases[] = {
        {CURSOR(0x23, 0x80, 1), 228},                                     /* plus_uconst */
        {CURSOR(0x06), 200},                                              /* deref */
        {CURSOR(0x76, 0x78, 0x06), 2 * (0x8000 - 8)},                     /* breg6 -8, deref */
        {CURSOR(0x08, 0xfe, 0x09, 0xfe, 0x1c), 256},                      /* const1u, const1s, minus */
        {CURSOR(0x0a, 0xff, 0xff, 0x0b, 0xff, 0xff, 0x22), 0xfffe},       /* const2u, const2s, plus */
        {CURSOR(0x0c, 0, 0, 0, 0x80, 0x0d, 0, 0, 0, 0x80, 0x22), 0},      /* const4u, const4s */
        {CURSOR(0x0e, 1, 0, 0, 0, 0, 0, 0, 1, 0x34, 0x21), UINT64_C(0x0100000000000005)}, /* const8u, lit4, or */
        {CURSOR(0x10, 0x80, 1, 0x11, 0x7f, 0x22), 127},                   /* constu, consts */
        {CURSOR(0x11, 0x7f, 0x38, 0x25), UINT64_MAX >> 8},                /* shr */
        {CURSOR(0x11, 0x7f, 0x08, 64, 0x25), 0},                          /* by all bits */
        {CURSOR(0x31, 0x08, 200, 0x24), 0},                               /* shl by more than there are */
        {CURSOR(0x11, 0x7f, 0x31, 0x2d), 1},                              /* -1 < 1 */
        {CURSOR(0x11, 0x7f, 0x31, 0x2b), 0},                              /* -1 > 1 */
        {CURSOR(0x35, 0x35, 0x2c, 0x31, 0x29), 1},                        /* le, eq */
        {CURSOR(0x35, 0x35, 0x2e), 0},                                    /* ne */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t result;
        CHECK_EQ(evaluate(cases[i].expression, 0, &result), JT_OK);
        CHECK_EQ(result, cases[i].result);
    }
}

static void refuses_broken_expressions(void)
{
    uint8_t deep[64];
    memset(deep, 0x31, sizeof deep);
    const jt_dwarf_bytes cases[] = {
        CURSOR(0x22),                                  /* one operand is missing */
        CURSOR(0x08),                                  /* cut off */
        CURSOR(0xff),                                  /* no such operation */
        CURSOR(0x2f, 0xfd, 0xff),                      /* jumps are not known: this one would never end */
        CURSOR(0x3d, 0x06),                            /* memory that is not there */
        CURSOR(0x8f, 0),                               /* a register that is not kept */
        jt_dwarf_bytes_of(deep, sizeof deep, 0),       /* too much on the stack */
    };
    uint64_t result;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_EQ(evaluate(cases[i], 0, &result), JT_STALE);
    jt_cfi_frame frame = {NULL, read_double, &no_memory};
    CHECK_EQ(jt_cfi_evaluate(jt_dwarf_bytes_of(deep, 0, 0), &frame, NULL, &result), JT_STALE); /* no result */
}

int main(void)
{
    reads_numbers();
    reads_long_numbers();
    reads_pointers();
    reads_an_entry();
    refuses_a_broken_entry();
    follows_the_code();
    knows_all_rules();
    refuses_broken_programs();
    evaluates_a_plt_entry();
    evaluates_operations();
    refuses_broken_expressions();
    return 0;
}
