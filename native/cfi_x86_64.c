#include "cfi_arch.h"

/* System V ABI, AMD64 supplement, figure 3.36: DWARF register number mapping. */
enum { RBP = 6, RSP = 7, R8 = 8, RETURN_ADDRESS = 16 };

uint64_t *jt_cfi_arch_register(jt_registers *registers, uint64_t column)
{
    static const uint8_t first_registers[R8] = {JT_RAX, JT_RDX, JT_RCX, JT_RBX, JT_RSI, JT_RDI};
    switch (column) {
    case RBP:
        return &registers->fp;
    case RSP:
        return &registers->sp;
    case RETURN_ADDRESS:
        return &registers->pc;
    default:
        if (column > RETURN_ADDRESS)
            return NULL;
        return &registers->general[column < R8 ? first_registers[column] : JT_R8 + (column - R8)];
    }
}

/* The call itself pushed the return address. */
bool jt_cfi_arch_sp_follows(jt_addr caller, jt_addr callee)
{
    return caller > callee;
}

bool jt_cfi_arch_system_call(const uint8_t before[JT_SYSTEM_CALL_BYTES])
{
    return before[0] == 0x0F && before[1] == 0x05;
}
