/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/guard.h"

#include <assert.h>
#include <string.h>

#include "daemon/base/str.h"

/* The input of a measure: a channel's plan with its record, or the totals of a pass. */
typedef struct Subject {
    const Guards *limits;
    const Plan *plan;
    const ChannelRecord *record;
    uint64_t realtime_usec;
    const GuardTotals *totals;
} Subject;

typedef uint64_t (*GuardMeasure)(const Subject *subject);

const char *guard_name_text(GuardName name)
{
    return guards_row(name)->name;
}

static uint64_t guard_measure_max_deletes(const Subject *subject)
{
    return subject->plan->extra_count;
}

/* Rounded up: what is above the limit must not be shown as the limit. */
static uint64_t guard_measure_max_delete_percent(const Subject *subject)
{
    const Plan *plan = subject->plan;
    uint64_t base = plan->live_count - plan->ignored_count;

    assert(plan->ignored_count <= plan->live_count);
    return base == 0 ? 100 : ((uint64_t)plan->extra_count * 100 + base - 1) / base;
}

static uint64_t guard_measure_min_remaining(const Subject *subject)
{
    return subject->plan->staying_in_service;
}

uint32_t guard_sightings(const ChannelRecord *record, const char *member_id)
{
    for (size_t i = 0; i < record->sighting_count; i++) {
        const Sighting *sighting = &record->sightings[i];

        if (str_equal(sighting->member_id, member_id))
            return sighting->count == UINT32_MAX ? UINT32_MAX : sighting->count + 1;
    }
    return 1;
}

/* The sightings of the extra that was seen least. The state keeps them only where more than one
 * is asked for. */
static uint64_t guard_measure_confirm_passes(const Subject *subject)
{
    const Plan *plan = subject->plan;
    uint32_t least = UINT32_MAX;

    if (subject->limits->confirm_passes <= 1)
        return 1;
    for (size_t i = 0; i < plan->extra_count; i++) {
        uint32_t count = guard_sightings(subject->record, plan->extras[i].id);

        least = count < least ? count : least;
    }
    return least;
}

static uint64_t guard_deletions_of(const ChannelRecord *record, const Extra *extra,
                                   uint64_t realtime_usec)
{
    uint64_t count = 0;

    for (size_t i = 0; i < record->deletion_count; i++) {
        const PastDeletion *past = &record->deletions[i];
        bool is_recent = past->realtime_usec > realtime_usec ||
                         realtime_usec - past->realtime_usec < GUARD_FIGHT_SPAN_USEC;

        count += is_recent && past->identity_size == extra->identity_size &&
                 memcmp(past->identity, extra->identity, extra->identity_size) == 0;
    }
    return count;
}

/* The past deletions of the extra that was deleted most often. */
static uint64_t guard_measure_fight(const Subject *subject)
{
    uint64_t most = 0;

    for (size_t i = 0; i < subject->plan->extra_count; i++) {
        uint64_t count =
            guard_deletions_of(subject->record, &subject->plan->extras[i], subject->realtime_usec);

        most = count > most ? count : most;
    }
    return most;
}

static uint64_t guard_measure_max_deletes_total(const Subject *subject)
{
    return subject->totals->deletes;
}

static uint64_t guard_measure_max_channels(const Subject *subject)
{
    return subject->totals->channels;
}

static const GuardMeasure measures[GUARD_COUNT] = {
#define GUARD_MEASURE(constant, key, ...) [GUARD_##constant] = guard_measure_##key,
    GUARD_ROWS(GUARD_MEASURE)
#undef GUARD_MEASURE
};

static Guard guard_evaluate_one(GuardName name, const Subject *subject)
{
    uint64_t planned = measures[name](subject), limit = guards_limit(subject->limits, name);

    return (Guard){
        .name = name,
        .planned = planned,
        .limit = limit,
        .refuses = guards_refuse(name, limit, planned),
    };
}

static size_t guard_evaluate_scope(GuardScope scope, const Subject *subject, Guard *ret_guards)
{
    size_t refusing = 0;

    for (GuardName name = 0; name < GUARD_COUNT; name++) {
        ret_guards[name] = guards_row(name)->scope == scope ? guard_evaluate_one(name, subject)
                                                            : (Guard){.name = name};
        refusing += ret_guards[name].refuses;
    }
    return refusing;
}

size_t guard_evaluate(const Guards *limits, const Plan *plan, const ChannelRecord *record,
                      uint64_t realtime_usec, Guard ret_guards[static GUARD_COUNT])
{
    const Subject subject = {
        .limits = limits, .plan = plan, .record = record, .realtime_usec = realtime_usec};

    assert(plan && record);
    return guard_evaluate_scope(GUARD_OF_CHANNEL, &subject, ret_guards);
}

size_t guard_evaluate_pass(const Guards *limits, const GuardTotals *totals,
                           Guard ret_guards[static GUARD_COUNT])
{
    const Subject subject = {.limits = limits, .totals = totals};

    assert(totals->channels <= totals->deletes);
    return guard_evaluate_scope(GUARD_OF_PASS, &subject, ret_guards);
}

bool guard_keeps_enough(const Guards *limits, size_t staying_in_service)
{
    return !guards_refuse(GUARD_MIN_REMAINING, guards_limit(limits, GUARD_MIN_REMAINING),
                          staying_in_service);
}
