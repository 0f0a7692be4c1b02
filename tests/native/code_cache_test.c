#include "hotspot/code_cache.h"

#include "check.h"
#include "fake_vm.h"

typedef struct {
    fake_vm *vm;
    jt_code_cache *cache;
    jt_addr method, code;
} fixture;

static const int32_t pc_offsets[] = {16, 40, 41, 300};

static const fake_blob_spec nmethod = {.name = "nmethod",
                                       .kind = FAKE_KIND_NMETHOD,
                                       .frame_size_words = 6,
                                       .code_size = 400,
                                       .compile_id = 7,
                                       .orig_pc_offset = 24,
                                       .deopt_offset = 390,
                                       .pc_offsets = pc_offsets,
                                       .pc_count = 4};

static jt_addr add_nmethod(fixture *f, size_t code_size, int compile_id)
{
    fake_blob_spec spec = nmethod;
    spec.method = f->method;
    spec.code_size = code_size;
    spec.compile_id = compile_id;
    return fake_blob(f->vm, spec);
}

static void set_up(fixture *f, fake_release release)
{
    jt_error err;
    f->vm = fake_vm_create(release);
    f->method = fake_method(f->vm, (fake_method_spec){.klass = "A", .code_size = 20});
    f->code = add_nmethod(f, 400, 7);
    fake_vm_open(f->vm);
    CHECK_STATUS(jt_code_cache_create(&f->vm->vm, &f->cache, &err), JT_OK, err);
    jt_code_cache_begin_walk(f->cache);
}

static void tear_down(fixture *f)
{
    jt_code_cache_destroy(f->cache);
    fake_vm_destroy(f->vm);
}

/* Whatever it may have read before is read again. */
static jt_blob *find_anew(fixture *f, jt_addr pc)
{
    jt_error err;
    jt_code_cache_destroy(f->cache);
    CHECK_STATUS(jt_code_cache_create(&f->vm->vm, &f->cache, &err), JT_OK, err);
    jt_code_cache_begin_walk(f->cache);
    return jt_code_cache_find(f->cache, pc);
}

static void reads_nmethods(fake_release release)
{
    fixture f;
    set_up(&f, release);
    jt_blob *blob = jt_code_cache_find(f.cache, f.code + 40);
    CHECK(blob != NULL);
    CHECK_EQ(blob->kind, JT_BLOB_NMETHOD);
    CHECK_EQ(blob->code_begin, f.code);
    CHECK_EQ(blob->code_end, f.code + 400);
    CHECK_EQ(blob->frame_size_words, 6);
    CHECK_EQ(blob->frame_complete, -1);
    CHECK_EQ(blob->compile_id, 7);
    CHECK_EQ(blob->method, f.method);
    CHECK_EQ(blob->orig_pc_offset, 24);
    CHECK_EQ(blob->osr_entry, 0);
    CHECK(jt_blob_is_deopt_pc(blob, f.code + 390));
    CHECK(!jt_blob_is_deopt_pc(blob, f.code + 391));
    CHECK(!jt_blob_is_deopt_pc(blob, 0));
    CHECK(jt_code_cache_find(f.cache, f.code) == blob);
    CHECK(jt_code_cache_find(f.cache, f.code + 399) == blob);
    CHECK(jt_code_cache_find(f.cache, f.code + 400) == NULL); /* data */
    CHECK(jt_code_cache_find(f.cache, f.code - 1) == NULL);   /* header */
    CHECK(jt_code_cache_covers(f.cache, FAKE_CODE));
    CHECK(!jt_code_cache_covers(f.cache, FAKE_CODE - 1));
    CHECK(!jt_code_cache_covers(f.cache, FAKE_CODE + FAKE_CODE_SIZE));
    tear_down(&f);
}

static void finds_pc_descs(fake_release release)
{
    fixture f;
    set_up(&f, release);
    jt_blob *blob = jt_code_cache_find(f.cache, f.code);
    for (int offset = -2; offset < 400; offset++) {
        bool expected = offset == -1; /* the list's own first entry */
        for (size_t i = 0; i < 4; i++)
            expected = expected || offset == pc_offsets[i];
        CHECK_EQ(jt_code_cache_has_pc_desc(f.cache, blob, f.code + (jt_addr)(int64_t)offset), expected);
    }
    CHECK(!jt_code_cache_has_pc_desc(f.cache, blob, f.code + 16 + (1ull << 32)));
    tear_down(&f);
}

