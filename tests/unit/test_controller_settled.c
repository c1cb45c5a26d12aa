/* SPDX-License-Identifier: MIT */
/* What passes make of changes that an ended run left undecided, and of what an undo put back; what
 * the history says of their own. */
#include "tests/unit/controller_case.h"

#include <errno.h>

#include "daemon/base/str.h"
#include "daemon/store/store_internal.h"

/* ---- what was left undecided ---- */

typedef struct Settled {
    ChangeKind kind;
    bool is_listed, is_disabled;
    int weight;
    const char *outcome, *says;
} Settled;

/* Of the member 102, which the roster wants. */
static const Settled settled[] = {
    {CHANGE_DELETE, false, false, 7, "deleted",
     "notice: prod/payments: deleted 10.1.0.2:80 (102): it was under way when its run ended, and "
     "the member is not listed any more\n"},
    {CHANGE_DELETE, true, false, 7, "failed",
     "warning: prod/payments: could not delete 10.1.0.2:80 (102): it was under way when its run "
     "ended, and the member is still listed\n"},
    {CHANGE_ADD, true, false, 7, "added",
     "notice: prod/payments: added 10.1.0.2:80 (102): it was under way when its run ended, and the "
     "member is listed\n"},
    {CHANGE_ADD, false, false, 7, "failed",
     "warning: prod/payments: could not add 10.1.0.2:80: it was under way when its run ended, and "
     "the member is not listed\n"},
    {CHANGE_CORRECT, true, false, 7, "corrected",
     "notice: prod/payments: corrected 10.1.0.2:80 (102): it was under way when its run ended, and "
     "the member is listed so\n"},
    {CHANGE_CORRECT, true, false, 5, "failed",
     "warning: prod/payments: could not correct 10.1.0.2:80 (102): it was under way when its run "
     "ended, and the member is not listed so\n"},
    {CHANGE_DISABLE, true, true, 7, "disabled",
     "notice: prod/payments: disabled 10.1.0.2:80 (102), which is in quarantine now: it was under "
     "way when its run ended, and the member is listed so\n"},
    {CHANGE_DISABLE, true, false, 7, "failed",
     "warning: prod/payments: could not disable 10.1.0.2:80 (102): it was under way when its run "
     "ended, and the member is not listed so\n"},
    {CHANGE_ENABLE, true, false, 7, "enabled",
     "notice: prod/payments: enabled 10.1.0.2:80 (102) again: it was under way when its run ended, "
     "and the member is listed so\n"},
    {CHANGE_ENABLE, true, true, 7, "failed",
     "warning: prod/payments: could not enable 10.1.0.2:80 (102) again: it was under way when its "
     "run ended, and the member is not listed so\n"},
};

static void settle_one(ControllerCase *controller_case, const Settled *one)
{
    Controller *controller = controller_case_make(controller_case, false);
    ServedChannel *channel = &controller_service.channels[0];
    const TallyChannel *tallied = &controller->backend.tally->channels[0];
    bool has_failed = str_equal(one->outcome, "failed");

    controller_case->controller = controller;
    controller_case_record(controller_case, controller->backend.keys[0], one->kind);
    controller_case->store->steady.steady_usec += USEC_PER_HOUR; /* no list lags so much */
    channel->members[2] = one->is_listed;
    channel->disabled[2] = one->is_disabled;
    channel->weight = one->weight;
    controller_begin(controller, NULL, controller_case_on_pass, controller_case);
    controller_case_await_passes(controller_case, 1);
    if (controller_case_count_logged(controller_case, one->says) != 1 ||
        controller_case_count_history(controller_case, one->outcome) == 0)
        fail_msg("not %s", one->says);
    assert_true(tallied->changes[one->kind][has_failed ? TALLY_FAILED : TALLY_MADE] > 0);
    assert_int_equal(controller_case_count_logged(controller_case, "it was under way"), 1);
}

static void test_what_was_undecided_is_decided_and_told(void **state)
{
    for (size_t i = 0; i < ELEMENTS(settled); i++) {
        void *one = NULL;

        (void)state;
        controller_case_setup(&one);
        client_case_write_secret(&((ControllerCase *)one)->client_case, "rosters.d/a.yaml",
                                 "version: 1\nchannels:\n  - name: payments\n    members: "
                                 "['10.1.0.1:80', '10.1.0.2:80', '10.1.0.3:80']\n");
        settle_one(one, &settled[i]);
        controller_case_teardown(&one);
    }
}

/* Without a state nothing is known of it, and nothing is told. */
static void test_without_a_state_nothing_is_decided(void **state)
{
    ControllerCase *controller_case = *state;
    Controller *controller = controller_case_make(controller_case, false);
    Store *store = controller_case->store;

    controller_case_record(controller_case, controller->backend.keys[0], CHANGE_DELETE);
    controller->backend.store = NULL;
    controller_case->controller = controller;
    controller_service.channels[0].members[2] = false;
    controller_begin(controller, NULL, controller_case_on_pass, controller_case);
    controller_case_await_passes(controller_case, 1);
    assert_int_equal(controller_case_count_logged(controller_case, "it was under way"), 0);
    controller->backend.store = store;
    controller_case_next_pass(controller_case);
    assert_int_equal(controller_case_count_logged(controller_case, "it was under way"), 1);
}

