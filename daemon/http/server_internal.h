/* SPDX-License-Identifier: MIT */
/* The inside of a Server and of its requests, for server.c and server_request.c. */
#pragma once

#include <microhttpd.h>

#include "daemon/http/admission.h"
#include "daemon/http/server.h"
#include "daemon/http/share.h"

/* A daemon of libmicrohttpd's; it keeps the certificate that it began with. */
typedef struct ServerEngine {
    struct MHD_Daemon *daemon; /* NULL: there is none */
    sd_event_source *io;
} ServerEngine;

struct Server {
    ServerEngine engine;  /* takes connections */
    ServerEngine retired; /* has those that were made with the certificate before */
    sd_event *event;      /* borrowed */
    const char *name;     /* for the log */
    ServerOnAccept on_accept;
    int listen_fd;
    sd_event_source *listen;
    sd_event_source *timer; /* libmicrohttpd's next moment */
    sd_event_source *sweep; /* enabled while there are peers */
    Share share;            /* of the loop, which all of these have */
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
    struct {
        const char *name, *value;
    } headers[SERVER_HEADERS_MAX];
    size_t header_count;
    Buf answer;        /* or the part of it that goes out */
    size_t sent;       /* of that part */
    ServerParts parts; /* of an answer in parts; else without functions */
    bool is_last;      /* the part that goes out */
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
