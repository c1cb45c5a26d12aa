/* SPDX-License-Identifier: MIT */
/* What calls and watches of one etcd share. */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/fleet/etcd.h"

#define ETCD_URL_SIZE 512
#define ETCD_MESSAGE_SIZE 512

struct Etcd {
    sd_event *event;
    Http *http;
    const EtcdSettings *settings;
    JsonParser parser;
    EtcdCall *calls;   /* the newest first */
    size_t under_way;  /* of them, those with a try under way */
    EtcdCall *login;   /* under way, one of the calls; NULL: none */
    size_t first;      /* the endpoint that answered last */
    Buf authorization; /* the header with the token; empty: none is held */
};

struct EtcdCall {
    Etcd *etcd;
    EtcdCall *previous, *next;
    char path[64];
    Buf body;
    EtcdOnAnswer callback;
    void *userdata;
    uint64_t due_usec; /* monotonic */
    uint64_t try_usec; /* how long a try may take */
    sd_event_source *timer;
    HttpTransfer *transfer; /* of the try under way */
    char url[ETCD_URL_SIZE];
    const char *headers[3];
    size_t endpoint; /* of the try */
    size_t tries;
    bool is_login;
    bool waits_for_turn;
    bool waits_for_login;
    bool was_let_in;      /* it has logged in for this call already */
    bool was_turned_away; /* logging in was refused: it ends */
    char message[ETCD_MESSAGE_SIZE];
};

/* Begins its next try then. */
void etcd_call_wake_in(EtcdCall *call, uint64_t delay_usec);

/* Has it wait for a token, and asks for one where nobody has. 0, or as etcd_call(). */
int etcd_call_await_login(EtcdCall *call);

/* A POST of a body to an endpoint; of what it points to, `url` is filled in. `headers` has room for
 * three. The token is sent where one is held. */
void etcd_fill_request(Etcd *etcd, size_t endpoint, const char *path, const Buf *body,
                       char url[static ETCD_URL_SIZE], const char **headers,
                       HttpRequest *ret_request);

/* "etcd at ENDPOINT: WHY". */
void etcd_format_message(const Etcd *etcd, size_t endpoint, const char *why,
                         char ret_message[static ETCD_MESSAGE_SIZE]);
