/* SPDX-License-Identifier: MIT */
/* What a host asks etcd for where people pause, and what each answer comes to: for them, in the
 * state, and for what other hosts are told. */
#include "tests/unit/shared_script.h"

/* ---- what was taken ---- */

/* The revision up to which passes here go by the pauses: once for each that changes, one after the
 * other, and again where it had no answer. */
static void test_what_was_taken_is_said(void **state)
{
    const Found pause = {.name = "pauses/x", .value = PAUSE_JSON("r")}, gone = {.name = "pauses/x"};
    EtcdScript *script = given();
    uint64_t before_usec;

    (void)state;
    tell(&other, 8);
    etcd_script_expect(script, "");
    tell(&pause, 9);
    etcd_script_expect(script, "paused here: /\n" TAKEN("9"));
    assert_holds(1, false);
    tell(&pause, 10);
    etcd_script_expect(script, "paused here: /\n");
    tell(&gone, 11);
    etcd_script_expect(script, "");
    assert_holds(0, false);
    answer_txn(true, 12, NULL, 0);
    etcd_script_expect(script, TAKEN("11"));
    before_usec = clock_monotonic_usec();
    etcd_script_answer(script, 400, REFUSED);
    etcd_script_expect(script, "");
    assert_retries(before_usec);
    wake(sharing.shared->retry);
    etcd_script_expect(script, TAKEN("11"));
    answer_txn(true, 13, NULL, 0);
    etcd_script_expect(script, "");
}

/* ---- pauses ---- */

#define PUTS(reason)                                                                               \
    "{request_put:{key:" ID_KEY                                                                    \
    ",value:" PAUSE_VALUE(reason) "}},{request_put:{key:" NAME_KEY                                 \
                                  ",value:" PAUSE_VALUE(reason) "}},{request_put:{key:" MARKER     \
                                                                ",value:{}}}"
#define RANGES                                                                                     \
    "{request_range:{key:" ID_KEY "}},{request_range:{key:" NAME_KEY                               \
    "}},{request_range:{key:" MARKER "}}"
#define PAUSE(reason)                                                                              \
    "kv/txn {compare:[{key:" MARKER                                                                \
    ",target:CREATE,result:EQUAL,create_revision:0}],success:[" PUTS(reason) "],failure:[" RANGES  \
                                                                             "]}\n"

static SharedAsking *pause_it(const char *reason)
{
    const StorePause pause = {.scope = payments, .reason = reason, .uid = 7};
    StorePauses replaced = {0};
    SharedAsking *asking = NULL;

    assert_int_equal(shared_pause(sharing.shared, &pause, clock_realtime_usec(), &replaced,
                                  on_outcome, scripted.script, &asking, &sharing.err),
                     0);
    store_pauses_done(&replaced);
    return asking;
}

/* Done once etcd has it and that is known here; its marker goes with the next one. */
static void test_a_pause_is_done_once_it_is_heard_of(void **state)
{
    EtcdScript *script = given();

    (void)state;
    pause_it("work");
    etcd_script_expect(script, "paused here: prod/payments\n" PAUSE("work"));
    assert_holds(1, true);
    tell(&other, 7);
    etcd_script_expect(script, "");
    answer_txn(true, 8, NULL, 0);
    etcd_script_expect(script, "");
    assert_holds(1, false);
    tell(&other, 8);
    etcd_script_expect(script, "done: '' '' \n");
    pause_it("more");
    etcd_script_expect(script,
                       "paused here: prod/payments\n"
                       "kv/txn {compare:[{key:" MARKER ",target:CREATE,result:EQUAL,"
                       "create_revision:0}],success:[" PUTS(
                           "more") ",{request_delete_range:{key:" MARKER "}}],failure:[" RANGES
                                   ",{request_range:{key:" MARKER "}}]}\n");
    shared_cancel(sharing.shared->askings);
    assert_null(scripted.fleet->writings);
    answer_txn(true, 9, NULL, 0); /* which concerns nobody */
    etcd_script_expect(script, "");
    assert_holds(1, true);
}

