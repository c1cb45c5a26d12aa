/* SPDX-License-Identifier: MIT */
#include "tests/unit/add_case.h"

#include <string.h>

World *add_case_pruned(size_t deleted)
{
    World *world = world_new(1);

    world_add_usual(world, "a", 3, deleted);
    world_pass(world);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), deleted);
    return world;
}

void add_case_expect(const World *world, Result result, uint32_t additions)
{
    assert_string_equal(report_result_text(world_result(world, 0)), report_result_text(result));
    assert_int_equal(world_count_sent(world, REQUEST_ADD_MEMBERS), additions);
}

void add_case_expect_items(const World *world, uint32_t added, uint32_t live, uint32_t failed,
                           uint32_t skipped)
{
    assert_int_equal(world_count_items(world, ADDITION_ADDED), added);
    assert_int_equal(world_count_items(world, ADDITION_LIVE), live);
    assert_int_equal(world_count_items(world, ADDITION_FAILED), failed);
    assert_int_equal(world_count_items(world, ADDITION_SKIPPED), skipped);
    assert_int_equal(world_count_items(world, ADDITION_PLANNED), 0);
}

void add_case_expect_told(const World *world, uint32_t added, uint32_t failed)
{
    assert_int_equal(world->told[EVENT_RESTORED], added);
    assert_int_equal(world->told[EVENT_RESTORE_FAILED], failed);
}

bool add_case_says(const World *world, const char *text)
{
    return strstr(world_report(world, 0)->error.text, text) != NULL;
}
