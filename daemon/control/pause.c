/* SPDX-License-Identifier: MIT */
#include "daemon/control/pause.h"

#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/json/json_writer.h"

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

const char *pause_scope_text(const StoreScope *scope)
{
    static const char *const texts[] = {
        [STORE_SCOPE_ALL] = "all",
        [STORE_SCOPE_INSTANCE] = "instance",
        [STORE_SCOPE_CHANNEL] = "channel",
    };

    return texts[store_scope_kind(scope)];
}

void pause_put_scope(JsonWriter *writer, const StoreScope *scope)
{
    json_put_text(writer, "scope", pause_scope_text(scope));
    json_put_text(writer, "instance", scope->instance_name);
    json_put_text(writer, "name", scope->channel_name);
    json_put_text(writer, "id", scope->channel_id);
}

void pause_put(JsonWriter *writer, const StorePause *pause)
{
    char until[CLOCK_RFC3339_SIZE] = "";

    if (pause->until_usec)
        clock_format_rfc3339(pause->until_usec, until);
    pause_put_scope(writer, &pause->scope);
    json_put_text(writer, "reason", pause->reason);
    json_put_text(writer, "until", until);
}

void pause_put_all(JsonWriter *writer, const char *key, const StorePauses *pauses,
                   const StoreScope *beside)
{
    json_open_array(writer, key);
    for (size_t i = 0; i < pauses->count; i++) {
        const StoreScope *scope = &pauses->items[i].scope;

        if (beside && !store_scope_covers(scope, beside) && !store_scope_covers(beside, scope))
            continue;
        json_open_object(writer, NULL);
        pause_put(writer, &pauses->items[i]);
        json_close_object(writer);
    }
    json_close_array(writer);
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
