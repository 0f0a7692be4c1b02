#include "native_frames.h"

#include "check.h"
#include "child.h"
#include "image_file.h"
#include "maps.h"
#include "snapshot.h"

#define NOINLINE __attribute__((noinline))
/* The compiler neither drops a call before this nor makes a jump of it. */
#define KEEP_CALL() __asm__ volatile("" ::: "memory")

enum { MAX_FRAMES = 1024, MAX_NAME = 256 };

static int *ends; /* of a pipe that nobody writes to */

NOINLINE static void innermost(void)
{
    char byte;
    syscall(SYS_read, ends[0], &byte, 1); /* glibc's: goes by sp, and saves no frame pointer */
    KEEP_CALL();
}

NOINLINE static void middle(void)
{
    innermost();
    KEEP_CALL();
}

NOINLINE static void outermost(void *unused)
{
    (void)unused;
    middle();
    KEEP_CALL();
}

typedef struct {
    pid_t child;
    jt_process *process;
    jt_native_frames *frames;
    jt_task *task;
    jt_frame found[MAX_FRAMES];
    jt_walk_result walk;
} fixture;

static void set_up(fixture *f)
{
    jt_error err;
    jt_task_syscall blocked = {.running = true};
    memset(f, 0, sizeof *f);
    f->child = start_child(outermost, NULL);
    CHECK_STATUS(jt_process_open(f->child, &f->process, &err), JT_OK, err);
    CHECK_STATUS(jt_task_open(f->process, f->child, &f->task, &err), JT_OK, err);
    CHECK_STATUS(jt_native_frames_create(LIBRARY, f->process, &f->frames, &err), JT_OK, err);
    f->walk = (jt_walk_result){.frames = f->found, .capacity = MAX_FRAMES};
    while (blocked.running || blocked.number != SYS_read)
        CHECK_EQ(jt_task_read_syscall(f->task, &blocked), JT_OK);
}

static void tear_down(fixture *f)
{
    jt_native_frames_destroy(f->frames);
    jt_task_close(f->task);
    jt_process_close(f->process);
    kill_child(f->child);
}

static jt_native_outcome unwind(fixture *f, const jt_native_place *place)
{
    f->walk.count = 0;
    return jt_native_frames_add(f->frames, NULL, place, &f->walk);
}

static jt_native_place blocked_place(const fixture *f)
{
    jt_task_syscall blocked;
    CHECK_EQ(jt_task_read_syscall(f->task, &blocked), JT_OK);
    return (jt_native_place){.registers = {.pc = blocked.pc, .sp = blocked.sp},
                             .rest = jt_process_memory(f->process)};
}

/* Stops it, and copies all that it has of its stack. */
static jt_native_place copied_place(const fixture *f, jt_snapshot *snapshot)
{
    jt_error err;
    jt_tracee tracee;
    jt_addr end = jt_native_frames_mapping_end(f->frames, blocked_place(f).registers.sp);
    CHECK(end != 0);
    CHECK_STATUS(jt_snapshot_init(snapshot, &err), JT_OK, err);
    CHECK_STATUS(jt_snapshot_take(snapshot, f->process, f->child, end, NULL, 0, &tracee, &err), JT_OK, err);
    return (jt_native_place){snapshot->registers, JT_NATIVE_ALL, snapshot->stack_address, snapshot->stack,
                             snapshot->stack_length, NULL, NULL};
}

/* The frame's place in the walk; -1: it is not there. */
static int frame_named(fixture *f, const char *wanted)
{
    for (size_t i = 0; i < f->walk.count; i++) {
        char name[MAX_NAME];
        jt_addr begin, end;
        CHECK_EQ(f->found[i].kind, JT_FRAME_NATIVE_CODE);
        if (jt_native_frames_name(f->frames, f->found[i].address, name, sizeof name, &begin, &end)) {
            CHECK(begin <= f->found[i].address && f->found[i].address < end);
            if (strcmp(name, wanted) == 0)
                return (int)i;
        }
    }
    return -1;
}

static void check_order(fixture *f)
{
    static const char *const names[] = {"native_frames_test!innermost", "native_frames_test!middle",
                                        "native_frames_test!outermost", "native_frames_test!main"};
    int before = 0; /* the first one is libc's */
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int at = frame_named(f, names[i]);
        CHECK(at > before);
        before = at;
    }
}

static void test_copied_stack(void)
{
    fixture f;
    jt_snapshot snapshot;
    set_up(&f);
    jt_native_place place = copied_place(&f, &snapshot);
    CHECK_EQ(unwind(&f, &place), JT_NATIVE_COMPLETE);
    check_order(&f);
    jt_snapshot_free(&snapshot);
    tear_down(&f);
}

