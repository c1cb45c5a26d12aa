/* SPDX-License-Identifier: MIT */
/* Properties of plans, over many channels made of seeds: no order matters, planning twice gives the
 * same, and nobody who belongs there is ever in a plan. */
#include "tests/world/world.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "reconcile/plan/identity.h"
#include "reconcile/plan/plan_digest.h"
#include "tests/unit/member_texts.h"

#define SEEDS 400

typedef struct Case {
    World *world;
    WorldChannel *channel;
    RosterChannel *roster;
    MemberRow rows[64];
    RosterMember members[32];
    size_t row_count;
    Guard refusing; /* of a plan that one guard holds */
} Case;

#define IN_SERVICE                                                                                 \
    {                                                                                              \
        OPS_WEIGHT_NONE, false, true                                                               \
    }

static const char *describe(const MemberPage *page, size_t row)
{
    return page->rows[row].id;
}

static void case_fill(Case *one)
{
    World *world = one->world;
    size_t wanted = world_below(world, 20), live = world_below(world, 50);
    char host[48];

    for (size_t i = 0; i < wanted; i++) {
        snprintf(host, sizeof(host), "10.0.0.%zu", i + 1);
        world_want(world, one->roster, world_chance(world, 30) ? "blue" : "", host,
                   world_chance(world, 50) ? 0 : 9090);
    }
    for (size_t i = 0; i < live; i++) {
        snprintf(host, sizeof(host), world_chance(world, 70) ? "10.0.0.%u" : "::FFFF:10.0.0.%u",
                 (unsigned)world_below(world, 30) + 1);
        world_add_grouped(one->channel, world_chance(world, 30) ? "blue" : "", host,
                          world_chance(world, 50) ? 8080 : 9090);
    }
    if (world_chance(world, 50)) {
        IgnoreRule *rule = world_ignore(world, one->roster);

        rule->group = world_chance(world, 50) ? "blue" : NULL;
        rule->has_port = true;
        rule->port = 9090;
    }
    for (size_t i = 0; i < live; i++) {
        const WorldMember *member = one->channel->members[i];

        one->rows[i] = (MemberRow){member->id,
                                   "id-a",
                                   member->host,
                                   member->ecs_id,
                                   member->group,
                                   member->port,
                                   {OPS_WEIGHT_NONE, false, world_chance(world, 67)}};
    }
    one->row_count = live;
    if (wanted > 0)
        memcpy(one->members, one->roster->members, wanted * sizeof(one->members[0]));
    one->roster->members = one->members;
}

static void case_open(Case *one, uint64_t seed)
{
    *one = (Case){.world = world_new(1)};
    one->world->seed = seed;
    one->world->random_state = seed * 77777;
    one->channel = world_add_channel(one->world, 0, "a");
    one->roster = world_add_roster(one->world, 0, "a");
    case_fill(one);
}

/* What is asked of a plan outlives it in the form of text. */
static void case_plan(const Case *one, const char *instance_name, const char *channel_id,
                      char *ret_text, size_t size)
{
    const MemberPage page = {.total = one->row_count,
                             .rows = one->rows,
                             .row_count = one->row_count,
                             .describe = describe};
    const Instance instance = {
        .endpoint = "https://e", .project_id = "p", .instance_id = instance_name};
    Guard guards[GUARD_COUNT];
    Desired desired;
    Diff diff;
    Plan plan;
    Err err = {0};
    size_t used;

    assert_int_equal(desired_init(&desired, one->roster, 8080, false, &err), 0);
    assert_int_equal(diff_init(&diff, &desired, channel_id, false), 0);
    assert_int_equal(diff_add_page(&diff, &page, 0, &err), 0);
    plan_make(&diff, MODE_PRUNE, &plan);
    for (GuardName name = 0; name < GUARD_COUNT; name++)
        guards[name] = (Guard){.name = name};
    if (one->refusing.refuses)
        guards[one->refusing.name] = one->refusing;
    if (plan.extra_count > 0)
        assert_int_equal(plan_digest_make(&plan, &diff, &instance, guards, plan.digest), 0);
    used = (size_t)snprintf(ret_text, size, "%zu %zu %zu %zu %zu %s", plan.extra_count,
                            plan.missing_count, plan.live_count, plan.ignored_count,
                            plan.staying_in_service, plan.digest);
    for (size_t i = 0; i < plan.extra_count && used < size; i++)
        used += (size_t)snprintf(ret_text + used, size - used, " %s", plan.extras[i].id);
    diff_done(&diff);
    desired_done(&desired);
}

#define SHUFFLE(world, array, count)                                                               \
    for (size_t i_ = (count); i_ > 1; i_--) {                                                      \
        size_t j_ = world_below(world, i_);                                                        \
        __typeof__((array)[0]) kept_ = (array)[j_];                                                \
                                                                                                   \
        (array)[j_] = (array)[i_ - 1];                                                             \
        (array)[i_ - 1] = kept_;                                                                   \
    }