static void knows_kinds(fake_release release)
{
    static const struct {
        const char *name;
        int kind;
        jt_blob_kind expected;
    } cases[] = {
        {"native nmethod", FAKE_KIND_NMETHOD, JT_BLOB_NATIVE_NMETHOD},
        {"native signature handlers", FAKE_KIND_BUFFER, JT_BLOB_OTHER},
        {"vtable chunks", FAKE_KIND_VTABLE, JT_BLOB_VTABLE},
        {"I2C/C2I adapters", FAKE_KIND_ADAPTER, JT_BLOB_ADAPTER},
        {"SafepointBlob", FAKE_KIND_SAFEPOINT, JT_BLOB_SAFEPOINT},
        {"DeoptimizationBlob", FAKE_KIND_DEOPT, JT_BLOB_DEOPTIMIZATION},
        {"StubRoutines (continuation stubs)", FAKE_KIND_BUFFER, JT_BLOB_CONTINUATION},
        {"flush_icache_stub", FAKE_KIND_BUFFER, JT_BLOB_NATIVE_LEAF},
        {"flush_icache_initial_stub", FAKE_KIND_BUFFER, JT_BLOB_NATIVE_LEAF},
        {"flush_icache_final_stub", FAKE_KIND_BUFFER, JT_BLOB_NATIVE_LEAF},
        {"a name that is longer than any that HotSpot gives its blobs", FAKE_KIND_STUB, JT_BLOB_OTHER},
    };
    fixture f;
    set_up(&f, release);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fake_blob_spec spec = {.name = cases[i].name, .kind = cases[i].kind, .code_size = 64};
        jt_blob *blob = jt_code_cache_find(f.cache, fake_blob(f.vm, spec) + 5);
        CHECK(blob != NULL);
        CHECK_EQ(blob->kind, cases[i].expected);
    }
    tear_down(&f);
}

static void walks_the_segment_map_over_many_hops(void)
{
    fixture f;
    set_up(&f, FAKE_JDK17);
    jt_addr code = add_nmethod(&f, 200 * 1024, 8); /* 1600 segments: 7 hops at least */
    jt_blob *blob = jt_code_cache_find(f.cache, code + 200 * 1024 - 1);
    CHECK(blob != NULL && blob->code_begin == code);
    /* Free blocks that were joined, and then used again: the old parts' hops stay. Here the worst, one by one. */
    size_t first = (size_t)(fake_blob_start(code) - FAKE_CODE) >> 7;
    memset(fake_at(f.vm, FAKE_SEGMAP + first + 1, 1500), 1, 1500);
    blob = find_anew(&f, code + 190 * 1024);
    CHECK(blob != NULL && blob->code_begin == code);
    tear_down(&f);
}

static void finds_nothing_in_free_blocks(void)
{
    fixture f;
    set_up(&f, FAKE_JDK25);
    CHECK(jt_code_cache_find(f.cache, FAKE_CODE + FAKE_CODE_SIZE - 1000) == NULL); /* never used */
    jt_addr block = fake_blob_start(f.code) - 8;
    fake_set(f.vm, block, "HeapBlock::Header", "_used", 0);
    CHECK(jt_code_cache_find(f.cache, f.code) == NULL);
    fake_set(f.vm, block, "HeapBlock::Header", "_used", 1);
    CHECK(jt_code_cache_find(f.cache, f.code) != NULL);
    tear_down(&f);
}

static void survives_hostile_segment_maps(void)
{
    fixture f;
    set_up(&f, FAKE_JDK17);
    size_t segment = (size_t)(f.code - FAKE_CODE) >> 7;
    fake_poke(f.vm, FAKE_SEGMAP + segment, segment + 1, 1); /* before the map's start */
    CHECK(jt_code_cache_find(f.cache, f.code) == NULL);
    fake_poke(f.vm, FAKE_SEGMAP + segment, 0xfe, 1);
    CHECK(jt_code_cache_find(f.cache, f.code) == NULL);
    fake_poke(f.vm, FAKE_SEGMAP + segment, 1, 1); /* leads to another block, that ends before pc */
    fake_poke(f.vm, FAKE_SEGMAP + segment - 1, segment - 1, 1);
    CHECK(jt_code_cache_find(f.cache, f.code) == NULL);
    memset(fake_at(f.vm, FAKE_SEGMAP, FAKE_SEGMAP_SIZE), 1,
           FAKE_SEGMAP_SIZE); /* down to the very first segment and on */
    CHECK(jt_code_cache_find(f.cache, FAKE_CODE + FAKE_CODE_SIZE - 1) == NULL);
    tear_down(&f);
}

