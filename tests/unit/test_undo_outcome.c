/* SPDX-License-Identifier: MIT */
/* What an undo holds of each change that it turns back, and what came of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/runtime/undo_internal.h"

#define KEY_OF_OTHER "https://other.example p1 i1"
#define KEY_OF_PROD "https://roma.example p1 i1"

static Instance instances[] = {
    {.name = "other", .endpoint = "https://other.example", .project_id = "p1", .instance_id = "i1"},
    {.name = "prod", .endpoint = "https://roma.example", .project_id = "p1", .instance_id = "i1"},
};
static RosterChannel channels[] = {
    {.instance = 0, .id = "c2", .mode = MODE_ADD, .guards = {.max_deletes = 1}},
    {.instance = 1, .name = "payments", .mode = MODE_SYNC, .guards = {.max_deletes = 3}},
    {.instance = 1, .id = "c2", .mode = MODE_ADD, .guards = {.max_deletes = 4}},
};
static const Config config = {.instances = instances,
                              .instance_count = 2,
                              .channels = channels,
                              .channel_count = 3,
                              .mode = MODE_PRUNE,
                              .guards = {.max_deletes = 9}};

#define ACTION(number, word, key, channel, name_, more...)                                         \
    {                                                                                              \
        .action = number, .pass = "theirs", .kind = word, .instance_key = key,                     \
        .instance_name = "of the history", .channel_id = channel, .channel_name = name_, more      \
    }

static const StoreAction changes[] = {
    ACTION(11, "delete", KEY_OF_PROD, "c1", "payments", .member_id = "m1", .identity = "i1",
           .identity_size = 2, .before = "{disabled}", .original = "{as it was}",
           .outcome = "deleted", .weight = OPS_WEIGHT_NONE),
    ACTION(12, "add", KEY_OF_PROD, "c2", "orders", .member_id = "", .identity = "i22",
           .identity_size = 3, .after = "{sent}", .weight = 5),
    ACTION(13, "correct", KEY_OF_PROD, "c1", "payments", .member_id = "m3", .identity = "i3",
           .identity_size = 2, .before = "{before}", .after = "{after}", .outcome = "corrected",
           .weight = OPS_WEIGHT_NONE),
    ACTION(14, "disable", KEY_OF_OTHER, "c1", "payments", .member_id = "m4", .identity = "i4",
           .identity_size = 2, .before = "{b4}", .outcome = "disabled", .weight = OPS_WEIGHT_NONE),
    ACTION(15, "delete", KEY_OF_PROD, "c3", "", .member_id = "m5", .identity = "i5",
           .identity_size = 2, .before = "{b5}", .weight = OPS_WEIGHT_NONE),
};

static StoreActions take(size_t count)
{
    StoreActions actions = {.items = calloc(count, sizeof(*actions.items)), .count = count};

    assert_non_null(actions.items);
    memcpy(actions.items, changes, count * sizeof(*actions.items));
    return actions;
}

static const char *or_none(const char *text)
{
    return text ? text : "-";
}

/* A line for each channel, each followed by those of its items. */
static const char *describe(const Undo *undo)
{
    static char text[2048];
    char *at = text, *end = text + sizeof(text);

    for (size_t i = 0; i < undo->config.channel_count; i++) {
        const RosterChannel *channel = &undo->config.channels[i];

        at += snprintf(at, (size_t)(end - at), "%zu/%s mode %d max_deletes %u%s file '%s'\n",
                       channel->instance, channel->id, channel->mode,
                       (unsigned int)channel->guards.max_deletes,
                       channel->allow_empty ? " may be empty" : "", channel->file);
        for (size_t j = 0; j < undo->undos[i].item_count; j++) {
            const UndoItem *item = &undo->undos[i].items[j];

            at += snprintf(at, (size_t)(end - at), " %d %s%s '%s' %.*s %s %s weight %d %s\n",
                           (int)item->action, change_kind_text(item->done),
                           item->is_decided ? " decided" : "", item->member_id,
                           (int)item->identity_size, (const char *)item->identity,
                           or_none(item->before), or_none(item->after), item->listed_weight,
                           ops_outcome_text(item->outcome));
        }
    }
    return text;
}

static void test_each_change_is_held_as_the_history_has_it(void **state)
{
    _cleanup_(undo_freep) Undo *undo = NULL;
    StoreActions actions = take(ELEMENTS(changes));
    Err err = {0};
    char expected[1024];

    (void)state;
    assert_int_equal(undo_new_of(&config, "theirs", &actions, &undo, &err), 0);
    assert_null(actions.items);
    assert_string_equal(undo_get_pass(undo), "theirs");
    assert_int_equal(undo_get_actions(undo)->count, ELEMENTS(changes));
    snprintf(expected, sizeof(expected),
             "1/c1 mode %d max_deletes 3 may be empty file ''\n"
             " 11 delete decided 'm1' i1 {as it was} - weight %d skipped\n"
             " 13 correct decided 'm3' i3 {before} {after} weight %d skipped\n"
             "1/c2 mode %d max_deletes 4 may be empty file ''\n"
             " 12 add '' i22 - {sent} weight 5 skipped\n"
             "0/c1 mode %d max_deletes 9 may be empty file ''\n"
             " 14 disable decided 'm4' i4 {b4} - weight %d skipped\n"
             "1/c3 mode %d max_deletes 9 may be empty file ''\n"
             " 15 delete 'm5' i5 {b5} - weight %d skipped\n",
             MODE_SYNC, OPS_WEIGHT_NONE, OPS_WEIGHT_NONE, MODE_ADD, MODE_PRUNE, OPS_WEIGHT_NONE,
             MODE_PRUNE, OPS_WEIGHT_NONE);
    assert_string_equal(describe(undo), expected);
    assert_true(undo_covers(undo, 0) && undo_covers(undo, 1));
    assert_false(undo_covers(undo, 2));
    assert_null(undo_find_run(undo));
}

