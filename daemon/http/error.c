/* SPDX-License-Identifier: MIT */
/* Runs only after a failure, so it may take its time. */
#include "daemon/http/error.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/http/transfer.h"

#define HOST_SIZE_MAX 256

typedef struct Peer {
    char host[HOST_SIZE_MAX];
    char port[8];
} Peer;

static void http_error_part(CURLU *url, CURLUPart part, char *ret_text, size_t size)
{
    char *text = NULL;

    if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) == CURLUE_OK)
        str_copy(ret_text, size, text);
    curl_free(text);
}

static Peer http_error_peer(const HttpTransfer *transfer)
{
    Peer peer = {.host = "the service", .port = "?"};
    CURLU *url = curl_url();
    const char *text = NULL;

    if (url && curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &text) == CURLE_OK &&
        text && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK) {
        http_error_part(url, CURLUPART_HOST, peer.host, sizeof(peer.host));
        http_error_part(url, CURLUPART_PORT, peer.port, sizeof(peer.port));
    }
    curl_url_cleanup(url);
    return peer;
}

/* The system's reason in the middle of a sentence: "connection refused". */
static void http_error_reason(const HttpTransfer *transfer, CURLcode code, char *ret_text,
                              size_t size)
{
    long error = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &error);
    if (error > 0 &&
        (code == CURLE_COULDNT_CONNECT || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR))
        str_copy(ret_text, size, strerror((int)error));
    else
        str_copy(ret_text, size, transfer->error[0] ? transfer->error : curl_easy_strerror(code));
    if (islower((unsigned char)ret_text[1]))
        ret_text[0] = (char)tolower((unsigned char)ret_text[0]);
}

static void http_error_distrust(HttpTransfer *transfer, const Peer *peer, const char *reason,
                                CURLcode code)
{
    static const char prefix[] = "SSL certificate problem: ";
    const char *ca_file = transfer->ca_file;

    if (code == CURLE_SSL_CACERT_BADFILE)
        snprintf(transfer->message, sizeof(transfer->message),
                 "the authorities to trust cannot be read from %s: give a file of certificates in "
                 "PEM form as ca_file",
                 ca_file ? ca_file : "the system's file");
    else if (strstr(reason, "subject name") || strstr(reason, "does not match"))
        snprintf(transfer->message, sizeof(transfer->message),
                 "the certificate of %s port %s is for another name: correct the endpoint",
                 peer->host, peer->port);
    else
        snprintf(transfer->message, sizeof(transfer->message),
                 "the certificate of %s is not trusted: %s (%s%s)", peer->host,
                 str_has_prefix(reason, prefix) ? reason + sizeof(prefix) - 1 : reason,
                 ca_file ? "by the authorities in " : "set ca_file for a private authority",
                 ca_file ? ca_file : "");
}

static void http_error_timeout(HttpTransfer *transfer, HttpResult result, const Peer *peer)
{
    uint64_t limit_usec = transfer->timeout_usec;
    char span[48];

    if (result == HTTP_NOT_SENT && transfer->connect_timeout_usec < limit_usec)
        limit_usec = transfer->connect_timeout_usec;
    clock_format_duration(limit_usec, span, sizeof(span));
    if (result == HTTP_NOT_SENT)
        snprintf(transfer->message, sizeof(transfer->message),
                 "cannot connect to %s port %s: no connection within %s", peer->host, peer->port,
                 span);
    else
        snprintf(transfer->message, sizeof(transfer->message),
                 "%s port %s gave no whole answer within %s", peer->host, peer->port, span);
}

static void http_error_not_sent(HttpTransfer *transfer, const Peer *peer, const char *reason,
                                CURLcode code)
{
    if (code == CURLE_COULDNT_RESOLVE_HOST)
        snprintf(transfer->message, sizeof(transfer->message),
                 "cannot find the address of %s: check the endpoint and the name server",
                 peer->host);
    else if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT)
        snprintf(transfer->message, sizeof(transfer->message), "cannot use the endpoint of %s: %s",
                 peer->host, reason);
    else
        snprintf(transfer->message, sizeof(transfer->message), "cannot connect to %s port %s: %s%s",
                 peer->host, peer->port, reason,
                 code == CURLE_SSL_CONNECT_ERROR ? " (does this port speak TLS? check the endpoint)"
                                                 : "");
}

static void http_error_too_big(HttpTransfer *transfer, const Peer *peer)
{
    size_t max = transfer->body_size_max;

    if (transfer->headers_size > TRANSFER_HEADERS_SIZE_MAX)
        snprintf(transfer->message, sizeof(transfer->message),
                 "the headers of the answer of %s are larger than %u KiB", peer->host,
                 TRANSFER_HEADERS_SIZE_MAX / 1024);
    else if (max >= 1024 * 1024)
        snprintf(transfer->message, sizeof(transfer->message),
                 "the answer of %s is larger than %zu MiB", peer->host, max / (1024 * 1024));
    else
        snprintf(transfer->message, sizeof(transfer->message),
                 "the answer of %s is larger than %zu bytes", peer->host, max);
}

static void http_error_lost(HttpTransfer *transfer, const Peer *peer, const char *reason,
                            CURLcode code)
{
    const char *what = reason;

    if (transfer->out_of_memory || code == CURLE_OUT_OF_MEMORY)
        what = "out of memory";
    else if (transfer->sends > 1 || code == CURLE_GOT_NOTHING)
        what = "it was closed without an answer";
    else if (code == CURLE_PARTIAL_FILE)
        what = "it was closed in the middle of the answer";
    else if (code == CURLE_OK)
        what = "it was closed before the answer's headers were whole";
    snprintf(transfer->message, sizeof(transfer->message), "lost the connection to %s port %s: %s",
             peer->host, peer->port, what);
}

void http_error_failure(HttpTransfer *transfer, HttpResult result, CURLcode code)
{
    Peer peer = http_error_peer(transfer);
    char reason[CURL_ERROR_SIZE];

    http_error_reason(transfer, code, reason, sizeof(reason));
    switch (result) {
    case HTTP_ANSWERED:
        break;
    case HTTP_NOT_SENT:
        if (code == CURLE_OPERATION_TIMEDOUT)
            http_error_timeout(transfer, result, &peer);
        else
            http_error_not_sent(transfer, &peer, reason, code);
        break;
    case HTTP_LOST:
        http_error_lost(transfer, &peer, reason, code);
        break;
    case HTTP_TIMEOUT:
        http_error_timeout(transfer, result, &peer);
        break;
    case HTTP_UNTRUSTED:
        http_error_distrust(transfer, &peer, reason, code);
        break;
    case HTTP_TOO_BIG:
        http_error_too_big(transfer, &peer);
        break;
    }
}