/* Those that own what it is of: began later, or say so, or are this host. */
static void test_a_pause_waits_for_owners(void **state)
{
    static const struct {
        const char *host;
        uint64_t since, taken; /* revisions; of the pause it is 9, of all that is heard 13 */
        const char *says;
        bool is_late;
    } rows[] = {
        {"admin-b", 6, 9, "{\"revision\":", false},
        {"admin-b", 6, 10, "{\"revision\":", false},
        {"admin-b", 6, 8, "{\"revision\":", true},
        {"admin-b", 6, 9, "{\"other\":", true},
        {"admin-b", 6, 9, "?", true},
        {"admin-a", 6, 0, "", false},
        {"admin-b", 10, 0, "", false},
        {"admin-b", 9, 0, "", true},
    };
    char hash[DIGEST_HEX_SIZE], name[KEYS_NAME_SIZE], value[64], says[64];
    EtcdScript *script = given();
    SharedAsking *asking;

    (void)state;
    assert_int_equal(keys_hash_instance(KEY, hash), 0);
    keys_format(KEYS_OWNER, hash, name);
    for (uint64_t i = 0, from = 0; i < ELEMENTS(rows); i++, from += 20) {
        snprintf(value, sizeof(value), "{\"host\":\"%s\"}", rows[i].host);
        tell(&(Found){.name = name}, from + 5); /* it begins anew */
        asking = pause_it("work");
        answer_txn(true, from + 9, NULL, 0);
        while (asking->writing)
            assert_true(sd_event_run(script->event, USEC_PER_SEC) >= 0);
        buf_reset(&script->said);
        tell(&(Found){.name = name, .value = value}, from + rows[i].since);
        snprintf(says, sizeof(says), "%s%" PRIu64 "}", rows[i].says, from + rows[i].taken);
        tell(&(Found){.name = "taken/admin-b", .value = says}, from + 13);
        if (rows[i].is_late) {
            etcd_script_expect(script, "");
            assert_int_equal(sd_event_source_set_time(asking->timer, 0), 0);
        }
        etcd_script_expect(script,
                           rows[i].is_late ? "late: '' 'admin-b' until then\n" : "done: '' '' \n");
    }
}

/* ---- pauses that etcd has not got ---- */

#define SETTLE(reason)                                                                             \
    "kv/txn {compare:[{key:" ID_KEY                                                                \
    ",target:CREATE,result:EQUAL,create_revision:0},{key:" NAME_KEY                                \
    ",target:CREATE,result:EQUAL,create_revision:0},{key:" MARKER                                  \
    ",target:CREATE,result:EQUAL,create_revision:0}],success:[" PUTS(reason) "],failure:[" RANGES  \
                                                                             "]}\n"

static EtcdScript *given_local(void)
{
    EtcdScript *script = given();
    uint64_t before_usec;

    pause_it("work");
    etcd_script_expect(script, "paused here: prod/payments\n" PAUSE("work"));
    before_usec = clock_monotonic_usec();
    etcd_script_answer(script, 400, REFUSED);
    etcd_script_expect(script, "here: 'etcd at etcd-0: no' '' \n");
    assert_retries(before_usec);
    assert_holds(1, true);
    wake(sharing.shared->retry);
    etcd_script_expect(script, SETTLE("work"));
    return script;
}

static void test_what_etcd_has_not_got_is_written_later(void **state)
{
    EtcdScript *script = given_local();
    SharedAsking *asking = NULL;
    uint64_t before_usec;

    (void)state;
    assert_int_equal(
        shared_resume(sharing.shared, &payments, on_outcome, script, &asking, &sharing.err),
        -EBUSY);
    assert_string_equal(sharing.err.text,
                        "a pause that etcd had not got is being written there: try again");
    before_usec = clock_monotonic_usec();
    etcd_script_answer(script, 400, REFUSED);
    etcd_script_expect(script, "");
    assert_retries(before_usec);
    assert_holds(1, true);
    wake(sharing.shared->retry);
    etcd_script_expect(script, SETTLE("work"));
    answer_txn(true, 9, NULL, 0);
    etcd_script_expect(script, "");
    assert_holds(1, false);
    assert_string_equal(sharing.shared->old_marker, sharing.shared->settling_marker);
    wake(sharing.shared->retry);
    etcd_script_expect(script, "");
    expect_log("");
}

/* Its keys are otherwise again and again: somebody had got it, and has ended it since. */
static void test_what_differs_again_and_again_was_ended(void **state)
{
    static const Found none[3] = {{0}};
    EtcdScript *script = given_local();

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        answer_txn(false, 9, none, 3);
        etcd_script_expect(script, "");
        assert_holds(1, true);
        wake(sharing.shared->retry);
        etcd_script_expect(script, i < 2 ? SETTLE("work") : "");
    }
    assert_holds(0, false);
    expect_log("the pause of prod/payments (work), which held on this host alone, has ended: "
               "another host has ended it meanwhile\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_taken_is_said),
        TEST(test_a_pause_is_done_once_it_is_heard_of),
        TEST(test_a_pause_waits_for_owners),
        TEST(test_what_etcd_has_not_got_is_written_later),
        TEST(test_what_differs_again_and_again_was_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
