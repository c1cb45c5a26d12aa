/* SPDX-License-Identifier: MIT */
/* The channels of an instance: resolving a roster's entry, and which kinds can be managed. */
#include "tests/world/world.h"

#include <stdio.h>
#include <string.h>

#include "reconcile/plan/catalog.h"

static void catalog_of(Catalog *catalog, const ChannelRow *rows, size_t count)
{
    const ChannelPage page = {.total = count, .rows = rows, .row_count = count};
    Err err = {0};

    assert_int_equal(catalog_add_page(catalog, &page, 0, &err), 0);
}

static ChannelRow row_of(const char *id, const char *name)
{
    return (ChannelRow){.id = id, .name = name, .member_type = "ip", .vpc_channel_type = ""};
}

static void expect_claim(Catalog *catalog, const RosterChannel *entry, const char *id,
                         const char *why)
{
    Err err = {0};
    const CatalogRow *row = catalog_claim(catalog, entry, &err);

    if (id) {
        assert_non_null(row);
        assert_string_equal(row->channel.id, id);
    } else {
        assert_null(row);
        if (!strstr(err.text, why))
            fail_msg("\"%s\" does not say \"%s\"", err.text, why);
    }
}

static void test_groups_outlive_their_page(void **state)
{
    char name[] = "blue";
    ChannelGroup groups[] = {{name, 7}, {"canary", OPS_WEIGHT_NONE}};
    ChannelRow row = row_of("c1", "a");
    Catalog catalog = {0};
    const CatalogRow *kept;

    (void)state;
    row.tells_groups = true;
    row.groups = groups;
    row.group_count = ELEMENTS(groups);
    catalog_of(&catalog, &row, 1);
    memset(name, 'x', sizeof(name) - 1);
    memset(groups, 0, sizeof(groups));
    kept = catalog_find(&catalog, "c1");
    assert_true(kept->channel.tells_groups);
    assert_int_equal(kept->channel.group_count, 2);
    assert_string_equal(kept->channel.groups[0].name, "blue");
    assert_int_equal(kept->channel.groups[0].weight, 7);
    assert_int_equal(kept->channel.groups[1].weight, OPS_WEIGHT_NONE);
    catalog_done(&catalog);
}

static void test_names_and_ids_resolve_to_exactly_one(void **state)
{
    const ChannelRow rows[] = {row_of("c1", "a"), row_of("c2", "b"), row_of("c3", "b"),
                               row_of("c4", "c1")};
    Catalog catalog = {0};

    (void)state;
    catalog_of(&catalog, rows, ELEMENTS(rows));
    expect_claim(&catalog, &(RosterChannel){.name = "a", .file = "f", .line = 3}, "c1", NULL);
    expect_claim(&catalog, &(RosterChannel){.id = "c3", .file = "f", .line = 3}, "c3", NULL);
    expect_claim(&catalog, &(RosterChannel){.name = "c1", .file = "f", .line = 3}, "c4", NULL);
    expect_claim(&catalog, &(RosterChannel){.name = "b", .file = "f", .line = 3}, NULL,
                 "2 channels named b, name the one meant by its id (f:3): c2, c3");
    expect_claim(&catalog, &(RosterChannel){.name = "A", .file = "f", .line = 3}, NULL,
                 "no channel with the name A (f:3)");
    expect_claim(&catalog, &(RosterChannel){.id = "a", .file = "f", .line = 3}, NULL,
                 "no channel with the id a");
    expect_claim(&catalog, &(RosterChannel){.name = "", .file = "f", .line = 3}, NULL,
                 "no channel");
    catalog_done(&catalog);
}

static void test_a_name_that_is_unknown_is_told_with_the_nearest(void **state)
{
    const ChannelRow rows[] = {row_of("c1", "payments"), row_of("c2", "orders"),
                               row_of("c3", "payment-eu"), row_of("c4", "orders")};
    Catalog catalog = {0};

    (void)state;
    catalog_of(&catalog, rows, ELEMENTS(rows));
    expect_claim(&catalog, &(RosterChannel){.name = "paymets", .file = "f", .line = 3}, NULL,
                 "no channel with the name paymets (f:3), did you mean payments?");
    expect_claim(&catalog, &(RosterChannel){.name = "order", .file = "f", .line = 3}, NULL,
                 "did you mean orders?");
    expect_claim(&catalog, &(RosterChannel){.name = "else", .file = "f", .line = 3}, NULL, "(f:3)");
    for (size_t i = 0; i < 30; i++)
        expect_claim(&catalog, &(RosterChannel){.name = "paymets", .file = "f", .line = 4}, NULL,
                     i < 17 ? "did you mean payments?" : "(f:4)");
    catalog_done(&catalog);
}

