/* SPDX-License-Identifier: MIT */
/* What two hosts of a fleet share over a real etcd: pauses that hold on both, whatever becomes of
 * etcd meanwhile, and approvals. */
#include "tests/unit/shared_hosts.h"

#include "daemon/shared/shared_internal.h"

static void test_a_pause_holds_on_each_host_until_it_is_resumed_on_any(void **state)
{
    const StoreScope scopes[] = {
        {0}, {KEY, "prod", NULL, NULL}, CHANNEL("c1", "payments"), CHANNEL(NULL, "orders")};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(scopes); i++) {
        watched = CHANNEL(scopes[i].channel_id, scopes[i].channel_name);
        assert_int_equal(pause_on(&two.a, &scopes[i], "work"), SHARED_DONE);
        assert_true(is_paused_here());
        assert_true(is_paused_there()); /* its owner has taken it */
        assert_true(two.b.paused > 0);
        assert_int_equal(resume_on(&two.b, &scopes[i]), SHARED_DONE);
        assert_true(is_resumed_there());
        await(is_resumed_here);
    }
}

/* Each of two is written and ended by itself. */
static void test_pauses_of_two_channels_hold_beside_each_other(void **state)
{
    const StoreScope first = CHANNEL("c1", "payments"), second = CHANNEL("c2", "orders");

    (void)state;
    assert_int_equal(pause_on(&two.a, &first, "work"), SHARED_DONE);
    assert_int_equal(pause_on(&two.a, &second, "more work"), SHARED_DONE);
    assert_true(is_paused_on(&two.b, &first) && is_paused_on(&two.b, &second));
    watched = first;
    assert_int_equal(resume_on(&two.b, &first), SHARED_DONE);
    await(is_resumed_here);
    assert_true(is_paused_on(&two.a, &second) && is_paused_on(&two.b, &second));
    watched = second;
    assert_int_equal(resume_on(&two.a, &second), SHARED_DONE);
    await(is_resumed_there);
}

/* A channel goes by what each host knows of it. */
static bool holds_anew(const Host *host)
{
    StorePauses pauses = {0};
    bool is_new;

    assert_int_equal(store_pauses(host->store, clock_realtime_usec(), &pauses, NULL), 0);
    is_new = pauses.count == 1 && strcmp(pauses.items[0].reason, "new") == 0;
    store_pauses_done(&pauses);
    return is_new;
}

static bool are_three_answered(void)
{
    return two.answers == 3;
}

static bool both_hold_anew(void)
{
    return holds_anew(&two.a) && holds_anew(&two.b);
}

/* Who resumes has seen the one before: the one that is set meanwhile stays, whichever comes first.
 */
static void test_a_pause_that_is_set_while_one_is_resumed_stays(void **state)
{
    const StoreScope scope = CHANNEL("c1", "payments");

    (void)state;
    watched = scope;
    assert_int_equal(pause_on(&two.a, &scope, "old"), SHARED_DONE);
    assert_int_equal(begin_pause(&two.a, &scope, "new"), 0);
    assert_int_equal(begin_resume(&two.b, &scope), 0);
    await(are_three_answered);
    await(both_hold_anew);
    assert_int_equal(resume_on(&two.b, &scope), SHARED_DONE);
    await(is_resumed_here);
}

static void test_a_channel_is_resumed_by_its_name_or_its_id(void **state)
{
    const StoreScope both = CHANNEL("c1", "payments"), by_name = CHANNEL(NULL, "payments"),
                     by_id = CHANNEL("c1", NULL);

    (void)state;
    watched = both;
    assert_int_equal(pause_on(&two.a, &both, "work"), SHARED_DONE);
    assert_int_equal(resume_on(&two.b, &by_name), SHARED_DONE);
    await(is_resumed_here);
    assert_int_equal(pause_on(&two.b, &by_name, "first"), SHARED_DONE);
    await(is_paused_here);
    assert_int_equal(pause_on(&two.a, &both, "second"), SHARED_DONE);
    assert_int_equal(resume_on(&two.a, &by_id), SHARED_DONE);
    await(is_resumed_there);
    assert_true(is_resumed_here());
}

