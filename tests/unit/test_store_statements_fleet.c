/* SPDX-License-Identifier: MIT */
/* The same of what hosts of a fleet share, of what goes along when an instance changes hands, and
 * of what people are told and shown. */
#include "tests/unit/statement_rows.h"
#include "tests/unit/statement_world.h"

/* ---- the outbox ---- */

static int add_notices(Folder *folder, Store *store, Err *err)
{
    const StoreNotice notice = {.number = 99,
                                .id = "n4",
                                .created_usec = 99,
                                .kind = "failed",
                                .phase = "goes on",
                                .instance_name = "INSTANCE",
                                .channel_name = "CHANNEL",
                                .body = "{4}"};
    const StoreTold told[] = {
        {.condition = {"failed", KEY, "c8", "prod", "eight", NOW, true, 4, 800 * USEC_PER_SEC}},
        {.condition = {.kind = "held", .instance_key = KEY, .channel = "n1"}, .is_over = true},
        {.notice = &notice},
    };

    (void)folder;
    return store_outbox_add(store, "slack a", told, 3, err);
}

static int replace_notices(Folder *folder, Store *store, Err *err)
{
    const StoreNotice summary = {.id = "n5", .kind = "summary", .phase = "all", .body = "{5}"};

    (void)folder;
    return store_outbox_replace(store, "slack a", store_outbox_now_usec(store), &summary, err);
}

static int remove_notice(Folder *folder, Store *store, Err *err)
{
    (void)folder;
    return store_outbox_remove(store, 2, err);
}

static int keep_notifiers(Folder *folder, Store *store, Err *err)
{
    static const char *const kept[] = {"slack c", "slack b"};

    (void)folder;
    return store_outbox_keep(store, kept, 2, err);
}

/* ---- samples ---- */

static int add_samples(Folder *folder, Store *store, Err *err)
{
    StoreSample samples[] = {
        {.channel = {KEY, "prod", "c1", "payments"},
         .time_usec = realtime_now,
         .result = "failed",
         .desired = 9},
        {.channel = {KEY, "prod", "c5", NULL},
         .time_usec = realtime_now,
         .result = "in_sync",
         .is_read = true,
         .live = 1,
         .extra = 2,
         .missing = 3,
         .changed = 4,
         .ignored = 5,
         .quarantined = 6,
         .desired = 7},
    };

    (void)folder;
    return store_samples_add(store, samples, 2, err);
}

/* ---- hands ---- */

static int note_owner(Folder *folder, Store *store, Err *err)
{
    (void)folder;
    return store_owners_note(store, KEY, "prod", HERE, realtime_now, err);
}

static int note_nobody(Folder *folder, Store *store, Err *err)
{
    (void)folder;
    return store_owners_note(store, KEY, "prod", NULL, realtime_now, err);
}

static int note_first(Folder *folder, Store *store, Err *err)
{
    (void)folder;
    return store_owners_note(store, OTHER_KEY "3", NULL, THERE, realtime_now, err);
}

static int note_nobody_first(Folder *folder, Store *store, Err *err)
{
    (void)folder;
    return store_owners_note(store, OTHER_KEY "5", "five", NULL, realtime_now, err);
}

static int put_carry(Folder *folder, Store *store, Err *err)
{
    CarrySighting sightings[] = {{"c1", "m8", 3}, {"c2", "m9", 4}};
    CarryQuarantined quarantine[] = {
        {"c1", "payments", "m7", "i7", 2, "{\"a\":7}", true, 5 * USEC_PER_HOUR, USEC_PER_MINUTE},
        {"c2", "two", "m9", "i9", 2, NULL, false, USEC_PER_HOUR, 2 * USEC_PER_MINUTE},
    };
    CarryCondition conditions[] = {
        {"slack a", "failed", "c1", "payments", NOW, true, 6, USEC_PER_MINUTE},
        {"slack b", "held", "", "", NOW + USEC_PER_SEC, false, 1, UINT64_MAX},
    };
    CarryChange changes[] = {{"c2", "disable", "i1", 2, NOW - 40 * USEC_PER_MINUTE},
                             {"c2", "delete", "i2", 2, NOW + USEC_PER_DAY}};
    const StoreCarry carry = {.sightings = sightings,
                              .sighting_count = 2,
                              .quarantine = quarantine,
                              .quarantine_count = 2,
                              .conditions = conditions,
                              .condition_count = 2,
                              .changes = changes,
                              .change_count = 2,
                              .knows_conditions = true};

    (void)folder;
    return store_carry_put(store, KEY, "prod", &carry, true, realtime_now, err);
}

/* ---- what is shared ---- */

static int begin_mirror(Folder *folder, Store *store, Err *err)
{
    (void)folder;
    return store_mirror_begin(store, HERE, err);
}

