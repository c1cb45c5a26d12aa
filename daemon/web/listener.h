/* SPDX-License-Identifier: MIT */
/*
 * The listener over TCP that `http:` asks for. What cannot be had, a port that another program has,
 * say, is logged once and tried again each interval; meanwhile the listener before goes on as it
 * was. Certificate, key and token are read again when their files change.
 */
#pragma once

#include "config/config.h"
#include "daemon/http/server.h"

typedef struct Listener Listener;

/* Listens nowhere yet. `on_request` answers at once (server_new_tcp()). -ENOMEM; sd-event's. */
int listener_new(sd_event *event, ServerOnRequest on_request, void *userdata,
                 Listener **ret_listener);

/* NULL is fine. */
void listener_free(Listener *listener);
DEFINE_CLEANUP(Listener, listener_free)

/* Goes by these settings from now on, which outlive the next call, or the listener. */
void listener_use(Listener *listener, const Config *config);

/* What a request may not: 0; 400 or 421, it is not for this host; 401, it does not bring the
 * token. */
int listener_check_host(const Listener *listener, const ServerRequest *request);
int listener_check_token(const Listener *listener, const ServerRequest *request);
