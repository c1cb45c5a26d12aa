/* SPDX-License-Identifier: MIT */
/* Pauses of every scope, several at once: which of them are the same, whom each waits for, and what
 * becomes of those that etcd has not got. */
#include "tests/unit/failing.h"
#include "tests/unit/shared_script.h"

#define OTHER_KEY "https://roma.example p1 i2"
#define CHANNEL_PAUSE(id, at, host)                                                                \
    "{\"scope\":\"channel\",\"instance\":\"" KEY "\",\"channel_id\":\"" id                         \
    "\",\"reason\":\"r\",\"host\":\"" host "\",\"at_usec\":" at "}"
#define INSTANCE_PAUSE(key)                                                                        \
    "{\"scope\":\"instance\",\"instance\":\"" key                                                  \
    "\",\"reason\":\"r\",\"host\":\"admin-b\",\"at_usec\":17}"

static SharedAsking *pause_of(const StoreScope *scope, const char *reason)
{
    const StorePause pause = {.scope = *scope, .reason = reason, .uid = 7};
    SharedAsking *asking = NULL;

    assert_int_equal(shared_pause(sharing.shared, &pause, clock_realtime_usec(), NULL, on_outcome,
                                  scripted.script, &asking, &sharing.err),
                     0);
    return asking;
}

/* What is asked of etcd matters to other tests. */
static void forget_asked(EtcdScript *script)
{
    while (script->asked_count > 0)
        etcd_script_take(script);
    buf_reset(&script->said);
}

static void turn_until_written(EtcdScript *script, const SharedAsking *asking)
{
    while (asking->writing)
        assert_true(sd_event_run(script->event, USEC_PER_SEC) >= 0);
}

static void turn_until_heard(EtcdScript *script, uint64_t revision)
{
    while (mirror_get_revision(scripted.fleet->mirror) < revision)
        assert_true(sd_event_run(script->event, USEC_PER_SEC) >= 0);
}

/* ---- what is read ---- */

/* A channel's stands under its id and under its name. */
static void test_the_same_pause_is_told_once(void **state)
{
    static const struct {
        const char *first, *second;
        size_t count;
    } rows[] = {
        {CHANNEL_PAUSE("c1", "17", "admin-b"), CHANNEL_PAUSE("c1", "17", "admin-b"), 1},
        {CHANNEL_PAUSE("c1", "17", "admin-b"), CHANNEL_PAUSE("c1", "18", "admin-b"), 2},
        {CHANNEL_PAUSE("c1", "17", "admin-b"), CHANNEL_PAUSE("c1", "17", "admin-c"), 2},
        {CHANNEL_PAUSE("c1", "17", "admin-b"), CHANNEL_PAUSE("c2", "17", "admin-b"), 2},
        {CHANNEL_PAUSE("c1", "17", "admin-b"), INSTANCE_PAUSE(KEY), 2},
        {INSTANCE_PAUSE(KEY), CHANNEL_PAUSE("c1", "17", "admin-b"), 2},
        {INSTANCE_PAUSE(KEY), INSTANCE_PAUSE(OTHER_KEY), 2},
        {INSTANCE_PAUSE(KEY), INSTANCE_PAUSE(KEY), 1},
        {PAUSE_JSON("r"), INSTANCE_PAUSE(KEY), 2},
        {PAUSE_JSON("r"), PAUSE_JSON("r"), 1},
    };
    EtcdScript *script = given();

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        StorePauses read = {0};

        tell(&(Found){.name = "pauses/x", .value = rows[i].first}, 10 + 2 * i);
        tell(&(Found){.name = "pauses/y", .value = rows[i].second}, 11 + 2 * i);
        turn_until_heard(script, 11 + 2 * i);
        assert_int_equal(shared_read_pauses(sharing.shared, &read, &sharing.err), 0);
        if (read.count != rows[i].count)
            fail_msg("%zu of %s and %s", read.count, rows[i].first, rows[i].second);
        store_pauses_done(&read);
    }
    forget_asked(script);
}

static void test_nothing_is_done_before_etcd_was_read(void **state)
{
    const StorePause local = {.scope = payments,
                              .reason = "r",
                              .is_local = true,
                              .host = "admin-a",
                              .made_usec = clock_realtime_usec()};
    int enabled = SD_EVENT_ON;

    assert_int_equal(store_pause(sharing.store, &local, clock_realtime_usec(), NULL, &sharing.err),
                     0);
    shared_on_change(sharing.shared);
    etcd_script_expect(*state, "");
    assert_true(sharing.shared->pauses_changed && sharing.shared->approvals_changed);
    assert_int_equal(sd_event_source_get_enabled(sharing.shared->retry, &enabled), 0);
    assert_int_equal(enabled, SD_EVENT_OFF);
}