/* A giant heap whose map leads back by one segment, over and over: the walk ends where no blob can begin any more. */
static void gives_up_where_no_blob_can_be_so_large(void)
{
    enum { SEGMENTS = 4 * 1024 * 1024 };
    fixture f;
    set_up(&f, FAKE_JDK17);
    const jt_addr map = 0x600000000000;
    memset(fake_map(f.vm, map, SEGMENTS)->bytes, 1, SEGMENTS);
    jt_addr heaps = fake_peek(f.vm, fake_field(f.vm, 0, "CodeCache", "_heaps"));
    jt_addr heap = fake_peek(f.vm, fake_peek(f.vm, fake_field(f.vm, heaps, "GrowableArray<int>", "_data")));
    jt_addr memory = fake_field(f.vm, heap, "CodeHeap", "_memory"),
            segmap = fake_field(f.vm, heap, "CodeHeap", "_segmap");
    fake_set(f.vm, memory, "VirtualSpace", "_high", FAKE_CODE + ((jt_addr)SEGMENTS << 7));
    fake_set(f.vm, segmap, "VirtualSpace", "_low", map);
    fake_set(f.vm, segmap, "VirtualSpace", "_high", map + SEGMENTS);
    jt_addr pc = FAKE_CODE + ((jt_addr)SEGMENTS << 7) - 1;
    CHECK(find_anew(&f, pc) == NULL);
    size_t before = f.vm->memory.reads;
    CHECK(jt_code_cache_find(f.cache, pc) == NULL);
    CHECK(f.vm->memory.reads - before < 200); /* all of the map would be 1,000 windows */
    tear_down(&f);
}

static void survives_hostile_heaps(void)
{
    static const uint64_t bounds[][4] = {
        /* low, high, segment map's low and high */
        {0, UINT64_MAX, FAKE_SEGMAP, FAKE_SEGMAP + FAKE_SEGMAP_SIZE},
        {FAKE_CODE, UINT64_MAX, FAKE_SEGMAP, UINT64_MAX},
        {8, UINT64_MAX, 8, UINT64_MAX},
        {FAKE_CODE, FAKE_CODE, FAKE_SEGMAP, FAKE_SEGMAP + FAKE_SEGMAP_SIZE},
        {FAKE_CODE + 1, FAKE_CODE + FAKE_CODE_SIZE, FAKE_SEGMAP, FAKE_SEGMAP + 1},
        {UINT64_MAX - 4096, UINT64_MAX, UINT64_MAX - 64, UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        fixture f;
        set_up(&f, FAKE_JDK8);
        jt_addr heap = fake_peek(f.vm, fake_field(f.vm, 0, "CodeCache", "_heap"));
        jt_addr memory = fake_field(f.vm, heap, "CodeHeap", "_memory"),
                segmap = fake_field(f.vm, heap, "CodeHeap", "_segmap");
        fake_set(f.vm, memory, "VirtualSpace", "_low", bounds[i][0]);
        fake_set(f.vm, memory, "VirtualSpace", "_high", bounds[i][1]);
        fake_set(f.vm, segmap, "VirtualSpace", "_low", bounds[i][2]);
        fake_set(f.vm, segmap, "VirtualSpace", "_high", bounds[i][3]);
        for (int shift = 0; shift <= 64; shift++) {
            fake_set(f.vm, heap, "CodeHeap", "_log2_segment_size", (uint64_t)shift - 1);
            find_anew(&f, f.code);
            jt_code_cache_find(f.cache, UINT64_MAX - 1);
            jt_code_cache_find(f.cache, UINT64_MAX - 4096);
            jt_code_cache_find(f.cache, 0);
        }
        tear_down(&f);
    }
}

static void refuses_hostile_blobs(void)
{
    static const struct {
        const char *field;
        uint64_t value;
    } cases[] = {{"_size", 0},
                 {"_size", (uint64_t)-1},
                 {"_size", 1 << 30},
                 {"_data_offset", 1 << 20},
                 {"_code_offset", 1 << 20},
                 {"_data_offset", (uint64_t)-8},
                 {"_code_offset", (uint64_t)-8}};
    fixture f;
    set_up(&f, FAKE_JDK25);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jt_addr blob = fake_blob_start(f.code), field = fake_field(f.vm, blob, "CodeBlob", cases[i].field);
        uint64_t good = fake_peek(f.vm, field);
        fake_poke(f.vm, field, cases[i].value, 4);
        CHECK(jt_code_cache_find(f.cache, f.code) == NULL);
        fake_poke(f.vm, field, good, 8);
    }
    CHECK(jt_code_cache_find(f.cache, f.code) != NULL);
    tear_down(&f);
}