static bool is_heard_here(void)
{
    const SharedAsking *asking = two.a.shared->askings;

    return asking->revision > 0 &&
           mirror_get_revision(fleet_mirror(two.a.fleet)) >= asking->revision;
}

/* Its patience ends at this moment: nobody waits for that here. */
static void end_patience(const Host *host)
{
    sd_event_source *timer = host->shared->askings->timer;
    uint64_t now_usec = clock_monotonic_usec(), due_usec;

    assert_int_equal(sd_event_source_get_time(timer, &due_usec), 0);
    assert_true(due_usec <= now_usec + SHARED_ASK_USEC);
    assert_int_equal(sd_event_source_set_time(timer, now_usec), 0);
}

/* Whoever pauses is told where the owner has not taken it, and until when that may matter. */
static void test_an_owner_that_does_not_take_it(void **state)
{
    const StoreScope scope = CHANNEL("c1", "payments");
    uint64_t before_usec = clock_realtime_usec();

    (void)state;
    watched = scope;
    two.b.is_deaf = true;
    assert_int_equal(begin_pause(&two.a, &scope, "work"), 0);
    await(is_heard_here);
    assert_false(two.is_answered);
    end_patience(&two.a);
    assert_int_equal(answer(0), SHARED_LATE);
    assert_string_equal(two.owner, "admin-b");
    assert_true(two.outcome.until_usec >= before_usec + two.a.settings.lease_usec);
    assert_true(is_paused_here());
    two.b.is_deaf = false;
    shared_on_change(two.b.shared);
    await(is_paused_there); /* its watch may lag behind that of A */
}

/* Without etcd a pause holds on this host alone; with it again the pause holds everywhere. */
static void test_a_pause_while_etcd_does_not_answer(void **state)
{
    const StoreScope scope = CHANNEL("c1", "payments");
    StorePauses pauses = {0};

    (void)state;
    watched = scope;
    assert_true(two.a.shared->write_usec < SHARED_ASK_USEC);
    two.a.shared->write_usec = 100 * USEC_PER_MSEC; /* etcd stands still, however long */
    assert_int_equal(kill(two.etcd_case->pid, SIGSTOP), 0);
    assert_int_equal(begin_pause(&two.a, &scope, "work"), 0);
    assert_true(is_paused_here()); /* at once */
    assert_int_equal(answer(0), SHARED_HERE);
    assert_true(two.message[0]);
    assert_int_equal(store_pauses(two.a.store, clock_realtime_usec(), &pauses, NULL), 0);
    assert_int_equal(pauses.count, 1);
    assert_true(pauses.items[0].is_local);
    store_pauses_done(&pauses);
    assert_true(is_resumed_there());
    assert_int_equal(kill(two.etcd_case->pid, SIGCONT), 0);
    await(is_paused_there);
    assert_true(is_paused_here());
    assert_int_equal(resume_on(&two.b, &scope), SHARED_DONE);
    await(is_resumed_here);
}

/* What held on this host alone is known to be in etcd. */
static bool is_settled_here(void)
{
    StorePauses pauses = {0};
    bool is;

    assert_int_equal(store_pauses(two.a.store, clock_realtime_usec(), &pauses, NULL), 0);
    is = pauses.count == 1 && !pauses.items[0].is_local;
    store_pauses_done(&pauses);
    return is;
}

/* A pause that stood in for another, which somebody ended elsewhere meanwhile, is not written. */
static void test_what_was_ended_elsewhere_does_not_come_back(void **state)
{
    const StoreScope scope = CHANNEL("c1", "payments");
    StorePause local = {.scope = scope,
                        .reason = "longer",
                        .is_local = true,
                        .is_instead = true,
                        .host = "admin-a",
                        .made_usec = clock_realtime_usec() - USEC_PER_SEC};

    (void)state;
    watched = scope;
    assert_int_equal(pause_on(&two.a, &scope, "work"), SHARED_DONE);
    assert_int_equal(resume_on(&two.b, &scope), SHARED_DONE);
    await(is_resumed_here);
    assert_int_equal(store_pause(two.a.store, &local, clock_realtime_usec(), NULL, &two.err), 0);
    shared_on_change(two.a.shared);
    await(is_resumed_here);
    assert_true(is_resumed_there());
    local.is_instead = false; /* where nothing was ended, it is written */
    assert_int_equal(store_pause(two.a.store, &local, clock_realtime_usec(), NULL, &two.err), 0);
    shared_on_change(two.a.shared);
    await(is_paused_there);
    await(is_settled_here);
}

