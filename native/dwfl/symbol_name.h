/* Names of functions as people write them. */
#ifndef JTRACE_SYMBOL_NAME_H
#define JTRACE_SYMBOL_NAME_H

#include <stddef.h>

/* A symbol's name, of C++ demangled and without its parameters: "os::sleep". Cut to the capacity. */
void jt_symbol_name(const char *symbol, char *into, size_t capacity);

#endif
