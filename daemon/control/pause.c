/* SPDX-License-Identifier: MIT */
#include "daemon/control/pause.h"

#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/json/json.h"

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

json_object *pause_row(const StorePause *pause)
{
    const StoreScope *scope = &pause->scope;
    json_object *row = json_new_object();
    char until[CLOCK_RFC3339_SIZE] = "";

    if (pause->until_usec)
        clock_format_rfc3339(pause->until_usec, until);
    json_put_text(row, "scope", pause_scope_text(scope));
    json_put_text(row, "instance", scope->instance_name);
    json_put_text(row, "name", scope->channel_name);
    json_put_text(row, "id", scope->channel_id);
    json_put_text(row, "reason", pause->reason);
    json_put_text(row, "until", until);
    return row;
}

json_object *pause_rows(const StorePauses *pauses)
{
    json_object *rows = json_new_array();

    for (size_t i = 0; i < pauses->count; i++)
        json_add(rows, pause_row(&pauses->items[i]));
    return rows;
}

json_object *pause_rows_beside(const StorePauses *pauses, const StoreScope *scope)
{
    json_object *rows = json_new_array();

    for (size_t i = 0; i < pauses->count; i++) {
        const StoreScope *other = &pauses->items[i].scope;

        if (store_scope_covers(other, scope) || store_scope_covers(scope, other))
            json_add(rows, pause_row(&pauses->items[i]));
    }
    return rows;
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
