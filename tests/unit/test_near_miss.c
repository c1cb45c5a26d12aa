/* SPDX-License-Identifier: MIT */
/* Which extra is nearest to a missing member. */
#include "tests/world/world.h"

#include "reconcile/report/near_miss.h"

static ExtraReport extras[] = {
    {.id = "m1", .group = "blue", .address = "10.0.0.1", .port = 80},
    {.id = "m2", .group = "", .address = "10.0.0.1", .port = 81},
    {.id = "m3", .group = "blue", .address = "10.0.0.2", .port = 82},
};
static MissingReport missing[] = {
    {"", "10.0.0.1", 80}, {"blue", "10.0.0.1", 90}, {"", "10.0.0.2", 80}, {"", "10.0.0.9", 80}};

static const char *find(const NearMisses *near_misses, size_t number, NearMissKind *ret_kind)
{
    const ExtraReport *extra = near_miss_find(near_misses, &missing[number], ret_kind);

    return extra ? extra->id : "";
}

static void test_the_nearest_is_found(void **state)
{
    ChannelReport report = {.extras = extras,
                            .extra_count = ELEMENTS(extras),
                            .missing = missing,
                            .missing_count = ELEMENTS(missing)};
    NearMisses near_misses = {0};
    NearMissKind kind = NEAR_MISS_BOTH;

    (void)state;
    near_miss_collect(&near_misses, &report);
    assert_string_equal(find(&near_misses, 0, &kind), "m1");
    assert_int_equal(kind, NEAR_MISS_GROUP);
    assert_string_equal(find(&near_misses, 1, &kind), "m1");
    assert_int_equal(kind, NEAR_MISS_PORT);
    assert_string_equal(find(&near_misses, 2, &kind), "m3");
    assert_int_equal(kind, NEAR_MISS_BOTH);
    assert_string_equal(find(&near_misses, 3, &kind), "");
    near_miss_done(&near_misses);
}

static void test_nothing_is_near_where_nothing_is_missing(void **state)
{
    ChannelReport report = {.extras = extras, .extra_count = ELEMENTS(extras)};
    NearMisses near_misses = {0};
    NearMissKind kind;

    (void)state;
    near_miss_collect(&near_misses, &report);
    assert_string_equal(find(&near_misses, 0, &kind), "");
    near_miss_done(&near_misses);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_nearest_is_found),
        cmocka_unit_test(test_nothing_is_near_where_nothing_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
