/* SPDX-License-Identifier: MIT */
/* Pauses, their ends and approvals on a host of a fleet: etcd has them before they are answered,
 * and the answer says whether, and who has not taken them. */
#include "tests/unit/control_answer.h"
#include "tests/unit/control_hosts.h"

#include <unistd.h>

#include "daemon/control/control_internal.h"
#include "daemon/shared/shared_internal.h"

#define PAUSE "{\"channel\":\"payments\",\"reason\":\"work\"}"
#define RESUME "{\"channel\":\"payments\"}"
#define DIGEST "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static size_t logged(const char *text)
{
    return controller_case_count_logged(control_hosts_here()->controller_case, text);
}

/* Of who runs the test, and asks. */
static size_t logged_by(const char *what, const char *why)
{
    char text[256];

    snprintf(text, sizeof(text), "%s by uid %u%s", what, getuid(), why);
    return logged(text);
}

static void on_nothing(void *userdata, FleetWritten result, uint64_t revision, const char *message)
{
    (void)userdata;
    (void)result;
    (void)revision;
    (void)message;
}

/* Whoever waits for etcd has waited for long enough. */
static void end_patience(void)
{
    const Shared *shared = control_hosts.shared;

    for (SharedAsking *asking = shared->askings; asking; asking = asking->next)
        sd_event_source_set_time(asking->timer, 1);
}

static int begin(const char *path, const char *body)
{
    return control_case_send_request(control_hosts_here(), "POST", path, body);
}

/* Etcd, which says nothing, is away when it has been asked; and is not tried again. */
static int lose(int fd)
{
    AWAIT_HERE(control_hosts.shared->askings);
    etcd_proxy_cut(control_hosts.here.proxy, true);
    control_hosts_end_calls();
    return fd;
}

static void expect_answer(int fd, const char *name)
{
    control_case_await_answer(control_hosts_here(), fd);
    control_answer_compare(control_hosts_here(), name);
    assert_null(control_hosts_here()->control->fleet_requests);
}

/* ---- pauses ---- */

static void test_a_pause_and_its_end(void **state)
{
    ControlCase *control_case = control_hosts_here();

    (void)state;
    control_answer_expect(control_case, CONTROL_PATH_PAUSE, PAUSE, "asked-pause.json");
    assert_true(control_hosts_is_paused("payments"));
    assert_int_equal(host_count(control_hosts.etcd_case, KEYS_PAUSES), 1); /* by name */
    assert_int_equal(logged_by("prod/payments: paused, without end,", ": work\n"), 1);
    control_answer_expect(control_case, CONTROL_PATH_PAUSE,
                          "{\"channel\":\"payments\",\"reason\":\"more work\",\"for\":\"2h\"}",
                          "asked-pause-again.json");
    assert_int_equal(logged("prod/payments: paused until 20"), 1);
    control_answer_expect(control_case, CONTROL_PATH_PAUSE,
                          "{\"instance\":\"prod\",\"reason\":\"all of it\"}",
                          "asked-pause-instance.json");
    control_answer_expect(control_case, CONTROL_PATH_RESUME, RESUME, "asked-resume.json");
    assert_int_equal(logged_by("prod/payments: resumed", "\n"), 1);
    control_answer_expect(control_case, CONTROL_PATH_RESUME, RESUME, "asked-resume-none.json");
    control_answer_expect(control_case, CONTROL_PATH_RESUME, "{\"all\":true}",
                          "asked-resume-all-none.json");
    control_answer_expect(control_case, CONTROL_PATH_RESUME, "{\"instance\":\"prod\"}",
                          "asked-resume-instance.json");
    assert_false(control_hosts_is_paused("payments"));
    assert_int_equal(host_count(control_hosts.etcd_case, KEYS_PAUSES), 0);
    assert_null(control_case->control->fleet_requests);
}

static void test_a_pause_that_the_owner_has_not_taken(void **state)
{
    int fd;

    (void)state;
    control_hosts_here();
    control_hosts_write("{\"revision\": 1}", "taken/admin-b");
    fd = begin(CONTROL_PATH_PAUSE, PAUSE);
    AWAIT_HERE(control_hosts.shared->askings && control_hosts.shared->askings->revision > 0 &&
               mirror_get_revision(fleet_mirror(control_hosts.here.fleet)) >=
                   control_hosts.shared->askings->revision);
    end_patience();
    expect_answer(fd, "asked-pause-untaken.json");
    assert_int_equal(logged("paused, without end"), 1);
    assert_int_equal(logged("on this host alone"), 0);
}

