/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_samples.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/duration.h"
#include "daemon/control/channel_ref.h"
#include "daemon/control/reply.h"
#include "daemon/report/samples.h"

#define SAMPLES_LIMIT 10000             /* of one answer */
#define SAMPLES_SINCE_USEC USEC_PER_DAY /* where it is not said */

/* CHANNEL may be one that is in no roster any more. `ret_instance` is scratch. */
static int handle_samples_filter(const ServerRequest *request, uint64_t now_usec,
                                 StoreSamplesFilter *filter, Buf *ret_instance, Err *err)
{
    const char *since = server_request_find(request, "since");

    filter->limit = SAMPLES_LIMIT;
    filter->since_usec = now_usec > SAMPLES_SINCE_USEC ? now_usec - SAMPLES_SINCE_USEC : 0;
    if (channel_ref_split(server_request_find(request, "channel"), ret_instance, &filter->instance,
                          &filter->channel) < 0)
        return err_memory(err);
    if (since && duration_parse_since(since, now_usec, &filter->since_usec) < 0)
        return err_set(err, -EINVAL,
                       "since: not a time before now, should be " DURATION_SINCE_HINT);
    return 0;
}

/* An answer that goes out part by part. */
typedef struct SamplesParts {
    StoreSamples samples;
    size_t at; /* of those, the next one */
    JsonWriter writer;
    Err err;
} SamplesParts;

static int handle_samples_next(void *userdata, Buf *part)
{
    SamplesParts *parts = userdata;

    parts->writer.buf = part;
    return report_samples_put(&parts->samples, &parts->at, &parts->writer, SERVER_PART_SIZE);
}

static void handle_samples_done(void *userdata)
{
    SamplesParts *parts = userdata;

    store_samples_done(&parts->samples);
    free(parts);
}

static int handle_samples_read(const Control *control, const ServerRequest *request,
                               StoreSamples *ret_samples, Err *err)
{
    _cleanup_(buf_done) Buf instance = {0};
    uint64_t now_usec = clock_realtime_usec();
    StoreSamplesFilter filter = {0};
    int r = handle_samples_filter(request, now_usec, &filter, &instance, err);

    if (r == 0 && !control->state->store) {
        *err = control->state->err;
        r = -EIO;
    }
    return r < 0 ? r : store_samples(control->state->store, &filter, now_usec, ret_samples, err);
}

void handle_samples(Control *control, ServerRequest *request)
{
    SamplesParts *parts = calloc(1, sizeof(*parts));
    int r;

    if (!parts) {
        reply_refuse(request, 500, "out of memory");
        return;
    }
    r = handle_samples_read(control, request, &parts->samples, &parts->err);
    reply_parts(request, SERVER_JSON,
                &(ServerParts){handle_samples_next, handle_samples_done, parts}, r, &parts->err);
}
