/* SPDX-License-Identifier: MIT */
#include "reconcile/plan/guard.h"

#include <assert.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "reconcile/plan/sighting.h"

/* How often whatever is planned must have been seen after a take-over. */
#define TAKE_OVER_SIGHTINGS 2

/* The input of a measure: a channel's plan with its record, the totals of a pass, or what a fleet
 * says; of a channel, too. */
typedef struct Subject {
    const Guards *limits;
    const Plan *plan;
    const ChannelRecord *record;
    uint64_t realtime_usec;
    const GuardTotals *totals;
    const Conditions *conditions;
} Subject;

typedef uint64_t (*GuardMeasure)(const Subject *subject);

const char *guard_name_text(GuardName name)
{
    return guards_row(name)->name;
}

static uint64_t guard_measure_max_deletes(const Subject *subject)
{
    return plan_leave_count(subject->plan) + subject->plan->disable_count;
}

static uint64_t guard_measure_max_adds(const Subject *subject)
{
    return subject->plan->add_count + subject->plan->correct_count;
}

/* Rounded up: what is above the limit must not be shown as the limit. */
static uint64_t guard_measure_max_delete_percent(const Subject *subject)
{
    const Plan *plan = subject->plan;
    uint64_t base = plan->live_count - plan->ignored_count;

    assert(plan->ignored_count <= plan->live_count);
    if (plan_leave_count(plan) == 0)
        return 0;
    return base == 0 ? 100 : ((uint64_t)plan_leave_count(plan) * 100 + base - 1) / base;
}

