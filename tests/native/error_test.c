#include "error.h"

#include <errno.h>

#include "check.h"

static void fills_status_and_message(void)
{
    jt_error err = {0, 99, ""};
    CHECK_EQ(jt_fail(&err, JT_GONE, "process %d ended", 7), JT_GONE);
    CHECK_EQ(err.status, JT_GONE);
    CHECK_EQ(err.sys_errno, 0);
    CHECK(strcmp(err.message, "process 7 ended") == 0);
}

static void appends_what_the_system_says(void)
{
    jt_error err;
    errno = EINTR;
    CHECK_EQ(jt_fail_errno(&err, JT_FAILED, ENOENT, "cannot open %s", "x"), JT_FAILED);
    CHECK_EQ(err.sys_errno, ENOENT);
    CHECK(strcmp(err.message, "cannot open x: No such file or directory") == 0);
    CHECK_EQ(errno, EINTR);
}

static void works_without_a_place_for_the_message(void)
{
    CHECK_EQ(jt_fail(NULL, JT_STALE, "%d", 1), JT_STALE);
    CHECK_EQ(jt_fail_errno(NULL, JT_NO_MEMORY, ENOMEM, "%d", 1), JT_NO_MEMORY);
}

static void cuts_long_messages(void)
{
    jt_error err;
    char text[2 * sizeof err.message];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    jt_fail_errno(&err, JT_FAILED, ENOENT, "%s", text);
    CHECK_EQ(strlen(err.message), sizeof err.message - 1);
}

int main(void)
{
    fills_status_and_message();
    appends_what_the_system_says();
    works_without_a_place_for_the_message();
    cuts_long_messages();
}
