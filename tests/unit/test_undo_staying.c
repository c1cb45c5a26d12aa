/* SPDX-License-Identifier: MIT */
/* What undos of each kind of change come to for each min_remaining: whether they count those who
 * come into service and those who leave it, and nobody else. */
#include <string.h>

#include "tests/unit/quarantine_case.h"
#include "tests/unit/story_text.h"
#include "tests/unit/sync_case.h"
#include "tests/unit/undo_case.h"

/* ---- passes that changed something ---- */

static World *added(void)
{
    World *world = sync_case_new(MODE_SYNC, 3, 1, 0);

    world_pass(world);
    return world;
}

static World *added_disabled(void)
{
    World *world = sync_case_new(MODE_SYNC, 3, 2, 0);
    RosterMember *member = &world_edit_members(world, &world->rosters[0])[3];

    member->states = ROSTER_MEMBER_ENABLED;
    member->enabled = false;
    world_pass(world);
    return world;
}

static World *deleted(void)
{
    World *world = sync_case_new(MODE_SYNC, 3, 0, 1);

    world_pass(world);
    return world;
}

static World *deleted_disabled(void)
{
    World *world = sync_case_new(MODE_SYNC, 3, 1, 2);

    world->channels[0].members[3]->status = 2;
    world_pass(world);
    return world;
}

static World *corrected(bool is_enabled)
{
    World *world = sync_case_new(MODE_SYNC, 4, 1, 0);
    RosterMember *member = &world_edit_members(world, &world->rosters[0])[3];

    world->channels[0].members[3]->status = is_enabled ? 2 : 1;
    member->states = ROSTER_MEMBER_ENABLED | ROSTER_MEMBER_WEIGHT;
    member->weight = 7;
    member->enabled = is_enabled;
    world_pass(world);
    return world;
}

static World *corrected_to_be_enabled(void)
{
    return corrected(true);
}

static World *corrected_to_be_disabled(void)
{
    return corrected(false);
}

static World *corrected_otherwise(void)
{
    World *world = sync_case_new(MODE_SYNC, 3, 1, 0);
    RosterMember *member = world_edit_members(world, &world->rosters[0]);

    member->states = ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_BACKUP;
    member->weight = 7;
    member->backup = true;
    world_pass(world);
    return world;
}

static World *disabled(void)
{
    World *world = quarantine_case_new(MODE_SYNC, 2);

    world_want(world, &world->rosters[0], "", "10.5.0.1", 8080);
    world_pass(world);
    return world;
}

static World *of_all_kinds(void)
{
    return undo_case_mixed();
}

/* The undo that holds as many back as it must, and another. */
static void put_undo(World *(*make)(void), uint32_t min_remaining, Buf *buf)
{
    World *world = make();

    world->rosters[0].guards.min_remaining = min_remaining;
    world_undo(world);
    buf_printf(buf, "  %u: %s, %u held, %u skipped, %u added, %u deleted, %u corrected, %u enabled",
               min_remaining, report_result_text(world_result(world, 0)),
               world_count_items(world, OUTCOME_HELD), world_count_items(world, OUTCOME_SKIPPED),
               world_count_items(world, OUTCOME_ADDED), world_count_items(world, OUTCOME_DELETED),
               world_count_items(world, OUTCOME_CORRECTED),
               world_count_items(world, OUTCOME_ENABLED));
    if (world->told[EVENT_HELD] > 0)
        buf_printf(buf, ": %s", world->last_told[EVENT_HELD].err.text);
    world->rosters[0].guards.min_remaining = 0;
    world_undo(world);
    buf_printf(buf, "; then %s\n", report_result_text(world_result(world, 0)));
    world_free(world);
}

static void undos_leave_enough(void **state)
{
    static const struct {
        const char *name;
        World *(*make)(void);
    } passes[] = {
        {"added", added},
        {"added, one of them disabled", added_disabled},
        {"deleted", deleted},
        {"added and deleted, one of them disabled", deleted_disabled},
        {"added, and corrected to be enabled", corrected_to_be_enabled},
        {"added, and corrected to be disabled", corrected_to_be_disabled},
        {"added, and corrected otherwise", corrected_otherwise},
        {"added and disabled", disabled},
        {"of all kinds", of_all_kinds},
    };
    _cleanup_(buf_done) Buf text = {0};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(passes); i++) {
        buf_printf(&text, "== %s\n", passes[i].name);
        for (uint32_t min_remaining = 0; min_remaining <= 7; min_remaining++)
            put_undo(passes[i].make, min_remaining, &text);
    }
    story_text_check("undos_leave_enough", &text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undos_leave_enough),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