/* ---- whom a pause waits for ---- */

static void test_a_pause_waits_for_owners_within_its_scope(void **state)
{
    const StoreScope instance = {KEY, "prod", NULL, NULL}, all = {0};
    const StoreScope *const scopes[] = {&payments, &instance, &all};
    char hash[DIGEST_HEX_SIZE], name[KEYS_NAME_SIZE];
    EtcdScript *script = given();

    (void)state;
    assert_int_equal(keys_hash_instance(OTHER_KEY, hash), 0);
    keys_format(KEYS_OWNER, hash, name);
    tell(&(Found){.name = name, .value = "{\"host\":\"admin-b\"}"}, 7);
    turn_until_heard(script, 7);
    for (uint64_t i = 0; i < ELEMENTS(scopes); i++) {
        SharedAsking *asking = pause_of(scopes[i], "work");

        answer_txn(true, 10 + 2 * i, NULL, 0);
        turn_until_written(script, asking);
        forget_asked(script);
        tell(&other, 10 + 2 * i);
        if (i < 2) {
            etcd_script_expect(script, "done: '' '' \n");
            continue;
        }
        turn_until_heard(script, 10 + 2 * i);
        etcd_script_expect(script, "");
        assert_int_equal(sd_event_source_set_time(asking->timer, 0), 0);
        etcd_script_expect(script, "late: '' 'admin-b' until then\n");
    }
}

/* What etcd has is done, whether or not it was heard of. */
static void test_a_resumption_that_is_not_heard_of_is_done(void **state)
{
    SharedAsking *asking = NULL;
    EtcdScript *script = given();

    (void)state;
    assert_int_equal(
        shared_resume(sharing.shared, &payments, on_outcome, script, &asking, &sharing.err), 0);
    answer_txn(true, 90, NULL, 0);
    turn_until_written(script, asking);
    forget_asked(script);
    etcd_script_expect(script, "");
    assert_int_equal(sd_event_source_set_time(asking->timer, 0), 0);
    etcd_script_expect(script, "done: '' '' \n");
}

/* ---- what etcd has not got ---- */

static void keep_local(const StoreScope *scope, const char *reason, bool is_instead)
{
    const StorePause local = {.scope = *scope,
                              .reason = reason,
                              .is_local = true,
                              .is_instead = is_instead,
                              .host = "admin-a",
                              .made_usec = clock_realtime_usec()};

    assert_int_equal(store_pause(sharing.store, &local, clock_realtime_usec(), NULL, &sharing.err),
                     0);
}

static void test_what_was_ended_elsewhere_is_told_by_its_scope(void **state)
{
    static const struct {
        StoreScope scope;
        const char *name;
    } rows[] = {
        {{0}, "all instances"},
        {{KEY, "prod", NULL, NULL}, "prod"},
        {{KEY, "prod", "c1", NULL}, "prod/c1"},
        {{KEY, "prod", NULL, "orders"}, "prod/orders"},
        {{KEY, "prod", "c1", "payments"}, "prod/payments"},
    };
    EtcdScript *script = given();

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        char line[256];

        keep_local(&rows[i].scope, "work", true);
        shared_on_change(sharing.shared);
        etcd_script_expect(script, "");
        assert_holds(0, false);
        snprintf(line, sizeof(line),
                 "the pause of %s (work), which held on this host alone, has ended: another host "
                 "has ended it meanwhile\n",
                 rows[i].name);
        expect_log(line);
    }
}

/* One after the other, each with a marker of its own; and none for what is being asked. */
static void test_local_pauses_are_written_one_after_the_other(void **state)
{
    const StoreScope orders = {KEY, "prod", "c2", "orders"};
    EtcdScript *script = given();

    (void)state;
    keep_local(&payments, "first", false);
    keep_local(&orders, "second", false);
    for (uint64_t i = 0; i < 2; i++) {
        shared_on_change(sharing.shared);
        while (script->asked_count == 0)
            assert_true(sd_event_run(script->event, USEC_PER_SEC) >= 0);
        assert_int_equal(script->asked_count, 1);
        answer_txn(true, 9 + i, NULL, 0);
        while (sharing.shared->settling)
            assert_true(sd_event_run(script->event, USEC_PER_SEC) >= 0);
    }
    forget_asked(script);
    shared_on_change(sharing.shared);
    etcd_script_expect(script, "");
    assert_holds(2, false);
}

