/* SPDX-License-Identifier: MIT */
/* What a host asks etcd for an instance, from the campaign to the release, whatever etcd answers.
 */
#include "daemon/fleet/etcd_internal.h"
#include "tests/unit/fleet_script.h"

#define OTHERS_LAST "{\"host\":\"admin-b\",\"set\":\"bbbbbbbbbbbbcccc\",\"released\":false}"
#define LOOK "kv/txn {compare:[],success:[{request_range:{key:/p/owner/7692}}],failure:[]}\n"

static const Found nothing[3] = {{0}};

/* One that has begun a campaign for the instance "one". */
static EtcdScript *given_campaign(void)
{
    EtcdScript *script;

    host_set_instances(1);
    script = host_held();
    etcd_script_expect(script, CAMPAIGN);
    expect_log("fleet: host admin-a holds a lease of 1 min 0 s\n");
    return script;
}

static FleetInstance *instance(void)
{
    return fleet_find(scripted.fleet, "one");
}

/* ---- winning ---- */

/* The one before did not hand it over: what it left is told, and there is a wait before changes. */
static void test_what_the_one_before_left_is_told(void **state)
{
    static const Found found[] = {
        {.name = "last/" HASH, .value = OTHERS_LAST},
        {.name = "~carry/" HASH, .value = "{\"c\":5}"},
        {.name = "~intents/" HASH "/00000000000000000012-p-1/c1/000000", .value = "{\"i\":1}"},
        {"~intents/" HASH "/00000000000000000000-p-1/c2/000000", "{\"i\":2}", 0, 0, 0, true},
        {"~intents/" HASH "/10000000000000000012-p-1/c3/1", "{\"i\":3}", 0, 0, 0, true},
        {"~intents/" HASH "/00000000000000000012-p-1/c1", "{}", 0, 0, 0, true},
        {"~intents/" HASH "/0000000000000000001x-p-1/c1/0", "{}", 0, 0, 0, true},
        {"~intents/" HASH "/00000000000000000012", "{}", 0, 0, 0, true},
    };
    EtcdScript *script = given_campaign();
    uint64_t before_usec = clock_boottime_usec();
    FleetConditions conditions;

    (void)state;
    answer_txn(true, 8, found, ELEMENTS(found));
    etcd_script_expect(script, "begin one: '{\"c\":5}' of 'admin-b' by 'bbbb', not handed over\n"
                               "intent at 12 of c1: {\"i\":1}\nintent at 0 of c2: {\"i\":2}\n"
                               "intent at T of c3: {\"i\":3}\n");
    expect_log("prod: fleet: this host owns the instance; admin-b has not handed it over, so that "
               "nothing is changed for 1 h 0 min\n");
    assert_true(fleet_owns(scripted.fleet, "one"));
    assert_int_equal(fleet_allows_usec(scripted.fleet, "one", USEC_PER_SEC), 0);
    fleet_get_conditions(scripted.fleet, "one", USEC_PER_SEC, &conditions);
    assert_string_equal(conditions.lease, "");
    assert_string_equal(conditions.roster,
                        "this host has the set of rosters aaaaaaaaaaaa, and admin-b, from which it "
                        "took the instance over, went by bbbbbbbbbbbb");
    assert_true(conditions.needs_sightings);
    assert_int_equal(conditions.token, 8);
    assert_in_range(conditions.handover_usec, USEC_PER_HOUR, HANDOVER_USEC);
    assert_in_range(instance()->ownership.change_from_usec, before_usec + HANDOVER_USEC,
                    clock_boottime_usec() + HANDOVER_USEC);
    instance()->ownership.change_from_usec = clock_boottime_usec();
    assert_int_equal(fleet_allows_usec(scripted.fleet, "one", USEC_PER_SEC), USEC_PER_SEC);
    fleet_get_conditions(scripted.fleet, "one", USEC_PER_SEC, &conditions);
    assert_int_equal(conditions.handover_usec, 0);
    fleet_get_conditions(scripted.fleet, "none", USEC_PER_SEC, &conditions);
    assert_string_equal(conditions.lease, "this host does not own the instance");
}

