/* Pauses: see pause.h. */
#include "daemon/control/pause.h"

#include <errno.h>
#include <stdio.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"

const StorePause *pause_find(const StorePauses *pauses, const Found *found)
{
    const char *name = found->channel->name;

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

static int pause_name_key(const Found *found, Buf *key, Err *err)
{
    buf_printf(key, STORE_BY_NAME "%s", found->channel->name);
    return buf_failed(key) < 0 ? err_memory(err) : 0;
}

int pause_begin(Store *store, const Found *found, const char *reason, uint64_t until_usec, Err *err)
{
    _cleanup_(buf_done) Buf key = {0};
    const char *id = found->channel_id;

    if (!id) {
        if (pause_name_key(found, &key, err) < 0)
            return -ENOMEM;
        id = buf_text(&key);
    }
    return store_pause(store, found->instance_name, id, reason, clock_realtime_usec(), until_usec,
                       err);
}

int pause_end(Store *store, const Found *found, Err *err)
{
    _cleanup_(buf_done) Buf key = {0};
    int by_id = 0, by_name = 0;

    if (found->channel_id)
        by_id = store_resume(store, found->instance_name, found->channel_id, err);
    if (by_id >= 0 && found->channel->name) {
        by_name = pause_name_key(found, &key, err);
        if (by_name == 0)
            by_name = store_resume(store, found->instance_name, buf_text(&key), err);
    }
    if (by_id < 0 || by_name < 0)
        return by_id < 0 ? by_id : by_name;
    return by_id > 0 || by_name > 0;
}
