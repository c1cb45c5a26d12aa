/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "config/load/config_load.h"
#include "daemon/base/clock.h"
#include "daemon/base/duration.h"
#include "daemon/base/str.h"
#include "daemon/cli/exit_status.h"
#include "daemon/cli/load.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/http/unix_client.h"
#include "daemon/json/json.h"
#include "daemon/report/history.h"
#include "daemon/report/history_text.h"
#include "daemon/report/row.h"
#include "daemon/store/state_dir.h"
#include "daemon/store/store.h"

#define PAGE 2000 /* of the history, asked for at once */

static void ctl_history_target(const Options *options, uint64_t before, Buf *target)
{
    buf_printf(target, "/v1/history?limit=%d", PAGE);
    if (before)
        buf_printf(target, "&before=%" PRIu64, before);
    if (options->channel) {
        buf_puts(target, "&channel=");
        unix_client_append_escaped(target, options->channel);
    }
    if (options->since) {
        buf_puts(target, "&since=");
        unix_client_append_escaped(target, options->since);
    }
}

/* Puts an older page before what is there. */
static void ctl_prepend(json_object **rows, json_object *page)
{
    json_object *all = json_new_array();

    for (size_t i = 0; i < json_object_array_length(page); i++)
        json_add(all, json_object_get(json_object_array_get_idx(page, i)));
    for (size_t i = 0; *rows && i < json_object_array_length(*rows); i++)
        json_add(all, json_object_get(json_object_array_get_idx(*rows, i)));
    json_object_put(*rows);
    *rows = all;
}

/* Page by page, the newest first. */
static int ctl_ask_history(const Options *options, json_object **ret_root, Err *err)
{
    json_object *rows = NULL, *root = json_new_object();
    uint64_t before = 0;
    size_t count;
    int r;

    do {
        _cleanup_(buf_done) Buf target = {0};
        json_object *page = NULL, *actions = NULL, *number = NULL;

        ctl_history_target(options, before, &target);
        r = buf_failed(&target) < 0 ? err_memory(err) : ctl_get(options, target.data, &page, err);
        if (r < 0)
            break;
        json_object_object_get_ex(page, "actions", &actions);
        count =
            json_object_is_type(actions, json_type_array) ? json_object_array_length(actions) : 0;
        if (actions)
            ctl_prepend(&rows, actions);
        if (count > 0 &&
            json_object_object_get_ex(json_object_array_get_idx(rows, 0), "action", &number))
            before = json_object_get_uint64(number);
        if (str_equal(row_text(page, "unknown_channel"), "true"))
            json_put_bool(root, "unknown_channel", true);
        json_object_put(page);
    } while (count == PAGE);
    json_put(root, "actions", rows);
    if (r < 0)
        json_object_put(root);
    else
        *ret_root = root;
    return r;
}

static int ctl_read_history(const Options *options, const Config *config, StoreActions *ret_actions,
                            Err *err)
{
    _cleanup_free_ char *directory = NULL;
    _cleanup_(store_freep) Store *store = NULL;
    _cleanup_(buf_done) Buf instance = {0};
    const char *slash = options->channel ? strchr(options->channel, '/') : NULL;
    StoreFilter filter = {.channel = slash ? slash + 1 : options->channel};
    int r = state_dir_find(config, &directory, err);

    if (slash) {
        buf_append(&instance, options->channel, (size_t)(slash - options->channel));
        filter.instance = buf_text(&instance);
    }
    if (options->since)
        duration_parse_since(options->since, clock_realtime_usec(), &filter.since_usec);
    if (r == 0)
        r = store_open_read_only(directory, &store, err);
    return r < 0 ? r : store_history(store, &filter, ret_actions, err);
}

static bool ctl_is_name(const RosterChannel *channel, const char *text)
{
    return (channel->name && str_equal(channel->name, text)) ||
           (channel->id && str_equal(channel->id, text));
}

static bool ctl_is_channel(const Config *config, const RosterChannel *channel, const char *text)
{
    const char *instance = config->instances[channel->instance].name;
    size_t size = strlen(instance);

    if (str_has_prefix(text, instance) && text[size] == '/' &&
        ctl_is_name(channel, text + size + 1))
        return true;
    return ctl_is_name(channel, text);
}

/* Whether the rosters are readable and do not have the channel asked for. */
static bool ctl_is_in_no_roster(const Options *options)
{
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(config_freep) Config *config = NULL;

    if (config_load(options->config_path, &problems, &config) < 0)
        return false;
    for (size_t i = 0; i < config->channel_count; i++) {
        if (ctl_is_channel(config, &config->channels[i], options->channel))
            return false;
    }
    return true;
}

/* As the daemon's answer says it (control.c). */
static bool ctl_is_unknown(const Options *options, const Config *config)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    Options any = *options;

    any.since = NULL;
    return options->channel && ctl_read_history(&any, config, &actions, NULL) == 0 &&
           actions.count == 0 && ctl_is_in_no_roster(options);
}

static int ctl_print_history(const Options *options, json_object *root)
{
    _cleanup_(buf_done) Buf text = {0};

    buf_printf(&text, "%s: no channel of this name or id is in the history or in the rosters",
               options->channel);
    if (str_equal(row_text(root, "unknown_channel"), "true") && buf_failed(&text) == 0)
        ctl_say(EXIT_IN_SYNC, buf_text(&text));
    return ctl_print_answer(options, root, history_text_append);
}

static int ctl_history_of_files(const Options *options)
{
    _cleanup_(config_freep) Config *config = NULL;
    _cleanup_(store_actions_done) StoreActions actions = {0};
    _cleanup_(buf_done) Buf text = {0};
    json_object *root = NULL;
    Err err = {0};
    int status = load_settings(options->config_path, &config);

    if (status != EXIT_IN_SYNC)
        return status;
    if (ctl_read_history(options, config, &actions, &err) < 0)
        return ctl_say(EXIT_FAILED, err.text);
    if (report_history_append(&actions, actions.count == 0 && ctl_is_unknown(options, config),
                              &text) < 0 ||
        ctl_parse(&text, &root, &err) < 0)
        return ctl_no_memory();
    status = ctl_print_history(options, root);
    json_object_put(root);
    return status;
}

int ctl_history(const Options *options)
{
    json_object *root = NULL;
    Err err = {0};
    int status, r = ctl_ask_history(options, &root, &err);

    if (ctl_means_no_daemon(r) && !options->socket_path)
        return ctl_history_of_files(options);
    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_print_history(options, root);
    json_object_put(root);
    return status;
}
