/* rosterctl as a client: see ctl.h. */
#include "daemon/control/ctl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/span.h"
#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/control/ctl_ask.h"
#include "daemon/control/ctl_undo.h"
#include "daemon/control/history_json.h"
#include "daemon/control/json.h"
#include "daemon/control/show.h"
#include "daemon/exit_status.h"
#include "daemon/http/local.h"
#include "daemon/load.h"
#include "daemon/state_dir.h"
#include "daemon/store/store.h"

#define PAGE 2000 /* of the history, asked for at once */

/* ---- history ---- */

static void ctl_history_target(const Options *options, uint64_t before, Buf *target)
{
    buf_printf(target, "/v1/history?limit=%d", PAGE);
    if (before)
        buf_printf(target, "&before=%" PRIu64, before);
    if (options->channel) {
        buf_puts(target, "&channel=");
        local_append_escaped(target, options->channel);
    }
    if (options->since)
        buf_printf(target, "&since=%s", options->since);
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
        r = buf_failed(&target) < 0 ? err_memory(err)
                                    : ctl_ask(options, "GET", target.data, NULL, &page, err);
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
    uint64_t span_usec = 0, now_usec = clock_realtime_usec();
    int r = state_dir_find(config, &directory, err);

    if (slash) {
        buf_append(&instance, options->channel, (size_t)(slash - options->channel));
        filter.instance = buf_text(&instance);
    }
    if (options->since && span_parse(options->since, true, &span_usec) == 0)
        filter.since_usec = span_usec < now_usec ? now_usec - span_usec : 0;
    if (r == 0)
        r = store_open_read_only(directory, &store, err);
    return r < 0 ? r : store_history(store, &filter, ret_actions, err);
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
    if (history_json_append(&actions, &text) < 0 || ctl_parse(&text, &root, &err) < 0)
        return ctl_no_memory();
    status = ctl_print_answer(options, root, show_history);
    json_object_put(root);
    return status;
}

static int ctl_history(const Options *options)
{
    json_object *root = NULL;
    Err err = {0};
    int status, r = ctl_ask_history(options, &root, &err);

    if (ctl_means_no_daemon(r) && !options->socket_path)
        return ctl_history_of_files(options);
    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_print_answer(options, root, show_history);
    json_object_put(root);
    return status;
}

/* ---- the others ---- */

static int ctl_status(const Options *options)
{
    json_object *root = NULL;
    Err err = {0};
    int status, r = ctl_ask(options, "GET", "/v1/status", NULL, &root, &err);

    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_print_answer(options, root, show_status);
    json_object_put(root);
    return status;
}

static int ctl_show_done(json_object *root, bool colour, Buf *buf)
{
    const char *reason = show_text(root, "reason"), *until = show_text(root, "until");
    const char *name = show_text(root, "name");

    (void)colour;
    if (show_text(root, "digest")[0]) {
        buf_printf(buf, "approved: the next pass may carry out exactly this plan, once, within "
                        "24 h\n");
        return buf_failed(buf);
    }
    buf_printf(buf, "%s/%s: ", show_text(root, "instance"), name[0] ? name : show_text(root, "id"));
    if (reason[0])
        buf_printf(buf, "paused%s%s: %s\n", until[0] ? " until " : ", without end", until, reason);
    else
        buf_puts(buf, "resumed\n");
    return buf_failed(buf);
}

/* pause, resume and approve. */
static int ctl_change(const Options *options, const char *target)
{
    json_object *request = json_new_object(), *root = NULL;
    Err err = {0};
    int status, r;

    if (options->channel)
        json_put_text(request, "channel", options->channel);
    if (options->reason)
        json_put_text(request, "reason", options->reason);
    if (options->span)
        json_put_text(request, "for", options->span);
    if (options->digest)
        json_put_text(request, "digest", options->digest);
    r = ctl_post(options, target, request, &root, &err);
    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_print_answer(options, root, ctl_show_done);
    json_object_put(root);
    return status;
}

/* As report_exit_status(), of a report that came as JSON. */
static int ctl_report_status(json_object *root)
{
    static const struct {
        const char *result;
        int status;
    } rows[] = {{"in_sync", 0}, {"converged", 0}, {"paused", 2}, {"drift", 2}, {"held", 3}};

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        if (str_equal(rows[i].result, show_text(root, "result")))
            return rows[i].status;
    }
    return EXIT_FAILED;
}

static int ctl_reconcile(const Options *options)
{
    json_object *request = json_new_object(), *root = NULL;
    Err err = {0};
    int status, r;

    if (options->channel)
        json_put_text(request, "channel", options->channel);
    r = ctl_post(options, "/v1/reconcile", request, &root, &err);
    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_print_answer(options, root, show_report);
    if (status == EXIT_IN_SYNC)
        status = ctl_report_status(root);
    json_object_put(root);
    return status;
}

int ctl_run(const Options *options)
{
    switch (options->action) {
    case ACTION_HISTORY:
        return ctl_history(options);
    case ACTION_PAUSE:
        return ctl_change(options, "/v1/pause");
    case ACTION_RESUME:
        return ctl_change(options, "/v1/resume");
    case ACTION_APPROVE:
        return ctl_change(options, "/v1/approve");
    case ACTION_RECONCILE:
        return ctl_reconcile(options);
    case ACTION_UNDO:
        return ctl_undo(options);
    case ACTION_STATUS:
    case ACTION_DAEMON:
    case ACTION_ONCE:
    case ACTION_PLAN:
    case ACTION_CHECK:
    case ACTION_VERSION:
    case ACTION_HELP:
        break;
    }
    return ctl_status(options);
}
