/* SPDX-License-Identifier: MIT */
/* One request and its answer on one easy handle, which is used again for the next: what libcurl is
 * told, what is collected, what the end means. client.c lets them run. */
#pragma once

#include <curl/curl.h>

#include "daemon/base/buf.h"
#include "daemon/http/client.h"

/* Of an answer. The service's front gateway itself takes no more than 128 KiB (API.md section 3.2).
 */
#define TRANSFER_HEADERS_SIZE_MAX (256U * 1024U)
#define TRANSFER_HEADERS_MAX 1000U /* lines; newer releases of libcurl give up at 5000 */

typedef struct HttpPool HttpPool;

struct HttpTransfer {
    Http *http;
    HttpPool *pool;                /* whose connections it uses, while it is under way */
    HttpTransfer *previous, *next; /* under way; idle ones use `next` alone */
    CURL *easy;
    HttpOnAnswer callback;
    void *userdata;
    struct curl_slist headers[HTTP_HEADERS_MAX + 1];
    Buf body;
    HttpOnPiece on_piece; /* NULL: the body is collected */
    HttpOnBody on_body;   /* NULL: nobody looks at it meanwhile */
    HttpMaySend may_send; /* NULL: it may be sent */
    size_t body_size_max;
    uint64_t connect_timeout_usec, timeout_usec;
    size_t headers_size;       /* of the answer, all of its parts */
    unsigned int header_lines; /* likewise */
    unsigned int sends;        /* times libcurl began to send it */
    bool is_withheld;          /* it was not to be sent */
    bool headers_ended;        /* of the newest part */
    bool headers_too_big;
    bool body_too_big;
    bool out_of_memory;
    /* What the handle was told last. Telling it again costs more than comparing. */
    char *url;        /* may hold a secret of its own */
    CURLU *url_parts; /* borrowed by the handle */
    char *ca_file;
    bool has_ca_file_set;
    bool has_certificate;
    int plain_allowed; /* -1: not told yet */
    bool has_target;
    size_t receive_size;
    char *proxy; /* its url; NULL: none, which the handle was told */
    bool proxy_has_user;
    char error[CURL_ERROR_SIZE];
    char message[HTTP_MESSAGE_SIZE];
};

/* NULL when out of memory. */
HttpTransfer *transfer_new(void);
void transfer_free(HttpTransfer *transfer);
DEFINE_CLEANUP(HttpTransfer, transfer_free)

/* Makes it ready for a request: 0, -EINVAL or -ENOMEM, as http_submit(). */
int transfer_prepare(HttpTransfer *transfer, const HttpRequest *request);

/* What libcurl's end of it means. */
void transfer_conclude(HttpTransfer *transfer, CURLcode code, HttpAnswer *ret_answer);

/* Lets go of what was borrowed and of large memory, so that it can be kept for another. */
void transfer_clear(HttpTransfer *transfer);
