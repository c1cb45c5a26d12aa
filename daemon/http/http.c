/*
 * libcurl's multi handle on sd-event: see http.h. libcurl says which sockets it watches and when it
 * wants to be woken; nothing of it is called from within those two callbacks, and requests end only
 * in http_drain(), outside of all of libcurl's callbacks.
 */
#include "daemon/http/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <sys/epoll.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/http/transfer.h"

/* More than all instances' requests side by side: otherwise libcurl keeps 4 for each under way,
 * and closes the others at the end of every burst. */
#define CONNECTIONS_KEPT_MAX 256L

/* sd-event's accuracy of 0 means 250 ms. */
#define TIMER_ACCURACY_USEC 1

typedef struct HttpSocket HttpSocket;

struct HttpSocket {
    Http *http;
    HttpSocket *previous, *next;
    sd_event_source *source;
    curl_socket_t fd;
};

struct Http {
    sd_event *event;
    CURLM *multi;
    sd_event_source *timer;
    sd_event_source *kick; /* runs once in the next turn of the loop */
    uint64_t due_usec;     /* when libcurl wants to be woken; USEC_NEVER: not at all */
    uint64_t armed_usec;   /* when the timer goes off, perhaps before that; USEC_NEVER: off */
    HttpSocket *sockets;   /* that libcurl watches */
    HttpTransfer *under_way;
    HttpTransfer *idle;
    bool is_global; /* libcurl was set up for it */
    bool is_draining;
};

static void http_socket_free(HttpSocket *watched)
{
    Http *http = watched->http;

    if (watched->previous)
        watched->previous->next = watched->next;
    else
        http->sockets = watched->next;
    if (watched->next)
        watched->next->previous = watched->previous;
    sd_event_source_disable_unref(watched->source);
    free(watched);
}

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

static void http_keep_idle(Http *http, HttpTransfer *transfer)
{
    transfer_clear(transfer);
    http_link(&http->idle, transfer);
}

static void http_drain(Http *http)
{
    CURLMsg *message;
    int left;

    http->is_draining = true;
    while ((message = curl_multi_info_read(http->multi, &left))) {
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        HttpTransfer *transfer = NULL;
        HttpAnswer answer;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
        transfer_conclude(transfer, code, &answer);
        curl_multi_remove_handle(http->multi, easy);
        http_unlink(&http->under_way, transfer);
        transfer->callback(transfer->userdata, &answer);
        http_keep_idle(http, transfer);
    }
    http->is_draining = false;
}

static void http_act(Http *http, curl_socket_t fd, int events)
{
    int running;

    curl_multi_socket_action(http->multi, fd, events, &running);
    http_drain(http);
}

static int http_on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    HttpSocket *watched = userdata;
    int events = 0;

    (void)source;
    if (revents & EPOLLIN)
        events |= CURL_CSELECT_IN;
    if (revents & EPOLLOUT)
        events |= CURL_CSELECT_OUT;
    if (revents & (EPOLLERR | EPOLLHUP))
        events |= CURL_CSELECT_ERR;
    http_act(watched->http, fd, events);
    return 0;
}

/* libcurl's wishes go up with every request, and a timer costs a system call each time it is set:
 * it is left where it is while it goes off before the wish, and set anew then. */
static void http_arm(Http *http)
{
    if (http->due_usec >= http->armed_usec)
        return;
    if (sd_event_source_set_time(http->timer, http->due_usec) >= 0 &&
        sd_event_source_set_enabled(http->timer, SD_EVENT_ONESHOT) >= 0)
        http->armed_usec = http->due_usec;
}

static void http_wake(Http *http)
{
    if (http->due_usec > clock_monotonic_usec()) {
        http_arm(http);
        http_drain(http);
        return;
    }
    http->due_usec = USEC_NEVER;
    http_act(http, CURL_SOCKET_TIMEOUT, 0);
}

static int http_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    Http *http = userdata;

    (void)source;
    (void)usec;
    http->armed_usec = USEC_NEVER;
    http_wake(http);
    return 0;
}

static int http_on_kick(sd_event_source *source, void *userdata)
{
    (void)source;
    http_wake(userdata);
    return 0;
}

