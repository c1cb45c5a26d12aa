/* SPDX-License-Identifier: MIT */
/* What a host asks etcd for where people resume and approve, and what it keeps of what it hears. */
#include "tests/unit/failing_acts.h"
#include "tests/unit/shared_script.h"

/* ---- the end of a pause ---- */

#define CHANNEL_JSON                                                                               \
    "{\"scope\":\"channel\",\"instance\":\"" KEY "\",\"channel_id\":\"c1\",\"reason\":\"r\","      \
    "\"host\":\"admin-b\",\"at_usec\":17}"
#define RESUME                                                                                     \
    "kv/txn {compare:[{key:" ID_KEY                                                                \
    ",target:CREATE,result:EQUAL,create_revision:0},{key:" NAME_KEY                                \
    ",target:CREATE,result:EQUAL,create_revision:0},{key:/p/pauses/x,target:MOD,"                  \
    "result:LESS,mod_revision:10}],success:[{request_delete_range:{key:" ID_KEY "}},{"             \
    "request_delete_range:{key:" NAME_KEY "}},{request_delete_range:{key:/p/pauses/x}}],"          \
    "failure:[{request_range:{key:" ID_KEY "}},{request_range:{key:" NAME_KEY "}},{"               \
    "request_range:{key:/p/pauses/x}}]}\n"

static int resume(void)
{
    SharedAsking *asking = NULL;

    err_clear(&sharing.err);
    return shared_resume(sharing.shared, &payments, on_outcome, scripted.script, &asking,
                         &sharing.err);
}

/* All keys of that scope go, as they were heard of last. */
static void test_a_pause_is_ended_as_it_was_heard_of(void **state)
{
    const Found pause = {.name = "pauses/x", .value = CHANNEL_JSON},
                all = {.name = "pauses/y", .value = PAUSE_JSON("all")};
    static const Found changed[3] = {{0}, {0}, {.name = "pauses/x", .value = "{}"}};
    EtcdScript *script = *state;

    assert_int_equal(resume(), -EHOSTUNREACH);
    assert_string_equal(sharing.err.text,
                        "etcd does not answer, and in a fleet this is said there: nothing was "
                        "changed; try again when `rosterctl fleet` shows that it does");
    given();
    tell(&all, 8);
    etcd_script_expect(script, "paused here: /\n" TAKEN("8"));
    answer_txn(true, 8, NULL, 0);
    tell(&pause, 9);
    etcd_script_expect(script, "paused here: /\npaused here: /\n" TAKEN("9"));
    answer_txn(true, 9, NULL, 0);
    assert_int_equal(resume(), 0);
    etcd_script_expect(script, RESUME);
    answer_txn(false, 10, changed, 3);
    etcd_script_expect(script, "refused: 'somebody has changed it in etcd meanwhile' '' \n");
    assert_holds(2, false);
    assert_int_equal(resume(), 0);
    etcd_script_expect(script, RESUME);
    answer_txn(true, 11, NULL, 0);
    etcd_script_expect(script, "");
    assert_holds(1, false);
    tell(&other, 11);
    etcd_script_expect(script, "done: '' '' \n");
}

/* ---- approvals ---- */

#define APPROVE                                                                                    \
    "kv/txn "                                                                                      \
    "{compare:[],success:[{request_put:{key:/p/approvals/"                                         \
    "aaaa,value:{at_usec:T,until_usec:T,now:true,uid:7,host:admin-a}}}],failure:[{request_range:{" \
    "key:/p/approvals/aaaa}}]}\n"

static void test_an_approval_is_given_in_etcd(void **state)
{
    static const Found odd[] = {{.name = "approvals/" DIGEST, .value = "?"}};
    EtcdScript *script = given();
    SharedAsking *asking = NULL;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(shared_approve(sharing.shared, DIGEST, true, 7, clock_realtime_usec(),
                                        on_outcome, script, &asking, &sharing.err),
                         0);
        etcd_script_expect(script, APPROVE);
        if (i == 0)
            etcd_script_answer(script, 400, REFUSED);
        else
            answer_txn(true, 9, NULL, 0);
        etcd_script_expect(script, i == 0 ? "refused: 'etcd at etcd-0: no' '' \n" : "");
    }
    tell(odd, 10); /* lets nothing pass */
    etcd_script_expect(script, "done: '' '' \n");
    assert_int_equal(store_is_approved(sharing.store, DIGEST, clock_realtime_usec(), NULL, NULL),
                     APPROVAL_NONE);
}

/* ---- the state ---- */

/* What cannot be kept is told once, and is tried again. */
static void test_a_state_that_cannot_be_written_is_told_once(void **state)
{
    const Found pause = {.name = "pauses/x", .value = PAUSE_JSON("r")};
    EtcdScript *script = given();
    uint64_t before_usec = clock_monotonic_usec();
    char *why = NULL;

    (void)state;
    assert_int_equal(
        sqlite3_exec(sharing.store->db, "ALTER TABLE pause RENAME TO away", NULL, NULL, &why),
        SQLITE_OK);
    tell(&pause, 9);
    etcd_script_expect(script, "paused here: /\n" TAKEN("9"));
    assert_retries(before_usec);
    answer_txn(true, 10, NULL, 0);
    wake(sharing.shared->retry);
    etcd_script_expect(script, "paused here: /\n");
    assert_true(sharing.shared->pauses_changed && sharing.shared->is_failing);
    assert_int_equal(
        sqlite3_exec(sharing.store->db, "ALTER TABLE away RENAME TO pause", NULL, NULL, &why),
        SQLITE_OK);
    wake(sharing.shared->retry);
    etcd_script_expect(script, "paused here: /\n");
    assert_holds(1, false);
    assert_false(sharing.shared->pauses_changed || sharing.shared->is_failing);
    {
        _cleanup_(buf_done) Buf log = {0};

        log_case_read(&scripted.log, &log);
        assert_ptr_equal(strstr(buf_text(&log), "\"level\""), buf_text(&log));
        assert_non_null(strstr(buf_text(&log), "\"what etcd says of pauses and approvals cannot be "
                                               "kept: "));
        assert_ptr_equal(strchr(buf_text(&log), '\n'), buf_text(&log) + log.size - 1);
    }
}

