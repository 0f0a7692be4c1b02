#include "hotspot/safepoint_wait.h"

#include "check.h"
#include "fake_vm.h"

enum { BLOCKED = 10, IN_VM = 6, STATE_BYTES = 32, CALLED_BACK = 1, THREAD = 8, SAFEPOINT_ID = 24 };

typedef struct {
    fake_vm *vm;
    jt_addr thread, state; /* its ThreadSafepointState */
    jt_java_thread_words words;
} fixture;

static jt_addr pointer_to_state(const fixture *f)
{
    return fake_field(f->vm, f->thread, "JavaThread", "_saved_exception_pc") - 8;
}

static void set_up(fixture *f, fake_release release)
{
    f->vm = fake_vm_create(release);
    f->thread = f->vm->java_thread;
    f->state = fake_allocate(f->vm, STATE_BYTES);
    fake_poke(f->vm, f->state + THREAD, f->thread, 8);
    fake_poke(f->vm, pointer_to_state(f), f->state, 8);
    fake_set(f->vm, 0, "Abstract_VM_Version", "_vm_major_version", 25); /* 8's HotSpot, too */
    fake_vm_open(f->vm);
    f->words = (jt_java_thread_words){.state = BLOCKED};
}

static bool waits(const fixture *f)
{
    return jt_waits_for_safepoint(&f->vm->vm, f->thread, &f->words);
}

static void wait_by_id(fixture *f)
{
    fake_poke(f->vm, f->state + SAFEPOINT_ID, 41, 8);
}

static void wait_by_call_back(fixture *f)
{
    fake_poke(f->vm, f->state + CALLED_BACK, 1, 1);
}

static void only_the_releases_own_sign_counts(void)
{
    for (int release = 0; release < FAKE_RELEASES; release++) {
        fixture f;
        set_up(&f, release);
        CHECK(!waits(&f));
        (release == FAKE_JDK8 ? wait_by_id : wait_by_call_back)(&f);
        CHECK(!waits(&f)); /* padding, or beyond the object */
        (release == FAKE_JDK8 ? wait_by_call_back : wait_by_id)(&f);
        CHECK(waits(&f));
        f.words.state = IN_VM;
        CHECK(!waits(&f));
        fake_vm_destroy(f.vm);
    }
}

/* It has the list of 8, and the state of 17. */
static void thirteen_is_told_by_its_number(void)
{
    fixture f;
    set_up(&f, FAKE_JDK8);
    fake_set(f.vm, 0, "Abstract_VM_Version", "_vm_major_version", 13);
    wait_by_call_back(&f);
    CHECK(!waits(&f));
    wait_by_id(&f);
    CHECK(waits(&f));
    fake_vm_destroy(f.vm);
}

static void what_is_no_state_says_nothing(void)
{
    fixture f;
    set_up(&f, FAKE_JDK17);
    wait_by_id(&f);
    fake_poke(f.vm, f.state + THREAD, f.thread + 8, 8);
    CHECK(!waits(&f));
    static const jt_addr addresses[] = {0, 1, 0x600000000000, UINT64_MAX - 8};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        fake_poke(f.vm, pointer_to_state(&f), addresses[i], 8);
        CHECK(!waits(&f));
    }
    fake_vm_destroy(f.vm);
}

int main(void)
{
    only_the_releases_own_sign_counts();
    thirteen_is_told_by_its_number();
    what_is_no_state_says_nothing();
    return 0;
}
