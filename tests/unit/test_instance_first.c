/* SPDX-License-Identifier: MIT */
/* The channel with which an instance's part of the next pass begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "reconcile/pass/instance.h"

#define CHANNELS 4
#define NOT_LEFT 9

/* The channels in words, a letter each: `w` waits and has not started, `s` has started and sent
 * nothing, `a` has sent an attempt, `l` was listed, `d` is done, `c` was closed before it started.
 */
static size_t find_first_left(const char *states, size_t first)
{
    ChannelReport reports[CHANNELS] = {0};
    ChannelPass passes[CHANNELS] = {0};
    InstanceChannel channels[CHANNELS] = {0};
    const InstancePass instance = {
        .channels = channels, .channel_count = strlen(states), .first = first};
    size_t left = NOT_LEFT;

    for (size_t i = 0; i < instance.channel_count; i++) {
        channels[i].report = &reports[i];
        channels[i].pass = strchr("wc", states[i]) ? NULL : &passes[i];
        channels[i].was_closed = states[i] == 'c';
        reports[i].has_list = states[i] == 'l';
        passes[i].is_done = states[i] == 'd';
        passes[i].call.attempts = states[i] == 'a';
    }
    instance_leave_first(&instance, &left);
    return left;
}

static void the_next_pass_begins_with_the_first_that_was_not_asked(void **state)
{
    static const struct {
        const char *states;
        size_t first, left;
    } rows[] = {
        {"", 0, NOT_LEFT},                                                 /* nothing is known */
        {"w", 0, 0},       {"wwww", 0, 0}, {"wwww", 3, 3}, {"ssss", 2, 2}, /* at once */
        {"dwww", 0, 1},    {"cwww", 0, 1}, {"awww", 0, 1}, {"lwww", 0, 1}, /* the one behind */
        {"dsww", 0, 1},    {"dasw", 0, 2}, {"dalw", 0, 3}, {"aaas", 0, 3}, /* further behind */
        {"wddd", 1, 0},    {"wddl", 2, 0}, {"dwda", 2, 1}, {"wwcd", 2, 0}, /* from the end on */
        {"wdwd", 1, 2},    {"wdwd", 3, 0}, {"swda", 3, 0}, {"dwsw", 2, 2}, /* by its own turn */
        {"dddd", 2, 0},    {"cccc", 1, 0}, {"aaaa", 3, 0}, {"llll", 2, 0}, /* all were */
        {"dcal", 3, 0},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++)
        assert_int_equal(find_first_left(rows[i].states, rows[i].first), rows[i].left);
}

/* What was left may be of a roster that had more channels. */
static void what_was_left_is_taken_once(void **state)
{
    static const struct {
        size_t count, left, taken;
    } rows[] = {{1, 0, 0}, {1, 1, 0}, {4, 0, 0}, {4, 3, 3}, {4, 4, 0}, {4, 7, 3}, {3, 7, 1}};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        const InstancePass instance = {.channel_count = rows[i].count};
        size_t first = rows[i].left;

        assert_int_equal(instance_take_first(&instance, &first), rows[i].taken);
        assert_int_equal(first, 0);
        assert_int_equal(instance_take_first(&instance, &first), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_pass_begins_with_the_first_that_was_not_asked),
        cmocka_unit_test(what_was_left_is_taken_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
