/* SPDX-License-Identifier: MIT */
/* A server's share of the event loop: heard while a pass has work at every turn, and not twice
 * before the pass goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/http/share.h"

#define TURNS 50U
#define PASS_TURNS_MAX 5000000U

typedef struct Loop {
    sd_event *event;
    Share share;
    size_t pass_turns, pass_turns_before; /* at the client's last turn */
    size_t turns, rests; /* of the client: in all, and those after which the pass went on */
} Loop;

/* A pass that has work at every turn. */
static int on_pass(sd_event_source *source, void *userdata)
{
    Loop *loop = userdata;

    (void)source;
    assert_true(++loop->pass_turns < PASS_TURNS_MAX);
    return 0;
}

/* A client that has something to read at every turn. */
static int on_client(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    Loop *loop = userdata;

    (void)source;
    (void)fd;
    (void)events;
    share_begin_turn(&loop->share);
    loop->rests += loop->turns > 0 && loop->pass_turns > loop->pass_turns_before;
    loop->pass_turns_before = loop->pass_turns;
    if (++loop->turns == TURNS)
        sd_event_exit(loop->event, 0);
    share_end_turn(&loop->share);
    return 0;
}

static void client_and_pass_alternate(void **state)
{
    sd_event_source *pass = NULL, *client = NULL;
    Loop loop = {0};
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_true(sd_event_new(&loop.event) >= 0);
    assert_int_equal(share_init(&loop.share, loop.event), 0);
    assert_true(sd_event_add_defer(loop.event, &pass, on_pass, &loop) >= 0);
    assert_true(sd_event_source_set_enabled(pass, SD_EVENT_ON) >= 0);
    assert_true(sd_event_add_io(loop.event, &client, fds[0], EPOLLIN, on_client, &loop) >= 0);
    assert_int_equal(share_add(&loop.share, client), 0);
    assert_int_equal(sd_event_loop(loop.event), 0);
    assert_int_equal(loop.turns, TURNS);
    /* A machine that is busy elsewhere may let a rest pass before anybody has a turn. */
    assert_true(loop.rests > 0);
    share_remove(&loop.share, client);
    assert_int_equal(loop.share.source_count, 0);
    sd_event_source_disable_unref(pass);
    sd_event_source_disable_unref(client);
    share_done(&loop.share);
    sd_event_unref(loop.event);
    close(fds[0]);
    close(fds[1]);
}

static void rest_is_longer_than_the_turn_and_bounded(void **state)
{
    (void)state;
    assert_int_equal(share_rest_usec(0), 2 * USEC_PER_MSEC);
    assert_int_equal(share_rest_usec(3 * USEC_PER_MSEC), 6 * USEC_PER_MSEC);
    assert_int_equal(share_rest_usec(USEC_PER_SEC), 20 * USEC_PER_MSEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_and_pass_alternate),
        cmocka_unit_test(rest_is_longer_than_the_turn_and_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
