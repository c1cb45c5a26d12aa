/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "config/load/config_load.h"
#include "daemon/base/clock.h"
#include "daemon/base/duration.h"
#include "daemon/base/str.h"
#include "daemon/cli/control_path.h"
#include "daemon/cli/exit_status.h"
#include "daemon/cli/load.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/http/unix_client.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/history.h"
#include "daemon/report/history_text.h"
#include "daemon/report/row.h"
#include "daemon/store/state_dir.h"
#include "daemon/store/store.h"

#define PAGE 2000 /* of the history, asked for at once */

/* Answers, one for each page of the history, the newest first. */
typedef struct Pages {
    Json **roots;
    size_t count, capacity;
} Pages;

static void pages_done(Pages *pages)
{
    for (size_t i = 0; i < pages->count; i++)
        json_free(pages->roots[i]);
    free(pages->roots);
}

static void ctl_history_target(const Options *options, uint64_t before, Buf *target)
{
    buf_printf(target, CONTROL_PATH_HISTORY "?limit=%d", PAGE);
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

/* Asks for one more page; the number of its actions. Each begins before the one that was asked for
 * earlier, or what answers would be asked for ever. */
static int ctl_ask_page(const Options *options, Pages *pages, uint64_t *before, Err *err)
{
    _cleanup_(buf_done) Buf target = {0};
    uint64_t first;
    Json *root;
    int r;

    if (mem_grow(&pages->roots, &pages->capacity, pages->count + 1, sizeof(*pages->roots)) < 0)
        return err_memory(err);
    ctl_history_target(options, *before, &target);
    r = buf_failed(&target) < 0 ? err_memory(err) : ctl_get(options, target.data, &root, err);
    if (r < 0)
        return r;
    pages->roots[pages->count++] = root;
    first = row_number(row_at(root, "actions", 0), "action");
    if (row_count(root, "actions") >= PAGE && (first == 0 || (*before && first >= *before)))
        return err_set(err, -EPROTO, "actions: not older than those of the page before");
    *before = first;
    return row_count(root, "actions") >= PAGE;
}

/* All pages in one answer, the oldest first. */
static int ctl_join_pages(const Pages *pages, Json **ret_root, Err *err)
{
    _cleanup_(buf_done) Buf text = {0};
    JsonWriter writer = {.buf = &text};

    json_open_object(&writer, NULL);
    json_open_array(&writer, "actions");
    for (size_t i = pages->count; i > 0; i--) {
        for (size_t k = 0; k < row_count(pages->roots[i - 1], "actions"); k++)
            json_put_value(&writer, NULL, row_at(pages->roots[i - 1], "actions", k));
    }
    json_close_array(&writer);
    if (row_is_true(pages->roots[0], "unknown_channel"))
        json_put_bool(&writer, "unknown_channel", true);
    if (row_text(pages->roots[0], "near")[0])
        json_put_text(&writer, "near", row_text(pages->roots[0], "near"));
    json_close_object(&writer);
    return json_end(&writer) < 0 ? err_memory(err) : ctl_parse(&text, ret_root, err);
}

static int ctl_ask_history(const Options *options, Json **ret_root, Err *err)
{
    _cleanup_(pages_done) Pages pages = {0};
    uint64_t before = 0;
    int r;

    do
        r = ctl_ask_page(options, &pages, &before, err);
    while (r > 0);
    if (r < 0)
        return r;
    if (pages.count > 1)
        return ctl_join_pages(&pages, ret_root, err);
    *ret_root = TAKE_PTR(pages.roots[0]);
    return 0;
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

/* As the daemon's answer says it (control.c): whether the channel asked for is in no roster, as far
 * as they are readable, and nowhere in the history. `ret_rosters` holds the names near it. */
static bool ctl_is_unknown(const Options *options, const Config *config, Config **ret_rosters)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    _cleanup_(problems_done) Problems problems = {0};
    Options any = *options;

    any.since = NULL;
    return options->channel && ctl_read_history(&any, config, &actions, NULL) == 0 &&
           actions.count == 0 && config_load(options->config_path, &problems, ret_rosters) == 0 &&
           !unknown_channel_is_known(*ret_rosters, options->channel);
}

static int ctl_print_history(const Options *options, const Json *root)
{
    _cleanup_(buf_done) Buf text = {0};
    const char *near = row_text(root, "near");

    buf_printf(&text, "%s: no channel of this name or id is in the history or in the rosters%s%s%s",
               options->channel, near[0] ? ", do you mean " : "", near,
               near[0] ? "?" : "; rosterctl status lists those of the rosters");
    if (row_is_true(root, "unknown_channel") && buf_failed(&text) == 0)
        ctl_say(EXIT_IN_SYNC, buf_text(&text));
    return ctl_print_answer(options, root, history_text_append);
}

static int ctl_history_of_files(const Options *options)
{
    _cleanup_(config_freep) Config *config = NULL, *rosters = NULL;
    _cleanup_(store_actions_done) StoreActions actions = {0};
    _cleanup_(buf_done) Buf text = {0};
    _cleanup_(json_freep) Json *root = NULL;
    UnknownChannel unknown;
    bool is_unknown;
    Err err = {0};
    int status = load_settings(options->config_path, &config);

    if (status != EXIT_IN_SYNC)
        return status;
    if (ctl_read_history(options, config, &actions, &err) < 0)
        return ctl_say(EXIT_FAILED, err.text);
    is_unknown = actions.count == 0 && ctl_is_unknown(options, config, &rosters);
    if (is_unknown) {
        unknown_channel_init(&unknown, options->channel);
        unknown_channel_offer_all(&unknown, rosters);
    }
    if (report_history_append(&actions, is_unknown ? &unknown : NULL, &text) < 0 ||
        ctl_parse(&text, &root, &err) < 0)
        return ctl_no_memory();
    return ctl_print_history(options, root);
}

int ctl_history(const Options *options)
{
    _cleanup_(json_freep) Json *root = NULL;
    Err err = {0};
    int r = ctl_ask_history(options, &root, &err);

    if (ctl_means_no_daemon(r) && !options->socket_path)
        return ctl_history_of_files(options);
    return r < 0 ? ctl_fail(r, &err) : ctl_print_history(options, root);
}
