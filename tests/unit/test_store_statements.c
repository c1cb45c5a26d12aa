/* SPDX-License-Identifier: MIT */
/* What each call that writes makes of the state, row by row; and that each statement of it may
 * fail: the call then says so, the state is as before, and the next try does it all. */
#include "tests/unit/statement_case.h"
#include "tests/unit/statement_rows.h"
#include "tests/unit/statement_world.h"

#include "daemon/store/store_internal.h"

static const StoreScope payments = {KEY, "prod", "c1", "payments"};

/* ---- passes and changes ---- */

static int record_some(Folder *folder, Store *store, Err *err)
{
    Change changes[] = {
        {CHANGE_DELETE, "m2", "i2", 2, "{\"a\":2}", NULL, 0},
        {CHANGE_ADD, "", "i3", 2, NULL, "{\"a\":3}", 0},
        {CHANGE_DISABLE, "m4", "i4", 2, "{\"a\":4}", NULL, 0},
    };
    const Batch batch = {folder->pass, &world_channel, "prod", KEY,     "c1",
                         "payments",   DIGEST_A,       true,   changes, 3};
    int r = store_record(store, &batch, 1, realtime_now, err);

    for (size_t i = 0; i < 3; i++)
        assert_int_equal(changes[i].action, r < 0 ? 0 : WORLD_ACTIONS + 1 + i);
    return r;
}

static int end_pass(Folder *folder, Store *store, Err *err)
{
    return store_end_pass(store, folder->pass, "converged", realtime_now + 5 * USEC_PER_SEC, err);
}

static int decide(Folder *folder, Store *store, Err *err)
{
    const Answer answer = {.http = 404, .code = "APIG.1", .request_id = "r1"};

    (void)folder;
    return store_decide(store, WORLD_DELETION, OUTCOME_GONE, 3, NULL, &answer,
                        realtime_now + 6 * USEC_PER_SEC, err);
}

static int decide_added(Folder *folder, Store *store, Err *err)
{
    const ListedMember listed = {"m33", -7};

    (void)folder;
    return store_decide_listed(store, WORLD_ADDITION, OUTCOME_ADDED, 1, &listed, NULL, realtime_now,
                               err);
}

static int settle_all(Folder *folder, Store *store, Err *err)
{
    const StoreSettling settling = {.list = world_list_empty, .quarantine_usec = 9 * USEC_PER_HOUR};

    (void)folder;
    return store_settle(store, KEY, "c1", &settling, realtime_now, err);
}

static int lengthen(Folder *folder, Store *store, Err *err)
{
    const StoreSettling settling = {.list = world_list_same, .quarantine_usec = 9 * USEC_PER_HOUR};

    (void)folder;
    return store_settle(store, KEY, "c1", &settling, realtime_now, err);
}

static int prune(Folder *folder, Store *store, Err *err)
{
    StorePruned pruned = {0};
    int r;

    (void)folder;
    time_pass(100 * USEC_PER_DAY);
    do
        r = store_prune(store, USEC_PER_HOUR, &pruned, err);
    while (r > 0);
    boottime_now -= 100 * USEC_PER_DAY;
    realtime_now -= 100 * USEC_PER_DAY;
    return r;
}

/* ---- channels ---- */

static int remember(Folder *folder, Store *store, Err *err)
{
    const Sighting sightings[] = {{"m1", 3}, {"m8", 1}};

    (void)folder;
    return store_remember(store, KEY, "c1", sightings, 2, err);
}

static int name_instance(Folder *folder, Store *store, Err *err)
{
    (void)folder;
    return store_name_instance(store, KEY, "other", err);
}

static int pause_again(Folder *folder, Store *store, Err *err)
{
    const StorePause pause = {.scope = {KEY, "prod", "c1", NULL},
                              .reason = "longer",
                              .until_usec = NOW + 2 * USEC_PER_HOUR,
                              .uid = 5,
                              .host = "admin-a",
                              .is_local = true,
                              .is_instead = true};

    (void)folder;
    return store_pause(store, &pause, realtime_now, NULL, err);
}

static int resume(Folder *folder, Store *store, Err *err)
{
    (void)folder;
    return store_resume(store, &payments, err);
}

