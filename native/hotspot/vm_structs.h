/* The tables that every libjvm.so exports for its serviceability agent (gHotSpotVMStructs, gHotSpotVMTypes,
 * gHotSpotVMIntConstants, gHotSpotVMLongConstants; src/hotspot/share/runtime/vmStructs.hpp, JDK 8 and later), copied
 * from the target and looked up by name. */
#ifndef JTRACE_VM_STRUCTS_H
#define JTRACE_VM_STRUCTS_H

#include <stdbool.h>

#include "../elf_symbols.h"
#include "../error.h"

typedef struct jt_vm_structs jt_vm_structs;

typedef struct {
    const char *type_string; /* the field's C++ type, "" if the table gives none; lives as long as the tables */
    bool is_static;
    uint64_t offset_or_address; /* bytes from the object's start, or the static field's address */
} jt_vm_field;

/* JT_UNSUPPORTED when the image exports no such tables or they make no sense (also: libjvm is still being loaded). */
int jt_vm_structs_read(const jt_elf_image *image, jt_vm_structs **structs, jt_error *err);
void jt_vm_structs_free(jt_vm_structs *structs);

/* false when the VM does not export it. */
bool jt_vm_structs_field(const jt_vm_structs *structs, const char *type, const char *name, jt_vm_field *field);
bool jt_vm_structs_type_size(const jt_vm_structs *structs, const char *type, uint64_t *size);
/* The int constants, then the long ones. */
bool jt_vm_structs_constant(const jt_vm_structs *structs, const char *name, int64_t *value);

#endif