static void test_a_plan_does_not_depend_on_any_order(void **state)
{
    char first[4096], second[4096];

    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        Case one;

        case_open(&one, seed);
        case_plan(&one, "prod", "id-a", first, sizeof(first));
        SHUFFLE(one.world, one.rows, one.row_count);
        SHUFFLE(one.world, one.members, one.roster->member_count);
        case_plan(&one, "prod", "id-a", second, sizeof(second));
        if (!str_equal(first, second))
            fail_msg("seed %zu: %s is not %s", (size_t)seed, first, second);
        case_plan(&one, "prod", "id-a", first, sizeof(first));
        if (!str_equal(first, second))
            fail_msg("seed %zu: planning twice gives two plans", (size_t)seed);
        world_free(one.world);
    }
}

static bool text_has_id(const char *text, const char *id)
{
    return strstr(text, id) != NULL;
}

static void test_exactly_those_that_nobody_wrote_down_are_in_a_plan(void **state)
{
    char text[4096];

    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        Case one;

        case_open(&one, seed);
        case_plan(&one, "prod", "id-a", text, sizeof(text));
        for (size_t i = 0; i < one.channel->member_count; i++) {
            const WorldMember *member = one.channel->members[i];
            bool belongs = world_is_desired(one.channel, one.roster, member) ||
                           world_is_ignored(one.channel, one.roster, member);

            if (text_has_id(text, member->id) == belongs)
                fail_msg("seed %zu: %s %s:%u", (size_t)seed, member->id, member->host,
                         member->port);
        }
        world_free(one.world);
    }
}

/* The digest is what an approval approves: it must change with whatever changes the plan. */
static void case_digest(const Case *one, const char *instance_name, char ret_digest[static 65])
{
    char text[4096];

    case_plan(one, instance_name, "id-a", text, sizeof(text));
    assert_int_equal(sscanf(text, "%*u %*u %*u %*u %*u %64s", ret_digest), 1);
    assert_int_equal(strlen(ret_digest), 64);
}

static void expect_other_digest(const Case *one, const char *instance_name, const char *before)
{
    char after[65];

    case_digest(one, instance_name, after);
    assert_string_not_equal(after, before);
}

/* A roster of so many members, at most two, and one extra. */
static void case_of_two(Case *one, size_t wanted)
{
    one->channel = world_add_channel(one->world, 0, "a");
    one->roster = world_add_roster(one->world, 0, "a");
    one->members[0] = (RosterMember){.address = "10.0.0.1"};
    one->members[1] = (RosterMember){.address = "10.0.0.2"};
    one->roster->members = one->members;
    one->roster->member_count = wanted;
    one->rows[0] = (MemberRow){"m1", "id-a", "10.9.0.1", "", "", 80, IN_SERVICE};
}

static void test_the_digest_changes_with_the_plan(void **state)
{
    char before[65];
    Case one = {.world = world_new(1)};

    (void)state;
    case_of_two(&one, 1);
    one.rows[1] = (MemberRow){"m2", "id-a", "10.9.0.2", "", "", 80, IN_SERVICE};
    one.row_count = 1;
    case_digest(&one, "prod", before);
    expect_other_digest(&one, "test", before);
    one.row_count = 2;
    expect_other_digest(&one, "prod", before);
    one.row_count = 1;
    one.roster->member_count = 2;
    expect_other_digest(&one, "prod", before);
    one.roster->member_count = 1;
    one.members[0].port = 81;
    expect_other_digest(&one, "prod", before);
    one.members[0].port = 0;
    one.rows[0].id = "m3";
    expect_other_digest(&one, "prod", before);
    one.rows[0].id = "m1";
    one.rows[0].port = 81;
    expect_other_digest(&one, "prod", before);
    world_free(one.world);
}

/* Whoever approved a plan saw what the roster states. */
static void test_the_digest_changes_with_what_is_stated(void **state)
{
    static const RosterMember stated[] = {
        {.states = ROSTER_MEMBER_WEIGHT},
        {.states = ROSTER_MEMBER_WEIGHT, .weight = 1},
        {.states = ROSTER_MEMBER_BACKUP},
        {.states = ROSTER_MEMBER_BACKUP, .backup = true},
        {.states = ROSTER_MEMBER_ENABLED},
        {.states = ROSTER_MEMBER_ENABLED, .enabled = true},
        {.states = ROSTER_MEMBER_ECS_NAME, .address = "10.0.0.2\0one"},
        {.states = ROSTER_MEMBER_ECS_NAME, .address = "10.0.0.2\0two"},
    };
    char found[ELEMENTS(stated) + 1][65];
    Case one = {.world = world_new(1)};

    (void)state;
    case_of_two(&one, 2);
    one.row_count = 1;
    case_digest(&one, "prod", found[0]);
    for (size_t i = 0; i < ELEMENTS(stated); i++) {
        one.members[1] = stated[i];
        if (!one.members[1].address)
            one.members[1].address = "10.0.0.2";
        case_digest(&one, "prod", found[i + 1]);
        for (size_t k = 0; k <= i; k++)
            assert_string_not_equal(found[i + 1], found[k]);
    }
    world_free(one.world);
}

