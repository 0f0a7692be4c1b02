/* The ELF machine of what runs here: of jtrace itself, hence of its targets. */
#ifndef JTRACE_ELF_MACHINE_H
#define JTRACE_ELF_MACHINE_H

#include <elf.h>

#if defined(__x86_64__)
enum { JT_ELF_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { JT_ELF_MACHINE = EM_AARCH64 };
#else
#error "no ELF machine known for this CPU"
#endif

#endif