/* What does not say which set it went by. */
static void test_a_set_that_is_not_known(void **state)
{
    static const struct {
        const char *last, *before, *roster;
    } rows[] = {
        {"not JSON", "",
         "this host took the instance over from another host, and which set of rosters that one "
         "went by is not known"},
        {"{\"host\":\"admin-b\",\"released\":true}", "admin-b",
         "this host took the instance over from admin-b, and which set of rosters that one went by "
         "is not known"},
        {"{\"host\":\"admin-a\"}", "admin-a", ""},
    };
    EtcdScript *script = given_campaign();
    FleetConditions conditions;
    FleetInstance *one = instance();

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        const EtcdKey last = {.value = rows[i].last, .value_size = strlen(rows[i].last)};

        fleet_owner_read_last(one, &last);
        one->is_owned = true;
        one->has_settled = false;
        str_copy(one->took_set, sizeof(one->took_set), scripted.fleet->set_digest);
        fleet_conditions_settle(one);
        fleet_get_conditions(scripted.fleet, "one", USEC_PER_SEC, &conditions);
        assert_string_equal(one->before_host, rows[i].before);
        assert_string_equal(conditions.roster, rows[i].roster);
        assert_int_equal(conditions.needs_sightings, i != 1);
    }
    fleet_owner_read_last(one, &(EtcdKey){.value = rows[0].last, .value_size = 1});
    fleet_conditions_settle(one); /* what was settled once stays so */
    assert_true(one->has_settled);
    one->is_owned = false;
    fleet_get_conditions(scripted.fleet, "one", USEC_PER_SEC, &conditions);
    assert_string_equal(conditions.roster, "");
    assert_false(conditions.needs_sightings);
    etcd_script_expect(script, "");
}

#define RANGE(from, to, limit)                                                                     \
    "kv/range {\"key\":\"/p/" from "\",\"range_end\":\"/p/" to "\",\"limit\":\"" limit             \
    "\",\"revision\":\"0\"}\n"

/* More than comes with the campaign is read before passes begin; what fails is read again. */
static void test_more_than_comes_with_the_campaign_is_read(void **state)
{
    const Found found[] = {
        {0}, {0}, {.name = "~intents/" HASH "/1-p/c/0", .value = "", .has_more = 1}};
    EtcdScript *script = given_campaign();
    _cleanup_(buf_done) Buf body = {0}, key = {0};
    uint64_t before_usec;

    (void)state;
    answer_txn(true, 8, found, ELEMENTS(found));
    etcd_script_expect(script, RANGE("~intents/7692/T", "~intents/76920", "512"));
    assert_false(fleet_owns(scripted.fleet, "one"));
    before_usec = clock_monotonic_usec();
    etcd_script_answer_to(script, "kv/range", 400, REFUSED);
    etcd_script_expect(script, "");
    assert_due_in(instance()->work, before_usec, clock_monotonic_usec, USEC_PER_SEC);
    wake(instance()->work);
    etcd_script_expect(script, RANGE("~intents/7692/T", "~intents/76920", "512"));
    etcd_script_key(&key, "/p/~intents/" HASH "/00000000000000000007-p-1/c1/000000", "{\"i\":7}", 1,
                    1, 0);
    buf_printf(&body, "{\"header\":{\"revision\":\"8\"},\"kvs\":[%s]}", buf_text(&key));
    etcd_script_answer_to(script, "kv/range", 200, buf_text(&body));
    etcd_script_expect(script, "begin one: '' of '' by '', handed over\nintent at 7 of c1: "
                               "{\"i\":7}\n");
    expect_log("prod: fleet: this host owns the instance\nfleet: etcd at etcd-0: no\n");
}

/* ---- losing ---- */

static void test_one_that_another_has_is_waited_for(void **state)
{
    const Found other = {
        .name = "owner/" HASH, .value = "{\"host\":\"b\"}", .created = 6, .lease = 5};
    const Found gone = {.name = "owner/" HASH};
    EtcdScript *script = given_campaign();
    FleetConditions conditions;

    (void)state;
    answer_txn(false, 8, &other, 1);
    etcd_script_expect(script, "");
    fleet_get_conditions(scripted.fleet, "one", USEC_PER_SEC, &conditions);
    assert_string_equal(conditions.lease, "this host does not own the instance");
    tell(&other, 6); /* older than what is known */
    tell(&gone, 7);
    etcd_script_expect(script, "owner/7692 is {\"host\":\"b\"}\nchanged\nowner/7692 is gone\n"
                               "changed\n");
    tell(&other, 8);
    tell(&gone, 9);
    etcd_script_expect(script, "owner/7692 is {\"host\":\"b\"}\nchanged\nowner/7692 is gone\n"
                               "changed\n" CAMPAIGN);
    expect_log("");
}

