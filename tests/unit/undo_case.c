/* SPDX-License-Identifier: MIT */
#include "tests/unit/undo_case.h"

#include <string.h>

#include "tests/unit/sync_case.h"

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
    return strstr(report_error(world_report(world, 0))->text, text) != NULL;
}

World *undo_case_mixed(void)
{
    World *world = sync_case_new(MODE_SYNC, 2, 2, 2);
    RosterMember *members = world_edit_members(world, &world->rosters[0]);

    members[0].states = ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_BACKUP;
    members[0].weight = 9;
    members[0].backup = true;
    world->channels[0].members[0]->weight = 4;
    world->channels[0].members[3]->weight = 33;
    world->config.settle_usec = 5 * USEC_PER_SEC;
    world_pass(world);
    sync_case_expect(world, RESULT_CONVERGED, 3, 2);
    return world;
}

void undo_case_expect_as_before(const World *world)
{
    const WorldChannel *channel = &world->channels[0];
    size_t live = 0;

    for (size_t i = 0; i < channel->member_count; i++)
        live += channel->members[i]->exists;
    assert_int_equal(live, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(world_count_same(channel, channel->members[i]), 1);
    assert_int_equal(channel->members[0]->weight, 4);
    assert_false(channel->members[0]->is_backup);
    assert_int_equal(channel->members[0]->status, 1);
    for (size_t i = 4; i < channel->member_count; i++) {
        const WorldMember *member = channel->members[i];

        if (member->exists)
            assert_int_equal(member->weight,
                             strcmp(member->host, channel->members[3]->host) ? 1 : 33);
    }
}
