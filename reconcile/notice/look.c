/* SPDX-License-Identifier: MIT */
#include "reconcile/notice/look.h"

#include <assert.h>

#include "reconcile/report/counts.h"

static Presence look_whether(bool is_there)
{
    return is_there ? PRESENCE_YES : PRESENCE_NO;
}

/* Extras that are not seen often enough yet are waited for, and nobody has to do anything. */
static bool look_merely_waits(const ChannelReport *channel)
{
    return channel->guard_count == 1 && channel->guards[0].name == GUARD_CONFIRM_PASSES;
}

static Presence look_at_held(const ChannelReport *channel, const InstanceReport *instance)
{
    if (channel->result == RESULT_HELD)
        return look_whether(!look_merely_waits(channel) &&
                            !report_is_held_by_pass(channel, instance));
    if (!channel->has_list || channel->guard_count > 0 || channel->result >= RESULT_UNMANAGEABLE)
        return PRESENCE_UNKNOWN;
    return PRESENCE_NO;
}

static Presence look_at_failed(const ChannelReport *channel, bool is_instance_failed)
{
    bool fails = channel->result >= RESULT_UNMANAGEABLE || channel->error;

    return fails && is_instance_failed && !channel->has_list ? PRESENCE_UNKNOWN
                                                             : look_whether(fails);
}

/* A pause, or a closed window, keeps rosterd from adding what is missing, where it adds. */
static Presence look_at_missing(const ChannelReport *channel)
{
    bool waits = channel->result == RESULT_PAUSED && mode_may(channel->channel->mode, MODE_ADDS);

    if (!channel->has_list || (waits && channel->missing_count > 0))
        return PRESENCE_UNKNOWN;
    return look_whether(channel->missing_count > 0);
}

static Presence look_at_drift(const ChannelReport *channel, uint32_t kinds)
{
    const Counts counts = counts_of(channel);
    size_t left = counts.extra + counts.changed;
    bool is_explained = channel->result == RESULT_PAUSED ||
                        channel->result >= RESULT_UNMANAGEABLE ||
                        (channel->result == RESULT_HELD && !look_merely_waits(channel));

    if (!(kinds & NOTICE_BIT(NOTICE_MISSING)))
        left += counts.missing;
    if (!channel->has_list || (left > 0 && is_explained))
        return PRESENCE_UNKNOWN;
    return look_whether(left > 0);
}

Presence look_at_channel(NoticeKind kind, uint32_t kinds, const ChannelReport *channel,
                         const InstanceReport *instance, bool is_instance_failed)
{
    switch (kind) {
    case NOTICE_HELD:
        return look_at_held(channel, instance);
    case NOTICE_FAILED:
        return look_at_failed(channel, is_instance_failed);
    case NOTICE_MISSING:
        return look_at_missing(channel);
    case NOTICE_DRIFT:
        return look_at_drift(channel, kinds);
    case NOTICE_INVALID:
    case NOTICE_CHANGED:
    case NOTICE_KIND_COUNT:
        break;
    }
    return PRESENCE_UNKNOWN;
}

Presence look_at_instance(NoticeKind kind, const Report *report, const InstanceReport *instance)
{
    bool fails =
        err_is_set(&instance->error) || (report->channel_count > 0 && !report_could_read(report));

    if (kind == NOTICE_FAILED)
        return look_whether(fails);
    if (kind != NOTICE_HELD)
        return PRESENCE_UNKNOWN;
    return fails && instance->guard_count == 0 ? PRESENCE_UNKNOWN
                                               : look_whether(instance->guard_count > 0);
}

/* ---- what was changed ---- */

static size_t look_count_changed(const ChangedReport *changed, size_t count)
{
    size_t corrected = 0;

    for (size_t i = 0; i < count; i++)
        corrected += changed[i].outcome == OUTCOME_CORRECTED;
    return corrected;
}

bool look_add_changes(const ChannelReport *channel, LookChanges *changes)
{
    const LookChanges before = *changes;

    for (size_t i = 0; i < channel->extra_count; i++) {
        const ExtraReport *extra = &channel->extras[i];

        changes->deleted += extra->outcome == OUTCOME_DELETED;
        changes->disabled += extra->outcome == OUTCOME_QUARANTINED && extra->attempts > 0;
    }
    for (size_t i = 0; i < channel->added_count; i++)
        changes->added += channel->added[i].outcome == OUTCOME_ADDED;
    changes->corrected += look_count_changed(channel->changed, channel->changed_count);
    changes->enabled += look_count_changed(channel->enabled, channel->enabled_count);
    return changes->deleted != before.deleted || changes->disabled != before.disabled ||
           changes->added != before.added || changes->corrected != before.corrected ||
           changes->enabled != before.enabled;
}