static void test_an_undo_of_what_the_settings_do_not_have(void **state)
{
    Undo *undo = NULL;
    StoreActions actions = take(ELEMENTS(changes));
    Config few = config;
    Err err = {0};

    (void)state;
    few.instance_count = 1;
    assert_int_equal(undo_new_of(&few, "theirs", &actions, &undo, &err), -EINVAL);
    assert_null(undo);
    assert_null(actions.items);
    assert_string_equal(err.text,
                        "the instance of the history of these changes is not in the settings");
}

/* ---- its pauses ---- */

typedef struct Paused {
    size_t count, fails_at; /* the number of the pause that cannot be set */
    char text[512];
} Paused;

static int on_pause(void *userdata, const StorePause *pause, Err *err)
{
    Paused *paused = userdata;
    size_t size = strlen(paused->text);

    if (++paused->count == paused->fails_at)
        return err_set(err, -EIO, "not now");
    snprintf(paused->text + size, sizeof(paused->text) - size, "%s %s %s %s %d %d: %s\n",
             pause->scope.instance_key, pause->scope.instance_name, pause->scope.channel_id,
             or_none(pause->scope.channel_name), (int)pause->uid, (int)pause->until_usec,
             pause->reason);
    return 0;
}

static void test_each_channel_is_paused(void **state)
{
    _cleanup_(undo_freep) Undo *undo = NULL;
    StoreActions actions = take(ELEMENTS(changes));
    Paused paused = {0}, failing = {.fails_at = 2};
    Err err = {0};

    (void)state;
    assert_int_equal(undo_new_of(&config, "theirs", &actions, &undo, &err), 0);
    assert_int_equal(undo_each_pause(undo, 7, on_pause, &paused, &err), 0);
    assert_string_equal(paused.text,
                        KEY_OF_PROD " prod c1 payments 7 0: undo of theirs\n" KEY_OF_PROD
                                    " prod c2 orders 7 0: undo of theirs\n" KEY_OF_OTHER
                                    " other c1 payments 7 0: undo of theirs\n" KEY_OF_PROD
                                    " prod c3 - 7 0: undo of theirs\n");
    assert_int_equal(undo_each_pause(undo, 7, on_pause, &failing, &err), -EIO);
    assert_int_equal(failing.count, 2);
    assert_string_equal(err.text, "not now");
}

/* ---- what came of it ---- */

static void test_what_has_failed_and_what_is_held(void **state)
{
    static const Err error = {.text = "not read"};
    static const struct {
        Result result;
        const Err *error;
        size_t guards;
        const char *state_error;
        bool has_failed, is_held;
    } rows[] = {
        {RESULT_CONVERGED, NULL, 0, "", false, false},
        {RESULT_IN_SYNC, NULL, 0, "", false, false},
        {RESULT_HELD, NULL, 1, "", false, true},
        {RESULT_DRIFT, NULL, 2, "", false, true},
        {RESULT_FAILED, NULL, 0, "", true, false},
        {RESULT_UNMANAGEABLE, NULL, 0, "", true, false},
        {RESULT_HELD, &error, 1, "", true, true},
        {RESULT_CONVERGED, &error, 0, "", true, false},
        {RESULT_CONVERGED, NULL, 0, "no room", true, false},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        /* The last of two channels counts as well as the first. */
        for (size_t at = 0; at < 2; at++) {
            ChannelReport reports[2] = {{.result = RESULT_CONVERGED}, {.result = RESULT_CONVERGED}};
            Undo undo = {.report = {.channels = reports, .channel_count = 2}};

            reports[at].result = rows[i].result;
            reports[at].error = rows[i].error;
            reports[at].guard_count = rows[i].guards;
            str_copy(undo.state_err.text, sizeof(undo.state_err.text), rows[i].state_error);
            assert_int_equal(undo_has_failed(&undo), rows[i].has_failed);
            assert_int_equal(undo_is_held(&undo), rows[i].is_held);
            assert_int_equal(undo_count_channels(&undo), 2);
            if (rows[i].state_error[0])
                assert_string_equal(undo_find_state_error(&undo), rows[i].state_error);
            else
                assert_null(undo_find_state_error(&undo));
        }
    }
}

static void test_a_channel_goes_by_the_name_that_is_known(void **state)
{
    ChannelReport reports[2] = {{.name = "now"}, {0}};
    ChannelUndo undos[2] = {0};
    const char *names[] = {"then", "of the history"};
    Undo undo = {.report = {.channels = reports, .channel_count = 2},
                 .config = {.channel_count = 2},
                 .undos = undos,
                 .names = names};
    UndoChannel channel;

    (void)state;
    undo_get_channel(&undo, 0, &channel);
    assert_string_equal(channel.name, "now");
    assert_ptr_equal(channel.report, &reports[0]);
    assert_ptr_equal(channel.undo, &undos[0]);
    undo_get_channel(&undo, 1, &channel);
    assert_string_equal(channel.name, "of the history");
    assert_ptr_equal(channel.report, &reports[1]);
    assert_ptr_equal(channel.undo, &undos[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_change_is_held_as_the_history_has_it),
        cmocka_unit_test(test_an_undo_of_what_the_settings_do_not_have),
        cmocka_unit_test(test_each_channel_is_paused),
        cmocka_unit_test(test_what_has_failed_and_what_is_held),
        cmocka_unit_test(test_a_channel_goes_by_the_name_that_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
