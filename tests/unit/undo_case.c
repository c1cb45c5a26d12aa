/* SPDX-License-Identifier: MIT */
#include "tests/unit/undo_case.h"

#include <string.h>

World *undo_case_pruned(size_t deleted)
{
    World *world = world_new(1);

    world_add_usual(world, "a", 3, deleted);
    world_pass(world);
    assert_int_equal(world_count_extras(world, 0, OUTCOME_DELETED), deleted);
    return world;
}

void undo_case_expect(const World *world, Result result, uint32_t additions)
{
    assert_string_equal(report_result_text(world_result(world, 0)), report_result_text(result));
    assert_int_equal(world_count_sent(world, REQUEST_ADD_MEMBERS), additions);
}

void undo_case_expect_items(const World *world, uint32_t added, uint32_t live, uint32_t failed,
                            uint32_t skipped)
{
    assert_int_equal(world_count_items(world, OUTCOME_ADDED), added);
    assert_int_equal(world_count_items(world, OUTCOME_LIVE), live);
    assert_int_equal(world_count_items(world, OUTCOME_FAILED), failed);
    assert_int_equal(world_count_items(world, OUTCOME_SKIPPED), skipped);
    assert_int_equal(world_count_items(world, OUTCOME_PLANNED), 0);
}

void undo_case_expect_told(const World *world, uint32_t added, uint32_t failed)
{
    assert_int_equal(world->told[EVENT_ADDED], added);
    assert_int_equal(world->told[EVENT_ADD_FAILED], failed);
}

bool undo_case_says(const World *world, const char *text)
{
    return strstr(world_report(world, 0)->error.text, text) != NULL;
}
