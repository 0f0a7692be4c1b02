/* Checks that stay in every build: a failed one says where and ends the test. */
#ifndef JTRACE_TESTS_CHECK_H
#define JTRACE_TESTS_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                                  \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#define CHECK_EQ(actual, expected)                                                                                     \
    do {                                                                                                               \
        long long actual_ = (long long)(actual), expected_ = (long long)(expected);                                    \
        if (actual_ != expected_) {                                                                                    \
            fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #actual, actual_, expected_);         \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#define CHECK_CONTAINS(text, part)                                                                                     \
    do {                                                                                                               \
        if (strstr(text, part) == NULL) {                                                                              \
            fprintf(stderr, "%s:%d: \"%s\" does not contain \"%s\"\n", __FILE__, __LINE__, text, part);                \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

/* The status of a call with the message that it left. */
#define CHECK_STATUS(call, expected, err)                                                                              \
    do {                                                                                                               \
        int status_ = (call);                                                                                          \
        if (status_ != (expected)) {                                                                                   \
            fprintf(stderr, "%s:%d: %s is %d, not %d: %s\n", __FILE__, __LINE__, #call, status_, expected,             \
                    (err).message);                                                                                    \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
