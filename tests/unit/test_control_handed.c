/* SPDX-License-Identifier: MIT */
/* An undo that is asked for on a host that does not own the instance: its channels are paused on
 * all hosts, the owner is handed the changes, and what it says is the answer. */
#include "tests/unit/control_hosts.h"

#include <inttypes.h>
#include <unistd.h>

#include "daemon/control/handle_undo_internal.h"

#define PAUSED "; the channels of the undo are paused now, until each has its rosterctl resume "
#define LAST "{\"last\":true}"

static int asked; /* the connection */

/* The key under which the owner finds it. */
static const char *ask(const char *body)
{
    asked = control_case_send_request(control_hosts_here(), "POST", CONTROL_PATH_UNDO, body);
    return mirror_name(fleet_mirror(control_hosts.there.fleet), control_hosts_await_key(KEYS_UNDO));
}

static void assert_answered(int status, const char *part)
{
    ControlCase *control_case = control_hosts_here();

    control_case_await_answer(control_case, asked);
    control_case_assert_answered(control_case, status, part);
    assert_null(control_case->control->undoing);
}

/* What the owner puts in its place. */
static void answer(const char *key, const char *host, const char *told, const char *error)
{
    const UndoValue value = {.instance_key = control_hosts.key,
                             .host = host,
                             .pass = "p",
                             .uid = (uid_t)-1,
                             .owner = "admin-b",
                             .answer = told,
                             .error = error};

    buf_reset(&control_hosts.text);
    assert_int_equal(undo_value_append(&value, &control_hosts.text), 0);
    control_hosts_write(buf_text(&control_hosts.text), "%s", key);
}

static void test_what_is_handed_over(void **state)
{
    ControlCase *control_case = control_hosts_here();
    uint64_t before_usec = clock_realtime_usec(), asked_usec;
    const EtcdKey *key;
    char wanted[1024], name[KEYS_NAME_SIZE];
    UndoValue value;

    (void)state;
    ask(LAST);
    key = control_hosts_await_key(KEYS_UNDO);
    assert_int_equal(undo_value_read(key->value, key->value_size, &value, NULL), 0);
    asked_usec = value.asked_usec;
    assert_in_range(asked_usec, before_usec, clock_realtime_usec());
    snprintf(name, sizeof(name), "undo/%s/%020" PRIu64 "-admin-a", control_hosts.hash, asked_usec);
    assert_string_equal(mirror_name(fleet_mirror(control_hosts.there.fleet), key), name);
    snprintf(wanted, sizeof(wanted),
             "{\"instance\":\"%s\",\"host\":\"admin-a\",\"pass\":\"%s\",\"uid\":%u,"
             "\"asked_usec\":%" PRIu64 ",\"owner\":null,\"answer\":null,\"error\":null,"
             "\"actions\":[{\"action\":1,\"kind\":\"delete\",\"channel_id\":\"" FIRST
             "\",\"channel_name\":\"payments\",\"member_id\":\"102\",\"identity\":",
             control_hosts.key, value.pass, getuid(), asked_usec);
    client_case_assert_has(key->value, wanted);
    client_case_assert_has(key->value,
                           "\"before\":\"{\\\"host\\\":\\\"10.1.0.2\\\",\\\"port\\\":80,"
                           "\\\"weight\\\":1}\",\"after\":null,\"original\":null,"
                           "\"outcome\":null,\"weight\":null}]}");
    assert_true(control_hosts_is_paused("payments"));
    assert_int_equal(host_count(control_hosts.etcd_case, KEYS_PAUSES), 2); /* by id, by name */
    assert_int_equal(controller_service.additions, 0);
    assert_int_equal(controller_case_count_logged(control_case->controller_case, "undo of pass "),
                     1);
    undo_value_done(&value);
    answer(name, "admin-a", "{\"undo\": \"p\", \"result\": \"done\"}", NULL);
    assert_answered(200, "\r\n\r\n{\"undo\": \"p\", \"result\": \"done\"}");
    control_hosts_await_none(KEYS_UNDO);
}

