/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/duration.h"
#include "daemon/base/str.h"
#include "daemon/control/channel_ref.h"
#include "daemon/control/reply.h"
#include "daemon/report/history.h"
#include "daemon/report/unknown_channel.h"

#define HISTORY_LIMIT 10000 /* of one answer: more are asked for with `after` or `before` */
#define HISTORY_PART 100    /* of one part of it */

/* An answer that goes out part by part. */
typedef struct HistoryParts {
    const Control *control;
    JsonWriter writer;
    char *text, *pass;  /* as asked for; NULL: any */
    Buf instance;       /* of CHANNEL */
    StoreFilter filter; /* `after`: where the next part begins; `limit`: how many are to come */
    uint64_t count;
    bool is_page; /* `after` was asked for: where the next page begins is told */
    bool is_begun;
    Err err;
} HistoryParts;

static int handle_history_number(ServerRequest *request, const char *name, uint64_t max,
                                 uint64_t *ret_number, Err *err)
{
    const char *text = server_request_find(request, name);

    if (text && str_parse_uint(text, max, ret_number) < 0)
        return err_set(err, -EINVAL, "%s: should be a whole number up to %llu", name,
                       (unsigned long long)max);
    return 0;
}

/* CHANNEL of the history may be one that is in no roster any more. */
static int handle_history_take_filter(ServerRequest *request, HistoryParts *parts)
{
    const char *since = server_request_find(request, "since");
    const char *pass = server_request_find(request, "pass");
    const char *channel = server_request_find(request, "channel");
    StoreFilter *filter = &parts->filter;
    Err *err = &parts->err;
    int r;

    parts->text = channel ? strdup(channel) : NULL;
    filter->pass = parts->pass = pass ? strdup(pass) : NULL;
    if ((channel && !parts->text) || (pass && !parts->pass) ||
        channel_ref_split(parts->text, &parts->instance, &filter->instance, &filter->channel) < 0)
        return err_memory(err);
    filter->limit = HISTORY_LIMIT;
    parts->is_page = server_request_find(request, "after");
    if (since && duration_parse_since(since, clock_realtime_usec(), &filter->since_usec) < 0)
        return err_set(err, -EINVAL,
                       "since: not a time before now, should be " DURATION_SINCE_HINT);
    r = handle_history_number(request, "limit", HISTORY_LIMIT, &filter->limit, err);
    if (r == 0)
        r = handle_history_number(request, "before", INT64_MAX, &filter->before, err);
    if (r == 0)
        r = handle_history_number(request, "after", INT64_MAX, &filter->after, err);
    if (filter->limit == 0)
        filter->limit = HISTORY_LIMIT;
    return r;
}

/* Whether what is asked for is in no roster, and was in none when something was deleted. */
static int handle_history_is_unknown(const Control *control, const HistoryParts *parts, Err *err)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    const StoreFilter any = {
        .instance = parts->filter.instance, .channel = parts->filter.channel, .limit = 1};
    ChannelRef found;
    int r;

    if (!any.channel || channel_ref_find(control->controller, parts->text, &found, NULL) != -ENOENT)
        return 0;
    r = store_history(control->state->store, &any, &actions, err);
    return r < 0 ? r : actions.count == 0;
}

/* ---- part by part ---- */

static int handle_history_end(HistoryParts *parts, uint64_t next)
{
    const Control *control = parts->control;
    const Fleet *fleet = control->controller->backend.fleet;
    _cleanup_(store_owners_done) StoreOwners owners = {0};
    HistoryEnd end = {.is_page = parts->is_page, .next = next, .owners = &owners};
    UnknownChannel unknown;
    int r =
        parts->count == 0 && next == 0 ? handle_history_is_unknown(control, parts, &parts->err) : 0;

    if (r >= 0 && next == 0 && fleet) {
        int owned =
            store_owners(control->state->store, parts->filter.instance, parts->filter.since_usec,
                         fleet_get_host(fleet), &owners, &parts->err);

        r = owned < 0 ? owned : r;
    }
    if (r < 0)
        return r;
    if (r > 0) {
        channel_ref_init_unknown(control->controller, parts->text, &unknown);
        end.is_unknown = true;
        end.near = unknown_channel_find(&unknown);
    }
    return report_history_end(&parts->writer, &end);
}

static int handle_history_next(void *userdata, Buf *part)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    HistoryParts *parts = userdata;
    Store *store = parts->control->state->store;
    StoreFilter filter = parts->filter;
    uint64_t next;
    int r;

    if (!store) {
        parts->err = parts->control->state->err;
        return -EIO;
    }
    if (filter.limit > HISTORY_PART)
        filter.limit = HISTORY_PART;
    r = store_history_page(store, &filter, &actions, &next, &parts->err);
    if (r < 0)
        return r;
    parts->writer.buf = part;
    if (!parts->is_begun)
        report_history_begin(&parts->writer);
    parts->is_begun = true;
    report_history_put(&parts->writer, &actions);
    parts->count += actions.count;
    parts->filter.limit -= actions.count;
    parts->filter.after = next;
    if (next == 0 || parts->filter.limit == 0)
        return handle_history_end(parts, next);
    /* So much was looked through, and nothing fits: a part is never empty. */
    if (actions.count == 0)
        buf_putc(part, '\n');
    return 1;
}

static void handle_history_done(void *userdata)
{
    HistoryParts *parts = userdata;

    buf_done(&parts->instance);
    free(parts->text);
    free(parts->pass);
    free(parts);
}

/* Where the newest that fit begin. */
static int handle_history_start(HistoryParts *parts)
{
    const State *state = parts->control->state;

    if (!state->store) {
        parts->err = state->err;
        return -EIO;
    }
    return parts->is_page ? 0
                          : store_history_start(state->store, &parts->filter, &parts->filter.after,
                                                &parts->err);
}

void handle_history(Control *control, ServerRequest *request)
{
    HistoryParts *parts = calloc(1, sizeof(*parts));
    int r;

    if (!parts) {
        reply_refuse(request, 500, "out of memory");
        return;
    }
    parts->control = control;
    r = handle_history_take_filter(request, parts);
    if (r == 0)
        r = handle_history_start(parts);
    reply_parts(request, SERVER_JSON,
                &(ServerParts){handle_history_next, handle_history_done, parts}, r, &parts->err);
}
