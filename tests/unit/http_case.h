/* SPDX-License-Identifier: MIT */
/* What tests of the HTTP layer share: a server, a client, one request to be changed at will, and
 * what came of the last one. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/http/client.h"
#include "tests/unit/peer.h"

typedef struct HttpCase HttpCase;

typedef void (*HttpCaseServe)(PeerConnection *connection, const char *request, HttpCase *http_case);

struct HttpCase {
    sd_event *event;
    Peer *peer;
    Http *http;
    HttpCaseServe serve;
    char url[64];
    HttpRequest request;
    size_t answers;
    HttpResult result;
    int status;
    size_t body_size;
    char body[64]; /* its start */
    char message[HTTP_MESSAGE_SIZE];
    char retry_after[64];
    char sent[1024]; /* the last request that the server got, its start */
    HttpTransfer *to_cancel;
    size_t to_submit; /* from within callbacks */
};

int http_case_setup(void **state);
int http_case_teardown(void **state);

/* Begins the request. */
void http_case_submit(HttpCase *http_case);

/* The callback, for requests begun without http_case_submit(). */
void http_case_on_answer(void *userdata, const HttpAnswer *answer);

/* Turns the loop until so many answers came, or the server got so many requests. */
void http_case_await(HttpCase *http_case, size_t answers);
void http_case_await_requests(HttpCase *http_case, size_t requests);

/* One request, and how it must end. */
void http_case_ask(HttpCase *http_case, HttpResult result);

void http_case_assert_has(const char *text, const char *part);

/* The server answers "fine"; keeps silent; announces 100 bytes and sends 4. */
void http_case_serve_ok(PeerConnection *connection, const char *request, HttpCase *http_case);
void http_case_serve_nothing(PeerConnection *connection, const char *request, HttpCase *http_case);
void http_case_serve_half(PeerConnection *connection, const char *request, HttpCase *http_case);
