/* SPDX-License-Identifier: MIT */
/* A host that took an instance over by other rosters than the one before: until that one has the
 * same, or this one has others. */
#include "tests/unit/fleet_script.h"

#define SET_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LAST_B "{\"host\":\"admin-b\",\"set\":\"bbbbbbbbbbbbcccc\",\"released\":true}"

static bool is_settled(void)
{
    FleetConditions conditions;

    fleet_get_conditions(scripted.fleet, "one", USEC_PER_SEC, &conditions);
    return conditions.roster[0] == '\0';
}

/* One that owns the instance "one", which admin-b had before by another set. */
static EtcdScript *given_other_set(void)
{
    static const Found found[] = {{.name = "last/" HASH, .value = LAST_B}, {0}, {0}};
    EtcdScript *script;

    host_set_instances(1);
    script = host_held();
    etcd_script_expect(script, CAMPAIGN);
    answer_txn(true, 8, found, ELEMENTS(found));
    etcd_script_expect(script, "begin one: '' of 'admin-b' by 'bbbb', handed over\n");
    assert_false(is_settled());
    return script;
}

static void test_the_one_before_comes_to_have_the_same(void **state)
{
    static const struct {
        const char *name, *value;
        bool is_settled;
    } rows[] = {
        {"hosts/admin-c", "{\"set\":\"" SET_A "\"}", false},
        {"hosts/admin-b", "?", false},
        {"hosts/admin-b", "{}", false},
        {"hosts/admin-b", "{\"set\":\"cc\"}", false},
        {"records/x", "{\"set\":\"" SET_A "\"}", false},
        {"hosts/admin-b", "{\"set\":\"" SET_A "\"}", true},
        {"hosts/admin-b", "{\"set\":\"cc\"}", true}, /* it has had its due */
        {"hosts/admin-b", NULL, true},
    };

    given_other_set();
    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        tell(&(Found){.name = rows[i].name, .value = rows[i].value}, 9 + i);
        while (mirror_get_revision(scripted.fleet->mirror) < 9 + i)
            assert_true(sd_event_run(scripted.script->event, USEC_PER_SEC) >= 0);
        if (is_settled() != rows[i].is_settled)
            fail_msg("after row %zu", i);
    }
}

/* Whoever loads others has seen them; the same once more are no others. */
static void test_this_one_loads_others(void **state)
{
    given_other_set();
    (void)state;
    host_set_instances(1);
    assert_false(is_settled());
    scripted.set.digest[0] = 'c';
    host_set_instances(1);
    assert_true(is_settled());
    scripted.set.digest[0] = 'a';
    host_set_instances(1);
    assert_true(is_settled());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_one_before_comes_to_have_the_same),
        TEST(test_this_one_loads_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
