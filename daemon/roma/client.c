/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/roma/client_internal.h"
#include "daemon/roma/wire/member_body.h"
#include "reconcile/request/classify.h"

/* A page of 500 members has 140 KiB and more, which come in greater parts without TLS; what answers
 * a change is empty, or an error. */
#define RECEIVE_SIZE_LONG (64U * 1024U)
#define RECEIVE_SIZE_CHANGE (4U * 1024U)
#define LONG_PAGE_SIZE (16U * 1024U)

/* A change ends so much before the gate closes: between two looks at the clock time goes on. */
#define GATE_SLACK_USEC (10 * USEC_PER_MSEC)

/* A Request under way: what it borrows while HTTP has it. */
struct RomaTransfer {
    RomaClient *client;
    RomaTransfer *previous, *next; /* under way; idle ones use `next` alone */
    HttpTransfer *http;
    Headers headers;
    Buf body; /* of the request */
    ResponsePage page;
    RequestKind kind;
    size_t instance;
    void *tag;
    uint64_t
        end_usec; /* monotonic: when its timeout is over; of a change that the gate let begin */
};

static void roma_transfer_free(RomaTransfer *transfer)
{
    headers_done(&transfer->headers);
    buf_done(&transfer->body);
    response_page_done(&transfer->page);
    free(transfer);
}

static void roma_transfer_begin(RomaClient *client, RomaTransfer *transfer)
{
    transfer->previous = NULL;
    transfer->next = client->under_way;
    if (client->under_way)
        client->under_way->previous = transfer;
    client->under_way = transfer;
}

static void roma_transfer_end(RomaClient *client, RomaTransfer *transfer)
{
    if (transfer->previous)
        transfer->previous->next = transfer->next;
    else
        client->under_way = transfer->next;
    if (transfer->next)
        transfer->next->previous = transfer->previous;
}

static void roma_transfer_keep(RomaClient *client, RomaTransfer *transfer)
{
    headers_clear(&transfer->headers);
    response_page_clear(&transfer->page);
    transfer->http = NULL;
    transfer->next = client->idle;
    client->idle = transfer;
}

static RomaTransfer *roma_transfer_take(RomaClient *client)
{
    RomaTransfer *transfer = client->idle;

    if (!transfer) {
        transfer = calloc(1, sizeof(*transfer));
        if (transfer)
            transfer->client = client;
        return transfer;
    }
    client->idle = transfer->next;
    return transfer;
}

static void roma_client_on_body(void *userdata, const char *body, size_t size)
{
    RomaTransfer *transfer = userdata;

    response_feed(&transfer->page, transfer->kind, body, size);
}

static void roma_client_on_http(void *userdata, const HttpAnswer *http)
{
    RomaTransfer *transfer = userdata;
    RomaClient *client = transfer->client;
    RomaInstance *instance = &client->instances[transfer->instance];
    Answer answer;

    roma_transfer_end(client, transfer);
    instance->has_failed = response_is_of_nobody(http);
    if (!request_is_change(transfer->kind))
        instance->has_long_pages = http->body_size > LONG_PAGE_SIZE;
    if (http->proxy_status == 407 || http->proxy_status == 401)
        route_refresh(&instance->route, client->http);
    response_read(&client->reader, &transfer->page, transfer->kind, transfer->headers.credential,
                  http, &answer);
    if (http->status == 401 || classify(transfer->kind, &answer) == VERDICT_RENEW)
        credential_cache_note_refused(instance->credential_cache, transfer->headers.credential);
    client->on_answer(client->userdata, transfer->tag, &answer);
    roma_transfer_keep(client, transfer);
}

void roma_client_guard(RomaClient *client, RomaGate gate)
{
    client->gate = gate;
}

static bool roma_transfer_may_send(void *userdata)
{
    const RomaTransfer *transfer = userdata;
    const RomaClient *client = transfer->client;
    uint64_t now_usec = clock_monotonic_usec(), left_usec;

    if (now_usec >= transfer->end_usec)
        return false;
    left_usec = transfer->end_usec - now_usec;
    return client->gate(client->userdata, transfer->instance, left_usec) >= left_usec;
}

/* A change takes no longer than the gate allows, and asks it again when it is sent. */
static int roma_transfer_guard(RomaTransfer *transfer, HttpRequest *http)
{
    const RomaClient *client = transfer->client;
    uint64_t allowed_usec;

    if (!client->gate || !request_is_change(transfer->kind))
        return 0;
    allowed_usec =
        client->gate(client->userdata, transfer->instance, http->timeout_usec + GATE_SLACK_USEC);
    http->timeout_usec = allowed_usec > GATE_SLACK_USEC ? allowed_usec - GATE_SLACK_USEC : 0;
    http->may_send = roma_transfer_may_send;
    transfer->end_usec = clock_monotonic_usec() + http->timeout_usec;
    return http->timeout_usec > 0 ? 0 : -ESTALE;
}

/* There is such a room for each request under way: it is no larger than what comes. */
static size_t roma_receive_size(const RomaInstance *instance, const HttpRequest *http,
                                RequestKind kind)
{
    if (request_is_change(kind))
        return RECEIVE_SIZE_CHANGE;
    return instance->has_long_pages && http->plain_allowed ? RECEIVE_SIZE_LONG : 0;
}

