/* SPDX-License-Identifier: MIT */
#include "reconcile/pass/settling.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static int settling_final(void *list, const char *member_id)
{
    const ChannelPass *channel = list;

    return diff_has_id(&channel->diff, member_id) ? SETTLEMENT_FAILED : SETTLEMENT_GONE;
}

/* A member still listed may be on its way out: if its next deletion finds it gone, it was ours. */
static int settling_member(void *list, const char *member_id)
{
    ChannelPass *channel = list;
    const char *id;

    if (!diff_has_id(&channel->diff, member_id))
        return SETTLEMENT_GONE;
    id = arena_string(&channel->diff.arena, member_id);
    if (!id || map_put(&channel->tried, id, strlen(id), channel) < 0)
        return -ENOMEM;
    channel->in_doubt_count++;
    return SETTLEMENT_LATER;
}

static const char *settling_find_listed(const void *list, const void *identity,
                                        size_t identity_size)
{
    const ChannelPass *channel = list;

    return diff_find_id(&channel->diff, identity, identity_size);
}

/* Whether a live member has all values that a correction sent; a weight that is not told counts as
 * right. */
static bool settling_is_corrected(const MemberFields *live, const MemberFields *was,
                                  const MemberFields *sent, int told)
{
    if (told & ROSTER_MEMBER_WEIGHT && was->weight != sent->weight &&
        live->weight != OPS_WEIGHT_NONE && live->weight != sent->weight)
        return false;
    if (was->is_backup != sent->is_backup && live->is_backup != sent->is_backup)
        return false;
    return was->is_enabled == sent->is_enabled || live->is_enabled == sent->is_enabled;
}

/* By what was sent, and not by the roster, which may be another by now. */
static const char *settling_find_corrected(const void *list, const void *identity,
                                           size_t identity_size, const char *before,
                                           const char *after)
{
    const ChannelPass *channel = list;
    const MemberFields *live = diff_find_fields(&channel->diff, identity, identity_size);
    MemberFields was, sent;
    int told;

    if (!live || channel->ops->read_fields(channel->context, before, &was) < 0)
        return NULL;
    told = channel->ops->read_fields(channel->context, after, &sent);
    return told >= 0 && settling_is_corrected(live, &was, &sent, told)
               ? diff_find_id(&channel->diff, identity, identity_size)
               : NULL;
}

static const char *settling_find_absent(const void *list, const void *identity,
                                        size_t identity_size)
{
    (void)list;
    (void)identity;
    (void)identity_size;
    return NULL;
}

static const char *settling_find_absent_corrected(const void *list, const void *identity,
                                                  size_t identity_size, const char *before,
                                                  const char *after)
{
    (void)before;
    (void)after;
    return settling_find_absent(list, identity, identity_size);
}

static int settling_as_absent(void *list, const char *member_id)
{
    (void)list;
    (void)member_id;
    return SETTLEMENT_ABSENT;
}

static SwitchLook settling_look_absent(const void *list, const char *member_id)
{
    (void)list;
    (void)member_id;
    return SWITCH_UNKNOWN;
}

static SwitchLook settling_look(const void *list, const char *member_id)
{
    static const SwitchLook looks[] = {
        [DIFF_ABSENT] = SWITCH_ABSENT,
        [DIFF_ENABLED] = SWITCH_ENABLED,
        [DIFF_DISABLED] = SWITCH_DISABLED,
    };
    const ChannelPass *channel = list;

    return looks[diff_look(&channel->diff, member_id)];
}

int settling_on_absent(ChannelPass *channel, const char *channel_id, Err *err)
{
    const SettleList list = {settling_as_absent, settling_find_absent,
                             settling_find_absent_corrected, channel, settling_look_absent};

    assert(channel_id && !channel->row);
    return channel->ops->settle(channel->context, channel->roster, channel_id, &list, err);
}

int settling_on_list(ChannelPass *channel, const char *channel_id, bool is_final, Err *err)
{
    const SettleList list = {is_final ? settling_final : settling_member, settling_find_listed,
                             settling_find_corrected, channel, settling_look};

    assert(channel_id && channel->row);
    channel->in_doubt_count = 0;
    if (channel->dry_run)
        return 0;
    if (!is_final)
        map_clear(&channel->tried);
    return channel->ops->settle(channel->context, channel->roster, channel_id, &list, err);
}
