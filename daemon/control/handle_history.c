/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_history.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/duration.h"
#include "daemon/base/str.h"
#include "daemon/control/channel_ref.h"
#include "daemon/control/reply.h"
#include "daemon/report/history.h"

#define HISTORY_LIMIT 10000 /* of one answer: more are asked for with `before` */

static int handle_history_number(ServerRequest *request, const char *name, uint64_t max,
                                 uint64_t *ret_number, Err *err)
{
    const char *text = server_request_find(request, name);

    if (text && str_parse_uint(text, max, ret_number) < 0)
        return err_set(err, -EINVAL, "%s: should be a whole number up to %llu", name,
                       (unsigned long long)max);
    return 0;
}

/* CHANNEL of the history may be one that is in no roster any more. `ret_instance` is scratch. */
static int handle_history_filter(ServerRequest *request, StoreFilter *filter, Buf *ret_instance,
                                 Err *err)
{
    const char *since = server_request_find(request, "since");
    int r;

    if (channel_ref_split(server_request_find(request, "channel"), ret_instance, &filter->instance,
                          &filter->channel) < 0)
        return err_memory(err);
    filter->pass = server_request_find(request, "pass");
    filter->limit = HISTORY_LIMIT;
    if (since && duration_parse_since(since, clock_realtime_usec(), &filter->since_usec) < 0)
        return err_set(err, -EINVAL,
                       "since: not a time before now, should be " DURATION_SINCE_HINT);
    r = handle_history_number(request, "limit", HISTORY_LIMIT, &filter->limit, err);
    return r < 0 ? r : handle_history_number(request, "before", INT64_MAX, &filter->before, err);
}

/* Whether what is asked for is in no roster, and was in none when something was deleted. */
static int handle_history_is_unknown(const Control *control, ServerRequest *request,
                                     const StoreFilter *filter, Err *err)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    const StoreFilter any = {.instance = filter->instance, .channel = filter->channel, .limit = 1};
    ChannelRef found;
    int r;

    if (!any.channel ||
        channel_ref_find(control->controller, server_request_find(request, "channel"), &found,
                         NULL) != -ENOENT)
        return 0;
    r = store_history(control->state->store, &any, &actions, err);
    return r < 0 ? r : actions.count == 0;
}

void handle_history(Control *control, ServerRequest *request)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    _cleanup_(buf_done) Buf instance = {0};
    StoreFilter filter = {0};
    UnknownChannel unknown;
    Buf buf = {0};
    Err err = {0};
    int r = handle_history_filter(request, &filter, &instance, &err);

    if (r == 0 && !control->state->store) {
        r = -EIO;
        err = control->state->err;
    }
    if (r == 0)
        r = store_history(control->state->store, &filter, &actions, &err);
    if (r == 0 && actions.count == 0)
        r = handle_history_is_unknown(control, request, &filter, &err);
    if (r > 0)
        channel_ref_init_unknown(control->controller, server_request_find(request, "channel"),
                                 &unknown);
    if (r < 0) {
        reply_fail(request, r, &err);
        return;
    }
    report_history_append(&actions, r > 0 ? &unknown : NULL, &buf);
    reply_answer(request, &buf);
}