static void test_one_is_written_while_another_is_asked(void **state)
{
    const StoreScope orders = {KEY, "prod", "c2", "orders"};
    EtcdScript *script = given();

    (void)state;
    pause_of(&orders, "asked");
    keep_local(&payments, "local", false);
    shared_on_change(sharing.shared);
    assert_non_null(sharing.shared->settling);
    while (script->asked_count < 2)
        assert_true(sd_event_run(script->event, USEC_PER_SEC) >= 0);
    forget_asked(script);
}

/* One that took the place of another that etcd never had is not taken for one that was ended. */
static void test_a_local_pause_in_the_place_of_a_local_one(void **state)
{
    EtcdScript *script = given();

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        pause_of(&payments, i == 0 ? "old" : "new");
        etcd_script_answer(script, 400, REFUSED);
        while (sharing.shared->askings)
            assert_true(sd_event_run(script->event, USEC_PER_SEC) >= 0);
        forget_asked(script);
    }
    shared_on_change(sharing.shared);
    assert_non_null(sharing.shared->settling);
    assert_holds(1, true);
    expect_log("");
}

/* ---- its end ---- */

/* Nothing is under way any more, and nobody is answered. */
static void test_the_end_of_all_that_is_under_way(void **state)
{
    const StoreScope orders = {KEY, "prod", "c2", "orders"};
    EtcdScript *script = given();

    (void)state;
    pause_of(&payments, "asked");
    pause_of(&orders, "asked as well");
    keep_local(&(StoreScope){0}, "local", false);
    tell(&(Found){.name = "pauses/x", .value = PAUSE_JSON("r")}, 9);
    turn_until_heard(script, 9);
    assert_true(sharing.shared->settling && sharing.shared->taking && sharing.shared->askings);
    forget_asked(script);
    fleet_set_user(scripted.fleet, NULL, NULL);
    shared_free(sharing.shared);
    sharing.shared = NULL;
    assert_null(scripted.fleet->writings);
    etcd_script_expect(script, "");
}

/* ---- memory ---- */

/* It holds here or was refused; where etcd could not be asked, that is told in the end. */
static void test_each_allocation_of_a_pause_fails_once(void **state)
{
    const StorePause pause = {.scope = payments, .reason = "work", .uid = 7};
    size_t unasked = 0;
    EtcdScript *script;
    bool did_fail = true;

    (void)state;
    if (!failing_is_possible())
        skip();
    script = given();
    for (long index = 0; did_fail; index++) {
        SharedAsking *asking = NULL;
        int r;

        /* The state has all that it keeps again. */
        shared_cancel(pause_of(&payments, "before"));
        forget_asked(script);
        err_clear(&sharing.err);
        failing_after(index);
        r = shared_pause(sharing.shared, &pause, clock_realtime_usec(), NULL, on_outcome, script,
                         &asking, &sharing.err);
        did_fail = failing_stop();
        assert_true(r == 0 || did_fail);
        assert_int_equal(r < 0, err_is_set(&sharing.err));
        if (r == 0 && !asking->writing) {
            assert_int_equal(sd_event_source_set_time(asking->timer, 0), 0);
            etcd_script_expect(script, "paused here: prod/payments\n"
                                       "here: 'etcd could not be asked' '' \n");
            assert_holds(1, true);
            unasked++;
        } else if (r == 0) {
            shared_cancel(asking);
        }
        assert_null(sharing.shared->askings);
        forget_asked(script);
    }
    assert_true(unasked > 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_same_pause_is_told_once),
        TEST(test_nothing_is_done_before_etcd_was_read),
        TEST(test_a_pause_waits_for_owners_within_its_scope),
        TEST(test_a_resumption_that_is_not_heard_of_is_done),
        TEST(test_what_was_ended_elsewhere_is_told_by_its_scope),
        TEST(test_local_pauses_are_written_one_after_the_other),
        TEST(test_one_is_written_while_another_is_asked),
        TEST(test_a_local_pause_in_the_place_of_a_local_one),
        TEST(test_the_end_of_all_that_is_under_way),
        TEST(test_each_allocation_of_a_pause_fails_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
