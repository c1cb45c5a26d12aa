/* SPDX-License-Identifier: MIT */
#include "daemon/control/pause.h"

#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"

/* The roster's name for it, or the one that the service had when it was read last; NULL. */
static const char *pause_name(const ChannelRef *found)
{
    if (found->channel->name)
        return found->channel->name;
    return found->report ? found->report->name : NULL;
}

const StorePause *pause_find(const StorePauses *pauses, const ChannelRef *found)
{
    const char *name = pause_name(found);

    for (size_t i = 0; i < pauses->count; i++) {
        const StorePause *pause = &pauses->items[i];

        if (!str_equal(pause->instance_name, found->instance_name))
            continue;
        if (found->channel_id && str_equal(pause->channel_id, found->channel_id))
            return pause;
        if (name && str_has_prefix(pause->channel_id, STORE_BY_NAME) &&
            str_equal(pause->channel_id + sizeof(STORE_BY_NAME) - 1, name))
            return pause;
    }
    return NULL;
}

static int pause_name_key(const char *name, Buf *key, Err *err)
{
    buf_printf(key, STORE_BY_NAME "%s", name);
    return buf_failed(key) < 0 ? err_memory(err) : 0;
}

int pause_begin(Store *store, const ChannelRef *found, const char *reason, uint64_t until_usec,
                Err *err)
{
    return store_pause_channel(store, found->instance_name, found->channel_id, pause_name(found),
                               reason, until_usec, err);
}

static int pause_end_by_name(Store *store, const ChannelRef *found, const char *name, Err *err)
{
    _cleanup_(buf_done) Buf key = {0};
    int r = pause_name_key(name, &key, err);

    return r < 0 ? r : store_resume(store, found->instance_name, buf_text(&key), err);
}

/* Whether the pause by its name was begun together with one by an id, which may be its own. */
static bool pause_has_id(const StorePauses *pauses, const ChannelRef *found)
{
    const StorePause *own = pause_find(pauses, found);

    for (size_t i = 0; own && i < pauses->count; i++) {
        const StorePause *pause = &pauses->items[i];

        if (str_equal(pause->instance_name, own->instance_name) &&
            !str_has_prefix(pause->channel_id, STORE_BY_NAME) &&
            str_equal(pause->reason, own->reason) && pause->until_usec == own->until_usec)
            return true;
    }
    return false;
}

/* Without the id, half a pause would stay. */
static int pause_check_id(Store *store, const ChannelRef *found, Err *err)
{
    _cleanup_(store_pauses_done) StorePauses pauses = {0};
    int r = found->channel_id ? 0 : store_pauses(store, clock_realtime_usec(), &pauses, err);

    if (r < 0 || found->channel_id || !pause_has_id(&pauses, found))
        return r;
    return err_set(err, -EPERM,
                   "it stays paused: its id is not known before a pass has found the channel, "
                   "resume it then");
}

int pause_end(Store *store, const ChannelRef *found, Err *err)
{
    const char *names[] = {found->channel->name, found->report ? found->report->name : NULL};
    bool has_ended = false;
    int r = pause_check_id(store, found, err);

    if (r == 0 && found->channel_id)
        r = store_resume(store, found->instance_name, found->channel_id, err);
    for (size_t i = 0; i < ELEMENTS(names) && r >= 0; i++) {
        has_ended = has_ended || r > 0;
        r = names[i] ? pause_end_by_name(store, found, names[i], err) : 0;
    }
    return r < 0 ? r : has_ended || r > 0;
}
