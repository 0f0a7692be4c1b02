#include "vm.h"

#include <string.h>

#include "../maps.h"

static bool named_libjvm(const jt_mapping *mapping)
{
    const char *slash = strrchr(mapping->path, '/');
    return slash != NULL && strcmp(slash + 1, "libjvm.so") == 0;
}

/* A mapping that may be the start of an image: offset 0 of a file. */
static bool starts_image(const jt_mapping *mapping)
{
    return mapping->readable && mapping->offset == 0 && mapping->path[0] == '/';
}

static bool exports_tables(const jt_mapping *mapping, const jt_memory *memory, jt_elf_image *image, jt_error *err)
{
    jt_addr address;
    return jt_elf_image_open(image, memory, mapping->start, err) == JT_OK &&
           jt_elf_image_symbol(image, "gHotSpotVMStructs", &address) == JT_OK;
}

/* The JVM's image. libjvm.so by name first; then whatever exports the tables, as in a statically linked JDK. */
static int find_image(const jt_maps *maps, const char *whose, const jt_memory *memory, jt_elf_image *image, jt_error *err)
{
    const jt_mapping *named = NULL;
    for (size_t i = 0; i < maps->count; i++) {
        if (!starts_image(&maps->entries[i]) || !named_libjvm(&maps->entries[i]))
            continue;
        named = &maps->entries[i];
        if (exports_tables(named, memory, image, err))
            return JT_OK;
    }
    for (size_t i = 0; i < maps->count && named == NULL; i++) {
        if (starts_image(&maps->entries[i]) && exports_tables(&maps->entries[i], memory, image, NULL))
            return JT_OK;
    }
    if (named == NULL)
        return jt_fail(err, JT_NO_TARGET, "%s is not a HotSpot JVM: no libjvm.so is mapped in it", whose);
    if (err != NULL && err->status == JT_UNSUPPORTED) /* a foreign image, said by the ELF reader */
        return err->status;
    return jt_fail(err, JT_UNSUPPORTED,
                   "%s: its %s does not export HotSpot's structure tables (gHotSpotVMStructs): not HotSpot, or "
                   "stripped of its dynamic symbols",
                   whose, named->path);
}

/* The lower layers know what is missing, not in whom. */
static int name_owner(int status, const char *whose, jt_error *err)
{
    if (status == JT_UNSUPPORTED && err != NULL && strncmp(err->message, whose, strlen(whose)) != 0) {
        jt_error cause = *err;
        return jt_fail(err, status, "%s cannot be read: %.900s", whose, cause.message);
    }
    return status;
}

int jt_vm_open(jt_vm *vm, const char *whose, const jt_memory *memory, jt_error *err)
{
    memset(vm, 0, sizeof *vm);
    vm->memory = memory;
    jt_maps maps;
    jt_elf_image image;
    int status = jt_memory_read_maps(memory, &maps, err);
    if (status == JT_OK)
        status = find_image(&maps, whose, memory, &image, err);
    jt_maps_free(&maps);
    if (status == JT_OK)
        status = jt_vm_structs_read(&image, &vm->structs, err);
    if (status == JT_OK)
        status = jt_layout_read(vm->structs, &vm->layout, err);
    if (status != JT_OK)
        jt_vm_close(vm);
    return name_owner(status, whose, err);
}

void jt_vm_close(jt_vm *vm)
{
    jt_vm_structs_free(vm->structs);
    vm->structs = NULL;
}