/* Very many ids are counted. */
static void test_a_name_of_several_channels_is_told_with_their_ids(void **state)
{
    ChannelRow rows[11];
    char ids[ELEMENTS(rows)][8];
    Catalog catalog = {0};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        snprintf(ids[i], sizeof(ids[i]), "c%zu", i);
        rows[i] = row_of(ids[i], "same");
    }
    catalog_of(&catalog, rows, ELEMENTS(rows));
    expect_claim(&catalog, &(RosterChannel){.name = "same", .file = "f", .line = 3}, NULL,
                 "11 channels named same, name the one meant by its id (f:3): c0, ");
    expect_claim(&catalog, &(RosterChannel){.name = "same", .file = "f", .line = 3}, NULL,
                 " and 3 more");
    catalog_done(&catalog);
}

static void test_claims_of_one_channel_are_counted(void **state)
{
    const ChannelRow rows[] = {row_of("c1", "a"), row_of("c2", "b")};
    Catalog catalog = {0};
    Err err = {0};

    (void)state;
    catalog_of(&catalog, rows, ELEMENTS(rows));
    assert_int_equal(catalog_claim(&catalog, &(RosterChannel){.name = "a"}, &err)->claims, 1);
    assert_int_equal(catalog_claim(&catalog, &(RosterChannel){.name = "b"}, &err)->claims, 1);
    assert_int_equal(catalog_claim(&catalog, &(RosterChannel){.id = "c1"}, &err)->claims, 2);
    catalog_done(&catalog);
}

static void test_an_id_twice_makes_the_list_worthless(void **state)
{
    const ChannelRow rows[] = {row_of("c1", "a"), row_of("c1", "b")};
    const ChannelPage page = {.total = 2, .rows = rows, .row_count = 2};
    Catalog catalog = {0};
    Err err = {0};

    (void)state;
    assert_int_equal(catalog_add_page(&catalog, &page, 0, &err), -EPROTO);
    assert_non_null(strstr(err.text, "c1 is listed twice"));
    catalog_reset(&catalog);
    catalog_of(&catalog, rows, 1);
    expect_claim(&catalog, &(RosterChannel){.name = "b", .file = "f"}, NULL, "no channel");
    catalog_done(&catalog);
}

/* ---- API.md section 1.7 ---- */

typedef struct KindCase {
    const char *vpc_channel_type;
    int type;
    bool has_reference;
    const char *member_type;
    ChannelKind kind;
    const char *why; /* unmanageable */
} KindCase;

static const KindCase kind_cases[] = {
    {"builtin", 2, false, "ip", CHANNEL_OF_ADDRESSES, NULL},
    {"builtin", -1, false, "ip", CHANNEL_OF_ADDRESSES, NULL},
    {"builtin", 1, false, "ip", CHANNEL_OF_ADDRESSES, NULL},
    {"builtin", 2, false, "ecs", CHANNEL_OF_ECS, NULL},
    {"builtin", 2, false, "", CHANNEL_OF_ECS, NULL},
    {"", -1, false, "ip", CHANNEL_OF_ADDRESSES, NULL},
    {"", 0, false, "ip", CHANNEL_OF_ADDRESSES, NULL},
    {"", 2, false, "ip", CHANNEL_OF_ADDRESSES, NULL},
    {"", 2, false, "ecs", CHANNEL_OF_ECS, NULL},
    {"reference", 2, false, "ip", CHANNEL_UNMANAGEABLE, "reference"},
    {"reference", -1, true, "ip", CHANNEL_UNMANAGEABLE, "reference"},
    {"builtin", 2, true, "ip", CHANNEL_UNMANAGEABLE, "reference"},
    {"", -1, true, "ip", CHANNEL_UNMANAGEABLE, "reference"},
    {"microservice", 2, false, "ip", CHANNEL_UNMANAGEABLE, "microservice"},
    {"microservice", -1, false, "ip", CHANNEL_UNMANAGEABLE, "microservice"},
    {"builtin", 3, false, "ip", CHANNEL_UNMANAGEABLE, "microservice"},
    {"", 3, false, "ip", CHANNEL_UNMANAGEABLE, "microservice"},
    {"", 1, false, "ip", CHANNEL_UNMANAGEABLE, "type 1"},
    {"", 4, false, "ip", CHANNEL_UNMANAGEABLE, "type 4"},
    {"Builtin", 2, false, "ip", CHANNEL_UNMANAGEABLE, "Builtin"},
    {"nacos", 2, false, "ip", CHANNEL_UNMANAGEABLE, "nacos"},
    {"builtin", 2, false, "pod", CHANNEL_UNMANAGEABLE, "pod"},
};