static int http_on_timer_wanted(CURLM *multi, long timeout_msec, void *userdata)
{
    Http *http = userdata;

    (void)multi;
    if (timeout_msec < 0) {
        http->due_usec = USEC_NEVER;
        return 0;
    }
    if (timeout_msec == 0) {
        http->due_usec = 0;
        sd_event_source_set_enabled(http->kick, SD_EVENT_ONESHOT);
        return 0;
    }
    http->due_usec = clock_monotonic_usec() + (uint64_t)timeout_msec * USEC_PER_MSEC;
    http_arm(http);
    return 0;
}

static uint32_t http_epoll_events(int what)
{
    uint32_t events = 0;

    if (what & CURL_POLL_IN)
        events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        events |= EPOLLOUT;
    return events;
}

static void http_socket_new(Http *http, curl_socket_t fd, int what)
{
    HttpSocket *watched = calloc(1, sizeof(*watched));

    if (!watched)
        return;
    watched->http = http;
    watched->fd = fd;
    if (sd_event_add_io(http->event, &watched->source, fd, http_epoll_events(what), http_on_io,
                        watched) < 0) {
        free(watched);
        return;
    }
    watched->next = http->sockets;
    if (http->sockets)
        http->sockets->previous = watched;
    http->sockets = watched;
    curl_multi_assign(http->multi, fd, watched);
}

/* A socket that cannot be watched for want of memory is left to its timeout: an error returned from
 * here would end the multi handle for good. */
static int http_on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *userdata,
                                 void *assigned)
{
    HttpSocket *watched = assigned;
    Http *http = userdata;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watched)
            http_socket_free(watched);
    } else if (watched)
        sd_event_source_set_io_events(watched->source, http_epoll_events(what));
    else
        http_socket_new(http, fd, what);
    return 0;
}

static int http_add_sources(Http *http)
{
    int r = sd_event_add_time(http->event, &http->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY_USEC,
                              http_on_timer, http);

    if (r >= 0)
        r = sd_event_source_set_enabled(http->timer, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_defer(http->event, &http->kick, http_on_kick, http);
    if (r >= 0)
        r = sd_event_source_set_enabled(http->kick, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

static int http_add_multi(Http *http)
{
    http->is_global = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    http->multi = http->is_global ? curl_multi_init() : NULL;
    if (!http->multi ||
        curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, http_on_socket_wanted) ||
        curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http) ||
        curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, http_on_timer_wanted) ||
        curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http) ||
        curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT_MAX))
        return -ENOMEM;
    return 0;
}

int http_new(sd_event *event, Http **ret_http)
{
    _cleanup_(http_freep) Http *http = calloc(1, sizeof(*http));
    int r;

    if (!http)
        return -ENOMEM;
    http->event = sd_event_ref(event);
    http->due_usec = http->armed_usec = USEC_NEVER;
    r = http_add_sources(http);
    if (r >= 0)
        r = http_add_multi(http);
    if (r < 0)
        return r;
    *ret_http = TAKE_PTR(http);
    return 0;
}

void http_free(Http *http)
{
    if (!http)
        return;
    assert(!http->is_draining);
    while (http->under_way)
        http_cancel(http->under_way);
    if (http->multi) {
        curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, NULL);
        curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, NULL);
    }
    while (http->idle) {
        HttpTransfer *transfer = http->idle;

        http->idle = transfer->next;
        transfer_free(transfer);
    }
    if (http->multi)
        curl_multi_cleanup(http->multi);
    while (http->sockets)
        http_socket_free(http->sockets);
    sd_event_source_disable_unref(http->timer);
    sd_event_source_disable_unref(http->kick);
    sd_event_unref(http->event);
    if (http->is_global)
        curl_global_cleanup();
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
    r = transfer_prepare(transfer, request);
    if (r >= 0 && curl_multi_add_handle(http->multi, transfer->easy) != CURLM_OK)
        r = -ENOMEM;
    if (r < 0) {
        http_keep_idle(http, transfer);
        return r;
    }
    transfer->http = http;
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

    curl_multi_remove_handle(http->multi, transfer->easy);
    http_unlink(&http->under_way, transfer);
    http_keep_idle(http, transfer);
}

const char *http_answer_header(const HttpAnswer *answer, const char *name)
{
    struct curl_header *header;

    if (curl_easy_header(answer->transfer->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return "";
    return header->value;
}

int http_parse_date(const char *text, uint64_t *ret_realtime_usec)
{
    time_t seconds = curl_getdate(text, NULL);

    if (seconds < 0)
        return -EINVAL;
    *ret_realtime_usec = (uint64_t)seconds * USEC_PER_SEC;
    return 0;
}
