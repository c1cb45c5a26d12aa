/* SPDX-License-Identifier: MIT */
#include <errno.h>
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
#include "daemon/report/page.h"
#include "daemon/report/row.h"
#include "daemon/report/unknown_channel.h"
#include "daemon/store/state_dir.h"
#include "daemon/store/store.h"

#define PAGE 2000 /* of the history, asked for at once */

/* Where the history is read: from the daemon, else from its files. */
typedef struct HistorySource {
    const Options *options;
    Store *store;       /* NULL: from the daemon */
    StoreFilter filter; /* of the store */
    Buf instance;
} HistorySource;

static void history_source_done(HistorySource *source)
{
    store_free(source->store);
    buf_done(&source->instance);
}

/* ---- page by page ---- */

static void ctl_history_target(const Options *options, uint64_t after, Buf *target)
{
    buf_printf(target, CONTROL_PATH_HISTORY "?limit=%d&after=%" PRIu64, PAGE, after);
    if (options->channel) {
        buf_puts(target, "&channel=");
        unix_client_append_escaped(target, options->channel);
    }
    if (options->since) {
        buf_puts(target, "&since=");
        unix_client_append_escaped(target, options->since);
    }
}

static int ctl_ask_page(const Options *options, uint64_t after, Json **ret_root, Err *err)
{
    _cleanup_(buf_done) Buf target = {0};

    ctl_history_target(options, after, &target);
    return buf_failed(&target) < 0 ? err_memory(err) : ctl_get(options, target.data, ret_root, err);
}

/* As the daemon answers. */
static int ctl_read_page(HistorySource *source, uint64_t after, Json **ret_root, Err *err)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    _cleanup_(buf_done) Buf text = {0};
    JsonWriter writer = {.buf = &text};
    uint64_t next;
    int r;

    source->filter.after = after;
    r = store_history_page(source->store, &source->filter, &actions, &next, err);
    if (r < 0)
        return r;
    report_history_begin(&writer);
    report_history_put(&writer, &actions);
    if (report_history_end(&writer, &(HistoryEnd){.is_page = true, .next = next}) < 0)
        return err_memory(err);
    return ctl_parse(&text, ret_root, err);
}

static int ctl_history_page(HistorySource *source, uint64_t after, Json **ret_root, Err *err)
{
    return source->store ? ctl_read_page(source, after, ret_root, err)
                         : ctl_ask_page(source->options, after, ret_root, err);
}

/* Whether another page follows, and after what it begins: behind the page before, or what answers
 * would be asked for ever. */
static int ctl_history_next(const Json *root, uint64_t *after, Err *err)
{
    uint64_t next = row_number(root, "next");

    if (row_is_true(root, "complete"))
        return 0;
    if (next <= *after)
        return err_set(err, -EPROTO, "next: not behind the page before");
    *after = next;
    return 1;
}

/* ---- printing ---- */

/* What is printed while it comes. */
typedef struct HistoryOutput {
    bool is_json;
    JsonWriter writer;
    HistoryText text;
    Buf buf; /* what is to be printed next */
    uint64_t count;
} HistoryOutput;

static void history_output_done(HistoryOutput *output)
{
    buf_done(&output->buf);
}

static void ctl_history_begin(HistoryOutput *output, const Options *options)
{
    *output = (HistoryOutput){
        .is_json = options->json,
        .text.colour = page_wants_colour(),
        .writer.buf = &output->buf,
    };
    if (output->is_json)
        report_history_begin(&output->writer);
}

/* The exit status. */
static int ctl_history_flush(HistoryOutput *output)
{
    int status = buf_failed(&output->buf) < 0 ? ctl_no_memory() : ctl_print(&output->buf);

    buf_reset(&output->buf);
    return status;
}

static int ctl_history_print(HistoryOutput *output, const Json *root)
{
    output->count += row_count(root, "actions");
    if (output->is_json) {
        for (size_t i = 0; i < row_count(root, "actions"); i++)
            json_put_value(&output->writer, NULL, row_at(root, "actions", i));
    } else if (history_text_append(&output->text, root, &output->buf) < 0) {
        return ctl_no_memory();
    }
    return ctl_history_flush(output);
}

static void ctl_history_tell_unknown(const Options *options, const HistoryEnd *end)
{
    const char *near = end->near ? end->near : "";
    _cleanup_(buf_done) Buf text = {0};

    buf_printf(&text, "%s: no channel of this name or id is in the history or in the rosters%s%s%s",
               options->channel, near[0] ? ", do you mean " : "", near,
               near[0] ? "?" : "; rosterctl status lists those of the rosters");
    if (buf_failed(&text) == 0)
        ctl_say(EXIT_IN_SYNC, buf_text(&text));
}
/* As the last page says it. */
static int ctl_history_end(HistoryOutput *output, const HistoryEnd *end)
{
    if (output->is_json)
        report_history_end(&output->writer, end);
    else if (output->count == 0)
        history_text_append_none(&output->buf);
    if (!output->is_json)
        history_text_append_owners(end->told_owners, &output->buf);
    return ctl_history_flush(output);
}