static void pause_alone(Folder *folder, Store *store)
{
    const StorePause pause = {.reason = "alone"};

    assert_int_equal(store_pause(store, &pause, realtime_now, NULL, &folder->err), 0);
}

/* One is new, whatever it says of itself; the local one is there now, and another is no more. */
static int mirror_pauses(Folder *folder, Store *store, Err *err)
{
    const StorePause pauses[] = {
        {.scope = {KEY, "prod", "c1", "payments"},
         .reason = "work",
         .uid = 7,
         .made_usec = NOW + 2 * USEC_PER_MINUTE,
         .host = HERE},
        {.scope = {OTHER_KEY "4", NULL, "c4", NULL},
         .reason = "new",
         .until_usec = realtime_now + USEC_PER_HOUR,
         .uid = 8,
         .made_usec = NOW,
         .host = THERE,
         .is_local = true,
         .is_instead = true},
        {.reason = "all", .uid = 9, .made_usec = NOW, .host = THERE},
        {.reason = "over", .until_usec = realtime_now, .made_usec = NOW, .host = THERE},
    };

    (void)folder;
    return store_mirror_pauses(store, pauses, 4, realtime_now, err);
}

static int pause_is_there(Folder *folder, Store *store, Err *err)
{
    (void)folder;
    return store_mirror_pause_is_there(store, 1, err);
}

static int drop_pause(Folder *folder, Store *store, Err *err)
{
    (void)folder;
    return store_mirror_drop_pause(store, 1, err);
}

static int mirror_approvals(Folder *folder, Store *store, Err *err)
{
    const StoreSharedApproval approvals[] = {
        {.digest = DIGEST_B, .given_usec = realtime_now - USEC_PER_MINUTE},
        {.digest = DIGEST_C, .given_usec = NOW + USEC_PER_DAY, .opens_window = true},
    };

    (void)folder;
    return store_mirror_approvals(store, approvals, 2, realtime_now, err);
}

static int keep_own(Folder *folder, Store *store, Err *err)
{
    (void)folder;
    return store_mirror_keep_own(store, DIGEST_A, err);
}

/* ---- what they make ---- */

