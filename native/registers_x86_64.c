#include "registers.h"

#include <asm/perf_regs.h>
#include <string.h>
#include <sys/user.h>

#include "error.h"

int jt_registers_from_prstatus(jt_registers *registers, const void *prstatus, size_t length)
{
    struct user_regs_struct user;
    if (length != sizeof user) /* 68 bytes: 32-bit code */
        return JT_UNSUPPORTED;
    memcpy(&user, prstatus, sizeof user);
    *registers = (jt_registers){
        .pc = user.rip,
        .sp = user.rsp,
        .fp = user.rbp,
        .general =
            {
                [JT_RAX] = user.rax,
                [JT_RBX] = user.rbx,
                [JT_RCX] = user.rcx,
                [JT_RDX] = user.rdx,
                [JT_RSI] = user.rsi,
                [JT_RDI] = user.rdi,
                [JT_R8] = user.r8,
                [JT_R9] = user.r9,
                [JT_R10] = user.r10,
                [JT_R11] = user.r11,
                [JT_R12] = user.r12,
                [JT_R13] = user.r13,
                [JT_R14] = user.r14,
                [JT_R15] = user.r15,
            },
    };
    return JT_OK;
}

#define BIT(name) (UINT64_C(1) << PERF_REG_X86_##name)

const uint64_t jt_perf_register_mask = BIT(AX) | BIT(BX) | BIT(CX) | BIT(DX) | BIT(SI) | BIT(DI) | BIT(BP) | BIT(SP) |
                                       BIT(IP) | BIT(R8) | BIT(R9) | BIT(R10) | BIT(R11) | BIT(R12) | BIT(R13) |
                                       BIT(R14) | BIT(R15);

void jt_registers_from_perf(jt_registers *registers, const uint64_t *values)
{
    *registers = (jt_registers){
        .fp = values[6],
        .sp = values[7],
        .pc = values[8],
        .general =
            {
                [JT_RAX] = values[0],
                [JT_RBX] = values[1],
                [JT_RCX] = values[2],
                [JT_RDX] = values[3],
                [JT_RSI] = values[4],
                [JT_RDI] = values[5],
                [JT_R8] = values[9],
                [JT_R9] = values[10],
                [JT_R10] = values[11],
                [JT_R11] = values[12],
                [JT_R12] = values[13],
                [JT_R13] = values[14],
                [JT_R14] = values[15],
                [JT_R15] = values[16],
            },
    };
}
