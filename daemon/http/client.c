/* SPDX-License-Identifier: MIT */
/* Requests end only in http_drain(), outside of all of libcurl's callbacks. */
#include "daemon/http/client.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <limits.h>

#include "daemon/base/clock.h"
#include "daemon/http/loop.h"
#include "daemon/http/transfer.h"

/* A loop with the connections that were made on it. */
struct HttpPool {
    HttpPool *next;
    Http *http;
    Loop *loop;
    CURLM *multi; /* the loop's */
    size_t under_way;
};

/* Requests side by side, more than that, have bodies of their own each time. */
#define BODIES_KEPT_MAX 16

struct Http {
    sd_event *event;
    HttpPool *pools; /* the first one is used; the others wait for what is under way on them */
    HttpTransfer *under_way;
    HttpTransfer *idle;
    Buf bodies[BODIES_KEPT_MAX]; /* for the next requests: each has grown as large as an answer */
    size_t body_count;
    size_t connections_max; /* 0: no limit */
    bool is_draining;
};

static void http_link(HttpTransfer **list, HttpTransfer *transfer)
{
    transfer->previous = NULL;
    transfer->next = *list;
    if (*list)
        (*list)->previous = transfer;
    *list = transfer;
}

static void http_unlink(HttpTransfer **list, HttpTransfer *transfer)
{
    if (transfer->previous)
        transfer->previous->next = transfer->next;
    else
        *list = transfer->next;
    if (transfer->next)
        transfer->next->previous = transfer->previous;
}

static void http_keep_body(Http *http, Buf *body)
{
    if (body->capacity == 0)
        return;
    if (http->body_count == BODIES_KEPT_MAX) {
        buf_done(body);
        return;
    }
    http->bodies[http->body_count++] = *body;
    *body = (Buf){.is_secret = true};
}

static void http_keep_idle(Http *http, HttpTransfer *transfer)
{
    transfer_clear(transfer);
    http_keep_body(http, &transfer->body);
    http_link(&http->idle, transfer);
}

static void http_end(Http *http, HttpTransfer *transfer)
{
    HttpPool *pool = transfer->pool;

    assert(pool && pool->under_way > 0);
    curl_multi_remove_handle(pool->multi, transfer->easy);
    pool->under_way--;
    transfer->pool = NULL;
    http_unlink(&http->under_way, transfer);
}

static void http_drain(void *userdata)
{
    HttpPool *pool = userdata;
    Http *http = pool->http;
    CURLMsg *message;
    int left;

    http->is_draining = true;
    while ((message = curl_multi_info_read(pool->multi, &left))) {
        CURLcode code = message->data.result;
        HttpTransfer *transfer = NULL;
        HttpAnswer answer;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        transfer_conclude(transfer, code, &answer);
        http_end(http, transfer);
        transfer->callback(transfer->userdata, &answer);
        http_keep_idle(http, transfer);
    }
    http->is_draining = false;
}

static void http_pool_limit(HttpPool *pool)
{
    size_t connections_max = pool->http->connections_max;

    curl_multi_setopt(pool->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)connections_max);
    curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS,
                      connections_max ? (long)connections_max : HTTP_CONNECTIONS_KEPT_MAX);
}

static void http_pool_free(HttpPool *pool)
{
    assert(pool->under_way == 0);
    loop_free(pool->loop);
    free(pool);
}

/* Not from within a step of any of them. */
static void http_sweep(Http *http)
{
    HttpPool **place = &http->pools->next;

    while (!http->is_draining && *place) {
        HttpPool *pool = *place;

        if (pool->under_way > 0) {
            place = &pool->next;
            continue;
        }
        *place = pool->next;
        http_pool_free(pool);
    }
}

static int http_pool_add(Http *http)
{
    HttpPool *pool = calloc(1, sizeof(*pool));
    int r;

    if (!pool)
        return -ENOMEM;
    pool->http = http;
    r = loop_new(http->event, http_drain, pool, &pool->loop);
    if (r < 0) {
        free(pool);
        return r;
    }
    pool->multi = loop_get_multi(pool->loop);
    http_pool_limit(pool);
    pool->next = http->pools;
    http->pools = pool;
    return 0;
}

int http_new(sd_event *event, Http **ret_http)
{
    _cleanup_(http_freep) Http *http = calloc(1, sizeof(*http));
    int r;

    if (!http)
        return -ENOMEM;
    http->event = sd_event_ref(event);
    r = http_pool_add(http);
    if (r < 0)
        return r;
    *ret_http = TAKE_PTR(http);
    return 0;
}

void http_limit_connections(Http *http, size_t connections_max)
{
    assert(connections_max > 0 && connections_max <= INT_MAX);
    http->connections_max = connections_max;
    for (HttpPool *pool = http->pools; pool; pool = pool->next)
        http_pool_limit(pool);
}

int http_renew(Http *http)
{
    int r = http_pool_add(http);

    if (r >= 0)
        http_sweep(http);
    return r;
}

void http_free(Http *http)
{
    if (!http)
        return;
    assert(!http->is_draining);
    while (http->under_way)
        http_cancel(http->under_way);
    while (http->idle) {
        HttpTransfer *transfer = http->idle;

        http->idle = transfer->next;
        transfer_free(transfer);
    }
    while (http->body_count > 0)
        buf_done(&http->bodies[--http->body_count]);
    while (http->pools) {
        HttpPool *pool = http->pools;

        http->pools = pool->next;
        http_pool_free(pool);
    }
    sd_event_unref(http->event);
    free(http);
}

static HttpTransfer *http_take_idle(Http *http)
{
    HttpTransfer *transfer = http->idle;

    if (!transfer)
        return transfer_new();
    http_unlink(&http->idle, transfer);
    return transfer;
}

int http_submit(Http *http, const HttpRequest *request, HttpOnAnswer callback, void *userdata,
                HttpTransfer **ret_transfer)
{
    HttpTransfer *transfer = http_take_idle(http);
    int r;

    if (!transfer)
        return -ENOMEM;
    http_sweep(http);
    if (http->body_count > 0)
        transfer->body = http->bodies[--http->body_count];
    r = transfer_prepare(transfer, request);
    if (r >= 0 && curl_multi_add_handle(http->pools->multi, transfer->easy) != CURLM_OK)
        r = -ENOMEM;
    if (r < 0) {
        http_keep_idle(http, transfer);
        return r;
    }
    transfer->http = http;
    transfer->pool = http->pools;
    transfer->pool->under_way++;
    transfer->callback = callback;
    transfer->userdata = userdata;
    http_link(&http->under_way, transfer);
    if (ret_transfer)
        *ret_transfer = transfer;
    return 0;
}

void http_cancel(HttpTransfer *transfer)
{
    Http *http = transfer->http;

    http_end(http, transfer);
    http_keep_idle(http, transfer);
}

const char *http_answer_header(const HttpAnswer *answer, const char *name)
{
    struct curl_header *header;

    if (curl_easy_header(answer->transfer->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return "";
    return header->value;
}
