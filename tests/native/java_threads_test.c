#include "hotspot/java_threads.h"

#include "check.h"
#include "fake_vm.h"

enum { THREADS = 5 };

typedef struct {
    fake_vm *vm;
    jt_addr threads[THREADS];
} fixture;

static void set_up(fixture *f, fake_release release)
{
    f->vm = fake_vm_create(release);
    for (int i = 0; i < THREADS; i++)
        f->threads[i] = fake_thread(f->vm, 200 + i);
    fake_set_threads(f->vm, f->threads, THREADS);
    fake_vm_open(f->vm);
}

static size_t list(fixture *f, jt_java_thread **threads)
{
    size_t count;
    jt_error err;
    CHECK_STATUS(jt_java_threads_list(&f->vm->vm, threads, &count, &err), JT_OK, err);
    return count;
}

static size_t count_threads(fixture *f)
{
    jt_java_thread *threads;
    size_t count = list(f, &threads);
    free(threads);
    return count;
}

static jt_addr osthread_of(fixture *f, int thread)
{
    bool own = fake_has_field(f->vm, "JavaThread", "_osthread");
    return fake_field(f->vm, f->threads[thread], own ? "JavaThread" : "Thread", "_osthread");
}

static void lists_threads(fake_release release)
{
    fixture f;
    jt_java_thread *threads;
    set_up(&f, release);
    CHECK_EQ(list(&f, &threads), THREADS);
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQ(threads[i].address, f.threads[i]);
        CHECK_EQ(threads[i].tid, 200 + i);
    }
    free(threads);
    fake_poke(f.vm, osthread_of(&f, 0), 0, 8);              /* not started yet */
    fake_poke(f.vm, osthread_of(&f, 2), 0x600000000000, 8); /* ended, its memory gone */
    fake_poke(f.vm, osthread_of(&f, 4), UINT64_MAX - 2, 8);
    CHECK_EQ(list(&f, &threads), 2);
    CHECK_EQ(threads[0].tid, 201);
    CHECK_EQ(threads[1].tid, 203);
    free(threads);
    fake_vm_destroy(f.vm);
}

static void lists_nothing_while_the_vm_starts(fake_release release)
{
    fixture f;
    set_up(&f, release);
    if (release == FAKE_JDK8)
        fake_set(f.vm, 0, "Threads", "_thread_list", 0);
    else
        fake_set(f.vm, 0, "ThreadsSMRSupport", "_java_thread_list", 0);
    CHECK_EQ(count_threads(&f), 0);
    fake_vm_destroy(f.vm);
}

static void survives_torn_arrays(void)
{
    fixture f;
    set_up(&f, FAKE_JDK17);
    jt_addr array = fake_peek(f.vm, fake_field(f.vm, 0, "ThreadsSMRSupport", "_java_thread_list"));
    jt_addr length = fake_field(f.vm, array, "ThreadsList", "_length"),
            words = fake_field(f.vm, array, "ThreadsList", "_threads");
    static const uint32_t lengths[] = {0, 1u << 30, UINT32_MAX, 1u << 31, 60000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        fake_poke(f.vm, length, lengths[i], 4);
        CHECK_EQ(count_threads(&f), 0);
    }
    fake_poke(f.vm, length, THREADS, 4);
    fake_poke(f.vm, words, UINT64_MAX - 16, 8);
    CHECK_EQ(count_threads(&f), 0);
    fake_set(f.vm, 0, "ThreadsSMRSupport", "_java_thread_list", 8);
    CHECK_EQ(count_threads(&f), 0);
    fake_vm_destroy(f.vm);
}

