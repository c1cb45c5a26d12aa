/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/runtime/wake.h"

/* No turn waits for longer, so that a test which is never woken ends. */
#define PATIENCE_USEC (60 * USEC_PER_SEC)

typedef struct Woken {
    sd_event *event;
    Wake wake;
    int fd;                   /* always readable */
    sd_event_source *answers; /* what comes before a wake, one a turn */
    size_t answered, wakes;
    size_t answered_before; /* the first wake */
    uint64_t again_usec;    /* asked for at each answer */
} Woken;

static void on_due(void *userdata)
{
    Woken *woken = userdata;

    if (woken->wakes++ == 0)
        woken->answered_before = woken->answered;
}

static int on_answer(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    Woken *woken = userdata;

    (void)source;
    (void)fd;
    (void)events;
    woken->answered++;
    wake_at(&woken->wake, woken->again_usec);
    return 0;
}

static int setup(void **state)
{
    Woken *woken = test_calloc(1, sizeof(*woken));

    assert_true(sd_event_new(&woken->event) >= 0);
    assert_int_equal(wake_init(&woken->wake, woken->event, on_due, woken), 0);
    woken->fd = eventfd(1, EFD_CLOEXEC);
    assert_true(woken->fd >= 0);
    assert_true(
        sd_event_add_io(woken->event, &woken->answers, woken->fd, EPOLLIN, on_answer, woken) >= 0);
    sd_event_source_set_enabled(woken->answers, SD_EVENT_OFF);
    *state = woken;
    return 0;
}

static int teardown(void **state)
{
    Woken *woken = *state;

    wake_done(&woken->wake);
    sd_event_source_disable_unref(woken->answers);
    sd_event_unref(woken->event);
    close(woken->fd);
    test_free(woken);
    return 0;
}

static void turn_until_woken(Woken *woken)
{
    uint64_t end_usec = clock_monotonic_usec() + PATIENCE_USEC;

    while (woken->wakes == 0 && clock_monotonic_usec() < end_usec)
        sd_event_run(woken->event, PATIENCE_USEC);
    assert_int_equal(woken->wakes, 1);
}

static void turn_as_long_as_anything_is_ready(Woken *woken)
{
    while (sd_event_run(woken->event, 0) > 0)
        ;
}

static void test_a_time_that_has_come(void **state)
{
    Woken *woken = *state;

    wake_at(&woken->wake, 0);
    wake_at(&woken->wake, clock_monotonic_usec());
    assert_int_equal(woken->wakes, 0);
    turn_until_woken(woken);
    turn_as_long_as_anything_is_ready(woken);
    assert_int_equal(woken->wakes, 1);
}

static void test_a_time_to_come(void **state)
{
    Woken *woken = *state;
    uint64_t begun_usec = clock_monotonic_usec();

    wake_at(&woken->wake, begun_usec + 30 * USEC_PER_MSEC);
    turn_until_woken(woken);
    assert_true(clock_monotonic_usec() >= begun_usec + 30 * USEC_PER_MSEC);
}

static void test_asked_again(void **state)
{
    Woken *woken = *state;

    wake_at(&woken->wake, 0);
    wake_at(&woken->wake, USEC_NEVER);
    turn_as_long_as_anything_is_ready(woken);
    wake_at(&woken->wake, 0);
    wake_at(&woken->wake, clock_monotonic_usec() + 10 * PATIENCE_USEC);
    turn_as_long_as_anything_is_ready(woken);
    assert_int_equal(woken->wakes, 0);
    wake_at(&woken->wake, 0);
    turn_until_woken(woken);
}

/* All that is there is told first. */
static void test_behind_answers(void **state)
{
    Woken *woken = *state;

    sd_event_source_set_enabled(woken->answers, SD_EVENT_ONESHOT);
    wake_at(&woken->wake, 0);
    turn_until_woken(woken);
    assert_int_equal(woken->answered_before, 1);
}

/* However many there are, and however often they ask. */
static void test_not_behind_answers_for_ever(void **state)
{
    Woken *woken = *state;

    sd_event_source_set_enabled(woken->answers, SD_EVENT_ON);
    turn_until_woken(woken);
    assert_true(woken->answered_before > 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_time_that_has_come),
        TEST(test_a_time_to_come),
        TEST(test_asked_again),
        TEST(test_behind_answers),
        TEST(test_not_behind_answers_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