static const StatementCall calls[] = {
    {"outbox_add", add_notices, NULL, AFTER_AGAIN,
     "- " ROW_CONDITION_N1
     "+ condition notifier=slack a kind=failed instance=https://roma.example p1 i1 "
     "channel=c8 instance_name=prod channel_name=eight since_usec=NOW+0 is_open=1 "
     "passes=4 told_steady_usec=800s\n"
     "+ notice id=4 notifier=slack a name=n4 created_steady_usec=780s kind=failed "
     "phase=goes on instance_name=INSTANCE channel_name=CHANNEL body={4}\n"},
    {"outbox_replace", replace_notices, NULL, AFTER_AGAIN,
     "- " ROW_NOTICE_1 "- " ROW_NOTICE_2
     "+ notice id=1 notifier=slack a name=n5 created_steady_usec=120s kind=summary "
     "phase=all instance_name= channel_name= body={5}\n"},
    {"outbox_remove", remove_notice, NULL, AFTER_AGAIN, "- " ROW_NOTICE_2},
    {"outbox_keep", keep_notifiers, NULL, AFTER_COMMIT,
     "- " ROW_CONDITION_N1 "- " ROW_CONDITION_N2 "- " ROW_NOTICE_1 "- " ROW_NOTICE_2},
    {"samples", add_samples, NULL, AFTER_AGAIN,
     "+ sample id=3 channel=1 steady_usec=780s time_usec=NOW+780 result=failed desired=9\n"
     "+ sample id=4 channel=3 steady_usec=780s time_usec=NOW+780 result=in_sync "
     "desired=7 live=1 extra=2 missing=3 changed=4 ignored=5 quarantined=6\n"
     "+ sample_channel id=3 instance=2 channel_id=c5 name=\n"},
    {"owner", note_owner, NULL, AFTER_AGAIN,
     "- " ROW_OWNER_1 "+ owner id=1 instance=2 host=admin-b from_usec=NOW+120 until_usec=NOW+780\n"
     "+ owner id=2 instance=2 host=admin-a from_usec=NOW+780\n"},
    {"no owner", note_nobody, NULL, AFTER_AGAIN,
     "- " ROW_OWNER_1
     "+ owner id=1 instance=2 host=admin-b from_usec=NOW+120 until_usec=NOW+780\n"},
    {"first owner", note_first, NULL, AFTER_AGAIN,
     "+ instance id=3 key=https://roma.example p1 i23 name=https://roma.example p1 i23\n"
     "+ owner id=2 instance=3 host=admin-b from_usec=NOW+780\n"},
    {"nobody first", note_nobody_first, NULL, AFTER_AGAIN, ""},
    {"carry", put_carry, NULL, AFTER_AGAIN,
     "- change_elsewhere id=1 instance=2 channel_id=c1 kind=delete identity=i9 "
     "recorded_usec=NOW-60 steady_usec=0\n"
     "- " ROW_CONDITION_N1 "- " ROW_CONDITION_N2
     "- condition notifier=slack b kind=held instance=https://roma.example p1 i1 "
     "channel=n3 instance_name=prod channel_name=payments since_usec=NOW+180 is_open=1 "
     "passes=3 told_steady_usec=100s\n"
     "- " ROW_QUARANTINE_M7 "- " ROW_SIGHTING_M1
     "+ change_elsewhere id=1 instance=2 channel_id=c2 kind=disable identity=i1 "
     "recorded_usec=NOW-2400 steady_usec=0\n"
     "+ change_elsewhere id=2 instance=2 channel_id=c2 kind=delete identity=i2 "
     "recorded_usec=NOW+86400 steady_usec=780s\n"
     "+ condition notifier=slack a kind=failed instance=https://roma.example p1 i1 "
     "channel=c1 instance_name=prod channel_name=payments since_usec=NOW+0 is_open=1 "
     "passes=6 told_steady_usec=720s\n"
     "+ condition notifier=slack b kind=held instance=https://roma.example p1 i1 "
     "channel= instance_name=prod channel_name= since_usec=NOW+1 is_open=0 passes=1 "
     "told_steady_usec=0\n"
     "+ quarantine instance=2 channel_id=c1 channel_name=payments member_id=m7 "
     "identity=i7 original={\"a\":7} action=0 is_open=0 span_usec=18000s passed_usec=60s "
     "base_usec=NOW+780 base_steady_usec=780s is_told=0\n"
     "+ quarantine instance=2 channel_id=c2 channel_name=two member_id=m9 identity=i9 "
     "is_open=0 span_usec=3600s passed_usec=120s base_usec=NOW+780 base_steady_usec=780s "
     "is_told=0\n"
     "+ sighting instance=2 channel_id=c1 member_id=m8 count=3\n"
     "+ sighting instance=2 channel_id=c2 member_id=m9 count=4\n"},
    {"mirror", begin_mirror, pause_alone, AFTER_AGAIN,
     "- pause id=3 instance=0 reason=alone created_usec=NOW+780 set_steady_usec=780s "
     "uid=0 is_local=0\n"
     "+ pause id=3 instance=0 reason=alone created_usec=NOW+780 set_steady_usec=780s "
     "uid=0 host=admin-a is_local=1\n"},
    {"mirror_pauses", mirror_pauses, NULL, AFTER_AGAIN,
     "- " ROW_PAUSE_1
     "- pause id=2 instance=1 reason=stop created_usec=NOW-3600 set_steady_usec=120s "
     "uid=0 host=admin-b is_local=0\n"
     "+ instance id=3 key=https://roma.example p1 i24 name=https://roma.example p1 i24\n"
     "+ pause id=1 instance=2 channel_id=c1 channel_name=payments reason=work "
     "created_usec=NOW+120 until_usec=NOW+3600 set_steady_usec=120s "
     "until_steady_usec=3600s uid=7 host=admin-a is_local=0\n"
     "+ pause id=2 instance=3 channel_id=c4 reason=new created_usec=NOW+0 "
     "until_usec=NOW+4380 set_steady_usec=780s until_steady_usec=4380s uid=8 "
     "host=admin-b is_local=0\n"
     "+ pause id=3 instance=0 reason=all created_usec=NOW+0 set_steady_usec=780s uid=9 "
     "host=admin-b is_local=0\n"},
    {"pause_is_there", pause_is_there, NULL, AFTER_AGAIN,
     "- " ROW_PAUSE_1 "+ pause id=1 instance=2 channel_id=c1 channel_name=payments reason=work "
     "created_usec=NOW+120 until_usec=NOW+3600 set_steady_usec=120s "
     "until_steady_usec=3600s uid=7 host=admin-a is_local=0\n"},
    {"drop_pause", drop_pause, NULL, AFTER_AGAIN, "- " ROW_PAUSE_1},
    {"mirror_approvals", mirror_approvals, NULL, AFTER_AGAIN,
     "- " ROW_APPROVAL_A "- " ROW_APPROVAL_B
     "+ approval digest=bbbb.. given_usec=NOW+720 given_steady_usec=720s "
     "spent_steady_usec=0 opens_window=0\n"
     "+ approval digest=cccc.. given_usec=NOW+86400 given_steady_usec=780s "
     "spent_steady_usec=0 opens_window=1\n"},
    {"keep_own", keep_own, NULL, AFTER_AGAIN,
     "- " ROW_APPROVAL_A "+ approval digest=aaaa.. given_usec=NOW+120 given_steady_usec=120s "
     "spent_steady_usec=0 opens_window=0 shared_of=aaaa..\n"},
};

static void test_calls(void **state)
{
    statement_check(state, calls, ELEMENTS(calls));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