static void test_a_pause_that_etcd_has_not_got(void **state)
{
    (void)state;
    control_hosts_here();
    etcd_proxy_hold(control_hosts.here.proxy, true);
    expect_answer(lose(begin(CONTROL_PATH_PAUSE, PAUSE)), "asked-pause-here.json");
    assert_true(control_hosts_is_paused("payments"));
    assert_int_equal(
        logged_by("prod/payments: the pause holds on this host alone: etcd has not got it",
                  ": work\n"),
        1);
}

/* Each is answered by what it asked for, whichever is over first. */
static void test_two_at_once(void **state)
{
    int first, second;

    (void)state;
    control_hosts_here();
    etcd_proxy_hold(control_hosts.here.proxy, true);
    first = begin(CONTROL_PATH_PAUSE, PAUSE);
    AWAIT_HERE(control_hosts.shared->askings);
    second = begin(CONTROL_PATH_PAUSE, "{\"all\":true,\"reason\":\"much\"}");
    AWAIT_HERE(control_hosts.shared->askings->next);
    etcd_proxy_hold(control_hosts.here.proxy, false);
    control_case_await_answer(control_hosts_here(), first);
    control_case_assert_answered(control_hosts_here(), 200, "\r\n\r\n{\n  \"scope\": \"channel\"");
    control_case_await_answer(control_hosts_here(), second);
    control_case_assert_answered(control_hosts_here(), 200, "\r\n\r\n{\n  \"scope\": \"all\"");
    assert_null(control_hosts_here()->control->fleet_requests);
}

static void test_a_pause_that_cannot_be_kept(void **state)
{
    ControlCase *control_case = control_hosts_here();

    (void)state;
    control_case->control->dry_run = true;
    control_case_assert_post(control_case, CONTROL_PATH_PAUSE, PAUSE, 409, "is in dry run");
    control_case_assert_post(control_case, CONTROL_PATH_RESUME, RESUME, 409, "is in dry run");
    control_case->control->dry_run = false;
    assert_int_equal(host_count(control_hosts.etcd_case, KEYS_PAUSES), 0);
    assert_null(control_case->control->fleet_requests);
}

static void test_the_end_of_a_pause_needs_etcd(void **state)
{
    (void)state;
    expect_answer(begin(CONTROL_PATH_PAUSE, PAUSE), "asked-pause.json");
    etcd_proxy_hold(control_hosts.here.proxy, true);
    expect_answer(lose(begin(CONTROL_PATH_RESUME, RESUME)), "asked-resume-late.json");
    assert_true(control_hosts_is_paused("payments"));
    AWAIT_HERE(!mirror_is_current(fleet_mirror(control_hosts.here.fleet)));
    expect_answer(begin(CONTROL_PATH_RESUME, RESUME), "asked-resume-away.json");
    assert_true(control_hosts_is_paused("payments"));
    assert_int_equal(logged("resumed"), 0);
}

/* ---- approvals ---- */

static void test_an_approval(void **state)
{
    ControlCase *control_case = control_hosts_here();
    char digest[80], body[128];

    (void)state;
    control_answer_expect(control_case, CONTROL_PATH_APPROVE, "{\"digest\":\"abcdef012345\"}",
                          "asked-approve-unknown.json");
    control_answer_expect(control_case, CONTROL_PATH_APPROVE, "{\"digest\":\"" DIGEST "\"}",
                          "asked-approve-other.json");
    assert_int_equal(host_count(control_hosts.etcd_case, KEYS_APPROVALS DIGEST), 1);
    assert_int_equal(logged_by("the plan " DIGEST " approved", "\n"), 1);
    control_answer_expect(control_case, CONTROL_PATH_PLAN, "{}", "asked-plan.json");
    control_answer_find(control_case, "\"changed\": [],\n      \"digest\": \"", digest,
                        sizeof(digest));
    snprintf(body, sizeof(body), "{\"digest\":\"%.12s\",\"now\":true}", digest);
    control_answer_expect(control_case, CONTROL_PATH_APPROVE, body, "asked-approve-now.json");
    assert_int_equal(logged_by(" approved, also where its change window is closed", "\n"), 1);
    assert_int_equal(
        store_is_approved(control_case->state.store, digest, clock_realtime_usec(), NULL, NULL),
        APPROVAL_NOW);
    assert_null(control_case->control->fleet_requests);
}

