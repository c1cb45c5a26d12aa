/* SPDX-License-Identifier: MIT */
/* The server that fuzz_control.c stands in for: a request without a connection. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/control/control_internal.h"
#include "daemon/control/handle_plan.h"
#include "daemon/http/server.h"

#define QUERY_MAX 8

struct ServerCall {
    const char *method, *path;
    const char *names[QUERY_MAX], *values[QUERY_MAX];
    size_t query_count;
    Buf body;
    bool may_change;
    int status; /* 0: not answered */
};

int __wrap_server_new(sd_event *event, int listen_fd, ServerOnCall on_call, void *userdata,
                      Server **ret_server);
void __wrap_server_free(Server *server);
const char *__wrap_server_call_method(const ServerCall *call);
const char *__wrap_server_call_path(const ServerCall *call);
const char *__wrap_server_call_find(const ServerCall *call, const char *name);
const char *__wrap_server_call_header(const ServerCall *call, const char *name);
const Buf *__wrap_server_call_body(const ServerCall *call);
uid_t __wrap_server_call_uid(const ServerCall *call);
bool __wrap_server_call_may_change(const ServerCall *call);
void __wrap_server_reply(ServerCall *call, int status, Buf *body);
int __wrap_socket_path_listen(const char *path, Err *err);
int __wrap_handle_plan(Control *control, ServerCall *call, json_object *root, Err *err);