static uint64_t guard_measure_min_remaining(const Subject *subject)
{
    const Plan *plan = subject->plan;

    /* Nothing that is only added takes a member out of service. */
    return plan->enter_count + plan->delete_count + plan->disable_count > 0
               ? plan->staying_in_service
               : UINT32_MAX;
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

typedef struct LeastSeen {
    const ChannelRecord *record;
    uint32_t count;
} LeastSeen;

/* Of what is added or corrected, two sightings are enough whatever the limit is. */
static int guard_see_post(void *userdata, const char *name)
{
    LeastSeen *least = userdata;
    uint32_t count = guard_sightings(least->record, name);

    if (count < TAKE_OVER_SIGHTINGS && count < least->count)
        least->count = count;
    return 0;
}

/* The sightings of the extra that was seen least, after a take-over of any member that is to be
 * changed. The state keeps them only where more than one is asked for. */
static uint64_t guard_measure_confirm_passes(const Subject *subject)
{
    const Plan *plan = subject->plan;
    LeastSeen posts = {subject->record, UINT32_MAX};
    uint32_t least;

    if (subject->limits->confirm_passes <= 1 && !subject->conditions->needs_sightings)
        return 1;
    if (subject->conditions->needs_sightings &&
        sighting_visit_posts(plan, guard_see_post, &posts) < 0)
        return 1;
    least = posts.count;
    for (size_t i = 0; i < plan->extra_count; i++) {
        const Extra *extra = &plan->extras[i];
        uint32_t count;

        if (extra->fate != EXTRA_DELETES && extra->fate != EXTRA_ENTERS)
            continue;
        count = guard_sightings(subject->record, extra->id);
        least = count < least ? count : least;
    }
    return least;
}

static uint64_t guard_count_past(const Subject *subject, ChangeKind kind, const void *identity,
                                 size_t identity_size)
{
    const ChannelRecord *record = subject->record;
    uint64_t count = 0;

    for (size_t i = 0; i < record->change_count; i++) {
        const PastChange *past = &record->changes[i];
        bool is_recent = past->realtime_usec > subject->realtime_usec ||
                         subject->realtime_usec - past->realtime_usec < GUARD_FIGHT_SPAN_USEC;

        count += is_recent && past->kind == kind && past->identity_size == identity_size &&
                 memcmp(past->identity, identity, identity_size) == 0;
    }
    return count;
}

/* The most of the extras; one that is disabled already is not disabled again. */
static uint64_t guard_measure_fight_of_extras(const Subject *subject)
{
    const Plan *plan = subject->plan;
    uint64_t most = 0;

    for (size_t i = 0; i < plan->extra_count; i++) {
        const Extra *extra = &plan->extras[i];
        bool enters = extra->fate == EXTRA_ENTERS;
        uint64_t count;

        if (!plan_is_leaving(extra) || (enters && !extra->fields.is_enabled))
            continue;
        count = guard_count_past(subject, enters ? CHANGE_DISABLE : CHANGE_DELETE, extra->identity,
                                 extra->identity_size);
        most = count > most ? count : most;
    }
    return most;
}

/* The past changes, each kind for itself, of the member that was changed alike most often. */
static uint64_t guard_measure_fight(const Subject *subject)
{
    const Plan *plan = subject->plan;
    uint64_t most;

    if (subject->record->change_count == 0)
        return 0;
    most = guard_measure_fight_of_extras(subject);
    for (size_t i = 0; i < plan->correct_count; i++) {
        const DesiredKey *key = &plan->changed[i].identity;
        uint64_t count = guard_count_past(subject, CHANGE_CORRECT, key->bytes, key->size);

        most = count > most ? count : most;
    }
    for (size_t i = 0; plan->add_count > 0 && i < plan->diff->desired->channel->member_count; i++) {
        unsigned char key[IDENTITY_SIZE_MAX];
        uint64_t count = plan->diff->seen[i]
                             ? 0
                             : guard_count_past(subject, CHANGE_ADD, key,
                                                desired_pack(plan->diff->desired, i, key));

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

static uint64_t guard_measure_roster(const Subject *subject)
{
    return subject->conditions->roster[0] != '\0';
}

static uint64_t guard_measure_lease(const Subject *subject)
{
    return subject->conditions->lease[0] == '\0';
}

static uint64_t guard_measure_handover(const Subject *subject)
{
    return (subject->conditions->handover_usec + USEC_PER_SEC - 1) / USEC_PER_SEC;
}

static const GuardMeasure measures[GUARD_COUNT] = {
#define GUARD_MEASURE(constant, key, ...) [GUARD_##constant] = guard_measure_##key,
    GUARD_ROWS(GUARD_MEASURE)
#undef GUARD_MEASURE
};

static Guard guard_evaluate_one(GuardName name, const Subject *subject)
{
    uint64_t planned = measures[name](subject), limit = guards_limit(subject->limits, name);

    if (name == GUARD_CONFIRM_PASSES && subject->conditions->needs_sightings &&
        limit < TAKE_OVER_SIGHTINGS)
        limit = TAKE_OVER_SIGHTINGS;
    return (Guard){
        .name = name,
        .planned = planned,
        .limit = limit,
        .refuses = guards_refuse(name, limit, planned),
        .why = name == GUARD_ROSTER  ? subject->conditions->roster
               : name == GUARD_LEASE ? subject->conditions->lease
                                     : NULL,
    };
}

static size_t guard_evaluate_scope(GuardScope scope, const Subject *subject, Guard *ret_guards)
{
    for (GuardName name = 0; name < GUARD_COUNT; name++)
        ret_guards[name] = guards_row(name)->scope == scope ? guard_evaluate_one(name, subject)
                                                            : (Guard){.name = name};
    return guard_count_refusing(ret_guards);
}

size_t guard_count_refusing(const Guard guards[static GUARD_COUNT])
{
    size_t refusing = 0;

    for (GuardName name = 0; name < GUARD_COUNT; name++)
        refusing += guards[name].refuses;
    return refusing;
}

size_t guard_evaluate(const Guards *limits, const Plan *plan, const ChannelRecord *record,
                      const Conditions *conditions, uint64_t realtime_usec,
                      Guard ret_guards[static GUARD_COUNT])
{
    const Subject subject = {.limits = limits,
                             .plan = plan,
                             .record = record,
                             .realtime_usec = realtime_usec,
                             .conditions = conditions};

    assert(plan && record && conditions);
    return guard_evaluate_scope(GUARD_OF_CHANNEL, &subject, ret_guards);
}

size_t guard_evaluate_fleet(const Conditions *conditions, Guard guards[static GUARD_COUNT])
{
    const Subject subject = {.conditions = conditions};
    size_t refusing = 0;

    for (GuardName name = 0; name < GUARD_COUNT; name++) {
        if (guards_row(name)->scope != GUARD_OF_FLEET)
            continue;
        guards[name] = guard_evaluate_one(name, &subject);
        refusing += guards[name].refuses;
    }
    return refusing;
}

Guard guard_of_lease(void)
{
    return (Guard){
        .name = GUARD_LEASE,
        .planned = 0,
        .limit = guards_limit(NULL, GUARD_LEASE),
        .refuses = true,
    };
}

size_t guard_evaluate_pass(const Guards *limits, const GuardTotals *totals,
                           Guard ret_guards[static GUARD_COUNT])
{
    const Subject subject = {.limits = limits, .totals = totals};

    assert(totals->channels <= totals->deletes);
    return guard_evaluate_scope(GUARD_OF_PASS, &subject, ret_guards);
}

Guard guard_at_least_remaining(const Guards *limits, size_t staying_in_service)
{
    return (Guard){
        .name = GUARD_MIN_REMAINING,
        .planned = staying_in_service,
        .limit = guards_limit(limits, GUARD_MIN_REMAINING),
        .refuses = true,
    };
}

bool guard_keeps_enough(const Guards *limits, size_t staying_in_service)
{
    return !guards_refuse(GUARD_MIN_REMAINING, guards_limit(limits, GUARD_MIN_REMAINING),
                          staying_in_service);
}
