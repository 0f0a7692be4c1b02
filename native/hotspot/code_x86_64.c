/* Bytes of the target's code, and the few instructions that are read in them everywhere. */
#include "frame_x86_64.h"

#include <string.h>

bool jt_arch_call_precedes(const uint8_t before[JT_CALL_BYTES])
{
    const uint8_t *end = before + JT_CALL_BYTES;
    if (end[-5] == 0xE8) /* call rel32 */
        return true;
    /* FF /2: register, [reg+disp8], [reg+disp32] or [rip+disp32], REX before it or not */
    return (end[-2] == 0xFF && (end[-1] & 0xF8) == 0xD0) || (end[-2] == 0xFF && (end[-1] & 0xF8) == 0x10) ||
           (end[-3] == 0xFF && (end[-2] & 0xF8) == 0x50) || (end[-6] == 0xFF && (end[-5] & 0xF8) == 0x90) ||
           (end[-6] == 0xFF && end[-5] == 0x15) || (end[-4] == 0xFF && end[-3] == 0x54) ||
           (end[-7] == 0xFF && end[-6] == 0x94) || (end[-3] == 0xFF && end[-2] == 0x14);
}

/* Up to `wanted` bytes from `at`, not beyond `end`. */
bool jt_x86_read_code(const jt_walk *walk, jt_addr at, jt_addr end, size_t wanted, jt_x86_code *code)
{
    if (at >= end)
        return false;
    code->at = at;
    code->length = end - at < wanted ? (size_t)(end - at) : wanted;
    return jt_walk_code(walk, at, code->bytes, code->length);
}

int32_t jt_x86_imm32(const uint8_t *at)
{
    int32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

bool jt_x86_has(const jt_x86_code *code, size_t at, size_t bytes)
{
    return at + bytes <= code->length;
}

/* Register numbers as instructions have them. */
uint64_t jt_x86_register(const jt_registers *r, unsigned number)
{
    static const uint8_t low[8] = {JT_RAX, JT_RCX, JT_RDX, JT_RBX, 0xFF, 0xFF, JT_RSI, JT_RDI};
    if (number >= 8)
        return r->general[JT_R8 + number - 8];
    return low[number] == 0xFF ? 0 : r->general[low[number]];
}

/* `jmp reg`: its length, and the register. */
size_t jt_x86_jump_register(const uint8_t *b, unsigned *number)
{
    size_t rex = b[0] == 0x41;
    if (b[rex] != 0xFF || (b[rex + 1] & 0xF8) != 0xE0)
        return 0;
    *number = (unsigned)(b[rex + 1] & 7) + (rex ? 8 : 0);
    return rex + 2;
}

size_t jt_x86_move_sp(const jt_x86_code *code, size_t at, uint8_t modrm, int32_t *operand)
{
    const uint8_t *b = code->bytes + at;
    if (jt_x86_has(code, at, 4) && b[0] == 0x48 && b[1] == 0x83 && b[2] == modrm) {
        *operand = (int8_t)b[3];
        return 4;
    }
    if (jt_x86_has(code, at, 7) && b[0] == 0x48 && b[1] == 0x81 && b[2] == modrm) {
        *operand = jt_x86_imm32(b + 3);
        return 7;
    }
    return 0;
}
