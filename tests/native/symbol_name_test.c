#include "../../native/dwfl/symbol_name.h"

#include "check.h"

#define CHECK_TEXT(actual, expected)                                                                                   \
    do {                                                                                                               \
        if (strcmp(actual, expected) != 0) {                                                                           \
            fprintf(stderr, "%s:%d: \"%s\" is not \"%s\"\n", __FILE__, __LINE__, actual, expected);                   \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

static void check_name(const char *symbol, const char *expected)
{
    char name[128];
    jt_symbol_name(symbol, name, sizeof name);
    CHECK_TEXT(name, expected);
}

static void test_names_of_c(void)
{
    check_name("read", "read");
    check_name("pthread_cond_wait@@GLIBC_2.3.2", "pthread_cond_wait");
    check_name("", "");
    check_name("@", "@");
    check_name("_Z", "_Z");
    check_name("_Znonsense!", "_Znonsense!");
}

static void test_names_of_cpp_lose_their_parameters(void)
{
    check_name("_ZN2os5sleepEP6Threadlb", "os::sleep");
    check_name("_ZNK13WatcherThread5sleepEv", "WatcherThread::sleep");
    check_name("_Z3runPFviEc", "run");
    check_name("_ZN12_GLOBAL__N_14dataE", "(anonymous namespace)::data");
    check_name("_ZN12_GLOBAL__N_13runEi", "(anonymous namespace)::run");
    check_name("_ZN1AclEi", "A::operator()");
    check_name("_ZN1A3runEi.cold", "A::run");
}

static void test_long_names_are_cut(void)
{
    char name[8], symbol[10000];
    jt_symbol_name("_ZN13WatcherThread5sleepEv", name, sizeof name);
    CHECK_TEXT(name, "Watcher");
    memset(symbol, '3', sizeof symbol);
    memcpy(symbol, "_ZN", 3);
    symbol[sizeof symbol - 1] = '\0';
    jt_symbol_name(symbol, name, sizeof name);
    CHECK_TEXT(name, "_ZN3333");
}

int main(void)
{
    test_names_of_c();
    test_names_of_cpp_lose_their_parameters();
    test_long_names_are_cut();
    return 0;
}