/* A start without etcd knows what held. */
static void test_a_start_goes_by_what_was_kept(void **state)
{
    const StoreScope scope = CHANNEL("c1", "payments");

    (void)state;
    watched = scope;
    assert_int_equal(pause_on(&two.a, &scope, "work"), SHARED_DONE);
    host_stop(&two.b);
    snprintf(two.b.folder, sizeof(two.b.folder), "%s/admin-b", two.scratch);
    assert_int_equal(store_open(two.b.folder, &two.b.store, &two.err), 0);
    assert_true(is_paused_there());
    store_free(two.b.store);
    two.b.store = NULL;
}

/* What cannot be said in etcd is refused at once, and nothing is changed. */
static void test_what_needs_etcd_is_refused_without_it(void **state)
{
    const StoreScope scope = CHANNEL("c1", "payments");
    SharedAsking *asking = NULL;

    (void)state;
    watched = scope;
    assert_int_equal(pause_on(&two.a, &scope, "work"), SHARED_DONE);
    host_stop(&two.a);
    assert_int_equal(kill(two.etcd_case->pid, SIGSTOP), 0);
    host_start(&two.a, "admin-a", 1);
    assert_true(is_paused_here());
    assert_int_equal(begin_resume(&two.a, &scope), -EHOSTUNREACH);
    assert_non_null(strstr(two.err.text, "nothing was changed"));
    assert_int_equal(shared_approve(two.a.shared, DIGEST, false, 7, clock_realtime_usec(),
                                    on_outcome, NULL, &asking, &two.err),
                     -EHOSTUNREACH);
    assert_true(is_paused_here());
    assert_int_equal(kill(two.etcd_case->pid, SIGCONT), 0);
}

static bool is_approved_there(void)
{
    return store_is_approved(two.b.store, DIGEST, clock_realtime_usec(), NULL, NULL) ==
           APPROVAL_NOW;
}

static void test_an_approval_is_known_to_the_owner(void **state)
{
    SharedAsking *asking = NULL;

    (void)state;
    two.is_answered = false;
    assert_int_equal(shared_approve(two.a.shared, "abc", true, 7, clock_realtime_usec(), on_outcome,
                                    NULL, &asking, &two.err),
                     -EINVAL);
    assert_non_null(strstr(two.err.text, "\"abc\" is no digest"));
    assert_int_equal(answer(shared_approve(two.a.shared, DIGEST, true, 7, clock_realtime_usec(),
                                           on_outcome, NULL, &asking, &two.err)),
                     SHARED_DONE);
    assert_int_equal(store_is_approved(two.a.store, DIGEST, clock_realtime_usec(), NULL, NULL),
                     APPROVAL_NOW);
    await(is_approved_there);
}

/* Where there is no etcd, the tests are skipped. */
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_pause_holds_on_each_host_until_it_is_resumed_on_any),
        TEST(test_pauses_of_two_channels_hold_beside_each_other),
        TEST(test_a_pause_that_is_set_while_one_is_resumed_stays),
        TEST(test_a_channel_is_resumed_by_its_name_or_its_id),
        TEST(test_an_owner_that_does_not_take_it),
        TEST(test_a_pause_while_etcd_does_not_answer),
        TEST(test_what_was_ended_elsewhere_does_not_come_back),
        TEST(test_a_start_goes_by_what_was_kept),
        TEST(test_what_needs_etcd_is_refused_without_it),
        TEST(test_an_approval_is_known_to_the_owner),
    };

    log_setup(LOG_FORMAT_TEXT, LOG_LEVEL_ERR);
    if (system("command -v etcd > /dev/null") != 0) {
        print_message("skipped: there is no etcd on this machine\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, etcd_case_setup, etcd_case_teardown);
}
