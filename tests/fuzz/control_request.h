/* SPDX-License-Identifier: MIT */
/* The server that fuzz_control.c stands in for: a request without a connection. */
#pragma once

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/str.h"
#include "daemon/control/control_internal.h"
#include "daemon/control/handle_channels.h"
#include "daemon/control/handle_plan.h"
#include "daemon/http/server.h"
#include "daemon/json/json_value.h"

#define QUERY_MAX 8

struct ServerRequest {
    const char *method, *path;
    const char *names[QUERY_MAX], *values[QUERY_MAX];
    size_t query_count;
    Buf body;
    bool may_change;
    int status; /* 0: not answered */
};

int __wrap_server_new(sd_event *event, int listen_fd, ServerOnRequest on_request, void *userdata,
                      Server **ret_server);
void __wrap_server_free(Server *server);
const char *__wrap_server_request_method(const ServerRequest *request);
const char *__wrap_server_request_path(const ServerRequest *request);
const char *__wrap_server_request_find(const ServerRequest *request, const char *name);
const char *__wrap_server_request_header(const ServerRequest *request, const char *name);
const Buf *__wrap_server_request_body(const ServerRequest *request);
uid_t __wrap_server_request_uid(const ServerRequest *request);
bool __wrap_server_request_may_change(const ServerRequest *request);
void __wrap_server_request_add_header(ServerRequest *request, const char *name, const char *value);
bool __wrap_server_request_is_remote(const ServerRequest *request);
void __wrap_server_request_set_policy(ServerRequest *request, const char *policy);
void __wrap_server_reply(ServerRequest *request, int status, Buf *body);
void __wrap_server_reply_type(ServerRequest *request, int status, const char *content_type,
                              Buf *body);
void __wrap_server_reply_parts(ServerRequest *request, int status, const char *content_type,
                               Buf *first, const ServerParts *rest);
int __wrap_socket_path_listen(const char *path, Err *err);
int __wrap_handle_plan(Control *control, ServerRequest *request, const Json *root, Err *err);
void __wrap_handle_channels(Control *control, ServerRequest *request);

static inline bool control_request_is_look(const ServerRequest *request)
{
    return str_equal(request->method, "GET") || str_equal(request->method, "HEAD");
}

/* Ends it, and returns what follows. */
static inline char *control_request_cut(char *text, char byte)
{
    char *end = strchr(text, byte);

    if (!end)
        return text + strlen(text);
    *end = '\0';
    return end + 1;
}

/* Takes one apart: "METHOD PATH?NAME=VALUE&...", a line's end, the body. */
static inline void control_request_read(char *text, size_t size, bool may_change,
                                        ServerRequest *request)
{
    char *end = text + size, *path, *query, *body;

    body = control_request_cut(text, '\n');
    path = control_request_cut(text, ' ');
    query = control_request_cut(path, '?');
    request->method = text;
    request->path = path;
    request->may_change = may_change;
    while (*query && request->query_count < QUERY_MAX) {
        char *next = control_request_cut(query, '&');

        request->names[request->query_count] = query;
        request->values[request->query_count++] = control_request_cut(query, '=');
        query = next;
    }
    if (body < end)
        buf_append(&request->body, body, (size_t)(end - body));
}
