/* SPDX-License-Identifier: MIT */
#include "daemon/control/orphan_quarantine.h"

#include "daemon/base/str.h"
#include "daemon/control/channel_ref.h"
#include "daemon/runtime/quarantine_left.h"

static bool orphan_quarantine_is_equal(const char *a, const char *b)
{
    return a && b && str_equal(a, b);
}

static bool orphan_quarantine_is_managed(const Controller *controller,
                                         const StoreQuarantined *member)
{
    for (size_t i = 0; i < controller->config->channel_count; i++) {
        ChannelRef found;

        channel_ref_by_index(controller, i, &found);
        if (str_equal(found.instance_key, member->instance_key) &&
            (orphan_quarantine_is_equal(found.channel->id, member->channel_id) ||
             orphan_quarantine_is_equal(found.channel_id, member->channel_id) ||
             orphan_quarantine_is_equal(found.channel->name, member->channel_name)))
            return true;
    }
    return false;
}

static bool orphan_quarantine_is_next(const StoreQuarantine *quarantine, size_t number)
{
    const StoreQuarantined *member = &quarantine->items[number], *last = member - 1;

    return number > 0 && str_equal(member->instance_key, last->instance_key) &&
           str_equal(member->channel_id, last->channel_id);
}

static void orphan_quarantine_open(JsonWriter *writer, const StoreQuarantined *member)
{
    json_open_object(writer, NULL);
    json_put_text(writer, "instance", member->instance_name);
    json_put_text(writer, "name", member->channel_name);
    json_put_text(writer, "id", member->channel_id);
    json_open_array(writer, "members");
}

static void orphan_quarantine_close(JsonWriter *writer)
{
    json_close_array(writer);
    json_close_object(writer);
}

/* They come channel by channel. */
static void orphan_quarantine_put_all(JsonWriter *writer, const Controller *controller,
                                      const StoreQuarantine *quarantine)
{
    bool is_open = false;

    for (size_t i = 0; i < quarantine->count; i++) {
        const StoreQuarantined *member = &quarantine->items[i];
        char text[2304];

        if (orphan_quarantine_is_managed(controller, member))
            continue;
        if (is_open && !orphan_quarantine_is_next(quarantine, i))
            orphan_quarantine_close(writer);
        if (!is_open || !orphan_quarantine_is_next(quarantine, i))
            orphan_quarantine_open(writer, member);
        is_open = true;
        quarantine_left_print(member, text, sizeof(text));
        json_put_string(writer, NULL, text);
    }
    if (is_open)
        orphan_quarantine_close(writer);
}

void orphan_quarantine_put(JsonWriter *writer, const char *key, const Controller *controller)
{
    _cleanup_(store_quarantine_done) StoreQuarantine quarantine = {0};

    json_open_array(writer, key);
    if (controller->backend.store &&
        store_quarantine(controller->backend.store, &quarantine, NULL) == 0)
        orphan_quarantine_put_all(writer, controller, &quarantine);
    json_close_array(writer);
}