/* A list that claims a million threads that are not there is soon done with. */
static void does_not_chase_what_is_not_there(void)
{
    enum { LENGTH = 1 << 20 };
    fixture f;
    set_up(&f, FAKE_JDK17);
    const jt_addr words = 0x600000000000;
    uint64_t *bytes = (uint64_t *)(void *)fake_map(f.vm, words, 8 * (size_t)LENGTH)->bytes;
    for (size_t i = 0; i < LENGTH; i++)
        bytes[i] = 0x12345678000 + 8 * i;
    jt_addr array = fake_peek(f.vm, fake_field(f.vm, 0, "ThreadsSMRSupport", "_java_thread_list"));
    fake_set(f.vm, array, "ThreadsList", "_length", LENGTH);
    fake_set(f.vm, array, "ThreadsList", "_threads", words);
    f.vm->memory.reads = 0;
    CHECK_EQ(count_threads(&f), 0);
    CHECK(f.vm->memory.reads < LENGTH + 100000); /* the second column's are all of length 0 */
    fake_vm_destroy(f.vm);
}

static void ends_in_cycles(void)
{
    for (int into = 0; into < THREADS; into++) {
        fixture f;
        set_up(&f, FAKE_JDK8);
        fake_set(f.vm, f.threads[THREADS - 1], "JavaThread", "_next", f.threads[into]);
        f.vm->memory.reads = 0;
        CHECK(count_threads(&f) >= THREADS);
        CHECK(f.vm->memory.reads < 100);
        fake_vm_destroy(f.vm);
    }
    fixture f;
    set_up(&f, FAKE_JDK8);
    fake_set(f.vm, f.threads[2], "JavaThread", "_next", 0x600000000000); /* torn: what came before it stays */
    CHECK_EQ(count_threads(&f), 3);
    fake_vm_destroy(f.vm);
}

static void reads_one_thread(fake_release release)
{
    fixture f;
    set_up(&f, release);
    jt_addr thread = f.threads[1], anchor = fake_field(f.vm, thread, "JavaThread", "_anchor");
    fake_set(f.vm, anchor, "JavaFrameAnchor", "_last_Java_sp", 0x1000);
    fake_set(f.vm, anchor, "JavaFrameAnchor", "_last_Java_pc", 0x2000);
    fake_set(f.vm, anchor, "JavaFrameAnchor", "_last_Java_fp", 0x3000);
    fake_set(f.vm, thread, "JavaThread", "_thread_state", 4);
    fake_set(f.vm, thread, "JavaThread", "_saved_exception_pc", 0x4000);
    fake_set_if(f.vm, thread, "JavaThread", "_cont_entry", 0x5000);
    jt_java_thread_words words;
    CHECK_EQ(jt_java_thread_read(&f.vm->vm, thread, &words), JT_OK);
    jt_anchor read = jt_java_thread_anchor(&f.vm->vm, &words);
    CHECK(read.sp == 0x1000 && read.pc == 0x2000 && read.fp == 0x3000);
    CHECK_EQ(words.state, 4);
    CHECK_EQ(words.stack_base, FAKE_STACK_BASE);
    CHECK_EQ(words.stack_size, FAKE_STACK_SIZE);
    CHECK_EQ(words.saved_exception_pc, 0x4000);
    CHECK_EQ(words.cont_entry, release == FAKE_JDK25 ? 0x5000 : 0);
    int tid;
    CHECK_EQ(jt_java_thread_tid(&f.vm->vm, words.osthread, &tid), JT_OK);
    CHECK_EQ(tid, 201);
    CHECK_EQ(jt_java_thread_tid(&f.vm->vm, 0, &tid), JT_STALE);
    CHECK_EQ(jt_java_thread_tid(&f.vm->vm, UINT64_MAX, &tid), JT_STALE);
    CHECK_EQ(jt_java_thread_read(&f.vm->vm, 0x600000000000, &words), JT_STALE);
    CHECK_EQ(jt_java_thread_read(&f.vm->vm, UINT64_MAX - 500, &words), JT_STALE);
    fake_vm_destroy(f.vm);
}

int main(void)
{
    for (int release = 0; release < FAKE_RELEASES; release++) {
        lists_threads((fake_release)release);
        lists_nothing_while_the_vm_starts((fake_release)release);
        reads_one_thread((fake_release)release);
    }
    survives_torn_arrays();
    does_not_chase_what_is_not_there();
    ends_in_cycles();
}
