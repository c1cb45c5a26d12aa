/* SPDX-License-Identifier: MIT */
#include "daemon/control/pause.h"

#include <errno.h>
#include <stdio.h>

#include "daemon/base/clock.h"

/* The roster's name for it, or the one that the service had when it was read last; NULL. */
static const char *pause_name(const ChannelRef *found)
{
    if (found->channel->name)
        return found->channel->name;
    return found->report ? found->report->name : NULL;
}

StoreScope pause_scope(const ChannelRef *found)
{
    return (StoreScope){
        .instance_key = found->instance_key,
        .instance_name = found->instance_name,
        .channel_id = found->channel_id,
        .channel_name = pause_name(found),
    };
}

const StorePause *pause_find(const StorePauses *pauses, const ChannelRef *found)
{
    const StoreScope scope = pause_scope(found);

    return store_pauses_find(pauses, &scope);
}

const char *pause_format_replaced(const StorePauses *replaced, char *ret_text, size_t size)
{
    const StorePause *first = replaced->count > 0 ? &replaced->items[0] : NULL;
    char until[CLOCK_RFC3339_SIZE] = "";

    ret_text[0] = '\0';
    if (first && first->until_usec)
        clock_format_rfc3339(first->until_usec, until);
    if (first)
        snprintf(ret_text, size, " (in place of the pause %s%s: %.200s)",
                 first->until_usec ? "until " : "without end", until, first->reason);
    return ret_text;
}

void pause_stop_passes(Controller *controller, const StoreScope *scope)
{
    for (size_t i = 0; i < controller->config->channel_count; i++) {
        ChannelRef found;
        StoreScope channel;

        channel_ref_by_index(controller, i, &found);
        channel = pause_scope(&found);
        if (found.scheduler->run && store_scope_covers(scope, &channel))
            pass_run_pause(found.scheduler->run, found.channel);
    }
}
