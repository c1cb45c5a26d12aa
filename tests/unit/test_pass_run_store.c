/* SPDX-License-Identifier: MIT */
/* A pass without a state: whatever needs one says why there is none, and nothing is changed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/runtime/pass_run_internal.h"
#include "daemon/runtime/pass_run_quarantine.h"
#include "daemon/runtime/pass_run_store.h"

#define WHY "the state in /nowhere cannot be read"
#define DIGEST "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const RosterChannel channel = {.name = "payments", .mode = MODE_PRUNE};
static const ChannelRow row = {.id = "c1", .name = "payments"};
static const char *const members[] = {"m1"};

/* ---- calls ---- */

static int recall(PassRun *run, Err *err)
{
    ChannelRecord record = {0};
    int r = pass_run_store_recall(run, &channel, &row, &record, err);

    assert_int_equal(record.change_count, 0);
    return r;
}

static int is_approved(PassRun *run, Err *err)
{
    return pass_run_store_is_approved(run, DIGEST, NULL, err);
}

static int share_approval(PassRun *run, Err *err)
{
    return pass_run_store_share_approval(run, DIGEST, NULL, 0, err);
}

static int remember(PassRun *run, Err *err)
{
    const Sighting sighting = {"m1", 1};

    return pass_run_store_remember(run, &channel, "c1", &sighting, 1, err);
}

static int record(PassRun *run, Err *err)
{
    Change change = {.kind = CHANGE_DELETE, .member_id = "m1", .identity = "i1"};
    Batch batch = {.channel = &channel, .channel_id = "c1", .changes = &change, .change_count = 1};
    int r = pass_run_store_record(run, &batch, 1, err);

    assert_int_equal(change.action, 0);
    return r;
}

static int decide(PassRun *run, Err *err)
{
    return pass_run_store_decide(run, 1, OUTCOME_DELETED, 1, NULL, NULL, err);
}

static int enter(PassRun *run, Err *err)
{
    return pass_run_quarantine_enter(run, &channel, &row, members, 1, err);
}

static int leave(PassRun *run, Err *err)
{
    return pass_run_quarantine_leave(run, &channel, "c1", members, 1, err);
}

/* ---- what comes of them ---- */

static const struct {
    const char *name;
    int (*call)(PassRun *run, Err *err);
} calls[] = {
    {"recall", recall},     {"is_approved", is_approved},
    {"remember", remember}, {"share_approval", share_approval},
    {"record", record},     {"decide", decide},
    {"enter", enter},       {"leave", leave},
};

static char keys[1][INSTANCE_KEY_SIZE] = {"https://roma.example p1 i1"};
static const Config config = {.instance_count = 1};

static void test_each_call_says_why_there_is_no_state(void **state)
{
    Backend backend = {.keys = keys, .store_err = {.text = WHY}};
    PassRun run = {.backend = &backend, .config = &config};

    (void)state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
        Err err = {0};
        int r = calls[i].call(&run, &err);

        if (r != -EIO || strcmp(err.text, WHY) != 0)
            fail_msg("%s: %d, %s", calls[i].name, r, err.text);
        assert_int_equal(calls[i].call(&run, NULL), -EIO);
    }
}

/* Whatever a pass believes of itself. */
static void test_a_dry_run_records_no_change(void **state)
{
    Backend backend = {.keys = keys, .dry_run = true, .store_err = {.text = WHY}};
    PassRun run = {.backend = &backend, .config = &config};
    Err err = {0};

    (void)state;
    assert_int_equal(record(&run, &err), -EPERM);
    assert_string_equal(err.text, "nothing is changed in a dry run");
}

/* Where nothing is known, nothing is undecided and nobody in quarantine. */
static void test_nothing_is_known(void **state)
{
    static const SettleList list;
    Backend backend = {.keys = keys, .store_err = {.text = WHY}};
    PassRun run = {.backend = &backend, .config = &config};
    Quarantine quarantine = {0};
    Err err = {0};

    (void)state;
    assert_int_equal(pass_run_store_settle(&run, &channel, "c1", &list, &err), 0);
    assert_int_equal(pass_run_quarantine_recall(&run, &channel, "c1", &quarantine, &err), 0);
    assert_int_equal(quarantine.count, 0);
    assert_int_equal(pass_run_store_unsettled(&run, 0, NULL, NULL), 0);
    pass_run_store_watch_added(&run, &channel, &row, NULL, NULL);
    assert_string_equal(err.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_call_says_why_there_is_no_state),
        cmocka_unit_test(test_a_dry_run_records_no_change),
        cmocka_unit_test(test_nothing_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
