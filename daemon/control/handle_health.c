/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_health.h"

#include "daemon/control/reply.h"
#include "daemon/web/health.h"

static void handle_health(const Control *control, ServerRequest *request,
                          bool (*append)(const WebView *view, Buf *buf))
{
    const WebView view = control_view(control);
    Buf buf = {0};
    bool is_well = append(&view, &buf);

    reply_answer_type(request, is_well ? 200 : 503, SERVER_TEXT, &buf);
}

void handle_live(Control *control, ServerRequest *request)
{
    handle_health(control, request, health_append_live);
}

void handle_ready(Control *control, ServerRequest *request)
{
    handle_health(control, request, health_append_ready);
}
