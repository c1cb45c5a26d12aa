/* SPDX-License-Identifier: MIT */
/* What the control socket tells of a fleet and does to this host's part in it, while no etcd
 * answers: who asks is told all of it, once, and whether the host takes instances. */
#include "tests/unit/control_case.h"

#include <sys/socket.h>

#include "daemon/control/control_internal.h"
#include "daemon/fleet/fleet.h"

#define INSTANCES 700

/* The control's, which would be the daemon's. */
static Fleet *fleet;

/* The first of them is the controller's; all are named alike. */
static void use_fleet(ControlCase *control_case, size_t instance_count)
{
    static char texts[INSTANCES][48];
    const char *keys[INSTANCES], *names[INSTANCES];
    Controller *controller;
    Err err = {0};

    control_case_use(control_case,
                     "fleet: {etcd: {endpoints: ['http://127.0.0.1:1']}, host: admin-a}\n", NULL);
    controller = control_case->controller_case->controller;
    if (fleet_new(control_case_loop(control_case), controller->config, &fleet, &err) < 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < instance_count; i++) {
        snprintf(texts[i], sizeof(texts[i]), "https://roma.example p instance-%03zu-end", i);
        keys[i] = i == 0 ? controller->backend.keys[0] : texts[i];
        names[i] = "prod";
    }
    assert_int_equal(
        fleet_set_instances(fleet, keys, names, instance_count, &controller->config->set), 0);
    controller_use_fleet(controller, fleet, 0);
}

static int teardown(void **state)
{
    control_case_teardown(state);
    fleet_free(fleet);
    fleet = NULL;
    return 0;
}

static size_t count(const ControlCase *control_case, const char *text)
{
    size_t found = 0;

    for (const char *at = buf_text(&control_case->answer); (at = strstr(at, text)); at++)
        found++;
    return found;
}

static void test_who_takes_part_and_who_owns_what(void **state)
{
    ControlCase *control_case = *state;

    use_fleet(control_case, 1);
    control_case_assert_get(control_case, CONTROL_PATH_FLEET, 200, "\"prefix\": \"/rosterd/\"");
    control_case_assert_has(control_case, "\"time\": \"2");
    control_case_assert_has(control_case, "\"host\": \"admin-a\"");
    control_case_assert_has(control_case, "\"held\": false");
    control_case_assert_has(control_case, "\"hosts\": []");
    control_case_assert_has(control_case, "\"name\": \"prod\"");
    control_case_assert_has(control_case, "\"state\": \"unknown\"");
    control_case_assert_has(control_case, "while etcd does not answer it");
}

static bool is_whole(const ControlCase *control_case)
{
    const char *text = buf_text(&control_case->answer);
    size_t size = control_case->answer.size;

    return size > 7 && strcmp(text + size - 7, "\r\n0\r\n\r\n") == 0;
}

static void test_many_instances_are_told_once_each(void **state)
{
    ControlCase *control_case = *state;

    use_fleet(control_case, INSTANCES);
    control_case_assert_get(control_case, CONTROL_PATH_FLEET, 200, "\"hosts\": []");
    assert_true(is_whole(control_case));
    assert_int_equal(count(control_case, "\"hosts\""), 1);
    assert_int_equal(count(control_case, "\"key\""), INSTANCES);
    for (size_t i = 1; i < INSTANCES; i++) {
        char key[48];

        snprintf(key, sizeof(key), " instance-%03zu-end\"", i);
        assert_int_equal(count(control_case, key), 1);
    }
}

/* What is of another configuration by now is not told to its end. */
static void test_what_is_of_another_configuration_ends(void **state)
{
    ControlCase *control_case = *state;
    char byte;
    int fd;

    use_fleet(control_case, INSTANCES);
    fd = control_case_send_request(control_case, "GET", CONTROL_PATH_FLEET, NULL);
    alarm(60);
    while (recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) <= 0)
        assert_true(sd_event_run(control_case_loop(control_case), 10 * USEC_PER_MSEC) >= 0);
    alarm(0);
    control_case->control->controller_number++;
    control_case_await_answer(control_case, fd);
    assert_false(is_whole(control_case));
}

static void test_a_host_is_drained_and_takes_instances_again(void **state)
{
    ControlCase *control_case = *state;
    const ControllerCase *controller_case = control_case->controller_case;

    use_fleet(control_case, 1);
    control_case_assert_post(control_case, CONTROL_PATH_DRAIN, "{\"x\": 1}", 400, "x: ");
    assert_false(fleet_is_drained(fleet));
    for (size_t i = 0; i < 2; i++) { /* once or twice */
        control_case_assert_post(control_case, CONTROL_PATH_DRAIN, "{}", 200,
                                 "\"host\": \"admin-a\"");
        control_case_assert_has(control_case, "\"drained\": true");
        control_case_assert_has(control_case, "\"owned\": 0");
        assert_true(fleet_is_drained(fleet));
    }
    control_case_assert_get(control_case, CONTROL_PATH_FLEET, 200, "\"drained\": true");
    assert_int_equal(controller_case_count_logged(
                         controller_case, "this host gives its instances away and takes none"),
                     2);
    control_case_assert_post(control_case, CONTROL_PATH_UNDRAIN, "{}", 200, "\"drained\": false");
    assert_false(fleet_is_drained(fleet));
    control_case_assert_get(control_case, CONTROL_PATH_FLEET, 200, "\"drained\": false");
    assert_int_equal(
        controller_case_count_logged(controller_case, "this host takes instances again"), 1);
}

/* The settings have a fleet, and this rosterd is in none. */
static void test_a_fleet_that_rosterd_takes_no_part_in(void **state)
{
    ControlCase *control_case = *state;

    use_fleet(control_case, 1);
    control_case->controller_case->controller->backend.fleet = NULL;
    control_case_assert_get(control_case, CONTROL_PATH_FLEET, 409, "this takes a restart");
    control_case_assert_post(control_case, CONTROL_PATH_DRAIN, "{}", 409, "this takes a restart");
    control_case->control->dry_run = true;
    control_case_assert_get(control_case, CONTROL_PATH_FLEET, 409, "this rosterd is in dry run");
    assert_false(fleet_is_drained(fleet));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, control_case_setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_who_takes_part_and_who_owns_what),
        TEST(test_many_instances_are_told_once_each),
        TEST(test_what_is_of_another_configuration_ends),
        TEST(test_a_host_is_drained_and_takes_instances_again),
        TEST(test_a_fleet_that_rosterd_takes_no_part_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
