#include "registers.h"

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
