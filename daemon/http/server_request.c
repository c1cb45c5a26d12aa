/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/secret_file.h"
#include "daemon/base/str.h"
#include "daemon/http/server_internal.h"

static void server_request_free(ServerRequest *request)
{
    if (request->parts.done)
        request->parts.done(request->parts.userdata);
    buf_done(&request->body);
    buf_done(&request->answer);
    free(request->method);
    free(request->path);
    free(request);
}

static ServerRequest *server_request_new(Server *server, struct MHD_Connection *connection,
                                         const char *method, const char *path)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    ServerRequest *request = calloc(1, sizeof(*request));

    if (!request)
        return NULL;
    request->server = server;
    request->connection = connection;
    request->peer = info ? info->socket_context : NULL;
    request->method = strdup(method);
    request->path = strdup(path);
    if (request->peer && request->method && request->path)
        return request;
    server_request_free(request);
    return NULL;
}

/* What every answer says: nothing of it is kept, guessed at, framed or led on from. */
static const struct {
    const char *name, *value;
} server_headers[] = {
    {"Connection", "close"},
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
};

static bool server_add_headers(const ServerRequest *request, struct MHD_Response *response)
{
    const char *policy = request->policy ? request->policy : SERVER_POLICY;
    bool is_added =
        MHD_add_response_header(response, "Content-Type", request->content_type) == MHD_YES &&
        MHD_add_response_header(response, "Content-Security-Policy", policy) == MHD_YES;

    for (size_t i = 0; i < ELEMENTS(server_headers) && is_added; i++)
        is_added = MHD_add_response_header(response, server_headers[i].name,
                                           server_headers[i].value) == MHD_YES;
    for (size_t i = 0; i < request->header_count && is_added; i++)
        is_added = MHD_add_response_header(response, request->headers[i].name,
                                           request->headers[i].value) == MHD_YES;
    return is_added;
}

/* ---- an answer in parts ---- */

/* Has the next part made: who took the one before has time again for this one. */
static int server_make_part(ServerRequest *request)
{
    int r;

    buf_reset(&request->answer);
    request->sent = 0;
    request->peer->deadline_usec = clock_monotonic_usec() + SERVER_TIME_USEC;
    r = request->parts.next(request->parts.userdata, &request->answer);
    if (r < 0 || buf_failed(&request->answer) < 0)
        return r < 0 ? r : -ENOMEM;
    assert(request->answer.size > 0);
    request->is_last = r == 0;
    if (server_request_is_remote(request))
        secret_file_redact(&request->answer);
    return buf_failed(&request->answer);
}

/* libmicrohttpd's function: called when it has room for more. */
static ssize_t server_on_room(void *userdata, uint64_t at, char *bytes, size_t size_max)
{
    ServerRequest *request = userdata;
    size_t size;

    (void)at;
    if (request->sent == request->answer.size) {
        if (request->is_last)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (server_make_part(request) < 0)
            return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size = request->answer.size - request->sent;
    if (size > size_max)
        size = size_max;
    memcpy(bytes, request->answer.data + request->sent, size);
    request->sent += size;
    return (ssize_t)size;
}

/* ---- answering ---- */

/* libmicrohttpd gives what it is handed to free(3) where it takes it. */
static struct MHD_Response *server_make_response(ServerRequest *request)
{
    size_t size = request->answer.size;
    struct MHD_Response *response;
    char *text;

    if (request->parts.next)
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, SERVER_PART_SIZE, server_on_room,
                                                 request, NULL);
    text = buf_take(&request->answer);
    response = text ? MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE) : NULL;
    if (!response)
        free(text);
    return response;
}

static enum MHD_Result server_send(ServerRequest *request)
{
    struct MHD_Response *response = server_make_response(request);
    enum MHD_Result result = MHD_NO;

