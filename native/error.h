/* Status codes and the one way to fail. Lower layers never print, exit or retry silently. */
#ifndef JTRACE_ERROR_H
#define JTRACE_ERROR_H

/* 0 or negative. The Java side maps each to one exception type and that to one exit code. */
enum jt_status {
    JT_OK = 0,
    JT_FAILED = -1,        /* jtrace or the kernel did something unexpected */
    JT_GONE = -2,          /* the process or thread ended, or its pid was reused */
    JT_NOT_PERMITTED = -3, /* the kernel refused; the message says why and what would help */
    JT_NO_TARGET = -4,     /* no such process, or one without a HotSpot JVM in it */
    JT_UNSUPPORTED = -5,   /* a JVM that cannot be read; the message names all that is missing */
    JT_STALE = -6,         /* memory that is not mapped (any more) or does not hold what was expected */
    JT_NO_MEMORY = -7,     /* jtrace's own allocation failed */
    JT_TIMED_OUT = -8      /* the thread did not reach its stop in time (uninterruptible sleep) */
};

typedef struct {
    int status;    /* one of jt_status */
    int sys_errno; /* errno at the failure, 0 if none */
    char message[1024];
} jt_error;

/* Fills err (which may be NULL) and returns status, so that callers can write `return jt_fail(...)`. */
int jt_fail(jt_error *err, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same, remembers `sys_errno` and appends its text to the message. */
int jt_fail_errno(jt_error *err, int status, int sys_errno, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