/* Asked for twice, it is handed over twice. */
static void test_what_the_owner_says(void **state)
{
    (void)state;
    answer(ask(LAST), "admin-a", NULL, "there is no disk");
    assert_answered(409, "\"admin-b, which owns the instance: there is no disk" PAUSED "CHANNEL\"");
    control_hosts_await_none(KEYS_UNDO);
    answer(ask(LAST), "admin-a", NULL, NULL);
    assert_answered(409, "\"admin-b, which owns the instance: nothing was done" PAUSED "CHANNEL\"");
    control_hosts_await_none(KEYS_UNDO);
}

static void test_what_is_resumed_meanwhile_is_not_said_to_be_paused(void **state)
{
    ControlCase *control_case = control_hosts_here();
    const char *key = ask(LAST);

    (void)state;
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, "{\"channel\":\"payments\"}", 200,
                             "\"paused\": false");
    assert_false(control_hosts_is_paused("payments"));
    answer(key, "admin-a", NULL, "it was resumed");
    assert_answered(409, "\"admin-b, which owns the instance: it was resumed\"");
}

/* What is none of its own stays; what nobody awaits any more is deleted. */
static void test_answers_of_others(void **state)
{
    const char *key = ask(LAST);
    size_t count;

    (void)state;
    answer("undo/x/1-admin-c", "admin-c", "{}", NULL);
    answer("undo/x/2-admin-a", "admin-a", "{}", NULL);
    control_hosts_write("{\"owner\": \"admin-b\"}", "undo/x/3-admin-a");
    AWAIT_HERE((count = host_count(control_hosts.etcd_case, KEYS_UNDO)) == 3);
    assert_string_not_equal(host_find(control_hosts.etcd_case, "undo/x/1-admin-c"), "");
    assert_string_equal(host_find(control_hosts.etcd_case, "undo/x/2-admin-a"), "");
    assert_string_not_equal(host_find(control_hosts.etcd_case, "undo/x/3-admin-a"), "");
    assert_non_null(control_hosts_here()->control->undoing);
    answer(key, "admin-a", "{}", NULL);
    assert_answered(200, "{}");
}

static void test_an_owner_that_says_nothing(void **state)
{
    const Undoing *undoing;
    uint64_t end_usec = 0, begun_usec = clock_monotonic_usec();

    (void)state;
    ask(LAST);
    undoing = control_hosts_here()->control->undoing;
    sd_event_source_get_time(undoing->timer, &end_usec);
    assert_in_range(end_usec, begun_usec + 2 * USEC_PER_MINUTE,
                    clock_monotonic_usec() + 2 * USEC_PER_MINUTE);
    sd_event_source_set_time(undoing->timer, 1);
    assert_answered(503, "\"the undo was handed to the host that owns the instance, which has not "
                         "said within 2 min what came of it; it was taken back, unless it was "
                         "begun: rosterctl fleet shows the owner, and rosterctl history there "
                         "what it did" PAUSED "CHANNEL\"");
    control_hosts_await_none(KEYS_UNDO);
}

/* A newer configuration changes nothing of what is handed over. */
static void test_it_outlives_a_reload(void **state)
{
    ControlCase *control_case = control_hosts_here();
    const char *key = ask(LAST);
    const Undoing *undoing = control_case->control->undoing;

    (void)state;
    control_set_controller(control_case->control, control_case->controller_case->controller);
    assert_ptr_equal(control_case->control->undoing, undoing);
    assert_int_equal(host_count(control_hosts.etcd_case, KEYS_UNDO), 1);
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, LAST, 409,
                             "another undo is under way");
    answer(key, "admin-a", "{\"a\": 1}", NULL);
    assert_answered(200, "{\"a\": 1}");
}

static void test_rosterd_ends_while_the_owner_is_at_it(void **state)
{
    ControlCase *control_case = control_hosts_here();

    (void)state;
    ask(LAST);
    control_hosts_free_control();
    control_case_await_answer(control_case, asked);
    control_case_assert_answered(
        control_case, 503,
        "\"rosterd is ending: the undo is handed, or was about to be, to the host that owns the "
        "instance, which carries it out all the same: rosterctl fleet shows the owner, and "
        "rosterctl history there what it did" PAUSED "CHANNEL\"");
    assert_int_equal(host_count(control_hosts.etcd_case, KEYS_UNDO), 1);
}