static int enter(Folder *folder, Store *store, Err *err)
{
    static const char *const ids[] = {"m20", "m21"};

    (void)folder;
    return store_quarantine_enter(store, &payments, 3 * USEC_PER_HOUR, ids, 2, realtime_now, err);
}

static int leave(Folder *folder, Store *store, Err *err)
{
    static const char *const ids[] = {"m7", "nobody"};

    (void)folder;
    return store_quarantine_leave(store, KEY, "c1", ids, 2, err);
}

static int tell(Folder *folder, Store *store, Err *err)
{
    (void)folder;
    return store_quarantine_tell(store, KEY, "c1", true, err);
}

/* ---- approvals, passwords ---- */

static int approve(Folder *folder, Store *store, Err *err)
{
    (void)folder;
    return store_approve(store, DIGEST_C, realtime_now, err);
}

static int approve_again(Folder *folder, Store *store, Err *err)
{
    (void)folder;
    return store_approve_again(store, DIGEST_B, realtime_now, err);
}

static int approve_now(Folder *folder, Store *store, Err *err)
{
    (void)folder;
    return store_approve_now(store, DIGEST_A, err);
}

static int share(Folder *folder, Store *store, Err *err)
{
    static const char *const plans[] = {DIGEST_B, DIGEST_C};

    (void)folder;
    return store_share_approval(store, DIGEST_A, plans, 2, realtime_now, err);
}

static int lock_out(Folder *folder, Store *store, Err *err)
{
    const Lockout lockout = {
        .mark = "2:3",
        .until_usec = NOW + USEC_PER_HOUR,
        .refused_usec = NOW - USEC_PER_SEC,
        .said = {.http = 401, .code = "IAM.1", .request_id = "r2", .text = "no"}};

    (void)folder;
    return store_keep_lockout(store, "ops", &lockout, err);
}

/* ---- what they make ---- */

static void prepare_pass(Folder *folder, Store *store)
{
    uint64_t action;

    record_one(folder, store, realtime_now, &action);
    assert_int_equal(action, WORLD_ACTIONS + 1);
}

