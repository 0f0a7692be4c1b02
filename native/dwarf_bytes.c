#include "dwarf_bytes.h"

#include <string.h>

enum { LEB_BITS = 7, LEB_MORE = 0x80, LEB_SIGN = 0x40 };

jt_dwarf_bytes jt_dwarf_bytes_of(const void *bytes, size_t length, jt_addr address)
{
    const uint8_t *at = bytes;
    return (jt_dwarf_bytes){.at = at, .end = at + length, .address = address};
}

static void spoil(jt_dwarf_bytes *bytes)
{
    bytes->bad = true;
    bytes->at = bytes->end;
}

jt_dwarf_bytes jt_dwarf_take(jt_dwarf_bytes *bytes, uint64_t length)
{
    if (length > (uint64_t)(bytes->end - bytes->at)) {
        spoil(bytes);
        return (jt_dwarf_bytes){.at = bytes->end, .end = bytes->end, .bad = true};
    }
    jt_dwarf_bytes taken = jt_dwarf_bytes_of(bytes->at, length, bytes->address);
    bytes->at += length;
    bytes->address += length;
    return taken;
}

uint64_t jt_dwarf_unsigned(jt_dwarf_bytes *bytes, size_t size)
{
    jt_dwarf_bytes taken = jt_dwarf_take(bytes, size);
    uint64_t value = 0;
    for (const uint8_t *at = taken.end; at > taken.at;)
        value = value << 8 | *--at;
    return value;
}

int64_t jt_dwarf_signed(jt_dwarf_bytes *bytes, size_t size)
{
    uint64_t value = jt_dwarf_unsigned(bytes, size);
    uint64_t sign = UINT64_C(1) << (size * 8 - 1);
    return (int64_t)((value ^ sign) - sign);
}

/* The value's bits, and how many there are; the last byte goes to *last. */
static uint64_t leb_bits(jt_dwarf_bytes *bytes, unsigned *width, uint8_t *last)
{
    uint64_t value = 0;
    for (*width = 0; *width < 64; *width += LEB_BITS) {
        *last = (uint8_t)jt_dwarf_unsigned(bytes, 1);
        value |= (uint64_t)(*last & ~LEB_MORE) << *width;
        if ((*last & LEB_MORE) == 0) {
            *width += LEB_BITS;
            return value;
        }
    }
    spoil(bytes);
    return 0;
}

uint64_t jt_dwarf_uleb(jt_dwarf_bytes *bytes)
{
    unsigned width;
    uint8_t last;
    return leb_bits(bytes, &width, &last);
}

int64_t jt_dwarf_sleb(jt_dwarf_bytes *bytes)
{
    unsigned width;
    uint8_t last;
    uint64_t value = leb_bits(bytes, &width, &last);
    if (!bytes->bad && (last & LEB_SIGN) != 0 && width < 64)
        value |= ~UINT64_C(0) << width;
    return (int64_t)value;
}

size_t jt_dwarf_pointer_size(uint8_t encoding)
{
    switch (encoding & JT_DW_EH_PE_FORMAT) {
    case JT_DW_EH_PE_UDATA2:
    case JT_DW_EH_PE_SDATA2:
        return 2;
    case JT_DW_EH_PE_UDATA4:
    case JT_DW_EH_PE_SDATA4:
        return 4;
    case JT_DW_EH_PE_ABSPTR: /* 64-bit images only */
    case JT_DW_EH_PE_UDATA8:
    case JT_DW_EH_PE_SDATA8:
        return 8;
    default:
        return 0;
    }
}

static uint64_t formatted(jt_dwarf_bytes *bytes, uint8_t format)
{
    switch (format) {
    case JT_DW_EH_PE_ULEB128:
        return jt_dwarf_uleb(bytes);
    case JT_DW_EH_PE_SLEB128:
        return (uint64_t)jt_dwarf_sleb(bytes);
    case JT_DW_EH_PE_SDATA2:
    case JT_DW_EH_PE_SDATA4:
        return (uint64_t)jt_dwarf_signed(bytes, jt_dwarf_pointer_size(format));
    default:
        if (jt_dwarf_pointer_size(format) == 0)
            spoil(bytes);
        return jt_dwarf_unsigned(bytes, jt_dwarf_pointer_size(format));
    }
}

uint64_t jt_dwarf_pointer(jt_dwarf_bytes *bytes, uint8_t encoding, jt_addr data_base)
{
    jt_addr position = bytes->address;
    uint64_t value = formatted(bytes, encoding & JT_DW_EH_PE_FORMAT);
    switch (encoding & ~JT_DW_EH_PE_FORMAT) {
    case JT_DW_EH_PE_ABSPTR:
        break;
    case JT_DW_EH_PE_PCREL:
        value += position;
        break;
    case JT_DW_EH_PE_DATAREL:
        value += data_base;
        break;
    default: /* indirect, aligned, relative to what is not known here */
        spoil(bytes);
    }
    return bytes->bad ? 0 : value;
}
