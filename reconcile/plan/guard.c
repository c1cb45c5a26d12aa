/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/guard.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"

const char *guard_name_text(GuardName name)
{
    static const char *const names[GUARD_COUNT] = {
        [GUARD_MAX_DELETES] = "max_deletes",
        [GUARD_MAX_DELETE_PERCENT] = "max_delete_percent",
        [GUARD_MIN_REMAINING] = "min_remaining",
        [GUARD_CONFIRM_PASSES] = "confirm_passes",
        [GUARD_FIGHT] = "fight",
    };

    return names[name];
}

static Guard guard_max_deletes(const Guards *limits, const Plan *plan)
{
    return (Guard){
        .name = GUARD_MAX_DELETES,
        .planned = plan->extra_count,
        .limit = limits->max_deletes,
        .refuses = plan->extra_count > limits->max_deletes,
    };
}

/* Rounded up: what is above the limit must not be shown as the limit. */
static Guard guard_max_delete_percent(const Guards *limits, const Plan *plan)
{
    uint64_t base = plan->live_count - plan->ignored_count;
    uint64_t percent = base == 0 ? 100 : ((uint64_t)plan->extra_count * 100 + base - 1) / base;

    return (Guard){
        .name = GUARD_MAX_DELETE_PERCENT,
        .planned = percent,
        .limit = limits->max_delete_percent,
        .refuses = percent > limits->max_delete_percent,
    };
}

static Guard guard_min_remaining(const Guards *limits, const Plan *plan)
{
    return (Guard){
        .name = GUARD_MIN_REMAINING,
        .planned = plan->staying_in_service,
        .limit = limits->min_remaining,
        .refuses = plan->staying_in_service < limits->min_remaining,
    };
}

uint32_t guard_sightings(const ChannelRecord *memory, const char *member_id)
{
    for (size_t i = 0; i < memory->sighting_count; i++) {
        const Sighting *sighting = &memory->sightings[i];

        if (str_equal(sighting->member_id, member_id))
            return sighting->count == UINT32_MAX ? UINT32_MAX : sighting->count + 1;
    }
    return 1;
}

static Guard guard_confirm_passes(const Guards *limits, const Plan *plan,
                                  const ChannelRecord *memory)
{
    uint32_t least = UINT32_MAX;

    for (size_t i = 0; limits->confirm_passes > 1 && i < plan->extra_count; i++) {
        uint32_t count = guard_sightings(memory, plan->extras[i].id);

        least = count < least ? count : least;
    }
    if (limits->confirm_passes <= 1)
        least = 1;
    return (Guard){
        .name = GUARD_CONFIRM_PASSES,
        .planned = least,
        .limit = limits->confirm_passes,
        .refuses = least < limits->confirm_passes,
    };
}

static uint64_t guard_deletions_of(const ChannelRecord *memory, const Extra *extra,
                                   uint64_t realtime_usec)
{
    uint64_t count = 0;

    for (size_t i = 0; i < memory->deletion_count; i++) {
        const PastDeletion *past = &memory->deletions[i];
        bool is_recent = past->realtime_usec > realtime_usec ||
                         realtime_usec - past->realtime_usec < FIGHT_SPAN_USEC;

        count += is_recent && past->identity_size == extra->identity_size &&
                 memcmp(past->identity, extra->identity, extra->identity_size) == 0;
    }
    return count;
}

static Guard guard_fight(const Plan *plan, const ChannelRecord *memory, uint64_t realtime_usec)
{
    uint64_t most = 0;

    for (size_t i = 0; i < plan->extra_count; i++) {
        uint64_t count = guard_deletions_of(memory, &plan->extras[i], realtime_usec);

        most = count > most ? count : most;
    }
    return (Guard){
        .name = GUARD_FIGHT,
        .planned = most,
        .limit = FIGHT_LIMIT,
        .refuses = most >= FIGHT_LIMIT,
    };
}

size_t guard_evaluate(const Guards *limits, const Plan *plan, const ChannelRecord *memory,
                      uint64_t realtime_usec, Guard ret_guards[static GUARD_COUNT])
{
    size_t refusing = 0;

    ret_guards[GUARD_MAX_DELETES] = guard_max_deletes(limits, plan);
    ret_guards[GUARD_MAX_DELETE_PERCENT] = guard_max_delete_percent(limits, plan);
    ret_guards[GUARD_MIN_REMAINING] = guard_min_remaining(limits, plan);
    ret_guards[GUARD_CONFIRM_PASSES] = guard_confirm_passes(limits, plan, memory);
    ret_guards[GUARD_FIGHT] = guard_fight(plan, memory, realtime_usec);
    for (size_t i = 0; i < GUARD_COUNT; i++)
        refusing += ret_guards[i].refuses;
    return refusing;
}
