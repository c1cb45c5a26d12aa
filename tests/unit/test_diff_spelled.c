/* SPDX-License-Identifier: MIT */
/* Live rows are found by their bytes first, and taken apart only where that finds nothing. Over
 * many rosters and spellings made of seeds: what becomes of a row is what comes of taking each
 * apart and comparing it with each member. */
#include "tests/world/world.h"

#include <string.h>
#include <strings.h>

#include "daemon/base/str.h"
#include "reconcile/plan/diff.h"

#define SEEDS 3000
#define MEMBERS_MAX 24
#define CHANNEL_PORT 8080

static const char *const hosts[] = {"10.1.0.5",  "10.1.0.50", "2001:db8::5", "::1",
                                    "a.example", "b.example", "1.example"};

/* As a service may write them: the host of that number first, then others, and some that are no
 * address or no member's. */
static const char *const spelled[] = {"10.1.0.5",
                                      "010.1.0.5",
                                      "::ffff:10.1.0.5",
                                      "::FFFF:a01:5",
                                      "10.1.0.50",
                                      "10.1.0.050",
                                      "10.1.5",
                                      "0xa.1.0.5",
                                      "2001:db8::5",
                                      "2001:DB8::5",
                                      "2001:db8:0::5",
                                      "2001:0db8::0:5",
                                      "[2001:db8::5]",
                                      "2001:db8::5%eth0",
                                      "::1",
                                      "0:0:0:0:0:0:0:1",
                                      "0::1",
                                      "a.example",
                                      "A.EXAMPLE",
                                      "a.example.",
                                      "a..example",
                                      "b.Example",
                                      "B.example.",
                                      "1.example",
                                      "10.1.0.5.",
                                      "10.1.0.5 ",
                                      " 10.1.0.5",
                                      "",
                                      "10.1.0.6",
                                      "c.example"};

static const char *const servers[] = {"5b3c1f6e-0001", "5B3C1F6E-0001", "5b3c1f6e-0002", "e1"};
static const char *const seen_servers[] = {
    "5b3c1f6e-0001", "5B3c1f6E-0001", "5B3C1F6E-0002", "E1", "e2", ""};
static const char *const groups[] = {"", "blue", "Blue"};

typedef struct Spelling {
    World *world;
    bool is_ecs;
    RosterMember members[MEMBERS_MAX];
    size_t member_count;
    RosterChannel roster;
    Arena arena; /* of the index */
} Spelling;

static const char *pick(const Spelling *one, const char *const *texts, size_t count)
{
    return texts[world_below(one->world, count)];
}

#define PICK(one, texts) pick(one, texts, ELEMENTS(texts))

static uint16_t pick_port(const Spelling *one)
{
    static const uint16_t ports[] = {0, CHANNEL_PORT, 9090};

    return ports[world_below(one->world, ELEMENTS(ports))];
}

static uint16_t effective(uint16_t port)
{
    return port ? port : CHANNEL_PORT;
}

/* Begins with a roster whose members are all different, as written. */
static void open(Spelling *one, uint64_t seed)
{
    size_t tries;

    *one = (Spelling){.world = world_new(1)};
    one->world->random_state = seed * 77777;
    one->is_ecs = world_chance(one->world, 30);
    tries = world_below(one->world, MEMBERS_MAX);
    assert_int_equal(member_index_init(&one->roster.index, MEMBERS_MAX, &one->arena), 0);
    one->roster.members = one->members;
    for (size_t i = 0; i < tries; i++) {
        RosterMember *member = &one->members[one->member_count];
        const char *group = PICK(one, groups),
                   *address = one->is_ecs ? PICK(one, servers) : PICK(one, hosts);

        *member = (RosterMember){.port = pick_port(one), .is_ecs = one->is_ecs};
        assert_int_equal(config_member_set_texts(member, &one->arena, address, group, NULL), 0);
        if (member_index_add(&one->roster.index, one->members, one->member_count) ==
            one->member_count)
            one->member_count++;
    }
    one->roster.member_count = one->member_count;
}

static void close(Spelling *one)
{
    arena_done(&one->arena);
    world_free(one->world);
}

/* The first member that is the same as this, looking at each; SIZE_MAX. */
static size_t find_slowly(const Spelling *one, const char *group, const char *address,
                          uint16_t port)
{
    for (size_t i = 0; i < one->member_count; i++) {
        const RosterMember *member = &one->members[i];

        if (str_equal(config_member_group(member), group) &&
            effective(member->port) == effective(port) &&
            (one->is_ecs ? strcasecmp(member->address, address) == 0
                         : str_equal(member->address, address)))
            return i;
    }
    return SIZE_MAX;
}

static bool has_twins(const Spelling *one)
{
    for (size_t i = 0; i < one->member_count; i++) {
        const RosterMember *member = &one->members[i];

        if (find_slowly(one, config_member_group(member), member->address, member->port) != i)
            return true;
    }
    return false;
}

static const char *describe(const MemberPage *page, size_t row)
{
    return page->rows[row].id;
}

/* One row, by itself in a list. */
static void check_row(const Spelling *one, const Desired *desired, uint64_t seed)
{
    const MemberRow row = {.id = "m1",
                           .channel_id = "c1",
                           .host = PICK(one, spelled),
                           .ecs_id = PICK(one, seen_servers),
                           .group = PICK(one, groups),
                           .port = pick_port(one),
                           .fields = {OPS_WEIGHT_NONE, false, true}};
    const MemberPage page = {.total = 1, .rows = &row, .row_count = 1, .describe = describe};
    char canonical[ADDRESS_SIZE_MAX];
    AddressKind kind;
    bool is_read = one->is_ecs ? row.ecs_id[0] != '\0'
                               : address_parse(row.host, canonical, &kind) == 0 && canonical[0];
    size_t wanted =
        is_read ? find_slowly(one, row.group, one->is_ecs ? row.ecs_id : canonical, row.port)
                : SIZE_MAX;
    Err err = {0};
    Diff diff;
    int r;

    assert_int_equal(diff_init(&diff, desired, "c1", one->is_ecs), 0);
    r = diff_add_page(&diff, &page, 0, &err);
    if (r != (is_read ? 0 : -EPROTO))
        fail_msg("seed %zu: \"%s\" gives %d: %s", (size_t)seed, row.host, r, err.text);
    if (is_read && diff.extra_count != (wanted == SIZE_MAX))
        fail_msg("seed %zu: \"%s\", \"%s\" is an extra or is none", (size_t)seed, row.host,
                 row.ecs_id);
    for (size_t i = 0; is_read && i < one->member_count; i++)
        assert_int_equal(diff.seen[i] != NULL, i == wanted);
    diff_done(&diff);
}

static void test_bytes_find_what_taking_apart_finds(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        Spelling one;
        Desired desired;
        Err err = {0};
        bool is_refused;

        open(&one, seed);
        is_refused = desired_init(&desired, &one.roster, CHANNEL_PORT, one.is_ecs, &err) < 0;
        if (is_refused != has_twins(&one))
            fail_msg("seed %zu: %s", (size_t)seed, is_refused ? err.text : "twins are taken");
        for (size_t i = 0; !is_refused && i < 8; i++)
            check_row(&one, &desired, seed);
        desired_done(&desired);
        close(&one);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_find_what_taking_apart_finds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
