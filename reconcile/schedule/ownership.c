/* SPDX-License-Identifier: MIT */
#include "reconcile/schedule/ownership.h"

#include <assert.h>

#define GIVEN_AWAY_TEXT "the instance was given away"

#define TO(state) (1U << OWNERSHIP_##state)

static const unsigned legal[] = {
    [OWNERSHIP_STANDBY] = TO(CAMPAIGNING) | TO(OWNED),
    [OWNERSHIP_CAMPAIGNING] = TO(STANDBY) | TO(UNCERTAIN) | TO(OWNED),
    [OWNERSHIP_UNCERTAIN] = TO(STANDBY) | TO(OWNED),
    [OWNERSHIP_OWNED] = TO(STANDBY) | TO(RELEASING),
    [OWNERSHIP_RELEASING] = TO(STANDBY),
};

static void ownership_go(Ownership *ownership, OwnershipState state)
{
    assert(legal[ownership->state] & (1U << state));
    ownership->state = state;
    if (state == OWNERSHIP_STANDBY)
        ownership->ops->on_room(ownership->context);
}

static void ownership_wake_at(Ownership *ownership, uint64_t boottime_usec)
{
    ownership->next_usec = boottime_usec;
    ownership->ops->wake_at(ownership->context, ownership->instance, boottime_usec);
}

void ownership_init(Ownership *ownership, const OwnershipOps *ops, void *context, size_t instance,
                    uint64_t handover_usec)
{
    *ownership = (Ownership){.ops = ops,
                             .context = context,
                             .instance = instance,
                             .handover_usec = handover_usec,
                             .next_usec = USEC_NEVER};
}

/* ---- taking ---- */

static void ownership_look(Ownership *ownership)
{
    ownership->is_asking = true;
    ownership->ops->look(ownership->context, ownership->instance);
}

/* Asks for what is free, where there is room. */
static void ownership_try(Ownership *ownership)
{
    if (ownership->state != OWNERSHIP_STANDBY || ownership->owner != OWNER_NOBODY ||
        ownership->is_asking || !ownership->has_lease || ownership->is_drained ||
        ownership->next_usec != USEC_NEVER || !ownership->ops->has_room(ownership->context))
        return;
    ownership_go(ownership, OWNERSHIP_CAMPAIGNING);
    ownership->is_asking = true;
    ownership->ops->campaign(ownership->context, ownership->instance);
}

static void ownership_own(Ownership *ownership, uint64_t token, uint64_t wait_usec)
{
    uint64_t now_usec = ownership->ops->now_usec(ownership->context);

    assert(ownership->owner == OWNER_SELF);
    ownership_go(ownership, OWNERSHIP_OWNED);
    ownership->token = token;
    ownership->is_given_away = false;
    ownership->failures = 0;
    ownership->change_from_usec = wait_usec == 0 ? 0 : now_usec + wait_usec;
    ownership_wake_at(ownership, USEC_NEVER);
    ownership->ops->begin(ownership->context, ownership->instance, ownership->change_from_usec);
}

void ownership_on_lease(Ownership *ownership)
{
    assert(!ownership->has_lease);
    ownership->has_lease = true;
    ownership->failures = 0;
    ownership_try(ownership);
}

void ownership_on_room(Ownership *ownership)
{
    ownership_try(ownership);
}

void ownership_on_time(Ownership *ownership)
{
    if (ownership->next_usec > ownership->ops->now_usec(ownership->context)) {
        ownership_wake_at(ownership, ownership->next_usec);
        return;
    }
    ownership_wake_at(ownership, USEC_NEVER);
    if (ownership->state == OWNERSHIP_UNCERTAIN && ownership->has_lease && !ownership->is_asking)
        ownership_look(ownership);
    ownership_step(ownership);
    ownership_try(ownership);
}

/* ---- what etcd tells ---- */

static void ownership_answer(Ownership *ownership)
{
    assert(ownership->is_asking);
    ownership->is_asking = false;
}

static void ownership_stand_by(Ownership *ownership, const char *why)
{
    ownership_go(ownership, OWNERSHIP_STANDBY);
    ownership->token = 0;
    ownership->is_asking = false;
    ownership_wake_at(ownership, USEC_NEVER);
    ownership->ops->drop(ownership->context, ownership->instance, why);
}

/* Takes note of an owner. False where it knows something newer. */
static bool ownership_note(Ownership *ownership, OwnerKind owner, uint64_t revision, uint64_t token)
{
    if (revision < ownership->revision)
        return false;
    ownership->revision = revision;
    ownership->owner = owner;
    ownership->owner_token = owner == OWNER_SELF ? token : 0;
    return true;
}

void ownership_on_won(Ownership *ownership, uint64_t token, bool is_handed_over)
{
    assert(ownership->state == OWNERSHIP_CAMPAIGNING);
    ownership_answer(ownership);
    ownership_note(ownership, OWNER_SELF, token, token);
    if (ownership->owner_token == token) { /* which may have been told by something newer already */
        ownership_own(ownership, token, is_handed_over ? 0 : ownership->handover_usec);
        return;
    }
    ownership_go(ownership, OWNERSHIP_STANDBY); /* it is lost again by now */
    ownership_try(ownership);
}

static const char *ownership_why_lost(const Ownership *ownership)
{
    if (ownership->owner == OWNER_SELF)
        return "a request of before has taken the instance once more";
    if (ownership->owner != OWNER_NOBODY)
        return "another host owns the instance";
    return ownership->state == OWNERSHIP_RELEASING ? GIVEN_AWAY_TEXT
                                                   : "the instance has no owner any more";
}