static void survives_hostile_pc_descs(void)
{
    static const uint32_t offsets[] = {0, 16, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0};
    for (size_t i = 0; i < 36; i++) {
        fixture f;
        set_up(&f, FAKE_JDK25);
        jt_addr blob_start = fake_blob_start(f.code);
        fake_set(f.vm, blob_start, "nmethod", "_scopes_pcs_offset", offsets[i / 6]);
        fake_set(f.vm, blob_start, "nmethod", "_scopes_data_offset", offsets[i % 6]);
        if (i == 35)
            fake_set(f.vm, blob_start, "nmethod", "_immutable_data", UINT64_MAX - 4);
        jt_blob *blob = jt_code_cache_find(f.cache, f.code);
        CHECK(blob != NULL);
        jt_code_cache_has_pc_desc(f.cache, blob, f.code + 17);
        tear_down(&f);
    }
}

/* However many nmethods with however many PcDescs a target claims to have, jtrace's own memory is bounded. */
static void keeps_no_more_pc_descs_than_it_may(void)
{
    enum { DESCS = 1 << 20, BLOBS = 20 };
    fixture f;
    set_up(&f, FAKE_JDK25);
    const jt_addr data = 0x600000000000;
    fake_map(f.vm, data, 16 * (size_t)DESCS);
    for (int i = 0; i < DESCS; i++)
        fake_poke(f.vm, data + 16 * (jt_addr)i, i == DESCS - 1 ? INT32_MAX : (uint64_t)(int64_t)(i - 1), 4);
    jt_addr code[BLOBS];
    size_t readable = 0;
    for (int i = 0; i < BLOBS; i++) {
        code[i] = add_nmethod(&f, 64, 100 + i);
        jt_addr blob = fake_blob_start(code[i]);
        fake_set(f.vm, blob, "nmethod", "_immutable_data", data);
        fake_set(f.vm, blob, "nmethod", "_scopes_pcs_offset", 0);
        fake_set(f.vm, blob, "nmethod", "_scopes_data_offset", 16 * (uint64_t)DESCS);
        readable += jt_code_cache_has_pc_desc(f.cache, jt_code_cache_find(f.cache, code[i]), code[i]);
    }
    CHECK_EQ(readable, 16); /* of 4 MiB each */
    jt_code_cache_begin_walk(f.cache);
    CHECK(jt_code_cache_has_pc_desc(f.cache, jt_code_cache_find(f.cache, code[BLOBS - 1]), code[BLOBS - 1]));
    tear_down(&f);
}

static void notices_what_was_replaced(fake_release release)
{
    fixture f;
    set_up(&f, release);
    jt_addr blob_start = fake_blob_start(f.code),
            other = fake_method(f.vm, (fake_method_spec){.klass = "B", .code_size = 9});
    CHECK_EQ(jt_code_cache_find(f.cache, f.code)->compile_id, 7);
    CHECK(jt_code_cache_confirm(f.cache));
    /* the same place, another compilation */
    fake_set(f.vm, blob_start, "nmethod", "_compile_id", 8);
    jt_code_cache_begin_walk(f.cache);
    CHECK_EQ(jt_code_cache_find(f.cache, f.code)->compile_id, 7); /* not known yet */
    CHECK(!jt_code_cache_confirm(f.cache));
    jt_code_cache_begin_walk(f.cache);
    CHECK_EQ(jt_code_cache_find(f.cache, f.code)->compile_id, 8);
    CHECK(jt_code_cache_confirm(f.cache));
    /* the same compilation number, another method: numbers start anew at some flags */
    fake_set(f.vm, blob_start, release == FAKE_JDK17 ? "CompiledMethod" : "nmethod", "_method", other);
    jt_code_cache_begin_walk(f.cache);
    CHECK(jt_code_cache_find(f.cache, f.code) != NULL);
    CHECK(!jt_code_cache_confirm(f.cache));
    jt_code_cache_begin_walk(f.cache);
    CHECK_EQ(jt_code_cache_find(f.cache, f.code)->method, other);
    /* what was not asked for in a walk is not confirmed in it */
    fake_set(f.vm, blob_start, "CodeBlob", "_size", 600);
    jt_code_cache_begin_walk(f.cache);
    CHECK(jt_code_cache_confirm(f.cache));
    tear_down(&f);
}

