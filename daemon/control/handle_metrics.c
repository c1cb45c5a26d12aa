/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_metrics.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/control/reply.h"
#include "daemon/web/metrics.h"

/* An answer that goes out part by part; of another controller, what follows is not to be had. */
typedef struct MetricsParts {
    const Control *control;
    uint64_t controller_number; /* as the control had it at the beginning */
    Metrics *metrics;
    Err err;
} MetricsParts;

static int handle_metrics_next(void *userdata, Buf *part)
{
    MetricsParts *parts = userdata;

    if (parts->controller_number != parts->control->controller_number)
        return -ESTALE;
    return !metrics_append_part(parts->metrics, SERVER_PART_SIZE, part);
}

static void handle_metrics_done(void *userdata)
{
    MetricsParts *parts = userdata;

    metrics_free(parts->metrics);
    free(parts);
}

void handle_metrics(Control *control, ServerRequest *request)
{
    const WebView view = control_view(control);
    MetricsParts *parts = calloc(1, sizeof(*parts));

    if (!parts) {
        reply_refuse(request, 500, "out of memory");
        return;
    }
    parts->control = control;
    parts->controller_number = control->controller_number;
    parts->metrics = metrics_new(&view);
    reply_parts(request, METRICS_CONTENT_TYPE,
                &(ServerParts){handle_metrics_next, handle_metrics_done, parts},
                parts->metrics ? 0 : -ENOMEM, &parts->err);
}