static int roma_transfer_send(RomaTransfer *transfer, const RomaInstance *instance,
                              const Request *request)
{
    RomaClient *client = transfer->client;
    const Instance *settings = instance->base.instance;
    Credential *credential = credential_cache_get(instance->credential_cache);
    RequestLine line;
    HttpRequest http;
    int r = request_line(settings, request, &line);

    if (r >= 0 && !credential)
        r = -EKEYEXPIRED;
    buf_reset(&transfer->body);
    if (r >= 0)
        r = member_body_append_request(request, &transfer->body);
    if (transfer->body.size > 0) {
        line.body = transfer->body.data;
        line.body_size = transfer->body.size;
    }
    if (r >= 0)
        r = headers_build(&transfer->headers, &instance->base, credential, &line, &client->scratch);
    if (r < 0)
        return r;
    buf_reset(&client->target);
    request_append_target(&line, &client->target);
    r = buf_failed(&client->target);
    if (r < 0)
        return r;
    http = (HttpRequest){
        .method = line.method,
        .url = settings->endpoint,
        .target = client->target.data,
        .headers = transfer->headers.lines,
        .header_count = transfer->headers.count,
        .body = line.body,
        .body_size = line.body_size,
        .is_fresh = instance->has_failed,
        .body_size_max = HTTP_BODY_SIZE_MAX,
        .on_body = roma_client_on_body,
    };
    route_apply(&instance->route, settings->endpoint, &http);
    http.receive_size = roma_receive_size(instance, &http, request->kind);
    r = roma_transfer_guard(transfer, &http);
    return r < 0 ? r
                 : http_submit(client->http, &http, roma_client_on_http, transfer, &transfer->http);
}

int roma_client_submit(RomaClient *client, const Request *request)
{
    RomaInstance *instance;
    RomaTransfer *transfer;
    int r;

    if (request->instance >= client->config->instance_count ||
        (request->channel && request->channel->instance != request->instance))
        return -EINVAL;
    instance = &client->instances[request->instance];
    if (request_is_change(request->kind) &&
        (client->read_only || client->config->mode == MODE_OBSERVE || !request->channel ||
         !permits_let(&instance->permits, &instance->undone, request)))
        return -EPERM;
    transfer = roma_transfer_take(client);
    if (!transfer)
        return -ENOMEM;
    transfer->kind = request->kind;
    transfer->instance = request->instance;
    transfer->tag = request->tag;
    r = roma_transfer_send(transfer, instance, request);
    if (r < 0) {
        roma_transfer_keep(client, transfer);
        return r;
    }
    roma_transfer_begin(client, transfer);
    return 0;
}

void roma_client_cancel_instance(RomaClient *client, size_t instance)
{
    RomaTransfer *transfer, *next;

    for (transfer = client->under_way; transfer; transfer = next) {
        next = transfer->next;
        if (transfer->instance != instance)
            continue;
        http_cancel(transfer->http);
        roma_transfer_end(client, transfer);
        roma_transfer_keep(client, transfer);
    }
    credential_cache_cancel(client->instances[instance].credential_cache);
}

void roma_client_cancel_all(RomaClient *client)
{
    for (size_t i = 0; i < client->config->instance_count; i++)
        roma_client_cancel_instance(client, i);
}

int roma_client_make(sd_event *event, const Config *config, bool read_only, RomaOnAnswer on_answer,
                     RomaOnRenewed on_renewed, void *userdata, RomaClient **ret_client, Err *err)
{
    _cleanup_(roma_client_freep) RomaClient *client = calloc(1, sizeof(*client));
    size_t count = config->instance_count;
    int r;

    if (!client)
        return err_memory(err);
    client->config = config;
    client->read_only = read_only;
    client->on_answer = on_answer;
    client->on_renewed = on_renewed;
    client->userdata = userdata;
    client->scratch.is_secret = true; /* a security token stands in what is signed */
    r = response_reader_init(&client->reader);
    if (r < 0)
        return err_memory(err);
    r = http_new(event, &client->http);
    if (r < 0)
        return err_system(err, r, "cannot set up the HTTP client");
    client->event = event;
    client->instances = calloc(count ? count : 1, sizeof(*client->instances));
    if (!client->instances)
        return err_memory(err);
    *ret_client = TAKE_PTR(client);
    return 0;
}

int roma_client_new(sd_event *event, const Config *config, bool read_only, RomaOnAnswer on_answer,
                    RomaOnRenewed on_renewed, void *userdata, RomaClient **ret_client, Err *err)
{
    _cleanup_(roma_client_freep) RomaClient *client = NULL;
    int r =
        roma_client_make(event, config, read_only, on_answer, on_renewed, userdata, &client, err);

    if (r >= 0)
        r = roma_client_read(client, SIZE_MAX, err);
    if (r < 0)
        return r;
    *ret_client = TAKE_PTR(client);
    return 0;
}

void roma_client_free(RomaClient *client)
{
    if (!client)
        return;
    if (client->instances)
        roma_client_cancel_all(client);
    for (size_t i = 0; client->instances && i < client->config->instance_count; i++)
        roma_client_drop(client, i);
    free(client->instances);
    while (client->idle) {
        RomaTransfer *transfer = client->idle;

        client->idle = transfer->next;
        roma_transfer_free(transfer);
    }
    http_free(client->http);
    response_reader_done(&client->reader);
    buf_done(&client->target);
    buf_done(&client->scratch);
    free(client);
}