/* Acts by what is known of the owner, while nothing is asked for. */
static void ownership_act(Ownership *ownership)
{
    bool is_ours = ownership->state == OWNERSHIP_OWNED || ownership->state == OWNERSHIP_RELEASING;

    if (is_ours && ownership->owner_token != ownership->token) {
        ownership_stand_by(ownership, ownership_why_lost(ownership));
        is_ours = false;
    }
    if (ownership->owner == OWNER_SELF && !is_ours) {
        /* A campaign whose answer was lost, or that arrived after what it had won was given away.
         * Who was the owner before is not known. */
        ownership_own(ownership, ownership->owner_token, ownership->handover_usec);
    } else if (ownership->state == OWNERSHIP_UNCERTAIN) {
        ownership_go(ownership, OWNERSHIP_STANDBY);
        ownership_wake_at(ownership, USEC_NEVER);
    }
    ownership_try(ownership);
}

void ownership_on_taken(Ownership *ownership, OwnerKind owner, uint64_t revision, uint64_t token)
{
    assert(ownership->state == OWNERSHIP_CAMPAIGNING);
    ownership_answer(ownership);
    ownership_note(ownership, owner, revision, token);
    ownership_go(ownership, OWNERSHIP_STANDBY);
    ownership_act(ownership);
}

void ownership_on_looked(Ownership *ownership, OwnerKind owner, uint64_t revision, uint64_t token)
{
    assert(ownership->state == OWNERSHIP_UNCERTAIN && owner != OWNER_UNKNOWN);
    ownership_answer(ownership);
    ownership_note(ownership, owner, revision, token);
    ownership_act(ownership);
}

void ownership_on_owner(Ownership *ownership, OwnerKind owner, uint64_t revision, uint64_t token)
{
    bool is_ours = ownership->state == OWNERSHIP_OWNED || ownership->state == OWNERSHIP_RELEASING;

    assert(owner != OWNER_UNKNOWN);
    if (!ownership_note(ownership, owner, revision, token))
        return;
    /* What was asked for meanwhile tells it better, but for an owner that is none any more. One
     * that gives it away has the answer to come. */
    if (!ownership->is_asking ||
        (is_ours && owner != OWNER_SELF &&
         (owner != OWNER_NOBODY || ownership->state != OWNERSHIP_RELEASING)))
        ownership_act(ownership);
}

/* What etcd refuses is asked for less and less often: there may be a thousand instances. */
static uint64_t ownership_retry_usec(const Ownership *ownership)
{
    uint64_t retry_usec = OWNERSHIP_RETRY_USEC;

    for (uint32_t i = 0; i < ownership->failures && retry_usec < OWNERSHIP_RETRY_MAX_USEC; i++)
        retry_usec *= 2;
    return retry_usec;
}

void ownership_on_unanswered(Ownership *ownership)
{
    ownership_answer(ownership);
    if (ownership->state == OWNERSHIP_CAMPAIGNING)
        ownership_go(ownership, OWNERSHIP_UNCERTAIN);
    ownership_wake_at(ownership, ownership->ops->now_usec(ownership->context) +
                                     ownership_retry_usec(ownership));
    ownership->failures++;
}

void ownership_on_lost(Ownership *ownership, const char *why)
{
    assert(ownership->has_lease);
    ownership->has_lease = false;
    if (ownership->owner == OWNER_SELF)
        ownership->owner = OWNER_UNKNOWN;
    if (ownership->state != OWNERSHIP_STANDBY)
        ownership_stand_by(ownership, why);
}

void ownership_on_fenced(Ownership *ownership)
{
    if (ownership->state != OWNERSHIP_OWNED && ownership->state != OWNERSHIP_RELEASING)
        return;
    if (ownership->owner_token == ownership->token) /* who owns it is still to be told */
        ownership->owner = OWNER_UNKNOWN;
    ownership_stand_by(ownership, "etcd refused a record of it: another host owns the instance");
    ownership_act(ownership);
}

/* ---- giving away ---- */

/* Whether what another owner may have had under way is over. */
static bool ownership_has_waited(const Ownership *ownership)
{
    return ownership->ops->now_usec(ownership->context) >= ownership->change_from_usec;
}

void ownership_drain(Ownership *ownership, const char *why)
{
    ownership->is_drained = true;
    if (ownership->state != OWNERSHIP_OWNED)
        return;
    ownership_go(ownership, OWNERSHIP_RELEASING);
    ownership->ops->stop(ownership->context, ownership->instance, why);
    ownership_step(ownership);
}

void ownership_undrain(Ownership *ownership)
{
    ownership->is_drained = false;
    ownership_try(ownership);
}

void ownership_step(Ownership *ownership)
{
    if (ownership->state == OWNERSHIP_OWNED && ownership->is_drained) {
        ownership_drain(ownership, "this host gives its instances away");
        return;
    }
    if (ownership->state != OWNERSHIP_RELEASING || ownership->is_asking ||
        ownership->next_usec != USEC_NEVER ||
        !ownership->ops->is_quiet(ownership->context, ownership->instance))
        return;
    ownership->is_asking = ownership->is_given_away = true;
    ownership->ops->release(ownership->context, ownership->instance, ownership->token,
                            ownership_has_waited(ownership));
}

void ownership_on_released(Ownership *ownership, uint64_t revision)
{
    assert(ownership->state == OWNERSHIP_RELEASING);
    ownership_answer(ownership);
    ownership_note(ownership, OWNER_NOBODY, revision, 0);
    ownership_stand_by(ownership, GIVEN_AWAY_TEXT);
    ownership_act(ownership); /* by something newer, which may have been told already */
}

bool ownership_allows_changes(const Ownership *ownership)
{
    return (ownership->state == OWNERSHIP_OWNED ||
            (ownership->state == OWNERSHIP_RELEASING && !ownership->is_given_away)) &&
           ownership_has_waited(ownership);
}
