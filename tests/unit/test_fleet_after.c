/* SPDX-License-Identifier: MIT */
/* What an owner records after a pass, what was made known long ago, and what a host shows of its
 * fleet, whatever etcd answers. */
#include <errno.h>

#include "daemon/fleet/fleet_view.h"
#include "tests/unit/fleet_script.h"

/* ---- records ---- */

static void put_record(const char *record)
{
    _cleanup_(buf_done) Buf record_text = {0}, carry = {0};

    buf_puts(&record_text, record);
    buf_printf(&carry, "carry of %s", record);
    assert_int_equal(fleet_put_record(scripted.fleet, "one", &record_text, &carry), 0);
}

#define RECORD(record, last)                                                                       \
    "kv/txn " COMPARE("8") "],success:[{request_put:{key:/p/records/7692,value:" record "}},{"     \
                           "request_put:{key:/p/~carry/7692,value:carry of " record "}}" last      \
                           "]" ELSE_OWNER

/* One after the other, the newest alone; the set that it went by where that is another. */
static void test_the_newest_record_goes_out(void **state)
{
    EtcdScript *script = *state;

    host_set_instances(1);
    put_record("zero");
    host_owner();
    put_record("a");
    etcd_script_expect(script, RECORD("a", ""));
    put_record("b");
    put_record("c");
    etcd_script_expect(script, "");
    memset(scripted.set.digest, 'b', DIGEST_WHOLE);
    host_set_instances(1);
    etcd_script_await(script, 2); /* its own name's */
    buf_reset(&script->said);
    answer_txn(true, 9, NULL, 0);
    etcd_script_expect(script, RECORD("c", "," LAST("false", "bbbb")));
    answer_txn(true, 9, NULL, 0);
    answer_txn(true, 10, NULL, 0);
    etcd_script_expect(script, "");
    put_record("d"); /* which is known there now */
    etcd_script_expect(script, RECORD("d", ""));
    answer_txn(true, 11, NULL, 0);
    etcd_script_expect(script, "");
}

static void test_a_record_that_is_not_taken_is_sent_again(void **state)
{
    static const struct {
        int status;
        const char *body;
        uint64_t delay_usec;
    } rows[] = {{400, REFUSED, 30 * USEC_PER_SEC}, {200, "{}", USEC_PER_SEC}};
    EtcdScript *script = *state;
    FleetInstance *one;
    uint64_t before_usec;

    host_owner();
    one = fleet_find(scripted.fleet, "one");
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        put_record("a");
        etcd_script_expect(script, RECORD("a", ""));
        before_usec = clock_monotonic_usec();
        etcd_script_answer(script, rows[i].status, rows[i].body);
        etcd_script_expect(script, "");
        assert_due_in(one->work, before_usec, clock_monotonic_usec, rows[i].delay_usec);
        wake(one->work);
        etcd_script_expect(script, RECORD("a", ""));
        put_record("b");
        etcd_script_answer(script, rows[i].status, rows[i].body);
        etcd_script_expect(script, "");
        wake(one->work); /* the newer one */
        etcd_script_expect(script, RECORD("b", ""));
        answer_txn(true, 9, NULL, 0);
        etcd_script_expect(script, "");
        assert_false(one->has_record);
    }
    expect_log("fleet: etcd at etcd-0: no\nfleet: etcd answers again\n"
               "fleet: etcd answered no revision: is it etcd 3.4 or newer?\n"
               "fleet: etcd answers again\n");
}

/* It goes out before the instance is given away, unless etcd refuses it. */
static void test_a_record_before_the_release(void **state)
{
    EtcdScript *script = *state;

    host_owner();
    put_record("a");
    etcd_script_expect(script, RECORD("a", ""));
    fleet_end(scripted.fleet, "rosterd stops");
    etcd_script_expect(script, "stop one: rosterd stops\n");
    etcd_script_answer(script, 400, REFUSED);
    etcd_script_expect(script, RELEASE("8", "true"));
    answer_txn(true, 9, NULL, 0);
    etcd_script_expect(script, "drop one: the instance was given away\n"
                               "lease/revoke {\"ID\":\"77\"}\n");
    put_record("b");
    etcd_script_expect(script, "");
}

