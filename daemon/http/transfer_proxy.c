/* SPDX-License-Identifier: MIT */
#include "daemon/http/transfer_proxy.h"

#include <string.h>

/* With "*" for exceptions there is none. */
static CURLcode transfer_proxy_tell(CURL *easy, const HttpProxy *proxy)
{
    CURLcode code = curl_easy_setopt(easy, CURLOPT_PROXY, proxy ? proxy->url : "");

    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_NOPROXY, proxy ? "" : "*");
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, proxy ? proxy->user : NULL);
    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, proxy ? proxy->password : NULL);
    return code;
}

CURLcode transfer_proxy_none(HttpTransfer *transfer)
{
    return transfer_proxy_tell(transfer->easy, NULL);
}

CURLcode transfer_proxy_set(HttpTransfer *transfer, const HttpProxy *proxy)
{
    if (!proxy)
        return CURLE_OK;
    transfer->proxy = strdup(proxy->url);
    transfer->proxy_has_user = proxy->user;
    return transfer->proxy ? transfer_proxy_tell(transfer->easy, proxy) : CURLE_OUT_OF_MEMORY;
}

/* What fails once the tunnel is there fails at its other end. */
bool transfer_proxy_has_failed(const HttpTransfer *transfer, HttpResult result, long *ret_status)
{
    curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, ret_status);
    return transfer->proxy && result == HTTP_NOT_SENT && *ret_status / 100 != 2;
}

void transfer_proxy_clear(HttpTransfer *transfer)
{
    if (transfer->proxy)
        transfer_proxy_none(transfer);
    free(transfer->proxy);
    transfer->proxy = NULL;
}