/* Whether the channel asked for is in no roster, and nowhere in the history either. */
static bool ctl_is_unknown(const HistorySource *source, Config **ret_rosters)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    _cleanup_(problems_done) Problems problems = {0};
    const StoreFilter any = {
        .instance = source->filter.instance, .channel = source->filter.channel, .limit = 1};

    return any.channel && store_history(source->store, &any, &actions, NULL) == 0 &&
           actions.count == 0 &&
           config_load(source->options->config_path, &problems, ret_rosters) == 0 &&
           !unknown_channel_is_known(*ret_rosters, source->options->channel);
}

/* All that is known once the last page is read: in the daemon's answer, or found in the rosters, as
 * far as these are readable. */
static int ctl_history_finish(const HistorySource *source, const Json *last, HistoryOutput *output)
{
    const Options *options = source->options;
    _cleanup_(config_freep) Config *rosters = NULL;
    HistoryEnd end = {.is_unknown = row_is_true(last, "unknown_channel"),
                      .near = row_text(last, "near"),
                      .told_owners = json_find(last, HISTORY_OTHER_OWNERS)};
    UnknownChannel unknown;

    if (source->store && output->count == 0 && ctl_is_unknown(source, &rosters)) {
        unknown_channel_init(&unknown, options->channel);
        unknown_channel_offer_all(&unknown, rosters);
        end = (HistoryEnd){.is_unknown = true, .near = unknown_channel_find(&unknown)};
    }
    if (end.is_unknown)
        ctl_history_tell_unknown(options, &end);
    return ctl_history_end(output, &end);
}

/* Prints each page as it comes; `page` is the first, and taken over. What breaks off in the middle
 * leaves JSON without its end, and fails. */
static int ctl_history_print_all(HistorySource *source, Json *page)
{
    _cleanup_(history_output_done) HistoryOutput output;
    _cleanup_(json_freep) Json *root = page;
    uint64_t after = 0;
    Err err = {0};
    int status, r;

    ctl_history_begin(&output, source->options);
    for (;;) {
        status = ctl_history_print(&output, root);
        if (status != EXIT_IN_SYNC)
            return status;
        r = ctl_history_next(root, &after, &err);
        if (r == 0)
            return ctl_history_finish(source, root, &output);
        json_free(TAKE_PTR(root));
        if (r > 0)
            r = ctl_history_page(source, after, &root, &err);
        if (r < 0) {
            err_context(&err, r, "what is shown is not the whole history");
            return ctl_say(EXIT_FAILED, err.text);
        }
    }
}

/* ---- from the files ---- */

static int ctl_open_history(const Config *config, HistorySource *source, Err *err)
{
    const char *text = source->options->channel, *slash = text ? strchr(text, '/') : NULL;
    _cleanup_free_ char *directory = NULL;
    StoreFilter *filter = &source->filter;
    int r = state_dir_find(config, &directory, err);

    *filter = (StoreFilter){.channel = slash ? slash + 1 : text, .limit = PAGE};
    if (slash) {
        buf_append(&source->instance, text, (size_t)(slash - text));
        filter->instance = buf_text(&source->instance);
    }
    if (source->options->since)
        duration_parse_since(source->options->since, clock_realtime_usec(), &filter->since_usec);
    return r < 0 ? r : store_open_read_only(directory, &source->store, err);
}

static int ctl_history_of_files(HistorySource *source)
{
    _cleanup_(config_freep) Config *config = NULL;
    Json *root = NULL;
    Err err = {0};
    int status = load_settings(source->options->config_path, &config), r;

    if (status != EXIT_IN_SYNC)
        return status;
    r = ctl_open_history(config, source, &err);
    if (r == 0)
        r = ctl_history_page(source, 0, &root, &err);
    return r < 0 ? ctl_say(EXIT_FAILED, err.text) : ctl_history_print_all(source, root);
}

int ctl_history(const Options *options)
{
    _cleanup_(history_source_done) HistorySource source = {.options = options};
    Json *root = NULL;
    Err err = {0};
    int r = ctl_history_page(&source, 0, &root, &err);

    if (ctl_means_no_daemon(r) && !options->socket_path)
        return ctl_history_of_files(&source);
    return r < 0 ? ctl_fail(r, &err) : ctl_history_print_all(&source, root);
}
