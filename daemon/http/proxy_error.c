/* SPDX-License-Identifier: MIT */
#include "daemon/http/proxy_error.h"

#include <stdio.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/http/error.h"

/* Whether a connection to the proxy was made: then it has an address at our end. */
static bool proxy_error_is_connected(const HttpTransfer *transfer)
{
    long port = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_LOCAL_PORT, &port);
    return port > 0;
}

static const char *proxy_error_remedy(const HttpTransfer *transfer, int status)
{
    /* Some proxies refuse a wrong password by 401. */
    if (status == 407 || status == 401)
        return transfer->proxy_has_user
                   ? "it does not take the user and the password in proxy_password_file, correct "
                     "them"
                   : "it wants a user and a password, name a file with user:password as "
                     "proxy_password_file";
    if (status == 403)
        return "its rules forbid it, have its operator allow CONNECT to there";
    if (status >= 500)
        return "it did not get there itself, have its operator look why";
    return "does a proxy that takes CONNECT listen there? check `proxy` in the settings";
}

static void proxy_error_refused(HttpTransfer *transfer, const HttpErrorPeer *proxy,
                                const HttpErrorPeer *peer, int status)
{
    snprintf(transfer->message, sizeof(transfer->message),
             "the proxy %s port %s does not let us through to %s port %s: it answered %d: %s",
             proxy->host, proxy->port, peer->host, peer->port, status,
             proxy_error_remedy(transfer, status));
}

static void proxy_error_silent(HttpTransfer *transfer, const HttpErrorPeer *proxy,
                               const HttpErrorPeer *peer)
{
    uint64_t limit_usec = transfer->timeout_usec;
    char duration[48];

    if (transfer->connect_timeout_usec < limit_usec)
        limit_usec = transfer->connect_timeout_usec;
    clock_format_duration(limit_usec, duration, sizeof(duration));
    if (proxy_error_is_connected(transfer))
        snprintf(transfer->message, sizeof(transfer->message),
                 "the proxy %s port %s did not let us through to %s port %s within %s: have its "
                 "operator look why",
                 proxy->host, proxy->port, peer->host, peer->port, duration);
    else
        snprintf(
            transfer->message, sizeof(transfer->message),
            "cannot connect to the proxy %s port %s: no connection within %s: check `proxy` in "
            "the settings",
            proxy->host, proxy->port, duration);
}

void proxy_error_failure(HttpTransfer *transfer, int status, CURLcode code)
{
    const HttpErrorPeer peer = http_error_peer(transfer);
    const HttpErrorPeer proxy = http_error_peer_of(transfer->proxy);
    char reason[CURL_ERROR_SIZE];

    http_error_reason(transfer, code, reason, sizeof(reason));
    if (http_error_has_no_file())
        http_error_failure(transfer, HTTP_NOT_SENT, code);
    else if (status != 0)
        proxy_error_refused(transfer, &proxy, &peer, status);
    else if (code == CURLE_COULDNT_RESOLVE_PROXY)
        snprintf(transfer->message, sizeof(transfer->message),
                 "cannot find the address of the proxy %s: check `proxy` in the settings, and the "
                 "name server",
                 proxy.host);
    else if (code == CURLE_OPERATION_TIMEDOUT)
        proxy_error_silent(transfer, &proxy, &peer);
    else if (proxy_error_is_connected(transfer))
        snprintf(
            transfer->message, sizeof(transfer->message),
            "the proxy %s port %s did not let us through to %s port %s: %.120s: does a proxy that "
            "takes CONNECT listen there?",
            proxy.host, proxy.port, peer.host, peer.port, reason);
    else
        snprintf(transfer->message, sizeof(transfer->message),
                 "cannot connect to the proxy %s port %s: %s: check `proxy` in the settings",
                 proxy.host, proxy.port, reason);
    http_error_show(transfer);
}
