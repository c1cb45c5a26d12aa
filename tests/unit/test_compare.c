/* SPDX-License-Identifier: MIT */
/* Comparing configurations: each field of them, changed alone, is one change of the right thing. */
#include "tests/unit/test_config.h"

#include "config/load/compare.h"
#include "daemon/base/clock.h"

/* A configuration whose parts are its own. */
typedef struct Made {
    Config config;
    Instance instances[2];
    RosterChannel channels[3];
    RosterMember members[2];
    IgnoreRule rules[2];
} Made;

static const RosterPause pauses[] = {
    {.reason = "a", .until_usec = 1, .line = 1},
    {.reason = "a", .until_usec = 1, .line = 2},
    {.reason = "a", .until_usec = 2, .line = 1},
    {.reason = "b", .until_usec = 1, .line = 1},
};

static void make(Made *made)
{
    *made = (Made){
        .instances =
            {
                {.name = "prod",
                 .endpoint = "https://a.example.com",
                 .project_id = "p",
                 .instance_id = "i",
                 .ca_file = "/ca",
                 .auth = {.method = AUTH_PASSWORD,
                          .token_file = "t",
                          .iam_endpoint = "https://iam",
                          .domain = "d",
                          .user = "u",
                          .password_file = "w",
                          .project_name = "n",
                          .access_key_file = "ak",
                          .secret_key_file = "sk",
                          .security_token_file = "st",
                          .metadata_endpoint = "http://m"}},
                {.name = "test", .endpoint = "https://b.example.com", .instance_id = "j"},
            },
        .members = {{"", "10.0.0.1", 80, false}, {"blue", "10.0.0.2", 80, false}},
        .rules = {{.host = "h", .group = "g", .ecs_id = "e", .has_port = true, .port = 9},
                  {.has_network = true, .network = {10, 9}, .prefix_bits = 16}},
    };
    made->channels[0] =
        (RosterChannel){.name = "payments", .mode = MODE_PRUNE, .guards.max_deletes = 1};
    made->channels[0].members = made->members;
    made->channels[0].member_count = 2;
    made->channels[0].ignore = made->rules;
    made->channels[0].ignore_count = 2;
    made->channels[0].pause = &pauses[0];
    made->channels[1] = (RosterChannel){.id = "0123", .instance = 1};
    made->channels[2] = (RosterChannel){.name = "payments", .instance = 1};
    made->config = (Config){
        .instances = made->instances,
        .instance_count = 2,
        .channels = made->channels,
        .channel_count = 3,
        .mode = MODE_PRUNE,
        .interval_usec = 60 * USEC_PER_SEC,
        .history_keep_usec = USEC_PER_DAY,
        .retry = {4, 1, 2, 3},
        .limits = {8, 20, 1, 2, 3},
        .guards.max_deletes = 10,
    };
}

/* ---- what was told ---- */

static char told[1024];

static void on_change(const Change *change, void *userdata)
{
    static const char *const subjects[] = {"", "instance ", "channel "};

    (void)userdata;
    if (change->kind == CHANGE_NONE)
        return;
    snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s%s %s\n",
             subjects[change->subject], change->name, compare_kind_text(change->kind));
}

static void expect(const Made *old, const Made *now, int count, const char *text)
{
    told[0] = '\0';
    assert_int_equal(compare_configs(&old->config, &now->config, on_change, NULL), count);
    assert_string_equal(told, text);
}

/* The same but for one assignment, which must be told as `text`; there and back. */
#define DIFFERS(assignment, text)                                                                  \
    do {                                                                                           \
        Made old, now;                                                                             \
        make(&old);                                                                                \
        make(&now);                                                                                \
        now.assignment;                                                                            \
        expect(&old, &now, 1, text);                                                               \
        expect(&now, &old, 1, text);                                                               \
    } while (0)

static void test_the_same_is_unchanged(void **state)
{
    Made old, now;

    (void)state;
    make(&old);
    make(&now);
    now.channels[0].pause = &pauses[1]; /* of another line */
    expect(&old, &now, 0, "");
    assert_string_equal(compare_kind_text(CHANGE_NONE), "unchanged");
}

static void test_each_setting(void **state)
{
    (void)state;
    DIFFERS(config.mode = MODE_OBSERVE, "settings changed\n");
    DIFFERS(config.interval_usec++, "settings changed\n");
    DIFFERS(config.history_keep_usec++, "settings changed\n");
    DIFFERS(config.retry.attempts++, "settings changed\n");
    DIFFERS(config.retry.base_usec++, "settings changed\n");
    DIFFERS(config.retry.cap_usec++, "settings changed\n");
    DIFFERS(config.retry.throttle_base_usec++, "settings changed\n");
    DIFFERS(config.limits.concurrency++, "settings changed\n");
    DIFFERS(config.limits.requests_per_second++, "settings changed\n");
    DIFFERS(config.limits.connect_timeout_usec++, "settings changed\n");
    DIFFERS(config.limits.timeout_usec++, "settings changed\n");
    DIFFERS(config.limits.pass_deadline_usec++, "settings changed\n");
    for (GuardName name = 0; name < GUARD_COUNT; name++)
        DIFFERS(config.guards.limits[name]++, "settings changed\n");
}