static void test_a_record_that_finds_another_owner(void **state)
{
    static const Found other = {.name = "owner/" HASH, .value = "{}", .created = 9, .lease = 5};
    EtcdScript *script = *state;

    host_owner();
    put_record("a");
    put_record("b");
    etcd_script_expect(script, RECORD("a", ""));
    answer_txn(false, 9, &other, 1);
    etcd_script_expect(script,
                       "drop one: etcd refused a record of it: another host owns the instance\n");
    assert_false(fleet_find(scripted.fleet, "one")->has_record);
}

/* ---- what was made known ---- */

static int on_intent(void *userdata, const EtcdKey *key)
{
    etcd_script_say(userdata, "%s", key->value);
    return strcmp(key->value, "last") == 0 ? -ENOMEM : 0;
}

static void on_read(void *userdata, const char *why)
{
    etcd_script_say(userdata, "read: %s", why ? why : "all");
}

static FleetReading *read_intents(void)
{
    static const FleetReadOps ops = {.on_intent = on_intent, .on_end = on_read};
    FleetReading *reading = NULL;

    assert_int_equal(
        fleet_read_intents(scripted.fleet, "one", 12, 34567, &ops, scripted.script, &reading), 0);
    etcd_script_expect(scripted.script,
                       "kv/range {\"key\":\"/p/~intents/7692/T\",\"range_end\":"
                       "\"/p/~intents/7692/T\",\"limit\":\"512\",\"revision\":\"0\"}\n");
    return reading;
}

static void test_intents_are_read(void **state)
{
    EtcdScript *script = *state;
    static const char *const values[] = {"first", "last", "more"};
    _cleanup_(buf_done) Buf body = {0}, key = {0};

    read_intents();
    etcd_script_answer(script, 400, REFUSED);
    etcd_script_expect(script, "read: etcd at etcd-0: no\n");
    read_intents();
    etcd_script_answer(script, 200, "{\"header\":{\"revision\":\"8\"}}");
    etcd_script_expect(script, "read: all\n");
    buf_puts(&body, "{\"header\":{\"revision\":\"8\"},\"kvs\":[");
    for (size_t i = 0; i < ELEMENTS(values); i++)
        buf_printf(&body, "%s%s", i > 0 ? "," : "",
                   etcd_script_key(&key, "/p/x", values[i], 1, 1, 0));
    buf_puts(&body, "]}");
    read_intents();
    etcd_script_answer(script, 200, buf_text(&body));
    etcd_script_expect(script, "first\nlast\nread: out of memory\n");
    fleet_cancel_read(read_intents());
    etcd_script_expect(script, "");
}

/* ---- what is shown ---- */

#define FOREIGN "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void say_view(EtcdScript *script)
{
    FleetView view;

    assert_int_equal(fleet_view_fill(scripted.fleet, &view), 0);
    etcd_script_say(script, "%s: %s, %s, %s, %s, %s; %s", view.host,
                    view.is_current ? "current" : "old", view.is_name_taken ? "taken" : "its own",
                    view.is_drained ? "drained" : "takes", view.has_lease ? "lease" : "no lease",
                    view.lease_usec > 0 ? "left" : "none left", view.trouble);
    assert_true(view.lease_usec <= USEC_PER_MINUTE);
    for (size_t i = 0; i < view.host_count; i++) {
        const FleetViewHost *host = &view.hosts[i];

        etcd_script_say(script, "host %s %s %s '%s' '%s' %s%s, %llu of %llu", host->name,
                        host->version, host->set_digest, host->set_head, host->since,
                        host->is_self ? "self" : "other", host->is_drained ? " drained" : "",
                        (unsigned long long)host->owned_count,
                        (unsigned long long)host->max_instances);
    }
    for (size_t i = 0; i < view.instance_count; i++) {
        const FleetViewInstance *item = &view.instances[i];

        etcd_script_say(script, "instance %s '%s' of '%s' '%s' last '%s' %s: %s", item->key,
                        item->name, item->owner, item->since, item->last,
                        item->is_self ? "self" : "other", item->record);
    }
    fleet_view_done(&view);
}

