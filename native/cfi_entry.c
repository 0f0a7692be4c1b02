#include "cfi_entry.h"

#include <stdlib.h>

#include "error.h"

enum {
    MAX_RECORD = 64 * 1024, /* bytes of a CIE or FDE; libjvm's longest FDE has about 2 KiB */
    MAX_AUGMENTATION = 16,
    FIRST_VERSION = 1,  /* .eh_frame's own; the return column is one byte */
    DWARF3_VERSION = 3, /* it is a LEB */
};

/* Both kinds of records begin so. The id of an FDE counts back, from itself, to its CIE; a CIE's is 0. */
typedef struct {
    uint32_t length; /* of what follows it */
    uint32_t id;
} record_header;

static int read_header(const jt_memory *memory, jt_addr address, record_header *header)
{
    int status = jt_memory_read(memory, address, header, sizeof *header);
    if (status == JT_OK && (header->length < sizeof header->id || header->length > MAX_RECORD))
        return JT_STALE; /* also the end mark (0) and 64-bit records, which nobody writes */
    return status;
}

static void parse_augmentation(jt_cfi_entry *entry, const char *letters, jt_dwarf_bytes data)
{
    for (; *letters != '\0'; letters++) {
        switch (*letters) {
        case 'R':
            entry->pointer_encoding = (uint8_t)jt_dwarf_unsigned(&data, 1);
            break;
        case 'P': { /* the personality routine, skipped: often an indirect pointer */
            uint8_t encoding = (uint8_t)jt_dwarf_unsigned(&data, 1);
            jt_dwarf_pointer(&data, encoding & JT_DW_EH_PE_FORMAT, 0);
            break;
        }
        case 'L':
            jt_dwarf_unsigned(&data, 1);
            break;
        case 'S':
            entry->signal_frame = true;
            break;
        default: /* what follows a letter that is not known cannot be told; the length of all was */
            return;
        }
    }
}

/* The augmentation string; false when it has another form than "" or "z...". */
static bool take_augmentation(jt_dwarf_bytes *cie, char letters[MAX_AUGMENTATION])
{
    for (size_t i = 0; i < MAX_AUGMENTATION; i++) {
        letters[i] = (char)jt_dwarf_unsigned(cie, 1);
        if (letters[i] == '\0')
            return !cie->bad && (i == 0 || letters[0] == 'z');
    }
    return false;
}

static bool parse_cie(jt_cfi_entry *entry, jt_dwarf_bytes cie, bool *augmented)
{
    char letters[MAX_AUGMENTATION];
    bool is_cie = jt_dwarf_unsigned(&cie, sizeof(uint32_t)) == 0;
    uint64_t version = jt_dwarf_unsigned(&cie, 1);
    if (!is_cie || (version != FIRST_VERSION && version != DWARF3_VERSION) || !take_augmentation(&cie, letters))
        return false;
    entry->code_alignment = jt_dwarf_uleb(&cie);
    entry->data_alignment = jt_dwarf_sleb(&cie);
    entry->return_column = version == FIRST_VERSION ? jt_dwarf_unsigned(&cie, 1) : jt_dwarf_uleb(&cie);
    entry->pointer_encoding = JT_DW_EH_PE_ABSPTR;
    *augmented = letters[0] == 'z';
    if (*augmented)
        parse_augmentation(entry, letters + 1, jt_dwarf_take(&cie, jt_dwarf_uleb(&cie)));
    entry->initial = cie;
    return !cie.bad;
}

static bool parse_fde(jt_cfi_entry *entry, jt_dwarf_bytes fde, bool augmented)
{
    jt_dwarf_unsigned(&fde, sizeof(uint32_t)); /* the way to the CIE */
    entry->begin = jt_dwarf_pointer(&fde, entry->pointer_encoding, 0);
    entry->end = entry->begin + jt_dwarf_pointer(&fde, entry->pointer_encoding & JT_DW_EH_PE_FORMAT, 0);
    if (augmented)
        jt_dwarf_take(&fde, jt_dwarf_uleb(&fde));
    entry->body = fde;
    return !fde.bad && entry->end > entry->begin;
}

static int read_records(const jt_memory *memory, jt_cfi_entry *entry, jt_addr cie, size_t cie_length, size_t fde_length)
{
    jt_addr cie_body = cie + sizeof(uint32_t), fde_body = entry->address + sizeof(uint32_t);
    const jt_read reads[] = {{cie_body, entry->bytes, cie_length}, {fde_body, entry->bytes + cie_length, fde_length}};
    if (jt_memory_read_batch(memory, reads, 2) != 2)
        return JT_STALE;
    bool augmented;
    if (!parse_cie(entry, jt_dwarf_bytes_of(entry->bytes, cie_length, cie_body), &augmented) ||
        !parse_fde(entry, jt_dwarf_bytes_of(entry->bytes + cie_length, fde_length, fde_body), augmented))
        return JT_STALE;
    return JT_OK;
}

int jt_cfi_entry_read(const jt_memory *memory, jt_addr address, jt_cfi_entry **entry)
{
    record_header fde, cie;
    if (read_header(memory, address, &fde) != JT_OK || fde.id == 0)
        return JT_STALE;
    jt_addr cie_address = address + sizeof fde.length - fde.id;
    if (read_header(memory, cie_address, &cie) != JT_OK)
        return JT_STALE;
    jt_cfi_entry *made = calloc(1, sizeof *made + cie.length + fde.length);
    if (made == NULL)
        return JT_NO_MEMORY;
    made->address = address;
    int status = read_records(memory, made, cie_address, cie.length, fde.length);
    if (status == JT_OK)
        *entry = made;
    else
        free(made);
    return status;
}
