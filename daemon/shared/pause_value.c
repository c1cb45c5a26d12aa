/* SPDX-License-Identifier: MIT */
#include "daemon/shared/pause_value.h"

#include <assert.h>
#include <errno.h>

#include "daemon/base/str.h"
#include "daemon/shared/fields.h"

int pause_value_append(const StorePause *pause, Buf *json)
{
    JsonWriter writer = {.buf = json, .is_compact = true};
    const StoreScope *scope = &pause->scope;

    assert(pause->reason && pause->host && pause->made_usec);
    json_open_object(&writer, NULL);
    json_put_string(&writer, "scope", channel_record_scope_text(store_scope_kind(scope)));
    json_put_text(&writer, "instance", scope->instance_key);
    json_put_text(&writer, "instance_name", scope->instance_name);
    json_put_text(&writer, "channel_id", scope->channel_id);
    json_put_text(&writer, "channel_name", scope->channel_name);
    json_put_string(&writer, "reason", pause->reason);
    json_put_number_if(&writer, "until_usec", pause->until_usec > 0, pause->until_usec);
    json_put_number_if(&writer, "uid", pause->uid != (uid_t)-1, pause->uid);
    json_put_string(&writer, "host", pause->host);
    json_put_number(&writer, "at_usec", pause->made_usec);
    json_close_object(&writer);
    return json_end(&writer);
}

/* That the scope's word is what its texts say. */
static int pause_value_check_scope(const StoreScope *scope, const char *word, Err *err)
{
    bool has_channel = scope->channel_id || scope->channel_name;

    if (!str_equal(word, channel_record_scope_text(store_scope_kind(scope))) ||
        (has_channel && !scope->instance_key))
        return err_set(err, -EINVAL, "scope: is not what the other keys name");
    return 0;
}

static int pause_value_read_scope(const Json *root, Arena *arena, StoreScope *scope, Err *err)
{
    const char *word = NULL;
    int r = fields_text(root, "scope", true, arena, &word, err);

    if (r == 0)
        r = fields_text(root, "instance", false, arena, &scope->instance_key, err);
    if (r == 0)
        r = fields_text(root, "instance_name", false, arena, &scope->instance_name, err);
    if (r == 0)
        r = fields_text(root, "channel_id", false, arena, &scope->channel_id, err);
    if (r == 0)
        r = fields_text(root, "channel_name", false, arena, &scope->channel_name, err);
    return r < 0 ? r : pause_value_check_scope(scope, word, err);
}

static int pause_value_read_root(const Json *root, Arena *arena, StorePause *pause, Err *err)
{
    int r = pause_value_read_scope(root, arena, &pause->scope, err);

    if (r == 0)
        r = fields_text(root, "reason", true, arena, &pause->reason, err);
    if (r == 0)
        r = fields_text(root, "host", true, arena, &pause->host, err);
    if (r == 0)
        r = json_take_number(root, "until_usec", INT64_MAX, &pause->until_usec, err);
    if (r == 0)
        r = json_take_number(root, "at_usec", INT64_MAX, &pause->made_usec, err);
    if (r == 0)
        r = fields_uid(root, "uid", &pause->uid, err);
    if (r == 0 && pause->made_usec == 0)
        r = err_set(err, -EINVAL, "at_usec: missing");
    return r;
}

int pause_value_read(const char *json, size_t size, Arena *arena, StorePause *ret_pause, Err *err)
{
    _cleanup_(json_freep) Json *root = NULL;
    StorePause pause = {0};
    int r = fields_parse(json, size, &root, err);

    if (r == 0)
        r = pause_value_read_root(root, arena, &pause, err);
    if (r == 0)
        *ret_pause = pause;
    return r;
}