static void test_an_approval_needs_etcd(void **state)
{
    (void)state;
    control_hosts_here();
    etcd_proxy_hold(control_hosts.here.proxy, true);
    expect_answer(lose(begin(CONTROL_PATH_APPROVE, "{\"digest\":\"" DIGEST "\"}")),
                  "asked-approve-late.json");
    AWAIT_HERE(!mirror_is_current(fleet_mirror(control_hosts.here.fleet)));
    expect_answer(begin(CONTROL_PATH_APPROVE, "{\"digest\":\"" DIGEST "\"}"),
                  "asked-approve-away.json");
    assert_int_equal(logged(" approved"), 0);
}

/* ---- the end ---- */

static void test_rosterd_ends_meanwhile(void **state)
{
    int pause, approval, resume;

    (void)state;
    expect_answer(begin(CONTROL_PATH_PAUSE, PAUSE), "asked-pause.json");
    etcd_proxy_hold(control_hosts.here.proxy, true);
    pause = begin(CONTROL_PATH_PAUSE, "{\"all\":true,\"reason\":\"much\"}");
    AWAIT_HERE(control_hosts.shared->askings);
    approval = begin(CONTROL_PATH_APPROVE, "{\"digest\":\"" DIGEST "\"}");
    AWAIT_HERE(control_hosts.shared->askings->next);
    resume = begin(CONTROL_PATH_RESUME, RESUME);
    AWAIT_HERE(control_hosts.shared->askings->next->next);
    control_hosts_free_control();
    control_case_await_answer(control_hosts_here(), pause);
    control_answer_compare(control_hosts_here(), "asked-pause-end.json");
    control_case_await_answer(control_hosts_here(), approval);
    control_answer_compare(control_hosts_here(), "asked-approve-end.json");
    control_case_await_answer(control_hosts_here(), resume);
    control_answer_compare(control_hosts_here(), "asked-resume-end.json");
    assert_null(control_hosts.shared->askings);
}

/* ---- what is shown ---- */

static void test_a_host_that_stands_by_is_shown(void **state)
{
    ControlCase *control_case = control_hosts_here();

    (void)state;
    control_answer_expect(control_case, CONTROL_PATH_PAUSE, PAUSE, "asked-pause.json");
    control_answer_expect(control_case, CONTROL_PATH_STATUS, NULL, "fleet-status-standing-by.json");
    control_answer_expect(control_case, CONTROL_PATH_FLEET, NULL, "fleet-standing-by.json");
    control_answer_expect(control_case, CONTROL_PATH_HISTORY, NULL, "fleet-history.json");
    control_answer_expect(control_case, CONTROL_PATH_RECONCILE, "{}", "fleet-reconcile.json");
    control_answer_expect(control_case, CONTROL_PATH_RECONCILE, RESUME,
                          "fleet-reconcile-channel.json");
}

static void test_an_owner_is_shown(void **state)
{
    ControlCase *control_case = control_hosts_here();

    (void)state;
    control_answer_expect(control_case, CONTROL_PATH_STATUS, NULL, "fleet-status-owned.json");
    control_answer_expect(control_case, CONTROL_PATH_FLEET, NULL, "fleet-owned.json");
}

/* ---- passes ---- */

/* admin-b has ended, and this host takes no instance. */
static void test_a_pass_of_an_instance_without_an_owner(void **state)
{
    ControlCase *control_case = control_hosts_here();
    const Mirror *mirror = fleet_mirror(control_hosts.here.fleet);

    (void)state;
    fleet_drain(control_hosts.here.fleet);
    host_stop(&control_hosts.there);
    AWAIT_HERE(!mirror_find(mirror, KEYS_HOSTS "admin-b") &&
               strstr(mirror_find(mirror, KEYS_HOSTS "admin-a")->value, "\"drained\":true"));
    control_answer_expect(control_case, CONTROL_PATH_RECONCILE, "{}", "fleet-reconcile-none.json");
    control_answer_expect(control_case, CONTROL_PATH_RECONCILE, RESUME,
                          "fleet-reconcile-none.json");
    assert_int_equal(control_case->control->waiter_count, 0);
    assert_int_equal(logged("a pass asked for"), 0);
    control_answer_expect(control_case, CONTROL_PATH_STATUS, NULL, "fleet-status-none.json");
}

