/* SPDX-License-Identifier: MIT */
/* The inside of a Server and of its requests, for server.c and server_request.c. */
#pragma once

#include <microhttpd.h>

#include "daemon/http/admission.h"
#include "daemon/http/server.h"

struct Server {
    struct MHD_Daemon *daemon;
    int listen_fd;
    sd_event_source *listen;
    sd_event_source *io;
    sd_event_source *timer; /* libmicrohttpd's next moment */
    sd_event_source *sweep; /* enabled while there are peers */
    ServerOnRequest on_request;
    void *userdata;
    Admission admission;
    bool is_full; /* no descriptor is left: connections wait until the next sweep */
};

struct ServerRequest {
    Server *server;
    struct MHD_Connection *connection;
    Peer *peer;
    char *method, *path;
    Buf body;
    bool is_too_big;
    bool is_handled;
    bool is_suspended;
    bool is_answered;
    int status;
    const char *content_type;
    const char *policy; /* NULL: SERVER_POLICY */
    Buf answer;
};

/* Has libmicrohttpd run again in that time. */
void server_arm(Server *server, uint64_t delay_usec);

/* libmicrohttpd's functions: called when the headers are there, for each part of the body, at its
 * end, and again when an answer has come for a request that waited; and when a request is over. */
enum MHD_Result server_request_on_part(void *userdata, struct MHD_Connection *connection,
                                       const char *path, const char *method, const char *version,
                                       const char *bytes, size_t *size, void **context);
void server_request_on_completed(void *userdata, struct MHD_Connection *connection, void **context,
                                 enum MHD_RequestTerminationCode how);