/* A campaign without an answer: what stands there says what it came to. */
static EtcdScript *given_look(const Found *found)
{
    EtcdScript *script = given_campaign();

    etcd_script_answer_to(script, "kv/txn", 400, REFUSED);
    etcd_script_expect(script, "");
    instance()->ownership.next_usec = 0;
    wake(instance()->wake);
    etcd_script_expect(script, LOOK);
    answer_txn(true, 9, found, 1);
    return script;
}

static void test_a_campaign_that_was_not_carried_out_begins_again(void **state)
{
    (void)state;
    etcd_script_expect(given_look(nothing), CAMPAIGN);
}

static void test_a_campaign_that_another_has_won_since(void **state)
{
    const Found other = {.name = "owner/" HASH, .value = "{}", .created = 8, .lease = 5};

    (void)state;
    etcd_script_expect(given_look(&other), "");
    assert_int_equal(instance()->ownership.owner, OWNER_OTHER);
    assert_false(fleet_owns(scripted.fleet, "one"));
}

/* What comes with a campaign is not known then. */
static void test_a_campaign_that_was_won_without_an_answer(void **state)
{
    const Found own = {.name = "owner/" HASH, .value = "{}", .created = 8, .lease = 77};
    EtcdScript *script = given_look(&own);

    (void)state;
    etcd_script_expect(script, RANGE("~carry/7692", "~carry/7692/", "512"));
    etcd_script_answer_to(script, "kv/range", 200, "{\"header\":{\"revision\":\"9\"}}");
    etcd_script_expect(script, RANGE("~intents/7692/T", "~intents/76920", "512"));
    etcd_script_answer_to(script, "kv/range", 200, "{\"header\":{\"revision\":\"9\"}}");
    etcd_script_expect(script, "begin one: '' of '' by '', not handed over\n");
    assert_int_equal(instance()->ownership.token, 8);
}

/* Somebody has deleted its key, or has put another. */
static void test_an_instance_that_is_lost_is_dropped(void **state)
{
    const Found other = {.name = "owner/" HASH, .value = "{}", .lease = 5};
    EtcdScript *script = *state;

    host_owner();
    tell(&other, 7); /* before it was this host's */
    etcd_script_expect(script, "owner/7692 is {}\nchanged\n");
    assert_true(fleet_owns(scripted.fleet, "one"));
    tell(&other, 9);
    etcd_script_expect(script, "drop one: another host owns the instance\nowner/7692 is {}\n"
                               "changed\n");
    assert_false(fleet_owns(scripted.fleet, "one"));
    expect_log("prod: fleet: this host does not own the instance any more: another host owns the "
               "instance\n");
}

/* What is under way then counts no more. */
static void test_a_campaign_under_a_lost_lease_is_dropped(void **state)
{
    EtcdScript *script = given_campaign();

    (void)state;
    scripted.fleet->lease.end_usec = clock_boottime_usec();
    wake(scripted.fleet->lease_wake);
    etcd_script_expect_any(script, "lease/revoke {\"ID\":\"77\"}\nlease/grant {\"TTL\":\"60\"}\n");
    assert_null(instance()->call);
    answer_txn(true, 8, nothing, 3);
    etcd_script_expect(script, "");
    assert_false(fleet_owns(scripted.fleet, "one"));
}

static void test_a_record_of_a_lost_instance_is_dropped(void **state)
{
    const Found other = {.name = "owner/" HASH, .value = "{}", .lease = 5};
    EtcdScript *script = *state;
    Buf text = {0};

    host_owner();
    buf_puts(&text, "{}");
    assert_int_equal(fleet_put_record(scripted.fleet, "one", &text, &text), 0);
    assert_int_equal(fleet_put_record(scripted.fleet, "one", &text, &text), 0);
    buf_done(&text);
    etcd_script_await(script, 1);
    buf_reset(&script->said);
    tell(&other, 9);
    etcd_script_expect(script, "drop one: another host owns the instance\nowner/7692 is {}\n"
                               "changed\n");
    assert_null(scripted.fleet->etcd->calls);
    assert_null(instance()->record_call);
    assert_false(instance()->has_record);
    answer_txn(true, 9, NULL, 0);
    etcd_script_expect(script, "");
}

/* ---- giving away ---- */