static void test_a_pass_that_is_awaited_while_the_instance_is_given_away(void **state)
{
    ControlCase *control_case = control_hosts_here();
    int all, one;

    (void)state;
    controller_service.is_silent = true;
    all = begin(CONTROL_PATH_RECONCILE, "{}");
    one = begin(CONTROL_PATH_RECONCILE, RESUME);
    AWAIT_HERE(control_case->control->waiter_count == 2);
    assert_int_equal(logged("prod/payments: a pass asked for"), 1);
    assert_int_equal(logged("a pass asked for"), 2);
    control_on_pass(control_case->control); /* of another instance */
    assert_int_equal(control_case->control->waiter_count, 2);
    fleet_write(control_hosts.there.fleet, NULL, NULL, 0,
                &(FleetPut){.name = mirror_name(fleet_mirror(control_hosts.there.fleet),
                                                control_hosts_await_key(KEYS_OWNER))},
                1, USEC_PER_MINUTE, on_nothing, NULL, NULL);
    fleet_drain(control_hosts.here.fleet); /* nor does it take it again */
    AWAIT_HERE(!fleet_owns(control_hosts.here.fleet, control_hosts.key) &&
               fleet_owns(control_hosts.there.fleet, control_hosts.key));
    control_on_pass(control_case->control);
    control_case_await_answer(control_case, all);
    control_case_assert_answered(control_case, 423, "\"instance prod ");
    control_case_await_answer(control_case, one);
    control_case_assert_answered(control_case, 423, ": ask ");
    assert_int_equal(control_case->control->waiter_count, 0);
}

/* The roster pauses it as well, which no host can end. */
static void test_the_end_of_a_pause_beside_the_rosters(void **state)
{
    ControlCase *control_case = control_hosts_here();
    const Config *config = control_case->controller_case->controller->config;
    RosterChannel *payments;
    RosterPause audit = {.reason = "audit", .line = 7};

    (void)state;
    memcpy(&payments, &config->channels, sizeof(payments)); /* as a reload would have it */
    control_answer_expect(control_case, CONTROL_PATH_PAUSE, PAUSE, "asked-pause.json");
    payments->pause = &audit;
    control_answer_expect(control_case, CONTROL_PATH_RESUME, RESUME, "asked-resume-roster.json");
    control_answer_expect(control_case, CONTROL_PATH_RESUME, RESUME,
                          "asked-resume-roster-alone.json");
    payments->pause = NULL;
    assert_int_equal(host_count(control_hosts.etcd_case, KEYS_PAUSES), 0);
}

#define TEST_OF(name, setup) cmocka_unit_test_setup_teardown(name, setup, control_hosts_teardown)
#define TEST(name) TEST_OF(name, control_hosts_setup_standing_by)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_pause_and_its_end),
        TEST(test_a_pause_that_the_owner_has_not_taken),
        TEST(test_a_pause_that_etcd_has_not_got),
        TEST(test_two_at_once),
        TEST(test_a_pause_that_cannot_be_kept),
        TEST(test_the_end_of_a_pause_needs_etcd),
        TEST(test_an_approval),
        TEST(test_an_approval_needs_etcd),
        TEST(test_rosterd_ends_meanwhile),
        TEST(test_a_host_that_stands_by_is_shown),
        TEST(test_a_pass_of_an_instance_without_an_owner),
        TEST(test_the_end_of_a_pause_beside_the_rosters),
        TEST_OF(test_an_owner_is_shown, control_hosts_setup_owning),
        TEST_OF(test_a_pass_that_is_awaited_while_the_instance_is_given_away,
                control_hosts_setup_owning),
    };

    return cmocka_run_group_tests(tests, etcd_case_setup, etcd_case_teardown);
}