static const StatementCall calls[] = {
    {"record", record_some, NULL, AFTER_COMMIT,
     "- " ROW_APPROVAL_A "+ action id=5 pass=2026-11-24T15:17:05Z-1 instance=2 channel_id=c1 "
     "channel_name=payments kind=delete member_id=m2 identity=i2 member={\"a\":2} "
     "digest=aaaa.. mode=prune recorded_usec=NOW+780 steady_usec=780s\n"
     "+ action id=6 pass=2026-11-24T15:17:05Z-1 instance=2 channel_id=c1 "
     "channel_name=payments kind=add member_id= identity=i3 member= digest=aaaa.. "
     "mode=prune recorded_usec=NOW+780 steady_usec=780s after={\"a\":3}\n"
     "+ action id=7 pass=2026-11-24T15:17:05Z-1 instance=2 channel_id=c1 "
     "channel_name=payments kind=disable member_id=m4 identity=i4 member={\"a\":4} "
     "digest=aaaa.. mode=prune recorded_usec=NOW+780 steady_usec=780s\n"
     "+ approval digest=aaaa.. given_usec=NOW+120 spent_usec=NOW+780 "
     "given_steady_usec=120s spent_steady_usec=780s opens_window=0\n"
     "+ pass id=2026-11-24T15:17:05Z-1 started_usec=NOW+780 last_action=7\n"
     "+ quarantine instance=2 channel_id=c1 channel_name=payments member_id=m4 "
     "identity=i4 original={\"a\":4} action=7 is_open=1 span_usec=3600s passed_usec=0 "
     "base_usec=NOW+780 base_steady_usec=780s is_told=0\n"},
    {"end_pass", end_pass, prepare_pass, AFTER_LOST,
     "- pass id=2026-11-24T15:17:05Z-1 started_usec=NOW+780 last_action=5\n"
     "+ pass id=2026-11-24T15:17:05Z-1 started_usec=NOW+780 finished_usec=NOW+785 "
     "result=converged last_action=5\n"},
    {"decide", decide, NULL, AFTER_KEPT,
     "- " ROW_ACTION_2 "+ action id=2 pass=2026-11-24T15:05:05Z-1 instance=2 channel_id=c1 "
     "channel_name=payments kind=delete member_id=m2 identity=i2 member={\"a\":2} "
     "digest=aaaa.. mode=prune recorded_usec=NOW+60 steady_usec=60s outcome=gone "
     "http=404 code=APIG.1 request_id=r1 attempts=3 decided_usec=NOW+786\n"},
    {"decide_added", decide_added, NULL, AFTER_KEPT,
     "- " ROW_ACTION_3 "+ action id=3 pass=2026-11-24T15:05:05Z-1 instance=2 channel_id=c1 "
     "channel_name=payments kind=add member_id=m33 identity=i3 member= digest=aaaa.. "
     "mode=prune recorded_usec=NOW+60 steady_usec=60s outcome=added attempts=1 "
     "decided_usec=NOW+780 after={\"a\":3}\n"},
    {"settle", settle_all, NULL, AFTER_AGAIN,
     "- " ROW_ACTION_2 "- " ROW_ACTION_3 "- " ROW_QUARANTINE_M1 "- " ROW_QUARANTINE_M7
     "+ action id=2 pass=2026-11-24T15:05:05Z-1 instance=2 channel_id=c1 "
     "channel_name=payments kind=delete member_id=m2 identity=i2 member={\"a\":2} "
     "digest=aaaa.. mode=prune recorded_usec=NOW+60 steady_usec=60s outcome=deleted "
     "attempts=0 decided_usec=NOW+780\n"
     "+ action id=3 pass=2026-11-24T15:05:05Z-1 instance=2 channel_id=c1 "
     "channel_name=payments kind=add member_id= identity=i3 member= digest=aaaa.. "
     "mode=prune recorded_usec=NOW+60 steady_usec=60s outcome=failed attempts=0 "
     "decided_usec=NOW+780 after={\"a\":3}\n"},
    {"lengthen", lengthen, NULL, AFTER_AGAIN,
     "- " ROW_ACTION_2 "- " ROW_ACTION_3 "- " ROW_QUARANTINE_M1 "- " ROW_QUARANTINE_M7
     "+ action id=2 pass=2026-11-24T15:05:05Z-1 instance=2 channel_id=c1 "
     "channel_name=payments kind=delete member_id=m2 identity=i2 member={\"a\":2} "
     "digest=aaaa.. mode=prune recorded_usec=NOW+60 steady_usec=60s outcome=failed "
     "attempts=0 decided_usec=NOW+780\n"
     "+ action id=3 pass=2026-11-24T15:05:05Z-1 instance=2 channel_id=c1 "
     "channel_name=payments kind=add member_id=m33 identity=i3 member= digest=aaaa.. "
     "mode=prune recorded_usec=NOW+60 steady_usec=60s outcome=added attempts=0 "
     "decided_usec=NOW+780 after={\"a\":3}\n"
     "+ quarantine instance=2 channel_id=c1 channel_name=payments member_id=m1 "
     "identity=i1 original={\"a\":1} action=1 is_open=0 span_usec=32400s passed_usec=0 "
     "base_usec=NOW+0 base_steady_usec=1 is_told=0\n"
     "+ quarantine instance=2 channel_id=c1 channel_name=payments member_id=m7 identity= "
     "is_open=0 span_usec=32400s passed_usec=0 base_usec=NOW+120 base_steady_usec=120s "
     "is_told=0\n"},
    {"prune", prune, NULL, AFTER_COMMIT,
     "- " ROW_APPROVAL_A "- " ROW_APPROVAL_B "- " ROW_PAUSE_1
     "- sample id=1 channel=1 steady_usec=120s time_usec=NOW+120 result=unmanageable "
     "desired=9\n"
     "- sample id=2 channel=2 steady_usec=120s time_usec=NOW+120 result=held desired=7 "
     "live=1 extra=2 missing=3 changed=4 ignored=5 quarantined=6\n"
     "- sample_channel id=1 instance=2 channel_id=c1 name=payments\n"
     "- sample_channel id=2 instance=2 channel_id=c2 name=two\n"},
    {"remember", remember, NULL, AFTER_AGAIN,
     "- " ROW_SIGHTING_M1 "+ sighting instance=2 channel_id=c1 member_id=m1 count=3\n"
     "+ sighting instance=2 channel_id=c1 member_id=m8 count=1\n"},
    {"name_instance", name_instance, NULL, AFTER_AGAIN,
     "- instance id=1 key=https://roma.example p1 i2 name=other\n"
     "- instance id=2 key=https://roma.example p1 i1 name=prod\n"
     "+ instance id=1 key=https://roma.example p1 i2 name=other (was i2)\n"
     "+ instance id=2 key=https://roma.example p1 i1 name=other\n"},
    {"pause", pause_again, NULL, AFTER_AGAIN,
     "- " ROW_PAUSE_1 "+ pause id=3 instance=2 channel_id=c1 channel_name=payments reason=longer "
     "created_usec=NOW+780 until_usec=NOW+7200 set_steady_usec=780s "
     "until_steady_usec=7200s uid=5 host=admin-a is_local=2\n"},
    {"resume", resume, NULL, AFTER_AGAIN, "- " ROW_PAUSE_1},
    {"enter", enter, NULL, AFTER_AGAIN,
     "+ quarantine instance=2 channel_id=c1 channel_name=payments member_id=m20 "
     "identity= is_open=0 span_usec=10800s passed_usec=0 base_usec=NOW+780 "
     "base_steady_usec=780s is_told=0\n"
     "+ quarantine instance=2 channel_id=c1 channel_name=payments member_id=m21 "
     "identity= is_open=0 span_usec=10800s passed_usec=0 base_usec=NOW+780 "
     "base_steady_usec=780s is_told=0\n"},
    {"leave", leave, NULL, AFTER_AGAIN, "- " ROW_QUARANTINE_M7},
    {"tell", tell, NULL, AFTER_AGAIN,
     "- " ROW_QUARANTINE_M1 "- " ROW_QUARANTINE_M7
     "+ quarantine instance=2 channel_id=c1 channel_name=payments member_id=m1 "
     "identity=i1 original={\"a\":1} action=1 is_open=0 span_usec=3600s passed_usec=0 "
     "base_usec=NOW+0 base_steady_usec=1 is_told=1\n"
     "+ quarantine instance=2 channel_id=c1 channel_name=payments member_id=m7 identity= "
     "is_open=0 span_usec=7200s passed_usec=0 base_usec=NOW+120 base_steady_usec=120s "
     "is_told=1\n"},
    {"approve", approve, NULL, AFTER_AGAIN,
     "+ approval digest=cccc.. given_usec=NOW+780 given_steady_usec=780s "
     "spent_steady_usec=0 opens_window=0\n"},
    {"approve_again", approve_again, NULL, AFTER_AGAIN,
     "- " ROW_APPROVAL_B "+ approval digest=bbbb.. given_usec=NOW+780 given_steady_usec=780s "
     "spent_steady_usec=0 opens_window=0\n"},
    {"approve_now", approve_now, NULL, AFTER_AGAIN,
     "- " ROW_APPROVAL_A "+ approval digest=aaaa.. given_usec=NOW+120 given_steady_usec=120s "
     "spent_steady_usec=0 opens_window=1\n"},
    {"share", share, NULL, AFTER_AGAIN,
     "- " ROW_APPROVAL_A "- " ROW_APPROVAL_B
     "+ approval digest=aaaa.. given_usec=NOW+120 spent_usec=NOW+780 "
     "given_steady_usec=120s spent_steady_usec=780s opens_window=0\n"
     "+ approval digest=bbbb.. given_usec=NOW+780 given_steady_usec=780s "
     "spent_steady_usec=0 opens_window=0 shared_of=aaaa..\n"
     "+ approval digest=cccc.. given_usec=NOW+780 given_steady_usec=780s "
     "spent_steady_usec=0 opens_window=0 shared_of=aaaa..\n"},
    {"lock_out", lock_out, NULL, AFTER_AGAIN,
     "- refusal subject=ops mark=1:2 until_usec=NOW+3600 refused_usec=NOW+0 http=401 "
     "code=IAM.0 request_id=r0 text=wrong set_steady_usec=180s until_steady_usec=3600s\n"
     "+ refusal subject=ops mark=2:3 until_usec=NOW+3600 refused_usec=NOW-1 http=401 "
     "code=IAM.1 request_id=r2 text=no set_steady_usec=780s until_steady_usec=3600s\n"},
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