/* After a reload it is found anew in the history, step by step, and its pauses are over first. */
static void test_it_is_paused_while_it_is_made_anew(void **state)
{
    ControlCase *control_case = control_hosts_here();
    const Undoing *undoing;
    const char *key;

    (void)state;
    etcd_proxy_hold(control_hosts.here.proxy, true);
    asked = control_case_send_request(control_case, "POST", CONTROL_PATH_UNDO, LAST);
    AWAIT_HERE(control_case->control->undoing);
    undoing = control_case->control->undoing;
    assert_true(undoing->pausing_count > 0);
    control_case_add_history(control_case, 1000);
    control_set_controller(control_case->control, control_case->controller_case->controller);
    assert_non_null(undoing->making);
    sd_event_source_set_enabled(undoing->turn, SD_EVENT_OFF);
    etcd_proxy_hold(control_hosts.here.proxy, false);
    AWAIT_HERE(undoing->pausing_count == 0);
    assert_ptr_equal(control_case->control->undoing, undoing);
    assert_string_equal(undoing->key, "");
    sd_event_source_set_enabled(undoing->turn, SD_EVENT_ONESHOT);
    key = mirror_name(fleet_mirror(control_hosts.there.fleet), control_hosts_await_key(KEYS_UNDO));
    answer(key, "admin-a", "{\"a\": 1}", NULL);
    assert_answered(200, "{\"a\": 1}");
}

/* ---- without etcd ---- */

static void test_rosterd_ends_while_it_is_paused(void **state)
{
    ControlCase *control_case = control_hosts_here();

    (void)state;
    etcd_proxy_hold(control_hosts.here.proxy, true);
    asked = control_case_send_request(control_case, "POST", CONTROL_PATH_UNDO, LAST);
    AWAIT_HERE(control_case->control->undoing);
    control_set_controller(control_case->control, control_case->controller_case->controller);
    assert_non_null(control_case->control->undoing);
    control_hosts_free_control();
    control_case_await_answer(control_case, asked);
    control_case_assert_answered(
        control_case, 503,
        "\"rosterd is ending: nothing is undone, and whether etcd has the pauses of its channels "
        "is not known: rosterctl status on another host shows whether they hold there" PAUSED
        "CHANNEL\"");
}

static void test_without_etcd_nothing_is_undone(void **state)
{
    ControlCase *control_case = control_hosts_here();

    (void)state;
    control_hosts_cut();
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, LAST, 503,
                             "\"nothing is undone: etcd has not got the pause of its channels (");
    control_case_assert_has(
        control_case, "), so that another host could delete its members again" PAUSED "CHANNEL\"");
    assert_null(control_case->control->undoing);
    assert_true(control_hosts_is_paused("payments"));
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, "{\"last\":true,\"dry_run\":true}",
                             200, "\"result\": \"planned\"");
}

/* Its pauses are known to be written, and not that it is handed over. */
static void test_what_cannot_be_handed_over(void **state)
{
    ControlCase *control_case = control_hosts_here();

    (void)state;
    asked = control_case_send_request(control_case, "POST", CONTROL_PATH_UNDO, LAST);
    AWAIT_HERE(control_case->control->undoing && control_case->control->undoing->writing);
    etcd_proxy_cut(control_hosts.here.proxy, true);
    control_hosts_end_calls();
    assert_answered(503, "\"the undo could not be handed to the owner: etcd was not asked in "
                         "time" PAUSED "CHANNEL\"");
}

