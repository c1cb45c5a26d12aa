/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/held.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "reconcile/apply/apply.h"
#include "reconcile/plan/identity.h"

#define HELD_WORDS_SIZE 512

/* HeldMembers for people, up to the most that an event names. */
typedef struct HeldMembers {
    Buf text;
    size_t count; /* named or not */
} HeldMembers;

static void held_add_member(HeldMembers *members, const char *sign, const char *group,
                            const char *address, uint16_t port)
{
    char text[IDENTITY_TEXT_SIZE];

    if (members->count++ >= HELD_MEMBERS_MAX)
        return;
    identity_format(group, address, port, text, sizeof(text));
    buf_printf(&members->text, "%s%s%s", members->count > 1 ? ", " : "", sign, text);
}

/* Whether anything but deletions is held. */
static bool held_has_posts(const ChannelReport *report)
{
    return report->added_count > 0 ||
           (report->changed_count > 0 && report->changed[0].outcome == OUTCOME_HELD);
}

/* Those to be added have a plus, those to be corrected a tilde, those to be deleted a minus where
 * there are others. */
static void held_add_members(HeldMembers *members, const ChannelReport *report)
{
    const char *minus = held_has_posts(report) ? "-" : "";

    for (size_t i = 0; i < report->added_count; i++) {
        const AddedReport *added = &report->added[i];

        held_add_member(members, "+", added->group, added->address, added->port);
    }
    for (size_t i = 0; i < report->changed_count; i++) {
        const ChangedReport *changed = &report->changed[i];

        if (changed->outcome == OUTCOME_HELD)
            held_add_member(members, "~", config_member_group(changed->member),
                            changed->member->address, changed->port);
    }
    for (size_t i = 0; i < report->extra_count; i++) {
        const ExtraReport *extra = &report->extras[i];

        if (extra->outcome == OUTCOME_HELD)
            held_add_member(members, minus, extra->group, extra->address, extra->port);
    }
}

/* "" where there is no memory for it: that a plan is held is told in any case. */
static const char *held_members_text(HeldMembers *members)
{
    if (members->count > HELD_MEMBERS_MAX)
        buf_printf(&members->text, " and %zu more", members->count - HELD_MEMBERS_MAX);
    return buf_failed(&members->text) < 0 ? "" : buf_text(&members->text);
}

static const char *held_describe(const Guard *guard, char ret_words[static HELD_WORDS_SIZE])
{
    return guards_describe(guards_row(guard->name), guard->planned, guard->limit, guard->why,
                           ret_words, HELD_WORDS_SIZE);
}

static void held_tell(const ChannelPass *channel)
{
    const ChannelReport *report = channel->report;
    const Guard *first = &report->guards[0];
    HeldMembers members = {0};
    char words[HELD_WORDS_SIZE];
    Err why = {0};
    Event event = channel_event(channel, EVENT_HELD, &why);

    held_add_members(&members, report);
    event.members = held_members_text(&members);
    if (held_has_posts(report))
        err_set(&why, -EPERM,
                "%zu change%s planned, none is made: %s refuses (%s); to let exactly this plan "
                "pass, approve its digest",
                members.count, members.count == 1 ? " is" : "s are", guard_name_text(first->name),
                held_describe(first, words));
    else
        err_set(&why, -EPERM,
                "%zu member%s extra, none is deleted: %s refuses (%s); to let exactly this plan "
                "pass, approve its digest",
                report->extra_count, report->extra_count == 1 ? " is" : "s are",
                guard_name_text(first->name), held_describe(first, words));
    channel->ops->tell(channel->context, &event);
    buf_done(&members.text);
}

/* Nobody can let it pass. */
static void held_tell_condition(const ChannelPass *channel)
{
    const Guard *first =
        &channel->guards[channel->guards[GUARD_LEASE].refuses ? GUARD_LEASE : GUARD_HANDOVER];
    char words[HELD_WORDS_SIZE];
    Err why = {0};
    Event event = channel_event(channel, EVENT_HELD, &why);

    err_set(&why, -EPERM,
            "nothing is changed: %s holds (%s); that ends by itself, and no approval passes it",
            guard_name_text(first->name), held_describe(first, words));
    event.topic = guard_name_text(first->name);
    channel->ops->tell(channel->context, &event);
}