static void test_each_row_of_the_classification(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(kind_cases); i++) {
        const KindCase *row = &kind_cases[i];
        const ChannelRow channel = {
            .id = "c1",
            .name = "a",
            .member_type = row->member_type,
            .vpc_channel_type = row->vpc_channel_type,
            .type = row->type,
            .has_reference = row->has_reference,
        };
        Err err = {0};

        if (catalog_classify(&channel, &err) != row->kind)
            fail_msg("case %zu: %s, type %d", i, row->vpc_channel_type, row->type);
        if (row->why && !strstr(err.text, row->why))
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, err.text, row->why);
    }
}

/* ---- on whole passes ---- */

static void test_one_request_resolves_500_channels(void **state)
{
    World *world = world_new(1);

    (void)state;
    for (size_t i = 0; i < 5; i++)
        world_add_usual(world, (const char *[]){"a", "b", "c", "d", "e"}[i], 2, 0);
    world_pass(world);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_CHANNELS), 1);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 5);
    assert_int_equal(world->sends[0].request.limit, 500);
    assert_int_equal(report_exit_status(pass_get_report(world->pass)), 0);
    world_free(world);
}

static void test_unmanageable_channels_are_not_even_listed(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 1, 3)->row.vpc_channel_type = "reference";
    world_add_usual(world, "b", 1, 1);
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_UNMANAGEABLE);
    assert_int_equal(world_result(world, 1), RESULT_CONVERGED);
    assert_int_equal(world_count_sent(world, REQUEST_LIST_MEMBERS), 2);
    assert_int_equal(report_exit_status(pass_get_report(world->pass)), 1);
    world_free(world);
}

static void test_two_entries_of_one_channel_both_fail(void **state)
{
    World *world = world_new(1);
    RosterChannel *second;

    (void)state;
    world_add_usual(world, "a", 1, 2);
    world_add_usual(world, "b", 1, 1);
    second = world_add_roster(world, 0, NULL);
    second->id = "id-a";
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    assert_int_equal(world_result(world, 2), RESULT_FAILED);
    assert_non_null(strstr(report_error(world_report(world, 0))->text, "2 entries"));
    assert_non_null(strstr(report_error(world_report(world, 2))->text, "2 entries"));
    assert_int_equal(world_result(world, 1), RESULT_CONVERGED);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 1);
    world_free(world);
}

static void test_a_name_that_fits_none_or_several_fails_alone(void **state)
{
    World *world = world_new(1);

    (void)state;
    world_add_usual(world, "a", 1, 1);
    world_add_usual(world, "b", 1, 1);
    world_add_channel(world, 0, "twin")->row.name = "b";
    world_add_roster(world, 0, "nowhere");
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_CONVERGED);
    assert_int_equal(world_result(world, 1), RESULT_FAILED);
    assert_int_equal(world_result(world, 2), RESULT_FAILED);
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 1);
    world_free(world);
}

static void test_a_roster_for_the_wrong_member_type_deletes_nothing(void **state)
{
    World *world = world_new(1);
    WorldChannel *channel = world_add_usual(world, "a", 2, 2);

    (void)state;
    channel->row.member_type = "ecs";
    world_pass(world);
    assert_int_equal(world_result(world, 0), RESULT_FAILED);
    assert_non_null(strstr(report_error(world_report(world, 0))->text, "ecs_id"));
    assert_int_equal(world_count_sent(world, REQUEST_DELETE_MEMBER), 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_ids_resolve_to_exactly_one),
        cmocka_unit_test(test_groups_outlive_their_page),
        cmocka_unit_test(test_a_name_that_is_unknown_is_told_with_the_nearest),
        cmocka_unit_test(test_a_name_of_several_channels_is_told_with_their_ids),
        cmocka_unit_test(test_claims_of_one_channel_are_counted),
        cmocka_unit_test(test_an_id_twice_makes_the_list_worthless),
        cmocka_unit_test(test_each_row_of_the_classification),
        cmocka_unit_test(test_one_request_resolves_500_channels),
        cmocka_unit_test(test_unmanageable_channels_are_not_even_listed),
        cmocka_unit_test(test_two_entries_of_one_channel_both_fail),
        cmocka_unit_test(test_a_name_that_fits_none_or_several_fails_alone),
        cmocka_unit_test(test_a_roster_for_the_wrong_member_type_deletes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