static void test_what_a_host_shows(void **state)
{
    static const Found rows[] = {
        {.name = "hosts/admin-b",
         .value = "{\"version\":\"1.2\",\"set\":\"cc\",\"head\":\"h\",\"since\":\"s\","
                  "\"drained\":true,\"max_instances\":9}",
         .lease = 5},
        {.name = "hosts/admin-c", .value = "?", .lease = 6},
        {.name = "last/" FOREIGN, .value = "{\"instance\":\"far\",\"host\":\"admin-c\"}"},
        {.name = "owner/" FOREIGN, .value = "{\"host\":\"admin-b\",\"since\":\"now\"}", .lease = 5},
        {.name = "records/" FOREIGN, .value = "{\"n\":1}"},
        {.name = "last/short", .value = "{\"instance\":\"odd\"}"},
        {.name = "last/" HASH, .value = "{\"instance\":\"one\",\"host\":\"admin-b\"}"},
    };
    EtcdScript *script = *state;

    host_set_instances(1);
    say_view(script);
    etcd_script_expect(script, "admin-a: old, its own, takes, no lease, none left; \n"
                               "instance one 'prod' of '' '' last '' other: \n");
    host_owner();
    say_view(script);
    etcd_script_expect(script, "admin-a: current, its own, takes, lease, left; \n"
                               "host admin-a   '' '' self, 0 of 0\n"
                               "instance one 'prod' of '' '' last 'admin-a' other: \n");
    for (size_t i = 0; i < ELEMENTS(rows); i++)
        tell(&rows[i], 9 + i);
    tell(&(Found){.name = "owner/" HASH, .value = "{\"host\":\"admin-a\"}", .lease = 77}, 8);
    while (!mirror_find(scripted.fleet->mirror, "owner/" HASH))
        assert_true(sd_event_run(script->event, USEC_PER_SEC) >= 0);
    etcd_script_await(script, 0);
    buf_reset(&script->said);
    scripted.fleet->is_drained = true;
    scripted.fleet->entry = ENTRY_TAKEN;
    str_copy(scripted.fleet->trouble, sizeof(scripted.fleet->trouble), "no leader");
    say_view(script);
    etcd_script_expect(script,
                       "admin-a: current, taken, drained, lease, left; no leader\n"
                       "host admin-a   '' '' self, 1 of 0\n"
                       "host admin-b 1.2 cc 'h' 's' other drained, 1 of 9\n"
                       "host admin-c   '' '' other, 0 of 0\n"
                       "instance one 'prod' of 'admin-a' '' last 'admin-b' self: \n"
                       "instance far '' of 'admin-b' 'now' last 'admin-c' other: {\"n\":1}\n");
}

/* One of whose name nobody holds an entry, the first of all keys being that of an instance. */
static void test_what_is_shown_without_hosts(void **state)
{
    static const Found last = {.name = "last/" FOREIGN,
                               .value = "{\"instance\":\"far\",\"host\":\"admin-c\"}"};
    EtcdScript *script = *state;

    host_set_instances(0);
    host_given();
    tell(&last, 7);
    while (!mirror_find(scripted.fleet->mirror, last.name))
        assert_true(sd_event_run(script->event, USEC_PER_SEC) >= 0);
    say_view(script);
    etcd_script_expect(script, "last/0123 is {\"instance\":\"far\",\"host\":\"admin-c\"}\n"
                               "changed\n"
                               "admin-a: current, its own, takes, no lease, none left; \n"
                               "instance far '' of '' '' last 'admin-c' other: \n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_newest_record_goes_out),
        TEST(test_a_record_that_is_not_taken_is_sent_again),
        TEST(test_a_record_before_the_release),
        TEST(test_a_record_that_finds_another_owner),
        TEST(test_intents_are_read),
        TEST(test_what_a_host_shows),
        TEST(test_what_is_shown_without_hosts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