/* Without a state passes go by it all the same; one that comes later has it. */
static void test_a_state_that_comes_later_has_what_etcd_has(void **state)
{
    const Found pause = {.name = "pauses/x", .value = PAUSE_JSON("r")};
    EtcdScript *script = *state;

    shared_use_store(sharing.shared, NULL);
    given();
    tell(&pause, 9);
    etcd_script_expect(script, "paused here: /\n" TAKEN("9"));
    assert_holds(0, false);
    shared_use_store(sharing.shared, sharing.store);
    etcd_script_expect(script, "paused here: /\n");
    assert_holds(1, false);
}

/* Whose an instance is by now, for the history that is elsewhere; what cannot be read is passed
 * over. */
static void test_owners_are_noted(void **state)
{
    static const struct {
        const char *name, *value, *owners;
    } rows[] = {
        {"owner/k", "?", ""},
        {"owner/k", "{\"host\":\"admin-b\"}", ""},
        {"owner/k", "{\"instance\":\"" KEY "\"}", ""},
        {"owner/k", "{\"instance\":\"" KEY "\",\"host\":\"admin-b\"}", "admin-b "},
        {"last/k", "{\"instance\":\"" KEY "\",\"host\":\"admin-b\"}", "admin-b "},
        {"owner/k", NULL, "admin-b, ended "},
        {"owner/k", "{\"instance\":\"" KEY "\",\"host\":\"admin-c\"}", "admin-b, ended admin-c "},
        {"last/k", NULL, "admin-b, ended admin-c "},
        {"owner/k", NULL, "admin-b, ended admin-c "}, /* whose it was is not known any more */
    };
    EtcdScript *script = *state;

    shared_use_store(sharing.shared, NULL);
    given();
    tell(&(Found){.name = "owner/k", .value = rows[3].value}, 6);
    etcd_script_expect(script, "");
    shared_use_store(sharing.shared, sharing.store);
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        _cleanup_(buf_done) Buf said = {0};
        StoreOwners owners = {0};

        tell(&(Found){.name = rows[i].name, .value = rows[i].value}, 7 + i);
        while (mirror_get_revision(scripted.fleet->mirror) < 7 + i)
            assert_true(sd_event_run(script->event, USEC_PER_SEC) >= 0);
        assert_int_equal(store_owners(sharing.store, "prod", 0, "admin-a", &owners, &sharing.err),
                         0);
        for (size_t j = 0; j < owners.count; j++)
            buf_printf(&said, "%s%s ", owners.items[j].host,
                       owners.items[j].until_usec > 0 ? ", ended" : "");
        assert_string_equal(buf_text(&said), rows[i].owners);
        store_owners_done(&owners);
    }
}

/* ---- memory ---- */

static SharedAsking *begun;

static int begin_resume(void)
{
    err_clear(&sharing.err);
    return shared_resume(sharing.shared, &payments, on_outcome, scripted.script, &begun,
                         &sharing.err);
}

static int begin_approval(void)
{
    err_clear(&sharing.err);
    return shared_approve(sharing.shared, DIGEST, true, 7, clock_realtime_usec(), on_outcome,
                          scripted.script, &begun, &sharing.err);
}

static void end_asking(void)
{
    shared_cancel(begun);
    assert_null(sharing.shared->askings);
}

#define RESUME_NOTHING                                                                             \
    "kv/txn {compare:[{key:" ID_KEY                                                                \
    ",target:CREATE,result:EQUAL,create_revision:0},{key:" NAME_KEY                                \
    ",target:CREATE,result:EQUAL,create_revision:0}],success:[{request_delete_range:{"             \
    "key:" ID_KEY "}},{request_delete_range:{key:" NAME_KEY                                        \
    "}}],failure:[{request_range:{key:" ID_KEY "}},{request_range:{key:" NAME_KEY "}}]}\n"

static void test_each_is_asked_for_whole_or_not(void **state)
{
    static const Act acts[] = {{"resume", RESUME_NOTHING, begin_resume, end_asking},
                               {"approval", APPROVE, begin_approval, end_asking}};
    EtcdScript *script;

    (void)state;
    if (!failing_is_possible())
        skip();
    script = given();
    for (size_t i = 0; i < ELEMENTS(acts); i++)
        each_allocation_fails(script, scripted.fleet->etcd, &acts[i]);
    assert_holds(0, false);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_pause_is_ended_as_it_was_heard_of),
        TEST(test_an_approval_is_given_in_etcd),
        TEST(test_a_state_that_cannot_be_written_is_told_once),
        TEST(test_a_state_that_comes_later_has_what_etcd_has),
        TEST(test_owners_are_noted),
        TEST(test_each_is_asked_for_whole_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