void held_add(ChannelPass *channel, Guard guard)
{
    ChannelReport *report = channel->report;

    if (!report->guards)
        report->guards = TAKE_PTR(channel->held);
    assert(report->guards && report->guard_count < GUARD_COUNT);
    report->guards[report->guard_count++] = guard;
}

void held_report(ChannelPass *channel, const Guard guards[static GUARD_COUNT])
{
    for (size_t i = 0; i < GUARD_COUNT && channel->report->guard_count < GUARD_COUNT; i++) {
        if (guards[i].refuses)
            held_add(channel, guards[i]);
    }
}

void held_end(ChannelPass *channel, const Guard guards[static GUARD_COUNT])
{
    ChannelReport *report = channel->report;
    GuardScope scope;

    held_report(channel, guards);
    assert(report->guard_count > 0);
    apply_mark(channel, OUTCOME_HELD);
    /* Plans that guards of a whole pass hold are logged once for the instance, by
     * held_tell_instance(). */
    scope = guards_row(report->guards[0].name)->scope;
    if (scope == GUARD_OF_FLEET || channel->undo)
        held_tell_condition(channel);
    else if (scope == GUARD_OF_CHANNEL)
        held_tell(channel);
    channel_end(channel, RESULT_HELD, NULL);
}

/* ---- conditions ---- */

int held_look_at_fleet(ChannelPass *channel, const Conditions *conditions)
{
    channel->is_withheld = guard_evaluate_fleet(conditions, channel->guards) > 0;
    for (GuardName name = 0; name < GUARD_COUNT; name++) {
        Guard *guard = &channel->guards[name];

        if (!guard->why)
            continue;
        guard->why = guard->refuses ? arena_string(&channel->report->arena, guard->why) : NULL;
        if (guard->refuses && !guard->why)
            return -ENOMEM;
    }
    return 0;
}

/* Without what an approval lets pass, or has let pass. */
static void held_pick_of_fleet(const ChannelPass *channel, Guard *ret_guards)
{
    assert(channel->is_withheld);
    memcpy(ret_guards, channel->guards, GUARD_COUNT * sizeof(*ret_guards));
    for (GuardName name = 0; name < GUARD_COUNT; name++) {
        if (guards_row(name)->scope != GUARD_OF_FLEET && channel->has_approval)
            ret_guards[name].refuses = false;
    }
}

void held_end_by_fleet(ChannelPass *channel)
{
    Guard guards[GUARD_COUNT];

    held_pick_of_fleet(channel, guards);
    held_end(channel, guards);
}

void held_report_by_fleet(ChannelPass *channel)
{
    Guard guards[GUARD_COUNT];

    held_pick_of_fleet(channel, guards);
    held_report(channel, guards);
    held_tell_condition(channel);
}

void held_note_lease(ChannelPass *channel, const Err *why)
{
    Guard guard = guard_of_lease();

    guard.why = arena_string(&channel->report->arena, why->text);
    channel->guards[GUARD_LEASE] = guard;
    channel->is_withheld = true;
}

/* ---- of a whole pass ---- */

void held_tell_instance(const Ops *ops, void *context, const Report *report,
                        const InstanceReport *instance)
{
    const Guard *first = &instance->guards[0];
    HeldMembers members = {0};
    size_t channels = 0;
    char words[HELD_WORDS_SIZE];
    Err why = {0};
    Event event = {
        .kind = EVENT_HELD,
        .pass = report->pass_id,
        .instance_name = instance->name,
        .channel_name = "",
        .channel_id = "",
        .member = "",
        .member_id = "",
        .digest = instance->digest,
        .err = &why,
    };

    assert(instance->guard_count > 0);
    for (size_t i = 0; i < report->channel_count; i++) {
        if (!report_is_held_by_pass(&report->channels[i], instance))
            continue;
        channels++;
        held_add_members(&members, &report->channels[i]);
    }
    event.members = held_members_text(&members);
    err_set(&why, -EPERM,
            "%zu member%s in %zu channel%s extra, none is deleted: %s refuses (%s); to let exactly "
            "these plans pass, approve their digest",
            members.count, members.count == 1 ? "" : "s", channels,
            channels == 1 && members.count == 1 ? " is"
            : channels == 1                     ? " are"
                                                : "s are",
            guard_name_text(first->name), held_describe(first, words));
    ops->tell(context, &event);
    buf_done(&members.text);
}
