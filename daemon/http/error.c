/* SPDX-License-Identifier: MIT */
/* Runs only after a failure, so it may take its time. */
#include "daemon/http/error.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"
#include "daemon/http/transfer.h"

static void http_error_part(CURLU *url, CURLUPart part, char *ret_text, size_t size)
{
    char *text = NULL;

    if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) == CURLUE_OK)
        str_copy(ret_text, size, text);
    curl_free(text);
}

HttpErrorPeer http_error_peer_of(const char *text)
{
    HttpErrorPeer peer = {.host = "the service", .port = "?"};
    CURLU *url = curl_url();

    if (url && text && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK) {
        http_error_part(url, CURLUPART_HOST, peer.host, sizeof(peer.host));
        http_error_part(url, CURLUPART_PORT, peer.port, sizeof(peer.port));
    }
    curl_url_cleanup(url);
    return peer;
}

HttpErrorPeer http_error_peer(const HttpTransfer *transfer)
{
    const char *text = NULL;

    return http_error_peer_of(
        curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &text) == CURLE_OK ? text : NULL);
}

void http_error_reason(const HttpTransfer *transfer, CURLcode code, char *ret_text, size_t size)
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

/* What OpenSSL reports, and what a person can do about it. */
static const struct {
    const char *words;
    const char *remedy;
} tls_remedies[] = {
    {"wrong version number", "this port does not speak TLS: correct the endpoint's port"},
    {"packet length too long", "this port does not speak TLS: correct the endpoint's port"},
    {"http request", "this port does not speak TLS: correct the endpoint's port"},
    {"protocol version", "the other side has no TLS 1.2 or newer: ask its operator"},
    {"unsupported protocol", "the other side has no TLS 1.2 or newer: ask its operator"},
    {"handshake failure",
     "the two sides have no cipher in common, or it wants a client certificate"},
    {"no shared cipher", "the two sides have no cipher in common: ask its operator"},
    {"certificate required", "it wants a client certificate, which rosterd does not send: correct "
                             "the endpoint"},
    {"bad certificate", "it wants a client certificate, which rosterd does not send: correct the "
                        "endpoint"},
    {"unrecognized name", "it does not serve this name: correct the endpoint"},
    {"unexpected eof", "it closed the connection while TLS began: is a proxy or firewall between?"},
    {"has expired", "renew it, or correct this host's clock"},
    {"not yet valid", "correct this host's clock"},
    {"certificate revoked", "ask its operator for another"},
};

static const char *http_error_remedy(const char *reason, const char *otherwise)
{
    for (size_t i = 0; i < sizeof(tls_remedies) / sizeof(tls_remedies[0]); i++) {
        if (strcasestr(reason, tls_remedies[i].words))
            return tls_remedies[i].remedy;
    }
    return otherwise;
}

/* "error:0A00010B:SSL routines::wrong version number": the words behind the last colon. */
static const char *http_error_words(const char *reason)
{
    const char *last = strrchr(reason, ':');

    return strstr(reason, "error:") && last && last[1] ? last + 1 + (last[1] == ' ') : reason;
}

bool http_error_has_no_file(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), error = errno;

    if (fd >= 0)
        close(fd);
    return fd < 0 && (error == EMFILE || error == ENFILE);
}

static void http_error_distrust(HttpTransfer *transfer, const HttpErrorPeer *peer,
                                const char *reason, CURLcode code)
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
                 http_error_remedy(reason, ca_file ? "by the authorities in "
                                                   : "set ca_file for a private authority"),
                 ca_file && !http_error_remedy(reason, NULL) ? ca_file : "");
}

static void http_error_timeout(HttpTransfer *transfer, HttpResult result, const HttpErrorPeer *peer)
{
    uint64_t limit_usec = transfer->timeout_usec;
    char duration[48];

    if (result == HTTP_NOT_SENT && transfer->connect_timeout_usec < limit_usec)
        limit_usec = transfer->connect_timeout_usec;
    clock_format_duration(limit_usec, duration, sizeof(duration));
    if (result == HTTP_NOT_SENT)
        snprintf(transfer->message, sizeof(transfer->message),
                 "cannot connect to %s port %s: no connection within %s", peer->host, peer->port,
                 duration);
    else
        snprintf(transfer->message, sizeof(transfer->message),
                 "%s port %s gave no whole answer within %s", peer->host, peer->port, duration);
}

static void http_error_not_sent(HttpTransfer *transfer, const HttpErrorPeer *peer,
                                const char *reason, CURLcode code)
{
    if (http_error_has_no_file())
        snprintf(
            transfer->message, sizeof(transfer->message),
            "cannot connect to %s port %s: too many open files: raise LimitNOFILE= of the unit "
            "(or ulimit -n), or lower limits.concurrency",
            peer->host, peer->port);
    else if (code == CURLE_SSL_CONNECT_ERROR)
        snprintf(transfer->message, sizeof(transfer->message),
                 "cannot connect to %s port %s: TLS: %s (%s)", peer->host, peer->port,
                 http_error_words(reason),
                 http_error_remedy(reason, "does this port speak TLS? check the endpoint"));
    else if (code == CURLE_COULDNT_RESOLVE_HOST)
        snprintf(transfer->message, sizeof(transfer->message),
                 "cannot find the address of %s: check the endpoint and the name server",
                 peer->host);
    else if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT)
        snprintf(transfer->message, sizeof(transfer->message), "cannot use the endpoint of %s: %s",
                 peer->host, reason);
    else
        snprintf(transfer->message, sizeof(transfer->message), "cannot connect to %s port %s: %s",
                 peer->host, peer->port, reason);
}

static void http_error_too_big(HttpTransfer *transfer, const HttpErrorPeer *peer)
{
    size_t max = transfer->body_size_max;

    if (transfer->headers_too_big)
        snprintf(transfer->message, sizeof(transfer->message),
                 "the headers of the answer of %s are more than %u, or larger than %u KiB",
                 peer->host, TRANSFER_HEADERS_MAX, TRANSFER_HEADERS_SIZE_MAX / 1024);
    else if (max >= 1024 * 1024)
        snprintf(transfer->message, sizeof(transfer->message),
                 "the answer of %s is larger than %zu MiB", peer->host, max / (1024 * 1024));
    else
        snprintf(transfer->message, sizeof(transfer->message),
                 "the answer of %s is larger than %zu bytes", peer->host, max);
}

static void http_error_lost(HttpTransfer *transfer, const HttpErrorPeer *peer, const char *reason,
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

void http_error_show(HttpTransfer *transfer)
{
    _cleanup_(buf_done) Buf shown = {0};

    utf8_append_shown(&shown, transfer->message);
    if (buf_failed(&shown) == 0)
        str_copy(transfer->message, sizeof(transfer->message), buf_text(&shown));
}

void http_error_failure(HttpTransfer *transfer, HttpResult result, CURLcode code)
{
    HttpErrorPeer peer = http_error_peer(transfer);
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
    case HTTP_WITHHELD:
        snprintf(transfer->message, sizeof(transfer->message),
                 "was not sent to %s port %s: it might not have been answered in time", peer.host,
                 peer.port);
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
    http_error_show(transfer);
}