/* ---- what the history says ---- */

/* A change of that kind. Borrowed from `actions`. */
static const StoreAction *find_action(ControllerCase *controller_case, StoreActions *actions,
                                      const char *kind)
{
    const StoreFilter all = {0};

    store_actions_done(actions);
    *actions = (StoreActions){0};
    assert_int_equal(store_history(controller_case->store, &all, actions, NULL), 0);
    for (size_t i = 0; i < actions->count; i++) {
        if (str_equal(actions->items[i].kind, kind))
            return &actions->items[i];
    }
    fail_msg("there is no change of the kind %s", kind);
    return NULL;
}

static void test_the_history_says_by_what_a_change_was_made(void **state)
{
    ControllerCase *controller_case = *state;
    StoreActions actions = {0};
    const StoreAction *action;
    char pass[STORE_PASS_ID_SIZE];
    uint64_t before_usec = clock_realtime_usec();
    const char *digest;

    controller_case_begin(controller_case, false);
    digest = controller_case->controller->config->set.digest;
    action = find_action(controller_case, &actions, "delete");
    str_copy(pass, sizeof(pass), action->pass);
    assert_string_equal(pass, controller_case->controller->schedulers[0].last_pass);
    assert_string_equal(action->instance_key, controller_case->controller->backend.keys[0]);
    assert_string_equal(action->instance_name, "prod");
    assert_string_equal(action->channel_id, FIRST);
    assert_string_equal(action->channel_name, "payments");
    assert_string_equal(action->outcome, "deleted");
    assert_string_equal(action->mode, "prune");
    assert_string_equal(action->roster_digest, digest);
    assert_null(action->undo_of);
    assert_int_equal(action->http, 204);
    assert_int_equal(action->attempts, 1);
    assert_in_range(action->recorded_usec, before_usec, clock_realtime_usec());
    assert_in_range(action->decided_usec, action->recorded_usec, clock_realtime_usec());
    controller_case_choose_undo(controller_case);
    assert_string_equal(undo_get_pass(controller_case->undo), pass);
    assert_int_equal(undo_get_actions(controller_case->undo)->count, 2);
    controller_case_ask_undo(controller_case);
    controller_case_await_undo(controller_case);
    action = find_action(controller_case, &actions, "add");
    assert_string_equal(action->undo_of, pass);
    assert_string_equal(action->roster_digest, digest);
    assert_int_equal(
        controller_case_count_logged(controller_case, "prod/payments: undo: added back 10.1.0."),
        2);
    controller_case_end_undo(controller_case);
    store_actions_done(&actions);
}

/* Of a pass that is over nothing is left that may be sent. */
static void test_what_a_pass_might_change_ends_with_it(void **state)
{
    ControllerCase *controller_case = *state;
    const RosterChannel *channel;
    Request request;

    controller_case_begin(controller_case, false);
    channel = &controller_case->controller->config->channels[0];
    request = (Request){
        .kind = REQUEST_DELETE_MEMBER, .channel = channel, .channel_id = FIRST, .member_id = "102"};
    assert_int_equal(roma_client_submit(controller_case->controller->backend.client, &request),
                     -EPERM);
}

/* ---- what an undo put back ---- */

static size_t count_vanished(const ControllerCase *controller_case, const char *member)
{
    char text[160];

    snprintf(text, sizeof(text),
             "warning: prod/payments: another writer: %s, which an undo added back, is gone again, "
             "and rosterd did not delete it\n",
             member);
    return controller_case_count_logged(controller_case, text);
}

static void assert_vanished(ControllerCase *controller_case, size_t second, size_t third)
{
    controller_case_next_pass(controller_case);
    assert_int_equal(count_vanished(controller_case, "10.1.0.2:80 (102)"), second);
    assert_int_equal(count_vanished(controller_case, "10.1.0.3:80 (103)"), third);
}

/* While its channel is paused somebody else deletes there. */
static void test_what_was_put_back_and_is_gone_is_told(void **state)
{
    ControllerCase *controller_case = *state;
    StoreScope scope = {.channel_id = FIRST, .channel_name = "payments"};

    controller_case_begin(controller_case, false);
    controller_case_choose_undo(controller_case);
    assert_int_equal(undo_pause(controller_case->undo, controller_case->store, 0, NULL, NULL), 0);
    controller_case_ask_undo(controller_case);
    controller_case_await_undo(controller_case);
    controller_case_end_undo(controller_case);
    assert_vanished(controller_case, 0, 0);
    controller_service.channels[0].members[2] = false;
    assert_vanished(controller_case, 1, 0);
    assert_vanished(controller_case, 1, 0);
    assert_int_equal(controller_service.deletions, 2);
    scope.instance_key = controller_case->controller->backend.keys[0];
    assert_int_equal(store_resume(controller_case->store, &scope, NULL), 1);
    controller_service.channels[0].members[3] = false;
    assert_vanished(controller_case, 1, 0);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, controller_case_setup, controller_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_undecided_is_decided_and_told),
        TEST(test_without_a_state_nothing_is_decided),
        TEST(test_the_history_says_by_what_a_change_was_made),
        TEST(test_what_a_pass_might_change_ends_with_it),
        TEST(test_what_was_put_back_and_is_gone_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
