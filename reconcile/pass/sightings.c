/* SPDX-License-Identifier: MIT */
#include "reconcile/pass/sightings.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "reconcile/pass/take_over.h"
#include "reconcile/plan/sighting.h"

/* Those that are remembered. */
typedef struct Counted {
    ChannelPass *channel;
    Sighting *sightings;
    size_t count;
    bool is_old; /* as the record has them; else with this list counted in, and new ones too */
} Counted;

static int sightings_put(void *userdata, const char *name)
{
    Counted *counted = userdata;
    ChannelRecord *record = &counted->channel->record;
    uint32_t count = guard_sightings(record, name) - counted->is_old;
    const char *copy;

    if (count == 0)
        return 0;
    copy = arena_string(&record->arena, name);
    if (!copy)
        return -ENOMEM;
    counted->sightings[counted->count++] = (Sighting){copy, count};
    return 0;
}

static int sightings_collect(Counted *counted)
{
    const ChannelPass *channel = counted->channel;
    const Plan *plan = &channel->plan;
    size_t room = plan->extra_count + plan->add_count + plan->correct_count;
    int r = 0;

    counted->sightings = calloc(room + 1, sizeof(*counted->sightings));
    if (!counted->sightings)
        return -ENOMEM;
    for (size_t i = 0; i < plan->extra_count && r == 0; i++)
        r = sightings_put(counted, plan->extras[i].id);
    if (channel->needs_sightings && r == 0)
        r = sighting_visit_posts(plan, sightings_put, counted);
    assert(r < 0 || counted->count <= room);
    return r;
}

static int sightings_write(const Counted *counted, Err *err)
{
    const ChannelPass *channel = counted->channel;

    return channel->ops->remember(channel->context, channel->roster, channel->row->id,
                                  counted->sightings, counted->count, err);
}

int sightings_forget_returned(ChannelPass *channel, Err *err)
{
    Counted counted = {.channel = channel, .is_old = true};
    int r;

    if (channel->dry_run || channel->record.sighting_count == 0)
        return 0;
    if (sightings_collect(&counted) < 0)
        r = err_memory(err);
    else if (counted.count == channel->record.sighting_count)
        r = 0;
    else
        r = sightings_write(&counted, err);
    free(counted.sightings);
    return r;
}

/* Since a take-over: whether the list shows nothing planned that was not seen before. */
static void sightings_note(const ChannelPass *channel)
{
    bool were_seen =
        plan_change_count(&channel->plan) == 0 || channel->guards[GUARD_CONFIRM_PASSES].planned > 1;

    if (channel->take_over && channel->needs_sightings)
        take_over_note(channel->take_over, channel->token, channel->row->id, were_seen);
}

/* A channel in sync was not recalled: it may have old ones, and fails with the state only where
 * they are counted: an old one taken for the newest would let an extra pass too early. */
int sightings_remember(ChannelPass *channel, bool is_recalled, Err *err)
{
    bool is_counted = channel->roster->guards.confirm_passes > 1 || channel->needs_sightings;
    Counted counted = {.channel = channel};
    int r = 0;

    if (channel->dry_run || (!is_counted && is_recalled && channel->record.sighting_count == 0))
        return 0;
    if (!is_counted && !is_recalled) {
        sightings_write(&counted, NULL);
        return 0;
    }
    if (is_counted && is_recalled && sightings_collect(&counted) < 0)
        r = err_memory(err);
    if (r == 0)
        r = sightings_write(&counted, err);
    free(counted.sightings);
    if (r == 0)
        sightings_note(channel);
    return r;
}
