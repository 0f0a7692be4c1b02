#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(jt_error *err, int status, int sys_errno, const char *format, va_list arguments)
{
    err->status = status;
    err->sys_errno = sys_errno;
    vsnprintf(err->message, sizeof err->message, format, arguments);
}

int jt_fail(jt_error *err, int status, const char *format, ...)
{
    if (err != NULL) {
        va_list arguments;
        va_start(arguments, format);
        fill(err, status, 0, format, arguments);
        va_end(arguments);
    }
    return status;
}

int jt_fail_errno(jt_error *err, int status, int sys_errno, const char *format, ...)
{
    if (err == NULL)
        return status;
    va_list arguments;
    va_start(arguments, format);
    fill(err, status, sys_errno, format, arguments);
    va_end(arguments);
    size_t length = strlen(err->message);
    int saved_errno = errno;
    errno = sys_errno; /* %m needs no strerror_r, whose two variants differ between C libraries */
    snprintf(err->message + length, sizeof err->message - length, ": %m");
    errno = saved_errno;
    return status;
}