/* A member of which the service has said more than etcd takes at once. */
static void test_what_is_too_large_to_be_handed_over(void **state)
{
    static const RosterChannel payments = {.mode = MODE_PRUNE};
    static char before[(1U << 20) + 64];
    ControlCase *control_case = control_hosts_here();
    Store *store = control_case->state.store;
    char pass[STORE_PASS_ID_SIZE];
    Change change = {.kind = CHANGE_DELETE,
                     .member_id = "102",
                     .identity = "x",
                     .identity_size = 1,
                     .before = before};
    const Batch batch = {.pass = pass,
                         .channel = &payments,
                         .instance_name = "prod",
                         .instance_key = control_hosts.key,
                         .channel_id = FIRST,
                         .channel_name = "payments",
                         .digest = "",
                         .changes = &change,
                         .change_count = 1};

    (void)state;
    snprintf(before, sizeof(before), "{\"remark\": \"%0*d\"}", 1 << 20, 0);
    assert_int_equal(store_begin_pass(store, clock_realtime_usec(), pass, NULL), 0);
    assert_int_equal(store_record(store, &batch, 1, clock_realtime_usec(), NULL), 0);
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, LAST, 500,
                             "\"the undo is of 1 changes, more than can be handed to another host "
                             "at once: undo it channel by channel (--channel), or on the host that "
                             "owns the instance" PAUSED "CHANNEL\"");
    assert_int_equal(host_count(control_hosts.etcd_case, KEYS_UNDO), 0);
    assert_null(control_case->control->undoing);
}

/* ---- of two instances ---- */

/* One pass that has deleted a member of both. */
static void record_both(const ControllerCase *controller_case)
{
    static const RosterChannel payments = {.mode = MODE_PRUNE};
    Store *store = controller_case->store;
    char pass[STORE_PASS_ID_SIZE];
    Change changes[2];
    Batch batches[2];

    assert_int_equal(store_begin_pass(store, clock_realtime_usec(), pass, NULL), 0);
    for (size_t i = 0; i < 2; i++) {
        const char *key = controller_case->controller->backend.keys[i];

        changes[i] = (Change){.kind = CHANGE_DELETE,
                              .member_id = "102",
                              .identity = "x",
                              .identity_size = 1,
                              .before = "{}"};
        batches[i] = (Batch){.pass = pass,
                             .channel = &payments,
                             .instance_name = i == 0 ? "prod" : "test",
                             .instance_key = key,
                             .channel_id = FIRST,
                             .channel_name = "payments",
                             .digest = "",
                             .changes = &changes[i],
                             .change_count = 1};
        assert_int_equal(store_name_instance(store, key, batches[i].instance_name, NULL), 0);
    }
    assert_int_equal(store_record(store, batches, 2, clock_realtime_usec(), NULL), 0);
    assert_int_equal(store_end_pass(store, pass, "failed", clock_realtime_usec(), NULL), 0);
}

static void test_changes_of_two_instances_are_undone_one_by_one(void **state)
{
    ControlCase *control_case = control_hosts_here();

    (void)state;
    record_both(control_case->controller_case);
    control_case_assert_post(control_case, CONTROL_PATH_UNDO, LAST, 409,
                             "\"these changes are of 2 instances, and not all are this host's: "
                             "undo them one by one, by --channel INSTANCE/CHANNEL\"");
    assert_null(control_case->control->undoing);
    assert_int_equal(host_count(control_hosts.etcd_case, KEYS_PAUSES), 0);
    control_hosts.key = control_case->controller_case->controller->backend.keys[1];
    answer(ask("{\"last\":true,\"channel\":\"test/payments\"}"), "admin-a", "{}", NULL);
    assert_answered(200, "{}");
    control_hosts_await_none(KEYS_UNDO);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, control_hosts_setup_standing_by, control_hosts_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_handed_over),
        TEST(test_what_the_owner_says),
        TEST(test_what_is_resumed_meanwhile_is_not_said_to_be_paused),
        TEST(test_answers_of_others),
        TEST(test_an_owner_that_says_nothing),
        TEST(test_it_outlives_a_reload),
        TEST(test_it_is_paused_while_it_is_made_anew),
        TEST(test_rosterd_ends_while_the_owner_is_at_it),
        TEST(test_rosterd_ends_while_it_is_paused),
        TEST(test_without_etcd_nothing_is_undone),
        TEST(test_what_cannot_be_handed_over),
        TEST(test_what_is_too_large_to_be_handed_over),
        cmocka_unit_test_setup_teardown(test_changes_of_two_instances_are_undone_one_by_one,
                                        control_hosts_setup_two, control_hosts_teardown),
    };

    return cmocka_run_group_tests(tests, etcd_case_setup, etcd_case_teardown);
}
