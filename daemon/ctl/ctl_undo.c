/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/cli/control_path.h"
#include "daemon/cli/exit_status.h"
#include "daemon/cli/load.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/ctl/ctl_kept.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/history_text.h"
#include "daemon/report/page.h"
#include "daemon/report/row.h"
#include "daemon/report/undo.h"
#include "daemon/report/unknown_channel.h"
#include "daemon/runtime/undo.h"
#include "daemon/store/state.h"

#define PART_SIZE (64U * 1024U)

static int ctl_undo_append(const ReportSource *source, const void *options, Buf *buf)
{
    return ((const Options *)options)->json ? report_source_append(source, buf)
                                            : history_text_undo(source, page_wants_colour(), buf);
}

static int ctl_undo_print(const Options *options, Kept *kept)
{
    int status = ctl_print_kept(kept, stdout, ctl_undo_append, options);
    const Json *root = kept_root(kept);

    if (status == EXIT_IN_SYNC && str_equal(row_text(root, "result"), REPORT_UNDO_FAILED))
        status = EXIT_FAILED;
    if (status == EXIT_IN_SYNC && str_equal(row_text(root, "result"), REPORT_UNDO_HELD))
        status = EXIT_GUARD;
    return status;
}

/* ---- without a daemon ---- */

typedef struct Offline {
    sd_event *event;
    State state;
    Backend backend;
    Undo *undo;
} Offline;

static void ctl_undo_on_done(Undo *undo, void *userdata)
{
    Offline *offline = userdata;

    (void)undo;
    sd_event_exit(offline->event, 0);
}

static int ctl_undo_dry(Offline *offline, const Config *config, const UndoChoice *choice, Err *err)
{
    int r = sd_event_new(&offline->event);

    if (r < 0)
        return err_system(err, r, "cannot set up the event loop");
    r = state_open(&offline->state, config, true);
    if (r < 0 || !offline->state.store) {
        *err = offline->state.err;
        return -EIO;
    }
    r = backend_open(&offline->backend, offline->event, config, true, offline->state.store,
                     &offline->state.err, err);
    if (r >= 0)
        r = undo_new(offline->state.store, config, choice, &offline->undo, err);
    if (r >= 0)
        r = undo_begin(offline->undo, &offline->backend, true, ctl_undo_on_done, offline, err);
    if (r < 0)
        return r;
    r = sd_event_loop(offline->event);
    return r < 0 ? err_system(err, r, "the event loop failed") : 0;
}

/* As the daemon says it (handle_undo.c). */
static int ctl_undo_fail(const Options *options, const Config *config, int error, Err *err)
{
    UnknownChannel unknown;
    Err doubt = {0};

    if (error != -ENOENT || !options->channel || unknown_channel_is_known(config, options->channel))
        return ctl_say(EXIT_FAILED, err->text);
    unknown_channel_init(&unknown, options->channel);
    unknown_channel_offer_all(&unknown, config);
    unknown_channel_fail(&unknown, "rosterctl plan -v", &doubt);
    err_set(err, error, "the history holds no change there; %s", doubt.text);
    return ctl_say(EXIT_FAILED, err->text);
}

/* Part by part, as a daemon answers. */
typedef struct UndoParts {
    UndoPart part;
    JsonWriter writer;
} UndoParts;

static int ctl_undo_next(void *userdata, Buf *part)
{
    UndoParts *parts = userdata;

    parts->writer.buf = part;
    return report_undo_put(&parts->part, &parts->writer, PART_SIZE);
}

static int ctl_undo_show(const Options *options, const Undo *undo)
{
    const StorePauses none = {0};
    UndoParts parts = {.part = {.undo = undo, .dry_run = true, .replaced = &none}};
    _cleanup_(kept_freep) Kept *kept = NULL;
    Err err = {0};
    int r = kept_new(&kept, &err);

    if (r == 0)
        r = kept_take_parts(kept, ctl_undo_next, &parts, &err);
    return r < 0 ? ctl_say(EXIT_FAILED, err.text) : ctl_undo_print(options, kept);
}

static int ctl_undo_of_files(const Options *options, const UndoChoice *choice)
{
    _cleanup_(config_freep) Config *config = NULL;
    Offline offline = {0};
    Err err = {0};
    int status = load_config(options->config_path, &config), r;

    if (status != EXIT_IN_SYNC)
        return status;
    r = ctl_undo_dry(&offline, config, choice, &err);
    status = r < 0 ? ctl_undo_fail(options, config, r, &err) : ctl_undo_show(options, offline.undo);
    undo_free(offline.undo);
    backend_close(&offline.backend);
    state_close(&offline.state);
    sd_event_unref(offline.event);
    return status;
}

/* ---- with one ---- */

static void ctl_undo_request(const Options *options, Buf *request)
{
    JsonWriter writer = {.buf = request};

    json_open_object(&writer, NULL);
    if (options->last)
        json_put_bool(&writer, "last", true);
    if (options->pass)
        json_put_text(&writer, "pass", options->pass);
    if (options->action_id)
        json_put_number(&writer, "action", options->action_id);
    if (options->channel)
        json_put_text(&writer, "channel", options->channel);
    json_put_bool(&writer, "dry_run", options->dry_run);
    json_close_object(&writer);
}

int ctl_undo(const Options *options)
{
    const char *slash = options->channel ? strchr(options->channel, '/') : NULL;
    _cleanup_(kept_freep) Kept *kept = NULL;
    _cleanup_(buf_done) Buf request = {0}, instance = {0};
    UndoChoice choice = {
        .last = options->last,
        .pass = options->pass,
        .action = options->action_id,
        .channel = slash ? slash + 1 : options->channel,
    };
    Err err = {0};
    int r;

    if (slash) {
        buf_append(&instance, options->channel, (size_t)(slash - options->channel));
        choice.instance = buf_text(&instance);
    }
    ctl_undo_request(options, &request);
    r = ctl_post_kept(options, CONTROL_PATH_UNDO, &request, &kept, &err);
    if (ctl_means_no_daemon(r) && options->dry_run && !options->socket_path)
        return ctl_undo_of_files(options, &choice);
    if (ctl_means_no_daemon(r) && !options->dry_run)
        err_context(&err, r, "undo needs the running rosterd, only its --dry-run does without");
    return r < 0 ? ctl_fail(r, &err) : ctl_undo_print(options, kept);
}
