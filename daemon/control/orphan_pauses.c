/* SPDX-License-Identifier: MIT */
#include "daemon/control/orphan_pauses.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/control/pause.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/json.h"

static bool orphan_pauses_is_orphan(const Controller *controller, const StorePause *pause)
{
    if (store_scope_kind(&pause->scope) != PAUSE_SCOPE_CHANNEL)
        return false;
    for (size_t i = 0; i < controller->config->channel_count; i++) {
        ChannelRef found;
        StoreScope channel;

        channel_ref_by_index(controller, i, &found);
        channel = pause_scope(&found);
        if (store_scope_covers(&pause->scope, &channel))
            return false;
    }
    return true;
}

static void orphan_pauses_put_one(JsonWriter *writer, const StorePause *pause)
{
    json_open_object(writer, NULL);
    json_put_text(writer, "instance", pause->scope.instance_name);
    json_put_text(writer, "name", pause->scope.channel_name);
    json_put_text(writer, "id", pause->scope.channel_id);
    report_json_put_pause(writer, PAUSE_SCOPE_CHANNEL, pause->reason, pause->until_usec);
    json_close_object(writer);
}

void orphan_pauses_put(JsonWriter *writer, const char *key, const Controller *controller,
                       const StorePauses *pauses)
{
    json_open_array(writer, key);
    for (size_t i = 0; i < pauses->count; i++) {
        if (orphan_pauses_is_orphan(controller, &pauses->items[i]))
            orphan_pauses_put_one(writer, &pauses->items[i]);
    }
    json_close_array(writer);
}

static bool orphan_pauses_has_name(const StoreScope *scope, const char *text)
{
    return (scope->channel_id && str_equal(scope->channel_id, text)) ||
           (scope->channel_name && str_equal(scope->channel_name, text));
}

static bool orphan_pauses_fits(const StoreScope *scope, const char *text)
{
    const char *instance = scope->instance_name;
    size_t size = instance ? strlen(instance) : 0;

    return orphan_pauses_has_name(scope, text) ||
           (size > 0 && str_has_prefix(text, instance) && text[size] == '/' &&
            orphan_pauses_has_name(scope, text + size + 1));
}

int orphan_pauses_find(const Controller *controller, const StorePauses *pauses, const char *text,
                       const StorePause **ret_pause, Err *err)
{
    const StorePause *first = NULL;

    for (size_t i = 0; i < pauses->count; i++) {
        const StorePause *pause = &pauses->items[i];

        if (!orphan_pauses_fits(&pause->scope, text) || !orphan_pauses_is_orphan(controller, pause))
            continue;
        if (first && !str_equal(first->scope.instance_key, pause->scope.instance_key))
            return err_set(err, -ENOTUNIQ,
                           "%.200s: channels of several instances have this name: say "
                           "instance/name",
                           text);
        first = first ? first : pause;
    }
    if (!first)
        return -ENOENT;
    *ret_pause = first;
    return 0;
}