/* The functions of this test have frame pointers, as the JDK's have. */
static void test_blocked_thread_by_what_a_stop_has_shown(void)
{
    fixture f;
    jt_snapshot snapshot;
    set_up(&f);
    jt_native_place blocked = blocked_place(&f);
    CHECK_EQ(unwind(&f, &blocked), JT_NATIVE_NEEDS_STOP);
    CHECK(f.walk.count >= 2);
    CHECK_EQ(f.found[f.walk.count - 1].kind, JT_FRAME_NATIVE_LOST);
    jt_native_place copied = copied_place(&f, &snapshot);
    jt_native_frames_learn(f.frames, NULL, &copied);
    WAIT_UNTIL(state_of(f.child) == 'S');
    blocked = blocked_place(&f);
    CHECK_EQ(unwind(&f, &blocked), JT_NATIVE_COMPLETE);
    check_order(&f);
    jt_snapshot_free(&snapshot);
    tear_down(&f);
}

static void test_what_is_missing_has_a_frame(void)
{
    fixture f;
    jt_snapshot snapshot;
    set_up(&f);
    jt_native_place place = copied_place(&f, &snapshot);
    place.stack_length = 0;
    CHECK_EQ(unwind(&f, &place), JT_NATIVE_IN_PART);
    CHECK_EQ(f.walk.count, 2);
    CHECK_EQ(f.found[0].kind, JT_FRAME_NATIVE_CODE);
    CHECK_EQ(f.found[1].kind, JT_FRAME_NATIVE_LOST);
    place.registers.pc = 8;
    CHECK_EQ(unwind(&f, &place), JT_NATIVE_IN_PART);
    CHECK_EQ(f.found[f.walk.count - 1].kind, JT_FRAME_NATIVE_LOST);
    jt_addr begin, end;
    char name[MAX_NAME];
    CHECK(!jt_native_frames_name(f.frames, 8, name, sizeof name, &begin, &end));
    jt_snapshot_free(&snapshot);
    tear_down(&f);
}

/* Native frames go above the Java frames that are there, and end at the bottom only without these. */
static void test_java_frames_stay_below(void)
{
    fixture f;
    jt_snapshot snapshot;
    set_up(&f);
    jt_native_place place = copied_place(&f, &snapshot);
    f.found[0] = (jt_frame){.kind = JT_FRAME_COMPILED, .address = 42};
    f.walk.count = 1;
    CHECK_EQ(jt_native_frames_add(f.frames, NULL, &place, &f.walk), JT_NATIVE_IN_PART);
    CHECK(f.walk.count > 3);
    CHECK_EQ(f.found[f.walk.count - 1].address, 42);
    CHECK_EQ(f.found[f.walk.count - 2].kind, JT_FRAME_NATIVE_LOST);
    CHECK_EQ(f.found[0].kind, JT_FRAME_NATIVE_CODE);
    jt_snapshot_free(&snapshot);
    tear_down(&f);
}

static void check_is_image(int pid, const jt_memory *memory, const jt_maps *maps, const jt_mapping *mapping)
{
    char magic[4];
    int fd = jt_image_file_copy(pid, memory, maps, mapping);
    CHECK(fd >= 0);
    CHECK_EQ(pread(fd, magic, sizeof magic, 0), sizeof magic);
    CHECK(memcmp(magic, "\177ELF", sizeof magic) == 0);
    close(fd);
}

static void test_images_are_found(void)
{
    fixture f;
    jt_maps maps;
    jt_error err;
    set_up(&f);
    const jt_memory *memory = jt_process_memory(f.process);
    CHECK_STATUS(jt_memory_read_maps(memory, &maps, &err), JT_OK, err);
    const jt_mapping *own = jt_maps_find(&maps, (jt_addr)(uintptr_t)&outermost);
    CHECK(own != NULL);
    check_is_image(f.child, memory, &maps, own);
    bool has_vdso = false;
    for (size_t i = 0; i < maps.count; i++) {
        if (strcmp(maps.entries[i].path, "[vdso]") == 0) {
            check_is_image(f.child, memory, &maps, &maps.entries[i]);
            has_vdso = true;
        }
    }
    CHECK(has_vdso);
    jt_maps_free(&maps);
    tear_down(&f);
}

static void test_library_that_does_not_load(void)
{
    jt_error err;
    jt_native_frames *frames;
    CHECK_EQ(jt_native_frames_create("/nowhere/library.so", NULL, &frames, &err), JT_UNSUPPORTED);
    CHECK_CONTAINS(err.message, "libdw");
}

int main(void)
{
    int pipe_ends[2];
    CHECK_EQ(pipe(pipe_ends), 0);
    ends = pipe_ends;
    test_copied_stack();
    test_blocked_thread_by_what_a_stop_has_shown();
    test_what_is_missing_has_a_frame();
    test_java_frames_stay_below();
    test_images_are_found();
    test_library_that_does_not_load();
    return 0;
}
