/* SPDX-License-Identifier: MIT */
#include "tests/world/chosen.h"

#include "config/instance_key.h"
#include "daemon/base/str.h"

static void *chosen_allocate(World *world, size_t count, size_t size)
{
    void *bytes = arena_alloc(&world->arena, (count ? count : 1) * size);

    if (!bytes)
        fail_msg("the test is out of memory");
    return bytes;
}

static const char *chosen_copy(World *world, const char *text)
{
    const char *copy = arena_string(&world->arena, text);

    if (!copy)
        fail_msg("the test is out of memory");
    return copy;
}

static ChosenPlan chosen_plan(World *world, const ChannelReport *report)
{
    const char **enabled = chosen_allocate(world, report->enabled_count, sizeof(*enabled));
    char key[INSTANCE_KEY_SIZE];

    instance_key(&world->config.instances[report->channel->instance], key);
    for (size_t i = 0; i < report->enabled_count; i++)
        enabled[i] = chosen_copy(world, report->enabled[i].id);
    return (ChosenPlan){
        .instance_key = chosen_copy(world, key),
        .channel_id = chosen_copy(world, report->id),
        .digest = chosen_copy(world, report->digest),
        .enabled = enabled,
        .enabled_count = report->enabled_count,
    };
}

void chosen_take(World *world)
{
    const Report *report = pass_get_report(world->pass);
    ChosenPlan *plans = chosen_allocate(world, report->channel_count, sizeof(*plans));
    ChosenPlans *chosen = chosen_allocate(world, 1, sizeof(*chosen));

    assert_true(world->dry_run && pass_is_done(world->pass));
    *chosen = (ChosenPlans){.made_usec = world->realtime_usec, .plans = plans};
    for (size_t i = 0; i < report->channel_count; i++) {
        if (report->channels[i].has_list)
            plans[chosen->count++] = chosen_plan(world, &report->channels[i]);
    }
    world->chosen = chosen;
}

void chosen_take_after_dry_run(World *world)
{
    world->chosen = NULL;
    if (world->pass && world->dry_run && !world->undo && !world->is_dead &&
        pass_is_done(world->pass))
        chosen_take(world);
}

static bool chosen_has(const ChosenPlan *plan, const Batch *batch, const Change *change)
{
    if (change->kind != CHANGE_ENABLE)
        return str_equal(plan->digest, batch->digest);
    for (size_t i = 0; i < plan->enabled_count; i++) {
        if (str_equal(plan->enabled[i], change->member_id))
            return true;
    }
    return false;
}

void chosen_rule_record(const World *world, const Batch *batch)
{
    for (size_t i = 0; world->chosen && !world->undo && i < batch->change_count; i++) {
        bool is_chosen = false;

        for (size_t k = 0; k < world->chosen->count && !is_chosen; k++)
            is_chosen = str_equal(world->chosen->plans[k].channel_id, batch->channel_id) &&
                        chosen_has(&world->chosen->plans[k], batch, &batch->changes[i]);
        if (!is_chosen || world->realtime_usec >= world->chosen->made_usec + USEC_PER_DAY)
            world_broken(world, "%s: a %s that is not of the plans chosen", batch->channel_id,
                         change_kind_text(batch->changes[i].kind));
    }
}
