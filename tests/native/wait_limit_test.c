#include "wait_limit.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { LIMIT_NANOS = 20 * 1000 * 1000 };

/* How often a sleep of so long, of this thread, is interrupted. */
static int interrupts_within(uint64_t nanos)
{
    int interrupts = 0;
    struct timespec left = {0, (long)nanos};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        interrupts++;
    return interrupts;
}

static void interrupts_again_and_again(void)
{
    jt_wait_limit limit;
    jt_error err;
    CHECK_STATUS(jt_wait_limit_start(&limit, LIMIT_NANOS, &err), JT_OK, err);
    CHECK(interrupts_within(20 * LIMIT_NANOS) > 1);
    CHECK(jt_wait_limit_passed(&limit));
    jt_wait_limit_end(&limit);
}

/* The timer is still set when the limit has ended, and comes to rest when nobody waits. */
static void interrupts_once_more_at_most(void)
{
    CHECK(interrupts_within(20 * LIMIT_NANOS) <= 1);
    CHECK_EQ(interrupts_within(20 * LIMIT_NANOS), 0);
}

static void limits_each_wait(void)
{
    for (int round = 0; round < 50; round++) {
        jt_wait_limit limit;
        jt_error err;
        CHECK_STATUS(jt_wait_limit_start(&limit, LIMIT_NANOS, &err), JT_OK, err);
        if (round % 10 == 9) {
            CHECK(interrupts_within(20 * LIMIT_NANOS) > 0);
            CHECK(jt_wait_limit_passed(&limit));
        }
        jt_wait_limit_end(&limit);
    }
}

/* What is set for a longer one is too late for it. */
static void limits_a_wait_after_a_longer_one(void)
{
    jt_wait_limit limit;
    jt_error err;
    CHECK_STATUS(jt_wait_limit_start(&limit, UINT64_C(1000) * LIMIT_NANOS, &err), JT_OK, err);
    jt_wait_limit_end(&limit);
    CHECK_STATUS(jt_wait_limit_start(&limit, LIMIT_NANOS, &err), JT_OK, err);
    CHECK(interrupts_within(20 * LIMIT_NANOS) > 0);
    jt_wait_limit_end(&limit);
}

int main(void)
{
    interrupts_again_and_again();
    interrupts_once_more_at_most();
    limits_each_wait();
    interrupts_once_more_at_most();
    limits_a_wait_after_a_longer_one();
}