    if (!response)
        return MHD_NO;
    if (server_add_headers(request, response))
        result = MHD_queue_response(request->connection, (unsigned int)request->status, response);
    MHD_destroy_response(response);
    request->peer->is_waiting = false;
    request->peer->deadline_usec = clock_monotonic_usec() + SERVER_TIME_USEC;
    return result;
}

static void server_take_body(ServerRequest *request, const char *bytes, size_t size)
{
    if (size > SERVER_BODY_SIZE_MAX - request->body.size)
        request->is_too_big = true;
    if (!request->is_too_big)
        buf_append(&request->body, bytes, size);
}

static void server_refuse_size(ServerRequest *request)
{
    request->status = MHD_HTTP_CONTENT_TOO_LARGE;
    request->content_type = SERVER_JSON;
    buf_printf(&request->answer, "{\"error\": \"a request's body has %u bytes at most\"}\n",
               SERVER_BODY_SIZE_MAX);
    request->is_answered = true;
}

enum MHD_Result server_request_on_part(void *userdata, struct MHD_Connection *connection,
                                       const char *path, const char *method, const char *version,
                                       const char *bytes, size_t *size, void **context)
{
    Server *server = userdata;
    ServerRequest *request = *context;

    (void)version;
    if (!request) {
        *context = server_request_new(server, connection, method, path);
        return *context ? MHD_YES : MHD_NO;
    }
    if (*size > 0) {
        server_take_body(request, bytes, *size);
        *size = 0;
        return MHD_YES;
    }
    if (!request->is_handled) {
        request->is_handled = true;
        request->peer->is_waiting = true;
        if (request->is_too_big || buf_failed(&request->body) < 0)
            server_refuse_size(request);
        else
            server->on_request(request, server->userdata);
    }
    if (request->is_answered)
        return server_send(request);
    assert(!request->peer->origin.is_remote);
    request->is_suspended = true;
    MHD_suspend_connection(connection);
    return MHD_YES;
}

void server_request_on_completed(void *userdata, struct MHD_Connection *connection, void **context,
                                 enum MHD_RequestTerminationCode how)
{
    (void)userdata;
    (void)connection;
    (void)how;
    if (*context)
        server_request_free(*context);
    *context = NULL;
}

void server_reply(ServerRequest *request, int status, Buf *body)
{
    server_reply_type(request, status, SERVER_JSON, body);
}

void server_reply_parts(ServerRequest *request, int status, const char *content_type, Buf *first,
                        const ServerParts *rest)
{
    assert(first->size > 0);
    request->parts = *rest;
    server_reply_type(request, status, content_type, first);
}

void server_reply_type(ServerRequest *request, int status, const char *content_type, Buf *body)
{
    request->status = status;
    request->content_type = content_type;
    request->answer = *body;
    *body = (Buf){0};
    request->is_answered = true;
    if (!request->is_suspended)
        return;
    request->is_suspended = false;
    MHD_resume_connection(request->connection);
    server_arm(request->server, 0);
}

void server_request_set_policy(ServerRequest *request, const char *policy)
{
    request->policy = policy;
}

void server_request_add_header(ServerRequest *request, const char *name, const char *value)
{
    assert(request->header_count < SERVER_HEADERS_MAX);
    request->headers[request->header_count].name = name;
    request->headers[request->header_count++].value = value;
}

bool server_request_is_remote(const ServerRequest *request)
{
    return request->peer->origin.is_remote;
}

const char *server_request_method(const ServerRequest *request)
{
    return request->method;
}

const char *server_request_path(const ServerRequest *request)
{
    return request->path;
}

const char *server_request_find(const ServerRequest *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

const Buf *server_request_body(const ServerRequest *request)
{
    return &request->body;
}

const char *server_request_header(const ServerRequest *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

uid_t server_request_uid(const ServerRequest *request)
{
    return request->peer->origin.uid;
}

bool server_request_may_change(const ServerRequest *request)
{
    return admission_is_trusted(&request->peer->origin);
}
