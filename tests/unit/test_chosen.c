/* SPDX-License-Identifier: MIT */
/* Plans that a person chose: how long they are good, and for which channel and member. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "config/instance_key.h"
#include "daemon/base/mem.h"
#include "reconcile/plan/chosen.h"

#define MADE UINT64_C(1795532645000000) /* 2026-11-24T15:04:05Z */

static const Instance prod = {
    .name = "prod", .endpoint = "https://a", .project_id = "p", .instance_id = "i"};
static const Instance other = {
    .name = "prod", .endpoint = "https://a", .project_id = "p", .instance_id = "j"};

/* From five minutes before it was made until a day after. */
static void how_long_they_are_good(void **state)
{
    static const struct {
        uint64_t now_usec;
        int result;
        const char *text;
    } rows[] = {
        {MADE - CHOSEN_AHEAD_USEC - 1, -EINVAL,
         "it was made at 2026-11-24T15:04:05Z, which is in the future: set the clock that is "
         "wrong, "
         "or make a new plan"},
        {MADE - CHOSEN_AHEAD_USEC, 0, ""},
        {MADE, 0, ""},
        {MADE + CHOSEN_USEC - 1, 0, ""},
        {MADE + CHOSEN_USEC, -ETIME,
         "it was made at 2026-11-24T15:04:05Z and lapsed 24 h later: make a new plan"},
        {UINT64_MAX, -ETIME,
         "it was made at 2026-11-24T15:04:05Z and lapsed 24 h later: make a new plan"},
    };
    const ChosenPlans chosen = {.made_usec = MADE};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        Err err = {0};

        assert_int_equal(chosen_check_time(&chosen, rows[i].now_usec, &err), rows[i].result);
        assert_string_equal(err.text, rows[i].text);
    }
}

static void of_which_channel_and_member(void **state)
{
    static const char *const enabled[] = {"m1", "m2"};
    char key[INSTANCE_KEY_SIZE], other_key[INSTANCE_KEY_SIZE];
    const ChosenPlan plans[] = {
        {.instance_key = other_key, .channel_id = "c1", .digest = "a"},
        {.instance_key = key, .channel_id = "c2", .digest = "b"},
        {.instance_key = key,
         .channel_id = "c1",
         .digest = "c",
         .enabled = enabled,
         .enabled_count = 2},
    };
    const ChosenPlans chosen = {.made_usec = MADE, .plans = plans, .count = 3},
                      fewer = {.made_usec = MADE, .plans = plans, .count = 2};

    (void)state;
    instance_key(&prod, key);
    instance_key(&other, other_key);
    assert_ptr_equal(chosen_find(&chosen, &prod, "c1"), &plans[2]);
    assert_ptr_equal(chosen_find(&chosen, &prod, "c2"), &plans[1]);
    assert_ptr_equal(chosen_find(&chosen, &other, "c1"), &plans[0]);
    assert_null(chosen_find(&chosen, &other, "c2"));
    assert_null(chosen_find(&chosen, &prod, "c3"));
    assert_null(chosen_find(&fewer, &prod, "c1"));
    assert_true(chosen_enables(&plans[2], "m1"));
    assert_true(chosen_enables(&plans[2], "m2"));
    assert_false(chosen_enables(&plans[2], "m3"));
    assert_false(chosen_enables(&plans[0], "m1"));
    assert_false(chosen_enables(NULL, "m1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_long_they_are_good),
        cmocka_unit_test(of_which_channel_and_member),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
