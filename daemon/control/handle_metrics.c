/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_metrics.h"

#include "daemon/control/reply.h"
#include "daemon/web/metrics.h"

void handle_metrics(Control *control, ServerRequest *request)
{
    const WebView view = control_view(control);
    Buf buf = {0};

    metrics_append(&view, &buf);
    reply_answer_type(request, 200, METRICS_CONTENT_TYPE, &buf);
}
