#include "symbol_name.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SYMBOL = 4096 }; /* longer ones are shown as they are: the demangler recurses */

/* __cxa_demangle of the C++ library, which is there on almost any machine, sought at run time: neither a C++
 * compiler nor binutils' headers are needed to build, and where it is missing names stay mangled. */
typedef char *demangler(const char *symbol, char *buffer, size_t *length, int *status);

static demangler *find_demangler(void)
{
    static bool sought;
    static demangler *found;
    if (!sought) {
        sought = true;
        void *library = dlopen("libstdc++.so.6", RTLD_NOW | RTLD_LOCAL);
        void *function = library == NULL ? NULL : dlsym(library, "__cxa_demangle");
        memcpy(&found, &function, sizeof found);
    }
    return found;
}

/* "f(int) [clone .cold]" to "f(int)" */
static void cut_clone(char *text)
{
    char *clone = strstr(text, " [clone ");
    if (clone != NULL)
        *clone = '\0';
}

/* "a::f(int, void (*)(char)) const" to "a::f": from the parenthesis that the last one closes. Not where that is part
 * of a name: "(anonymous namespace)::data". */
static void cut_parameters(char *text)
{
    char *close = strrchr(text, ')');
    int depth = 0;
    for (char *at = close; at != NULL && at > text; at--) {
        if (*at == ')')
            depth++;
        else if (*at == '(' && --depth == 0) {
            if (close[1] != ':')
                *at = '\0';
            return;
        }
    }
}

/* "f@@GLIBC_2.2" to "f" */
static void cut_version(char *text)
{
    char *version = strchr(text + 1, '@');
    if (version != NULL)
        *version = '\0';
}

void jt_symbol_name(const char *symbol, char *into, size_t capacity)
{
    char *demangled = NULL;
    if (strncmp(symbol, "_Z", 2) == 0 && strlen(symbol) <= MAX_SYMBOL && find_demangler() != NULL)
        demangled = find_demangler()(symbol, NULL, NULL, NULL);
    if (demangled != NULL) {
        cut_clone(demangled);
        cut_parameters(demangled);
    }
    snprintf(into, capacity, "%s", demangled != NULL ? demangled : symbol);
    if (demangled == NULL && into[0] != '\0')
        cut_version(into);
    free(demangled);
}