/* It was freed, and its header is not overwritten yet, while another blob may stand in the rest of its place. */
static void notices_what_was_freed(fake_release release)
{
    fixture f;
    set_up(&f, release);
    CHECK(jt_code_cache_find(f.cache, f.code) != NULL);
    jt_addr block = fake_blob_start(f.code) - (release == FAKE_JDK25 ? 8 : 16);
    fake_set(f.vm, block, "HeapBlock::Header", "_used", 0);
    jt_code_cache_begin_walk(f.cache);
    CHECK(jt_code_cache_find(f.cache, f.code) != NULL);
    CHECK(!jt_code_cache_confirm(f.cache));
    jt_code_cache_begin_walk(f.cache);
    CHECK(jt_code_cache_find(f.cache, f.code) == NULL);
    tear_down(&f);
}

/* An nmethod is read while the VM writes it: the header may be an older one's in part, the PcDescs come last. */
static void reads_again_what_was_not_written_yet(fake_release release)
{
    static const struct {
        const char *type, *field;
    } late[] = {{"CodeBlob", "_frame_size"},
                {"CodeBlob", "_frame_complete_offset"},
                {"nmethod", "_orig_pc_offset"},
                {"nmethod", "_scopes_pcs_offset"}};
    fixture f;
    set_up(&f, release);
    jt_addr blob_start = fake_blob_start(f.code);
    for (size_t i = 0; i < sizeof late / sizeof *late; i++) {
        jt_addr field = fake_field(f.vm, blob_start, late[i].type, late[i].field);
        uint16_t written;
        memcpy(&written, fake_at(f.vm, field, 2), sizeof written);
        fake_poke(f.vm, field, (uint64_t)(written + 16), 2);
        jt_code_cache_begin_walk(f.cache);
        if (jt_code_cache_find(f.cache, f.code) != NULL)
            jt_code_cache_confirm(f.cache); /* forgets what an earlier round left */
        jt_code_cache_begin_walk(f.cache);
        CHECK(jt_code_cache_find(f.cache, f.code) != NULL);
        fake_poke(f.vm, field, written, 2);
        jt_code_cache_begin_walk(f.cache);
        CHECK(jt_code_cache_find(f.cache, f.code) != NULL);
        CHECK(!jt_code_cache_confirm(f.cache));
        jt_code_cache_begin_walk(f.cache);
        CHECK(jt_code_cache_find(f.cache, f.code) != NULL);
    }
    jt_blob *blob = jt_code_cache_find(f.cache, f.code);
    jt_addr last = blob->pc_descs + 16 * (jt_addr)(blob->pc_count - 1);
    fake_poke(f.vm, last, 0, 4);
    CHECK(!jt_code_cache_has_pc_desc(f.cache, blob, f.code + 17));
    fake_poke(f.vm, last, INT32_MAX, 4);
    CHECK(jt_code_cache_has_pc_desc(f.cache, blob, f.code + (jt_addr)pc_offsets[0]));
    tear_down(&f);
}

static void gives_the_space_of_old_blobs_to_new_ones(void)
{
    fixture f;
    set_up(&f, FAKE_JDK17);
    jt_addr second = add_nmethod(&f, 400, 9);
    CHECK(jt_code_cache_find(f.cache, f.code) != NULL && jt_code_cache_find(f.cache, second) != NULL);
    /* both ended; a smaller one took the place of the first, and one after it lies over the ends of both */
    memset(fake_at(f.vm, fake_blob_start(second), 512), 0, 512);
    f.vm->next_segment = (size_t)(fake_blob_start(f.code) - FAKE_CODE) >> 7;
    add_nmethod(&f, 16, 10);
    jt_addr inside = add_nmethod(&f, 100, 11);
    CHECK(inside > f.code && inside < second);
    jt_code_cache_begin_walk(f.cache);
    CHECK_EQ(jt_code_cache_find(f.cache, f.code)->compile_id, 7); /* as it was */
    CHECK(jt_code_cache_find(f.cache, inside) == NULL);           /* where the second one's header was */
    CHECK(!jt_code_cache_confirm(f.cache));
    jt_code_cache_begin_walk(f.cache);
    jt_blob *found = jt_code_cache_find(f.cache, inside);
    CHECK(found != NULL);
    CHECK_EQ(found->compile_id, 11);
    CHECK_EQ(jt_code_cache_find(f.cache, f.code)->compile_id, 10);
    CHECK(jt_code_cache_confirm(f.cache));
    tear_down(&f);
}