static void test_it_is_given_away_once_all_is_quiet(void **state)
{
    const Found other = {.name = "owner/" HASH, .value = "{}", .created = 9, .lease = 5};
    EtcdScript *script = *state;

    host_owner();
    scripted.is_busy = true;
    fleet_drain(scripted.fleet);
    etcd_script_expect(script, "stop one: this host is drained\n" ENTRY("7", "true"));
    answer_txn(true, 9, NULL, 0);
    fleet_step(scripted.fleet, "another");
    fleet_step(scripted.fleet, "one");
    etcd_script_expect(script, "");
    assert_false(fleet_owns(scripted.fleet, "one"));
    assert_int_equal(fleet_allows_usec(scripted.fleet, "one", 7), 7);
    scripted.is_busy = false;
    fleet_step(scripted.fleet, "another");
    etcd_script_expect(script, "");
    fleet_step(scripted.fleet, NULL);
    etcd_script_expect(script, RELEASE("8", "true"));
    answer_txn(false, 9, &other, 1); /* it was another's before */
    etcd_script_expect(script, "drop one: etcd refused a record of it: another host owns the "
                               "instance\n");
    expect_log("prod: fleet: this host does not own the instance any more: etcd refused a record "
               "of it: another host owns the instance\n");
}

/* An earlier try had given it away. */
static void test_what_is_not_there_any_more_was_given_away(void **state)
{
    EtcdScript *script = *state;

    host_owner();
    host_set_instances(0);
    etcd_script_expect(
        script, "stop one: the instance is not in the settings any more\n" RELEASE("8", "true"));
    host_set_instances(1); /* it is back before it is gone */
    answer_txn(false, 9, nothing, 1);
    etcd_script_expect(script, "drop one: the instance was given away\n" CAMPAIGN);
    expect_log("prod: fleet: this host does not own the instance any more: the instance was given "
               "away\n");
}

/* ---- room ---- */

/* Two of three: the third is asked for once one is given away, and what is not in the settings is
 * forgotten. */
static void test_a_host_asks_for_as_many_as_it_has_room_for(void **state)
{
    EtcdScript *script = *state;

    host_set_instances(3);
    host_held();
    etcd_script_await(script, 2);
    etcd_script_expect_any(script, buf_text(&script->said));
    answer_txn(true, 8, nothing, 3);
    answer_txn(true, 9, nothing, 3);
    etcd_script_expect_any(script, "begin one: '' of '' by '', handed over\n"
                                   "begin two: '' of '' by '', handed over\n");
    assert_int_equal(scripted.fleet->instances[2]->ownership.state, OWNERSHIP_STANDBY);
    {
        static const char *const keys[] = {"one", "three"}, *const names[] = {"eins", "drei"};

        assert_int_equal(fleet_set_instances(scripted.fleet, keys, names, 2, &scripted.set), 0);
    }
    assert_string_equal(scripted.fleet->instances[0]->name, "eins");
    etcd_script_await(script, 1);
    assert_true(str_has_prefix(buf_text(&script->said),
                               "stop two: the instance is not in the settings any more\n"));
    buf_reset(&script->said);
    assert_int_equal(scripted.fleet->instance_count, 3);
    answer_txn(true, 10, NULL, 0);
    etcd_script_await(script, 1);
    assert_true(
        str_has_prefix(buf_text(&script->said), "drop two: the instance was given away\nkv/txn"));
    buf_reset(&script->said);
    assert_int_equal(scripted.fleet->instance_count, 2);
    assert_null(fleet_find(scripted.fleet, "two"));
    answer_txn(true, 11, nothing, 3);
    etcd_script_expect(script, "begin three: '' of '' by '', handed over\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_the_one_before_left_is_told),
        TEST(test_a_set_that_is_not_known),
        TEST(test_more_than_comes_with_the_campaign_is_read),
        TEST(test_one_that_another_has_is_waited_for),
        TEST(test_a_campaign_that_was_not_carried_out_begins_again),
        TEST(test_a_campaign_that_another_has_won_since),
        TEST(test_a_campaign_that_was_won_without_an_answer),
        TEST(test_an_instance_that_is_lost_is_dropped),
        TEST(test_a_campaign_under_a_lost_lease_is_dropped),
        TEST(test_a_record_of_a_lost_instance_is_dropped),
        TEST(test_it_is_given_away_once_all_is_quiet),
        TEST(test_what_is_not_there_any_more_was_given_away),
        TEST(test_a_host_asks_for_as_many_as_it_has_room_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