static void test_each_part_of_an_instance(void **state)
{
    (void)state;
    DIFFERS(instances[0].endpoint = "https://c.example.com", "instance prod changed\n");
    DIFFERS(instances[0].api++, "instance prod changed\n");
    DIFFERS(instances[0].project_id = NULL, "instance prod changed\n");
    DIFFERS(instances[0].instance_id = "k", "instance prod changed\n");
    DIFFERS(instances[0].ca_file = "/other", "instance prod changed\n");
    DIFFERS(instances[1].ca_file = "/other", "instance test changed\n");
    DIFFERS(instances[0].auth.method = AUTH_TOKEN, "instance prod changed\n");
    DIFFERS(instances[0].auth.token_file = "x", "instance prod changed\n");
    DIFFERS(instances[0].auth.iam_endpoint = "x", "instance prod changed\n");
    DIFFERS(instances[0].auth.domain = "x", "instance prod changed\n");
    DIFFERS(instances[0].auth.user = "x", "instance prod changed\n");
    DIFFERS(instances[0].auth.password_file = "x", "instance prod changed\n");
    DIFFERS(instances[0].auth.project_name = "x", "instance prod changed\n");
    DIFFERS(instances[0].auth.access_key_file = "x", "instance prod changed\n");
    DIFFERS(instances[0].auth.secret_key_file = "x", "instance prod changed\n");
    DIFFERS(instances[0].auth.security_token_file = "x", "instance prod changed\n");
    DIFFERS(instances[0].auth.metadata_endpoint = NULL, "instance prod changed\n");
}

static void test_each_part_of_a_channel(void **state)
{
    (void)state;
    DIFFERS(channels[0].mode = MODE_OBSERVE, "channel prod/payments changed\n");
    DIFFERS(channels[1].allow_empty = true, "channel test/id:0123 changed\n");
    DIFFERS(channels[0].guards.max_deletes++, "channel prod/payments changed\n");
    DIFFERS(channels[0].pause = NULL, "channel prod/payments changed\n");
    DIFFERS(channels[0].pause = &pauses[2], "channel prod/payments changed\n");
    DIFFERS(channels[0].pause = &pauses[3], "channel prod/payments changed\n");
    DIFFERS(channels[0].member_count--, "channel prod/payments changed\n");
    DIFFERS(channels[0].ignore_count--, "channel prod/payments changed\n");
    DIFFERS(members[0].port++, "channel prod/payments changed\n");
    DIFFERS(members[1].is_ecs = true, "channel prod/payments changed\n");
    DIFFERS(members[1].group = "green", "channel prod/payments changed\n");
    DIFFERS(members[0].address = "10.0.0.9", "channel prod/payments changed\n");
    DIFFERS(rules[0].host = NULL, "channel prod/payments changed\n");
    DIFFERS(rules[0].group = "x", "channel prod/payments changed\n");
    DIFFERS(rules[0].ecs_id = "x", "channel prod/payments changed\n");
    DIFFERS(rules[0].has_port = false, "channel prod/payments changed\n");
    DIFFERS(rules[0].port++, "channel prod/payments changed\n");
    DIFFERS(rules[1].has_network = false, "channel prod/payments changed\n");
    DIFFERS(rules[1].network[15] = 1, "channel prod/payments changed\n");
    DIFFERS(rules[1].prefix_bits++, "channel prod/payments changed\n");
}

static void test_what_comes_and_goes(void **state)
{
    Made old, now;

    (void)state;
    make(&old);
    make(&now);
    now.config.channel_count = 1;
    now.config.instance_count = 1;
    expect(&old, &now, 3,
           "instance test removed\nchannel test/id:0123 removed\nchannel test/payments removed\n");
    expect(&now, &old, 3,
           "instance test added\nchannel test/id:0123 added\nchannel test/payments added\n");
    now.config.channel_count = 0;
    expect(&now, &old, 4,
           "instance test added\nchannel prod/payments added\nchannel test/id:0123 added\n"
           "channel test/payments added\n");
}

static void test_the_first_may_go_as_well(void **state)
{
    Made old, now;

    (void)state;
    make(&old);
    make(&now);
    now.channels[0].name = "orders";
    expect(&old, &now, 2, "channel prod/orders added\nchannel prod/payments removed\n");
    make(&now);
    now.instances[0].name = "main";
    expect(&old, &now, 4,
           "instance main added\ninstance prod removed\nchannel main/payments added\n"
           "channel prod/payments removed\n");
}

static void test_several_at_once_are_told_each(void **state)
{
    Made old, now;

    (void)state;
    make(&old);
    make(&now);
    now.config.interval_usec++;
    now.instances[1].endpoint = "https://c.example.com";
    now.channels[2].mode = MODE_OBSERVE;
    now.channels[1].id = "4567";
    expect(&old, &now, 5,
           "settings changed\ninstance test changed\nchannel test/id:4567 added\n"
           "channel test/payments changed\nchannel test/id:0123 removed\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_is_unchanged),
        cmocka_unit_test(test_each_setting),
        cmocka_unit_test(test_each_part_of_an_instance),
        cmocka_unit_test(test_each_part_of_a_channel),
        cmocka_unit_test(test_what_comes_and_goes),
        cmocka_unit_test(test_the_first_may_go_as_well),
        cmocka_unit_test(test_several_at_once_are_told_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