/* Blobs that overlap are found within one walk: those handed out before stay valid to its end. */
static void keeps_what_it_gave_out_within_a_walk(void)
{
    fixture f;
    set_up(&f, FAKE_JDK17);
    jt_blob *blob = jt_code_cache_find(f.cache, f.code);
    CHECK(jt_code_cache_confirm(f.cache));
    jt_code_cache_continue(f.cache);
    size_t segment = (size_t)(f.code - FAKE_CODE) >> 7;
    jt_addr block = FAKE_CODE + ((segment + 2) << 7);
    fake_poke(f.vm, FAKE_SEGMAP + segment + 2, 0, 1);
    fake_write(f.vm, block, fake_at(f.vm, fake_blob_start(f.code) - 16, 512 - 256), 512 - 256);
    fake_set(f.vm, block + 16, "CodeBlob", "_code_begin", f.code + 300);
    fake_set(f.vm, block + 16, "CodeBlob", "_code_end", f.code + 700);
    jt_addr beyond = blob->end + 64; /* not in the first blob, but its map leads to the one that overlaps */
    size_t at = (size_t)(beyond - FAKE_CODE) >> 7;
    fake_poke(f.vm, FAKE_SEGMAP + at, at - segment - 2, 1);
    CHECK(jt_code_cache_find(f.cache, beyond) == NULL);
    CHECK_EQ(blob->code_begin, f.code); /* a use after free, if it was not kept */
    CHECK(jt_code_cache_find(f.cache, f.code) == blob);
    CHECK(!jt_code_cache_confirm(f.cache)); /* although it was before */
    tear_down(&f);
}

/* More blobs than a batch: all are confirmed, and only those that changed are forgotten. */
static void confirms_any_number_of_blobs(void)
{
    enum { BLOBS = 300 };
    fixture f;
    set_up(&f, FAKE_JDK17);
    jt_addr code[BLOBS];
    for (int i = 0; i < BLOBS; i++) {
        code[i] = add_nmethod(&f, 16, 1000 + i);
        CHECK(jt_code_cache_find(f.cache, code[i]) != NULL);
    }
    for (int round = 0; round < 2; round++) {
        jt_code_cache_begin_walk(f.cache);
        for (int i = 0; i < BLOBS; i++)
            CHECK(jt_code_cache_find(f.cache, code[i]) != NULL);
        CHECK_EQ(jt_code_cache_confirm(f.cache), round == 0);
        fake_set(f.vm, fake_blob_start(code[0]), "nmethod", "_compile_id", 5);
        fake_set(f.vm, fake_blob_start(code[BLOBS - 1]), "nmethod", "_compile_id", 6);
    }
    jt_code_cache_begin_walk(f.cache);
    CHECK_EQ(jt_code_cache_find(f.cache, code[0])->compile_id, 5);
    CHECK_EQ(jt_code_cache_find(f.cache, code[BLOBS - 1])->compile_id, 6);
    tear_down(&f);
}

int main(void)
{
    for (int release = 0; release < FAKE_RELEASES; release++) {
        reads_nmethods((fake_release)release);
        finds_pc_descs((fake_release)release);
        knows_kinds((fake_release)release);
        notices_what_was_replaced((fake_release)release);
        notices_what_was_freed((fake_release)release);
        reads_again_what_was_not_written_yet((fake_release)release);
    }
    walks_the_segment_map_over_many_hops();
    finds_nothing_in_free_blocks();
    survives_hostile_segment_maps();
    gives_up_where_no_blob_can_be_so_large();
    survives_hostile_heaps();
    refuses_hostile_blobs();
    survives_hostile_pc_descs();
    keeps_no_more_pc_descs_than_it_may();
    gives_the_space_of_old_blobs_to_new_ones();
    keeps_what_it_gave_out_within_a_walk();
    confirms_any_number_of_blobs();
}
