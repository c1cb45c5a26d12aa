/* SPDX-License-Identifier: MIT */
/* The inside of a RomaClient, for its own files. */
#pragma once

#include "daemon/http/client.h"
#include "daemon/roma/client.h"
#include "daemon/roma/permits.h"
#include "daemon/roma/provider/credential_cache.h"
#include "daemon/roma/provider/route.h"
#include "daemon/roma/wire/headers.h"
#include "daemon/roma/wire/response.h"

typedef struct RomaTransfer RomaTransfer;

typedef struct RomaInstance {
    RomaClient *client;
    HeadersBase base;
    CredentialCache *credential_cache;
    Permits permits;
    Permits undone;
    Route route;
    bool has_failed;     /* its last request got no answer, or a gateway's that found no backend */
    bool has_long_pages; /* as its last list had */
} RomaInstance;

struct RomaClient {
    const Config *config;
    bool read_only;
    RomaOnAnswer on_answer;
    RomaOnRenewed on_renewed;
    RomaOnWait on_wait; /* NULL: not wanted */
    RomaGate gate;      /* NULL: changes may always begin */
    LockoutStore lockout_store;
    void *userdata;
    Http *http;
    sd_event *event;
    RomaInstance *instances;
    size_t read_count; /* instances whose files were read */
    int unread_result; /* the error of the first of them that could not be; 0: there is none */
    Err unread;        /* with it: of all of them */
    ResponseReader reader;
    RomaTransfer *under_way;
    RomaTransfer *idle;
    Buf target;
    Buf scratch;
};
