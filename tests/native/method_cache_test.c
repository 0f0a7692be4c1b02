#include "hotspot/method_cache.h"

#include "check.h"
#include "fake_vm.h"

typedef struct {
    fake_vm *vm;
    jt_method_cache *cache;
    jt_addr method;
} fixture;

static void set_up(fixture *f, fake_release release)
{
    jt_error err;
    f->vm = fake_vm_create(release);
    f->method = fake_method(f->vm, (fake_method_spec){.klass = "java/lang/Example", .code_size = 30});
    fake_vm_open(f->vm);
    CHECK_STATUS(jt_method_cache_create(&f->vm->vm, &f->cache, &err), JT_OK, err);
    jt_method_cache_begin_walk(f->cache);
}

static void tear_down(fixture *f)
{
    jt_method_cache_destroy(f->cache);
    fake_vm_destroy(f->vm);
}

static jt_addr const_method_of(fixture *f)
{
    return fake_peek(f->vm, fake_field(f->vm, f->method, "Method", "_constMethod"));
}

static jt_addr pool_of(fixture *f)
{
    return fake_peek(f->vm, fake_field(f->vm, const_method_of(f), "ConstMethod", "_constants"));
}

static jt_addr holder_of(fixture *f)
{
    return fake_peek(f->vm, fake_field(f->vm, pool_of(f), "ConstantPool", "_pool_holder"));
}

static void reads_methods(fake_release release)
{
    fixture f;
    set_up(&f, release);
    const jt_method *method = jt_method_cache_get(f.cache, f.method);
    CHECK(method != NULL);
    CHECK(!method->is_native);
    CHECK_EQ(method->code_size, 30);
    CHECK_EQ(method->bytecodes, fake_bytecodes(f.vm, f.method));
    CHECK(jt_method_cache_get(f.cache, f.method) == method);
    jt_addr native = fake_method(f.vm, (fake_method_spec){.klass = "N", .is_native = true});
    const jt_method *second = jt_method_cache_get(f.cache, native);
    CHECK(second != NULL && second->is_native);
    CHECK(second->identity != method->identity);
    tear_down(&f);
}

static void takes_no_garbage_for_a_method(void)
{
    static const jt_addr garbage[] = {0,          1,          4096,      0x55,       UINT64_MAX,     UINT64_MAX - 7,
                                      1ull << 47, FAKE_STACK, FAKE_CODE, FAKE_IMAGE, FAKE_IMAGE + 1, 1ull << 63};
    fixture f;
    set_up(&f, FAKE_JDK17);
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
        CHECK(jt_method_cache_get(f.cache, garbage[i]) == NULL);
    CHECK(jt_method_cache_get(f.cache, f.method + 4) == NULL);
    CHECK(jt_method_cache_get(f.cache, const_method_of(&f)) == NULL);
    jt_addr empty = fake_method(f.vm, (fake_method_spec){.klass = "E"}); /* no bytecodes, and not native */
    CHECK(jt_method_cache_get(f.cache, empty) == NULL);
    tear_down(&f);
}

/* Each link of the way to the class's name is broken in turn. */
static void follows_every_link(void)
{
    for (int link = 0; link < 4; link++) {
        static const jt_addr broken[] = {0, 8, FAKE_OBJECTS + 4, 0x600000000000, UINT64_MAX - 7, 1ull << 47};
        for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
            fixture f;
            set_up(&f, FAKE_JDK25);
            const jt_addr links[] = {fake_field(f.vm, f.method, "Method", "_constMethod"),
                                     fake_field(f.vm, const_method_of(&f), "ConstMethod", "_constants"),
                                     fake_field(f.vm, pool_of(&f), "ConstantPool", "_pool_holder"),
                                     fake_field(f.vm, holder_of(&f), "Klass", "_name")};
            fake_poke(f.vm, links[link], broken[i], 8);
            CHECK(jt_method_cache_get(f.cache, f.method) == NULL);
            tear_down(&f);
        }
    }
}

static uint32_t identity_now(fixture *f)
{
    jt_method_cache_begin_walk(f->cache);
    return jt_method_cache_get(f->cache, f->method)->identity;
}

/* The class was unloaded, and its memory given to one of the same shape. */
static void notices_another_name(fake_release release)
{
    fixture f;
    set_up(&f, release);
    uint32_t first = identity_now(&f);
    CHECK(jt_method_cache_confirm(f.cache));
    jt_addr other = fake_method(f.vm, (fake_method_spec){.klass = "java/lang/Instead", .code_size = 30});
    jt_addr name = fake_class_name(f.vm, f.method), other_name = fake_class_name(f.vm, other);
    fake_write(f.vm, name, fake_at(f.vm, other_name, 16), 16); /* in place */
    CHECK_EQ(identity_now(&f), first);
    CHECK(!jt_method_cache_confirm(f.cache));
    uint32_t second = identity_now(&f);
    CHECK(second != first);
    CHECK(jt_method_cache_confirm(f.cache));
    fake_set(f.vm, holder_of(&f), "Klass", "_name", other_name); /* by a pointer */
    CHECK_EQ(identity_now(&f), second);
    CHECK(!jt_method_cache_confirm(f.cache));
    CHECK(identity_now(&f) != second);
    tear_down(&f);
}

