/* SPDX-License-Identifier: MIT */
#include "daemon/roma/probe.h"

#include "daemon/base/clock.h"
#include "daemon/http/client.h"
#include "daemon/roma/provider/route.h"
#include "daemon/roma/wire/response.h"

/* A page for people may stand there. */
#define PROBE_BODY_SIZE_MAX ((size_t)1024 * 1024)

struct Probe {
    Http *http;
    Route route;
    Buf url;
    ProbeOnAnswer on_answer;
    void *userdata;
};

static void probe_on_http(void *userdata, const HttpAnswer *http)
{
    Probe *probe = userdata;
    ProbeAnswer answer = {
        .has_answered = http->result == HTTP_ANSWERED || http->result == HTTP_TOO_BIG,
        .is_of_proxy = http->is_of_proxy,
        .message = http->message,
        .ours_usec = clock_realtime_usec(),
    };

    answer.has_date =
        answer.has_answered &&
        response_clocks_apart(http, answer.ours_usec, &answer.theirs_usec, &answer.apart_usec);
    probe->on_answer(probe->userdata, &answer);
}

static int probe_send(Probe *probe, const Instance *instance)
{
    static const char *const headers[] = {"User-Agent: rosterd/" ROSTERD_VERSION};
    HttpRequest request = {
        .method = "GET",
        .url = buf_text(&probe->url),
        .headers = headers,
        .header_count = ELEMENTS(headers),
        .body_size_max = PROBE_BODY_SIZE_MAX,
    };

    route_apply(&probe->route, instance->endpoint, &request);
    return http_submit(probe->http, &request, probe_on_http, probe, NULL);
}

int probe_begin(sd_event *event, const Config *config, const Instance *instance,
                ProbeOnAnswer on_answer, void *userdata, Probe **ret_probe, Err *err)
{
    _cleanup_(probe_freep) Probe *probe = calloc(1, sizeof(*probe));
    int r;

    if (!probe)
        return err_memory(err);
    probe->on_answer = on_answer;
    probe->userdata = userdata;
    buf_printf(&probe->url, "%s/", instance->endpoint);
    if (buf_failed(&probe->url) < 0)
        return err_memory(err);
    r = route_init(&probe->route, config, instance, err);
    if (r < 0)
        return r;
    r = http_new(event, &probe->http);
    if (r >= 0)
        r = probe_send(probe, instance);
    if (r < 0)
        return err_system(err, r, "cannot ask %s", instance->endpoint);
    *ret_probe = TAKE_PTR(probe);
    return 0;
}

void probe_free(Probe *probe)
{
    if (!probe)
        return;
    http_free(probe->http);
    route_done(&probe->route);
    buf_done(&probe->url);
    free(probe);
}