/* Whoever approved a plan saw which guards refuse: what another one holds was not shown. */
static void test_the_digest_changes_with_the_refusals(void **state)
{
    static const GuardName covered[] = {GUARD_MAX_DELETES, GUARD_MAX_DELETE_PERCENT,
                                        GUARD_MIN_REMAINING, GUARD_FIGHT};
    char before[65], at_2[65], found[65];
    Case one = {.world = world_new(1)};

    (void)state;
    one.channel = world_add_channel(one.world, 0, "a");
    one.roster = world_add_roster(one.world, 0, "a");
    one.rows[0] = (MemberRow){"m1", "id-a", "10.9.0.1", "", "", 80, IN_SERVICE};
    one.row_count = 1;
    case_digest(&one, "prod", before);
    for (size_t i = 0; i < ELEMENTS(covered); i++) {
        one.refusing = (Guard){.name = covered[i], .planned = 2, .refuses = true};
        expect_other_digest(&one, "prod", before);
        case_digest(&one, "prod", at_2);
        one.refusing.planned = 1;
        one.refusing.limit = 9;
        case_digest(&one, "prod", found);
        assert_int_equal(strcmp(found, at_2) == 0, covered[i] != GUARD_MIN_REMAINING);
    }
    for (GuardName name = GUARD_CONFIRM_PASSES; name < GUARD_COUNT; name++) {
        if (name == GUARD_FIGHT)
            continue;
        one.refusing = (Guard){.name = name, .planned = 1, .refuses = true};
        case_digest(&one, "prod", found);
        assert_string_equal(found, before);
    }
    world_free(one.world);
}

/* Built here byte by byte: a digest that somebody holds must mean the same plan in a later version,
 * and a size is told in full. */
static size_t put(char *bytes, size_t at, const char *text, size_t size)
{
    for (size_t i = 0; i < 4; i++)
        bytes[at + i] = (char)(size >> (24 - 8 * i));
    memcpy(bytes + at + 4, text, size);
    return at + 4 + size;
}

static size_t put_text(char *bytes, size_t at, const char *text)
{
    memcpy(bytes + at, text, strlen(text));
    return at + strlen(text);
}

static void test_the_digest_is_made_of_these_bytes(void **state)
{
    enum { ID_SIZE = 0x010203 };
    static char id[ID_SIZE + 1], bytes[ID_SIZE + 1024];
    unsigned char packed[IDENTITY_SIZE_MAX];
    char expected[65], found[65], text[4096];
    Case one = {.world = world_new(1)};
    size_t at = 0;
    int size;

    (void)state;
    memset(id, 'c', ID_SIZE);
    one.channel = world_add_channel(one.world, 0, "a");
    one.roster = world_add_roster(one.world, 0, "a");
    one.members[0] = (RosterMember){.address = "10.0.0.2"};
    one.members[1] = (RosterMember){MEMBER_IN_GROUP("10.0.0.1", "blue"), .port = 9};
    one.roster->members = one.members;
    one.roster->member_count = 2;
    one.rows[0] = (MemberRow){"m1", id, "10.9.0.1", "", "", 80, IN_SERVICE};
    one.row_count = 1;
    one.refusing = (Guard){.name = GUARD_MIN_REMAINING, .planned = 7, .refuses = true};
    at = put_text(bytes, at, "rosterd plan 2\n");
    at = put(bytes, at, "https://e p i", strlen("https://e p i"));
    at = put(bytes, at, id, ID_SIZE);
    at = put_text(bytes, at, "roster 2\n");
    size = identity_pack("", "10.0.0.2", 8080, packed);
    at = put(bytes, at, (const char *)packed, (size_t)size);
    size = identity_pack("blue", "10.0.0.1", 9, packed);
    at = put(bytes, at, (const char *)packed, (size_t)size);
    at = put_text(bytes, at, "changes 1\n");
    at = put(bytes, at, "delete", 6);
    size = identity_pack("", "10.9.0.1", 80, packed);
    at = put(bytes, at, (const char *)packed, (size_t)size);
    at = put(bytes, at, "m1", 2);
    at = put_text(bytes, at, "guard min_remaining 7\n");
    assert_int_equal(digest_sha256_hex(bytes, at, expected), 0);
    case_plan(&one, "i", id, text, sizeof(text));
    assert_int_equal(sscanf(text, "%*u %*u %*u %*u %*u %64s", found), 1);
    assert_string_equal(found, expected);
    world_free(one.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_plan_does_not_depend_on_any_order),
        cmocka_unit_test(test_exactly_those_that_nobody_wrote_down_are_in_a_plan),
        cmocka_unit_test(test_the_digest_changes_with_the_plan),
        cmocka_unit_test(test_the_digest_changes_with_what_is_stated),
        cmocka_unit_test(test_the_digest_changes_with_the_refusals),
        cmocka_unit_test(test_the_digest_is_made_of_these_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