/* Thousands of classes whose names differ in the last digits only, and whose Symbols happen to have the same hash. */
static void notices_another_end_of_the_name(fake_release release)
{
    fixture f;
    set_up(&f, release);
    uint32_t first = identity_now(&f);
    CHECK(jt_method_cache_confirm(f.cache));
    fake_poke(f.vm, fake_class_name(f.vm, f.method) + (release == FAKE_JDK8 ? 8 : 6) + 16, 'E', 1);
    CHECK_EQ(identity_now(&f), first);
    CHECK(!jt_method_cache_confirm(f.cache));
    CHECK(identity_now(&f) != first);
    CHECK(jt_method_cache_confirm(f.cache));
    tear_down(&f);
}

static void ignores_reference_counts(fake_release release)
{
    fixture f;
    set_up(&f, release);
    uint32_t first = identity_now(&f);
    jt_addr count = fake_class_name(f.vm, f.method) + (release == FAKE_JDK8 ? 2 : 0); /* Symbol's, 16 bits */
    fake_poke(f.vm, count, 0x1234, 2);
    CHECK_EQ(identity_now(&f), first);
    CHECK(jt_method_cache_confirm(f.cache));
    CHECK_EQ(identity_now(&f), first);
    tear_down(&f);
}

static void notices_what_changed_on_the_way(void)
{
    for (int change = 0; change < 6; change++) {
        fixture f;
        set_up(&f, FAKE_JDK17);
        uint32_t first = identity_now(&f);
        CHECK(jt_method_cache_confirm(f.cache));
        CHECK_EQ(identity_now(&f), first);
        jt_addr other = fake_method(f.vm, (fake_method_spec){.klass = "java/lang/Example", .code_size = 30});
        jt_addr other_const = fake_peek(f.vm, fake_field(f.vm, other, "Method", "_constMethod"));
        switch (change) {
        case 0: /* redefined */
            fake_set(f.vm, f.method, "Method", "_constMethod", other_const);
            break;
        case 1:
            fake_set(f.vm, const_method_of(&f), "ConstMethod", "_constants",
                     fake_peek(f.vm, fake_field(f.vm, other_const, "ConstMethod", "_constants")));
            break;
        case 2:
            fake_set(f.vm, const_method_of(&f), "ConstMethod", "_name_index", 8);
            break;
        case 3: /* a class of the same name with another method in its place */
            fake_poke(f.vm, pool_of(&f) + 72 + 7 * 8, fake_class_name(f.vm, other), 8);
            break;
        case 4:
            fake_poke(f.vm, fake_peek(f.vm, pool_of(&f) + 72 + 7 * 8) + 8, 0x1234, 4);
            break;
        default: /* gone */
            fake_set(f.vm, f.method, "Method", "_constMethod", UINT64_MAX - 15);
        }
        CHECK(!jt_method_cache_confirm(f.cache));
        jt_method_cache_begin_walk(f.cache);
        const jt_method *now = jt_method_cache_get(f.cache, f.method);
        CHECK(change == 5 ? now == NULL : now != NULL && now->identity != first);
        tear_down(&f);
    }
}

/* More than a batch of them, and more than the table's first size: those that did not change keep their identity. */
static void keeps_what_did_not_change(void)
{
    enum { METHODS = 200 };
    fixture f;
    set_up(&f, FAKE_JDK17);
    jt_addr methods[METHODS];
    uint32_t identities[METHODS];
    for (int i = 0; i < METHODS; i++) {
        methods[i] = fake_method(f.vm, (fake_method_spec){.klass = "java/lang/Many", .code_size = 4});
        identities[i] = jt_method_cache_get(f.cache, methods[i])->identity;
    }
    jt_method_cache_begin_walk(f.cache);
    for (int i = 0; i < METHODS; i++)
        CHECK_EQ(jt_method_cache_get(f.cache, methods[i])->identity, identities[i]);
    jt_addr changed = fake_peek(f.vm, fake_field(f.vm, methods[99], "Method", "_constMethod"));
    fake_set(f.vm, changed, "ConstMethod", "_name_index", 1);
    CHECK(!jt_method_cache_confirm(f.cache));
    jt_method_cache_begin_walk(f.cache);
    for (int i = 0; i < METHODS; i++)
        CHECK_EQ(jt_method_cache_get(f.cache, methods[i])->identity == identities[i], i != 99);
    CHECK(jt_method_cache_confirm(f.cache));
    tear_down(&f);
}

int main(void)
{
    takes_no_garbage_for_a_method();
    follows_every_link();
    notices_what_changed_on_the_way();
    keeps_what_did_not_change();
    for (int release = 0; release < FAKE_RELEASES; release++) {
        reads_methods((fake_release)release);
        notices_another_name((fake_release)release);
        notices_another_end_of_the_name((fake_release)release);
        ignores_reference_counts((fake_release)release);
    }
}
